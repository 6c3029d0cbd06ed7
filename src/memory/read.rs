//! A document read by one who is not going to change it.

use std::path::Path;

use super::check::format_of;
use super::{MemoryError, holds_lines, is_lines};
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
/// moment ago and is empty, or is no document in the format that the document's name tells, is taken
/// for one that is being written, and read again for a while. Lines of JSON whose last one is
/// unfinished, or that others append to all the time, are read again under the lock.
///
/// # Errors
/// The place can't be reached or read; with [`Reading::Free`] also
/// [`PlaceError::BeingWritten`](crate::place::PlaceError::BeingWritten).
pub fn read(place: &mut impl Place, how: Reading) -> Result<Content, MemoryError> {
    if how == Reading::Locked {
        return Ok(place.look()?);
    }
    let given = place.name().to_owned();
    let is_whole = |name: &Path, bytes: &[u8]| match format_of(&given, name) {
        // Many programs truncate a file first, and an empty TOML document is one.
        Some(format) if !bytes.is_empty() => document::validate_as(format, bytes).is_ok(),
        // An unfinished line is being written, or torn.
        _ => !bytes.is_empty() && (bytes.ends_with(b"\n") || !is_lines(name)),
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
