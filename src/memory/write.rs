//! A whole document written.

use std::sync::Arc;

use serde::Serialize;

use super::transaction::{as_tag, transact};
use super::{MemoryError, Subject, validate_as};
use crate::document::Format;
use crate::place::Place;
use crate::replace::Warning;

/// Whether what is written must be one document in its format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Validate {
    /// If the document's name says its format: the name as given, or its true one.
    #[default]
    ByName,
    /// It must be.
    Always,
    /// It may be anything.
    Never,
}

/// What to write, and on what condition.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// The new content, byte for byte.
    pub content: Vec<u8>,
    /// Whether to refuse what is not one document.
    pub validate: Validate,
    /// The document's format; by default what its name says. Where that says none, [`Validate::Always`]
    /// takes it for JSON.
    pub format: Option<Format>,
    /// Write only if the document still has this tag.
    pub if_match: Option<String>,
}

/// What a write did.
#[derive(Debug, Serialize)]
pub struct Written {
    /// Whether the document was replaced; `false` when it had that content already.
    pub changed: bool,
    /// The new content; its tag is what is serialised.
    #[serde(rename = "etag", serialize_with = "as_tag")]
    pub new: Arc<Vec<u8>>,
    /// What should be told.
    pub warnings: Vec<Warning>,
}

/// Writes a document. The same bytes leave it alone.
///
/// # Errors
/// See [`MemoryError`]; the document is as it was.
pub fn write(place: &mut impl Place, request: Write) -> Result<Written, MemoryError> {
    let Write { content, validate: when, format, if_match } = request;
    if content.is_empty() {
        return Err(MemoryError::Empty { path: place.name().to_owned() });
    }
    let subject = Subject::NewContent(place.name().to_owned());
    // Before the lock, where that can be told.
    let mut is_valid = when == Validate::Never;
    let named = format.or_else(|| Format::of_name(place.name()));
    let known = if when == Validate::Always { Some(named.unwrap_or_default()) } else { named };
    if let Some(format) = known.filter(|_| !is_valid) {
        validate_as(format, &content, subject.clone())?;
        is_valid = true;
    }
    let content = Arc::new(content);
    let done = transact(place, false, |place, old, _| {
        if let Some(format) = Format::of_name(&old.name).filter(|_| !is_valid) {
            validate_as(format, &content, subject.clone())?;
        }
        if let Some(wanted) = &if_match {
            let found = old.tag().unwrap_or_else(|| "none".to_owned());
            if *wanted != found {
                return Err(MemoryError::Mismatch { path: place.name().to_owned(), found });
            }
        }
        Ok((content.clone(), ()))
    })?;
    Ok(Written { changed: done.changed, new: content, warnings: done.warnings })
}
