//! An earlier version put back, by the steps of every replacement.

use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;

use super::transaction::transact;
use super::{Change, MemoryError};
use crate::place::Place;

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
    /// What became of the document.
    #[serde(flatten)]
    pub change: Change,
}

impl Deref for Restored {
    type Target = Change;

    fn deref(&self) -> &Change {
        &self.change
    }
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
    let (change, ()) = Change::of(done);
    Ok(Restored { change })
}
