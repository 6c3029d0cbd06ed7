//! A memory document without I/O: its formats, and the filter language of [`aimem_jq`].

mod format;

pub use format::Format;

pub use aimem_jq::{
    Bindings, EqualKeys, Filter, FilterError, FilterErrorKind, InvalidJson, Limits, MAX_DEPTH, NotJson,
    Original, Stopped, Style, Value, find_equal_keys, print, serialise, validate, within, within_leaving,
};
