//! Taking a lock directory away: rename it aside, look again at what was caught, delete it.
//!
//! A plain `rmdir` would stick on one foreign file, and removing in place could hit a lock that
//! was made a moment ago. A rename is atomic, and what it caught can be compared with what was
//! judged; if it is something else it goes back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::LockError;
use super::guard::Guard;
use super::id::Token;
use super::key::Key;
use super::root::LockRoot;
use crate::sys;
use crate::sys::file::Identity;

/// Leftovers this old belong to nobody any more.
const LEFTOVER_AGE: Duration = Duration::from_secs(60);

const ASIDE_PREFIX: &str = ".gone.";
/// An info file before it has its name.
pub(super) const UNBORN_PREFIX: &str = ".info.";

/// A lock directory that has been taken out of the way, and waits for its deletion outside the
/// guard.
#[must_use = "the directory is only renamed; delete it when the guard is given back"]
pub(super) struct SetAside(PathBuf);

impl SetAside {
    /// Deletes it, as far as that goes. What stays is swept later.
    pub(super) fn delete(self) {
        let _ = fs::remove_dir_all(&self.0);
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
    let lock = root.lock_dir(key);
    let remove = |source| LockError::Remove { path: lock.clone(), source };
    let aside = root.path().join(format!("{ASIDE_PREFIX}{}", Token::fresh().map_err(remove)?));
    guard.verify()?;
    match sys::file::rename_noreplace(&lock, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        renamed => renamed.map_err(remove)?,
    }
    let caught = fs::symlink_metadata(&aside).map_err(remove)?;
    if Identity::from(&caught) == judged {
        return Ok(Some(SetAside(aside)));
    }
    // A script was faster: this is its new lock. Where yet another one stands by now, two
    // scripts overlap, which is theirs to answer for.
    match sys::file::rename_noreplace(&aside, &lock) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(remove(error)),
        _ => Ok(None),
    }
}

/// Removes what dead processes left in the root, and unborn info files in the lock of `within`.
/// Anything younger than a minute may still be in use.
pub(super) fn sweep(root: &LockRoot, within: Option<&Path>) -> usize {
    let mut removed = 0;
    for (folder, prefix) in [(Some(root.path()), ASIDE_PREFIX), (within, UNBORN_PREFIX)] {
        let Some(entries) = folder.and_then(|folder| fs::read_dir(folder).ok()) else { continue };
        for entry in entries.flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()) && is_old(&entry.path()) {
                let path = entry.path();
                let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed += usize::from(gone.is_ok());
            }
        }
    }
    removed
}

/// By the time of its last change of name or content, which a rename renews and nobody can set.
pub(super) fn is_old(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(meta) = fs::symlink_metadata(path) else { return false };
    let changed = Duration::from_secs(meta.ctime().max(0).cast_unsigned());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(changed) > LEFTOVER_AGE
}
