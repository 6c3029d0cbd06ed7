//! Two versions of a document made one.

mod base;
mod resolve;

use std::ffi::OsString;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

pub use resolve::{Conflicts, Resolve, Resolved, conflicts, resolve};

use super::apart::apart;
use super::check::{format_of, refuse_yaml};
use super::transaction::{check_tag, transact};
use super::{Change, MemoryError, Reading, Subject, is_lines, read};
use crate::document::{Format, Limits};
use crate::lock::{Roots, Waiter};
use crate::merge::{self as rules, Kind, MergeError, Relation, Rules, Shown, Side, Texts};
use crate::place::{Content, Place};
use crate::sys;
use base::Found;

/// What is added to a document's name for the list of conflicts that it can't hold itself.
pub(super) const BESIDE: &str = ".conflicts.json";

/// What to merge into a document.
#[derive(Debug, Clone)]
pub struct Merge {
    /// The other version.
    pub theirs: Content,
    /// The version that both come from. Without it, it is looked for in the history.
    pub base: Option<Arc<Vec<u8>>>,
    /// Where the histories are.
    pub roots: Option<Roots>,
    /// How to merge.
    pub rules: Rules,
    /// The document's format; by default what its name says, else JSON.
    pub format: Option<Format>,
    /// Merge only if the document still has this tag.
    pub if_match: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What came of two versions.
#[derive(Debug, Clone)]
pub struct Combined {
    /// The merged document.
    pub bytes: Arc<Vec<u8>>,
    /// What ours is to theirs, if that was asked: a base that is given answers it.
    pub relation: Option<Relation>,
    /// Which version both come from, if one was found or given: `given`, or its id in the history.
    pub base: Option<String>,
    /// Every conflict that is left.
    pub conflicts: Vec<Shown>,
    /// The list of conflicts beside the document, where it can't hold them itself.
    pub beside: Option<Vec<u8>>,
}

/// What a merge did.
#[derive(Debug, Serialize)]
pub struct Merged {
    /// What became of the document.
    #[serde(flatten)]
    pub change: Change,
    /// What ours was to theirs; `None` with a base that was given.
    pub relation: Option<Relation>,
    /// Which version both come from.
    pub base: Option<String>,
    /// Every conflict that is left.
    pub conflicts: Vec<Shown>,
}

impl Deref for Merged {
    type Target = Change;

    fn deref(&self) -> &Change {
        &self.change
    }
}

/// What one file is to another.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Compared {
    /// What the first is to the second.
    pub relation: Relation,
    /// Whether both say so by a vector; otherwise only their content was compared.
    pub has_vectors: bool,
}

/// Where the conflicts of a document are listed that can't hold them itself.
pub fn beside(document: &Path) -> PathBuf {
    let path = sys::path::resolve(document).unwrap_or_else(|_| document.to_owned());
    let mut name = OsString::from(path.file_name().unwrap_or_default());
    name.push(BESIDE);
    path.with_file_name(name)
}

/// What a document holds, by its name.
pub(super) fn kind_of(given: &Path, name: &Path, format: Option<Format>) -> Result<Kind, MemoryError> {
    if format.is_none() && (is_lines(given) || is_lines(name)) {
        return Ok(Kind::Lines);
    }
    if format.is_none() {
        refuse_yaml(&Subject::Document(given.to_owned()))?;
    }
    Ok(Kind::Document(format.or_else(|| format_of(given, name)).unwrap_or_default()))
}

fn bytes_of(content: &Content) -> Result<Arc<Vec<u8>>, MemoryError> {
    content.bytes.clone().ok_or_else(|| MemoryError::Missing { path: content.name.clone() })
}

/// Compares two documents.
///
/// # Errors
/// One of them is missing or no document.
pub fn compare(
    one: &Content,
    other: &Content,
    format: Option<Format>,
    waiter: &mut dyn Waiter,
) -> Result<Compared, MemoryError> {
    let (names, texts) = ((one.name.clone(), other.name.clone()), (bytes_of(one)?, bytes_of(other)?));
    let kind = kind_of(&one.name, &one.name, format)?;
    let compared = relation(names, texts, kind, &Rules::default(), waiter)?;
    Ok(Compared { relation: compared.relation, has_vectors: compared.has_vectors })
}

/// What the first is to the second.
fn relation(
    names: (PathBuf, PathBuf),
    (one, other): (Arc<Vec<u8>>, Arc<Vec<u8>>),
    kind: Kind,
    rules: &Rules,
    waiter: &mut dyn Waiter,
) -> Result<rules::Compared, MemoryError> {
    let Kind::Document(format) = kind else {
        let relation = if one == other { Relation::Equal } else { Relation::Concurrent };
        return Ok(rules::Compared { relation, has_vectors: false });
    };
    let rules = rules.clone();
    apart(&Limits::default(), waiter, move || {
        let failed = |source| MemoryError::Merge { ours: names.0.clone(), theirs: names.1.clone(), source };
        let one = rules::read_side(Side::Ours, format, &one).map_err(failed)?;
        let other = rules::read_side(Side::Theirs, format, &other).map_err(failed)?;
        Ok((rules::compare(&one, &other, &rules).map_err(failed)?, (one, other)))
    })
}

/// Makes one document of ours and of what is asked for. `list` is what stands beside ours.
///
/// # Errors
/// One side is no document, or the versions can't be merged.
pub fn combine(
    ours: &Content,
    list: Option<Arc<Vec<u8>>>,
    request: &Merge,
    waiter: &mut dyn Waiter,
) -> Result<Combined, MemoryError> {
    let (own, theirs) = (bytes_of(ours)?, bytes_of(&request.theirs)?);
    let kind = kind_of(&ours.name, &ours.name, request.format)?;
    let names = (ours.name.clone(), request.theirs.name.clone());
    let failed = |source| MemoryError::Merge { ours: names.0.clone(), theirs: names.1.clone(), source };
    let (relation, base) = match &request.base {
        Some(base) => (None, Some(("given".to_owned(), base.clone()))),
        None => {
            let texts = (own.clone(), theirs.clone());
            let relation = relation(names.clone(), texts, kind, &request.rules, waiter)?.relation;
            let base = match (&request.roots, relation) {
                (Some(roots), Relation::Before | Relation::After | Relation::Concurrent) => {
                    base::find(roots, ours, &request.theirs, kind, relation)?
                }
                _ => Found::Nothing,
            };
            let as_it_is = |bytes: &Arc<Vec<u8>>| {
                let found = rules::conflicts_of(kind, bytes, list.as_deref().map(Vec::as_slice));
                let (relation, conflicts) = (Some(relation), found.map_err(failed)?);
                Ok(Combined { bytes: bytes.clone(), relation, base: None, conflicts, beside: None })
            };
            match (base, relation) {
                (Found::Alarm, _) | (_, Relation::Alarm) => return Err(failed(MergeError::Alarm)),
                (Found::Base(id, bytes), _) => (Some(relation), Some((id, Arc::new(bytes)))),
                (Found::Nothing, Relation::Before) => return as_it_is(&theirs),
                (Found::Nothing, Relation::Equal | Relation::After) => return as_it_is(&own),
                (Found::Nothing, Relation::Concurrent) => (Some(relation), None),
            }
        }
    };
    let (id, base) = base.unzip();
    let texts = Texts { kind, base, ours: own, theirs, beside: list };
    let rules = request.rules.clone();
    let written = apart(&Limits::default(), waiter, move || {
        let merged = rules::merge_texts(&texts, &rules);
        Ok((merged.map_err(|source| MemoryError::Merge { ours: names.0, theirs: names.1, source })?, texts))
    })?;
    let rules::Written { bytes, conflicts, beside } = written;
    Ok(Combined { bytes: Arc::new(bytes), relation, base: id, conflicts, beside })
}

/// Merges another version into a document: read, merge, publish. `list` is the place of the list of
/// conflicts for a document that can't hold its own; it is written first, so that none is lost.
///
/// # Errors
/// See [`MemoryError`]; the document is as it was.
pub fn merge(place: &mut impl Place, list: &mut impl Place, request: &Merge) -> Result<Merged, MemoryError> {
    let done = transact(place, request.dry_run, |place, old, _| {
        check_tag(request.if_match.as_ref(), place, old)?;
        if old.bytes.is_none() {
            return Err(MemoryError::Missing { path: place.name().to_owned() });
        }
        let before = read(list, Reading::Free)?.bytes;
        let combined = combine(old, before, request, place.waiter())?;
        if let (Some(text), false) = (&combined.beside, request.dry_run) {
            store(list, text.clone())?;
        }
        Ok((combined.bytes.clone(), combined))
    })?;
    let (change, Combined { relation, base, conflicts, .. }) = Change::of(done);
    Ok(Merged { change, relation, base, conflicts })
}

/// Puts what a merge came to into a file, byte for byte.
///
/// # Errors
/// See [`MemoryError`]; the file is as it was.
pub fn store(place: &mut impl Place, content: Vec<u8>) -> Result<Change, MemoryError> {
    let content = Arc::new(content);
    let done = transact(place, false, |_, _, _| Ok((content.clone(), ())))?;
    Ok(Change::of(done).0)
}
