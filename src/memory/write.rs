//! A whole document written.

use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;

use super::transaction::{check_tag, transact};
use super::version::raised;
use super::{Change, MemoryError, Schema, Subject, obeys, validate_as};
use crate::document::Format;
use crate::place::Place;

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
    /// The schema that the document must obey.
    pub schema: Option<Schema>,
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
    let Write { content, validate: when, format, schema, if_match } = request;
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
    let done = transact(place, false, |place, old, _| {
        if let Some(format) = Format::of_name(&old.name).filter(|_| !is_valid) {
            validate_as(format, &content, subject.clone())?;
        }
        check_tag(if_match.as_ref(), place, old)?;
        let new = raised(place, format, &old.name, old.bytes.as_ref(), content.to_vec());
        obeys(schema.as_ref(), format, &old.name, &new, place.waiter())?;
        Ok((Arc::new(new), ()))
    })?;
    let (change, ()) = Change::of(done);
    Ok(Written { change })
}
