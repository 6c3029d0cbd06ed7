//! Arrays and objects: sizes, keys, order, groups.

use super::core::results;
use super::table::{Builtin, native};
use super::{Cv, Error, Exception, object, one, want_array};
use crate::json::object::Object;
use crate::json::value::{Node, Value, into_elements};
use crate::run::arithmetic::fail;
use crate::run::{search, stack};
use jaq_core::ValR;
use jaq_core::box_iter::box_once;
use jaq_core::native::unary;
use std::cmp::Ordering;

pub(crate) const TABLE: &[Builtin] = &[
    native("length", "", |cv| one(length(&cv.1))),
    native("keys", "", |cv| one(keys(&cv.1, true))),
    native("keys_unsorted", "", |cv| one(keys(&cv.1, false))),
    native("has", "v", |cv| unary(cv, |value, key| search::has(&value, &key).map(Value::from))),
    native("contains", "v", |cv| unary(cv, |value, part| search::contains(&value, &part).map(Value::from))),
    native("indices", "v", |cv| unary(cv, |value, wanted| search::indices(&value, &wanted))),
    native("to_entries", "", |cv| one(to_entries(&cv.1))),
    native("from_entries", "", |cv| one(from_entries(cv.1))),
    native("add", "", |cv| one(add(cv.1))),
    native("reverse", "", |cv| one(reverse(cv.1))),
    native("sort", "", |cv| one(sorted(cv.1).map(Value::array))),
    native("unique", "", |cv| {
        one(sorted(cv.1).map(|mut elements| {
            elements.dedup();
            Value::array(elements)
        }))
    }),
    native("min", "", |cv| one(comparable(cv.1).map(|e| e.into_iter().reduce(smaller).unwrap_or_default()))),
    native("max", "", |cv| one(comparable(cv.1).map(|e| e.into_iter().reduce(larger).unwrap_or_default()))),
    native("sort_by", "f", |cv| {
        box_once(keyed(cv).map(|keyed| keyed.into_iter().map(|(_, value)| value).collect()))
    }),
    native("group_by", "f", |cv| box_once(groups(cv).map(|g| g.into_iter().map(Value::array).collect()))),
    native("unique_by", "f", |cv| {
        let firsts =
            |groups: Vec<Vec<Value>>| groups.into_iter().filter_map(|g| g.into_iter().next()).collect();
        box_once(groups(cv).map(firsts))
    }),
    native("min_by", "f", |cv| {
        box_once(keyed_unsorted(cv, BY_SIZE).map(|keyed| {
            let least = keyed.into_iter().reduce(|a, b| if b.0 < a.0 { b } else { a });
            least.map(|(_, value)| value).unwrap_or_default()
        }))
    }),
    native("max_by", "f", |cv| {
        box_once(keyed_unsorted(cv, BY_SIZE).map(|keyed| {
            let most = keyed.into_iter().reduce(|a, b| if b.0 >= a.0 { b } else { a });
            most.map(|(_, value)| value).unwrap_or_default()
        }))
    }),
    native("flatten", "", |cv| one(flatten(cv.1, &f64::INFINITY.into()))),
    native("flatten", "v", |cv| {
        unary(cv, |value, depth| match depth < Value::from(0.0) {
            true => fail("flatten depth must not be negative"),
            false => flatten(value, &depth),
        })
    }),
    native("bsearch", "v", |cv| unary(cv, |value, wanted| search_sorted(&value, &wanted))),
    native("implode", "", |cv| one(implode(&cv.1))),
    native("join", "v", |cv| unary(cv, |value, separator| join(value, &separator))),
    native("tojson", "", |cv| one(Ok(Value::from(cv.1.to_string())))),
    native("type", "", |cv| one(Ok(Value::from_str(cv.1.type_name())))),
];

fn length(value: &Value) -> ValR<Value> {
    Ok(match &value.0 {
        Node::Null => Value::from(0.0),
        Node::Bool(_) => return fail(format!("{} has no length", value.described())),
        Node::String(text) => Value::from(text.as_str().chars().count()),
        Node::Array(array) => Value::from(array.len()),
        Node::Object(object) => Value::from(object.len()),
        _ => match value.spelling() {
            Some(spelling) if !spelling.starts_with('-') => value.clone(),
            Some(_) => value.negated().unwrap_or_default(),
            None => Value::from(value.as_f64().unwrap_or_default().abs()),
        },
    })
}

fn keys(value: &Value, sort: bool) -> ValR<Value> {
    match &value.0 {
        Node::Array(array) => Ok((0..array.len()).map(Value::from).collect()),
        Node::Object(object) => {
            let mut keys: Vec<_> = object.entries().iter().map(|(key, _)| key.clone()).collect();
            if sort {
                keys.sort_unstable();
            }
            Ok(keys.into_iter().map(|key| Value(Node::String(key))).collect())
        }
        _ => fail(format!("{} has no keys", value.described())),
    }
}

fn to_entries(value: &Value) -> ValR<Value> {
    match &value.0 {
        Node::Object(object) => Ok(object
            .entries()
            .iter()
            .map(|(key, value)| {
                super::object([("key", Value(Node::String(key.clone()))), ("value", value.clone())])
            })
            .collect()),
        Node::Array(array) => {
            let entry =
                |(place, value): (usize, &Value)| object([("key", place.into()), ("value", value.clone())]);
            Ok(array.iter().enumerate().map(entry).collect())
        }
        _ => fail(format!("{} has no keys", value.described())),
    }
}

fn from_entries(value: Value) -> ValR<Value> {
    use crate::run::path::get;
    let mut object = Object::default();
    for entry in iterable(value)? {
        let mut key = Value::null();
        for name in ["key", "Key", "name", "Name"] {
            key = get(&entry, &Value::from_str(name))?;
            if key.is_truthy() {
                break;
            }
        }
        let Node::String(key) = &key.0 else {
            return fail(format!("Cannot use {} as object key", key.described()));
        };
        let name = if search::has(&entry, &Value::from_str("value"))? { "value" } else { "Value" };
        object.insert(key, get(&entry, &Value::from_str(name))?);
    }
    Ok(Value::object(object))
}

/// The elements of an array or the values of an object.
fn iterable(value: Value) -> Result<Vec<Value>, Error> {
    match value.0 {
        Node::Array(array) => Ok(into_elements(array)),
        Node::Object(object) => Ok(object.entries().iter().map(|(_, value)| value.clone()).collect()),
        _ => fail(format!("Cannot iterate over {}", value.described())),
    }
}

fn add(value: Value) -> ValR<Value> {
    let elements = iterable(value)?;
    if elements.len() > 2 && elements.iter().all(|element| element.as_str().is_some()) {
        let text: String = elements.iter().filter_map(Value::as_str).collect();
        return Ok(Value::from(text));
    }
    elements.into_iter().try_fold(Value::null(), |sum, element| sum + element)
}

fn reverse(value: Value) -> ValR<Value> {
    if let Node::Array(array) = value.0 {
        let mut elements = into_elements(array);
        elements.reverse();
        return Ok(Value::array(elements));
    }
    // What is not empty would be indexed from its end.
    match length(&value)?.as_f64() {
        Some(length) if 0.0 < length || length.is_nan() => {
            let last = Value::from(length - 1.0);
            fail(format!("Cannot index {} with {}", value.type_name(), last.described()))
        }
        _ => Ok(Value::array(Vec::new())),
    }
}

/// The elements of an array, in order.
fn sorted(value: Value) -> Result<Vec<Value>, Error> {
    match value.0 {
        Node::Array(array) => {
            let mut elements = into_elements(array);
            // Not `sort`, which asks for `<`: that is no total order, as jq has it.
            elements.sort_by(Ord::cmp);
            Ok(elements)
        }
        _ => fail(format!("{} cannot be sorted, as it is not an array", value.described())),
    }
}

fn smaller(a: Value, b: Value) -> Value {
    if b < a { b } else { a }
}

fn larger(a: Value, b: Value) -> Value {
    if b >= a { b } else { a }
}

type Keyed = Vec<(Vec<Value>, Value)>;

/// The elements of an array, to find the least or the largest of them.
fn comparable(value: Value) -> Result<Vec<Value>, Error> {
    match value.0 {
        Node::Array(array) => Ok(into_elements(array)),
        _ => fail(format!("{0} and {0} cannot be iterated over", value.described())),
    }
}

/// What an object can't be, in the words for it.
const BY_SIZE: &str = "cannot be iterated over";
const IN_ORDER: &str = "cannot be sorted, as they are not both arrays";

/// Each element with all the results of the closure on it.
fn keyed_unsorted<'a>(mut cv: Cv<'a>, refused: &str) -> Result<Keyed, Exception<'a>> {
    let closure = cv.0.pop_fun();
    let is_array = cv.1.as_array().is_some();
    let described = if is_array { String::new() } else { cv.1.described() };
    let keyed = |value: Value| Ok((results(&closure, value.clone()).collect::<Result<Vec<_>, _>>()?, value));
    let keyed: Keyed = iterable(cv.1)?.into_iter().map(keyed).collect::<Result<_, Exception<'a>>>()?;
    if is_array {
        return Ok(keyed);
    }
    let keys: Value = keyed.into_iter().map(|(keys, _)| Value::array(keys)).collect();
    Err(Error::new(Value::from(format!("{described} and {} {refused}", keys.described()))).into())
}

fn keyed<'a>(cv: Cv<'a>) -> Result<Keyed, Exception<'a>> {
    let mut keyed = keyed_unsorted(cv, IN_ORDER)?;
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(keyed)
}

fn groups<'a>(cv: Cv<'a>) -> Result<Vec<Vec<Value>>, Exception<'a>> {
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let mut last = None;
    for (key, value) in keyed(cv)? {
        match groups.last_mut() {
            Some(group) if last.as_ref() == Some(&key) => group.push(value),
            _ => groups.push(vec![value]),
        }
        last = Some(key);
    }
    Ok(groups)
}

/// Arrays in arrays are opened until the depth is exactly zero.
fn flatten(value: Value, depth: &Value) -> ValR<Value> {
    fn into(elements: Vec<Value>, depth: &Value, flat: &mut Vec<Value>) -> Result<(), Error> {
        let mut below = None;
        for element in elements {
            match element.0 {
                Node::Array(inner) if *depth != Value::from(0.0) && stack::has_room() => {
                    if below.is_none() {
                        below = Some((depth.clone() - Value::from(1.0))?);
                    }
                    into(into_elements(inner), below.as_ref().unwrap_or(depth), flat)?;
                }
                other => flat.push(Value(other)),
            }
        }
        Ok(())
    }
    let mut flat = Vec::new();
    into(iterable(value)?, depth, &mut flat)?;
    Ok(Value::array(flat))
}

/// By halves. A NaN is found nowhere.
fn search_sorted(value: &Value, wanted: &Value) -> ValR<Value> {
    let message = || format!("{} cannot be searched from", value.described());
    let elements = want_array(value, message)?;
    let (mut start, mut end) = (0, elements.len());
    while start < end {
        let middle = start + (end - start) / 2;
        match wanted.partial_cmp(&elements[middle]) {
            Some(Ordering::Equal) => return Ok(Value::from(middle)),
            Some(Ordering::Less) => end = middle,
            _ => start = middle + 1,
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "no array is that long")]
    Ok(Value::from(-1.0 - start as f64))
}

fn implode(value: &Value) -> ValR<Value> {
    let mut text = String::new();
    for code in want_array(value, || "implode input must be an array".to_owned())? {
        let Some(code) = code.as_f64().filter(|code| !code.is_nan()) else {
            let message = "can't be imploded, unicode codepoint needs to be numeric";
            return fail(format!("{} {message}", code.described()));
        };
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what is beyond the range is no character either way"
        )]
        let code = if code < 0.0 { u32::MAX } else { code as u32 };
        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Ok(text.into())
}

fn join(value: Value, separator: &Value) -> ValR<Value> {
    let elements = iterable(value)?;
    if elements.is_empty() {
        return Ok(Value::from_str(""));
    }
    let mut text = String::new();
    for (place, element) in elements.into_iter().enumerate() {
        if place > 0 {
            match &separator.0 {
                Node::Null => {}
                Node::String(separator) => text.push_str(separator.as_str()),
                _ => return Value::from(text) + separator.clone(),
            }
        }
        match &element.0 {
            Node::Null => {}
            Node::String(part) => text.push_str(part.as_str()),
            Node::Array(_) | Node::Object(_) => return Value::from(text) + element,
            _ => text.push_str(&element.to_string()),
        }
    }
    Ok(text.into())
}
