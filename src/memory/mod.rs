//! One transaction on one document: read it, make the new content, publish it.
//!
//! Where the document lives, and how others are kept out of it meanwhile, is the [place]'s business.
//! Any error before the publication leaves the document as it was. Requests are plain values, and
//! outcomes can be serialised, so that every front end says the same. Nothing here prints, and
//! nothing ends the process.
//!
//! [place]: crate::place

mod change;
mod check;
mod error;
mod filter;
mod history;
mod pipe;
mod read;
mod restore;
mod transaction;
mod update;
mod write;

pub use change::Change;
pub use check::{Subject, is_json, validate, validate_as};
pub use error::MemoryError;
pub use filter::{Binding, Duplicates, Layout, Program, print_results, results};
pub use history::{History, forget, history, prune, version};
pub use pipe::Pipe;
pub use read::{Reading, read};
pub use restore::{Restore, Restored, restore, undo};
pub use update::{Kinds, Made, Transform, Update, Updated, update};
pub use write::{Validate, Write, Written, write};
