//! Reading a file under its lock, which is given back before anything is done with the bytes.

use std::path::{Path, PathBuf};

use super::MemoryError;
use super::transaction::open_locked;
use crate::document;
use crate::lock::{Held, Keep, Locker, Waiter};

/// A file as it was found.
#[derive(Debug)]
pub struct Found {
    /// The true path.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Reads a file whole. `None` when it does not exist.
///
/// # Errors
/// The lock could not be had in time, or the file can't be read.
pub fn read(
    locker: Option<&Locker>,
    path: &Path,
    waiter: &mut dyn Waiter,
) -> Result<Option<Found>, MemoryError> {
    let held = locker.map(|locker| locker.acquire(path, Keep::Running, waiter)).transpose()?;
    let found = read_under(held.as_ref(), path);
    if let Some(held) = held {
        held.end(waiter);
    }
    found
}

fn read_under(held: Option<&Held>, path: &Path) -> Result<Option<Found>, MemoryError> {
    let source = open_locked(path, held)?;
    let bytes = source.exists().then(|| source.read()).transpose()?;
    Ok(bytes.map(|bytes| Found { path: source.path().to_owned(), bytes }))
}

/// Makes sure that bytes are one JSON document, as strictly as an update does.
///
/// # Errors
/// [`MemoryError::InvalidJson`], naming `what`.
pub fn validate(bytes: &[u8], what: &str) -> Result<(), MemoryError> {
    document::validate(bytes).map_err(|source| MemoryError::InvalidJson { what: what.to_owned(), source })
}
