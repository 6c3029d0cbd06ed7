//! JSON documents and jq's language, for programs that update files.
//!
//! Bytes come in, bytes go out: nothing here opens a file, prints or ends the process.
//!
//! - [`validate`] and [`Value::parse`] take exactly one document of strict JSON.
//! - [`Filter`] is the language of jq 1.8.
//! - [`Original`] is a document as it was read; it gives the bytes of a new value, with all that did
//!   not change copied.
//! - [`Style`] is a layout, and [`serialise`] writes a whole value in it.
//! - [`within`] runs all that on a thread that can be given up.

mod bindings;
mod builtins;
mod error;
mod filter;
mod json;
mod lang;
mod run;

pub use bindings::Bindings;
pub use error::{FilterError, FilterErrorKind};
pub use filter::Filter;
pub use json::equal_keys::EqualKeys;
pub use json::parse::{InvalidJson, MAX_DEPTH, find_equal_keys, validate};
pub use json::patch::Original;
pub use json::print::{NotJson, print, serialise};
pub use json::style::Style;
pub use json::value::Value;
pub use run::within::{Limits, Stopped, within, within_leaving};
