//! A JSON document without I/O: reading it strictly, its layout, and the filter language.
//!
//! Bytes come in, bytes go out: nothing here opens a file, prints or ends the process.
//!
//! - [`validate`] and [`Value::parse`] take exactly one document of strict JSON.
//! - [`Filter`] is the language of jq 1.8; `docs/filter.md` lists where it differs.
//! - [`Style`] is how a document is laid out, and [`serialise`] writes it so again.
//! - [`within`] runs all that on a thread that can be given up.

mod arithmetic;
mod deletion;
mod engine;
mod filter;
mod number;
mod object;
mod order;
mod parse;
mod path;
mod print;
mod search;
mod stack;
mod style;
mod text;
mod trail;
mod value;
mod within;

pub use filter::{Bindings, Filter, FilterError, FilterErrorKind};
pub use parse::{InvalidJson, MAX_DEPTH, validate};
pub use print::{NotJson, print, serialise};
pub use style::Style;
pub use value::Value;
pub use within::{Limits, Stopped, within};
