//! One transaction on one file: the lock, the document and the replacement brought together.
//!
//! The order is the same for every verb that writes: lock, read, make the new content, stage it,
//! lock the folder, publish under the guard, release, sync. Any error before the publication
//! leaves the file as it was. Nothing here prints, and nothing ends the process.

mod error;
mod filter;
mod pipe;
mod read;
mod restore;
mod transaction;
mod update;
mod write;

pub use error::MemoryError;
pub use filter::{Binding, Duplicates, Layout, Program, print_results};
pub use pipe::Pipe;
pub use read::{Found, read, validate};
pub use restore::{Restored, restore};
pub use transaction::Session;
pub use update::{Made, Transform, Update, Updated, update};
pub use write::{Write, Written, write};

use sha2::{Digest, Sha256};

/// The tag of a file's content: its SHA-256 in hex. Equal tags, equal bytes.
pub fn etag(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
