//! The anchor: a second name of a running holder's info file, out of the old scripts' reach.
//!
//! A script that has read the PID of a holder that is gone by now removes the lock directory
//! without another look, and with it the lock of whoever came next. A script may then come in, and
//! nothing can prevent that. But no second aimem shall: the kernel lock on the info file outlives
//! its name in the directory, so whoever finds no directory, or a stale one, probes the kernel
//! lock once more by the anchor, `ROOT/.guards/KEY`.
//!
//! Only a holder of the kind *kernel* has one, for the time of its hold. It is made and removed
//! under the guard. A dead holder's is replaced by the next taker.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::info::Info;
use super::key::Key;
use super::root::{LockRoot, found};
use crate::sys;
use crate::sys::file::{Flock, Identity};

fn path(root: &LockRoot, key: &Key) -> PathBuf {
    root.guards().join(key.as_str())
}

/// Gives the info file of a lock that was just taken its second name.
///
/// # Errors
/// `NotFound` when a script has removed the directory already.
pub(super) fn make(root: &LockRoot, key: &Key, info: &Path) -> io::Result<()> {
    let anchor = path(root, key);
    let made = match fs::hard_link(info, &anchor) {
        // A dead holder's: we hold the guard, and have been told that nobody is alive.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&anchor).and_then(|()| fs::hard_link(info, &anchor))
        }
        made => made,
    };
    match made {
        // Another user's guards in a shared root: the directory alone has to do.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        made => made,
    }
}

/// Removes the anchor: ours only, or with `None` whoever's it is.
pub(super) fn remove(root: &LockRoot, key: &Key, ours: Option<&File>) -> bool {
    let anchor = path(root, key);
    let is_ours = |ours: &File| {
        let (ours, named) = (ours.metadata().ok(), fs::symlink_metadata(&anchor).ok());
        named.is_some() && ours.as_ref().map(Identity::from) == named.as_ref().map(Identity::from)
    };
    ours.is_none_or(is_ours) && fs::remove_file(&anchor).is_ok()
}

/// What the holder says of itself, if it lives.
///
/// # Errors
/// It can't be told whether there is one.
pub(super) fn living_holder(root: &LockRoot, key: &Key) -> io::Result<Option<Info>> {
    let Some(file) = open(root, key)? else { return Ok(None) };
    if sys::file::try_flock(&file, Flock::Shared)? {
        return Ok(None);
    }
    Info::read(&file).map(Some)
}

fn open(root: &LockRoot, key: &Key) -> io::Result<Option<File>> {
    found(sys::file::careful_options().read(true).open(path(root, key)))
}

/// The keys of all anchors, the dead ones' included.
pub(super) fn keys(root: &LockRoot) -> Vec<Key> {
    let Ok(folder) = fs::read_dir(root.guards()) else { return Vec::new() };
    folder.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}
