//! A document read by one who is not going to change it.

use std::path::Path;

use super::MemoryError;
use super::check::format_of;
use crate::document;
use crate::place::{Content, Place};

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
/// moment ago and is empty, or does not parse although the document's name says its format, is
/// taken for one that is being written, and read again for a while.
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
        _ => !bytes.is_empty(),
    };
    Ok(place.glance(&is_whole)?)
}
