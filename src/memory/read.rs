//! A document read by one who is not going to change it.

use std::path::Path;

use super::{MemoryError, holds_lines, is_json, is_lines};
use crate::document;
use crate::lock::LockError;
use crate::place::{Content, Place, PlaceError};

/// How to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reading {
    /// Without a lock: nobody is waited for, and what is read is one whole version.
    #[default]
    Free,
    /// Under the lock: nobody who takes it is in the middle of anything.
    Locked,
}

/// Reads one whole version of a document; no bytes where there is none. Content that was written a
/// moment ago and is empty, or does not parse although the document's name says that it is JSON, is
/// taken for one that is being written, and read again for a while. Lines of JSON whose last one is
/// unfinished, or that others append to all the time, are read again under the lock.
///
/// # Errors
/// The place can't be reached or read; with [`Reading::Free`] also
/// [`PlaceError::BeingWritten`](crate::place::PlaceError::BeingWritten).
pub fn read(place: &mut impl Place, how: Reading) -> Result<Content, MemoryError> {
    if how == Reading::Locked {
        return Ok(place.look()?);
    }
    let given = is_json(place.name());
    let is_whole = |name: &Path, bytes: &[u8]| match given || is_json(name) {
        true => document::validate(bytes).is_ok(),
        // Many programs truncate a file first; an unfinished line is being written, or torn.
        false => !bytes.is_empty() && (bytes.ends_with(b"\n") || !is_lines(name)),
    };
    let found = match place.glance(&is_whole) {
        // Those who append to it give it no rest, but they take its lock.
        Err(PlaceError::BeingWritten { .. }) if holds_lines(place.name()) => return Ok(place.look()?),
        found => found?,
    };
    let is_unfinished =
        found.bytes.as_ref().is_some_and(|bytes| !bytes.is_empty() && !bytes.ends_with(b"\n"));
    if is_unfinished && is_lines(&found.name) {
        return match place.look() {
            Err(PlaceError::Lock(LockError::Interrupted(signal))) => {
                Err(LockError::Interrupted(signal).into())
            }
            // Who holds it may be stopped in the middle of the line.
            again => Ok(again.unwrap_or(found)),
        };
    }
    Ok(found)
}
