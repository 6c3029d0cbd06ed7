//! One try to take a lock: guard, rename, judge, set aside, rename.
//!
//! The lock is prepared before the guard is taken: a folder of a fresh name, with the info file
//! in it, locked and written whole. Under the guard it is renamed to the lock's name, never over
//! another. So a lock is born whole, whatever kills its maker.

use std::fs::File;
use std::io::{self, Write};
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
use super::root::{LockRoot, lock_name};
use super::verdict::Verdict;
use super::wait::Waiter;
use crate::sys;
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder};
use crate::sys::machine::Reach;
use crate::sys::temporary::TemporaryName;

/// How often a script may be faster than us, or its lock may be gone when we look.
const MOST_ROUNDS: usize = 10;
/// How many stale locks in a row are removed.
const MOST_REMOVALS: usize = 2;

/// The permissions of the empty folder that keeps a lock's name for a moment where there is no
/// exclusive rename. No script makes a lock that nothing can be written into. It is so from its very
/// creation: the sticky bit alone would be lost on some file systems, or set by a second call.
const UNBORN_MODE: u32 = 0o1500;

/// Whether an empty lock directory with this mode is such a folder.
pub(super) fn is_unborn(mode: u32) -> bool {
    mode & 0o777 == UNBORN_MODE & 0o777
}

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
    let take = Take::new(root, target, claim, false);
    take.under_guard(judge, deadline, waiter).map(|(attempt, _)| attempt)
}

/// Takes the lock whoever holds it, and says what was in the way last. Waits for the guard only.
pub(super) fn seize(
    root: &LockRoot,
    target: &Target,
    claim: &Claim,
    judge: &mut Judge,
    deadline: Instant,
    waiter: &mut dyn Waiter,
) -> Result<(Attempt, Option<Judgement>), LockError> {
    Take::new(root, target, claim, true).under_guard(judge, deadline, waiter)
}

/// A lock that is made whole before it has its name. Removed unless it is born.
struct Unborn {
    info: File,
    identity: Identity,
    folder: Folder,
    name: TemporaryName,
    token: Token,
}

impl Unborn {
    fn prepare(
        root: &LockRoot,
        target: &Target,
        claim: &Claim,
        judge: &mut Judge,
    ) -> Result<Unborn, LockError> {
        let fail = || LockError::io(Op::PrepareLock, root.path());
        for _ in 0..MOST_ROUNDS {
            let folder = root.folder();
            let token = Token::fresh().map_err(fail())?;
            match Unborn::make(root, &folder, token, target, claim, judge) {
                // The root was deleted, or somebody sweeps files that are not a minute old.
                Err(error) if error.kind() == io::ErrorKind::NotFound => root.reopen()?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if sys::file::no_flock(&error) => {
                    return Err(root.no_flock(error));
                }
                made => return made.map_err(fail()),
            }
        }
        Err(fail()(io::ErrorKind::NotFound.into()))
    }

    fn make(
        root: &LockRoot,
        top: &Folder,
        token: Token,
        target: &Target,
        claim: &Claim,
        judge: &mut Judge,
    ) -> io::Result<Unborn> {
        let name = format!("{UNBORN_PREFIX}{token}");
        let folder = root.make_unborn(&name)?;
        let name = top.temporary(name);
        let info = root.create_file(&folder, "info")?;
        let identity = Identity::from(&info.metadata()?);
        let text = claim.describe(target, &token, identity.inode, judge.here());
        // Locked first: written first, a stopped waiter's probe could hold it up.
        sys::file::lock_new(&info)?;
        (&info).write_all(text.render().as_bytes())?;
        Ok(Unborn { info, identity, folder, name, token })
    }
}

impl Unborn {
    /// Gives it its name, if nobody has that.
    ///
    /// Where the file system has no exclusive rename, an empty folder takes the name, which
    /// excludes a script's `mkdir` too, and a plain rename replaces it. We have the guard: if
    /// another finds that folder, its maker has died, and [`is_unborn`] says that it was no script.
    fn give_name(&mut self, root: &Folder, lock: &str) -> io::Result<()> {
        match self.name.rename_new(lock) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            renamed => return renamed,
        }
        drop(root.make_folder(lock, UNBORN_MODE)?);
        match self.name.rename_to(root, lock) {
            Err(error) => {
                let _ = root.remove_folder(lock);
                match error.kind() {
                    io::ErrorKind::DirectoryNotEmpty => Err(io::ErrorKind::AlreadyExists.into()),
                    _ => Err(error),
                }
            }
            renamed => renamed,
        }
    }
}

/// A take under way, under the guard.
struct Take<'a> {
    root: &'a LockRoot,
    target: &'a Target,
    claim: &'a Claim,
    unborn: Option<Unborn>,
    removed: Vec<SetAside>,
    reclaimed: Option<Reclaimed>,
    /// Living holders are no obstacle.
    by_force: bool,
    /// The last of them.
    broken: Option<Judgement>,
}

impl<'a> Take<'a> {
    fn new(root: &'a LockRoot, target: &'a Target, claim: &'a Claim, by_force: bool) -> Take<'a> {
        let (unborn, removed) = (None, Vec::new());
        Take { root, target, claim, unborn, removed, reclaimed: None, by_force, broken: None }
    }

    fn under_guard(
        mut self,
        judge: &mut Judge,
        deadline: Instant,
        waiter: &mut dyn Waiter,
    ) -> Result<(Attempt, Option<Judgement>), LockError> {
        // Before the guard is taken, because others wait for the guard.
        self.unborn = Some(Unborn::prepare(self.root, self.target, self.claim, judge)?);
        let guard = Guard::take_with(self.root, &self.target.key, deadline, waiter)?;
        let attempt = self.run(judge, &guard);
        drop(guard);
        if !self.removed.is_empty() {
            self.removed.into_iter().for_each(SetAside::delete);
            sweep(self.root);
        }
        attempt.map(|attempt| (attempt, self.broken))
    }

    fn run(&mut self, judge: &mut Judge, guard: &Guard) -> Result<Attempt, LockError> {
        let key = &self.target.key;
        let mut rounds = 0;
        loop {
            rounds += 1;
            // A script may have removed the directory of a living holder.
            if let Some(alive) = judge.judge_anchor(key)? {
                if !self.by_force || !anchor::remove(self.root, key, None) {
                    return Ok(Attempt::Busy(alive));
                }
                self.broken = Some(alive);
            }
            if let Some(held) = self.make(judge)? {
                return Ok(Attempt::Taken(held));
            }
            let judgement = judge.judge(key)?;
            if self.by_force
                && judgement.verdict.is_taken()
                && self.removed.len() < MOST_REMOVALS
                && let Some(judged) = &judgement.directory
                && let Some(aside) = set_aside(self.root, key, judged.identity(), guard)?
            {
                self.removed.push(aside);
                self.broken = Some(judgement);
                continue;
            }
            let judged = match (judgement.verdict, &judgement.directory) {
                (Verdict::Stale, Some(judged)) if self.removed.len() < MOST_REMOVALS => judged,
                // A script has released it meanwhile.
                (Verdict::Free, _) if rounds < MOST_ROUNDS => continue,
                _ => return Ok(Attempt::Busy(judgement)),
            };
            match set_aside(self.root, key, judged.identity(), guard) {
                Ok(Some(aside)) => match judge.judge_again(key, &judgement, aside)? {
                    Ok(aside) => self.removed.push(aside),
                    Err(alive) => return Ok(Attempt::Busy(alive)),
                },
                Ok(None) => return Ok(Attempt::Busy(judgement)),
                // The guard was deleted under us, so we are not alone: the next attempt uses the
                // new one.
                Err(_) if guard.verify().is_err() => return Ok(Attempt::Busy(judgement)),
                Err(error) => return Err(error),
            }
            self.reclaimed = Some(Reclaimed::lock(key, &judgement.info, judgement.reason));
        }
    }

    /// Gives the prepared lock its name. `None` when somebody was faster, or removes things under
    /// us: what is there now has to be judged.
    fn make(&mut self, judge: &mut Judge) -> Result<Option<Held>, LockError> {
        let path = self.root.lock_dir(&self.target.key);
        match self.bear(judge) {
            Ok(own) => Ok(Some(own)),
            // Taken; or removed by a script meanwhile; or the root was deleted, and the next try
            // makes it anew, guard and all.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {
                Ok(None)
            }
            Err(error) if sys::file::no_flock(&error) || is_fooled(&error) => Err(self.root.no_flock(error)),
            Err(error) => Err(LockError::io(Op::Create, path)(error)),
        }
    }

    fn bear(&mut self, judge: &mut Judge) -> io::Result<Held> {
        let root = self.root.folder();
        let mut unborn = match self.unborn.take() {
            Some(unborn) if root.has_temporary(&unborn.name) => unborn,
            // The root was deleted meanwhile, or a lock that was born has been taken away under us.
            _ => {
                let token = Token::fresh()?;
                Unborn::make(self.root, &root, token, self.target, self.claim, judge)?
            }
        };
        if let Err(error) = unborn.give_name(&root, &lock_name(&self.target.key)) {
            // It stays as it is for the next round, which may find the name free.
            self.unborn = Some(unborn);
            return Err(error);
        }
        let Unborn { info, identity, folder, token, .. } = unborn;
        self.settle(Own { directory: folder, info, identity }, token)
    }

    /// The lock has its name. Makes sure that it is what others see, and that it keeps them out.
    fn settle(&self, own: Own, token: Token) -> io::Result<Held> {
        let key = &self.target.key;
        let folder = &own.directory;
        let settled = (|| {
            self.probe(&own)?;
            match self.claim.keep {
                Keep::Running => anchor::make(self.root, key, folder, own.identity),
                Keep::Owner { .. } | Keep::Lease(_) => Ok(()),
            }
        })();
        if let Err(error) = settled {
            let _ = folder.remove_file("info");
            let root = self.root.folder();
            // By now a script's may have the name.
            if folder.identity().and_then(|ours| root.is(lock_name(key), ours)).unwrap_or(false) {
                let _ = root.remove_folder(lock_name(key));
            }
            return Err(error);
        }
        let id = LockId { key: key.clone(), token, inner: Vec::new() };
        Ok(Held::own(self.root, self.target, id, own, self.reclaimed.clone()))
    }

    /// Looks at the lock by its name, as others do: it must be the file that we have locked. On a
    /// file system that may not keep its word, the lock must also be seen through a second opening.
    fn probe(&self, own: &Own) -> io::Result<()> {
        let fooled =
            || io::Error::other(Fooled("a file has one inode when it is open and another by its name"));
        let name = lock_name(&self.target.key);
        if self.root.reach() == Reach::Local {
            // Removed meanwhile, or by a script's in its place: what is there now has to be judged.
            if !self.root.folder().is(&name, own.directory.identity()?)? {
                return Err(io::ErrorKind::NotFound.into());
            }
            return match own.directory.look("info")? {
                Some(info) if info.identity == own.identity => Ok(()),
                Some(_) => Err(fooled()),
                None => Err(io::ErrorKind::NotFound.into()),
            };
        }
        let named = self.root.open_lock(&self.target.key)?.open_linked("info", Access::Read)?;
        if Identity::from(&named.metadata()?) != own.identity {
            return Err(fooled());
        }
        if !sys::file::is_locked(&named)? {
            return Err(io::Error::other(Fooled(
                "a lock on a file does not hold against a second opening of it",
            )));
        }
        Ok(())
    }
}

/// A behaviour of the file system that makes its kernel locks useless.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Fooled(&'static str);

fn is_fooled(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Fooled>())
}
