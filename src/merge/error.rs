//! Why two versions can't be merged.

use std::fmt;

use crate::document::{EqualKeys, InvalidJson, NotStorable};

/// One of the versions that meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that both come from.
    Base,
    /// Ours.
    Ours,
    /// The other one.
    Theirs,
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Side::Base => "the base",
            Side::Ours => "our version",
            Side::Theirs => "their version",
        })
    }
}

/// Why two versions can't be merged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MergeError {
    /// A version is no document in its format.
    #[error("{side} is not valid: {source}")]
    Invalid {
        /// Which one.
        side: Side,
        /// Where and why.
        source: InvalidJson,
    },
    /// An object has two equal keys, and nobody can say which one is meant.
    #[error("{side} has {source}")]
    EqualKeys {
        /// In which version.
        side: Side,
        /// Which key, and where.
        source: EqualKeys,
    },
    /// What a version says of itself is of the wrong kind.
    #[error("{side}: {source}")]
    Within {
        /// Which one.
        side: Side,
        /// What is wrong.
        source: Box<MergeError>,
    },
    /// `_version` is no version vector.
    #[error("_version is not an object of whole numbers, but {0}")]
    Version(String),
    /// `_conflicts` is no list of conflicts.
    #[error("_conflicts is not a list of conflicts: {0}")]
    Conflicts(String),
    /// Equal vectors, and other content.
    #[error("both versions have the same _version, and different content")]
    Alarm,
    /// What came out can't be written in the document's format.
    #[error("the merged document cannot be stored: {0}")]
    Unwritable(#[from] NotStorable),
    /// There is no such conflict.
    #[error("there is no conflict {0}")]
    NoConflict(String),
    /// What a conflict was to be resolved by is no value.
    #[error("the value given with --value is not valid JSON: {0}")]
    Value(String),
    /// What a conflict is about is no longer there.
    #[error("there is no place for {0} any more: what was around it is gone")]
    NoPlace(String),
}
