//! A document changed in place, under its lock.

use std::path::Path;
use std::sync::Arc;

use super::{MemoryError, Session};
use crate::lock::Waiter;
use crate::replace::Warning;

/// New content, made from the old.
#[derive(Debug)]
pub struct Made {
    /// The whole new file.
    pub bytes: Vec<u8>,
    /// Whether the new document is neither false nor null.
    pub truthy: bool,
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
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What an update did.
#[derive(Debug)]
pub struct Updated {
    /// The content before; empty where there was no file.
    pub old: Arc<Vec<u8>>,
    /// The content after.
    pub new: Vec<u8>,
    /// Whether the new document is neither false nor null.
    pub truthy: bool,
    /// Whether the file was replaced, or would be.
    pub changed: bool,
    /// What should be told.
    pub warnings: Vec<Warning>,
}

/// Changes a document: lock, read, validate, transform, replace, release, sync. The same bytes
/// leave the file alone, and are synced all the same: they may be another writer's.
///
/// # Errors
/// See [`MemoryError`]. Whatever fails before the replacement leaves file, folder and lock root
/// as they were.
pub fn update(
    session: Session<'_>,
    path: &Path,
    request: &Update,
    transform: &mut dyn Transform,
) -> Result<Updated, MemoryError> {
    let mut transaction = session.begin(path)?;
    loop {
        let source = transaction.open()?;
        let exists = source.exists();
        let old = Arc::new(source.read()?);
        let base = match &request.create {
            _ if exists => old.clone(),
            Some(start) => Arc::new(start.clone()),
            None => return Err(MemoryError::Missing { path: path.to_owned() }),
        };
        let Made { bytes: new, truthy } = transform.apply(source.path(), &base, transaction.waiter())?;
        let changed = !exists || new != *old;
        let updated = Updated { old, new, truthy, changed, warnings: Vec::new() };
        if request.dry_run || !changed {
            let warnings = if request.dry_run { transaction.told() } else { transaction.settle(&source)? };
            return Ok(Updated { warnings, ..updated });
        }
        if let Some(warnings) = transaction.publish(source, &updated.new)? {
            return Ok(Updated { warnings, ..updated });
        }
    }
}
