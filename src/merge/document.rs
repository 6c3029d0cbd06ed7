//! Whole documents: what they hold, and what they say of themselves.

use super::array::common_key;
use super::conflict::{CONFLICTS, Index, carried};
use super::path::Id;
use super::tree::{Base, Merging};
use super::version::{Relation, VERSION, Vector};
use super::{Conflict, MergeError, Rules, Side};
use crate::document::Value;

/// The versions that meet.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'v> {
    /// The one that both come from, if it is known.
    pub base: Option<&'v Value>,
    /// Ours, which gives the merged document its style.
    pub ours: &'v Value,
    /// Theirs.
    pub theirs: &'v Value,
}

/// What two versions were made.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The document. It holds `_conflicts` itself, where it is an object.
    pub value: Value,
    /// Every conflict that is left, those that were there before included.
    pub conflicts: Vec<Conflict>,
}

/// So many arrays are compared as a whole. In documents that people write there are fewer.
const COMPARISONS: u32 = 1000;

/// What a document says of itself.
struct Says {
    vector: Option<Vector>,
    conflicts: Vec<Conflict>,
    /// The document without it.
    body: Value,
}

impl Says {
    fn of(side: Side, document: &Value) -> Result<Says, MergeError> {
        let on = |error: MergeError| MergeError::Within { side, source: Box::new(error) };
        let vector = Vector::of(document).map_err(on)?;
        let conflicts = Conflict::of(document).map_err(on)?;
        let says_nothing = vector.is_none() && document.get(CONFLICTS).is_none();
        let body = match document.entries().filter(|_| !says_nothing) {
            Some(entries) => {
                let own = entries.filter(|(key, _)| ![VERSION, CONFLICTS].contains(key));
                document.with_entries(own.map(|(key, value)| (key, value.clone())))
            }
            None => document.clone(),
        };
        Ok(Says { vector, conflicts, body })
    }
}

/// Makes one document of two versions of it. Its vector is the maximum of theirs.
///
/// # Errors
/// `_version` or `_conflicts` of a side is of the wrong kind.
pub fn merge(sides: Sides<'_>, rules: &Rules) -> Result<Merged, MergeError> {
    let base = sides.base.map(|base| Says::of(Side::Base, base)).transpose()?;
    let (ours, theirs) = (Says::of(Side::Ours, sides.ours)?, Says::of(Side::Theirs, sides.theirs)?);
    let mut merging = Merging { rules, steps: Vec::new(), conflicts: Vec::new(), comparisons: COMPARISONS };
    let known = base.as_ref().map_or(Base::Unknown, |base| Base::Known(Some(&base.body)));
    let taken = merging.slot(known, Some(&ours.body), Some(&theirs.body));
    let body = taken.value(Some(&ours.body), Some(&theirs.body)).unwrap_or_default();

    let before = base.as_ref().map(|base| base.conflicts.as_slice());
    let mut conflicts = carried(before, &ours.conflicts, &theirs.conflicts);
    let versions = ours.vector.clone().zip(theirs.vector.clone());
    let new = std::mem::take(&mut merging.conflicts);
    let is_known: Vec<bool> = {
        let known = Index::of(&conflicts);
        new.iter().map(|one| known.has(one)).collect()
    };
    let new = new.into_iter().zip(is_known).filter(|(_, is_known)| !is_known);
    conflicts.extend(new.map(|(one, _)| Conflict { versions: versions.clone(), ..one }));

    let was_removed =
        base.is_some_and(|base| base.vector.is_some()) && (ours.vector.is_none() || theirs.vector.is_none());
    let vector = match (ours.vector, theirs.vector) {
        _ if was_removed => None,
        (Some(one), Some(other)) => Some(one.maximum(&other)),
        (one, other) => one.or(other),
    };
    let vector = vector.map(|vector| vector.to_value(sides.ours.get(VERSION)));
    let value = saying(sides.ours, &body, vector, &conflicts);
    Ok(Merged { value, conflicts })
}

/// A body with what it says of itself, in the order of ours.
fn saying(ours: &Value, body: &Value, vector: Option<Value>, conflicts: &[Conflict]) -> Value {
    let Some(entries) = body.entries() else { return body.clone() };
    let list = (!conflicts.is_empty()).then(|| Conflict::to_list(conflicts, ours.get(CONFLICTS)));
    let says = [(VERSION, vector), (CONFLICTS, list)];
    let own = |key: &str| says.iter().find(|(name, _)| *name == key).and_then(|(_, value)| value.clone());
    let is_own = |key: &str| [VERSION, CONFLICTS].contains(&key);
    let value = |key: &str| if is_own(key) { own(key) } else { body.get(key).cloned() };
    let first = ours.entries().into_iter().flatten().map(|(key, _)| key);
    let first = first.filter_map(|key| Some((key, value(key)?)));
    let rest = entries.filter(|(key, _)| !is_own(key) && ours.get(key).is_none());
    let rest = rest.map(|(key, value)| (key, value.clone()));
    let last = says.iter().filter(|(key, _)| ours.get(key).is_none());
    let last = last.filter_map(|(key, value)| Some((*key, value.clone()?)));
    ours.with_entries(first.chain(rest).chain(last))
}

/// The same document with other conflicts in its list.
pub(super) fn with_conflicts(document: &Value, conflicts: &[Conflict]) -> Value {
    saying(document, document, document.get(VERSION).cloned(), conflicts)
}

/// What one version is to another, and what tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// What the first is to the second.
    pub relation: Relation,
    /// Whether both have a vector. Otherwise only their content was compared.
    pub has_vectors: bool,
}

/// Compares two versions: by their vectors where both have one. Versions with equal vectors must have
/// the same content, or both list conflicts: then each has merged the other, and has its own side's
/// values.
///
/// # Errors
/// `_version` or `_conflicts` of one is of the wrong kind.
pub fn compare(one: &Value, other: &Value, rules: &Rules) -> Result<Compared, MergeError> {
    let (left, right) = (Says::of(Side::Ours, one)?, Says::of(Side::Theirs, other)?);
    let is_same = || is_same(&left.body, &right.body, rules);
    let (relation, has_vectors) = match (&left.vector, &right.vector) {
        (Some(one), Some(other)) => {
            let relation = match one.compare(other) {
                Relation::Equal if is_same() => Relation::Equal,
                Relation::Equal if left.conflicts.is_empty() || right.conflicts.is_empty() => Relation::Alarm,
                Relation::Equal => Relation::Concurrent,
                relation => relation,
            };
            (relation, true)
        }
        _ if is_same() && left.conflicts.len() == right.conflicts.len() => (Relation::Equal, false),
        _ => (Relation::Concurrent, false),
    };
    Ok(Compared { relation, has_vectors })
}

/// Whether two documents have the same content. The order of an object's keys is none, nor that of
/// elements that have ids: two who have merged the same versions may have them in another one.
fn is_same(one: &Value, other: &Value, rules: &Rules) -> bool {
    if let (Some(entries), Some(others)) = (one.entries(), other.entries()) {
        let has =
            |(key, value): (&str, &Value)| other.get(key).is_some_and(|other| is_same(value, other, rules));
        return entries.len() == others.len() && { entries }.all(has);
    }
    let (Some(elements), Some(others)) = (one.elements(), other.elements()) else { return one == other };
    if elements.len() != others.len() {
        return false;
    }
    let Some(key) = common_key(&rules.id_keys, &[elements, others]) else {
        return elements.iter().zip(others).all(|(one, other)| is_same(one, other, rules));
    };
    let by_id = |side: &mut Vec<&Value>| side.sort_by_key(|element| Id::under(element, key));
    let (mut elements, mut others) = (Vec::from_iter(elements), Vec::from_iter(others));
    by_id(&mut elements);
    by_id(&mut others);
    elements.iter().zip(&others).all(|(one, other)| is_same(one, other, rules))
}
