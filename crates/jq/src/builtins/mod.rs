//! What a filter can name: one table, and what its rows do.

mod arrays;
mod core;
mod dates;
mod math;
mod prelude;
mod regex;
mod strings;
pub(crate) mod table;
mod update;

pub(crate) use regex::Pattern;

use crate::Value;
use crate::filter::Engine;
use crate::run::arithmetic::fail;
use jaq_core::{Ctx, Exn, ValR, ValXs};

type Cv<'a> = jaq_core::Cv<'a, Engine>;
type Results<'a> = ValXs<'a, Value>;
type Error = jaq_core::Error<Value>;
type Exception<'a> = Exn<'a, Value>;
type Closure<'a> = (jaq_core::compile::TermId, Ctx<'a, Engine>);

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
