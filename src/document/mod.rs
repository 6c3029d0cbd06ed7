//! A memory document without I/O: its formats, the filter language of [`aimem_jq`], and plain text.

mod format;
mod original;
pub mod schema;
pub mod text;
mod toml;

pub use format::Format;
pub use original::{NotStorable, Original, alone, find_equal_keys_as, has, parse_as, same_data, validate_as};
pub use toml::NotToml;

pub use aimem_jq::{
    Bindings, EqualKeys, Filter, FilterError, FilterErrorKind, InvalidJson, Limits, MAX_DEPTH, NotJson, Slip,
    Stopped, Style, Value, find_equal_keys, print, serialise, validate, within, within_leaving,
};
