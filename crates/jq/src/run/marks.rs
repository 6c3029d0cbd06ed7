//! The mark in a path that says: here it ended, what follows is not in the document.

use crate::Value;
use crate::json::value::Node;
use crate::run::arithmetic::fail;
use crate::run::context;
use crate::run::trail::Identity;

/// What makes a key a mark: nobody else has this very object. Without a run there is none.
fn mark() -> Value {
    context::with(|context| context.mark.borrow().clone()).unwrap_or_default()
}

/// The key that says: here the path ended, `value` is not in the document. The last place that was
/// in it held `origin`.
pub(crate) fn not_a_path(value: Value, origin: Value) -> Value {
    Value::array(vec![mark(), value, origin])
}

/// What the last place in the document held, if a path ends in a mark.
pub(crate) fn origin(last: Option<&Value>) -> Option<Value> {
    last.and_then(marked).map(|(_, origin)| origin.clone())
}

/// Whether it is the same value, and not only an equal one. Scalars are the same when they are
/// equal; jq looks closer at some.
pub(crate) fn is_identical(left: &Value, right: &Value) -> bool {
    match (&left.0, &right.0) {
        (Node::Array(_) | Node::Object(_), _) => Identity::of(left) == Identity::of(right),
        _ => left == right,
    }
}

/// The keys of a path that was collected, which is last key first.
///
/// # Errors
///
/// It ended in a mark.
pub(crate) fn keys<'v>(path: impl Iterator<Item = &'v Value>) -> Result<Vec<Value>, jaq_core::Error<Value>> {
    let mut keys: Vec<Value> = path.cloned().collect();
    keys.reverse();
    match keys.last().and_then(marked) {
        Some((value, _)) => fail(format!("Invalid path expression with result {}", value.shortened())),
        None => Ok(keys),
    }
}

/// Looks whether what was collected so far, last key first, is a path; `key` is the next step, null
/// for all of them.
///
/// # Errors
///
/// It ended in a mark.
pub(crate) fn look<'v>(
    mut path: impl Iterator<Item = &'v Value>,
    key: &Value,
) -> Result<(), jaq_core::Error<Value>> {
    match path.next().and_then(marked).map(|(value, _)| value.shortened()) {
        None => Ok(()),
        Some(value) if key.is_null() => {
            fail(format!("Invalid path expression near attempt to iterate through {value}"))
        }
        Some(value) => {
            let key = key.shortened();
            fail(format!("Invalid path expression near attempt to access element {key} of {value}"))
        }
    }
}

/// The value that a mark stands for, and what the last place held.
fn marked(key: &Value) -> Option<(&Value, &Value)> {
    match key.as_array() {
        Some([first, value, origin]) if Identity::of(first) == Identity::of(&mark()) => Some((value, origin)),
        _ => None,
    }
}
