//! The anchor: a second name of a running holder's info file, out of the old scripts' reach.
//!
//! A script that has read the PID of a holder that is gone by now removes the lock directory
//! without another look, and with it the lock of whoever came next. A script may then enter, and
//! nothing can prevent that. But no second aimem may: the kernel lock on the info file outlives its
//! name in the directory, so a taker that finds no directory, or a stale one, probes the kernel
//! lock once more through the anchor, `ROOT/.guards/KEY`.
//!
//! Only a holder of the kind *kernel* has one, for as long as it holds the lock. It is made and
//! removed under the guard. A dead holder's is replaced by the next taker. Where a second name is
//! another inode, as on some FUSE file systems, a holder has none.

use std::fs::File;
use std::io;

use super::info::Info;
use super::key::Key;
use super::root::LockRoot;
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder};
use crate::sys::machine::Reach;
use crate::sys::{self, found};

/// Gives the info file of a lock that was just taken its second name.
///
/// # Errors
/// `NotFound` when a script has removed the directory already.
pub(super) fn make(root: &LockRoot, key: &Key, lock: &Folder, info: Identity) -> io::Result<()> {
    let guards = root.guards()?;
    let anchor = key.as_str();
    let made = match lock.link("info", &guards, anchor) {
        // A dead holder's: we hold the guard, and the judge has found nobody alive.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            guards.remove_file(anchor).and_then(|()| lock.link("info", &guards, anchor))
        }
        made => made,
    };
    match made {
        Ok(()) if guards.is(anchor, info)? && is_locked(root, key)? => Ok(()),
        // Another inode has no kernel lock, and would say that nobody is alive.
        Ok(()) => guards.remove_file(anchor),
        // No second names here, or another user's guards: the directory alone must do.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        Err(error) if sys::is_shortage(&error) => Err(error),
        Err(_) => Ok(()),
    }
}

/// Removes the anchor: only ours, or with `None` anybody's.
pub(super) fn remove(root: &LockRoot, key: &Key, ours: Option<Identity>) -> bool {
    let Ok(Some(guards)) = root.existing_guards() else { return false };
    let anchor = key.as_str();
    ours.is_none_or(|ours| guards.is(anchor, ours).unwrap_or(false)) && guards.remove_file(anchor).is_ok()
}

/// Whether the kernel lock on the info file is seen by its second name. The numbers alone do not
/// tell: a FUSE file system may show those of the one below it.
fn is_locked(root: &LockRoot, key: &Key) -> io::Result<bool> {
    if root.reach() == Reach::Local {
        return Ok(true);
    }
    open(root, key)?.map_or(Ok(false), |anchor| sys::file::is_locked(&anchor))
}

/// What the holder says about itself, if it is alive.
///
/// # Errors
/// It is not known whether there is one.
pub(super) fn living_holder(root: &LockRoot, key: &Key) -> io::Result<Option<Info>> {
    let Some(file) = open(root, key)? else { return Ok(None) };
    if !sys::file::is_locked(&file)? {
        return Ok(None);
    }
    // Another file under this name keeps everybody out, but its content is not shown to anybody.
    match open_told(root, key) {
        Ok(Some(file)) => Info::read(&file).map(Some),
        Ok(None) => Ok(Some(Info::default())),
        Err(error) if sys::is_shortage(&error) => Err(error),
        Err(_) => Ok(Some(Info::default())),
    }
}

/// Opens the anchor to show its content: its other name, if any, is the lock's info.
fn open_told(root: &LockRoot, key: &Key) -> io::Result<Option<File>> {
    let Some(guards) = root.existing_guards()? else { return Ok(None) };
    let is_info = |anchor| {
        let Some(lock) = found(root.open_lock(key))? else { return Ok(false) };
        lock.is("info", anchor)
    };
    found(guards.open_told(key.as_str(), is_info))
}

fn open(root: &LockRoot, key: &Key) -> io::Result<Option<File>> {
    let Some(guards) = root.existing_guards()? else { return Ok(None) };
    found(guards.open_linked(key.as_str(), Access::Read))
}

/// The keys of all anchors, those of dead holders included.
pub(super) fn keys(root: &LockRoot) -> Vec<Key> {
    let Ok(Some(guards)) = root.existing_guards() else { return Vec::new() };
    guards.names().unwrap_or_default().iter().filter_map(|name| name.to_str()?.parse().ok()).collect()
}
