//! Values for who reads and writes them in another format than JSON.

use crate::json::number::{spelling_end, write_float};
use crate::json::object::Object;
use crate::json::text::Text;
use crate::json::value::{Node, Value};

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape<'v> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number: as JSON spells it, and as a float. A calculated one that JSON can't spell has the
    /// spelling of what comes next to it, and the float says what it is.
    Number(String, f64),
    /// A string, and whether it is [`marked`](Value::marked).
    String(&'v str, bool),
    /// The elements of an array.
    Array(&'v [Value]),
    /// The entries of an object, in order.
    Object(Vec<(&'v str, &'v Value)>),
}

impl Value {
    /// What it is.
    #[must_use]
    pub fn shape(&self) -> Shape<'_> {
        match &self.0 {
            Node::Null => Shape::Null,
            Node::Bool(value) => Shape::Bool(*value),
            Node::Number(number) => {
                let mut spelling = Vec::new();
                write_float(*number, &mut spelling);
                Shape::Number(String::from_utf8(spelling).unwrap_or_default(), *number)
            }
            Node::Spelled(_) | Node::SpelledLong(_) => {
                let spelling = self.spelling().unwrap_or_default().to_owned();
                Shape::Number(spelling, self.as_f64().unwrap_or(f64::NAN))
            }
            Node::String(text) => Shape::String(text.as_str(), matches!(text, Text::Marked(_))),
            Node::Array(elements) => Shape::Array(elements),
            Node::Object(object) => {
                let entries = object.entries().iter();
                Shape::Object(entries.map(|(key, value)| (key.as_str(), value)).collect())
            }
        }
    }

    /// A number as JSON spells it; `None` if JSON does not.
    #[must_use]
    pub fn number(spelling: &str) -> Option<Self> {
        (spelling_end(spelling.as_bytes()) == Ok(spelling.len())).then(|| Self::spelled(spelling))
    }

    /// A string with a mark, which a filter does not see. The string keeps it wherever it goes as a
    /// whole; what is made of its parts has none.
    #[must_use]
    pub fn marked(text: &str) -> Self {
        Self(Node::String(Text::marked(text)))
    }

    /// An object. Of equal keys the last counts.
    #[must_use]
    pub fn from_entries(entries: impl IntoIterator<Item = (String, Self)>) -> Self {
        let mut object = Object::default();
        for (key, value) in entries {
            object.insert(&Text::from(key), value);
        }
        Self::object(object)
    }
}
