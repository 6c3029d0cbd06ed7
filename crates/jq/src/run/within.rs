//! Work that can be given up: a thread of its own, with a stack large enough for deep documents.
//!
//! Rust can't stop a thread. When the time limit passes or the caller is interrupted, the thread is
//! abandoned and the caller is told at once. A filter notices at its next recursion or range and
//! ends; other work goes on until it is done, or until the process ends.

use crate::run::context;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How long an interrupt may go unnoticed.
const POLL: Duration = Duration::from_millis(20);

/// Stack sizes to try, largest first; only touched pages cost memory.
const STACKS: [usize; 3] = [1 << 29, 1 << 27, 1 << 25];

/// Threads that have not been joined. None is ever detached: glibc's `pthread_detach`, which comes
/// with a dropped handle, still looks at a thread that may have ended and unmapped itself between,
/// and the process dies of it.
static UNJOINED: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Frees the threads that have ended.
fn join_ended() {
    let mut unjoined = UNJOINED.lock().unwrap_or_else(PoisonError::into_inner);
    let ended: Vec<_> = unjoined.extract_if(.., |thread| thread.is_finished()).collect();
    drop(unjoined);
    for thread in ended {
        // One that panicked has been reported to its caller.
        let _ = thread.join();
    }
}

/// Whether this thread's work has been given up.
pub(crate) fn given_up() -> bool {
    context::with(|context| context.given_up.get().is_some_and(|flag| flag.load(Ordering::Relaxed)))
}

/// What bounds a piece of work.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// The longest it may take; `None` is no limit.
    pub max_time: Option<Duration>,
}

/// Why a piece of work was given up.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The time limit passed.
    #[error("the filter did not finish within {0:?}")]
    TimeLimit(Duration),
    /// The caller's `interrupted` said so.
    #[error("interrupted")]
    Interrupted,
    /// There was no thread to run it on, or the thread died.
    #[error("the filter could not be run: {0}")]
    Failed(String),
}

/// Runs `work` on a thread of its own until it is done, the time limit passes or `interrupted`
/// returns true (it is asked about fifty times a second).
///
/// # Errors
///
/// [`Stopped`] says why there is no result. The thread may still be running then, with all it holds.
pub fn within<T, F>(limits: &Limits, interrupted: impl Fn() -> bool, work: F) -> Result<T, Stopped>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    within_leaving(limits, interrupted, || (work(), ()))
}

/// The same for work that also leaves something, such as a large value. That is dropped on the
/// thread once the result has been handed over, so that nobody waits for it.
///
/// # Errors
///
/// As [`within`].
pub fn within_leaving<T, L, F>(limits: &Limits, interrupted: impl Fn() -> bool, work: F) -> Result<T, Stopped>
where
    T: Send + 'static,
    F: FnOnce() -> (T, L) + Send + 'static,
{
    let started = Instant::now();
    join_ended();
    let (sender, receiver) = sync_channel(1);
    let shared = Arc::new(Mutex::new(Some(work)));
    let given_up = Arc::new(AtomicBool::new(false));
    let mut refused = None;
    for size in STACKS {
        let (shared, sender, flag) = (shared.clone(), sender.clone(), given_up.clone());
        let body = move || {
            let work = shared.lock().ok().and_then(|mut slot| slot.take());
            if let Some(work) = work {
                super::stack::set_size(size);
                // The thread is new: it is the first to be set.
                let _ = context::with(|context| context.given_up.set(flag));
                let (result, left) = work();
                let _ = sender.send(result);
                drop(left);
            }
        };
        match Builder::new().name("filter".to_owned()).stack_size(size).spawn(body) {
            Ok(thread) => {
                UNJOINED.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
                refused = None;
                break;
            }
            Err(error) => refused = Some(error),
        }
    }
    drop(sender);
    if let Some(error) = refused {
        return Err(Stopped::Failed(format!("no thread: {error}")));
    }
    let result = wait(&receiver, limits, started, interrupted);
    given_up.store(result.is_err(), Ordering::Relaxed);
    result
}

fn wait<T>(
    receiver: &Receiver<T>,
    limits: &Limits,
    started: Instant,
    interrupted: impl Fn() -> bool,
) -> Result<T, Stopped> {
    loop {
        let mut wait = POLL;
        if let Some(limit) = limits.max_time {
            let left = limit.saturating_sub(started.elapsed());
            if left.is_zero() {
                return receiver.try_recv().map_err(|_| Stopped::TimeLimit(limit));
            }
            wait = wait.min(left);
        }
        match receiver.recv_timeout(wait) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Stopped::Failed("its thread panicked".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) if interrupted() => return Err(Stopped::Interrupted),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn unjoined() -> usize {
        UNJOINED.lock().unwrap().len()
    }

    #[test]
    fn no_thread_is_detached_and_each_that_has_ended_is_joined() {
        // Other tests may start and join some at the same time.
        let (end, stays) = channel::<()>();
        let stays = Arc::new(Mutex::new(stays));
        let limits = Limits { max_time: Some(Duration::ZERO) };
        for _ in 0..50 {
            let stays = stays.clone();
            let stopped =
                within(&limits, || false, move || stays.lock().map(|gate| gate.recv().is_ok()).is_ok());
            assert!(matches!(stopped, Err(Stopped::TimeLimit(_))));
        }
        assert!(unjoined() >= 50, "{}", unjoined());
        drop(end);
        let start = Instant::now();
        while unjoined() >= 50 {
            assert!(start.elapsed() < Duration::from_secs(60), "{}", unjoined());
            within(&Limits::default(), || false, || ()).unwrap();
        }
    }
}
