//! Where in the document an update failed: the path, collected while the error comes up.
//!
//! Only updates of the document itself count, not those of a value on the way (`with_entries` makes
//! some), so the document is followed from one update to the next.
//!
//! An update that contains another one (`.users |= map(.age += 1)`) does not know what lies between
//! them. The inner path is kept only if the inner update had exactly the value that the outer one
//! handed out; else the outer path alone is.

use crate::json::value::{Node, Value};
use crate::run::context;
use jaq_core::Exn;
use std::rc::Rc;

/// The last error that came up through an update.
pub(crate) struct Trail {
    error: Value,
    /// What was updated.
    root: Identity,
    /// The path in it, the last key first.
    keys: Vec<Value>,
}

/// Which value it is, not what it is like. Scalars are all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Identity(usize);

impl Identity {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn of(value: &Value) -> Self {
        Self(match &value.0 {
            Node::Array(array) => Rc::as_ptr(array).addr(),
            Node::Object(object) => Rc::as_ptr(object).addr(),
            _ => 0,
        })
    }
}

/// Remembers that `exception`, if it is an error, came up from the place `path` (the last key
/// first) in `root`, where there was `inside`.
pub(crate) fn note<'a>(
    exception: Exn<'a, Value>,
    root: Identity,
    path: impl IntoIterator<Item = Value>,
    inside: Identity,
) -> Exn<'a, Value> {
    let error = match exception.get_err() {
        Ok(error) => error.into_val(),
        Err(other) => return other,
    };
    let last = context::with(|context| context.trail.take());
    let last = last.filter(|trail| trail.root == inside && is_same(&trail.error, &error));
    let mut keys = last.map(|trail| trail.keys).unwrap_or_default();
    keys.extend(path);
    let trail = Trail { error: error.clone(), root, keys };
    context::with(|context| context.trail.replace(Some(trail)));
    jaq_core::Error::new(error).into()
}

/// Says that an update made one value of another.
pub(crate) fn became(before: Identity, after: &Value) {
    context::with(|context| {
        if context.document.get() == before {
            context.document.set(Identity::of(after));
        }
    });
}

/// Where in the document `error` came from, as a path: `.users[3].age`. `None` if it came through
/// no update of the document, or from the whole of it.
pub(crate) fn of(error: &Value) -> Option<String> {
    let (trail, document) = context::with(|context| (context.trail.take(), context.document.get()));
    let trail = trail.filter(|trail| is_same(&trail.error, error) && trail.root == document)?;
    (!trail.keys.is_empty()).then(|| spelled(trail.keys.iter().rev()))
}

fn is_same(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => std::ptr::eq(left, right) || (left.len() < 23 && left == right),
        _ => false,
    }
}

/// How long a path may get in a message.
const LONGEST: usize = 200;

/// A path as it is written in a filter.
pub(crate) fn spelled<'v>(keys: impl Iterator<Item = &'v Value>) -> String {
    let mut path = String::new();
    for key in keys {
        if path.len() > LONGEST {
            path.push('…');
            break;
        }
        match &key.0 {
            Node::String(name) if is_name(name.as_str()) => {
                path.push('.');
                path.push_str(name.as_str());
            }
            Node::String(_) => path.push_str(&format!(".{}", key.shortened())),
            Node::Object(_) => {
                let bound =
                    |name| key.as_object().and_then(|slice| slice.get(&crate::json::text::Text::new(name)));
                let bound = |name| bound(name).filter(|bound| !bound.is_null()).map(Value::to_string);
                let (start, end) = (bound("start").unwrap_or_default(), bound("end").unwrap_or_default());
                path.push_str(&format!("[{start}:{end}]"));
            }
            _ => path.push_str(&format!("[{key}]")),
        }
    }
    if !path.starts_with('.') {
        path.insert(0, '.');
    }
    path
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
