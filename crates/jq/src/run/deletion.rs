//! Deleting at paths. The order of what stays does not change.

use crate::json::text::Text;
use crate::json::value::{Node, Value};
use crate::run::arithmetic::fail;
use crate::run::path::{check_length, get, place, slice_bounds, slice_range, update};
use crate::run::stack;
use std::collections::HashSet;
use std::rc::Rc;

type Error = jaq_core::Error<Value>;

/// Deletes every one of `paths`, each an array of keys. All mean the places there are before; what
/// is below a place that goes is not looked at, and nothing is made on the way to what is missing.
pub(crate) fn delete_all(mut root: Value, mut paths: Vec<Vec<Value>>) -> Result<Value, Error> {
    paths.sort_by(Ord::cmp);
    paths.iter().try_for_each(|path| check_length(path))?;
    match paths.first() {
        None => Ok(root),
        Some(first) if first.is_empty() => Ok(Value::null()),
        Some(_) => {
            delete_sorted(&mut root, &paths, 0)?;
            Ok(root)
        }
    }
}

/// Deletes in a container what `paths`, sorted and alike up to `depth`, name.
fn delete_sorted(container: &mut Value, paths: &[Vec<Value>], depth: usize) -> Result<(), Error> {
    if !stack::has_room() {
        return fail("Path too deep");
    }
    let mut keys = Vec::new();
    let mut rest = paths;
    while let Some(first) = rest.first() {
        let key = &first[depth];
        // NaN is not equal to itself: a group has at least its first.
        let same = rest.iter().take_while(|path| path.get(depth) == Some(key)).count().max(1);
        let (group, others) = rest.split_at(same);
        if first.len() == depth + 1 {
            keys.push(key);
        } else if !get(container, key)?.is_null() {
            update::<Error>(container, std::slice::from_ref(key), &mut |mut below| {
                delete_sorted(&mut below, group, depth + 1)?;
                Ok(below)
            })?;
        }
        rest = others;
    }
    if keys.is_empty() || container.is_null() {
        return Ok(());
    }
    // What has none of the keys stays shared.
    if let Node::Object(object) = &container.0
        && keys.iter().all(|key| matches!(&key.0, Node::String(name) if object.get(name).is_none()))
    {
        return Ok(());
    }
    *container = delete_keys(std::mem::take(container), &keys)?;
    Ok(())
}

fn delete_keys(mut container: Value, keys: &[&Value]) -> Result<Value, Error> {
    match &mut container.0 {
        Node::Object(object) => {
            let names: Result<Vec<&Text>, Error> = keys.iter().map(|key| name_of(key)).collect();
            let names = names?;
            let object = Rc::make_mut(object);
            if names.len() > 8 {
                let names: HashSet<_> = names.into_iter().collect();
                object.retain(|(key, _)| !names.contains(key));
            } else {
                names.into_iter().for_each(|name| drop(object.remove(name)));
            }
        }
        Node::Array(array) => {
            let elements = Rc::make_mut(array).elements_mut();
            let mut gone = vec![false; elements.len()];
            for key in keys {
                mark(key, &mut gone)?;
            }
            let mut gone = gone.into_iter();
            elements.retain(|_| !gone.next().unwrap_or(false));
        }
        _ => return fail(format!("Cannot delete fields from {}", container.type_name())),
    }
    Ok(container)
}

fn name_of(key: &Value) -> Result<&Text, Error> {
    match &key.0 {
        Node::String(name) => Ok(name),
        _ => fail(format!("Cannot delete {} field of object", key.type_name())),
    }
}

/// Marks the elements that `key` names.
fn mark(key: &Value, gone: &mut [bool]) -> Result<(), Error> {
    match &key.0 {
        Node::Object(slice) => {
            let (from, upto) = slice_bounds(slice)?;
            let range = slice_range(gone.len(), from, upto);
            gone[range].fill(true);
        }
        _ if key.is_number() => {
            // Between -1 and 0 is behind the last; a NaN is nowhere.
            let index = key.as_f64().filter(|index| *index <= -1.0 || *index >= 0.0);
            let index = index.and_then(|index| place(gone.len(), index));
            if let Some(gone) = index.and_then(|index| gone.get_mut(index)) {
                *gone = true;
            }
        }
        _ => return fail(format!("Cannot delete {} element of array", key.type_name())),
    }
    Ok(())
}
