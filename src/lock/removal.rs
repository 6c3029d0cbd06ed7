//! Removing a lock directory: rename it aside, check what was caught, delete it.
//!
//! A plain `rmdir` would stick on one foreign file, and removing in place could hit a lock that
//! was made a moment ago. A rename is atomic, and what it caught can be compared with what was
//! judged; if it is something else it goes back.

use std::ffi::OsStr;
use std::io;
use std::time::Duration;

use super::LockError;
use super::guard::Guard;
use super::id::Token;
use super::key::Key;
use super::root::{LockRoot, lock_name};
use super::turn;
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder, Look};
use crate::sys::{self, found};

/// Leftovers of this age have no owner any more.
const LEFTOVER_AGE: Duration = Duration::from_secs(60);

const ASIDE_PREFIX: &str = ".gone.";
/// A lock before it has its name.
pub(super) const UNBORN_PREFIX: &str = ".new.";

/// A lock directory that has been taken out of the way, and waits for its deletion outside the
/// guard.
#[must_use = "the directory is only renamed; delete it when the guard is given back"]
pub(super) struct SetAside {
    root: Folder,
    /// `None` when it had to be deleted in place.
    name: Option<String>,
}

impl SetAside {
    /// Deletes it as far as possible. What remains is swept later.
    pub(super) fn delete(self) {
        if let Some(name) = self.name {
            let _ = self.root.remove_tree(name);
        }
    }

    /// Deletes our own, with nothing but the info in it as a rule. `folder` is the open directory.
    pub(super) fn delete_own(self, folder: Folder) {
        let emptied = folder.remove_file("info");
        drop(folder);
        let gone = self.name.as_ref().map(|name| emptied.and_then(|()| self.root.remove_folder(name)));
        if !matches!(gone, None | Some(Ok(()))) {
            self.delete();
        }
    }

    /// What was set aside, to look into.
    pub(super) fn open(&self) -> io::Result<Option<Folder>> {
        self.name.as_ref().map(|name| self.root.folder(name)).transpose()
    }

    /// Gives it its name back, unless that is taken by now.
    pub(super) fn put_back(self, key: &Key) -> io::Result<()> {
        let Some(name) = self.name else { return Ok(()) };
        match rename_new(&self.root, &name, &lock_name(key)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }
}

/// Renames the lock of `key` out of the way, if it still is the directory `judged`. `None`
/// when it is not, or is gone: nothing was changed then.
pub(super) fn set_aside(
    root: &LockRoot,
    key: &Key,
    judged: Identity,
    guard: &Guard,
) -> Result<Option<SetAside>, LockError> {
    let remove = |source| LockError::Remove { path: root.lock_dir(key), source };
    let (folder, lock) = (root.folder(), lock_name(key));
    let aside = format!("{ASIDE_PREFIX}{}", Token::fresh().map_err(remove)?);
    guard.verify()?;
    match rename_new(&folder, &lock, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // A directory from an overlay's lower layer can't be renamed.
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            if folder.look(&lock).map_err(remove)?.is_none_or(|look| look.identity != judged) {
                return Ok(None);
            }
            folder.remove_tree(&lock).map_err(remove)?;
            return Ok(Some(SetAside { root: folder, name: None }));
        }
        renamed => renamed.map_err(remove)?,
    }
    let caught = folder.look(&aside).map_err(remove)?;
    let aside = SetAside { root: folder, name: Some(aside) };
    if caught.is_some_and(|look| look.identity == judged) {
        return Ok(Some(aside));
    }
    // A script was faster: this is its new lock. If yet another lock has its name by now, two
    // scripts overlap, which is their own fault.
    aside.put_back(key).map_err(remove)?;
    Ok(None)
}

/// Renames without replacing. Where the file system can't promise that, a plain rename of a folder
/// replaces nothing but an empty folder.
fn rename_new(folder: &Folder, from: &str, to: &str) -> io::Result<()> {
    match folder.rename_new(from, folder, to) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => match folder.look(to)? {
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
            None => folder.rename(from, folder, to),
        },
        renamed => renamed,
    }
}

/// Removes what dead processes left in the root. Anything younger than a minute may still be in
/// use.
pub(super) fn sweep(root: &LockRoot) -> usize {
    turn::sweep(root);
    let folder = root.folder();
    let names = folder.names().unwrap_or_default();
    let starts = |name: &OsStr, prefix: &str| name.as_encoded_bytes().starts_with(prefix.as_bytes());
    let is_old = |name: &OsStr| folder.look(name).is_ok_and(|look| look.is_some_and(|look| is_old(&look)));
    let mut removed = 0;
    for name in names {
        let gone = if starts(&name, ASIDE_PREFIX) && is_old(&name) {
            folder.remove_tree(&name).is_ok()
        } else {
            starts(&name, UNBORN_PREFIX) && is_old(&name) && sweep_unborn(&folder, &name)
        };
        removed += usize::from(gone);
    }
    removed
}

/// A stopped maker may continue. It finds its folder gone and starts again; if only its info were
/// deleted, it would make an empty lock.
fn sweep_unborn(folder: &Folder, name: &OsStr) -> bool {
    let Ok(token) = Token::fresh() else { return false };
    let aside = format!("{ASIDE_PREFIX}{token}");
    let is_alive = || -> io::Result<bool> {
        let unborn = folder.folder(name)?;
        let info = found(unborn.open_linked("info", Access::Read))?;
        info.map_or(Ok(false), |info| sys::file::is_locked(&info))
    };
    match is_alive() {
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
        _ => return false,
    }
    folder.rename(name, folder, &aside).is_ok() && folder.remove_tree(&aside).is_ok()
}

/// By the time of its last change of name or content, which a rename renews and nobody can set.
pub(super) fn is_old(look: &Look) -> bool {
    let changed = Duration::from_secs(look.changed.0.max(0).cast_unsigned());
    sys::clock::since_epoch().saturating_sub(changed) > LEFTOVER_AGE
}
