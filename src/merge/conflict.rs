//! A conflict: what both sides changed, each in another way.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{MergeError, Vector};
use crate::document::{Style, Value, serialise};

/// The key of a document that lists its conflicts.
pub const CONFLICTS: &str = "_conflicts";

const PATH: &str = "path";
const BASE: &str = "base";
const OURS: &str = "ours";
const THEIRS: &str = "theirs";
const VERSIONS: &str = "versions";

/// What both sides changed, each in another way. A side that has no value there removed it, or never
/// had it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Where, as a [pointer](super::path).
    pub path: String,
    /// The value that both come from.
    pub base: Option<Value>,
    /// Ours, which is what the merged document holds.
    pub ours: Option<Value>,
    /// Theirs.
    pub theirs: Option<Value>,
    /// The vectors of both sides, where they had any.
    pub versions: Option<(Vector, Vector)>,
}

impl Conflict {
    /// Whether two are about the same values, whichever side was ours.
    pub fn is_same_as(&self, other: &Conflict) -> bool {
        let straight = self.ours == other.ours && self.theirs == other.theirs;
        let mirrored = self.ours == other.theirs && self.theirs == other.ours;
        self.path == other.path && self.base == other.base && (straight || mirrored)
    }

    /// As it stands in a document.
    pub fn to_value(&self) -> Value {
        let path = Value::from_str(&self.path);
        let versions = self.versions.as_ref().map(|(ours, theirs)| {
            Value::null().with_entries([(OURS, ours.to_value(None)), (THEIRS, theirs.to_value(None))])
        });
        let sides = [(BASE, self.base.clone()), (OURS, self.ours.clone()), (THEIRS, self.theirs.clone())];
        let sides = sides.into_iter().chain([(VERSIONS, versions)]);
        let entries = sides.filter_map(|(key, value)| Some((key, value?)));
        Value::null().with_entries([(PATH, path)].into_iter().chain(entries))
    }

    fn read(value: &Value) -> Result<Conflict, MergeError> {
        let wrong = |why: &str| MergeError::Conflicts(why.to_owned());
        if value.entries().is_none() {
            return Err(MergeError::Conflicts(format!(
                "it holds what is no object but {}",
                value.type_name()
            )));
        }
        let path = value.get(PATH).and_then(Value::as_str).ok_or_else(|| wrong("one has no path"))?;
        let side = |key| value.get(key).cloned();
        let vector = |versions: &Value, key| versions.get(key).and_then(|one| Vector::read(one).ok());
        let versions =
            value.get(VERSIONS).and_then(|both| Some((vector(both, OURS)?, vector(both, THEIRS)?)));
        Ok(Conflict {
            path: path.to_owned(),
            base: side(BASE),
            ours: side(OURS),
            theirs: side(THEIRS),
            versions,
        })
    }

    /// Reads a list of conflicts.
    ///
    /// # Errors
    /// It is none.
    pub fn read_list(value: &Value) -> Result<Vec<Conflict>, MergeError> {
        match value.elements() {
            Some(elements) => elements.iter().map(Conflict::read).collect(),
            None => Err(MergeError::Conflicts(format!("it is of the type {}", value.type_name()))),
        }
    }

    /// Those that a document lists.
    ///
    /// # Errors
    /// What stands there is no list of conflicts.
    pub fn of(document: &Value) -> Result<Vec<Conflict>, MergeError> {
        document.get(CONFLICTS).map_or_else(|| Ok(Vec::new()), Conflict::read_list)
    }

    /// A list as it stands in a document, the ones that stood there before as they were.
    pub fn to_list(conflicts: &[Conflict], old: Option<&Value>) -> Value {
        let list = conflicts.iter().map(Conflict::to_value).collect();
        old.cloned().unwrap_or_default().with_elements(list)
    }
}

/// Conflicts, to be looked up by their paths.
pub(super) struct Index<'c>(HashMap<&'c str, Vec<&'c Conflict>>);

impl<'c> Index<'c> {
    pub(super) fn of(list: &'c [Conflict]) -> Index<'c> {
        let mut index = Index(HashMap::new());
        list.iter().for_each(|one| index.add(one));
        index
    }

    fn add(&mut self, one: &'c Conflict) {
        self.0.entry(&one.path).or_default().push(one);
    }

    pub(super) fn has(&self, one: &Conflict) -> bool {
        self.0.get(one.path.as_str()).is_some_and(|found| found.iter().any(|other| other.is_same_as(one)))
    }
}

/// What is left of the conflicts that the sides came with: one that either lists, unless the base lists
/// it too and the other side has resolved it since.
pub(super) fn carried(base: Option<&[Conflict]>, ours: &[Conflict], theirs: &[Conflict]) -> Vec<Conflict> {
    let before = base.map(Index::of);
    let mut seen = Index::of(&[]);
    let mut carried = Vec::new();
    for (own, other) in [(ours, Index::of(theirs)), (theirs, Index::of(ours))] {
        for one in own {
            let was_resolved = before.as_ref().is_some_and(|before| before.has(one)) && !other.has(one);
            if !was_resolved && !seen.has(one) {
                seen.add(one);
                carried.push(one.clone());
            }
        }
    }
    carried
}

/// The vectors of both sides.
#[derive(Debug, Clone, Serialize)]
pub struct Versions {
    /// Ours.
    pub ours: Vector,
    /// Theirs.
    pub theirs: Vector,
}

/// A conflict for people and programs, each value as JSON text.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// Where, as a [pointer](super::path).
    pub path: String,
    /// The value that both come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Box<RawValue>>,
    /// Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<Box<RawValue>>,
    /// Theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Box<RawValue>>,
    /// The vectors of both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<Versions>,
}

impl Conflict {
    /// The same, with texts in place of values.
    pub fn shown(&self) -> Shown {
        let text = |value: &Value| {
            let bytes = serialise(value, &Style::compact().final_newline(false)).ok()?;
            RawValue::from_string(String::from_utf8(bytes).ok()?).ok()
        };
        let text = |value: &Option<Value>| value.as_ref().and_then(text);
        Shown {
            path: self.path.clone(),
            base: text(&self.base),
            ours: text(&self.ours),
            theirs: text(&self.theirs),
            versions: self.versions.clone().map(|(ours, theirs)| Versions { ours, theirs }),
        }
    }
}
