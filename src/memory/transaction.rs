//! The one loop of every verb that writes.

use std::sync::Arc;

use super::MemoryError;
use crate::place::{Content, Place, Published, etag};
use crate::replace::Warning;

/// How often a document is tried that others replace under us. Of four lock roots' writers
/// without pause, in a folder that can't be locked, 8 in 100 fail at 6 tries, hardly one at 16.
pub(super) const TRIES: u32 = 16;

/// What a transaction came to.
#[derive(Debug)]
pub(super) struct Done<T> {
    pub old: Content,
    pub new: Arc<Vec<u8>>,
    /// Whether the document was replaced, or would be.
    pub changed: bool,
    pub warnings: Vec<Warning>,
    /// What else `make` has found out.
    pub more: T,
}

/// Reads, makes the new content, and publishes it, again as often as another writer was faster.
/// The same bytes leave the document alone. The transaction has ended when this returns.
pub(super) fn transact<P: Place, T>(
    place: &mut P,
    dry_run: bool,
    make: impl FnMut(&mut P, &Content, &P::Version) -> Result<(Arc<Vec<u8>>, T), MemoryError>,
) -> Result<Done<T>, MemoryError> {
    attempt(place, dry_run, make).inspect_err(|_| drop(place.leave()))
}

fn attempt<P: Place, T>(
    place: &mut P,
    dry_run: bool,
    mut make: impl FnMut(&mut P, &Content, &P::Version) -> Result<(Arc<Vec<u8>>, T), MemoryError>,
) -> Result<Done<T>, MemoryError> {
    let mut tries = 0;
    loop {
        let (old, version) = place.read()?;
        tries += 1;
        let (new, more) = make(place, &old, &version)?;
        let changed = old.bytes.as_ref() != Some(&new);
        let warnings = match changed {
            _ if dry_run => place.leave(),
            false => place.settle(version)?,
            true => match place.publish(version, &new)? {
                Published::Done(warnings) => warnings,
                Published::Changed if tries < TRIES => continue,
                Published::Changed => return Err(MemoryError::Changing { path: place.name().to_owned() }),
            },
        };
        return Ok(Done { old, new, changed, warnings, more });
    }
}

/// The bytes of a document, none of one that is not there.
pub(super) fn bytes_of(content: &Content) -> Arc<Vec<u8>> {
    content.bytes.clone().unwrap_or_default()
}

/// Serialises a content as its tag.
pub(super) fn as_tag<S: serde::Serializer>(content: &[u8], out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&etag(content))
}

/// Refuses a document that is not the version which the caller has read: the one with this tag.
pub(super) fn check_tag(
    wanted: Option<&String>,
    place: &impl Place,
    old: &Content,
) -> Result<(), MemoryError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let found = old.tag().unwrap_or_else(|| "none".to_owned());
    if *wanted == found {
        return Ok(());
    }
    Err(MemoryError::Mismatch { path: place.name().to_owned(), found })
}
