//! What every verb that writes has in common.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::MemoryError;
use crate::lock::{Held, Keep, LockError, Locker, Waiter};
use crate::replace::{Commit, Replace, Restart, Source, Staged, Warning, sweep_leftovers_of};
use crate::sys;

/// How often a file is tried that other programs replace under us. Of four lock roots' writers
/// without pause, in a folder that can't be locked, 8 in 100 fail at 6 tries, hardly one at 16.
const TRIES: u32 = 16;
/// Who makes the new content as quickly as this may keep others out of the folder meanwhile.
const QUICK: Duration = Duration::from_millis(100);
/// Publishing can't go on without the lock's guard, and gives up after this.
const GUARD_PATIENCE: Duration = Duration::from_secs(5);
/// While the guard is waited for, others are let into the folder again after this …
const GUARD_SLICE: Duration = Duration::from_millis(250);
/// … for longer than they sleep between two looks.
const OTHERS_TURN: Duration = Duration::from_millis(10);

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
    opened: Instant,
    restart: Option<Restart>,
    /// Versions that a dead writer had displaced, and which are kept.
    kept: Vec<PathBuf>,
}

impl<'a> Session<'a> {
    /// Takes the lock of `path`.
    pub(super) fn begin(self, path: &Path) -> Result<Transaction<'a>, MemoryError> {
        let Session { locker, replace, waiter } = self;
        let held = locker.map(|locker| locker.acquire(path, Keep::Running, waiter)).transpose()?;
        let replace = match locker {
            Some(locker) => replace.patience(locker.patience.limit),
            None => replace,
        };
        Ok(Transaction {
            path: path.to_owned(),
            held,
            replace,
            waiter,
            tries: 0,
            opened: Instant::now(),
            restart: None,
            kept: Vec::new(),
        })
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        self.release();
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
            self.kept = sweep_leftovers_of(&held.target().path).kept;
        }
        let was_quick = self.tries > 0 && self.opened.elapsed() < QUICK;
        self.tries += 1;
        let mut source = open_locked(&self.path, self.held.as_ref())?;
        self.replace.check_names(source.path())?;
        if was_quick {
            // Somebody with another lock root was faster: not this time.
            let interrupted = source.lock_folder(|pause| self.waiter.sleep(pause))?;
            if let Some(signal) = interrupted {
                return Err(LockError::Interrupted(signal).into());
            }
        }
        self.opened = Instant::now();
        Ok(source)
    }

    /// Puts the new content in place, gives the lock back, and makes it durable. `None` when a
    /// program that shares no lock with us has replaced or written the file since `source` was
    /// opened: nothing was published.
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
        match self.commit(staged)? {
            Commit::Done(mut committed) => {
                committed.clean_up();
                // Before the sync: whoever is next builds on the new content and syncs the same
                // folder, and need not wait for ours.
                self.release();
                let mut warnings = committed.finish()?;
                warnings.extend(self.told());
                Ok(Some(warnings))
            }
            Commit::Changed(restart) => {
                self.restart = Some(restart);
                Ok(None)
            }
        }
    }

    /// Folder, then guard, then the names: nobody waits for a folder under a guard, and nobody
    /// keeps a folder for as long as a guard may take.
    fn commit(&mut self, mut staged: Staged) -> Result<Commit, MemoryError> {
        let deadline = sys::clock::deadline(GUARD_PATIENCE);
        loop {
            if let Some(signal) = staged.make_ready(|pause| self.waiter.sleep(pause))? {
                return Err(LockError::Interrupted(signal).into());
            }
            let Some(held) = &self.held else { return Ok(staged.commit()?) };
            if staged.is_in_place() {
                return commit_in_place(&self.path, held, self.waiter, staged);
            }
            let mut slot = Some(staged);
            let commit = held.publish_within(GUARD_SLICE, self.waiter, || slot.take().map(Staged::commit));
            match (commit, slot) {
                (Err(LockError::GuardBusy { .. }), Some(waiting)) if Instant::now() < deadline => {
                    staged = waiting;
                    staged.let_others_in();
                    // A signal is noticed when the folder is locked again.
                    let _ = self.waiter.sleep(OTHERS_TURN);
                }
                (Ok(Some(commit)), _) => return Ok(commit?),
                // The closure takes what is there, once.
                (Ok(None), _) => return Err(MemoryError::Changing { path: self.path.clone() }),
                (Err(error), _) => return Err(error.into()),
            }
        }
    }

    /// Says that the file is as it should be: gives the lock back, and makes durable what another
    /// writer may have put there without a sync so far.
    pub(super) fn settle(&mut self, source: Source) -> Result<Vec<Warning>, MemoryError> {
        self.release();
        self.replace.settle(source)?;
        Ok(self.told())
    }

    /// What was found on the way and should be told.
    pub(super) fn told(&mut self) -> Vec<Warning> {
        let path = self.path.clone();
        self.kept.drain(..).map(|kept| Warning::Kept { path: path.clone(), kept }).collect()
    }

    fn release(&mut self) {
        if let Some(held) = self.held.take() {
            held.end(self.waiter);
        }
    }

    pub(super) fn waiter(&mut self) -> &mut dyn Waiter {
        self.waiter
    }

    pub(super) fn replace(&self) -> &Replace {
        &self.replace
    }

    pub(super) fn replace_mut(&mut self) -> &mut Replace {
        &mut self.replace
    }
}

/// Writing may take long, and unrelated files share the guard: so it is done under the lock alone,
/// which must still be ours before and after.
fn commit_in_place(
    path: &Path,
    held: &Held,
    waiter: &mut dyn Waiter,
    staged: Staged,
) -> Result<Commit, MemoryError> {
    held.publish(waiter, || ())?;
    let commit = staged.commit()?;
    if let Commit::Done(_) = &commit {
        held.check()
            .map_err(|source| MemoryError::Unlocked { path: path.to_owned(), source: Box::new(source) })?;
    }
    Ok(commit)
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
