//! The folder that the versions of one file lie in.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::sys::folder::{Access, Folder};

/// The folder of all histories, in the lock root.
pub(super) const HISTORY: &str = ".history";

/// The folder that the versions of one file lie in, open.
#[derive(Debug, Clone)]
pub struct Shelf {
    pub(super) folder: Folder,
    /// The permissions of the log.
    pub(super) mode: u32,
}

impl Shelf {
    /// Opens the folder for the file with this key, in an open lock root; `None` when there is none.
    ///
    /// # Errors
    /// It can't be opened, or belongs to a stranger.
    pub fn existing(root: &Folder, key: &str) -> io::Result<Option<Shelf>> {
        let folder = crate::sys::found(root.folder_below(HISTORY, key))?;
        Ok(folder.map(|folder| Shelf { folder, mode: 0o600 }))
    }

    /// The same, and makes it when it is missing: folders with the one mode, the log with the other.
    ///
    /// # Errors
    /// It can't be made.
    pub fn open_or_make(root: &Folder, key: &str, folder_mode: u32, mode: u32) -> io::Result<Shelf> {
        let folder = match crate::sys::found(root.folder_below(HISTORY, key))? {
            Some(folder) => folder,
            None => {
                let make = |above: &Folder, name: &str| {
                    above.folder_or(name, || above.make_shown(name, folder_mode, 0o777))
                };
                make(&make(root, HISTORY)?, key)?
            }
        };
        Ok(Shelf { folder, mode })
    }

    /// Every history in an open lock root, by key.
    ///
    /// # Errors
    /// The folder of histories can't be listed.
    pub fn all(root: &Folder) -> io::Result<Vec<(String, Shelf)>> {
        let Some(above) = crate::sys::found(root.folder(HISTORY))? else { return Ok(Vec::new()) };
        let keys = above.names()?.into_iter().filter_map(|name| name.into_string().ok());
        let shelves = keys.filter_map(|key| {
            let folder = above.folder(&key).ok()?;
            Some((key, Shelf { folder, mode: 0o600 }))
        });
        Ok(shelves.collect())
    }

    /// Opens a file in it for appending, and makes it when it is missing.
    pub(super) fn open_log(&self, name: &str) -> io::Result<File> {
        if !self.folder.is_ours_alone() {
            return self.folder.open_or_create(name, Access::Append, self.mode);
        }
        // Nobody else can have put anything here, and one call does.
        match self.folder.as_dir().open_file(name, Access::Append) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.folder.open_or_create(name, Access::Append, self.mode)
            }
            opened => opened,
        }
    }
}

/// Where the time of the last warning is kept: the root itself, where locks could be made a moment ago.
const WARNED: &str = ".history-warned";
/// Between two warnings that a version could not be kept.
const SILENCE: Duration = Duration::from_secs(60);

/// Whether to warn that a version can't be kept: once a minute is enough. Where that can't be written
/// down, each time.
pub fn may_warn(root: &Folder) -> bool {
    let now = SystemTime::now();
    if let Ok(Some(look)) = root.look(WARNED) {
        let last = u64::try_from(look.modified.0)
            .map_or(UNIX_EPOCH, |seconds| UNIX_EPOCH + Duration::from_secs(seconds));
        if now.duration_since(last).is_ok_and(|since| since < SILENCE) {
            return false;
        }
    }
    if let Ok(file) = root.open_or_create(WARNED, Access::Write, 0o600) {
        let _ = file.set_modified(now);
    }
    true
}

impl Shelf {
    /// Where it is, for messages.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}
