//! Memory documents: schemas, a project's first files, the check of all of them, and copies by other
//! programs.

mod check;
mod copies;
mod init;
#[cfg(feature = "schema")]
mod schema;
