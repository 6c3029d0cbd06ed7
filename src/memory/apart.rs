//! Work on documents that can be given up, on a stack that is large enough for deep ones.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::MemoryError;
use crate::document::{Limits, Stopped, within_leaving};
use crate::lock::{LockError, Waiter};

/// Runs `work` on a thread of its own. What it leaves beside its result is freed while the caller
/// goes on.
///
/// # Errors
/// Those of `work`; a signal or the time limit came first.
pub(super) fn apart<T: Send + 'static, L>(
    limits: &Limits,
    waiter: &mut dyn Waiter,
    work: impl FnOnce() -> Result<(T, L), MemoryError> + Send + 'static,
) -> Result<T, MemoryError> {
    let signal = Cell::new(None);
    let waiter = RefCell::new(waiter);
    let interrupted = || {
        signal.set(waiter.borrow_mut().sleep(Duration::ZERO));
        signal.get().is_some()
    };
    let work = move || work().map_or_else(|error| (Err(error), None), |(t, left)| (Ok(t), Some(left)));
    let done = within_leaving(limits, interrupted, work);
    match (done, signal.get()) {
        (Err(Stopped::Interrupted), Some(signal)) => Err(LockError::Interrupted(signal).into()),
        (Err(source), _) => Err(MemoryError::Stopped { source }),
        (Ok(result), _) => result,
    }
}
