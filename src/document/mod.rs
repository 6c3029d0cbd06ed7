//! A JSON document without I/O: reading it strictly, its layout, and the filter language.
//!
//! Nothing here opens a file, prints or ends the process. Bytes come in, bytes go out.

mod filter;
mod parse;
mod print;
mod style;
mod value;
mod within;

pub use filter::{Bindings, Filter, FilterError, FilterErrorKind};
pub use parse::{InvalidJson, MAX_DEPTH, validate};
pub use print::{NotFinite, print, serialise};
pub use style::Style;
pub use value::Value;
pub use within::{Limits, Stopped, within};
