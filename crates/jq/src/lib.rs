#![doc = include_str!("../README.md")]
//!
//! # The map
//!
//! - [`validate`] and [`Value::parse`] take exactly one document of strict JSON.
//! - [`Filter`] is a compiled filter, [`Bindings`] what it finds besides its input.
//! - [`Original`] is a document as it was read; it gives the bytes of a new value, with all that did
//!   not change copied.
//! - [`Dialect`] says whether comments and trailing commas are read; [`Shape`] is for other formats.
//! - [`Style`] is a layout, and [`serialise`] writes a whole value in it.
//! - [`within`] runs all that on a thread that can be given up, with a stack for deep documents.
//!
//! Inside, `json` knows values and texts, `lang` turns a filter's text into the engine's terms,
//! `builtins` is one table of what a filter can name, and `run` is what happens when it runs.

mod bindings;
mod builtins;
mod error;
mod filter;
mod json;
mod lang;
mod run;
mod slips;

pub use bindings::Bindings;
pub use error::{FilterError, FilterErrorKind};
pub use filter::Filter;
pub use json::dialect::Dialect;
pub use json::equal_keys::EqualKeys;
pub use json::parse::{InvalidJson, MAX_DEPTH, find_equal_keys, find_equal_keys_as, validate, validate_as};
pub use json::patch::Original;
pub use json::print::{NotJson, print, serialise};
pub use json::shape::Shape;
pub use json::style::Style;
pub use json::value::Value;
pub use run::within::{Limits, Stopped, within, within_leaving};
pub use slips::Slip;
