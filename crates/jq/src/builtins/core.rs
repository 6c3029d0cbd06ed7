//! Control: what the rewritten filter calls, paths, generators, messages, halting.

use super::table::Count::{Any, AtMostOne, One};
use super::table::{self, Builtin, native, of_engine, with_paths};
use super::{Closure, Cv, Exception, Results, one};
use crate::Value;
use crate::filter::{Engine, Halt};
use crate::run::arithmetic::fail;
use crate::run::within::given_up;
use crate::run::{marks, path};
use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::{Error, Exn, ValT};

/// What gives values where paths are wanted: they have a mark in their path, unless they are what the
/// last place in the document held.
macro_rules! values_in_paths {
    (|$closure:ident, $found:ident| $results:expr) => {
        |mut cv| {
            let $closure = cv.0.pop_fun();
            let (input, path) = cv.1;
            let $found = (input.clone(), path.clone());
            let results: Results<'_> = $results;
            let (origin, path) = match marks::origin(path.iter().next()) {
                Some(origin) => (origin, path.pop().map(|(_, path)| path).unwrap_or_default()),
                None => (input, path),
            };
            Box::new(results.map(move |result| {
                let value = result?;
                if marks::is_identical(&value, &origin) {
                    return Ok((value, path.clone()));
                }
                let mark = marks::not_a_path(value.clone(), origin.clone());
                Ok((value, path.clone().cons(mark)))
            }))
        }
    };
}

pub(crate) const TABLE: &[Builtin] = &[
    native("!foreach_start", "", |cv| box_once(Ok(Value::array(vec![cv.1, Value::array(Vec::new())])))),
    native("!foreach_step", "f", |cv| box_once(foreach_step(cv))),
    native("!foreach_results", "", |cv| {
        let mut parts = cv.1.into_elements().into_iter().skip(1);
        let results = parts.next().unwrap_or_default().into_elements().into_iter().map(Ok);
        Box::new(results.chain(parts.map(|error| Err(Error::new(error).into()))))
    })
    .gives(Any),
    native("!key", "", |cv| match cv.1.as_str() {
        Some(_) => one(Ok(cv.1)),
        None => one(fail(format!("Cannot use {} as object key", cv.1.described()))),
    }),
    with_paths("!no_path", "", One, |cv| box_once(Ok(cv.1)), |cv| no_path(&cv.1.0)),
    with_paths(
        "!look",
        "v",
        One,
        |cv| box_once(Ok(cv.1)),
        |mut cv| {
            let key = cv.0.pop_var();
            box_once(marks::look(cv.1.1.iter(), &key).map(|()| cv.1).map_err(Exn::from))
        },
    ),
    native("!none", "", |_| Box::new(std::iter::empty())).gives(AtMostOne),
    native("!true", "", |_| box_once(Ok(true.into()))),
    native("!false", "", |_| box_once(Ok(false.into()))),
    native("!null", "", |_| box_once(Ok(Value::null()))),
    native("not", "", |cv| box_once(Ok((!cv.1.is_truthy()).into()))),
    native("path", "P", |mut cv| {
        let (f, ctx) = cv.0.pop_fun();
        let found = f.paths((ctx, (cv.1, Default::default())));
        Box::new(found.map(|found| Ok(Value::array(marks::keys(found?.1.iter())?))))
    })
    .gives(Any),
    native("range", "v", |mut cv| {
        let upto = cv.0.pop_var();
        range(&Value::from(0.0), &upto)
    })
    .gives(Any),
    native("range", "vv", |mut cv| {
        let (upto, from) = (cv.0.pop_var(), cv.0.pop_var());
        range(&from, &upto)
    })
    .gives(Any),
    native("range", "vvv", |mut cv| {
        let (by, upto, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
        range_by(from, upto, by)
    })
    .gives(Any),
    native("env", "", |cv| box_once(Ok(cv.0.data().bindings.environment_value()))),
    native("input_filename", "", |cv| {
        let name = cv.0.data().bindings.input_filename.as_deref();
        box_once(Ok(name.map_or_else(Value::null, Value::from_str)))
    }),
    native("input_line_number", "", |_| box_once(Ok(Value::from(0.0)))),
    native("input", "", |_| one(fail("No more inputs"))),
    native("inputs", "", |_| Box::new(std::iter::empty())).gives(AtMostOne),
    native("debug", "", |cv| {
        let line = format!("[\"DEBUG:\",{}]\n", cv.1);
        cv.0.data().message(line.as_bytes());
        box_once(Ok(cv.1))
    }),
    native("stderr", "", |cv| {
        let text = cv.1.clone().into_string();
        cv.0.data().message(text.as_str().unwrap_or_default().as_bytes());
        box_once(Ok(cv.1))
    }),
    native("halt", "", |cv| box_once(Err(cv.0.data().halt(Halt::Asked(0, Vec::new()))))),
    native("halt_error", "v", |mut cv| {
        let code = cv.0.pop_var();
        box_once(Err(halt_error(&cv, &code)))
    }),
    native("builtins", "", |_| {
        let public = table::all().filter(|builtin| builtin.is_public() && !builtin.name.starts_with('@'));
        let names = public.map(|builtin| format!("{}/{}", builtin.name, builtin.arity()));
        box_once(Ok(names.map(Value::from).collect()))
    }),
    with_paths("!guard", "", One, guard, |cv| box_once(cv.0.data().room().map(|()| cv.1))),
    recursion("!recurse"),
    recursion("recurse"),
    with_paths(
        "!alternative",
        "qq",
        One,
        |cv| alternative(cv, |f, input| f.0.run((f.1, input)), Value::is_truthy),
        |cv| alternative(cv, |f, input| f.0.paths((f.1, input)), |found| found.0.is_truthy()),
    ),
    with_paths(
        "!value",
        "m",
        One,
        |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            f.run((ctx, cv.1))
        },
        values_in_paths!(|f, found| f.0.run((f.1, found.0))),
    ),
    // What an array is made of is followed as a path too.
    with_paths(
        "!array",
        "p",
        One,
        |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            box_once(f.run((ctx, cv.1)).collect())
        },
        values_in_paths!(|f, found| {
            box_once(f.0.paths((f.1, found)).map(|found| Ok(found?.0)).collect())
        }),
    ),
    with_paths(
        "!try",
        "qf",
        Any,
        |mut cv| {
            let (handler, body) = (cv.0.pop_fun(), cv.0.pop_fun());
            caught(body.0.run((body.1, cv.1)), move |error| handler.0.run((handler.1, error)))
        },
        |mut cv| {
            let (handler, body) = (cv.0.pop_fun(), cv.0.pop_fun());
            caught(body.0.paths((body.1, cv.1)), move |error| {
                Box::new(handler.0.run((handler.1, error)).flat_map(|result| match result {
                    Ok(value) => no_path(&value),
                    Err(exception) => box_once(Err(exception)),
                }))
            })
        },
    ),
    with_paths(
        "!otherwise",
        "qq",
        Any,
        |cv| otherwise(cv, |f, input| f.0.run((f.1, input))),
        |cv| otherwise(cv, |f, input| f.0.paths((f.1, input))),
    ),
    with_paths(
        "!last_or_null",
        "p",
        One,
        |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            let last = f.run((ctx, cv.1)).try_fold(None, |_, result| result.map(Some));
            box_once(last.map(Option::unwrap_or_default))
        },
        |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            let last = f.paths((ctx, cv.1)).try_fold(None, |_, found| found.map(Some));
            box_once(last.map(|last| last.unwrap_or_else(|| (Value::null(), Default::default()))))
        },
    ),
    with_paths(
        "getpath",
        "v",
        One,
        |mut cv| {
            let keys = cv.0.pop_var();
            one(super::update::keys(&keys).and_then(|keys| path::get_path(&cv.1, keys)))
        },
        |mut cv| {
            let keys = cv.0.pop_var();
            let (value, path) = cv.1;
            let found = marks::look(path.iter(), &Value::null()).and_then(|()| {
                let keys = super::update::keys(&keys)?;
                let path = keys.iter().fold(path, |path, key| path.cons(key.clone()));
                Ok((path::get_path(&value, keys)?, path))
            });
            box_once(found.map_err(Exn::from))
        },
    ),
    with_paths("error", "v", One, |mut cv| fails(cv.0.pop_var()), |mut cv| fails(cv.0.pop_var())),
    with_paths("error", "", One, |cv| fails(cv.1), |cv| fails(cv.1.0)),
    of_engine("first", "p", AtMostOne, "first"),
    of_engine("last", "p", AtMostOne, "last"),
    of_engine("_limit", "vp", Any, "limit"),
    of_engine("_skip", "vp", Any, "skip"),
];

fn no_path<'a, T: 'a>(value: &Value) -> BoxIter<'a, Result<T, Exception<'a>>> {
    let error = fail(format!("Invalid path expression with result {}", value.shortened()));
    box_once(error.map_err(Exn::from))
}

fn fails<'a, T: 'a>(value: Value) -> BoxIter<'a, Result<T, Exception<'a>>> {
    box_once(Err(Error::new(value).into()))
}

/// What the first filter gives that is true or an error; without any what the second gives.
fn alternative<'a, I: Clone + 'a, T: 'a>(
    mut cv: jaq_core::Cv<'a, Engine, I>,
    run: fn(Closure<'a>, I) -> BoxIter<'a, Result<T, Exception<'a>>>,
    is_wanted: fn(&T) -> bool,
) -> BoxIter<'a, Result<T, Exception<'a>>> {
    let (right, left) = (cv.0.pop_fun(), cv.0.pop_fun());
    let wanted = move |result: &Result<T, _>| result.as_ref().map_or(true, is_wanted);
    let mut results = run(left, cv.1.clone()).filter(wanted);
    match results.next() {
        Some(first) => Box::new(std::iter::once(first).chain(results)),
        None => run(right, cv.1),
    }
}

/// What the first filter gives up to an error, and then what the second gives.
fn otherwise<'a, I: Clone + 'a, T: 'a>(
    mut cv: jaq_core::Cv<'a, Engine, I>,
    run: fn(Closure<'a>, I) -> BoxIter<'a, Result<T, Exception<'a>>>,
) -> BoxIter<'a, Result<T, Exception<'a>>> {
    let (second, first) = (cv.0.pop_fun(), cv.0.pop_fun());
    let results = run(first, cv.1.clone());
    caught(results, move |_| run(second, cv.1))
}

/// Results up to an error, and then what is made of that. `break` and `halt` are no errors.
fn caught<'a, T: 'a>(
    mut results: BoxIter<'a, Result<T, Exception<'a>>>,
    handle: impl FnOnce(Value) -> BoxIter<'a, Result<T, Exception<'a>>> + 'a,
) -> BoxIter<'a, Result<T, Exception<'a>>> {
    let mut handle = Some(handle);
    Box::new(std::iter::from_fn(move || {
        loop {
            let exception = match results.next()? {
                Err(exception) => exception,
                result => return Some(result),
            };
            match (exception.get_err(), handle.take()) {
                (Ok(error), Some(handle)) => results = handle(error.into_val()),
                (Ok(error), None) => return Some(Err(error.into())),
                (Err(exception), _) => return Some(Err(exception)),
            }
        }
    }))
}

fn guard<'a>(cv: Cv<'a>) -> Results<'a> {
    box_once(cv.0.data().room().map(|()| cv.1))
}

/// One step of `foreach` on the state and the last results: the closure's last result is the next
/// state, null if it has none. An error waits behind the results before it.
fn foreach_step<'a>(mut cv: Cv<'a>) -> Result<Value, Exception<'a>> {
    let closure = cv.0.pop_fun();
    let state = cv.1.into_elements().into_iter().next().unwrap_or_default();
    let (mut given, mut failed) = (Vec::new(), None);
    for result in results(&closure, state) {
        match result.map_err(Exn::get_err) {
            Ok(value) => given.push(value),
            Err(Err(exception)) => return Err(exception),
            Err(Ok(error)) => {
                failed = Some(error.into_val());
                break;
            }
        }
    }
    let state = given.last().cloned().unwrap_or_default();
    Ok([state, Value::array(given)].into_iter().chain(failed).collect())
}

/// `..`: without recursion, however deep the value.
const fn recursion(name: &'static str) -> Builtin {
    with_paths(
        name,
        "",
        Any,
        |cv| each_inside(cv.1, |value| Box::new(value.values().flatten()), |value| value),
        |cv| {
            if let Err(error) = marks::look(cv.1.1.iter(), &Value::null()) {
                return Box::new([Ok(cv.1), Err(Exn::from(error))].into_iter());
            }
            each_inside(
                cv.1,
                |(value, path)| {
                    let children = value.key_values().flatten();
                    Box::new(children.map(move |(key, child)| (child, path.clone().cons(key))))
                },
                |(value, _)| value,
            )
        },
    )
}

/// A node of a tree, and all below it, the first child first.
fn each_inside<'a, T: Clone + 'a>(
    root: T,
    children: impl Fn(T) -> BoxIter<'a, T> + 'a,
    value: impl Fn(&T) -> &Value + 'a,
) -> BoxIter<'a, Result<T, Exception<'a>>> {
    let mut waiting = vec![root];
    Box::new(std::iter::from_fn(move || {
        let node = waiting.pop()?;
        if value(&node).as_array().is_some() || value(&node).as_object().is_some() {
            let first = waiting.len();
            waiting.extend(children(node.clone()));
            waiting[first..].reverse();
        }
        Some(Ok(node))
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
