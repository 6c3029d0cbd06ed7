//! The one loop of every verb that writes.

use std::path::Path;
use std::sync::Arc;

use super::MemoryError;
use crate::place::{Content, Place, Published, Told};

/// How often a document is tried that others replace under us. Of four lock roots' writers
/// without pause, in a folder that can't be locked, 8 in 100 fail at 6 tries, hardly one at 16.
pub(super) const TRIES: u32 = 16;
/// What stands for the tag of a document that does not exist.
const NO_DOCUMENT: &str = "none";

/// What a transaction came to.
#[derive(Debug)]
pub(super) struct Done<T> {
    pub old: Content,
    pub new: Arc<Vec<u8>>,
    /// Whether the document was replaced, or would be.
    pub changed: bool,
    pub told: Told,
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
        let told = match changed {
            _ if dry_run => place.leave(),
            false => place.settle(version)?,
            true => match place.publish(version, &new)? {
                Published::Done(told) => told,
                Published::Changed if tries < TRIES => continue,
                Published::Changed => return Err(MemoryError::Changing { path: place.name().to_owned() }),
            },
        };
        return Ok(Done { old, new, changed, told, more });
    }
}

/// Refuses a document that is not the version which the caller has read: the one with this tag, or
/// none at all, which is written `none`.
pub(super) fn check_tag(
    wanted: Option<&String>,
    place: &impl Place,
    old: &Content,
) -> Result<(), MemoryError> {
    let Some(wanted) = wanted else { return Ok(()) };
    match old.tag() {
        found if found.as_deref().unwrap_or(NO_DOCUMENT) == wanted => Ok(()),
        found => Err(other_version(place.name(), wanted, found.as_deref().unwrap_or(NO_DOCUMENT))),
    }
}

/// A document is not the version that was wanted.
pub(super) fn other_version(path: &Path, wanted: &str, found: &str) -> MemoryError {
    let path = path.to_owned();
    match wanted {
        NO_DOCUMENT => MemoryError::Exists { path },
        _ => MemoryError::Mismatch { path, found: found.to_owned() },
    }
}
