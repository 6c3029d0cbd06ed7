//! What a document was before: to be looked at, and to be forgotten.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::check::format_of;
use super::{MemoryError, Reading, read};
use crate::document;
use crate::history::{Entry, HistoryError, Limits, Pruned, Which};
use crate::lock::wait::Silent;
use crate::lock::{Keep, Locker, Roots, Target, Waiter};
use crate::place::{self, Content, FilePlace, PlaceError, past_of};
use crate::replace::Replace;
use crate::sys::text::shown;

/// What is known of a document's past.
#[derive(Debug, Clone, Serialize)]
pub struct History {
    /// The document's true path.
    pub file: String,
    /// Every version, the newest first.
    pub versions: Vec<Entry>,
}

/// Lists what is known of a file's past. No lock is taken.
///
/// # Errors
/// The file, or its history, can't be read.
pub fn history(path: &Path, roots: &Roots) -> Result<History, MemoryError> {
    let (target, now) = look(path)?;
    let format = format_of(path, &target.path);
    let judge = |bytes: &[u8]| format.is_none_or(|format| document::validate_as(format, bytes).is_ok());
    let past = past_of(roots, &target, &now)?;
    let versions = past.map(|past| past.entries(&judge)).unwrap_or_default();
    Ok(History { file: shown(&target.path), versions })
}

/// What a version of a file holds; a version that is what is there now is read from there.
///
/// # Errors
/// There is no such version, or it was altered since it was kept and that is not forced.
pub fn version(path: &Path, roots: &Roots, which: &Which, force: bool) -> Result<Vec<u8>, MemoryError> {
    let (target, now) = look(path)?;
    let missing = || MemoryError::Missing { path: path.to_owned() };
    if *which == Which::Now {
        return now.bytes.map(Arc::unwrap_or_clone).ok_or_else(missing);
    }
    let nothing = || PlaceError::from(HistoryError::Nothing { path: path.to_owned(), client: None });
    let past = past_of(roots, &target, &now)?.ok_or_else(nothing)?;
    past.read(&past.find(which)?, force)?.ok_or_else(missing)
}

/// Removes all that is known of a file's past: every version, their names, the log. Under the file's
/// lock, so that nobody adds to it meanwhile.
///
/// # Errors
/// The lock is not free in time, or something can't be removed.
pub fn forget(path: &Path, locker: &Locker, waiter: &mut dyn Waiter) -> Result<Pruned, MemoryError> {
    let held = locker.acquire(path, Keep::Running, waiter)?;
    let nothing = Content { name: held.target().path.clone(), bytes: None };
    let past = past_of(&locker.roots, held.target(), &nothing);
    let forgotten = past.and_then(|past| past.map_or(Ok(Pruned::default()), place::Past::forget));
    held.end(waiter);
    Ok(forgotten?)
}

/// Prunes every history in the lock root of the file at this path, and returns that root's path.
///
/// # Errors
/// The root can't be used, or something in it can't be removed.
pub fn prune(path: &Path, roots: &Roots, limits: &Limits) -> Result<(String, Pruned), MemoryError> {
    let (root, pruned) = place::prune(roots, path, limits)?;
    Ok((shown(&root), pruned))
}

/// What is there now, read without a lock.
fn look(path: &Path) -> Result<(Target, Content), MemoryError> {
    let mut waiter = Silent;
    let now = read(&mut FilePlace::new(path, None, Replace::new(), &mut waiter), Reading::Free)?;
    Ok((Target::resolve(path)?, now))
}
