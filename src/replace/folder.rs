//! The folder that the target lies in: its kernel lock and its sync.
//!
//! The lock is for those who share no lock root: two users, two homes, two spellings of a name on
//! a file system that ignores case. It is held from the last look at the target to the rename.
//! Anybody who may read a folder may lock it, so nobody waits for it for long.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ReplaceError;
use crate::sys;
use crate::sys::dir::Dir;
use crate::sys::failure::Op;
use crate::sys::file::Flock;

/// For so long somebody else's kernel lock is waited for.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// The target's folder, open from the first look at the target to the sync.
#[derive(Debug)]
pub(super) struct Folder {
    place: Arc<Dir>,
    /// `None` where it may not be read.
    readable: Option<File>,
    lock: Lock,
}

/// How it stands with the folder's kernel lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lock {
    Free,
    Ours,
    /// Somebody else has kept it for longer than we wait.
    Kept,
    /// This file system has no such locks on folders, as NFS.
    Unknown,
}

impl Folder {
    /// Opens a resolved path.
    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        let place = Dir::open(path)?;
        let readable = match place.readable() {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
            opened => Some(opened?),
        };
        Ok(Folder { place: Arc::new(place), readable, lock: Lock::Free })
    }

    pub(super) fn place(&self) -> &Arc<Dir> {
        &self.place
    }

    /// Takes the kernel lock, if it can be had soon. `sleep` ends the wait by returning something.
    pub(super) fn lock<S>(
        &mut self,
        patience: Duration,
        sleep: impl FnMut(Duration) -> Option<S>,
    ) -> Result<Option<S>, ReplaceError> {
        let (Some(file), Lock::Free) = (&self.readable, self.lock) else { return Ok(None) };
        match lock_soon(file, patience, sleep) {
            Ok(Locked::Ours) => self.lock = Lock::Ours,
            Ok(Locked::Kept) => self.lock = Lock::Kept,
            Ok(Locked::Interrupted(by)) => return Ok(Some(by)),
            Err(error) if sys::file::no_folder_flock(&error) => self.lock = Lock::Unknown,
            Err(error) => return Err(ReplaceError::io(Op::Lock, self.place.path())(error)),
        }
        Ok(None)
    }

    /// Gives the kernel lock back.
    pub(super) fn unlock(&mut self) {
        if let (Some(file), Lock::Ours) = (&self.readable, self.lock) {
            // Explicitly: closing alone would wait for a child that copied the descriptor between
            // fork and exec.
            let _ = sys::file::unlock(file);
            self.lock = Lock::Free;
        }
    }

    /// Whether somebody else's lock was in the way.
    pub(super) fn is_kept(&self) -> bool {
        self.lock == Lock::Kept
    }

    /// Goes without the lock from the start, as after a wait in vain.
    pub(super) fn give_up(&mut self) {
        self.lock = Lock::Kept;
    }

    /// Whether a plain rename, which can't tell afterwards what it has replaced, destroys no version
    /// that another aimem has just put there. Where folders can't be locked at all there is
    /// nothing to be waited for.
    pub(super) fn allows_plain_rename(&self) -> bool {
        matches!(self.lock, Lock::Ours | Lock::Unknown)
    }

    /// Why [`Folder::allows_plain_rename`] says no, as an error.
    pub(super) fn in_the_way(&self) -> ReplaceError {
        let folder = self.place.path().to_owned();
        if self.readable.is_none() {
            let refused = io::Error::from(io::ErrorKind::PermissionDenied);
            return ReplaceError::io(Op::OpenFolder, folder)(refused);
        }
        let holders = sys::process::who_has_open(&folder);
        ReplaceError::FolderKept { folder, holders }
    }

    /// Makes what happened to the names in it durable. `file` is any file in it.
    pub(super) fn sync(&self, file: &File) -> io::Result<()> {
        sys::file::sync_names(self.readable.as_ref(), file)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.unlock();
    }
}

/// How a wait for a kernel lock ended.
pub(super) enum Locked<S> {
    Ours,
    Kept,
    Interrupted(S),
}

/// Tries to get an exclusive kernel lock on a file or a folder.
pub(super) fn lock_soon<S>(
    file: &File,
    patience: Duration,
    mut sleep: impl FnMut(Duration) -> Option<S>,
) -> io::Result<Locked<S>> {
    let deadline = sys::clock::deadline(patience);
    let mut pause = FIRST_PAUSE;
    while !sys::file::try_flock(file, Flock::Exclusive)? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Locked::Kept);
        }
        // Varied, so that those who wait do not march in step.
        let varied = pause.mul_f64(0.5 + fastrand::f64());
        if let Some(by) = sleep(varied.min(left)) {
            return Ok(Locked::Interrupted(by));
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(Locked::Ours)
}
