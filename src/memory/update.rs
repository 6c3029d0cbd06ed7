//! A document changed in place, under its lock.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::filter::results;
use super::transaction::{check_tag, transact};
use super::version::raised;
use super::{Change, MemoryError, Program, Schema, Subject, obeys};
use crate::document::{self, Format};
use crate::lock::Waiter;
use crate::place::Place;

/// New content, made from the old.
#[derive(Debug)]
pub struct Made {
    /// The whole new file.
    pub bytes: Vec<u8>,
    /// Whether the new document is neither false nor null.
    pub truthy: bool,
    /// What the old document is and what the new one, where that is known.
    pub kinds: Option<Kinds>,
}

/// What a document is and what shall take its place: `object`, `array`, `string`, `number`,
/// `boolean` or `null`.
#[derive(Debug, Clone)]
pub struct Kinds {
    /// The document as it stands.
    pub old: &'static str,
    /// The new one.
    pub new: &'static str,
    /// The filter that makes one of the other.
    pub filter: Option<String>,
}

impl Kinds {
    /// Whether this is what an update is for: it keeps the kind, fills an empty document, or
    /// replaces one scalar by another.
    fn are_ordinary(&self) -> bool {
        let is_scalar = |kind| !matches!(kind, "object" | "array");
        self.old == self.new || self.old == "null" || is_scalar(self.old) && is_scalar(self.new)
    }
}

/// A way from a document to the next one: a filter or a command.
pub trait Transform {
    /// Makes the new content of `path` from the old. It may be called again, with other content,
    /// when a program that takes no lock replaces the file meanwhile.
    ///
    /// # Errors
    /// Whatever makes the update fail; the file stays as it was.
    fn apply(
        &mut self,
        path: &Path,
        old: &Arc<Vec<u8>>,
        waiter: &mut dyn Waiter,
    ) -> Result<Made, MemoryError>;
}

/// What to do besides the transformation.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The document to start from when there is no file; without one that is an error.
    pub create: Option<Vec<u8>>,
    /// Change the document only if it still has this tag; `none` for one that must not exist.
    pub if_match: Option<String>,
    /// Whether a document may become one of another kind, such as an object a number.
    pub any_kind: bool,
    /// The document's format; by default what its name says.
    pub format: Option<Format>,
    /// The schema that the new document must obey.
    pub schema: Option<Schema>,
    /// A filter for the new document, whose results are handed back.
    pub returns: Option<Program>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What an update did.
#[derive(Debug, Serialize)]
pub struct Updated {
    /// What became of the document.
    #[serde(flatten)]
    pub change: Change,
    /// Whether the new document is neither false nor null.
    pub truthy: bool,
    /// The results of the filter that was to be answered, each as JSON text.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_json")]
    pub returned: Option<Vec<Vec<u8>>>,
}

impl Deref for Updated {
    type Target = Change;

    fn deref(&self) -> &Change {
        &self.change
    }
}

/// Serialises texts that are JSON already as what they say.
fn as_json<S: Serializer>(texts: &Option<Vec<Vec<u8>>>, out: S) -> Result<S::Ok, S::Error> {
    use serde::ser::Error;
    let raw = |text: &Vec<u8>| {
        let text = String::from_utf8_lossy(text).trim_end().to_owned();
        serde_json::value::RawValue::from_string(text).map_err(S::Error::custom)
    };
    out.collect_seq(texts.iter().flatten().map(raw).collect::<Result<Vec<_>, _>>()?)
}

/// Changes a document: read, validate, transform, publish. The same bytes leave it alone, and are
/// made durable all the same: they may be another writer's.
///
/// # Errors
/// See [`MemoryError`]. Whatever fails before the publication leaves everything as it was.
pub fn update(
    place: &mut impl Place,
    request: &Update,
    transform: &mut dyn Transform,
) -> Result<Updated, MemoryError> {
    let done = transact(place, request.dry_run, |place, old, _| {
        check_tag(request.if_match.as_ref(), place, old)?;
        let base = match (&old.bytes, &request.create) {
            (Some(bytes), _) => bytes.clone(),
            (None, Some(start)) => Arc::new(as_a_line(start.clone())),
            (None, None) => return Err(MemoryError::Missing { path: place.name().to_owned() }),
        };
        let made = transform.apply(&old.name, &base, place.waiter())?;
        if let Some(kinds) = made.kinds.filter(|kinds| !kinds.are_ordinary())
            && old.bytes.is_some()
            && !request.any_kind
        {
            return Err(MemoryError::OtherKind { path: place.name().to_owned(), kinds });
        }
        let new = Arc::new(raised(place, request.format, &old.name, old.bytes.as_ref(), made.bytes));
        obeys(request.schema.as_ref(), request.format, &old.name, &new, place.waiter())?;
        // Before anything is written: a filter that fails leaves the document as it was.
        let subject = || Subject::NewContent(old.name.clone());
        let returned = request.returns.as_ref();
        let returned = returned.map(|program| results(program, new.clone(), subject(), place.waiter()));
        Ok((new, (made.truthy, returned.transpose()?)))
    });
    let done = done.map_err(|error| with_a_way_back(place, error))?;
    let (change, (truthy, returned)) = Change::of(done);
    Ok(Updated { change, truthy, returned })
}

/// Says of a broken document how it comes back, if there is a way.
fn with_a_way_back(place: &mut impl Place, error: MemoryError) -> MemoryError {
    let format = match &error {
        MemoryError::InvalidJson { what: Subject::Document(_), .. } => Format::Json,
        MemoryError::Malformed { what: Subject::Document(_), format, .. } => *format,
        _ => return error,
    };
    let back = place.way_back(&|bytes| document::validate_as(format, bytes).is_ok());
    match (error, back) {
        (MemoryError::InvalidJson { source, .. } | MemoryError::Malformed { source, .. }, Some(back)) => {
            MemoryError::Broken { path: place.name().to_owned(), format, source, back }
        }
        (error, _) => error,
    }
}

/// A new file ends with a newline, as text files do.
fn as_a_line(mut text: Vec<u8>) -> Vec<u8> {
    if text.last().is_some_and(|&last| last != b'\n') {
        text.push(b'\n');
    }
    text
}
