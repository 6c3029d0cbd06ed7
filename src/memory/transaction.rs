//! What every verb that writes has in common.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::MemoryError;
use crate::lock::{Held, Keep, LockError, Locker, Waiter};
use crate::replace::{Commit, Replace, Restart, Source, Warning, sweep_leftovers_of};

/// How often a file that other programs replace under us is tried again.
const TRIES: u32 = 6;

/// What a transaction is given.
pub struct Session<'a> {
    /// How to lock; `None` works without, at the caller's own risk.
    pub locker: Option<&'a Locker>,
    /// How to replace.
    pub replace: Replace,
    /// Who sleeps, tells and is interrupted.
    pub waiter: &'a mut dyn Waiter,
}

/// A transaction under way, with the lock held until it is dropped.
pub(super) struct Transaction<'a> {
    path: PathBuf,
    held: Option<Held>,
    replace: Replace,
    waiter: &'a mut dyn Waiter,
    tries: u32,
    restart: Option<Restart>,
}

impl<'a> Session<'a> {
    /// Takes the lock of `path`.
    pub(super) fn begin(self, path: &Path) -> Result<Transaction<'a>, MemoryError> {
        let Session { locker, replace, waiter } = self;
        let held = locker.map(|locker| locker.acquire(path, Keep::Running, waiter)).transpose()?;
        Ok(Transaction { path: path.to_owned(), held, replace, waiter, tries: 0, restart: None })
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.end(self.waiter);
        }
    }
}

impl Transaction<'_> {
    /// Opens the file as it is now: at the beginning, and again after a publication that found
    /// it changed.
    pub(super) fn open(&mut self) -> Result<Source, MemoryError> {
        if self.tries == TRIES {
            return Err(MemoryError::Changing { path: self.path.clone() });
        }
        // Only under the lock: without it a leftover may be a living writer's. And before the
        // file is looked at: a leftover may be one more name of it.
        if let Some(held) = self.held.as_ref().filter(|_| self.tries == 0) {
            sweep_leftovers_of(&held.target().path);
        }
        self.tries += 1;
        open_locked(&self.path, self.held.as_ref())
    }

    /// Puts the new content in place. `None` when a program that takes no lock has replaced or
    /// written the file since `source` was opened: nothing was published.
    pub(super) fn publish(
        &mut self,
        source: Source,
        content: &[u8],
    ) -> Result<Option<Vec<Warning>>, MemoryError> {
        let staged = self.replace.stage_again(source, content, self.restart.take().unwrap_or_default())?;
        // The last moment to give up without a trace.
        if let Some(signal) = self.waiter.sleep(Duration::ZERO) {
            return Err(LockError::Interrupted(signal).into());
        }
        let commit = match &self.held {
            Some(held) => held.publish(self.waiter, || staged.commit())??,
            None => staged.commit()?,
        };
        match commit {
            Commit::Done(committed) => Ok(Some(committed.finish()?)),
            Commit::Changed(restart) => {
                self.restart = Some(restart);
                Ok(None)
            }
        }
    }

    pub(super) fn waiter(&mut self) -> &mut dyn Waiter {
        self.waiter
    }

    pub(super) fn replace_mut(&mut self) -> &mut Replace {
        &mut self.replace
    }
}

/// Opens the file that the lock is on, whatever the path leads to by now.
///
/// # Errors
/// [`MemoryError::Moved`] when a link has taken that file's place: what it points to is another
/// lock's business.
pub(super) fn open_locked(path: &Path, held: Option<&Held>) -> Result<Source, MemoryError> {
    let Some(held) = held else { return Ok(Source::open(path)?) };
    let source = Source::open(&held.target().path)?;
    if source.path() != held.target().path {
        return Err(MemoryError::Moved { path: path.to_owned() });
    }
    Ok(source)
}
