//! Reading and changing at paths, as jq does it: what is missing on the way is made, by
//! the kind of key that asks for it, and nothing else moves.

use crate::json::object::Object;
use crate::json::parse::MAX_DEPTH;
use crate::json::text::Text;
use crate::json::value::{Node, Value};
use crate::run::arithmetic::fail;
use crate::run::stack;
use std::ops::Range;
use std::rc::Rc;

type Error = jaq_core::Error<Value>;

/// The longest array that assigning to an index may make.
const LONGEST: usize = 1 << 27;

/// What a key means for the value it is used on.
enum Key<'a> {
    Name(&'a Text),
    Place(f64),
    Slice(Option<f64>, Option<f64>),
}

impl<'a> Key<'a> {
    fn new(container: &Value, key: &'a Value) -> Result<Self, Error> {
        match (&container.0, &key.0) {
            (Node::Object(_) | Node::Null, Node::String(name)) => return Ok(Self::Name(name)),
            (Node::Array(_) | Node::Null, _) if key.is_number() => {
                return Ok(Self::Place(key.as_f64().unwrap_or(f64::NAN)));
            }
            (Node::Array(_) | Node::Null | Node::String(_), Node::Object(slice)) => {
                return slice_bounds(slice).map(|(from, upto)| Self::Slice(from, upto));
            }
            _ => {}
        }
        cannot_index(container, key)
    }
}

/// jq's error for a key that does not fit.
fn cannot_index<T>(container: &Value, key: &Value) -> Result<T, Error> {
    fail(format!("Cannot index {} with {}", container.type_name(), key.described()))
}

pub(crate) fn slice_bounds(slice: &Object) -> Result<(Option<f64>, Option<f64>), Error> {
    let bound = |name: &str| match slice.get(&Text::new(name)) {
        Some(value) if value.is_null() => Ok(None),
        Some(value) => match value.as_f64() {
            Some(number) => Ok(Some(number).filter(|number| !number.is_nan())),
            None => fail("Array/string slice indices must be integers"),
        },
        None => fail("Array/string slice indices must be integers"),
    };
    Ok((bound("start")?, bound("end")?))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the length first"
)]
pub(crate) fn slice_range(length: usize, from: Option<f64>, upto: Option<f64>) -> Range<usize> {
    let size = length as f64;
    let place = |bound: f64| if bound < 0.0 { bound + size } else { bound };
    let clamp = |bound: f64| bound.clamp(0.0, size) as usize;
    let start = clamp(place(from.unwrap_or(0.0)).floor());
    let end = clamp(place(upto.unwrap_or(size)).ceil());
    start..end.max(start)
}

/// The index that a float means in an array of this length, cut towards zero; `None` if it is before
/// the start.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "checked"
)]
pub(crate) fn place(length: usize, index: f64) -> Option<usize> {
    let index = index.trunc();
    let index = if index < 0.0 { index + length as f64 } else { index };
    (index >= 0.0).then_some(index as usize)
}

fn slice_text(text: &str, from: Option<f64>, upto: Option<f64>) -> Value {
    if text.is_ascii() {
        return Value::from_str(&text[slice_range(text.len(), from, upto)]);
    }
    let range = slice_range(text.chars().count(), from, upto);
    let sliced: String = text.chars().skip(range.start).take(range.len()).collect();
    Value::string(sliced)
}

/// `container | .[key]`.
pub(crate) fn get(container: &Value, key: &Value) -> Result<Value, Error> {
    match (&container.0, &key.0) {
        (Node::Array(array), Node::Array(wanted)) => {
            return Ok(crate::run::search::array_indices(array, wanted));
        }
        // Of what is not there a slice is not looked at either.
        (Node::Null, Node::Object(_)) => return Ok(Value::null()),
        _ => {}
    }
    Ok(match (&container.0, Key::new(container, key)?) {
        (Node::Object(object), Key::Name(name)) => object.get(name).cloned().unwrap_or_default(),
        (Node::Array(array), Key::Place(index)) => {
            let index = if index.is_nan() { None } else { place(array.len(), index) };
            index.and_then(|index| array.get(index)).cloned().unwrap_or_default()
        }
        (Node::Array(array), Key::Slice(from, upto)) => {
            Value::array(array[slice_range(array.len(), from, upto)].to_vec())
        }
        (Node::String(text), Key::Slice(from, upto)) => slice_text(text.as_str(), from, upto),
        _ => Value::null(),
    })
}

/// A longer path would make a document that can't be read again.
pub(crate) fn check_length(path: &[Value]) -> Result<(), Error> {
    if path.len() > MAX_DEPTH { fail("Path too deep") } else { Ok(()) }
}

/// The value at a path; null where a part is missing.
pub(crate) fn get_path(root: &Value, path: &[Value]) -> Result<Value, Error> {
    check_length(path)?;
    let mut value = root.clone();
    for key in path {
        value = get(&value, key)?;
    }
    Ok(value)
}

/// How many of the keys lead somewhere, one after another.
pub(crate) fn reach(root: &Value, path: &[Value]) -> usize {
    let mut value = root.clone();
    let leads = |key: &&Value| match get(&value, key) {
        Ok(next) => {
            value = next;
            true
        }
        Err(_) => false,
    };
    path.iter().take_while(leads).count()
}

/// Changes the value at `path` by `change`, making what is missing.
pub(crate) fn update<E: From<Error>>(
    root: &mut Value,
    path: &[Value],
    change: &mut dyn FnMut(Value) -> Result<Value, E>,
) -> Result<(), E> {
    check_length(path)?;
    let mut current = root;
    for (depth, key) in path.iter().enumerate() {
        if let (Node::Array(_), Node::Array(_)) = (&current.0, &key.0) {
            return fail("Cannot update field at array index of array").map_err(E::from);
        }
        let key = Key::new(current, key)?;
        if let Key::Slice(from, upto) = key {
            return update_slice(current, from, upto, &path[depth + 1..], change);
        }
        current = child(current, &key)?;
    }
    let old = std::mem::take(current);
    *current = change(old)?;
    Ok(())
}

/// The same for a change that may have no result: says whether it had one. Without one nothing is
/// made on the way to what is `missing`; what was there is for the caller to delete. Until then the
/// old value stays if it `keeps` it, which costs a copy of what the change goes into.
pub(crate) fn update_if_any<E: From<Error>>(
    root: &mut Value,
    path: &[Value],
    missing: bool,
    keeps: bool,
    change: &mut dyn FnMut(Value) -> Option<Result<Value, E>>,
) -> Result<bool, E> {
    if missing {
        let Some(new) = change(Value::null()) else {
            return Ok(false);
        };
        let new = new?;
        update::<Error>(root, path, &mut |_| Ok(new.clone()))?;
        return Ok(true);
    }
    let mut any = true;
    update(root, path, &mut |old| {
        let kept = keeps.then(|| old.clone());
        change(old).unwrap_or_else(|| {
            any = false;
            Ok(kept.unwrap_or_default())
        })
    })?;
    Ok(any)
}

fn child<'v>(container: &'v mut Value, key: &Key<'_>) -> Result<&'v mut Value, Error> {
    match key {
        Key::Name(name) => {
            if container.is_null() {
                *container = Value::empty_object();
            }
            let Node::Object(object) = &mut container.0 else {
                return fail("not an object");
            };
            Ok(Rc::make_mut(object).entry(name))
        }
        Key::Place(index) => {
            if container.is_null() {
                *container = Value::array(Vec::new());
            }
            let Node::Array(array) = &mut container.0 else {
                return fail("not an array");
            };
            if index.is_nan() {
                return fail("Cannot set array element at NaN index");
            }
            let Some(index) = place(array.len(), *index) else {
                return fail("Out of bounds negative array index");
            };
            if index >= LONGEST {
                return fail("Array index too large");
            }
            let elements = Rc::make_mut(array).elements_mut();
            if index >= elements.len() {
                elements.resize_with(index + 1, Value::null);
            }
            Ok(&mut elements[index])
        }
        Key::Slice(..) => fail("not an index"),
    }
}

fn update_slice<E: From<Error>>(
    container: &mut Value,
    from: Option<f64>,
    upto: Option<f64>,
    rest: &[Value],
    change: &mut dyn FnMut(Value) -> Result<Value, E>,
) -> Result<(), E> {
    if !stack::has_room() {
        return fail("Path too deep").map_err(E::from);
    }
    let (range, mut part) = match &container.0 {
        Node::Array(array) => {
            let range = slice_range(array.len(), from, upto);
            (range.clone(), Value::array(array[range].to_vec()))
        }
        Node::String(text) => (0..0, slice_text(text.as_str(), from, upto)),
        _ => (0..0, Value::null()),
    };
    update(&mut part, rest, change)?;
    if container.as_str().is_some() {
        return fail("Cannot update string slices").map_err(E::from);
    }
    let Node::Array(part) = part.0 else {
        return fail("A slice of an array can only be assigned another array").map_err(E::from);
    };
    if container.is_null() {
        *container = Value::array(Vec::new());
    }
    if let Node::Array(array) = &mut container.0 {
        Rc::make_mut(array).elements_mut().splice(range, crate::json::value::into_elements(part));
    }
    Ok(())
}
