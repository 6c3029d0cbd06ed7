//! What can go wrong while edits are watched.

use std::io;
use std::path::Path;

use crate::lock::LockError;
use crate::place::PlaceError;
use crate::replace::ReplaceError;
use crate::sys::failure::{Op, PathError, message};

/// An error of our own. What the agent wanted to do may be done all the same.
#[derive(Debug, thiserror::Error)]
pub enum EditsError {
    /// A lock or the history.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// What is remembered of the session.
    #[error("cannot remember what this session has seen: {}", message(.0))]
    Register(PathError),
}

impl EditsError {
    pub(super) fn register(path: &Path, source: io::Error) -> EditsError {
        EditsError::Register(PathError { op: Op::Open, path: path.to_owned(), source })
    }
}

impl From<LockError> for EditsError {
    fn from(error: LockError) -> EditsError {
        PlaceError::from(error).into()
    }
}

impl From<ReplaceError> for EditsError {
    fn from(error: ReplaceError) -> EditsError {
        PlaceError::from(error).into()
    }
}
