//! One call of a tool, seen from the thread that works on it: it can be cancelled, it ends with the
//! server, and while it waits for a lock it says so.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use crate::lock::{Held, WaitReport, Waiter};
use crate::sys::signal::TERM;
use crate::sys::text::{printable, show_duration};

/// A wait shorter than this is nobody's business.
const SILENCE: Duration = Duration::from_millis(250);
/// Holders may change every few milliseconds: one report a second tells as much.
const INTERVAL: Duration = Duration::from_secs(1);

/// How a call is told to stop.
#[derive(Debug, Default)]
pub struct Stop {
    wish: Mutex<Wish>,
    changed: Condvar,
}

/// What is wished of a call.
#[derive(Debug, Clone, Copy, Default)]
struct Wish {
    /// The client wants no answer any more: nothing more shall be changed.
    cancelled: bool,
    /// The server ends: there is no time to wait for others.
    ending: bool,
}

impl Stop {
    /// The client has taken the call back.
    pub fn cancel(&self) {
        self.lock().cancelled = true;
        self.changed.notify_all();
    }

    /// The server ends.
    pub fn end(&self) {
        self.lock().ending = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps for so long, or until the call shall stop: whether it shall. The end of the server
    /// stops only those who wait for a lock.
    fn sleep(&self, pause: Duration, waits: bool) -> bool {
        let goes_on = |wish: &mut Wish| !(wish.cancelled || wish.ending && waits);
        let wish = self.lock();
        let (mut wish, _) =
            self.changed.wait_timeout_while(wish, pause, goes_on).unwrap_or_else(PoisonError::into_inner);
        !goes_on(&mut wish)
    }
}

/// How far a call is.
#[derive(Debug)]
pub struct Progress {
    /// How long it has waited.
    pub waited: Duration,
    /// How long it is going to wait at most.
    pub limit: Duration,
    /// For what, and who is in the way.
    pub message: String,
}

/// A call, for the tool that works on it.
#[derive(Debug)]
pub struct Call {
    stop: Arc<Stop>,
    progress: Option<UnboundedSender<Progress>>,
    /// How long it waits for a lock.
    pub limit: Duration,
    /// What the client calls itself.
    pub client: Option<String>,
    debug: bool,
    waits: bool,
    last: Option<Instant>,
}

impl Call {
    /// A call that can be stopped, and tells its progress where somebody wants to know.
    pub fn new(
        stop: Arc<Stop>,
        progress: Option<UnboundedSender<Progress>>,
        client: Option<String>,
        debug: bool,
    ) -> Call {
        Call { stop, progress, limit: Duration::ZERO, client, debug, waits: false, last: None }
    }
}

impl Waiter for Call {
    fn sleep(&mut self, pause: Duration) -> Option<i32> {
        self.stop.sleep(pause, self.waits).then_some(TERM)
    }

    fn waiting(&mut self, report: &WaitReport<'_>) {
        self.waits = true;
        let due = self.last.is_none_or(|last| last.elapsed() >= INTERVAL);
        if report.waited < SILENCE || !due {
            return;
        }
        self.last = Some(Instant::now());
        if let Some(progress) = &self.progress {
            let file = report.target.to_string_lossy();
            let waited = show_duration(report.waited);
            let message =
                format!("waiting for lock on {} held by {} for {waited}", printable(&file), report.holder);
            let _ = progress.send(Progress { waited: report.waited, limit: self.limit, message });
        }
    }

    fn taken(&mut self, held: &Held) {
        self.waits = false;
        if self.debug {
            note(&format!("took the lock of {} as {}", held.target().path.display(), held.id()));
        }
    }

    fn released(&mut self, target: &Path) {
        if self.debug {
            note(&format!("released the lock of {}", target.display()));
        }
    }
}

/// A line on standard error, for `LOCK_DEBUG=1`.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "debug: {}", printable(text));
}
