//! The value as `jaq-core` sees it.
//!
//! The engine runs its own updates (`.a |= f`) only on paths that are plain enough for its way of
//! doing it to give what jq's way gives; `filter::rewrite` sees to the rest.

use crate::json::array::Array;
use crate::json::object::Object;
use crate::json::print::to_json;
use crate::json::text::Text;
use crate::json::value::{Node, Value, into_array, into_object};
use crate::run::arithmetic::fail;
use crate::run::deletion;
use crate::run::path;
use crate::run::trail::{self, Identity};
use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::path::Opt;
use jaq_core::{ValR, ValX};
use std::fmt;
use std::rc::Rc;

type Range<V> = jaq_core::val::Range<V>;

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&to_json(&self.0))
    }
}

/// A slice as a path holds it.
impl From<Range<Self>> for Value {
    fn from(range: Range<Self>) -> Self {
        let bound = |name, bound: Option<Self>| (Text::new(name), bound.unwrap_or_default());
        Self::object(Object::from_distinct(vec![bound("start", range.start), bound("end", range.end)]))
    }
}

impl Value {
    fn cannot_iterate<T>(&self) -> Result<T, jaq_core::Error<Self>> {
        fail(format!("Cannot iterate over {}", self.described()))
    }

    /// The key of a slice.
    fn slice_key(range: Range<&Self>) -> Self {
        Self::from(range.start.cloned()..range.end.cloned())
    }

    fn map_at<'a, I: Iterator<Item = ValX<'a, Self>>>(
        mut self,
        key: Self,
        opt: Opt,
        change: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let root = Identity::of(&self);
        let missing = match path::get(&self, &key) {
            Ok(old) => old.is_null(),
            Err(error) => {
                return opt.fail(self, |_| trail::note(error.into(), root, None, Identity::default()));
            }
        };
        // The elements of a slice stay until it is deleted, so that the others keep their places.
        let keeps = key.as_object().is_some();
        let keys = [key];
        let mut inside = Identity::default();
        let any = path::update_if_any(&mut self, &keys, missing, keeps, &mut |old| {
            inside = Identity::of(&old);
            change(old).next()
        })
        .map_err(|exception| trail::note(exception, root, keys.iter().cloned(), inside))?;
        if !any {
            self = deletion::delete_all(self, vec![keys.into()])?;
        }
        trail::became(root, &self);
        Ok(self)
    }
}

impl jaq_core::ValT for Value {
    fn from_num(spelling: &str) -> ValR<Self> {
        // The language allows `.5`, `5.` and zeros in front, which JSON does not.
        if crate::json::number::spelling_end(spelling.as_bytes()) == Ok(spelling.len()) {
            return Ok(Self::spelled(spelling));
        }
        spelling.parse().map(|number: f64| Self::from(number)).or_else(|_| fail("not a number"))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(iter: I) -> ValR<Self> {
        let mut object = Object::default();
        for (key, value) in iter {
            match &key.0 {
                Node::String(name) => object.insert(name, value),
                _ => {
                    return fail(format!("Cannot use {} as object key", key.described()));
                }
            }
        }
        Ok(Self::object(object))
    }

    fn key_values(self) -> BoxIter<'static, ValR<(Self, Self), Self>> {
        match self.0 {
            Node::Array(array) => {
                let places = (0..array.len()).map(Self::from);
                Box::new(places.zip(Elements::new(array)).map(Ok))
            }
            Node::Object(object) => {
                Box::new(Entries { object, at: 0 }.map(|(key, value)| Ok((Self(Node::String(key)), value))))
            }
            _ => box_once(self.cannot_iterate()),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR<Self>>> {
        match self.0 {
            Node::Array(array) => Box::new(Elements::new(array).map(Ok)),
            Node::Object(object) => Box::new(Entries { object, at: 0 }.map(|(_, value)| Ok(value))),
            _ => box_once(self.cannot_iterate()),
        }
    }

    fn index(self, index: &Self) -> ValR<Self> {
        path::get(&self, index)
    }

    fn range(self, range: Range<&Self>) -> ValR<Self> {
        path::get(&self, &Self::slice_key(range))
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        opt: Opt,
        change: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let root = Identity::of(&self);
        match self.0 {
            Node::Array(array) => {
                let mut array = into_array(array);
                let elements = array.elements_mut();
                let mut kept = 0;
                for at in 0..elements.len() {
                    let old = std::mem::take(&mut elements[at]);
                    let inside = Identity::of(&old);
                    if let Some(new) = change(old).next() {
                        elements[kept] =
                            new.map_err(|exception| trail::note(exception, root, [Self::from(at)], inside))?;
                        kept += 1;
                    }
                }
                elements.truncate(kept);
                let changed = Self::from(array);
                trail::became(root, &changed);
                Ok(changed)
            }
            Node::Object(object) => {
                let mut object = into_object(object);
                let mut failed = None;
                object.retain(|(key, value)| {
                    if failed.is_some() {
                        return true;
                    }
                    let old = std::mem::take(value);
                    let inside = Identity::of(&old);
                    match change(old).next() {
                        Some(Ok(new)) => *value = new,
                        Some(Err(exception)) => {
                            let key = Self(Node::String(key.clone()));
                            failed = Some(trail::note(exception, root, [key], inside));
                        }
                        None => return false,
                    }
                    true
                });
                if let Some(exception) = failed {
                    return Err(exception);
                }
                let changed = Self::object(object);
                trail::became(root, &changed);
                Ok(changed)
            }
            _ => opt.fail(self, |value| match value.cannot_iterate::<Self>() {
                Err(error) => trail::note(error.into(), root, None, Identity::default()),
                Ok(value) => jaq_core::Error::new(value).into(),
            }),
        }
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        change: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        self.map_at(index.clone(), opt, change)
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: Range<&Self>,
        opt: Opt,
        change: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        self.map_at(Self::slice_key(range), opt, change)
    }

    fn as_bool(&self) -> bool {
        self.is_truthy()
    }

    fn into_string(self) -> Self {
        if self.as_str().is_some() { self } else { Self::string(to_json(&self.0)) }
    }
}

/// The elements of an array, moved out if nobody else holds it.
struct Elements {
    shared: Option<(Rc<Array>, usize)>,
    owned: std::vec::IntoIter<Value>,
}

impl Elements {
    fn new(array: Rc<Array>) -> Self {
        match Rc::try_unwrap(array) {
            Ok(array) => Self { shared: None, owned: array.into_elements().into_iter() },
            Err(array) => Self { shared: Some((array, 0)), owned: Vec::new().into_iter() },
        }
    }
}

impl Iterator for Elements {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match &mut self.shared {
            None => self.owned.next(),
            Some((array, at)) => {
                let value = array.get(*at).cloned();
                *at += 1;
                value
            }
        }
    }
}

struct Entries {
    object: Rc<Object>,
    at: usize,
}

impl Iterator for Entries {
    type Item = (Text, Value);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.object.entries().get(self.at).cloned();
        self.at += 1;
        entry
    }
}
