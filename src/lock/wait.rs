//! Waiting for a lock: outside the guard, by looking again and again.
//!
//! Blocking on the holder's kernel lock was measured too. It is no faster at 2 to 15 waiters and
//! twice as slow at 64, and has no deadline without a signal.

use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use super::held::Held;
use super::holder::Holder;
use crate::sys;

/// The first pause.
const FIRST_PAUSE: Duration = Duration::from_micros(500);
/// The same at the head of a queue.
const FIRST_PAUSE_AS_FIRST: Duration = Duration::from_micros(200);
/// So a free lock is seen after an eighth more of the time that we have waited for it there.
const GROWTH_AS_FIRST: f64 = 1.125;
/// The longest pause of a short wait, unless `LOCK_RETRY` sets another.
pub const DEFAULT_RETRY: Duration = Duration::from_millis(20);
/// A long wait may notice its turn by a tenth of its time late, but never by more than this. A
/// thousand waiters must not keep a processor busy: at a twentieth they did.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// A waiter that does not say how it sleeps for two things is asked for signals so often.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);

/// How long to wait and how often to look.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From now; zero tries once.
    pub limit: Duration,
    /// The longest pause while the wait is young.
    pub retry: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { limit: Duration::from_secs(30), retry: DEFAULT_RETRY }
    }
}

/// What a waiter is told about its wait.
#[derive(Debug)]
pub struct WaitReport<'a> {
    /// The file whose lock is wanted.
    pub target: &'a Path,
    /// Who has it.
    pub holder: &'a Holder,
    /// The judge's reason.
    pub reason: &'a str,
    /// For how long we have waited.
    pub waited: Duration,
    /// The holder is another one than at the last report.
    pub changed: bool,
}

/// The caller's side of a wait: how to sleep, and whom to tell.
pub trait Waiter {
    /// Sleeps for about `pause`. Returns a signal's number to end the wait.
    fn sleep(&mut self, pause: Duration) -> Option<i32>;

    /// The same, but ends as soon as there is something to read from `bell`.
    fn sleep_or(&mut self, pause: Duration, bell: BorrowedFd<'_>) -> Option<i32> {
        let step = pause.min(BETWEEN_SIGNALS);
        sys::signal::sleep_or(step, bell);
        self.sleep(Duration::ZERO)
    }

    /// Called at every look that found the lock taken.
    fn waiting(&mut self, report: &WaitReport<'_>);

    /// Called when a lock was taken, or a place as a guest of one.
    fn taken(&mut self, _held: &Held) {}

    /// Called when the lock of this file was given back, see [`Held::end`].
    fn released(&mut self, _target: &Path) {}
}

/// Waits silently and uninterruptibly.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Waiter for Silent {
    fn sleep(&mut self, pause: Duration) -> Option<i32> {
        std::thread::sleep(pause);
        None
    }

    fn waiting(&mut self, _: &WaitReport<'_>) {}
}

/// Pauses that grow up to a cap, each varied by half so that waiters do not march in step.
#[derive(Debug)]
pub(super) struct Backoff {
    start: Instant,
    pause: Duration,
    cap: Duration,
    growth: f64,
}

impl Backoff {
    pub(super) fn new(first: Duration, cap: Duration) -> Backoff {
        Backoff { start: Instant::now(), pause: first.min(cap), cap, growth: 2.0 }
    }

    pub(super) fn for_lock(patience: &Patience) -> Backoff {
        Backoff::new(FIRST_PAUSE, patience.retry)
    }

    /// Begins with short pauses again, and stays with them for longer: now nobody else looks, and
    /// a lock that is free unseen is time lost for all behind us.
    pub(super) fn be_first(&mut self) {
        self.pause = FIRST_PAUSE_AS_FIRST.min(self.cap);
        self.growth = GROWTH_AS_FIRST;
    }

    /// How long it has been.
    pub(super) fn waited(&self) -> Duration {
        self.start.elapsed()
    }

    /// The next pause, which ends at the deadline at the latest.
    pub(super) fn next(&mut self, deadline: Instant) -> Duration {
        let pause = self.pause.mul_f64(0.5 + fastrand::f64());
        let cap = self.cap.max((self.waited() / 10).min(LONGEST_PAUSE));
        self.pause = self.pause.mul_f64(self.growth).min(cap);
        pause.min(deadline.saturating_duration_since(Instant::now()))
    }
}
