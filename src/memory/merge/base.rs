//! The version that two versions of a document come from, looked for in their histories.

use std::collections::HashSet;

use crate::document::{Value, parse_as};
use crate::lock::{Roots, Target};
use crate::memory::MemoryError;
use crate::merge::{CONFLICTS, Kind, Relation, Vector};
use crate::place::{Content, Past, etag, past_of};

/// No more versions are read than this, of each file.
const MOST_READ: usize = 100;

/// What was found.
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// The version with this id.
    Base(String, Vec<u8>),
    /// A version that says it is the same as the other side's, and is not.
    Alarm,
}

/// What is known of one side.
struct Known {
    past: Option<Past>,
    /// The tags of all that it was and is.
    tags: HashSet<String>,
    tag: Option<String>,
    vector: Option<Vector>,
    has_conflicts: bool,
}

impl Known {
    fn of(roots: &Roots, content: &Content, kind: Kind) -> Result<Known, MemoryError> {
        // A file that is not there, or that can't be found, has no past.
        let past = match Target::resolve(&content.name) {
            Ok(target) => past_of(roots, &target, content)?,
            Err(_) => None,
        };
        let tag = content.tag();
        let tags = past.iter().flat_map(Past::tags).chain(tag.clone()).collect();
        let value = content.bytes.as_ref().and_then(|bytes| value_of(kind, bytes));
        let vector = value.as_ref().and_then(|value| Vector::of(value).ok().flatten());
        let has_conflicts = value.is_some_and(|value| value.get(CONFLICTS).is_some());
        Ok(Known { past, tags, tag, vector, has_conflicts })
    }
}

fn value_of(kind: Kind, bytes: &[u8]) -> Option<Value> {
    match kind {
        Kind::Document(format) => parse_as(format, bytes).ok(),
        Kind::Lines => None,
    }
}

/// Looks for the newest version that both have been, by tag or by vector.
///
/// Where one side is behind by its vector, the other one is the answer and no base is needed, unless
/// the side that is behind was changed since without its vector being raised.
pub(super) fn find(
    roots: &Roots,
    ours: &Content,
    theirs: &Content,
    kind: Kind,
    relation: Relation,
) -> Result<Found, MemoryError> {
    let (own, other) = (Known::of(roots, ours, kind)?, Known::of(roots, theirs, kind)?);
    for (side, across) in [(&own, &other), (&other, &own)] {
        match search(side, across, kind, relation)? {
            Found::Nothing => {}
            found => return Ok(found),
        }
    }
    Ok(Found::Nothing)
}

fn search(side: &Known, across: &Known, kind: Kind, relation: Relation) -> Result<Found, MemoryError> {
    let Some(past) = &side.past else { return Ok(Found::Nothing) };
    let is_ahead = matches!(relation, Relation::Before | Relation::After);
    for version in past.kept().into_iter().take(MOST_READ) {
        let is_common = across.tags.contains(&version.etag);
        if !is_common && across.vector.is_none() {
            continue;
        }
        // One that can't be read, or was altered, is no base.
        let Ok(bytes) = past.read_kept(&version, false) else { continue };
        if is_common && !is_ahead {
            return Ok(Found::Base(version.id, bytes));
        }
        let Some(value) = value_of(kind, &bytes) else { continue };
        let (Ok(Some(vector)), Some(wanted)) = (Vector::of(&value), &across.vector) else { continue };
        let is_theirs = Some(etag(&bytes)) == across.tag;
        match vector.compare(wanted) {
            Relation::Equal if is_theirs => {}
            Relation::Equal if across.has_conflicts && value.get(CONFLICTS).is_some() => {}
            Relation::Equal => return Ok(Found::Alarm),
            Relation::Before if !is_ahead => return Ok(Found::Base(version.id, bytes)),
            // Changed since then, and its vector was not raised.
            Relation::Before if side.vector.as_ref() == Some(&vector) && side.tag != Some(etag(&bytes)) => {
                return Ok(Found::Base(version.id, bytes));
            }
            _ => continue,
        }
        if !is_ahead {
            return Ok(Found::Base(version.id, bytes));
        }
    }
    Ok(Found::Nothing)
}
