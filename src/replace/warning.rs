//! What a user should hear of a replacement that went well.

use std::fmt;
use std::path::{Path, PathBuf};

/// Something that went well but not as one might think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The new file belongs to another user or group than the old one.
    Owner {
        /// The target.
        path: PathBuf,
        /// The old owner.
        user: u32,
        /// The old group.
        group: u32,
    },
    /// An extended attribute was not kept.
    Attribute {
        /// The target.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// A writer died in the moment of its replacement. What another program had put in the file's
    /// place just then is kept.
    Kept {
        /// The target.
        path: PathBuf,
        /// That version.
        kept: PathBuf,
    },
    /// The replaced version could not be kept in the file's history.
    Forgotten {
        /// The target.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file had other names, which keep the old content.
    HardLinks {
        /// The target.
        path: PathBuf,
        /// How many other names.
        others: u64,
    },
}

impl Warning {
    pub(super) fn attribute(path: &Path, name: &[u8]) -> Warning {
        Warning::Attribute { path: path.to_owned(), name: String::from_utf8_lossy(name).into_owned() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Owner { path, user, group } => {
                write!(out, "{}: the owner {user}:{group} could not be kept", path.display())
            }
            Warning::Attribute { path, name } => {
                write!(out, "{}: the extended attribute {name} could not be kept", path.display())
            }
            Warning::Kept { path, kept } => write!(
                out,
                "{}: a version that lost its name when a writer was killed is kept as {}",
                path.display(),
                kept.display()
            ),
            Warning::Forgotten { path, why } => {
                write!(out, "{}: the replaced version could not be kept: {why}", path.display())
            }
            Warning::HardLinks { path, others } => {
                let names = if *others == 1 { "name keeps" } else { "names keep" };
                write!(out, "{}: its {others} other {names} the old content", path.display())
            }
        }
    }
}

/// As it is told.
impl serde::Serialize for Warning {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}
