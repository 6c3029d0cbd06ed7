//! The files of the Python programs: `mem0_queue.json`, in which one lock and one JSON document held
//! everything, and `mem0_emergency.json`, lines appended without a lock.
//!
//! - [`form`]: what stands in them. [`salvage`]: reading a file that does not parse.
//! - [`files`]: reading and replacing them while those programs may still be at work.

pub mod files;
pub mod form;
pub mod salvage;

use std::io;
use std::path::{Path, PathBuf};

use crate::lock::LockError;
use crate::sys::failure::{Op, PathError};
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder};
use crate::sys::process::who_has_open_as;
use crate::sys::{self, found};

/// The old programs' files. All of them are reached from their folder, and a link is none.
const QUEUE: &str = "mem0_queue.json";
const BACKUP: &str = "mem0_queue_backup.json";
const EMERGENCY: &str = "mem0_emergency.json";
/// What the emergency file is called while it is taken.
const TAKEN: &str = "mem0_emergency.json.aimem-taken";
const LOCK: &str = "mem0_queue.lock";

/// Why nothing could be done with the old files.
#[derive(Debug, thiserror::Error)]
pub enum OldError {
    /// An old program is using its queue file now.
    #[error("the old queue is in use: {0}")]
    Busy(String),
    /// Our own lock on the queue file could not be had or was lost.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The system refused something.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl OldError {
    fn io(op: Op, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> OldError {
        PathError::of(op, path)
    }
}

/// Whether there is anything in a folder to be taken over.
///
/// # Errors
/// The folder can't be searched.
pub fn has_any(folder: &Folder) -> Result<bool, OldError> {
    for name in [QUEUE, EMERGENCY, TAKEN] {
        if folder.look(name).map_err(OldError::io(Op::LookAt, folder.path_of(name)))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
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
pub fn look_at_lock(folder: &Path) -> Result<OldLock, OldError> {
    let path = folder.join(LOCK);
    let opened = Folder::walk_to(folder).and_then(|folder| folder.open_file(LOCK, Access::Read));
    let Some(file) = found(opened).map_err(OldError::io(Op::Open, &path))? else { return Ok(OldLock::Free) };
    if !sys::file::is_locked(&file).map_err(OldError::io(Op::LookAt, &path))? {
        return Ok(OldLock::Free);
    }
    let meta = file.metadata().map_err(OldError::io(Op::LookAt, &path))?;
    let (since, identity) = (meta.modified().ok(), Identity::from(&meta));
    drop(file);
    Ok(OldLock::Held { holders: who_has_open_as(&path, identity), since })
}
