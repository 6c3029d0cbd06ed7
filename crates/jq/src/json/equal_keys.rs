//! Two equal keys in one object: valid JSON, and no two readers agree which value counts.

use crate::Value;
use crate::json::dialect::Dialect;
use crate::json::parse::{line_and_column, read_again};
use crate::json::text::Text;
use crate::json::tree::Build;
use std::collections::HashMap;

/// Two equal keys in one object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two equal keys in one object: {key} at line {}, column {} and at line {}, column {}", first.0, first.1, second.0, second.1)]
pub struct EqualKeys {
    /// The key in quotes; a long one is shortened.
    pub key: String,
    /// Line and column, in characters, of the first: both from 1.
    pub first: (usize, usize),
    /// Those of the second.
    pub second: (usize, usize),
}

impl EqualKeys {
    /// Finds them in the object that starts at `object`.
    pub(crate) fn locate(dialect: Dialect, bytes: &[u8], object: usize) -> Self {
        let finder = read_again(dialect, bytes.get(object..).unwrap_or_default(), Finder::default());
        let (key, first, second) = finder.ok().and_then(|finder| finder.found).unwrap_or_default();
        Self {
            key: Value::string(key).shortened(),
            first: line_and_column(bytes, object + first),
            second: line_and_column(bytes, object + second),
        }
    }
}

/// Looks at the keys of the outermost object, and remembers the first that stands twice.
#[derive(Default)]
struct Finder {
    depth: usize,
    seen: HashMap<Text, usize>,
    found: Option<(String, usize, usize)>,
}

impl Build for Finder {
    fn atom(&mut self, _: impl FnOnce() -> Value) {}

    fn key(&mut self, at: usize, key: impl FnOnce() -> Text) {
        if self.depth > 1 || self.found.is_some() {
            return;
        }
        let key = key();
        match self.seen.get(&key) {
            Some(first) => self.found = Some((key.as_str().to_owned(), *first, at)),
            None => drop(self.seen.insert(key, at)),
        }
    }

    fn open(&mut self, _: usize) {
        self.depth += 1;
    }

    fn close_array(&mut self, _: usize) {
        self.depth -= 1;
    }

    fn close_object(&mut self, _: usize) {
        self.depth -= 1;
    }
}
