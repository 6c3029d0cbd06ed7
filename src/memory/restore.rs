//! An earlier version put back, by the steps of every replacement.

use std::sync::Arc;

use serde::Serialize;

use super::MemoryError;
use super::transaction::{as_tag, bytes_of, transact};
use crate::place::Place;
use crate::replace::Warning;

/// Which version to put back.
#[derive(Debug, Clone, Default)]
pub struct Restore {
    /// Its number, 0 being the latest.
    pub version: u32,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What a restoration did.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// The content before; empty where there was no document.
    #[serde(skip)]
    pub old: Arc<Vec<u8>>,
    /// The content after; its tag is what is serialised.
    #[serde(rename = "etag", serialize_with = "as_tag")]
    pub new: Arc<Vec<u8>>,
    /// Whether the document was replaced, or would be.
    pub changed: bool,
    /// What should be told.
    pub warnings: Vec<Warning>,
}

/// Puts an earlier version back. The version that it replaces becomes the latest earlier one
/// itself and none is dropped, so that a second restoration undoes the first.
///
/// # Errors
/// There is no such version, or as for every write; the document is as it was.
pub fn restore(place: &mut impl Place, request: &Restore) -> Result<Restored, MemoryError> {
    let done = transact(place, request.dry_run, |place, _, version| {
        Ok((Arc::new(place.earlier(version, request.version)?), ()))
    })?;
    Ok(Restored { old: bytes_of(&done.old), new: done.new, changed: done.changed, warnings: done.warnings })
}
