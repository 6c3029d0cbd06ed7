//! One verb a file: its arguments, then what it does.

pub mod append;
pub mod check;
pub mod compare;
pub mod completions;
pub mod conflicts;
pub mod edit;
pub mod history;
pub mod hook;
pub mod init;
pub mod insert;
#[cfg(feature = "mcp")]
pub mod installer;
pub mod lock;
pub mod locks;
pub mod man;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod merge;
pub mod merge_driver;
#[cfg(feature = "outbox")]
pub mod queue;
pub mod read;
pub mod restore;
pub mod undo;
pub mod update;
pub mod write;
