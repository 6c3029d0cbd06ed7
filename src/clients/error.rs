//! What can go wrong with a client's settings.

use std::path::PathBuf;

use crate::lock::LockError;
use crate::memory::MemoryError;
use crate::place::PlaceError;
use crate::sys::failure::{Hint, Kind, PathError};

/// An error of a settings file, which is as it was unless
/// [`MemoryError::document_may_have_changed`].
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The transaction.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Somebody wants the file to stay as it is.
    #[error("{} is read-only", file.display())]
    ReadOnly {
        /// The file.
        file: PathBuf,
    },
    /// In the entry's place there is another one.
    #[error("{} has an entry {name} that is not ours", file.display())]
    Taken {
        /// The file.
        file: PathBuf,
        /// Its keys, with dots.
        name: String,
    },
    /// The client keeps its own lock.
    #[error("the client holds its own lock {}", lock.display())]
    Busy {
        /// The lock.
        lock: PathBuf,
    },
    /// The client's own lock can't be taken.
    #[error(transparent)]
    Lock(#[from] PathError),
}

impl ClientError {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            ClientError::Memory(error) => error.kind(),
            ClientError::ReadOnly { .. } => Kind::Permission,
            ClientError::Taken { .. } => Kind::CantCreate,
            ClientError::Busy { .. } => Kind::Busy,
            ClientError::Lock(error) => Kind::of_creating(&error.source),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            ClientError::Memory(error) => error.hint(),
            ClientError::ReadOnly { .. } => {
                Some(Hint::Say("it was left alone; whatever makes it can add the entry"))
            }
            ClientError::Taken { .. } => {
                Some(Hint::Say("it was left alone; rename or remove that entry first"))
            }
            ClientError::Busy { .. } => Some(Hint::Say(
                "nothing was written; try again, or remove that folder if the client is not running",
            )),
            ClientError::Lock(_) => None,
        }
    }

    /// Whether the entry may be added by hand.
    pub fn is_about_the_file(&self) -> bool {
        !matches!(self, ClientError::Taken { .. }) && !matches!(self.kind(), Kind::Interrupted(_))
    }
}

impl From<LockError> for ClientError {
    fn from(error: LockError) -> ClientError {
        MemoryError::from(PlaceError::from(error)).into()
    }
}
