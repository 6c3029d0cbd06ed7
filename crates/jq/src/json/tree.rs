//! What is made of a document while it is read.

use crate::json::array::Array;
use crate::json::object::Object;
use crate::json::origin::Origin;
use crate::json::places::Places;
use crate::json::text::Text;
use crate::json::value::Value;
use std::collections::HashSet;

/// Is told what the reader finds, in order, and where: a key by its opening quote, an array or
/// object by its opening bracket and by what is behind its closing one.
pub(crate) trait Build {
    fn atom(&mut self, value: impl FnOnce() -> Value);
    fn key(&mut self, at: usize, key: impl FnOnce() -> Text);
    fn open(&mut self, at: usize);
    fn close_array(&mut self, end: usize);
    fn close_object(&mut self, end: usize);
}

/// For checking only.
pub(crate) struct Nothing;

impl Build for Nothing {
    fn atom(&mut self, _: impl FnOnce() -> Value) {}
    fn key(&mut self, _: usize, _: impl FnOnce() -> Text) {}
    fn open(&mut self, _: usize) {}
    fn close_array(&mut self, _: usize) {}
    fn close_object(&mut self, _: usize) {}
}

/// For looking at keys only: those of what is open.
#[derive(Default)]
pub(crate) struct Keys {
    keys: Vec<Text>,
    /// What is open: where it starts, and how many keys there were before it.
    open: Vec<(usize, usize)>,
    repeating: Option<usize>,
}

impl Keys {
    /// Where an object starts that has two equal keys: the first one that was read to its end.
    pub(crate) fn repeating(&self) -> Option<usize> {
        self.repeating
    }
}

impl Build for Keys {
    fn atom(&mut self, _: impl FnOnce() -> Value) {}

    fn key(&mut self, _: usize, key: impl FnOnce() -> Text) {
        self.keys.push(key());
    }

    fn open(&mut self, at: usize) {
        self.open.push((at, self.keys.len()));
    }

    fn close_array(&mut self, _: usize) {
        self.open.pop();
    }

    fn close_object(&mut self, _: usize) {
        let (start, first_key) = self.open.pop().unwrap_or_default();
        if self.repeating.is_none() && repeats(&self.keys[first_key..]) {
            self.repeating = Some(start);
        }
        self.keys.truncate(first_key);
    }
}

/// The values read so far that wait for their array or object to close, so that each of those is
/// made at its final size.
#[derive(Default)]
pub(crate) struct Tree {
    values: Vec<Value>,
    keys: Vec<Text>,
    open: Vec<Open>,
    /// Where the arrays and objects stand, if that is asked for.
    places: Option<Places>,
    repeating: Option<usize>,
}

/// An array or object that is open.
#[derive(Default)]
struct Open {
    start: usize,
    first_value: usize,
    first_key: usize,
    origin: Origin,
}

impl Tree {
    /// One that notes where the arrays and objects stand.
    pub(crate) fn with_places() -> Self {
        Self { places: Some(Places::default()), ..Self::default() }
    }

    pub(crate) fn into_value(mut self) -> Value {
        self.values.pop().unwrap_or_default()
    }

    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// Takes out the places.
    pub(crate) fn take_places(&mut self) -> Places {
        self.places.take().unwrap_or_default()
    }

    /// Where an object starts that has two equal keys: the first one that was read to its end. Of
    /// the values the last counts, at the place of the first.
    pub(crate) fn repeating(&self) -> Option<usize> {
        self.repeating
    }

    fn close(&mut self, end: usize) -> Open {
        let open = self.open.pop().unwrap_or_default();
        if let (Some(places), Some(id)) = (&mut self.places, open.origin.id()) {
            places.close(id, end);
        }
        open
    }
}

impl Build for Tree {
    fn atom(&mut self, value: impl FnOnce() -> Value) {
        self.values.push(value());
    }

    fn key(&mut self, _: usize, key: impl FnOnce() -> Text) {
        self.keys.push(key());
    }

    fn open(&mut self, at: usize) {
        let origin = self.places.as_mut().map(|places| places.open(at)).unwrap_or_default();
        let (first_value, first_key) = (self.values.len(), self.keys.len());
        self.open.push(Open { start: at, first_value, first_key, origin });
    }

    fn close_array(&mut self, end: usize) {
        let Open { first_value, origin, .. } = self.close(end);
        let elements = self.values.drain(first_value..).collect();
        self.values.push(Array::read(elements, origin).into());
    }

    fn close_object(&mut self, end: usize) {
        let Open { start, first_value, first_key, origin } = self.close(end);
        let values = self.values.drain(first_value..);
        let object = if repeats(&self.keys[first_key..]) {
            self.repeating.get_or_insert(start);
            let mut object = Object::read(Vec::new(), origin);
            for (key, value) in self.keys.drain(first_key..).zip(values) {
                object.insert(&key, value);
            }
            object
        } else {
            Object::read(self.keys.drain(first_key..).zip(values).collect(), origin)
        };
        self.values.push(Value::object(object));
    }
}

/// Whether a key stands twice.
fn repeats(keys: &[Text]) -> bool {
    if keys.len() > 64 {
        let mut seen = HashSet::with_capacity(keys.len());
        return !keys.iter().all(|key| seen.insert(key));
    }
    // One bit for each key seen: only when its bit is taken has a key to be compared.
    let mut seen = 0u64;
    keys.iter().enumerate().any(|(place, key)| {
        let bytes = key.as_bytes();
        let last = bytes.last().copied().unwrap_or(0);
        let middle = bytes.get(bytes.len() / 2).copied().unwrap_or(0);
        let mix = usize::from(last) * 31 + usize::from(middle) * 7 + bytes.len();
        let bit = 1u64 << (mix % 64);
        let taken = seen & bit != 0;
        seen |= bit;
        taken && keys[..place].contains(key)
    })
}
