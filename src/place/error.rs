//! What can go wrong with a place.

use std::io;
use std::path::PathBuf;

use crate::history::HistoryError;
use crate::lock::LockError;
use crate::replace::ReplaceError;
use crate::sys::failure::{Hint, Kind};
use crate::sys::text::shown;

/// What to do where a path is not served.
const NAME_ANOTHER: Hint = Hint::Say("name a file beneath one of the roots, by a path without `..`");

/// What to do where a document's name or content changes all the time.
pub(crate) const COME_TO_REST: Hint = Hint::Say("nothing was written; try again when that has come to rest");

/// An error of a place. Unless [`PlaceError::document_may_have_changed`], the document is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// The versions that were kept.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A link has taken the locked file's place.
    #[error("{} leads to another file than when its lock was taken", path.display())]
    Moved {
        /// The path as given.
        path: PathBuf,
    },
    /// A root can't be opened.
    #[error("cannot serve {}", shown(.path))]
    Root {
        /// The path as given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A path leads out of the folders that may be worked in.
    #[error("{} is not beneath a folder that is served here", shown(.path))]
    Outside {
        /// The path as given.
        path: PathBuf,
    },
    /// A path is beneath such a folder, and left out: a dot-file, or a lock folder.
    #[error("{} is not served: names that begin with a dot, and lock folders, are left out", shown(.path))]
    Hidden {
        /// The path as given.
        path: PathBuf,
    },
    /// A path beneath such a folder can't be followed.
    #[error("cannot reach {}", shown(.path))]
    Unreachable {
        /// The path as given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Programs that take no lock were writing to the file whenever it was read.
    #[error("{} is being written all the time, so that no whole version of it can be read", path.display())]
    BeingWritten {
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
}

impl PlaceError {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            PlaceError::Lock(error) => error.kind(),
            PlaceError::Replace(error) => error.kind(),
            PlaceError::History(error) => error.kind(),
            PlaceError::Moved { .. } | PlaceError::Unlocked { .. } => Kind::Lost,
            PlaceError::Outside { .. } | PlaceError::Hidden { .. } => Kind::Permission,
            PlaceError::Root { source, .. } | PlaceError::Unreachable { source, .. } => {
                Kind::of_reading(source)
            }
            PlaceError::BeingWritten { .. } => Kind::Data,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            PlaceError::Lock(error) => error.hint(),
            PlaceError::Replace(error) => error.hint(),
            PlaceError::History(error) => error.hint(),
            PlaceError::Moved { .. } => Some(COME_TO_REST),
            PlaceError::Outside { .. } => Some(NAME_ANOTHER),
            PlaceError::Hidden { .. } | PlaceError::Root { .. } | PlaceError::Unreachable { .. } => None,
            PlaceError::BeingWritten { .. } => {
                Some(Hint::Say("read it again when the program that writes it has finished"))
            }
            PlaceError::Unlocked { .. } => Some(Hint::Say(
                "somebody else may have written it at the same time: look at it before you try again",
            )),
        }
    }

    /// Whether the document may be another than before. Then the same change must not be made
    /// again without a look at it.
    pub fn document_may_have_changed(&self) -> bool {
        match self {
            PlaceError::Replace(error) => error.file_may_have_changed(),
            PlaceError::Unlocked { .. } => true,
            PlaceError::Lock(_) | PlaceError::Moved { .. } | PlaceError::Root { .. } => false,
            PlaceError::History(_) | PlaceError::BeingWritten { .. } => false,
            PlaceError::Outside { .. } | PlaceError::Hidden { .. } | PlaceError::Unreachable { .. } => false,
        }
    }
}
