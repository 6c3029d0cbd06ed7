//! Which old element or entry a new one was.
//!
//! Entries are the same by their keys. An element that is an array or object is the same when it
//! was made from that one, whatever changed in it; any other when it is equal. What is left is
//! taken for changed in its place, as far as there is one.
//!
//! Most updates change, add or remove a few: they are seen by going along both once.

use super::comments;
use super::old::{Item, Members, Old};
use crate::Value;
use crate::json::places::{narrow, wide};
use crate::json::text::Text;
use crate::json::value::Node;
use std::collections::HashMap;
use std::ops::Range;

/// For each new element or entry, the old one.
pub(crate) struct Matches {
    /// Up to here each is what it was.
    front: usize,
    /// The others, from there on.
    items: Vec<u32>,
    /// The places of those whose key is another, in order.
    renamed: Vec<usize>,
}

const NEW: u32 = u32::MAX;

/// How many values are compared to tell whether an array or object is a certain old one.
const GLANCE: usize = 32;

/// Of so many elements, those that moved are found by comparing each with each.
const MANY: usize = 500;

/// Up to so many keys are looked through instead of being put into a table.
const FEW: usize = 8;

impl Matches {
    pub(crate) fn of(old: &Old<'_>, items: &[Item], members: Members<'_>) -> Self {
        match members {
            Members::Elements(elements) => {
                let has_comments = items.len() <= MANY && old.dialect.has_trailing_commas();
                let has_comments = has_comments && comments::are_between(old, items);
                Elements { old, items, elements, has_comments }.find()
            }
            Members::Entries(entries) => Entries { old, items, entries }.find(),
        }
    }

    /// Those of so many new ones, of which the first are what they were.
    fn new(front: usize, count: usize) -> Self {
        Self { front, items: vec![NEW; count - front], renamed: Vec::new() }
    }

    /// The old one of the new one at `place`.
    pub(crate) fn get(&self, place: usize) -> Option<usize> {
        match place.checked_sub(self.front) {
            Some(rest) => self.items.get(rest).copied().filter(|item| *item != NEW).map(wide),
            None => Some(place),
        }
    }

    fn set(&mut self, place: usize, item: usize) {
        self.items[place - self.front] = narrow(item);
    }

    /// Matches two stretches if one of them has all of the other, in the same order.
    fn set_stretch(
        &mut self,
        old: Range<usize>,
        mut new: Range<usize>,
        same: impl Fn(usize, usize) -> bool,
    ) -> bool {
        let (first, mut items) = (new.start, old.clone());
        let whole = match old.len() > new.len() {
            true => new.clone().all(|place| {
                items.find(|item| same(*item, place)).inspect(|item| self.set(place, *item)).is_some()
            }),
            false => items.all(|item| {
                new.find(|place| same(item, *place)).inspect(|place| self.set(*place, item)).is_some()
            }),
        };
        if !whole {
            self.items[first - self.front..].fill(NEW);
        }
        whole
    }

    /// Whether the new entry at `place` has the value of an old one under another key.
    pub(crate) fn is_renamed(&self, place: usize) -> bool {
        self.renamed.binary_search(&place).is_ok()
    }
}

/// What a new array or object was made from.
fn origin(value: &Value) -> Option<u32> {
    match &value.0 {
        Node::Array(array) => array.origin().id(),
        Node::Object(object) => object.origin().id(),
        _ => None,
    }
}

/// Whether a new value is the one of an old item, perhaps changed.
fn is_same(old: &Old<'_>, item: Item, value: &Value) -> bool {
    match (&value.0, origin(value), item.id()) {
        (_, Some(origin), Some(id)) => origin == id,
        (Node::Array(_) | Node::Object(_), None, Some(_)) => old.is_value(item.value(), value, GLANCE),
        (atom, None, None) => old.is_atom(item, atom),
        _ => false,
    }
}

struct Elements<'a> {
    old: &'a Old<'a>,
    items: &'a [Item],
    elements: &'a [Value],
    /// Whether comments stand between them: then one that has moved takes its own along.
    has_comments: bool,
}

impl Elements<'_> {
    fn find(&self) -> Matches {
        let (items, elements) = (self.items, self.elements);
        let same = |item: usize, place: usize| is_same(self.old, items[item], &elements[place]);
        let shorter = items.len().min(elements.len());
        let front = (0..shorter).take_while(|place| same(*place, *place)).count();
        let from_back = |back: &usize| same(items.len() - back, elements.len() - back);
        let behind = (1..=shorter - front).take_while(from_back).count();

        let mut matches = Matches::new(front, elements.len());
        let (old, new) = (front..items.len() - behind, front..elements.len() - behind);
        if old.len() == new.len() || !matches.set_stretch(old.clone(), new.clone(), same) {
            self.find_moved(&mut matches, old, new);
        }
        (1..=behind).for_each(|back| matches.set(elements.len() - back, items.len() - back));
        matches
    }

    /// Matches two stretches between which more happened.
    fn find_moved(&self, matches: &mut Matches, old: Range<usize>, new: Range<usize>) {
        let mut free = vec![true; old.len()];
        let mut escaped = self.escaped_strings(old.clone());
        for place in new.clone() {
            let item = match &self.elements[place].0 {
                atom if self.has_comments && origin(&self.elements[place]).is_none() => {
                    let is_it =
                        |item: &usize| free[*item - old.start] && self.old.is_atom(self.items[*item], atom);
                    old.clone().find(is_it)
                }
                Node::String(text) => escaped.get_mut(text).and_then(Vec::pop),
                _ => origin(&self.elements[place]).and_then(|id| self.item_of(id)),
            };
            let item = item.filter(|item| old.contains(item));
            if let Some(item) = item.filter(|item| std::mem::take(&mut free[item - old.start])) {
                matches.set(place, item);
            }
        }
        let mut left = old.clone().filter(|item| free[item - old.start]);
        if old.len() == new.len() {
            // As many as before: the others were changed one by one.
            for place in new {
                if matches.get(place).is_none()
                    && let Some(item) = left.next()
                {
                    matches.set(place, item);
                }
            }
            return;
        }
        // Those between two that are known were what was between those.
        let left: Vec<usize> = left.collect();
        let mut place = new.start;
        while place < new.end {
            let start = place;
            while place < new.end && matches.get(place).is_none() {
                place += 1;
            }
            let after = if start == new.start {
                Some(old.start)
            } else {
                matches.get(start - 1).map(|item| item + 1)
            };
            let until = if place == new.end { Some(old.end) } else { matches.get(place) };
            if let (Some(after), Some(until)) = (after, until) {
                let from = left.partition_point(|item| *item < after);
                let between = left[from..].iter().take_while(|item| **item < until);
                (start..place).zip(between).for_each(|(place, item)| matches.set(place, *item));
            }
            place += 1;
        }
    }

    /// The place in this array of the array or object with this number.
    fn item_of(&self, id: u32) -> Option<usize> {
        let start = self.old.places.start(id);
        let item = self.items.binary_search_by_key(&start, |item| item.value()).ok()?;
        (self.items[item].id() == Some(id)).then_some(item)
    }

    /// The strings with escapes, the first of equal ones last. Anything else that is no array or
    /// object is written as it stands there, wherever it went.
    fn escaped_strings(&self, old: Range<usize>) -> HashMap<Text, Vec<usize>> {
        let mut escaped: HashMap<Text, Vec<usize>> = HashMap::new();
        for item in old.rev() {
            if let Some(text) = self.old.escaped_string(self.items[item]) {
                escaped.entry(text).or_default().push(item);
            }
        }
        escaped
    }
}

struct Entries<'a> {
    old: &'a Old<'a>,
    items: &'a [Item],
    entries: &'a [(Text, Value)],
}

impl Entries<'_> {
    fn find(&self) -> Matches {
        let (items, entries) = (self.items, self.entries);
        let same = |item: usize, place: usize| self.old.has_key(items[item], &entries[place].0);
        let shorter = items.len().min(entries.len());
        // Of equal keys the last counts, which may not be the one in this place.
        let unique = !self.old.has_equal_keys;
        let front = if unique { (0..shorter).take_while(|place| same(*place, *place)).count() } else { 0 };
        let mut matches = Matches::new(front, entries.len());
        let (old, new) = (front..items.len(), front..entries.len());
        if old.is_empty() || new.is_empty() {
            return matches;
        }
        if unique && old.len() != new.len() && matches.set_stretch(old.clone(), new.clone(), same) {
            return matches;
        }
        if items.len() - front <= FEW {
            for place in new {
                if let Some(item) = old.clone().rfind(|item| same(*item, place)) {
                    matches.set(place, item);
                }
            }
        } else {
            let by_key: HashMap<Text, usize> = old.map(|item| (self.old.key(items[item]), item)).collect();
            for place in new {
                if let Some(item) = by_key.get(&entries[place].0) {
                    matches.set(place, *item);
                }
            }
        }
        self.find_renamed(&mut matches);
        matches
    }

    /// A new key with the value of an old one that went, in the same place.
    fn find_renamed(&self, matches: &mut Matches) {
        let places = matches.front..self.entries.len();
        let new: Vec<usize> = places.clone().filter(|place| matches.get(*place).is_none()).collect();
        if new.is_empty() {
            return;
        }
        let mut free = vec![true; self.items.len()];
        places.filter_map(|place| matches.get(place)).for_each(|item| free[item] = false);
        for place in new {
            let item = place.checked_sub(1).map_or(Some(0), |before| Some(matches.get(before)? + 1));
            let item = item.filter(|item| *item >= matches.front && free.get(*item) == Some(&true));
            if let Some(item) = item.filter(|i| is_same(self.old, self.items[*i], &self.entries[place].1)) {
                matches.set(place, item);
                matches.renamed.push(place);
                free[item] = false;
            }
        }
    }
}
