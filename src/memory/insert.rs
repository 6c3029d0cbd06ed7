//! Lines inserted into a text, at a place that is named.

use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;

use super::check::stays_valid;
use super::edit::no_place;
use super::transaction::{check_tag, transact};
use super::{Change, MemoryError};
use crate::document::text::{self, NoPlace, Spot};
use crate::place::Place;

/// What to insert, where, and on what condition.
#[derive(Debug, Clone)]
pub struct Insert {
    /// Whole lines; a last one without an end gets one.
    pub lines: Vec<u8>,
    /// Where.
    pub spot: Spot,
    /// Insert only if the document still has this tag.
    pub if_match: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What an insertion did.
#[derive(Debug, Serialize)]
pub struct Inserted {
    /// What became of the document.
    #[serde(flatten)]
    pub change: Change,
}

impl Deref for Inserted {
    type Target = Change;

    fn deref(&self) -> &Change {
        &self.change
    }
}

/// Inserts lines into a text of any kind. They end as the document's own do.
///
/// # Errors
/// See [`MemoryError`], above all [`MemoryError::NoPlace`]; the document is as it was.
pub fn insert(place: &mut impl Place, request: &Insert) -> Result<Inserted, MemoryError> {
    let done = transact(place, request.dry_run, |place, old, _| {
        check_tag(request.if_match.as_ref(), place, old)?;
        let Some(bytes) = &old.bytes else {
            return Err(MemoryError::Missing { path: place.name().to_owned() });
        };
        let new = text::insert(bytes, &request.spot, &request.lines)
            .map_err(|source| no_place(place.name(), NoPlace::One(source)))?;
        stays_valid(&old.name, bytes, &new)?;
        Ok((Arc::new(new), ()))
    })?;
    let (change, ()) = Change::of(done);
    Ok(Inserted { change })
}
