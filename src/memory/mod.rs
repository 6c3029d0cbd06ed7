//! One transaction on one document: read it, make the new content, publish it.
//!
//! Where the document lives, and how others are kept out of it meanwhile, is the [place]'s business.
//! Any error before the publication leaves the document as it was. Requests are plain values, and
//! outcomes can be serialised, so that every front end says the same. Nothing here prints, and
//! nothing ends the process.
//!
//! [place]: crate::place

mod apart;
mod append;
mod change;
mod check;
mod copies;
mod edit;
mod error;
mod filter;
mod history;
mod insert;
mod lines;
mod merge;
mod pipe;
mod project;
mod read;
mod restore;
mod schema;
mod survey;
mod transaction;
mod update;
mod version;
mod write;

pub use append::{Append, Appended, append, whole_lines};
pub use change::Change;
pub use check::{Subject, holds_lines, is_json, is_lines, validate, validate_as};
pub use copies::{Copy, Taken, copies_in, take};
pub use edit::{Edit, Edited, edit};
pub use error::MemoryError;
pub use filter::{Binding, Duplicates, Layout, Program, print_results, results};
pub use history::{History, forget, history, prune, version};
pub use insert::{Insert, Inserted, insert};
pub use lines::{Foreign, Lines, LinesRead, LinesUpdated, ReadLines, Whole, print_lines, update_lines};
pub use merge::{
    Combined, Compared, Conflicts, Merge, Merged, Resolve, Resolved, beside, combine, compare, conflicts,
    merge, resolve, store,
};
pub use pipe::Pipe;
pub use project::{SCHEMAS, first_files, is_project_name};
pub use read::{Reading, read};
pub use restore::{Restore, Restored, restore, undo};
pub use schema::{Schema, obeys};
pub use survey::{Finding, Problem, Seen, State, Survey, survey};
pub use update::{Kinds, Made, Transform, Update, Updated, update};
pub use write::{Validate, Write, Written, write};
