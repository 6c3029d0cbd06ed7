//! What a document's text must be.

use std::fmt;
use std::path::{Path, PathBuf};

use super::MemoryError;
use crate::document::{self, Format};
use crate::sys;

/// Whose text it is that is read as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The document as it stands.
    Document(PathBuf),
    /// A line of the document, counted from 1.
    Line(PathBuf, u64),
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
            Subject::Line(path, line) => write!(out, "line {line} of {}", path.display()),
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

/// Makes sure that a document which was valid in the format that its name tells stays so, whatever
/// changes it. One that was not may hold comments, or be mended step by step.
///
/// # Errors
/// As [`validate_as`].
pub(super) fn stays_valid(name: &Path, old: &[u8], new: &[u8]) -> Result<(), MemoryError> {
    match Format::of_name(name) {
        Some(format) if document::validate_as(format, old).is_ok() => {
            validate_as(format, new, Subject::NewContent(name.to_owned()))
        }
        _ => Ok(()),
    }
}

/// The format that a document's name tells: the name as given, or its true one.
pub(super) fn format_of(given: &Path, name: &Path) -> Option<Format> {
    Format::of_name(given).or_else(|| Format::of_name(name))
}

/// Whether a document's name says that it holds JSON.
pub fn is_json(name: &Path) -> bool {
    name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// Whether a document's name says that each of its lines is JSON.
pub fn is_lines(name: &Path) -> bool {
    let extension = name.extension().map(|extension| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| extension == "jsonl" || extension == "ndjson")
}

/// The same for the name as given, or for its true one where the first does not say JSON.
pub fn holds_lines(name: &Path) -> bool {
    is_lines(name) || !is_json(name) && sys::path::resolve(name).is_ok_and(|name| is_lines(&name))
}

/// Refuses YAML by its name, for what would work on its data: a change there would lose comments,
/// anchors and the way it is written.
///
/// # Errors
/// [`MemoryError::Yaml`].
pub(super) fn refuse_yaml(what: &Subject) -> Result<(), MemoryError> {
    let Subject::Document(path) = what else { return Ok(()) };
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    match extension.is_some_and(|extension| extension == "yaml" || extension == "yml") {
        true => Err(MemoryError::Yaml { path: path.clone() }),
        false => Ok(()),
    }
}
