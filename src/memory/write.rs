//! A whole file written, under its lock.

use std::path::Path;

use super::{MemoryError, Session, etag, validate};
use crate::replace::Warning;

/// What to write, and on what condition.
#[derive(Debug, Clone)]
pub struct Write {
    /// The new content, byte for byte.
    pub content: Vec<u8>,
    /// Refuse what is not one JSON document.
    pub validate: bool,
    /// Write only if the file still has this tag, see [`etag`].
    pub if_match: Option<String>,
}

/// What a write did.
#[derive(Debug)]
pub struct Written {
    /// Whether the file was replaced; `false` when it had that content already.
    pub changed: bool,
    /// The new content's tag.
    pub etag: String,
    /// What should be told.
    pub warnings: Vec<Warning>,
}

/// Writes a file. Missing parent folders are made. The same bytes leave the file alone.
///
/// # Errors
/// See [`MemoryError`]; the file is as it was.
pub fn write(session: Session<'_>, path: &Path, request: &Write) -> Result<Written, MemoryError> {
    if request.content.is_empty() {
        return Err(MemoryError::Empty { path: path.to_owned() });
    }
    if request.validate {
        validate(&request.content, &format!("the new content of {}", path.display()))?;
    }
    let etag_after = etag(&request.content);
    let mut transaction = session.begin(path)?;
    loop {
        let source = transaction.open()?;
        let old = source.read()?;
        if let Some(wanted) = &request.if_match {
            let found = if source.exists() { etag(&old) } else { "none".to_owned() };
            if *wanted != found {
                return Err(MemoryError::Mismatch { path: path.to_owned(), found });
            }
        }
        let written = |changed, warnings| Written { changed, etag: etag_after.clone(), warnings };
        if source.exists() && old == request.content {
            return Ok(written(false, transaction.settle(&source)?));
        }
        drop(old);
        if !source.exists() {
            transaction.replace().make_folders(source.path())?;
        }
        if let Some(warnings) = transaction.publish(source, &request.content)? {
            return Ok(written(true, warnings));
        }
    }
}
