//! One verb a file: its arguments, then what it does.

pub mod append;
pub mod completions;
pub mod edit;
pub mod history;
pub mod hook;
pub mod insert;
#[cfg(feature = "mcp")]
pub mod installer;
pub mod lock;
pub mod locks;
pub mod man;
#[cfg(feature = "mcp")]
pub mod mcp;
#[cfg(feature = "outbox")]
pub mod queue;
pub mod read;
pub mod restore;
pub mod undo;
pub mod update;
pub mod write;
