//! Lines added at a document's end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::edit::no_place;
use super::transaction::transact;
use super::{MemoryError, holds_lines};
use crate::document;
use crate::document::text::{self, NoPlace, Spot};
use crate::place::{self, Place};
use crate::replace::{Rotation, Warning};
use crate::sys::text::shown;

/// What to add.
#[derive(Debug, Clone, Default)]
pub struct Append {
    /// Whole lines: see [`whole_lines`].
    pub lines: Vec<u8>,
    /// How many lines of the same input came before, for messages.
    pub lines_before: usize,
    /// When the document is set aside, and a new one begun.
    pub rotation: Option<Rotation>,
}

/// A text as somebody gives it, as whole lines: its last line gets an end, and an empty text is an
/// empty line.
pub fn whole_lines(mut text: Vec<u8>) -> Vec<u8> {
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text
}

/// What was added.
#[derive(Debug, Default, Serialize)]
pub struct Appended {
    /// The document's true path; empty where nothing was to be added.
    #[serde(serialize_with = "as_shown")]
    pub file: PathBuf,
    /// How many lines.
    pub lines: usize,
    /// How large the document was, in bytes; unknown where nothing was to be added.
    pub size_before: Option<u64>,
    /// How large it is.
    pub size_after: Option<u64>,
    /// How often it was set aside, and a new one begun.
    pub set_aside: u32,
    /// For how long others kept us out, in milliseconds.
    pub waited_ms: u64,
    /// The dead holder whose lock was taken over.
    pub taken_over: Option<String>,
    /// What should be told.
    pub warnings: Vec<Warning>,
}

fn as_shown<S: serde::Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&shown(path))
}

/// Adds whole lines at a document's end, in place: it takes as long for a large document as for a
/// small one. A document that is missing is made. What is added to `.jsonl` and `.ndjson` must be
/// one JSON document a line. No lines at all leave everything alone.
///
/// # Errors
/// See [`MemoryError`]. Unless [`MemoryError::document_may_have_changed`], nothing was added.
pub fn append(place: &mut impl Place, request: &Append) -> Result<Appended, MemoryError> {
    let lines = &request.lines;
    if holds_lines(place.name()) {
        validate_lines(place.name(), request)?;
    }
    if lines.is_empty() {
        return Ok(Appended::default());
    }
    let count = lines.split_inclusive(|&byte| byte == b'\n').count();
    let done = match place.append(lines, request.rotation.as_ref())? {
        Some(done) => done,
        None => by_replacing(place, lines)?,
    };
    Ok(Appended {
        file: done.name,
        lines: count,
        size_before: Some(done.before),
        size_after: Some(done.after),
        set_aside: done.set_aside,
        waited_ms: u64::try_from(done.told.waited.as_millis()).unwrap_or(u64::MAX),
        taken_over: done.told.taken_over,
        warnings: done.told.warnings,
    })
}

/// For a place where a document can only be replaced as a whole.
fn by_replacing(place: &mut impl Place, lines: &[u8]) -> Result<place::Appended, MemoryError> {
    let done = transact(place, false, |place, old, _| {
        let old = old.bytes.as_deref().map_or(&[][..], Vec::as_slice);
        let new = text::insert(old, &Spot::End, lines)
            .map_err(|source| no_place(place.name(), NoPlace::One(source)))?;
        Ok((Arc::new(new), ()))
    })?;
    let before = done.old.bytes.as_ref().map_or(0, |old| old.len());
    Ok(place::Appended {
        name: done.old.name,
        before: before as u64,
        after: done.new.len() as u64,
        set_aside: 0,
        told: done.told,
    })
}

fn validate_lines(path: &Path, request: &Append) -> Result<(), MemoryError> {
    for (at, line) in request.lines.split_inclusive(|&byte| byte == b'\n').enumerate() {
        document::validate(line).map_err(|source| MemoryError::InvalidLine {
            path: path.to_owned(),
            line: request.lines_before + at + 1,
            source,
        })?;
    }
    Ok(())
}
