//! What is staged gets the file's name: folder, guard, names, release, sync.

use std::time::{Duration, Instant};

use super::{FilePlace, GUARD_PATIENCE, GUARD_SLICE, OTHERS_TURN};
use crate::lock::LockError;
use crate::place::keeping::{self, Tags};
use crate::place::{Keeping, PlaceError, Published};
use crate::replace::{Commit, Restart, Staged};
use crate::sys;

impl FilePlace<'_> {
    /// Keeps what is replaced, gives what is staged the file's name, and ends the transaction.
    pub(super) fn put_staged(
        &mut self,
        staged: Staged,
        tags: impl FnOnce() -> Tags,
    ) -> Result<Published, PlaceError> {
        let begin = |keeping: &Keeping| keeping.begin(self.under_way.held.as_ref(), &staged);
        let (history, mut warning) = self.keeping.as_ref().map_or((None, None), begin);
        // The last moment to give up without a trace.
        if let Some(signal) = self.waiter.sleep(Duration::ZERO) {
            return Err(LockError::Interrupted(signal).into());
        }
        let path = staged.source().path().to_owned();
        match self.commit(staged) {
            Ok(Commit::Done(mut committed)) => {
                let leftovers = history.as_ref().map_or(0, |history| history.leftovers);
                let replaced = history.map(|history| history.replaced(committed.at()));
                committed.clean_up();
                let mut told = self.end();
                if let (Some(replaced), Some(keeping)) = (replaced, &self.keeping) {
                    let (kept, more) = replaced.finish(keeping, &path, tags());
                    told.kept = kept;
                    warning = warning.or(more);
                }
                let mut warnings = committed.finish()?;
                keeping::forgive(&mut warnings, leftovers);
                told.warnings.splice(0..0, warnings);
                told.warnings.extend(warning);
                Ok(Published::Done(told))
            }
            Ok(Commit::Changed(restart)) => {
                self.under_way.restart = restart;
                Ok(Published::Changed)
            }
            Err(error) => {
                if let Some(history) = history.filter(|_| error.document_may_have_changed()) {
                    history.leave(tags().before);
                }
                Err(error)
            }
        }
    }

    /// Folder, then guard, then the names: nobody waits for a folder under a guard, and nobody
    /// keeps a folder for as long as a guard may take.
    fn commit(&mut self, mut staged: Staged) -> Result<Commit, PlaceError> {
        let deadline = sys::clock::deadline(GUARD_PATIENCE);
        loop {
            if let Some(signal) = staged.make_ready(|pause| self.waiter.sleep(pause))? {
                return Err(LockError::Interrupted(signal).into());
            }
            if staged.is_in_place() {
                return self.commit_in_place(staged);
            }
            let Some(held) = &mut self.under_way.held else { return Ok(staged.commit()?) };
            let mut slot = Some(staged);
            // Given back before the sync: whoever is next builds on the new content and syncs the
            // same folder, and need not wait for ours.
            let commit = held.publish_last(GUARD_SLICE, self.waiter, || {
                let commit = slot.take().map(Staged::commit);
                match commit {
                    Some(Ok(Commit::Done(mut committed))) if committed.is_light() => {
                        committed.clean_up();
                        (Some(Ok(Commit::Done(committed))), true)
                    }
                    commit => (commit, false),
                }
            });
            match (commit, slot) {
                (Err(LockError::GuardBusy { .. }), Some(waiting)) if Instant::now() < deadline => {
                    staged = waiting;
                    staged.let_others_in();
                    // A signal is noticed when the folder is locked again.
                    let _ = self.waiter.sleep(OTHERS_TURN);
                }
                (Ok(Some(commit)), _) => return Ok(commit?),
                // The closure takes what is there, once.
                (Ok(None), _) => return Ok(Commit::Changed(Restart::default())),
                (Err(error), _) => return Err(error.into()),
            }
        }
    }

    /// Writing may take long, and unrelated files share the guard: so it is done under the lock
    /// alone, which must still be ours before and after.
    fn commit_in_place(&mut self, staged: Staged) -> Result<Commit, PlaceError> {
        let Some(held) = &self.under_way.held else { return Ok(staged.commit()?) };
        held.publish(self.waiter, || ())?;
        let commit = staged.commit()?;
        if let Commit::Done(_) = &commit {
            let unlocked =
                |source| PlaceError::Unlocked { path: self.path.clone(), source: Box::new(source) };
            held.check().map_err(unlocked)?;
        }
        Ok(commit)
    }
}
