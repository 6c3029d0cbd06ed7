//! What is no path in the place of a path.
//!
//! jq evaluates it all the same, and complains once it is used as a path: with the result, and not
//! at all if there is none or if it is the very value that it started from. The engine refuses such
//! a term unseen. So a term of this kind passes [`value`](crate::builtins), which gives its results
//! with a mark in their path; who collects paths finds it.

use crate::Value;
use crate::json::value::Node;
use crate::lang::rewrite::{Ast, Rewriter, call};
use crate::run::arithmetic::fail;
use crate::run::stack;
use crate::run::trail::Identity;
use jaq_core::load::parse::{BinaryOp, Term};

/// Builtins that give paths, and which of their arguments have to be paths for that.
const BUILTINS: &[(&str, &[bool])] = &[
    ("empty", &[]),
    ("error", &[]),
    ("error", &[false]),
    ("select", &[false]),
    ("recurse", &[]),
    ("recurse", &[true]),
    ("recurse", &[true, false]),
    ("first", &[]),
    ("first", &[true]),
    ("last", &[]),
    ("last", &[true]),
    ("nth", &[false]),
    ("nth", &[false, true]),
    ("limit", &[false, true]),
    ("skip", &[false, true]),
    ("until", &[false, true]),
    ("while", &[false, true]),
    ("repeat", &[true]),
    ("getpath", &[false]),
    ("values", &[]),
    ("nulls", &[]),
    ("booleans", &[]),
    ("numbers", &[]),
    ("strings", &[]),
    ("arrays", &[]),
    ("objects", &[]),
    ("iterables", &[]),
    ("scalars", &[]),
    ("finites", &[]),
    ("normals", &[]),
    ("halt", &[]),
    ("halt_error", &[]),
    ("halt_error", &[false]),
    ("!recurse", &[]),
    ("!guard", &[]),
    ("!alternative", &[true, true]),
    ("!otherwise", &[true, true]),
    ("!last_or_null", &[true]),
];

impl<'s> Rewriter<'s> {
    /// A rewritten term that stands where a path is wanted.
    pub(crate) fn as_path(&self, term: Ast<'s>) -> Ast<'s> {
        if !stack::has_room() {
            return term;
        }
        let boxed = |term: Box<Ast<'s>>| Box::new(self.as_path(*term));
        match term {
            // Their parts decide.
            Term::Id | Term::Recurse | Term::Break(_) | Term::Fold(..) => term,
            Term::Path(head, parts) => Term::Path(boxed(head), parts),
            Term::BinOp(left, operator @ (BinaryOp::Pipe(None) | BinaryOp::Comma), right) => {
                Term::BinOp(boxed(left), operator, boxed(right))
            }
            Term::BinOp(left, operator @ BinaryOp::Pipe(Some(_)), right) => {
                Term::BinOp(left, operator, boxed(right))
            }
            Term::Label(name, inner) => Term::Label(name, boxed(inner)),
            Term::TryCatch(body, handler) => Term::TryCatch(boxed(body), handler.map(boxed)),
            Term::IfThenElse(branches, otherwise) => {
                let branches = branches.into_iter().map(|(condition, then)| (condition, self.as_path(then)));
                Term::IfThenElse(branches.collect(), otherwise.map(boxed))
            }
            Term::Def(definitions, body) => Term::Def(definitions, boxed(body)),
            Term::Call(name, arguments) if self.is_own(name) => Term::Call(name, arguments),
            Term::Call(name, arguments) => {
                let same =
                    |(known, paths): &&(&str, &[bool])| *known == name && paths.len() == arguments.len();
                match BUILTINS.iter().find(same) {
                    Some((_, paths)) => {
                        let arguments = arguments.into_iter().zip(*paths);
                        let path = |(argument, path): (Ast<'s>, &bool)| {
                            if *path { self.as_path(argument) } else { argument }
                        };
                        Term::Call(name, arguments.map(path).collect())
                    }
                    None => call("!value", vec![Term::Call(name, arguments)]),
                }
            }
            other => call("!value", vec![other]),
        }
    }
}

thread_local! {
    /// What makes a key a mark: nobody else has this very object.
    static MARK: Value = Value::empty_object();
}

fn mark() -> Value {
    MARK.with(Clone::clone)
}

/// The key that says: here the path ended, `value` is not in the document.
pub(crate) fn not_a_path(value: Value) -> Value {
    Value::array(vec![mark(), value])
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
/// It has a mark in it.
pub(crate) fn keys<'v>(path: impl Iterator<Item = &'v Value>) -> Result<Vec<Value>, jaq_core::Error<Value>> {
    let mut keys: Vec<Value> = path.cloned().collect();
    keys.reverse();
    let Some(first) = keys.iter().position(|key| marked(key).is_some()) else {
        return Ok(keys);
    };
    // A value made of another one that is no path: what counts is where it was used as one.
    let marks = keys[first..].iter().map_while(marked);
    let value = marks.last().map(Value::shortened).unwrap_or_default();
    match keys[first..].iter().find(|key| marked(key).is_none()) {
        None => fail(format!("Invalid path expression with result {value}")),
        Some(key) => {
            let key = key.shortened();
            fail(format!("Invalid path expression near attempt to access element {key} of {value}"))
        }
    }
}

/// The value that a mark stands for.
fn marked(key: &Value) -> Option<&Value> {
    match key.as_array() {
        Some([first, value]) if Identity::of(first) == Identity::of(&mark()) => Some(value),
        _ => None,
    }
}
