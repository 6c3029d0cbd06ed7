//! Looking for values in values.

use super::arithmetic::fail;
use super::stack;
use super::value::{Node, Value};

type Error = jaq_core::Error<Value>;

/// Where `wanted` starts in `elements`.
pub(super) fn array_indices(elements: &[Value], wanted: &[Value]) -> Value {
    if wanted.is_empty() {
        return Value::null();
    }
    let windows = elements.windows(wanted.len()).enumerate();
    windows.filter(|(_, window)| *window == wanted).map(|(place, _)| Value::from(place)).collect()
}

/// `value | indices(wanted)`: places of an element, of a run of elements, or of a text, the last
/// counted in characters.
pub(super) fn indices(value: &Value, wanted: &Value) -> Result<Value, Error> {
    match (&value.0, &wanted.0) {
        (Node::Null, _) => Ok(Value::null()),
        (Node::Array(array), Node::Array(wanted)) => Ok(array_indices(&array.0, &wanted.0)),
        (Node::Array(array), _) => {
            let places = array.0.iter().enumerate();
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
        _ => super::path::get(value, wanted),
    }
}

/// `value | contains(part)`.
pub(super) fn contains(value: &Value, part: &Value) -> Result<bool, Error> {
    match (&value.0, &part.0) {
        _ if !stack::has_room() => Ok(false),
        (Node::Object(object), Node::Object(part)) => {
            for (key, part) in part.entries() {
                match object.get(key) {
                    Some(value) if contains(value, part)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        (Node::Array(array), Node::Array(parts)) => {
            for part in &parts.0 {
                let mut found = false;
                for value in &array.0 {
                    let same_type = value.type_name() == part.type_name();
                    found = same_type && contains(value, part)?;
                    if found {
                        break;
                    }
                }
                if !found {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Node::String(text), Node::String(part)) => Ok(text.as_str().contains(part.as_str())),
        _ if value.type_name() == part.type_name() => Ok(value == part),
        _ => fail(format!(
            "{} and {} cannot have their containment checked",
            value.described(),
            part.described()
        )),
    }
}

/// `value | has(key)`.
pub(super) fn has(value: &Value, key: &Value) -> Result<bool, Error> {
    match (&value.0, &key.0) {
        (Node::Object(object), Node::String(name)) => Ok(object.get(name).is_some()),
        #[allow(clippy::cast_precision_loss, reason = "no array is that long")]
        (Node::Array(array), _) if key.is_number() => {
            Ok(key.as_f64().is_some_and(|index| index >= 0.0 && index < array.0.len() as f64))
        }
        _ => fail(format!("Cannot check whether {} has a {} key", value.type_name(), key.type_name())),
    }
}
