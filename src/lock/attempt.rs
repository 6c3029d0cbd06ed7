//! One try to take a lock: guard, `mkdir`, judge, set aside, `mkdir`, info.

use std::fs::{self, File};
use std::io;
use std::time::Instant;

use super::LockError;
use super::anchor;
use super::claim::{Claim, Keep};
use super::guard::Guard;
use super::held::{Held, Own};
use super::id::{LockId, Token};
use super::key::Target;
use super::liveness::{Judge, Judgement};
use super::loss::Reclaimed;
use super::removal::{SetAside, UNBORN_PREFIX, set_aside, sweep};
use super::root::LockRoot;
use super::verdict::Verdict;
use super::wait::Waiter;
use crate::sys;
use crate::sys::file::{Flock, Pinned};

/// So often a script may be faster than us, or its lock may be gone when we look.
const MOST_ROUNDS: usize = 10;
/// So many stale locks in a row are removed.
const MOST_REMOVALS: usize = 2;

/// How a try ended.
pub(super) enum Attempt {
    Taken(Held),
    Busy(Judgement),
}

/// Takes the lock if it is free or stale. Waits for the guard only.
pub(super) fn attempt(
    root: &LockRoot,
    target: &Target,
    claim: &Claim,
    judge: &mut Judge,
    deadline: Instant,
    waiter: &mut dyn Waiter,
) -> Result<Attempt, LockError> {
    // Read before the guard is taken: under it others wait, and a death between the two steps
    // of a take costs the next taker two seconds.
    judge.here();
    let guard = Guard::take_with(root, &target.key, deadline, waiter)?;
    let mut take = Take { root, target, claim, removed: Vec::new(), reclaimed: None };
    let attempt = take.run(judge, &guard);
    drop(guard);
    if !take.removed.is_empty() {
        take.removed.into_iter().for_each(SetAside::delete);
        sweep(root, None);
    }
    attempt
}

/// A take under way, under the guard.
struct Take<'a> {
    root: &'a LockRoot,
    target: &'a Target,
    claim: &'a Claim,
    removed: Vec<SetAside>,
    reclaimed: Option<Reclaimed>,
}

impl Take<'_> {
    fn run(&mut self, judge: &mut Judge, guard: &Guard) -> Result<Attempt, LockError> {
        let key = &self.target.key;
        let mut rounds = 0;
        loop {
            rounds += 1;
            // A script may have removed the directory of one who lives.
            if let Some(alive) = judge.judge_anchor(key)? {
                return Ok(Attempt::Busy(alive));
            }
            if let Some(held) = self.make(judge)? {
                return Ok(Attempt::Taken(held));
            }
            let judgement = judge.judge(key)?;
            let judged = match (judgement.verdict, &judgement.directory) {
                (Verdict::Stale, Some(judged)) if self.removed.len() < MOST_REMOVALS => judged,
                // A script has released it meanwhile.
                (Verdict::Free, _) if rounds < MOST_ROUNDS => continue,
                _ => return Ok(Attempt::Busy(judgement)),
            };
            match set_aside(self.root, key, judged.identity(), guard) {
                Ok(Some(aside)) => self.removed.push(aside),
                Ok(None) => return Ok(Attempt::Busy(judgement)),
                // The guard was deleted under us, so we are not alone: the next try has the new one.
                Err(_) if guard.verify().is_err() => return Ok(Attempt::Busy(judgement)),
                Err(error) => return Err(error),
            }
            self.reclaimed = Some(Reclaimed::lock(key, &judgement.info, judgement.reason));
        }
    }

    /// Makes the directory and everything in it. `None` when somebody was faster, or removes
    /// things under us: what is there now has to be judged.
    fn make(&self, judge: &mut Judge) -> Result<Option<Held>, LockError> {
        let path = self.root.lock_dir(&self.target.key);
        let fail = |action: &'static str| LockError::io(action, &path);
        match self.root.make_folder(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            // The root was deleted: the next try makes it anew, guard and all.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail("make the lock directory")(error)),
        }
        match sys::file::open_folder(&path)
            .and_then(Pinned::new)
            .and_then(|folder| self.furnish(folder, judge))
        {
            Ok(held) => Ok(Some(held)),
            // Removed or furnished by a script meanwhile.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {
                Ok(None)
            }
            Err(error) => {
                // Only if it is still empty: a foreign file is evidence, not ours to delete.
                let _ = fs::remove_dir(&path);
                Err(fail("write the lock's info in")(error))
            }
        }
    }

    /// Puts the info file into a fresh lock directory. It has its kernel lock before it has its
    /// name: created first and locked second, a stopped waiter's probe could hold it up.
    fn furnish(&self, directory: Pinned, judge: &mut Judge) -> io::Result<Held> {
        let path = self.root.lock_dir(&self.target.key);
        let token = Token::fresh()?;
        let unborn = path.join(format!("{UNBORN_PREFIX}{token}"));
        let file = self.root.create_file(&unborn, true)?;
        let born = self.give_birth(&unborn, &file, &token, judge);
        let _ = fs::remove_file(&unborn);
        born?;
        let id = LockId { key: self.target.key.clone(), token, inner: Vec::new() };
        let own = Own { directory, info: file };
        Ok(Held::own(self.root, self.target, id, own, self.reclaimed.clone()))
    }

    fn give_birth(
        &self,
        unborn: &std::path::Path,
        file: &File,
        token: &Token,
        judge: &mut Judge,
    ) -> io::Result<()> {
        if !sys::file::try_flock(file, Flock::Exclusive)? {
            return Err(io::Error::other("a new file is locked already"));
        }
        let inode = std::os::unix::fs::MetadataExt::ino(&file.metadata()?);
        let text = self.claim.describe(self.target, token, inode, judge.here()).render();
        io::Write::write_all(&mut &*file, text.as_bytes())?;
        fs::hard_link(unborn, unborn.with_file_name("info"))?;
        match self.claim.keep {
            Keep::Running => anchor::make(self.root, &self.target.key, unborn),
            Keep::Owner { .. } | Keep::Lease(_) => Ok(()),
        }
    }
}
