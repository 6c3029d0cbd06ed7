//! Documents held against a schema before they are published.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::format_of;
use super::{MemoryError, Reading, read};
use crate::document::Format;
use crate::document::schema::{SchemaError, check, named_by};
use crate::lock::Waiter;
use crate::place::FilePlace;
use crate::replace::Replace;

/// What stands for the document's own schema.
const OWN: &str = "auto";

/// Which schema a document must obey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// The one in this file.
    File(PathBuf),
    /// The one that the document names under `$schema`, if that is a file on this machine. One that
    /// is elsewhere is never fetched, and not asked for.
    Own,
}

impl From<PathBuf> for Schema {
    /// `auto` stands for the document's own.
    fn from(named: PathBuf) -> Schema {
        if named == Path::new(OWN) { Schema::Own } else { Schema::File(named) }
    }
}

/// The file that a document's `$schema` names: a path, from the folder of the document on.
fn local(document: &Path, named: &str) -> Option<PathBuf> {
    let path = named.strip_prefix("file://").unwrap_or(named);
    let is_remote = path.contains("://") || path.starts_with("urn:") || path.is_empty();
    (!is_remote).then(|| document.parent().unwrap_or(Path::new("")).join(path.trim_end_matches('#')))
}

/// Makes sure that a document obeys a schema, if there is one for it. Returns which one that was.
///
/// # Errors
/// [`MemoryError::Schema`]: it breaks rules, or the schema can't be read or used.
pub fn obeys(
    schema: Option<&Schema>,
    format: Option<Format>,
    document: &Path,
    bytes: &[u8],
    waiter: &mut dyn Waiter,
) -> Result<Option<PathBuf>, MemoryError> {
    let format = format.or_else(|| format_of(document, document));
    let (path, format) = match (schema, format) {
        (None, _) | (Some(Schema::Own), None) => return Ok(None),
        (Some(Schema::File(path)), format) => (path.clone(), format.unwrap_or_default()),
        (Some(Schema::Own), Some(format)) => {
            // A document that can't be read is another check's business.
            let named = named_by(format, bytes).unwrap_or_default();
            match named.and_then(|named| local(document, &named)) {
                Some(path) => (path, format),
                None => return Ok(None),
            }
        }
    };
    let failed = |source: SchemaError| {
        let (document, schema, details) = (document.to_owned(), path.clone(), source.details());
        MemoryError::Schema { path: document, schema, source, details }
    };
    let text = text_of(&path, waiter)?.ok_or_else(|| failed(SchemaError::Missing))?;
    check(&text, format, bytes).map_err(failed)?;
    Ok(Some(path))
}

fn text_of(path: &Path, waiter: &mut dyn Waiter) -> Result<Option<Arc<Vec<u8>>>, MemoryError> {
    let mut place = FilePlace::new(path, None, Replace::new(), waiter);
    Ok(read(&mut place, Reading::Free)?.bytes)
}
