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
//! - [`sys`]: questions to the kernel.
//!
//! **The rule**: `cli → memory, queue → lock, document, replace → sys`, never back, and `lock`,
//! `document` and `replace` do not know each other. A test holds it.

pub mod cli;
pub mod document;
pub mod lock;
pub mod memory;
pub mod place;
#[cfg(feature = "outbox")]
pub mod queue;
pub mod replace;
pub mod sys;
