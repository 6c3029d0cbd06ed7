//! Updates by jq's rule: the paths are found in the input first, then changed one after another.

use super::core::results;
use super::{Closure, Cv, Error, Exception, Plain, Results, one, parameters, plain};
use crate::Value;
use crate::filter::Engine;
use crate::lang::paths;
use crate::run::arithmetic::fail;
use crate::run::deletion;
use crate::run::path;
use crate::run::trail::{self, Identity};
use jaq_core::ValR;
use jaq_core::box_iter::box_once;
use jaq_core::native::Fun;

pub(crate) fn natives() -> Vec<Fun<Engine>> {
    let natives: [Plain; 12] = [
        ("!modify", parameters("ff"), |cv| box_once(modify(cv, false))),
        ("!modify_or_delete", parameters("ff"), |cv| box_once(modify(cv, true))),
        ("!assign", parameters("fv"), |cv| each(cv, |_, new| Ok(new))),
        ("!update_add", parameters("fv"), |cv| each(cv, |old, new| old + new)),
        ("!update_subtract", parameters("fv"), |cv| each(cv, |old, new| old - new)),
        ("!update_multiply", parameters("fv"), |cv| each(cv, |old, new| old * new)),
        ("!update_divide", parameters("fv"), |cv| each(cv, |old, new| old / new)),
        ("!update_remainder", parameters("fv"), |cv| each(cv, |old, new| old % new)),
        ("!update_alternative", parameters("fv"), |cv| {
            each(cv, |old, new| Ok(if old.is_truthy() { old } else { new }))
        }),
        ("setpath", parameters("vv"), |mut cv| {
            let (new, keys) = (cv.0.pop_var(), cv.0.pop_var());
            one(set_path(cv.1, &keys, new))
        }),
        ("delpaths", parameters("v"), |mut cv| {
            let paths = cv.0.pop_var();
            one(delete_paths(cv.1, &paths))
        }),
        ("del", parameters("f"), |mut cv| {
            let paths = cv.0.pop_fun();
            box_once(delete(cv.1, &paths))
        }),
    ];
    plain(natives)
}

/// The keys of a path.
pub(crate) fn keys(path: &Value) -> Result<&[Value], Error> {
    match path.as_array() {
        Some(keys) => Ok(keys),
        None => fail("Path must be specified as an array"),
    }
}

/// Runs `work` for every path of `paths` in `root`. They are all found first: the input is no
/// longer shared then, so that changing it copies nothing. `work` says which value it has found
/// there, so that an error can say where it came from.
fn for_each_path<'a>(
    root: Value,
    closure: &Closure<'a>,
    mut work: impl FnMut(&mut Value, &[Value], &mut Option<Identity>) -> Result<(), Exception<'a>>,
) -> Result<Value, Exception<'a>> {
    let before = Identity::of(&root);
    let found = closure.0.paths((closure.1.clone(), (root.clone(), Default::default())));
    let found: Vec<_> = found.map(|found| Ok(found?.1)).collect::<Result<_, Exception<'a>>>()?;
    let mut root = root;
    for path in found {
        let keys = paths::keys(path.iter())?;
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
        path::update(root, keys, &mut |old| {
            *inside = Some(Identity::of(&old));
            Ok(change(old, new.clone())?)
        })
    }))
}

/// `paths |= change`. With `may_delete` the change may have no result, and its place is deleted in
/// the end. Until then the old value stays: other paths may lead through it.
fn modify<'a>(mut cv: Cv<'a>, may_delete: bool) -> Result<Value, Exception<'a>> {
    let (change, paths) = (cv.0.pop_fun(), cv.0.pop_fun());
    let mut gone: Vec<Vec<Value>> = Vec::new();
    let root = for_each_path(cv.1, &paths, |root, keys, inside| {
        let missing = path::get_path(root, keys)?.is_null();
        let any = path::update_if_any(root, keys, missing, may_delete, &mut |old| {
            *inside = Some(Identity::of(&old));
            results(&change, old).next()
        })?;
        if !any {
            gone.push(keys.to_vec());
        }
        Ok(())
    })?;
    Ok(delete_all(root, gone)?)
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
