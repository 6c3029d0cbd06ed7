//! What a document's text must be.

use std::fmt;
use std::path::{Path, PathBuf};

use super::MemoryError;
use crate::document::{self, Format};

/// Whose text it is that is read as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The document as it stands.
    Document(PathBuf),
    /// What shall become the document.
    NewContent(PathBuf),
    /// The output of this command.
    Output(String),
    /// The value of this variable of a filter.
    Variable(String),
    /// What stands for a document that does not exist.
    Default,
    /// What a new document starts from.
    Start,
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Document(path) => write!(out, "{}", path.display()),
            Subject::NewContent(path) => write!(out, "the new content of {}", path.display()),
            Subject::Output(command) => write!(out, "the output of {command}"),
            Subject::Variable(name) => write!(out, "the value of ${name}"),
            Subject::Default => out.write_str("the default"),
            Subject::Start => out.write_str("the start given with --create"),
        }
    }
}

/// Makes sure that bytes are one JSON document, as strictly as an update does.
///
/// # Errors
/// [`MemoryError::InvalidJson`], naming the subject.
pub fn validate(bytes: &[u8], what: Subject) -> Result<(), MemoryError> {
    document::validate(bytes).map_err(|source| MemoryError::InvalidJson { what, source })
}

/// The same for a document in `format`.
///
/// # Errors
/// [`MemoryError::InvalidJson`] or [`MemoryError::Malformed`], naming the subject.
pub fn validate_as(format: Format, bytes: &[u8], what: Subject) -> Result<(), MemoryError> {
    document::validate_as(format, bytes).map_err(|source| MemoryError::malformed(format, bytes, what, source))
}

/// Whether a document's name says that it holds JSON.
pub fn is_json(name: &Path) -> bool {
    name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
