//! Two versions of one document made one: pure functions, without I/O.
//!
//! A merge goes along the document's own structure. With a base, the version that both come from,
//! what one side changed or removed is taken from it, and what both changed differently is a
//! conflict. Without a base nothing counts as removed. The result holds our side's value of each
//! conflict, and `_conflicts` lists them, with the values of all sides: no value is lost.
//!
//! - `tree` has the rules for objects and for what is no container, `array` those for arrays.
//! - [`version`] compares the vectors of `_version`.
//! - [`conflict`] is a conflict, and the list of them; [`path`] says where in a document it is.
//! - [`copies`] knows the names of the copies that other programs leave.
//! - `document` merges whole documents, `text` their bytes, and `lines` lines of JSON. `plain`
//!   is for comments.

mod array;
pub mod conflict;
pub mod copies;
mod document;
mod error;
mod lines;
pub mod path;
mod plain;
mod text;
mod tree;
pub mod version;

pub use conflict::{CONFLICTS, Conflict, Shown};
pub use document::{Compared, Merged, Sides, compare, merge};
pub use error::{MergeError, Side};
pub use text::{
    Kind, Resolution, Resolved, Take, Texts, Written, conflicts_of, merge_texts, read_side, resolve,
};
pub use version::{Relation, VERSION, Vector};

/// What names an element of an array, unless somebody says otherwise.
pub const ID_KEYS: [&str; 3] = ["id", "key", "name"];

/// How to merge.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The keys that may name an element of an array, in the order in which they are tried.
    pub id_keys: Vec<String>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { id_keys: ID_KEYS.map(str::to_owned).to_vec() }
    }
}
