//! A whole document written.

use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;

use super::transaction::{check_tag, transact};
use super::{Change, MemoryError, Subject, is_json, validate};
use crate::place::Place;

/// Whether what is written must be one JSON document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Validate {
    /// If the document's name says that it is JSON: the name as given, or its true one.
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
    /// Whether to refuse what is not one JSON document.
    pub validate: Validate,
    /// Write only if the document still has this tag; `none` for one that must not exist.
    pub if_match: Option<String>,
}

/// What a write did.
#[derive(Debug, Serialize)]
pub struct Written {
    /// What became of the document.
    #[serde(flatten)]
    pub change: Change,
}

impl Deref for Written {
    type Target = Change;

    fn deref(&self) -> &Change {
        &self.change
    }
}

/// Writes a document. The same bytes leave it alone.
///
/// # Errors
/// See [`MemoryError`]; the document is as it was.
pub fn write(place: &mut impl Place, request: Write) -> Result<Written, MemoryError> {
    let Write { content, validate: when, if_match } = request;
    if content.is_empty() {
        return Err(MemoryError::Empty { path: place.name().to_owned() });
    }
    let subject = Subject::NewContent(place.name().to_owned());
    // Before the lock, where that can be told.
    let mut is_valid = when == Validate::Never;
    if when == Validate::Always || !is_valid && is_json(place.name()) {
        validate(&content, subject.clone())?;
        is_valid = true;
    }
    let content = Arc::new(content);
    let done = transact(place, false, |place, old, _| {
        if !is_valid && is_json(&old.name) {
            validate(&content, subject.clone())?;
        }
        check_tag(if_match.as_ref(), place, old)?;
        Ok((content.clone(), ()))
    })?;
    let (change, ()) = Change::of(done);
    Ok(Written { change })
}
