//! Looking for values in values.

use crate::json::value::{Node, Value};
use crate::run::arithmetic::fail;
use crate::run::stack;

type Error = jaq_core::Error<Value>;

/// Where `wanted` starts in `elements`.
pub(crate) fn array_indices(elements: &[Value], wanted: &[Value]) -> Value {
    if wanted.is_empty() {
        return Value::array(Vec::new());
    }
    let windows = elements.windows(wanted.len()).enumerate();
    windows.filter(|(_, window)| *window == wanted).map(|(place, _)| Value::from(place)).collect()
}

/// `value | indices(wanted)`: places of an element, of a run of elements, or of a text, the last
/// counted in characters.
pub(crate) fn indices(value: &Value, wanted: &Value) -> Result<Value, Error> {
    match (&value.0, &wanted.0) {
        (Node::Array(array), Node::Array(wanted)) => Ok(array_indices(array, wanted)),
        (Node::Array(array), _) => {
            let places = array.iter().enumerate();
            Ok(places.filter(|(_, v)| *v == wanted).map(|(place, _)| Value::from(place)).collect())
        }
        (Node::String(text), Node::String(wanted)) => {
            let (text, wanted) = (text.as_str(), wanted.as_str());
            if wanted.is_empty() {
                return Ok(Value::array(Vec::new()));
            }
            let starts = text.char_indices().map(|(at, _)| at).enumerate();
            let hits = starts.filter(|(_, at)| text[*at..].starts_with(wanted));
            Ok(hits.map(|(place, _)| Value::from(place)).collect())
        }
        _ => crate::run::path::get(value, wanted),
    }
}

/// `value | contains(part)`.
pub(crate) fn contains(value: &Value, part: &Value) -> Result<bool, Error> {
    let fits = match (&value.0, &part.0) {
        (Node::Bool(value), Node::Bool(part)) => value == part,
        _ => value.type_name() == part.type_name(),
    };
    if fits {
        return Ok(holds(value, part));
    }
    let (value, part) = (value.described(), part.described());
    fail(format!("{value} and {part} cannot have their containment checked"))
}

/// The same for parts of values: what is of another type is not contained.
fn holds(value: &Value, part: &Value) -> bool {
    match (&value.0, &part.0) {
        _ if !stack::has_room() => false,
        (Node::Object(object), Node::Object(part)) => {
            let held = |(key, part): &(_, Value)| object.get(key).is_some_and(|value| holds(value, part));
            part.entries().iter().all(held)
        }
        (Node::Array(array), Node::Array(parts)) => {
            parts.iter().all(|part| array.iter().any(|value| holds(value, part)))
        }
        (Node::String(text), Node::String(part)) => text.as_str().contains(part.as_str()),
        _ => value == part,
    }
}

/// `value | has(key)`.
pub(crate) fn has(value: &Value, key: &Value) -> Result<bool, Error> {
    match (&value.0, &key.0) {
        (Node::Null, _) => Ok(false),
        (Node::Object(object), Node::String(name)) => Ok(object.get(name).is_some()),
        #[allow(clippy::cast_precision_loss, reason = "no array is that long")]
        (Node::Array(array), _) if key.is_number() => {
            Ok(key.as_f64().is_some_and(|index| (0.0..array.len() as f64).contains(&index.trunc())))
        }
        _ => fail(format!("Cannot check whether {} has a {} key", value.type_name(), key.type_name())),
    }
}
