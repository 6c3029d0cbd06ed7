//! What came before this program and is still in use: one folder that can be deleted one day.
//!
//! - [`scripts`]: the names, arguments and exit codes of the four bash scripts. A front end.
//! - [`python`]: the files of the Python programs. Below the outbox, which takes them over.

#[cfg(feature = "outbox")]
pub mod python;
pub mod scripts;
