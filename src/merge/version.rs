//! Version vectors: how often each client has changed a document.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::MergeError;
use crate::document::{Format, Original, Value};

/// The key of a document that holds its vector.
pub const VERSION: &str = "_version";

/// How often each client has changed a document, as far as the document knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Vector(BTreeMap<String, u64>);

/// What one version is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// They are the same.
    Equal,
    /// The other one has all of this one's changes, and more.
    Before,
    /// This one has all of the other's changes, and more.
    After,
    /// Each has changes that the other has not.
    Concurrent,
    /// They say that they are the same, and are not: two clients have one name.
    Alarm,
}

impl Relation {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Relation::Equal => "equal",
            Relation::Before => "before",
            Relation::After => "after",
            Relation::Concurrent => "concurrent",
            Relation::Alarm => "alarm",
        }
    }
}

impl Vector {
    /// The vector of a document; `None` where it has none.
    ///
    /// # Errors
    /// What stands there is none.
    pub fn of(document: &Value) -> Result<Option<Vector>, MergeError> {
        document.get(VERSION).map(Vector::read).transpose()
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is none.
    pub fn read(value: &Value) -> Result<Vector, MergeError> {
        let Some(entries) = value.entries() else {
            return Err(MergeError::Version(value.type_name().into()));
        };
        let counts = entries.map(|(name, count)| match count.whole() {
            Some(count) => Ok((name.to_owned(), count)),
            None => Err(MergeError::Version(format!("an object with {name:?} of another kind"))),
        });
        Ok(Vector(counts.collect::<Result<_, _>>()?))
    }

    /// What this version is to another one.
    pub fn compare(&self, other: &Vector) -> Relation {
        let count = |vector: &Vector, name: &String| vector.0.get(name).copied().unwrap_or(0);
        let names = self.0.keys().chain(other.0.keys());
        let (mut less, mut more) = (false, false);
        for name in names {
            match count(self, name).cmp(&count(other, name)) {
                Ordering::Less => less = true,
                Ordering::Greater => more = true,
                Ordering::Equal => {}
            }
        }
        match (less, more) {
            (false, false) => Relation::Equal,
            (true, false) => Relation::Before,
            (false, true) => Relation::After,
            (true, true) => Relation::Concurrent,
        }
    }

    /// The version that has all changes of both.
    #[must_use]
    pub fn maximum(mut self, other: &Vector) -> Vector {
        for (name, count) in &other.0 {
            let own = self.0.entry(name.clone()).or_default();
            *own = (*own).max(*count);
        }
        self
    }

    /// The version after one more change by this client.
    #[must_use]
    pub fn raised(mut self, name: &str) -> Vector {
        let own = self.0.entry(name.to_owned()).or_default();
        *own = own.saturating_add(1);
        self
    }

    /// As it stands in a document: its names in the order in which they stood in `old`, then the new
    /// ones.
    pub fn to_value(&self, old: Option<&Value>) -> Value {
        let old = old.cloned().unwrap_or_default();
        let known: Vec<&str> = old.entries().into_iter().flatten().map(|(name, _)| name).collect();
        let known = known.into_iter().filter(|name| self.0.contains_key(*name));
        let new = self.0.keys().map(String::as_str).filter(|name| old.get(name).is_none());
        let count = |name: &str| {
            let count = self.0.get(name).copied().unwrap_or(0);
            match old.get(name).filter(|old| old.whole() == Some(count)) {
                Some(old) => old.clone(),
                None => Value::number(&count.to_string()).unwrap_or_default(),
            }
        };
        old.with_entries(known.chain(new).map(|name| (name, count(name))))
    }
}

/// The bytes of a document that a client has changed, with its vector raised; `None` for one without
/// a vector. The new one is never behind the old one, whatever was written.
pub fn raise(format: Format, old: &[u8], new: &[u8], name: &str) -> Option<Vec<u8>> {
    let has_it = |bytes| std::str::from_utf8(bytes).is_ok_and(|text: &str| text.contains(VERSION));
    if !has_it(new) {
        return None;
    }
    let (original, value) = Original::read(format, new).ok()?;
    // What is no vector is another program's, and stays as it is.
    let mut vector = Vector::of(&value).ok()??;
    if has_it(old)
        && let Some(old) = crate::document::parse_as(format, old).ok()
        && let Ok(Some(old)) = Vector::of(&old)
    {
        vector = vector.maximum(&old);
    }
    let raised = vector.raised(name).to_value(value.get(VERSION));
    let entries = value.entries()?.map(|(key, value)| match key {
        VERSION => (key, raised.clone()),
        key => (key, value.clone()),
    });
    original.replaced_by(&value.with_entries(entries)).ok()
}
