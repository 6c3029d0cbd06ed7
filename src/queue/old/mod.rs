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

use std::path::Path;

pub use import::Imported;

use super::{QueueError, Spool};
use crate::lock::Locker;
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder};
use crate::sys::{self, found};

/// The old programs' files. All of them are reached from their folder, and a link is none.
const QUEUE: &str = "mem0_queue.json";
const BACKUP: &str = "mem0_queue_backup.json";
const EMERGENCY: &str = "mem0_emergency.json";
const LOCK: &str = "mem0_queue.lock";

/// The folder with the old programs' files, and how to take this project's lock on them.
#[derive(Debug)]
pub struct OldFiles {
    folder: Folder,
    locker: Locker,
}

impl OldFiles {
    /// The files in that folder. The locker's patience is how long an import may wait.
    pub fn new(folder: Folder, locker: Locker) -> OldFiles {
        OldFiles { folder, locker }
    }

    /// Opens that folder if it has anything to look into, or if the outbox has an import to
    /// finish. When not, nobody needs a lock.
    ///
    /// # Errors
    /// The folder can't be opened, or is not to be trusted.
    pub fn folder_with_any(path: &Path, spool: Option<&Spool>) -> Result<Option<Folder>, QueueError> {
        let fail = |error| QueueError::io(Op::OpenFolder, path)(error);
        let begun = spool.is_some_and(|spool| staging::Staging::of(spool).is_unfinished());
        if begun {
            return Folder::walk_to_or_make(path, None).map(Some).map_err(fail);
        }
        let Some(folder) = found(Folder::walk_to(path)).map_err(fail)? else { return Ok(None) };
        for name in [QUEUE, EMERGENCY, import::TAKEN] {
            if folder.look(name).map_err(QueueError::io(Op::LookAt, folder.path_of(name)))?.is_some() {
                return Ok(Some(folder));
            }
        }
        Ok(None)
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
/// The file can't be opened, or is not to be trusted.
pub fn look_at_lock(folder: &Path) -> Result<OldLock, QueueError> {
    let path = folder.join(LOCK);
    let opened = Folder::walk_to(folder).and_then(|folder| folder.open_file(LOCK, Access::Read));
    let Some(file) = found(opened).map_err(QueueError::io(Op::Open, &path))? else {
        return Ok(OldLock::Free);
    };
    if !sys::file::is_locked(&file).map_err(QueueError::io(Op::LookAt, &path))? {
        return Ok(OldLock::Free);
    }
    let meta = file.metadata().map_err(QueueError::io(Op::LookAt, &path))?;
    let (since, identity) = (meta.modified().ok(), Identity::from(&meta));
    drop(file);
    Ok(OldLock::Held { holders: others_with(&path, identity), since })
}

/// The processes beside this one that have a file open.
fn others_with(path: &Path, file: Identity) -> Vec<u32> {
    let me = std::process::id();
    sys::process::who_has_open_as(path, file).into_iter().filter(|&pid| pid != me).collect()
}
