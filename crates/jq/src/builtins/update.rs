//! Updates by jq's rule: the paths are found in the input first, then changed one after another.

use super::core::results;
use super::table::{Builtin, native};
use super::{Closure, Cv, Error, Exception, Results, one};
use crate::Value;
use crate::run::arithmetic::fail;
use crate::run::deletion;
use crate::run::trail::{self, Identity};
use crate::run::{marks, path, stack};
use jaq_core::ValR;
use jaq_core::box_iter::box_once;

pub(crate) const TABLE: &[Builtin] = &[
    native("!modify", "Pf", |cv| box_once(modify(cv, false))),
    native("!modify_or_delete", "Pf", |cv| box_once(modify(cv, true))),
    native("!assign", "Pv", |cv| each(cv, |_, new| Ok(new))),
    native("!update_add", "Pv", |cv| each(cv, |old, new| old + new)),
    native("!update_subtract", "Pv", |cv| each(cv, |old, new| old - new)),
    native("!update_multiply", "Pv", |cv| each(cv, |old, new| old * new)),
    native("!update_divide", "Pv", |cv| each(cv, |old, new| old / new)),
    native("!update_remainder", "Pv", |cv| each(cv, |old, new| old % new)),
    native("!update_alternative", "Pv", |cv| {
        each(cv, |old, new| Ok(if old.is_truthy() { old } else { new }))
    }),
    native("setpath", "cc", |mut cv| {
        let (new, keys) = (cv.0.pop_var(), cv.0.pop_var());
        one(set_path(cv.1, &keys, new))
    }),
    native("delpaths", "v", |mut cv| {
        let paths = cv.0.pop_var();
        one(delete_paths(cv.1, &paths))
    }),
    native("del", "P", |mut cv| {
        let paths = cv.0.pop_fun();
        box_once(delete(cv.1, &paths))
    }),
];

/// The keys of a path.
pub(crate) fn keys(path: &Value) -> Result<&[Value], Error> {
    match path.as_array() {
        Some(keys) => Ok(keys),
        None => fail("Path must be specified as an array"),
    }
}

/// How many paths are found ahead of the first change; fewer where the stack may be small.
const AHEAD: usize = 4096;
const AHEAD_ELSEWHERE: usize = 64;

/// Runs `work` for every path of `paths` in `root`, as it was: a path is found when the changes at
/// those before it have been made, so that an error among these ends it, even if there are paths
/// without end. Where there are few, they are all found first: the input is no longer shared then,
/// and changing it copies nothing. `work` says which value it has found there, so that an error can
/// say where it came from.
fn for_each_path<'a>(
    root: Value,
    closure: &Closure<'a>,
    mut work: impl FnMut(&mut Value, &[Value], &mut Option<Identity>) -> Result<(), Exception<'a>>,
) -> Result<Value, Exception<'a>> {
    let before = Identity::of(&root);
    let found = closure.0.paths((closure.1.clone(), (root.clone(), Default::default())));
    let mut failed = false;
    // Nothing is asked for behind an error.
    let found = found
        .map(|found| Ok(found?.1))
        .take_while(move |found| !std::mem::replace(&mut failed, found.is_err()));
    let mut found = found.fuse().peekable();
    let ahead = if stack::is_large() { AHEAD } else { AHEAD_ELSEWHERE };
    let first: Vec<Result<_, Exception<'a>>> = found.by_ref().take(ahead).collect();
    let rest = if found.peek().is_some() { Some(found) } else { None };
    let mut root = root;
    for path in first.into_iter().chain(rest.into_iter().flatten()) {
        let keys = marks::keys(path?.iter())?;
        let mut inside = None;
        work(&mut root, &keys, &mut inside).map_err(|exception| {
            // Without a value there, it is the way that ended.
            let reached = if inside.is_some() { keys.len() } else { path::reach(&root, &keys) };
            let path = keys[..reached].iter().rev().cloned();
            trail::note(exception, before, path, inside.unwrap_or_default())
        })?;
    }
    trail::became(before, &root);
    Ok(root)
}

/// Deletes at paths.
fn delete_all(root: Value, paths: Vec<Vec<Value>>) -> ValR<Value> {
    let before = Identity::of(&root);
    let root = deletion::delete_all(root, paths)?;
    trail::became(before, &root);
    Ok(root)
}

fn each<'a>(mut cv: Cv<'a>, change: fn(Value, Value) -> ValR<Value>) -> Results<'a> {
    let (new, paths) = (cv.0.pop_var(), cv.0.pop_fun());
    box_once(for_each_path(cv.1, &paths, |root, keys, inside| {
        let change = |old: Value| Ok(Some(change(old, new.clone())?));
        update(root, keys, false, inside, &mut |old| change(old).transpose()).map(|_| ())
    }))
}

/// `paths |= change`. With `may_delete` the change may have no result, and its place is deleted in
/// the end. Until then the old value stays: other paths may lead through it.
fn modify<'a>(mut cv: Cv<'a>, may_delete: bool) -> Result<Value, Exception<'a>> {
    let (change, paths) = (cv.0.pop_fun(), cv.0.pop_fun());
    let mut gone: Vec<Vec<Value>> = Vec::new();
    let root = for_each_path(cv.1, &paths, |root, keys, inside| {
        if !update(root, keys, may_delete, inside, &mut |old| results(&change, old).next())? {
            gone.push(keys.to_vec());
        }
        Ok(())
    })?;
    Ok(delete_all(root, gone)?)
}

/// Changes what is at a path; says whether the change had a result.
fn update<'a>(
    root: &mut Value,
    keys: &[Value],
    may_delete: bool,
    inside: &mut Option<Identity>,
    change: &mut dyn FnMut(Value) -> Option<Result<Value, Exception<'a>>>,
) -> Result<bool, Exception<'a>> {
    let old = path::get_path(root, keys)?;
    let missing = old.is_null();
    drop(old);
    let mut gives = None;
    let done = path::update_if_any(root, keys, missing, may_delete, &mut |old| {
        *inside = Some(Identity::of(&old));
        let new = change(old);
        gives = Some(new.is_some());
        new
    });
    // Whether the place can be written to, jq finds when it has the new value.
    match (done, gives) {
        (Err(_), Some(false)) => Ok(false),
        (Err(error), None) => match change(path::get_path(root, keys)?) {
            Some(result) => result.and(Err(error)),
            None => Ok(false),
        },
        (done, _) => done,
    }
}

fn set_path(mut root: Value, path: &Value, new: Value) -> ValR<Value> {
    let before = Identity::of(&root);
    path::update::<Error>(&mut root, keys(path)?, &mut |_| Ok(new.clone()))?;
    trail::became(before, &root);
    Ok(root)
}

fn delete_paths(root: Value, paths: &Value) -> ValR<Value> {
    let Some(paths) = paths.as_array() else {
        return fail("Paths must be specified as an array");
    };
    let keys = |path: &Value| match path.as_array() {
        Some(keys) => Ok(keys.to_vec()),
        None => fail(format!("Path must be specified as array, not {}", path.type_name())),
    };
    delete_all(root, paths.iter().map(keys).collect::<Result<_, _>>()?)
}

fn delete<'a>(root: Value, paths: &Closure<'a>) -> Result<Value, Exception<'a>> {
    let mut gone = Vec::new();
    let root = for_each_path(root, paths, |_, keys, _| {
        gone.push(keys.to_vec());
        Ok(())
    })?;
    Ok(delete_all(root, gone)?)
}
