//! What a lock is called: the target's true path and its hash.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::LockError;
use crate::sys;

/// The SHA-256 of a target's resolved absolute path in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// The key of a path that is absolute and resolved already.
    pub(super) fn of(resolved: &Path) -> Key {
        Key(hex::encode(Sha256::digest(resolved.as_os_str().as_bytes())))
    }

    /// The key as text, 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Key, ()> {
        let is_key = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_key { Ok(Key(text.to_owned())) } else { Err(()) }
    }
}

/// A file to be locked. However its path is spelled, it has one `Target`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Absolute, every symbolic link resolved.
    pub path: PathBuf,
    /// The lock's name.
    pub key: Key,
}

impl Target {
    /// Finds the file that `path` stands for; it need not exist yet.
    ///
    /// # Errors
    /// [`LockError::Resolve`], see [`sys::path::resolve`].
    pub fn resolve(path: &Path) -> Result<Target, LockError> {
        let resolved = sys::path::resolve(path)
            .map_err(|source| LockError::Resolve { path: path.to_owned(), source })?;
        Ok(Target { key: Key::of(&resolved), path: resolved })
    }
}
