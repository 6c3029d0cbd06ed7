//! The rules for arrays.
//!
//! An array whose elements are objects with an id that is theirs alone, on every side, is a map in
//! order: it is merged element by element, and never has two elements of one id. Any other array is
//! one value, but for elements that were added at its end.

#![allow(
    clippy::mutable_key_type,
    reason = "what can change in a value is an index, and no comparison looks at it"
)]

use std::collections::{BTreeMap, HashMap, HashSet};

use super::path::{Id, Step};
use super::tree::{Base, Merging, Taken};
use crate::document::Value;

/// What tells when an element came into being.
const DATE: &str = "date";

/// The id of each element under a key, if each has one and no two have the same.
fn ids<'v>(elements: &'v [Value], key: &str) -> Option<Vec<Id<'v>>> {
    let ids: Vec<Id<'v>> = elements.iter().map(|element| Id::under(element, key)).collect::<Option<_>>()?;
    let mut seen = HashSet::with_capacity(ids.len());
    ids.iter().all(|id| seen.insert(*id)).then_some(ids)
}

/// The elements of an array by their ids.
struct Keyed<'v> {
    elements: &'v [Value],
    ids: Vec<Id<'v>>,
    places: HashMap<Id<'v>, usize>,
}

impl<'v> Keyed<'v> {
    fn of(elements: &'v [Value], key: &str) -> Option<Keyed<'v>> {
        let ids = ids(elements, key)?;
        let places = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        Some(Keyed { elements, ids, places })
    }

    fn get(&self, id: Id<'v>) -> Option<&'v Value> {
        self.elements.get(*self.places.get(&id)?)
    }

    fn each(&self) -> impl Iterator<Item = (Id<'v>, &'v Value)> {
        self.ids.iter().copied().zip(self.elements)
    }

    /// Whether those of its elements that a list has stand in the order of the list.
    fn is_in_order_of(&self, list: &Keyed<'v>) -> bool {
        self.ids.iter().filter_map(|id| list.places.get(id)).is_sorted()
    }
}

/// The key that names the elements on every side; an empty array has no objection.
pub(super) fn common_key<'r>(keys: &'r [String], sides: &[&[Value]]) -> Option<&'r str> {
    let names_all = |key: &&String| sides.iter().all(|side| ids(side, key).is_some());
    keys.iter().find(names_all).map(String::as_str)
}

impl<'v, 'r: 'v> Merging<'v, 'r> {
    /// Merges two arrays.
    pub(super) fn arrays(
        &mut self,
        base: Base<'v>,
        ours: (&'v Value, &'v [Value]),
        theirs: (&'v Value, &'v [Value]),
    ) -> Taken {
        let old = base.value().and_then(Value::elements);
        let sides: Vec<&[Value]> = [Some(ours.1), Some(theirs.1), old].into_iter().flatten().collect();
        let key =
            common_key(&self.rules.id_keys, &sides).filter(|_| sides.iter().any(|side| !side.is_empty()));
        match key {
            Some(key) => self.keyed(key, base, old, ours, theirs.1).unwrap_or(Taken::Ours),
            None => self.plain(base, old, ours, theirs),
        }
    }

    fn keyed(
        &mut self,
        key: &'v str,
        base: Base<'v>,
        old: Option<&'v [Value]>,
        (whole, ours): (&'v Value, &'v [Value]),
        theirs: &'v [Value],
    ) -> Option<Taken> {
        let (ours, theirs) = (Keyed::of(ours, key)?, Keyed::of(theirs, key)?);
        if let Some(unchanged) = old.and_then(|old| self.unchanged(old, &ours, &theirs)) {
            return Some(unchanged);
        }
        let old = Keyed::of(old.unwrap_or_default(), key)?;
        let mut is_ours = true;
        let (mut kept, mut new) = (Vec::new(), Vec::new());
        let sides = ours.each().chain(theirs.each().filter(|(id, _)| !ours.places.contains_key(id)));
        for (id, _) in sides {
            let (own, other) = (ours.get(id), theirs.get(id));
            let base = match base {
                Base::Unknown => Base::Unknown,
                Base::Known(_) => Base::Known(old.get(id)),
            };
            self.steps.push(Step::Element(key, id));
            let taken = self.slot(base, own, other);
            self.steps.pop();
            is_ours &= matches!((&taken, own), (Taken::Ours, Some(_)) | (Taken::Nothing, None));
            let value = taken.value(own, other);
            let list = if base.value().is_some() { &mut kept } else { &mut new };
            list.extend(value.map(|value| (id, value)));
        }
        if let (Base::Known(_), false) = (base, ours.ids == theirs.ids) {
            sort(&mut kept, &old, &ours, &theirs);
            by_date(&mut new);
        }
        kept.append(&mut new);
        if ours.ids == theirs.ids {
            kept.sort_by_key(|(id, _)| ours.places.get(id).copied());
        }
        is_ours &= kept.iter().map(|(id, _)| id).eq(&ours.ids);
        let elements = kept.into_iter().map(|(_, value)| value).collect();
        Some(if is_ours { Taken::Ours } else { Taken::Made(whole.with_elements(elements)) })
    }

    /// The side that was changed, if the other one was not: with its order, whatever that is. Where both
    /// have the same elements in the same order, the walk itself finds out.
    fn unchanged(&mut self, old: &[Value], ours: &Keyed<'v>, theirs: &Keyed<'v>) -> Option<Taken> {
        if ours.ids == theirs.ids {
            return None;
        }
        self.comparisons = self.comparisons.checked_sub(1)?;
        match (old == theirs.elements, old == ours.elements) {
            (true, _) => Some(Taken::Ours),
            (_, true) => Some(Taken::Theirs),
            _ => None,
        }
    }

    fn plain(
        &mut self,
        base: Base<'v>,
        old: Option<&'v [Value]>,
        (ours_whole, ours): (&'v Value, &'v [Value]),
        (theirs_whole, theirs): (&'v Value, &'v [Value]),
    ) -> Taken {
        if ours == theirs {
            return Taken::Ours;
        }
        let joined = match old {
            Some(old) if old == ours => return Taken::Theirs,
            Some(old) if old == theirs => return Taken::Ours,
            Some(old) => match (ours.strip_prefix(old), theirs.strip_prefix(old)) {
                (Some(tail), Some(more)) => self.join(ours, tail, more),
                (Some(tail), None) => self.join(theirs, &added(old, theirs), tail),
                (None, Some(tail)) => self.join(ours, &added(old, ours), tail),
                (None, None) => None,
            },
            None if has_all_of(ours, theirs) => return Taken::Ours,
            None if has_all_of(theirs, ours) => return Taken::Theirs,
            None => None,
        };
        match joined {
            Some(elements) => Taken::Made(ours_whole.with_elements(elements)),
            None => {
                self.conflict(base, Some(ours_whole), Some(theirs_whole));
                Taken::Ours
            }
        }
    }

    /// An array with what the other side added at its end; what both added is there once. `None` if
    /// there would be two elements of one id then.
    fn join(&self, list: &[Value], added: &[Value], tail: &[Value]) -> Option<Vec<Value>> {
        let mut joined = list.to_vec();
        let mut both = counted(added);
        for element in tail {
            match both.get_mut(element) {
                Some(count) if *count > 0 => *count -= 1,
                _ => joined.push(element.clone()),
            }
        }
        let (list, more) = joined.split_at(list.len());
        let clashes = self.rules.id_keys.iter().any(|key| {
            let mut new = more.iter().filter_map(|element| Id::under(element, key)).peekable();
            if new.peek().is_none() {
                return false;
            }
            let known: HashSet<Id<'_>> = list.iter().filter_map(|element| Id::under(element, key)).collect();
            new.any(|id| known.contains(&id))
        });
        (!clashes).then_some(joined)
    }
}

/// The order of elements that the base has: that of the one side which changed it, else the base's.
fn sort<'v>(kept: &mut [(Id<'v>, Value)], old: &Keyed<'v>, ours: &Keyed<'v>, theirs: &Keyed<'v>) {
    let order = match (ours.is_in_order_of(old), theirs.is_in_order_of(old)) {
        (false, true) => ours,
        (true, false) => theirs,
        _ => old,
    };
    let order = if kept.iter().all(|(id, _)| order.places.contains_key(id)) { order } else { old };
    kept.sort_by_key(|(id, _)| order.places.get(id).copied());
}

/// New elements by their dates, where all have one; else as they come.
fn by_date(new: &mut [(Id<'_>, Value)]) {
    let date = |element: &Value| element.get(DATE).and_then(Value::as_str).map(str::to_owned);
    if new.iter().all(|(_, element)| date(element).is_some()) {
        new.sort_by_cached_key(|(_, element)| date(element));
    }
}

/// How often each element is there.
fn counted(elements: &[Value]) -> BTreeMap<&Value, usize> {
    let mut counts = BTreeMap::new();
    for element in elements {
        *counts.entry(element).or_default() += 1;
    }
    counts
}

/// What is in the new array and was not in the old one.
fn added(old: &[Value], new: &[Value]) -> Vec<Value> {
    let mut before = counted(old);
    let mut added = Vec::new();
    for element in new {
        match before.get_mut(element) {
            Some(count) if *count > 0 => *count -= 1,
            _ => added.push(element.clone()),
        }
    }
    added
}

/// Whether an array has all elements of another one, in their order.
fn has_all_of(list: &[Value], other: &[Value]) -> bool {
    let mut rest = list.iter();
    other.len() <= list.len() && other.iter().all(|wanted| rest.any(|element| element == wanted))
}
