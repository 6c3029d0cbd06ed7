//! What can go wrong with a transaction.

use std::path::PathBuf;

use crate::document::{EqualKeys, FilterError, InvalidJson, NotJson, Stopped};
use crate::lock::LockError;
use crate::replace::ReplaceError;

/// An error of a transaction. Unless [`MemoryError::file_may_have_changed`], the file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// There is no such file.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// The file, or what should become its content, is not one JSON document.
    #[error("{what} is not valid JSON: {source}")]
    InvalidJson {
        /// A file's path, or what else was read.
        what: String,
        /// Where and why.
        source: InvalidJson,
    },
    /// An object of the document has two equal keys.
    #[error("{what}: {source}")]
    EqualKeys {
        /// A file's path, or what else was read.
        what: String,
        /// Which key, and where.
        source: EqualKeys,
    },
    /// The filter.
    #[error("{source}")]
    Filter {
        /// What it says.
        source: FilterError,
    },
    /// The result can't be written as JSON.
    #[error("the filter's result cannot be stored: {source}")]
    Unwritable {
        /// Which value.
        source: NotJson,
    },
    /// The filter was given up.
    #[error("{source}")]
    Stopped {
        /// Why.
        source: Stopped,
    },
    /// There is nothing to write.
    #[error("nothing to write to {}: the content is empty", path.display())]
    Empty {
        /// The path as given.
        path: PathBuf,
    },
    /// The file is not the version that the caller has read.
    #[error("{} is not what was read: its tag is {found} now", path.display())]
    Mismatch {
        /// The path as given.
        path: PathBuf,
        /// Its tag now; `none` for a missing file.
        found: String,
    },
    /// A link has taken the locked file's place.
    #[error("{} leads to another file than when its lock was taken", path.display())]
    Moved {
        /// The path as given.
        path: PathBuf,
    },
    /// Another program replaced the file at every try.
    #[error("{} is replaced again and again by programs that take another lock or none", path.display())]
    Changing {
        /// The path as given.
        path: PathBuf,
    },
    /// The lock was lost while the file was being written in place: others may have been at it.
    #[error("{} was written in place, but {source} while that was done", path.display())]
    Unlocked {
        /// The path as given.
        path: PathBuf,
        /// What became of the lock.
        source: Box<LockError>,
    },
    /// The command of `--pipe` can't be started.
    #[error("cannot run {command}")]
    Spawn {
        /// Its name.
        command: String,
        /// Why.
        source: std::io::Error,
    },
    /// The command of `--pipe` failed, so that its output is not to be trusted.
    #[error("{command} failed with {status}; the file is left as it was")]
    CommandFailed {
        /// Its name.
        command: String,
        /// How it ended, in words.
        status: String,
    },
}

impl MemoryError {
    /// Whether the file may be another than before. Then the same change must not be made again
    /// without a look at it.
    pub fn file_may_have_changed(&self) -> bool {
        match self {
            MemoryError::Replace(error) => error.file_may_have_changed(),
            MemoryError::Unlocked { .. } => true,
            _ => false,
        }
    }
}
