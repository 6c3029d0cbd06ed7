//! The keys and values of an object, in order.
//!
//! A list: most objects are small, and order has to be kept through every change. A large object
//! that is asked often gets an index, which any change of its set of keys throws away.

use crate::json::origin::Origin;
use crate::json::text::Text;
use crate::json::value::{Children, Value, drop_children};
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

/// Objects up to this size are searched from the front.
const SMALL: usize = 24;

/// A larger one is searched from the front this often before it gets an index.
const PATIENCE: u8 = 3;

/// Where each key is.
struct Index(HashMap<Text, usize>);

#[derive(Default)]
pub(crate) struct Object {
    entries: Vec<(Text, Value)>,
    index: OnceCell<Box<Index>>,
    searched: Cell<u8>,
    origin: Origin,
}

impl Clone for Object {
    fn clone(&self) -> Self {
        Self::read(self.entries.clone(), self.origin)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if !self.entries.is_empty() {
            drop_children(Children::Entries(std::mem::take(&mut self.entries)));
        }
    }
}

impl Object {
    /// Entries with distinct keys.
    pub(crate) fn from_distinct(entries: Vec<(Text, Value)>) -> Self {
        Self::read(entries, Origin::default())
    }

    /// An object as it stood in the document. The keys are distinct.
    pub(crate) fn read(entries: Vec<(Text, Value)>, origin: Origin) -> Self {
        Self { entries, index: OnceCell::new(), searched: Cell::new(0), origin }
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entries(&self) -> &[(Text, Value)] {
        &self.entries
    }

    pub(crate) fn into_entries(mut self) -> Vec<(Text, Value)> {
        std::mem::take(&mut self.entries)
    }

    fn position(&self, key: &Text) -> Option<usize> {
        if self.entries.len() > SMALL {
            let searched = self.searched.get();
            if searched >= PATIENCE {
                return self.index.get_or_init(|| self.make_index()).0.get(key).copied();
            }
            self.searched.set(searched + 1);
        }
        self.entries.iter().position(|(candidate, _)| candidate == key)
    }

    fn make_index(&self) -> Box<Index> {
        let places = self.entries.iter().enumerate();
        Box::new(Index(places.map(|(place, (key, _))| (key.clone(), place)).collect()))
    }

    pub(crate) fn get(&self, key: &Text) -> Option<&Value> {
        self.entries.get(self.position(key)?).map(|(_, value)| value)
    }

    /// The value of `key`; a null at the end if it was not there.
    pub(crate) fn entry(&mut self, key: &Text) -> &mut Value {
        self.origin.change();
        let place = self.position(key).unwrap_or_else(|| {
            self.entries.push((key.clone(), Value::null()));
            let place = self.entries.len() - 1;
            if let Some(index) = self.index.get_mut() {
                index.0.insert(key.clone(), place);
            }
            place
        });
        &mut self.entries[place].1
    }

    pub(crate) fn insert(&mut self, key: &Text, value: Value) {
        *self.entry(key) = value;
    }

    /// Removes `key`; the order of the others stays.
    pub(crate) fn remove(&mut self, key: &Text) -> Option<Value> {
        let place = self.position(key)?;
        self.origin.change();
        self.index.take();
        Some(self.entries.remove(place).1)
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&mut (Text, Value)) -> bool) {
        self.origin.change();
        self.index.take();
        self.entries.retain_mut(keep);
    }

    /// The entries in the order of their keys.
    pub(crate) fn sorted(&self) -> Vec<&(Text, Value)> {
        let mut sorted: Vec<_> = self.entries.iter().collect();
        sorted.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        sorted
    }
}
