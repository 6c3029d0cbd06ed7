//! An earlier version put back, under the file's lock and by the steps of every replacement.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{MemoryError, Session};
use crate::replace::{ReplaceError, Source, Warning, backup_path, backups};

/// What a restoration did.
#[derive(Debug)]
pub struct Restored {
    /// The backup whose content is the file's now.
    pub from: PathBuf,
    /// The content before; empty where there was no file.
    pub old: Arc<Vec<u8>>,
    /// The content after.
    pub new: Vec<u8>,
    /// Whether the file was replaced, or would be.
    pub changed: bool,
    /// What should be told.
    pub warnings: Vec<Warning>,
}

/// Puts backup number `index` back, 0 being the latest. The version that it replaces becomes the
/// latest backup itself and no other one is pruned, so that a second restoration undoes the
/// first. With `dry_run`, only says what would happen.
///
/// # Errors
/// [`ReplaceError::NoBackup`], or as for every write; the file is as it was.
pub fn restore(
    session: Session<'_>,
    path: &Path,
    index: u32,
    dry_run: bool,
) -> Result<Restored, MemoryError> {
    let mut transaction = session.begin(path)?;
    // Opened once: a try that comes to nothing may have moved the backups up by a name.
    let mut chosen = None;
    loop {
        let source = transaction.open()?;
        let target = source.path().to_owned();
        let (from, backup) = match &chosen {
            Some(chosen) => chosen,
            None => chosen.insert(choose(&target, index)?),
        };
        let new = backup.read()?;
        let old = Arc::new(source.read()?);
        let changed = !source.exists() || *old != new;
        let restored = Restored { from: from.clone(), old, new, changed, warnings: Vec::new() };
        if dry_run || !changed {
            let warnings = if dry_run { transaction.told() } else { transaction.settle(&source)? };
            return Ok(Restored { warnings, ..restored });
        }
        let kept = backups(&target)?.last().map_or(0, |last| last.index + 1);
        let how = transaction.replace_mut();
        *how = how.clone().backups(kept + 1).like(backup.clone());
        if let Some(warnings) = transaction.publish(source, &restored.new)? {
            return Ok(Restored { warnings, ..restored });
        }
    }
}

fn choose(target: &Path, index: u32) -> Result<(PathBuf, Arc<Source>), MemoryError> {
    let from = backup_path(target, index);
    let backup = Source::open(&from)?;
    if !backup.exists() {
        return Err(ReplaceError::NoBackup { path: target.to_owned(), index }.into());
    }
    Ok((from, Arc::new(backup)))
}
