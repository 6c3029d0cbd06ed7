//! Equality and order: null < false < true < numbers < strings < arrays < objects.

use crate::json::number;
use crate::json::value::{Node, Value};
use crate::run::stack;
use std::cmp::Ordering;
use std::rc::Rc;

fn rank(value: &Value) -> u8 {
    match value.0 {
        Node::Null => 0,
        Node::Bool(false) => 1,
        Node::Bool(true) => 2,
        Node::Number(_) | Node::Spelled(_) | Node::SpelledLong(_) => 3,
        Node::String(_) => 4,
        Node::Array(_) => 5,
        Node::Object(_) => 6,
    }
}

/// Compares; numbers as [`number::compare`] says. Objects are compared by their sorted keys
/// first, then by the values in that order.
fn compare(left: &Value, right: &Value, sorted: bool) -> Ordering {
    match (&left.0, &right.0) {
        (Node::Number(a), Node::Number(b)) if a < b => Ordering::Less,
        (Node::Number(a), Node::Number(b)) if a > b => Ordering::Greater,
        (Node::String(a), Node::String(b)) => a.cmp(b),
        (Node::Array(a), Node::Array(b)) => {
            if !stack::has_room() {
                return Ordering::Equal;
            }
            let pairs = a.iter().zip(b.iter());
            let mut orders = pairs.map(|(a, b)| compare(a, b, sorted));
            let first = orders.find(|order| order.is_ne());
            first.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Node::Object(a), Node::Object(b)) => {
            if !stack::has_room() || (Rc::ptr_eq(a, b) && sorted) {
                return Ordering::Equal;
            }
            let (a, b) = (a.sorted(), b.sorted());
            let keys = a.iter().map(|(key, _)| key).cmp(b.iter().map(|(key, _)| key));
            let values = a.iter().zip(&b).map(|((_, a), (_, b))| compare(a, b, sorted));
            keys.then_with(|| values.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal))
        }
        _ if left.is_number() && right.is_number() => number::compare(left, right, sorted),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// Equality without order: objects need no sorting for it.
fn equal(left: &Value, right: &Value) -> bool {
    match (&left.0, &right.0) {
        // The same array is equal to itself, also with a NaN in it.
        (Node::Array(a), Node::Array(b)) if Rc::ptr_eq(a, b) => true,
        (Node::Object(a), Node::Object(b)) if Rc::ptr_eq(a, b) => true,
        (Node::Array(a), Node::Array(b)) => {
            a.len() == b.len() && stack::has_room() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
        }
        (Node::Object(a), Node::Object(b)) => {
            let same = |(key, value): &(_, Value)| b.get(key).is_some_and(|b| equal(value, b));
            a.len() == b.len() && stack::has_room() && a.entries().iter().all(same)
        }
        _ => compare(left, right, false).is_eq(),
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        equal(self, other)
    }
}

impl Eq for Value {}

#[allow(
    clippy::non_canonical_partial_ord_impl,
    reason = "the language's `<` holds between two NaNs; sorting needs them equal"
)]
impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(compare(self, other, false))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self, other, true)
    }
}
