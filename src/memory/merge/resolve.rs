//! The conflicts of a document: listed, and resolved.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::{bytes_of, kind_of, store};
use crate::document::{Format, Limits};
use crate::lock::Waiter;
use crate::memory::apart::apart;
use crate::memory::transaction::{check_tag, transact};
use crate::memory::version::raised;
use crate::memory::{Change, MemoryError, Reading, read};
use crate::merge::{self, Resolution, Shown};
use crate::place::{Content, Place};
use crate::sys::text::shown;

/// The conflicts of a document.
#[derive(Debug, Clone, Serialize)]
pub struct Conflicts {
    /// The document's true path.
    pub file: String,
    /// Each of them.
    pub conflicts: Vec<Shown>,
}

/// Lists the conflicts of a document and of the list beside it.
///
/// # Errors
/// One of them can't be read.
pub fn conflicts(
    document: &Content,
    list: Option<Arc<Vec<u8>>>,
    format: Option<Format>,
    waiter: &mut dyn Waiter,
) -> Result<Conflicts, MemoryError> {
    let (path, bytes) = (document.name.clone(), bytes_of(document)?);
    let kind = kind_of(&path, &path, format)?;
    let file = shown(&path);
    let conflicts = apart(&Limits::default(), waiter, move || {
        let found = merge::conflicts_of(kind, &bytes, list.as_deref().map(Vec::as_slice));
        Ok((found.map_err(|source| MemoryError::Conflicts { path, source })?, ()))
    })?;
    Ok(Conflicts { file, conflicts })
}

/// Which conflicts to resolve, and on what condition.
#[derive(Debug, Clone)]
pub struct Resolve {
    /// Which, and how.
    pub resolution: Resolution,
    /// The document's format; by default what its name says, else JSON.
    pub format: Option<Format>,
    /// Resolve only if the document still has this tag.
    pub if_match: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What was resolved.
#[derive(Debug, Serialize)]
pub struct Resolved {
    /// What became of the document.
    #[serde(flatten)]
    pub change: Change,
    /// Where those were that are resolved.
    pub resolved: Vec<String>,
    /// Those that are left.
    pub left: Vec<Shown>,
}

impl Deref for Resolved {
    type Target = Change;

    fn deref(&self) -> &Change {
        &self.change
    }
}

/// Resolves conflicts of a document. The list beside it, where there is one, is written last: a
/// conflict is never forgotten before the document has what was chosen.
///
/// # Errors
/// See [`MemoryError`]; the document is as it was.
pub fn resolve(
    place: &mut impl Place,
    list: &mut impl Place,
    request: &Resolve,
) -> Result<Resolved, MemoryError> {
    let done = transact(place, request.dry_run, |place, old, _| {
        check_tag(request.if_match.as_ref(), place, old)?;
        let Some(bytes) = old.bytes.clone() else {
            return Err(MemoryError::Missing { path: place.name().to_owned() });
        };
        let before = read(list, Reading::Free)?.bytes;
        let kind = kind_of(place.name(), &old.name, request.format)?;
        let (resolution, path): (_, &Path) = (request.resolution.clone(), &old.name);
        let path = path.to_owned();
        let resolved = apart(&Limits::default(), place.waiter(), move || {
            let done = merge::resolve(kind, &bytes, before.as_deref().map(Vec::as_slice), &resolution);
            Ok((done.map_err(|source| MemoryError::Conflicts { path, source })?, ()))
        })?;
        let merge::Resolved { bytes, beside, resolved, left } = resolved;
        let new = raised(place, request.format, &old.name, old.bytes.as_ref(), bytes);
        Ok((Arc::new(new), (resolved, left, beside)))
    })?;
    let (change, (resolved, left, beside)) = Change::of(done);
    if let (Some(text), false) = (beside, request.dry_run) {
        store(list, text)?;
    }
    Ok(Resolved { change, resolved, left })
}
