//! A text changed where something stands in it.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::check::stays_valid;
use super::transaction::{check_tag, transact};
use super::version::raised;
use super::{Change, MemoryError};
use crate::document::text::{NoPlace, Replacement, replace};
use crate::place::Place;

/// What to replace, and on what condition.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// One after another; all of them or none.
    pub edits: Vec<Replacement>,
    /// Edit only if the document still has this tag.
    pub if_match: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What an edit did.
#[derive(Debug, Serialize)]
pub struct Edited {
    /// What became of the document.
    #[serde(flatten)]
    pub change: Change,
    /// In how many places each of the edits was made.
    pub replaced: Vec<usize>,
}

impl Deref for Edited {
    type Target = Change;

    fn deref(&self) -> &Change {
        &self.change
    }
}

/// A line of a script.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    old: String,
    new: String,
    #[serde(default)]
    all: bool,
}

impl Edit {
    /// Reads edits from lines of JSON, such as `{"old": "a", "new": "b", "all": true}`. Empty lines
    /// are left out.
    ///
    /// # Errors
    /// [`MemoryError::Script`] for the first line that is none, or where there is no edit at all.
    pub fn script(text: &[u8]) -> Result<Vec<Replacement>, MemoryError> {
        let mut edits = Vec::new();
        for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let Line { old, new, all } = serde_json::from_slice(line)
                .map_err(|error| MemoryError::Script { line: at + 1, reason: without_line(&error) })?;
            edits.push(Replacement { old: old.into_bytes(), new: new.into_bytes(), all });
        }
        if edits.is_empty() {
            return Err(MemoryError::Script { line: 1, reason: "there is nothing".to_owned() });
        }
        Ok(edits)
    }
}

/// Each line is read alone, and is the first one to the reader.
fn without_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", ", at column ")
}

/// Edits a text of any kind, byte for byte. The same bytes leave it alone. A `.json` document that
/// was valid must stay so.
///
/// # Errors
/// See [`MemoryError`], above all [`MemoryError::NoPlace`]; the document is as it was.
pub fn edit(place: &mut impl Place, request: &Edit) -> Result<Edited, MemoryError> {
    let done = transact(place, request.dry_run, |place, old, _| {
        check_tag(request.if_match.as_ref(), place, old)?;
        let Some(bytes) = &old.bytes else {
            return Err(MemoryError::Missing { path: place.name().to_owned() });
        };
        let (new, replaced) =
            replace(bytes, &request.edits).map_err(|source| no_place(place.name(), source))?;
        stays_valid(&old.name, bytes, &new)?;
        Ok((Arc::new(raised(place, None, &old.name, Some(bytes), new)), replaced))
    })?;
    let (change, replaced) = Change::of(done);
    Ok(Edited { change, replaced })
}

pub(super) fn no_place(path: &std::path::Path, source: NoPlace) -> MemoryError {
    let details = source.why().details();
    MemoryError::NoPlace { path: path.to_owned(), source, details }
}
