//! aimem: many processes share files on one machine without losing a byte.
//!
//! Data flows one way: what is typed becomes one transaction on one file.
//!
//! - [`cli`]: what is typed and what is shown.
//! - [`memory`]: one transaction on one file.
//! - [`document`]: a JSON document without I/O: parse, filter, style.
//! - [`lock`]: who may change a file now.
//! - `queue`: memories saved at once, delivered when the server can take them.
//! - [`replace`]: how a file is changed so that nothing can be lost.
//! - [`legacy`]: what came before: the old scripts' names, and the Python programs' files.
//! - [`sys`]: questions to the kernel.
//!
//! **The rule**: `cli → memory, queue → lock, document, replace → sys`, never back, and `lock`,
//! `document` and `replace` do not know each other. Of `legacy`, the scripts' names are a front end,
//! and the Python programs' files lie below `queue`. A test holds it.

pub mod cli;
pub mod document;
pub mod legacy;
pub mod lock;
pub mod memory;
#[cfg(feature = "outbox")]
pub mod queue;
pub mod replace;
pub mod sys;
