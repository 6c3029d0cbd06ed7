//! Which old element or entry a new one was.
//!
//! Entries are the same by their keys. An element that is an array or object is the same when it
//! was made from that one, whatever changed in it; any other when it is equal. What is left is
//! taken for changed in its place, as far as there is one.

use super::super::Value;
use super::super::atom::write_atom;
use super::super::places::{narrow, wide};
use super::super::text::Text;
use super::super::value::Node;
use super::old::{Item, Members, Old};
use std::collections::HashMap;
use std::ops::Range;

/// For each new element or entry, the old one.
pub(super) struct Matches {
    /// Up to here each is what it was.
    front: usize,
    /// The others, from there on.
    items: Vec<u32>,
    /// The places of those whose key is another, in order.
    renamed: Vec<usize>,
}

const NEW: u32 = u32::MAX;

/// Up to so many keys are looked through instead of being put into a table.
const FEW: usize = 8;

impl Matches {
    pub(super) fn of(old: &Old<'_>, items: &[Item], members: Members<'_>) -> Self {
        match members {
            Members::Elements(elements) => Elements { old, items, elements }.find(),
            Members::Entries(entries) => Entries { old, items, entries }.find(),
        }
    }

    /// Those of so many new ones, of which the first are what they were.
    fn new(front: usize, count: usize) -> Self {
        Self { front, items: vec![NEW; count - front], renamed: Vec::new() }
    }

    /// The old one of the new one at `place`.
    pub(super) fn get(&self, place: usize) -> Option<usize> {
        match place.checked_sub(self.front) {
            Some(rest) => self.items.get(rest).copied().filter(|item| *item != NEW).map(wide),
            None => Some(place),
        }
    }

    fn set(&mut self, place: usize, item: usize) {
        self.items[place - self.front] = narrow(item);
    }

    /// Whether the new entry at `place` has the value of an old one under another key.
    pub(super) fn is_renamed(&self, place: usize) -> bool {
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
        (Node::Array(_) | Node::Object(_), None, Some(_)) => old.end_of(item.value(), value).is_some(),
        (atom, None, None) => old.is_atom(item, atom),
        _ => false,
    }
}

struct Elements<'a> {
    old: &'a Old<'a>,
    items: &'a [Item],
    elements: &'a [Value],
}

impl Elements<'_> {
    fn find(&self) -> Matches {
        let (items, elements) = (self.items, self.elements);
        let same = |(item, value): &(&Item, &Value)| is_same(self.old, **item, value);
        let front = items.iter().zip(elements).take_while(same).count();
        let behind = items[front..].iter().rev().zip(elements[front..].iter().rev()).take_while(same).count();
        let mut matches = Matches::new(front, elements.len());
        (1..=behind).for_each(|back| matches.set(elements.len() - back, items.len() - back));

        let (old, new) = (front..items.len() - behind, front..elements.len() - behind);
        if new.is_empty() {
            return matches;
        }
        let mut free = vec![true; old.len()];
        for place in new.clone() {
            let item = origin(&elements[place]).and_then(|id| self.item_of(id)).filter(|i| old.contains(i));
            if let Some(item) = item.filter(|item| std::mem::take(&mut free[item - front])) {
                matches.set(place, item);
            }
        }
        let left: Vec<usize> = new.clone().filter(|place| matches.get(*place).is_none()).collect();
        let mut items_left: Vec<usize> = old.clone().filter(|item| free[item - front]).collect();
        let equal = self.equal_atoms(&left, &items_left);
        if left.len() == items_left.len() && equal.len() < left.len() {
            // As many as before: changed one by one, and not brought into another order.
            left.iter().zip(&items_left).for_each(|(place, item)| matches.set(*place, *item));
            return matches;
        }
        for (place, item) in equal {
            matches.set(place, item);
            free[item - front] = false;
        }
        items_left.retain(|item| free[item - front]);
        self.fill_gaps(&mut matches, new, &items_left);
        matches
    }

    /// The place in this array of the array or object with this number.
    fn item_of(&self, id: u32) -> Option<usize> {
        let start = self.old.places.start(id);
        let item = self.items.binary_search_by_key(&start, |item| item.value()).ok()?;
        (self.items[item].id() == Some(id)).then_some(item)
    }

    /// New elements and old items that are equal, each once, the first ones first.
    fn equal_atoms(&self, places: &[usize], items: &[usize]) -> Vec<(usize, usize)> {
        let mut by_spelling: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        if places.is_empty() {
            return Vec::new();
        }
        for item in items.iter().rev() {
            if let Some(spelling) = self.old.spelling(self.items[*item]) {
                by_spelling.entry(spelling).or_default().push(*item);
            }
        }
        let equal = |place: &usize| {
            let mut spelling = Vec::new();
            write_atom(&self.elements[*place].0, false, true, &mut spelling).ok()?;
            Some((*place, by_spelling.get_mut(&spelling)?.pop()?))
        };
        places.iter().filter_map(equal).collect()
    }

    /// Takes new elements between two that are known for what was between those.
    fn fill_gaps(&self, matches: &mut Matches, new: Range<usize>, items_left: &[usize]) {
        let mut place = new.start;
        while place < new.end {
            let start = place;
            while place < new.end && matches.get(place).is_none() {
                place += 1;
            }
            let after =
                start.checked_sub(1).map_or(Some(0), |before| matches.get(before).map(|item| item + 1));
            let until = if place < self.elements.len() { matches.get(place) } else { Some(self.items.len()) };
            if let (Some(after), Some(until)) = (after, until) {
                let from = items_left.partition_point(|item| *item < after);
                let between = items_left[from..].iter().take_while(|item| **item < until);
                (start..place).zip(between).for_each(|(place, item)| matches.set(place, *item));
            }
            place += 1;
        }
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
        let same = |(item, (key, _)): &(&Item, &(Text, Value))| self.old.has_key(**item, key);
        // Of equal keys the last counts, which may not be the one in this place.
        let front = match self.old.has_equal_keys {
            true => 0,
            false => items.iter().zip(entries).take_while(same).count(),
        };
        let mut matches = Matches::new(front, entries.len());
        if front == items.len() || front == entries.len() {
            return matches;
        }
        if items.len() - front <= FEW {
            for (place, (key, _)) in entries.iter().enumerate().skip(front) {
                if let Some(item) = (front..items.len()).rfind(|item| self.old.has_key(items[*item], key)) {
                    matches.set(place, item);
                }
            }
        } else {
            let keys = (front..items.len()).map(|item| (self.old.key(items[item]), item));
            let by_key: HashMap<Text, usize> = keys.collect();
            for (place, (key, _)) in entries.iter().enumerate().skip(front) {
                if let Some(item) = by_key.get(key) {
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
