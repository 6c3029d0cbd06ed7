//! A JSON value: lossless, small, cheap to clone.
//!
//! A number that was read is kept as it was spelled; it becomes a float when it is calculated
//! with. An object keeps the order of its keys. A value may be deeper than the stack is large, so
//! it is dropped without recursion.

use crate::json::array::Array;
use crate::json::dialect::Dialect;
use crate::json::object::Object;
use crate::json::parse::{InvalidJson, parse};
use crate::json::text::{Short, Text};
use crate::run::context;
use std::rc::Rc;

/// A JSON value. Cheap to clone; not `Send`.
#[derive(Clone, Debug, Default)]
pub struct Value(pub(crate) Node);

/// What a [`Value`] is.
#[derive(Clone, Default)]
pub(crate) enum Node {
    #[default]
    Null,
    Bool(bool),
    /// A number whose spelling is the one that printing it gives, or a calculated one.
    Number(f64),
    /// A number in a spelling of its own.
    Spelled(Short),
    /// The same, too long to be kept in place.
    SpelledLong(Rc<str>),
    String(Text),
    Array(Rc<Array>),
    Object(Rc<Object>),
}

const _: () = assert!(size_of::<Value>() == 24, "a value is three words");

/// How deep drops may nest before they are put off.
const DROP_DEPTH: u32 = 100;

/// What an array or object held.
#[allow(dead_code, reason = "held only to be dropped")]
pub(crate) enum Children {
    Elements(Vec<Value>),
    Entries(Vec<(Text, Value)>),
}

/// Drops the children of an array or object. Beyond [`DROP_DEPTH`] they are left to the outermost
/// call, so that the stack stays small. While a thread ends there is nobody to leave them to.
pub(crate) fn drop_children(children: Children) {
    let mut children = Some(children);
    let depth = context::try_with(|context| {
        let depth = context.drop_depth.get();
        match depth < DROP_DEPTH {
            true => context.drop_depth.set(depth + 1),
            false => context.drop_later.borrow_mut().extend(children.take()),
        }
        depth
    });
    drop(children.take());
    let Some(depth) = depth.filter(|depth| *depth < DROP_DEPTH) else {
        return;
    };
    if depth == 0 {
        let next = || context::try_with(|context| context.drop_later.borrow_mut().pop()).flatten();
        while let Some(children) = next() {
            drop(children);
        }
    }
    context::try_with(|context| context.drop_depth.set(depth));
}

impl Value {
    /// Reads one document strictly, as [`validate`](crate::validate) does.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] says what is wrong and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidJson> {
        Self::parse_as(Dialect::Json, bytes)
    }

    /// Reads one document of either dialect.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] says what is wrong and where.
    pub fn parse_as(dialect: Dialect, bytes: &[u8]) -> Result<Self, InvalidJson> {
        parse(dialect, bytes)
    }

    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        Self(Node::Null)
    }

    /// `{}`.
    #[must_use]
    pub fn empty_object() -> Self {
        Self(Node::Object(Rc::default()))
    }

    /// A string.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "a string is never refused, unlike FromStr")]
    pub fn from_str(text: &str) -> Self {
        Self(Node::String(Text::new(text)))
    }

    /// An array.
    #[must_use]
    pub fn array(elements: Vec<Self>) -> Self {
        Self::from(Array::new(elements))
    }

    /// False for `null` and `false`.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        !matches!(self.0, Node::Null | Node::Bool(false))
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Node::String(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The name of its type, as the filter `type` gives it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.0 {
            Node::Null => "null",
            Node::Bool(_) => "boolean",
            Node::Number(_) | Node::Spelled(_) | Node::SpelledLong(_) => "number",
            Node::String(_) => "string",
            Node::Array(_) => "array",
            Node::Object(_) => "object",
        }
    }

    pub(crate) fn string(text: impl Into<Text>) -> Self {
        Self(Node::String(text.into()))
    }

    pub(crate) fn object(object: Object) -> Self {
        Self(Node::Object(Rc::new(object)))
    }

    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        match &self.0 {
            Node::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The elements of an array; of anything else none.
    pub(crate) fn into_elements(self) -> Vec<Self> {
        match self.0 {
            Node::Array(array) => into_elements(array),
            _ => Vec::new(),
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object> {
        match &self.0 {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.0, Node::Null)
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self.0, Node::Number(_) | Node::Spelled(_) | Node::SpelledLong(_))
    }
}

/// The elements, copied only when somebody else holds the array too.
pub(crate) fn into_elements(array: Rc<Array>) -> Vec<Value> {
    Rc::try_unwrap(array).map_or_else(|shared| shared.to_vec(), Array::into_elements)
}

/// The array, copied only when somebody else holds it too.
pub(crate) fn into_array(array: Rc<Array>) -> Array {
    Rc::try_unwrap(array).unwrap_or_else(|shared| (*shared).clone())
}

/// The object, copied only when somebody else holds it too.
pub(crate) fn into_object(object: Rc<Object>) -> Object {
    Rc::try_unwrap(object).unwrap_or_else(|shared| (*shared).clone())
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self(Node::Array(Rc::new(array)))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(Node::Bool(value))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self(Node::Number(value))
    }
}

/// Beyond what a float keeps it is spelled: this is how the engine gives a number of the filter.
impl From<isize> for Value {
    fn from(value: isize) -> Self {
        i32::try_from(value)
            .map_or_else(|_| Self::spelled(&value.to_string()), |small| Self::from(f64::from(small)))
    }
}

impl From<usize> for Value {
    #[allow(clippy::cast_precision_loss, reason = "the numbers of the language are floats")]
    fn from(value: usize) -> Self {
        Self(Node::Number(value as f64))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::string(value)
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(elements: I) -> Self {
        Self::array(elements.into_iter().collect())
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&crate::json::print::to_json(self))
    }
}
