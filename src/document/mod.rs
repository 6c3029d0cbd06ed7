//! A memory document without I/O: JSON and the filter language of [`aimem_jq`], and plain text.

pub mod text;

pub use aimem_jq::{
    Bindings, EqualKeys, Filter, FilterError, FilterErrorKind, InvalidJson, Limits, MAX_DEPTH, NotJson,
    Original, Stopped, Style, Value, find_equal_keys, print, serialise, validate, within, within_leaving,
};
