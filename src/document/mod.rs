//! A JSON document without I/O: reading it strictly, its layout, and the filter language.
//!
//! Bytes come in, bytes go out: nothing here opens a file, prints or ends the process.
//!
//! - [`validate`] and [`Value::parse`] take exactly one document of strict JSON.
//! - [`Filter`] is the language of jq 1.8; `docs/filter.md` lists where it differs.
//! - [`Original`] is a document as it was read; it gives the bytes of a new value, with all that did
//!   not change copied.
//! - [`Style`] is a layout, and [`serialise`] writes a whole value in it.
//! - [`within`] runs all that on a thread that can be given up.

mod arithmetic;
mod array;
mod atom;
mod deletion;
mod engine;
mod equal_keys;
mod filter;
mod number;
mod object;
mod order;
mod origin;
mod parse;
mod patch;
mod path;
mod places;
mod print;
mod search;
mod stack;
mod style;
mod text;
mod trail;
mod tree;
mod value;
mod within;

pub use equal_keys::EqualKeys;
pub use filter::{Bindings, Filter, FilterError, FilterErrorKind};
pub use parse::{InvalidJson, MAX_DEPTH, find_equal_keys, validate};
pub use patch::Original;
pub use print::{NotJson, print, serialise};
pub use style::Style;
pub use value::Value;
pub use within::{Limits, Stopped, within};
