//! What every verb that writes says of what it did.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::transaction::Done;
use crate::place::etag;
use crate::replace::Warning;
use crate::sys::text::shown;

/// A transaction that has ended. Tags are made when it is serialised.
#[derive(Debug, Clone)]
pub struct Change {
    /// The document's true path.
    pub file: PathBuf,
    /// Whether there was a document before.
    pub existed: bool,
    /// The content before; empty where there was no document.
    pub old: Arc<Vec<u8>>,
    /// The content after.
    pub new: Arc<Vec<u8>>,
    /// Whether the document was replaced, or would be.
    pub changed: bool,
    /// What should be told.
    pub warnings: Vec<Warning>,
    /// For how long others kept us out.
    pub waited: Duration,
    /// The dead holder whose lock was taken over.
    pub taken_over: Option<String>,
    /// The id under which the replaced version is kept.
    pub history: Option<String>,
}

impl Change {
    /// What a transaction came to, and what its `make` has found out besides.
    pub(super) fn of<T>(done: Done<T>) -> (Change, T) {
        let change = Change {
            file: done.old.name,
            existed: done.old.bytes.is_some(),
            old: done.old.bytes.unwrap_or_default(),
            new: done.new,
            changed: done.changed,
            warnings: done.told.warnings,
            waited: done.told.waited,
            taken_over: done.told.taken_over,
            history: done.told.kept,
        };
        (change, done.more)
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_struct("Change", 8)?;
        fields.serialize_field("file", &shown(&self.file))?;
        fields.serialize_field("changed", &self.changed)?;
        fields.serialize_field("etag_before", &self.existed.then(|| etag(&self.old)))?;
        fields.serialize_field("etag_after", &etag(&self.new))?;
        fields.serialize_field("waited_ms", &u64::try_from(self.waited.as_millis()).unwrap_or(u64::MAX))?;
        fields.serialize_field("taken_over", &self.taken_over)?;
        fields.serialize_field("history", &self.history)?;
        fields.serialize_field("warnings", &self.warnings)?;
        fields.end()
    }
}
