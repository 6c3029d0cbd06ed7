//! Builtins written in Rust.

mod arrays;
mod core;
mod dates;
mod math;
pub(crate) mod prelude;
mod regex;
mod strings;
mod update;

pub(crate) use regex::Pattern;

use crate::Value;
use crate::filter::Engine;
use crate::run::arithmetic::fail;
use jaq_core::native::{Filter, Fun, run};
use jaq_core::{Bind, Ctx, Exn, RunPtr, ValR, ValXs};

type Cv<'a> = jaq_core::Cv<'a, Engine>;
type Results<'a> = ValXs<'a, Value>;
type Error = jaq_core::Error<Value>;
type Exception<'a> = Exn<'a, Value>;
type Closure<'a> = (jaq_core::compile::TermId, Ctx<'a, Engine>);

/// All natives.
pub(crate) fn all() -> Vec<Fun<Engine>> {
    let mut all = core::natives();
    all.extend(update::natives());
    all.extend(arrays::natives());
    all.extend(strings::natives());
    all.extend(regex::natives());
    all.extend(dates::natives());
    all.extend(math::natives());
    all
}

/// A native without paths.
type Plain = Filter<RunPtr<Engine>>;

fn plain<const N: usize>(natives: [Plain; N]) -> Vec<Fun<Engine>> {
    natives.into_iter().map(|native| run::<Engine>(native)).collect()
}

/// The parameters of a native: `v` for a value, `f` for a filter.
fn parameters(kinds: &str) -> Box<[Bind]> {
    kinds.chars().map(|kind| if kind == 'f' { Bind::Fun(()) } else { Bind::Var(()) }).collect()
}

fn want_array(value: &Value, message: impl FnOnce() -> String) -> Result<&[Value], Error> {
    match value.as_array() {
        Some(elements) => Ok(elements),
        None => fail(message()),
    }
}

fn want_text(value: &Value, message: impl FnOnce() -> String) -> Result<&str, Error> {
    match value.as_str() {
        Some(text) => Ok(text),
        None => fail(message()),
    }
}

/// An object of these entries.
fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.map(|(key, value)| (crate::json::text::Text::new(key), value));
    Value::object(crate::json::object::Object::from_distinct(entries.into()))
}

fn one<'a>(result: ValR<Value>) -> Results<'a> {
    jaq_core::native::bome(result)
}
