//! A lock that we have: publishing under it, and giving it back.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::LockError;
use super::anchor;
use super::guard::Guard;
use super::guest::Place;
use super::holder::Holder;
use super::id::LockId;
use super::info::Info;
use super::key::Target;
use super::loss::{self, Reclaimed};
use super::manage;
use super::removal::{SetAside, set_aside};
use super::root::{LockRoot, lock_name};
use super::wait::Waiter;
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder};
use crate::sys::{self, found};

/// A release that can't get the guard leaves the lock to be reaped after this.
pub(super) const RELEASE_PATIENCE: Duration = Duration::from_secs(5);

/// A lock that is held. Dropping it releases it; [`Held::release`] also says whether it was
/// ours to the end.
#[must_use = "the lock is released as soon as this is dropped"]
#[derive(Debug)]
pub struct Held {
    root: LockRoot,
    target: Target,
    id: LockId,
    hold: Hold,
    /// Whose dead lock was in the way, and why it was dead.
    reclaimed: Option<Reclaimed>,
}

/// Our own lock: its directory, and the info file that we wrote, both kept open.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) directory: Folder,
    pub(super) info: File,
    /// The info's.
    pub(super) identity: Identity,
}

#[derive(Debug)]
enum Hold {
    Own(Own),
    /// A place inside somebody's lock.
    Guest(Place),
    /// A lease that the same session has had before.
    Before,
    /// Given back, or another's business.
    Over,
}

impl Held {
    pub(super) fn own(
        root: &LockRoot,
        target: &Target,
        id: LockId,
        own: Own,
        reclaimed: Option<Reclaimed>,
    ) -> Held {
        Held { root: root.clone(), target: target.clone(), id, hold: Hold::Own(own), reclaimed }
    }

    /// A guest's place, under a lock that another holds.
    pub(super) fn guest(
        root: &LockRoot,
        target: &Target,
        place: Place,
        reclaimed: Option<Reclaimed>,
    ) -> Held {
        let id = place.id().unwrap_or_else(|| place.host().clone());
        Held { root: root.clone(), target: target.clone(), id, hold: Hold::Guest(place), reclaimed }
    }

    /// A lease that this session had before, and has for longer now. It stays in place whatever
    /// becomes of this: whoever took it has its id.
    pub(super) fn before(root: &LockRoot, target: &Target, id: LockId) -> Held {
        Held { root: root.clone(), target: target.clone(), id, hold: Hold::Before, reclaimed: None }
    }

    /// Whether it is a lease that was there before, and was renewed.
    pub fn was_renewed(&self) -> bool {
        matches!(self.hold, Hold::Before)
    }

    /// The lock's id. A command that is started with it in its environment is our guest.
    pub fn id(&self) -> &LockId {
        &self.id
    }

    /// The id for a command that is started now: under it the command is our guest.
    ///
    /// # Errors
    /// A guest's own id can't be written down for its guests.
    pub fn invite(&self) -> Result<LockId, LockError> {
        match &self.hold {
            Hold::Guest(place) => place.id().ok_or_else(|| {
                let source = io::ErrorKind::PermissionDenied.into();
                LockError::io(Op::Name, place.path().to_owned())(source)
            }),
            Hold::Own(_) | Hold::Before | Hold::Over => Ok(self.id.clone()),
        }
    }

    /// The lock root that it is in.
    pub fn root(&self) -> &LockRoot {
        &self.root
    }

    /// The folder that is the lock.
    pub fn directory(&self) -> PathBuf {
        self.root.lock_dir(&self.target.key)
    }

    /// The locked file.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The dead lock that this one replaced.
    pub fn reclaimed(&self) -> Option<&Reclaimed> {
        self.reclaimed.as_ref()
    }

    /// Whether somebody may have died at work on the file: the lock was taken over, or is another's.
    pub fn may_follow_dead(&self) -> bool {
        self.reclaimed.is_some() || !matches!(self.hold, Hold::Own(_))
    }

    /// A copy of the lock's descriptor, inherited by commands that are started while it is open.
    /// The lock lives as long as any of them does.
    ///
    /// # Errors
    /// Too many files are open.
    pub fn inheritable(&self) -> Result<Option<OwnedFd>, LockError> {
        let file = match &self.hold {
            Hold::Own(own) => &own.info,
            Hold::Guest(place) => place.file(),
            Hold::Before | Hold::Over => return Ok(None),
        };
        let path = self.root.lock_dir(&self.target.key);
        sys::file::inheritable_copy(file).map(Some).map_err(LockError::io(Op::PassOn, path))
    }

    /// Runs `change` under the guard, after making sure that the lock is still ours: between
    /// that check and the change nobody can take the lock over. `change` must be quick, one
    /// rename or so.
    ///
    /// # Errors
    /// [`LockError::Lost`] or [`LockError::Interrupted`], and nothing was run; or the guard
    /// could not be had.
    pub fn publish<T>(&self, waiter: &mut dyn Waiter, change: impl FnOnce() -> T) -> Result<T, LockError> {
        let deadline = sys::clock::deadline(RELEASE_PATIENCE);
        let ours = self.guarded(deadline, waiter).map(|_guard| change());
        loss::note(&self.root, &self.id, ours)
    }

    /// The same, but waits for the guard no longer than this; and if `change` says that it was the
    /// last one, the lock is given back under the same guard.
    ///
    /// # Errors
    /// As [`Held::publish`].
    pub fn publish_last<T>(
        &mut self,
        patience: Duration,
        waiter: &mut dyn Waiter,
        change: impl FnOnce() -> (T, bool),
    ) -> Result<T, LockError> {
        let guard = self.guarded(sys::clock::deadline(patience), waiter);
        let guard = loss::note(&self.root, &self.id, guard)?;
        let (changed, is_last) = change();
        if let (Hold::Own(own), true) = (&self.hold, is_last) {
            anchor::remove(&self.root, &self.target.key, Some(own.identity));
            let ended = self.set_aside(own, &guard);
            drop(guard);
            if let Hold::Own(own) = std::mem::replace(&mut self.hold, Hold::Over) {
                // What can't be released now is stale when this process ends.
                let _ = finish(own, ended);
            }
        }
        Ok(changed)
    }

    /// Takes the guard, and makes sure that the lock is still ours.
    fn guarded(&self, deadline: Instant, waiter: &mut dyn Waiter) -> Result<Guard, LockError> {
        loop {
            let guard = Guard::take_with(&self.root, &self.target.key, deadline, waiter)?;
            self.check()?;
            // Deleted meanwhile, and with it perhaps the lock: look again under the new one.
            if guard.verify().is_ok() {
                return Ok(guard);
            }
        }
    }

    /// Makes sure that the lock is ours at this moment.
    ///
    /// # Errors
    /// [`LockError::Lost`].
    pub fn check(&self) -> Result<(), LockError> {
        match &self.hold {
            Hold::Own(own) => self.check_own(own),
            Hold::Guest(place) => place.check(&self.target.path),
            Hold::Before => manage::check(&self.root, &self.id),
            Hold::Over => Err(LockError::lost(Some(self.target.path.clone()), "it was released")),
        }
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`LockError::Lost`] when it was not ours any more: somebody else may have been inside.
    /// Any other error leaves it to be reaped by the next taker.
    pub fn release(mut self) -> Result<(), LockError> {
        let released = self.give_back();
        loss::note(&self.root, &self.id, released)
    }

    /// Gives the lock back as dropping it does, and reports that.
    pub fn end(self, waiter: &mut dyn Waiter) {
        let target = self.target.path.clone();
        drop(self);
        waiter.released(&target);
    }

    /// Leaves the lock in place for its owner or until its time is over, and returns its id.
    pub fn leave(mut self) -> LockId {
        if let Hold::Guest(place) = std::mem::replace(&mut self.hold, Hold::Over) {
            // The end of the process does the same.
            let _ = place.leave();
        }
        self.id.clone()
    }

    /// Gives the lock up as if this process had died: the next taker finds it stale, and is told
    /// that it was taken over.
    pub fn abandon(mut self) {
        match std::mem::replace(&mut self.hold, Hold::Over) {
            Hold::Own(own) => drop(sys::file::unlock(&own.info)),
            Hold::Guest(place) => drop(place.leave()),
            Hold::Before | Hold::Over => {}
        }
    }

    /// The token alone could have been copied: the very file that we wrote must be in place.
    fn check_own(&self, own: &Own) -> Result<(), LockError> {
        if self.is_in_place(own).unwrap_or(false) {
            return Ok(());
        }
        // Who has it now?
        open_info(&self.root, &self.id, Some(&self.target.path))?;
        Err(LockError::lost(Some(self.target.path.clone()), "its info file was replaced"))
    }

    /// By numbers, which no other file has as long as we keep ours open.
    fn is_in_place(&self, own: &Own) -> io::Result<bool> {
        let lock = own.directory.identity()?;
        let is_named = self.root.folder().is(lock_name(&self.target.key), lock)?
            && own.directory.is("info", own.identity)?;
        // A script could have written over it.
        Ok(is_named && Info::read(&own.info)?.token.as_ref() == Some(&self.id.token))
    }

    fn give_back(&mut self) -> Result<(), LockError> {
        let own = match std::mem::replace(&mut self.hold, Hold::Over) {
            Hold::Own(own) => own,
            Hold::Guest(place) => {
                // Whether our host was there to the end is known only while we are inside.
                let checked = place.check(&self.target.path);
                return place.release().and(checked);
            }
            Hold::Before | Hold::Over => return Ok(()),
        };
        let guard = Guard::take(&self.root, &self.target.key, RELEASE_PATIENCE);
        let ended = guard.and_then(|guard| {
            let checked = self.check_own(&own);
            anchor::remove(&self.root, &self.target.key, Some(own.identity));
            checked.and_then(|()| self.set_aside(&own, &guard))
        });
        finish(own, ended)
    }

    fn set_aside(&self, own: &Own, guard: &Guard) -> Result<SetAside, LockError> {
        let lost = || LockError::lost(Some(self.target.path.clone()), "its directory was replaced");
        let directory = own.directory.identity().map_err(LockError::io(Op::LookAt, self.directory()))?;
        set_aside(&self.root, &self.target.key, directory, guard)?.ok_or_else(lost)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Best effort: what can't be released now is stale when this process ends.
        let _ = self.give_back();
    }
}

/// Ends our own lock, which has lost its name or not.
fn finish(own: Own, ended: Result<SetAside, LockError>) -> Result<(), LockError> {
    let Own { directory, info, .. } = own;
    // Explicitly, for a command's child may still have the descriptor.
    let _ = sys::file::unlock(&info);
    // Closed first: some file systems keep an open file's folder from being removed.
    drop(info);
    ended.map(|aside| aside.delete_own(directory))
}

/// Opens the info of a lock that should be `id`'s.
pub(super) fn open_info(
    root: &LockRoot,
    id: &LockId,
    target: Option<&Path>,
) -> Result<(File, Info), LockError> {
    open_info_with(root, id, target, Access::Read)
}

/// The same with another kind of access.
pub(super) fn open_info_with(
    root: &LockRoot,
    id: &LockId,
    target: Option<&Path>,
    access: Access,
) -> Result<(File, Info), LockError> {
    let path = root.lock_dir(&id.key).join("info");
    let opened = root.open_lock(&id.key).and_then(|lock| match access {
        Access::Read => root.open_info_in(&id.key, &lock),
        _ => lock.open_file("info", access),
    });
    let opened = found(opened).map_err(LockError::io(Op::Open, &path))?;
    let lost = |why: String| LockError::lost(target.map(Path::to_owned), why);
    let file = opened.ok_or_else(|| lost("it was removed".to_owned()))?;
    let info = Info::read(&file).map_err(LockError::io(Op::Read, &path))?;
    if info.token.as_ref() == Some(&id.token) {
        return Ok((file, info));
    }
    let why = format!("it is held by {} now", Holder::of(&info));
    // Whoever has it, it is the same file.
    Err(LockError::lost(target.map(Path::to_owned).or(info.target), why))
}
