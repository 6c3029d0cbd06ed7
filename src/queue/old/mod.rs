//! The files of the Python programs that came before: `mem0_queue.json`, in which one lock and
//! one JSON document held everything, and `mem0_emergency.json`, lines appended without a lock.
//!
//! - `form`: what their entries look like. `import`: taking entries out of their files.
//! - `salvage`: reading a file that does not parse. [`export`]: printing the old form.

pub mod export;
mod form;
mod import;
mod salvage;
mod staging;

use std::fs::File;
use std::path::{Path, PathBuf};

pub use import::Imported;

use super::error::found;
use super::{QueueError, Spool};
use crate::lock::Locker;
use crate::sys;
use crate::sys::file::Flock;

/// The folder with the old programs' files, and how to take this project's lock on them.
#[derive(Debug)]
pub struct OldFiles {
    folder: PathBuf,
    locker: Locker,
}

impl OldFiles {
    /// The files in that folder. The locker's patience is how long an import may wait.
    pub fn new(folder: impl Into<PathBuf>, locker: Locker) -> OldFiles {
        OldFiles { folder: folder.into(), locker }
    }

    fn queue(&self) -> PathBuf {
        self.folder.join("mem0_queue.json")
    }

    fn backup(&self) -> PathBuf {
        self.folder.join("mem0_queue_backup.json")
    }

    fn emergency(&self) -> PathBuf {
        self.folder.join("mem0_emergency.json")
    }

    /// Whether that folder has anything to look into, or that outbox an import to finish. When
    /// not, nobody needs a lock.
    pub fn are_in(folder: &Path, spool: &Spool) -> bool {
        let names = ["mem0_queue.json", "mem0_emergency.json", import::TAKEN];
        names.iter().any(|name| folder.join(name).exists()) || staging::Staging::of(spool).is_unfinished()
    }
}

/// The old programs' lock, as far as it can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OldLock {
    /// Nobody has it, whether its file is there or not.
    Free,
    /// Somebody has it.
    Held {
        /// Who has its file open, as far as we may see.
        holders: Vec<u32>,
        /// When it was opened last.
        since: Option<std::time::SystemTime>,
    },
}

/// Looks at the lock beside the old queue file. Takes nothing.
///
/// # Errors
/// The file can't be opened.
pub fn look_at_lock(folder: &Path) -> Result<OldLock, QueueError> {
    let path = lock_path(folder);
    let Some(file) = found(File::open(&path)).map_err(QueueError::io("open", &path))? else {
        return Ok(OldLock::Free);
    };
    let free =
        sys::file::try_flock(&file, Flock::Shared).map_err(QueueError::io("look at the lock of", &path))?;
    if free {
        return Ok(OldLock::Free);
    }
    let since = file.metadata().and_then(|meta| meta.modified()).ok();
    let me = std::process::id();
    drop(file);
    let holders = sys::process::who_has_open(&path).into_iter().filter(|&pid| pid != me).collect();
    Ok(OldLock::Held { holders, since })
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.join("mem0_queue.lock")
}
