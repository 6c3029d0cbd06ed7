//! A document changed in place, under its lock.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::MemoryError;
use super::transaction::{as_tag, bytes_of, transact};
use crate::lock::Waiter;
use crate::place::Place;
use crate::replace::Warning;

/// New content, made from the old.
#[derive(Debug)]
pub struct Made {
    /// The whole new file.
    pub bytes: Vec<u8>,
    /// Whether the new document is neither false nor null.
    pub truthy: bool,
}

/// A way from a document to the next one: a filter or a command.
pub trait Transform {
    /// Makes the new content of `path` from the old. It may be called again, with other content,
    /// when a program that takes no lock replaces the file meanwhile.
    ///
    /// # Errors
    /// Whatever makes the update fail; the file stays as it was.
    fn apply(
        &mut self,
        path: &Path,
        old: &Arc<Vec<u8>>,
        waiter: &mut dyn Waiter,
    ) -> Result<Made, MemoryError>;
}

/// What to do besides the transformation.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The document to start from when there is no file; without one that is an error.
    pub create: Option<Vec<u8>>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What an update did.
#[derive(Debug, Serialize)]
pub struct Updated {
    /// The content before; empty where there was no document.
    #[serde(skip)]
    pub old: Arc<Vec<u8>>,
    /// The content after; its tag is what is serialised.
    #[serde(rename = "etag", serialize_with = "as_tag")]
    pub new: Arc<Vec<u8>>,
    /// Whether the new document is neither false nor null.
    pub truthy: bool,
    /// Whether the document was replaced, or would be.
    pub changed: bool,
    /// What should be told.
    pub warnings: Vec<Warning>,
}

/// Changes a document: read, validate, transform, publish. The same bytes leave it alone, and are
/// made durable all the same: they may be another writer's.
///
/// # Errors
/// See [`MemoryError`]. Whatever fails before the publication leaves everything as it was.
pub fn update(
    place: &mut impl Place,
    request: &Update,
    transform: &mut dyn Transform,
) -> Result<Updated, MemoryError> {
    let done = transact(place, request.dry_run, |place, old, _| {
        let base = match (&old.bytes, &request.create) {
            (Some(bytes), _) => bytes.clone(),
            (None, Some(start)) => Arc::new(as_a_line(start.clone())),
            (None, None) => return Err(MemoryError::Missing { path: place.name().to_owned() }),
        };
        let made = transform.apply(&old.name, &base, place.waiter())?;
        Ok((Arc::new(made.bytes), made.truthy))
    })?;
    Ok(Updated {
        old: bytes_of(&done.old),
        new: done.new,
        truthy: done.more,
        changed: done.changed,
        warnings: done.warnings,
    })
}

/// A new file ends with a newline, as text files do.
fn as_a_line(mut text: Vec<u8>) -> Vec<u8> {
    if text.last().is_some_and(|&last| last != b'\n') {
        text.push(b'\n');
    }
    text
}
