//! Documents as bytes: read strictly, merged, and written in our side's style.

use std::sync::Arc;

use super::conflict::{Index, Shown};
use super::document::with_conflicts;
use super::{CONFLICTS, Conflict, MergeError, Rules, Side, Sides, lines, merge, plain};
use crate::document::{
    Format, NotStorable, Original, Style, Value, find_equal_keys_as, parse_as, same_data, serialise,
};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One document.
    Document(Format),
    /// A JSON document a line.
    Lines,
}

/// The versions that meet, as they stand in files.
#[derive(Debug, Clone)]
pub struct Texts {
    /// What they hold.
    pub kind: Kind,
    /// The one that both come from, if it is known.
    pub base: Option<Arc<Vec<u8>>>,
    /// Ours.
    pub ours: Arc<Vec<u8>>,
    /// Theirs.
    pub theirs: Arc<Vec<u8>>,
    /// The list of conflicts beside our file, for a document that can't hold its own.
    pub beside: Option<Arc<Vec<u8>>>,
}

/// A merged document.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Every conflict that is left.
    pub conflicts: Vec<Shown>,
    /// The list of conflicts, where the document can't hold it; `None` where it does.
    pub beside: Option<Vec<u8>>,
}

/// Reads one side strictly.
///
/// # Errors
/// It is no document in its format, or has two equal keys in one object.
pub fn read_side(side: Side, format: Format, bytes: &[u8]) -> Result<Value, MergeError> {
    let invalid = |source| MergeError::Invalid { side, source };
    if let Some(source) = find_equal_keys_as(format, bytes).map_err(invalid)? {
        return Err(MergeError::EqualKeys { side, source });
    }
    parse_as(format, bytes).map_err(invalid)
}

/// Makes one file of two versions of it.
///
/// # Errors
/// A side is no document, or what came out can't be written.
pub fn merge_texts(texts: &Texts, rules: &Rules) -> Result<Written, MergeError> {
    match texts.kind {
        Kind::Document(format) => documents(format, texts, rules),
        Kind::Lines => lines::merge(texts, rules),
    }
}

fn documents(format: Format, texts: &Texts, rules: &Rules) -> Result<Written, MergeError> {
    let (original, ours) = Original::read(format, &texts.ours)
        .map_err(|source| MergeError::Invalid { side: Side::Ours, source })?;
    if let Some(source) = original.equal_keys() {
        return Err(MergeError::EqualKeys { side: Side::Ours, source: source.clone() });
    }
    let theirs = read_side(Side::Theirs, format, &texts.theirs)?;
    let base = texts.base.as_ref().map(|base| read_side(Side::Base, format, base)).transpose()?;
    let merged = merge(Sides { base: base.as_ref(), ours: &ours, theirs: &theirs }, rules)?;
    drop((base, theirs));
    if let (Some(base), true) = (&texts.base, merged.conflicts.is_empty() && format != Format::Json)
        && let Some(bytes) = plain::merge(base, &texts.ours, &texts.theirs)
        && parse_as(format, &bytes).is_ok_and(|found| same_data(format, &found, &merged.value))
    {
        let beside = texts.beside.as_ref().map(|list| list.to_vec());
        let conflicts = listed(texts, Vec::new())?.iter().map(Conflict::shown).collect();
        return Ok(Written { bytes, conflicts, beside });
    }
    let shown = |list: &[Conflict]| list.iter().map(Conflict::shown).collect();
    if merged.value.entries().is_some()
        && let Ok(bytes) = write(&original, format, &merged.value)
    {
        return Ok(Written { bytes, conflicts: shown(&merged.conflicts), beside: None });
    }
    // It is no object, or its format can't hold a value of the list.
    let bytes = write(&original, format, &with_conflicts(&merged.value, &[]))?;
    let conflicts = listed(texts, merged.conflicts)?;
    Ok(Written { bytes, conflicts: shown(&conflicts), beside: list_text(&conflicts, texts) })
}

/// The new bytes. Where comments can be in the way they are read once more.
fn write(original: &Original<'_>, format: Format, value: &Value) -> Result<Vec<u8>, NotStorable> {
    let bytes = original.replaced_by(value)?;
    let is_it = || parse_as(format, &bytes).is_ok_and(|found| same_data(format, &found, value));
    match format == Format::Json || is_it() {
        true => Ok(bytes),
        false => Err(NotStorable::Differs),
    }
}

/// These conflicts, behind those that are listed beside the file already.
pub(super) fn listed(texts: &Texts, new: Vec<Conflict>) -> Result<Vec<Conflict>, MergeError> {
    let mut all = texts.beside.as_ref().map_or_else(|| Ok(Vec::new()), |beside| read_list(beside))?;
    let new: Vec<Conflict> = {
        let known = Index::of(&all);
        new.into_iter().filter(|one| !known.has(one)).collect()
    };
    all.extend(new);
    Ok(all)
}

/// Reads a list of conflicts from the file that it stands in.
///
/// # Errors
/// It is none.
pub fn read_list(bytes: &[u8]) -> Result<Vec<Conflict>, MergeError> {
    let list = parse_as(Format::Json, bytes).map_err(|error| MergeError::Conflicts(error.to_string()))?;
    Conflict::read_list(&list)
}

/// The text of such a list; `None` where none is needed.
pub(super) fn list_text(conflicts: &[Conflict], texts: &Texts) -> Option<Vec<u8>> {
    let is_needed = !conflicts.is_empty() || texts.beside.is_some();
    is_needed.then(|| to_text(conflicts))
}

pub(super) fn to_text(conflicts: &[Conflict]) -> Vec<u8> {
    // Every value in it was read from a document, and can be written again.
    serialise(&Conflict::to_list(conflicts, None), &Style::pretty()).unwrap_or_default()
}

/// Which conflicts of a file are resolved, and how.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The one with this path, or all of them.
    pub which: Option<String>,
    /// What the document shall hold there.
    pub take: Take,
}

/// What a document shall hold where a conflict was.
#[derive(Debug, Clone)]
pub enum Take {
    /// What it holds.
    Ours,
    /// Their value.
    Theirs,
    /// This JSON.
    Value(Vec<u8>),
}

/// A document in which conflicts were resolved.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The list beside it, where there is one.
    pub beside: Option<Vec<u8>>,
    /// Where those were that are resolved.
    pub resolved: Vec<String>,
    /// Those that are left.
    pub left: Vec<Shown>,
}

/// The conflicts of a file: those that it lists itself, then those beside it.
///
/// # Errors
/// It is no document, or one of the lists is none.
pub fn conflicts_of(kind: Kind, bytes: &[u8], beside: Option<&[u8]>) -> Result<Vec<Shown>, MergeError> {
    let mut all = match kind {
        Kind::Document(format) => Conflict::of(&read_side(Side::Ours, format, bytes)?)?,
        Kind::Lines => Vec::new(),
    };
    all.extend(beside.map_or_else(|| Ok(Vec::new()), read_list)?);
    Ok(all.iter().map(Conflict::shown).collect())
}

/// Resolves conflicts of a file.
///
/// # Errors
/// There is no such conflict, or nothing that leads to its place any more.
pub fn resolve(
    kind: Kind,
    bytes: &[u8],
    beside: Option<&[u8]>,
    resolution: &Resolution,
) -> Result<Resolved, MergeError> {
    match kind {
        Kind::Lines => lines::resolve(bytes, beside, resolution),
        Kind::Document(format) => {
            let (original, value) = Original::read(format, bytes)
                .map_err(|source| MergeError::Invalid { side: Side::Ours, source })?;
            if let Some(source) = original.equal_keys() {
                return Err(MergeError::EqualKeys { side: Side::Ours, source: source.clone() });
            }
            let own = Conflict::of(&value)?;
            let others = beside.map_or_else(|| Ok(Vec::new()), read_list)?;
            let (value, own, others, resolved) = resolve_in(value, own, others, resolution)?;
            let value = match value.get(CONFLICTS) {
                Some(_) => with_conflicts(&value, &own),
                None => value,
            };
            let left = own.iter().chain(&others).map(Conflict::shown).collect();
            let beside = beside.map(|_| to_text(&others));
            Ok(Resolved { bytes: write(&original, format, &value)?, beside, resolved, left })
        }
    }
}

type Lists = (Value, Vec<Conflict>, Vec<Conflict>, Vec<String>);

/// The document and both lists of conflicts, without those that are resolved.
pub(super) fn resolve_in(
    mut document: Value,
    own: Vec<Conflict>,
    others: Vec<Conflict>,
    resolution: &Resolution,
) -> Result<Lists, MergeError> {
    let is_meant = |one: &Conflict| resolution.which.as_ref().is_none_or(|path| *path == one.path);
    let mut resolved = Vec::new();
    for one in own.iter().chain(&others).filter(|one| is_meant(one)) {
        let value = match &resolution.take {
            Take::Ours => None,
            Take::Theirs => Some(one.theirs.clone()),
            Take::Value(json) => Some(Some(
                parse_as(Format::Json, json).map_err(|error| MergeError::Value(error.to_string()))?,
            )),
        };
        if let Some(value) = value {
            let put = super::path::put(&document, &one.path, value);
            document = put.ok_or_else(|| MergeError::NoPlace(one.path.clone()))?;
        }
        resolved.push(one.path.clone());
    }
    if let (true, Some(path)) = (resolved.is_empty(), &resolution.which) {
        return Err(MergeError::NoConflict(path.clone()));
    }
    let left = |list: Vec<Conflict>| list.into_iter().filter(|one| !is_meant(one)).collect();
    Ok((document, left(own), left(others), resolved))
}
