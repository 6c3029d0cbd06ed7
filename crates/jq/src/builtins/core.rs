//! Control: what the rewritten filter calls, paths, generators, messages, halting.

use super::{Closure, Cv, Exception, Plain, Results, one, parameters, plain};
use crate::Value;
use crate::filter::{Engine, Halt};
use crate::lang::paths;
use crate::run::arithmetic::fail;
use crate::run::path;
use crate::run::within::given_up;
use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::native::Fun;
use jaq_core::{Error, Exn, Native, ValT};

pub(crate) fn natives() -> Vec<Fun<Engine>> {
    let simple: [Plain; 21] = [
        ("!foreach_start", parameters(""), |cv| {
            box_once(Ok(Value::array(vec![cv.1, Value::array(Vec::new())])))
        }),
        ("!foreach_step", parameters("f"), |cv| box_once(foreach_step(cv))),
        ("!foreach_results", parameters(""), |cv| {
            let results = cv.1.as_array().and_then(|pair| pair.last()).cloned();
            Box::new(results.unwrap_or_default().values().map(|result| Ok(result?)))
        }),
        ("true", parameters(""), |_| box_once(Ok(true.into()))),
        ("false", parameters(""), |_| box_once(Ok(false.into()))),
        ("null", parameters(""), |_| box_once(Ok(Value::null()))),
        ("not", parameters(""), |cv| box_once(Ok((!cv.1.is_truthy()).into()))),
        ("path", parameters("f"), |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            let found = f.paths((ctx, (cv.1, Default::default())));
            Box::new(found.map(|found| Ok(Value::array(paths::keys(found?.1.iter())?))))
        }),
        ("range", parameters("v"), |mut cv| {
            let upto = cv.0.pop_var();
            range(&Value::from(0.0), &upto)
        }),
        ("range", parameters("vv"), |mut cv| {
            let (upto, from) = (cv.0.pop_var(), cv.0.pop_var());
            range(&from, &upto)
        }),
        ("range", parameters("vvv"), |mut cv| {
            let (by, upto, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
            range_by(from, upto, by)
        }),
        ("env", parameters(""), |cv| box_once(Ok(cv.0.data().bindings.environment_value()))),
        ("input_filename", parameters(""), |cv| {
            let name = cv.0.data().bindings.input_filename.as_deref();
            box_once(Ok(name.map_or_else(Value::null, Value::from_str)))
        }),
        ("input_line_number", parameters(""), |_| box_once(Ok(Value::from(0.0)))),
        ("input", parameters(""), |_| one(fail("No more inputs"))),
        ("inputs", parameters(""), |_| Box::new(std::iter::empty())),
        ("debug", parameters(""), |cv| {
            let line = format!("[\"DEBUG:\",{}]\n", cv.1);
            cv.0.data().message(line.as_bytes());
            box_once(Ok(cv.1))
        }),
        ("stderr", parameters(""), |cv| {
            let text = cv.1.clone().into_string();
            cv.0.data().message(text.as_str().unwrap_or_default().as_bytes());
            box_once(Ok(cv.1))
        }),
        ("halt", parameters(""), |cv| box_once(Err(cv.0.data().halt(Halt::Asked(0, Vec::new()))))),
        ("halt_error", parameters("v"), |mut cv| {
            let code = cv.0.pop_var();
            box_once(Err(halt_error(&cv, &code)))
        }),
        ("builtins", parameters(""), |_| {
            let defined = super::prelude::DEFINITIONS.iter();
            let defined = defined.map(|(name, arity, _)| format!("{name}/{arity}"));
            let natives = super::all();
            let natives = natives.iter().map(|(name, arguments, _)| format!("{name}/{}", arguments.len()));
            let public = defined.chain(natives).filter(|name| !name.starts_with(['!', '_']));
            box_once(Ok(public.map(Value::from).collect()))
        }),
    ];
    let with_paths: [Fun<Engine>; 10] = [
        (
            "!guard",
            parameters(""),
            Native::<Engine>::new(guard).with_paths(|cv| match cv.0.data().room() {
                Ok(()) => box_once(Ok(cv.1)),
                Err(stop) => box_once(Err(stop)),
            }),
        ),
        ("!recurse", parameters(""), recursion()),
        ("recurse", parameters(""), recursion()),
        (
            "!alternative",
            parameters("ff"),
            Native::<Engine>::new(|mut cv| {
                let (right, left) = (cv.0.pop_fun(), cv.0.pop_fun());
                let wanted =
                    |result: &Result<Value, Exception<'_>>| result.as_ref().map_or(true, Value::is_truthy);
                let mut results = left.0.run((left.1, cv.1.clone())).filter(wanted);
                match results.next() {
                    Some(first) => Box::new(std::iter::once(first).chain(results)),
                    None => right.0.run((right.1, cv.1)),
                }
            })
            .with_paths(|mut cv| {
                let (right, left) = (cv.0.pop_fun(), cv.0.pop_fun());
                let found = left.0.paths((left.1, cv.1.clone()));
                let mut found = found.filter(|found| match found {
                    Ok((value, _)) => value.is_truthy(),
                    Err(_) => true,
                });
                match found.next() {
                    Some(first) => Box::new(std::iter::once(first).chain(found)),
                    None => right.0.paths((right.1, cv.1)),
                }
            }),
        ),
        (
            "!value",
            parameters("f"),
            Native::<Engine>::new(|mut cv| {
                let (f, ctx) = cv.0.pop_fun();
                f.run((ctx, cv.1))
            })
            .with_paths(|mut cv| {
                let (f, ctx) = cv.0.pop_fun();
                let (input, path) = cv.1;
                Box::new(f.run((ctx, input.clone())).map(move |result| {
                    let value = result?;
                    if paths::is_identical(&value, &input) {
                        return Ok((value, path.clone()));
                    }
                    let mark = paths::not_a_path(value.clone());
                    Ok((value, path.clone().cons(mark)))
                }))
            }),
        ),
        (
            "!otherwise",
            parameters("ff"),
            Native::<Engine>::new(|mut cv| {
                let (second, first) = (cv.0.pop_fun(), cv.0.pop_fun());
                let results = first.0.run((first.1, cv.1.clone()));
                otherwise(results, move || second.0.run((second.1, cv.1)))
            })
            .with_paths(|mut cv| {
                let (second, first) = (cv.0.pop_fun(), cv.0.pop_fun());
                let found = first.0.paths((first.1, cv.1.clone()));
                otherwise(found, move || second.0.paths((second.1, cv.1)))
            }),
        ),
        (
            "!last_or_null",
            parameters("f"),
            Native::<Engine>::new(|mut cv| {
                let (f, ctx) = cv.0.pop_fun();
                let last = f.run((ctx, cv.1)).try_fold(None, |_, result| result.map(Some));
                box_once(last.map(Option::unwrap_or_default))
            })
            .with_paths(|mut cv| {
                let (f, ctx) = cv.0.pop_fun();
                let last = f.paths((ctx, cv.1)).try_fold(None, |_, found| found.map(Some));
                box_once(last.map(|last| last.unwrap_or_else(|| (Value::null(), Default::default()))))
            }),
        ),
        (
            "getpath",
            parameters("v"),
            Native::<Engine>::new(|mut cv| {
                let keys = cv.0.pop_var();
                one(super::update::keys(&keys).and_then(|keys| path::get_path(&cv.1, keys)))
            })
            .with_paths(|mut cv| {
                let keys = cv.0.pop_var();
                let (value, path) = cv.1;
                let found = super::update::keys(&keys).and_then(|keys| {
                    let path = keys.iter().fold(path, |path, key| path.cons(key.clone()));
                    Ok((path::get_path(&value, keys)?, path))
                });
                box_once(found.map_err(Exn::from))
            }),
        ),
        (
            "error",
            parameters("v"),
            Native::<Engine>::new(|mut cv| one(Err(Error::new(cv.0.pop_var()))))
                .with_paths(|mut cv| box_once(Err(Exn::from(Error::new(cv.0.pop_var()))))),
        ),
        (
            "error",
            parameters(""),
            Native::<Engine>::new(|cv| one(Err(Error::new(cv.1))))
                .with_paths(|cv| box_once(Err(Exn::from(Error::new(cv.1.0))))),
        ),
    ];
    let engine = jaq_core::funs::<Engine>().filter_map(|(name, parameters, native)| {
        let name = match name {
            "first" | "last" => name,
            "limit" => "_limit",
            "skip" => "_skip",
            _ => return None,
        };
        Some((name, parameters, native))
    });
    plain(simple).into_iter().chain(with_paths).chain(engine).collect()
}

/// What `first` gives up to an error, and then what `second` gives. `break` and `halt` are no errors.
fn otherwise<'a, T: 'a>(
    mut first: BoxIter<'a, Result<T, Exception<'a>>>,
    second: impl FnOnce() -> BoxIter<'a, Result<T, Exception<'a>>> + 'a,
) -> BoxIter<'a, Result<T, Exception<'a>>> {
    let mut second = Some(second);
    Box::new(std::iter::from_fn(move || {
        loop {
            let result = first.next()?;
            let Err(exception) = result else {
                return Some(result);
            };
            match (exception.get_err(), second.take()) {
                (Ok(_), Some(second)) => first = second(),
                (Ok(error), None) => return Some(Err(error.into())),
                (Err(exception), _) => return Some(Err(exception)),
            }
        }
    }))
}

fn guard<'a>(cv: Cv<'a>) -> Results<'a> {
    box_once(cv.0.data().room().map(|()| cv.1))
}

/// One step of `foreach` on a pair of the state and the last results: the closure's last result
/// is the next state, null if it has none.
fn foreach_step<'a>(mut cv: Cv<'a>) -> Result<Value, Exception<'a>> {
    let closure = cv.0.pop_fun();
    let state = cv.1.into_elements().into_iter().next().unwrap_or_default();
    let results = results(&closure, state).collect::<Result<Vec<Value>, _>>()?;
    let state = results.last().cloned().unwrap_or_default();
    Ok(Value::array(vec![state, Value::array(results)]))
}

/// `..`: without recursion, however deep the value.
fn recursion() -> Native<Engine> {
    Native::<Engine>::new(recurse).with_paths(|cv| {
        let mut waiting = vec![cv.1];
        Box::new(std::iter::from_fn(move || {
            let (value, path) = waiting.pop()?;
            if value.as_array().is_some() || value.as_object().is_some() {
                let children = value.clone().key_values().flatten();
                let first = waiting.len();
                waiting.extend(children.map(|(key, child)| (child, path.clone().cons(key))));
                waiting[first..].reverse();
            }
            Some(Ok((value, path)))
        }))
    })
}

fn recurse<'a>(cv: Cv<'a>) -> Results<'a> {
    let mut waiting = vec![cv.1];
    Box::new(std::iter::from_fn(move || {
        let value = waiting.pop()?;
        if value.as_array().is_some() || value.as_object().is_some() {
            let first = waiting.len();
            waiting.extend(value.clone().values().flatten());
            waiting[first..].reverse();
        }
        Some(Ok(value))
    }))
}

/// By ones, until `upto` is reached; a NaN is never.
fn range<'a>(from: &Value, upto: &Value) -> Results<'a> {
    let (Some(from), Some(upto)) = (from.as_f64(), upto.as_f64()) else {
        return one(fail("Range bounds must be numeric"));
    };
    let mut next = from;
    Box::new(std::iter::from_fn(move || {
        let over = next >= upto || given_up();
        let value = next;
        next += 1.0;
        (!over).then(|| Ok(Value::from(value)))
    }))
}

/// By steps of anything that can be compared and added.
fn range_by<'a>(from: Value, upto: Value, by: Value) -> Results<'a> {
    let zero = Value::from(0.0);
    let (up, down) = (by > zero, by < zero);
    let mut next = Some(Ok(from));
    Box::new(std::iter::from_fn(move || {
        let value = match next.take()? {
            Ok(value) => value,
            Err(error) => return Some(Err(Exn::from(error))),
        };
        if !((up && value < upto) || (!up && down && value > upto)) || given_up() {
            return None;
        }
        next = Some(value.clone() + by.clone());
        Some(Ok(value))
    }))
}

fn halt_error<'a>(cv: &Cv<'a>, code: &Value) -> Exception<'a> {
    #[allow(clippy::cast_possible_truncation, reason = "what is beyond the range is cut")]
    let Some(code) = code.as_f64().map(|code| code as i32) else {
        let message = format!("{} halt_error/1: number required", cv.1.described());
        return Error::new(Value::from(message)).into();
    };
    let message = match cv.1.as_str() {
        Some(text) => text.to_owned(),
        None => format!("{}\n", cv.1),
    };
    cv.0.data().halt(Halt::Asked(code, message.into_bytes()))
}

/// The results of a closure on a value.
pub(crate) fn results<'a>(closure: &Closure<'a>, value: Value) -> Results<'a> {
    closure.0.run((closure.1.clone(), value))
}
