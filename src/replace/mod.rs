//! Replacing a file so that nothing can be lost: `docs/replacing.md` in code.
//!
//! What a reader, a crash, a full disk or another program may see is the old file or the new
//! one, whole. The order that makes it so:
//!
//! 1. [`Source::open`]: the real target, and what tells this version from every other.
//! 2. [`Replace::stage`]: a temporary file beside it, written whole, given the old one's owner,
//!    attributes and mode, and synced. Then the backup. The original is never moved away.
//! 3. [`Staged::commit`]: if the target still is what was read, one `rename`. This is the step to
//!    run under a lock's guard.
//! 4. [`Committed::finish`]: the folder is synced, old backups are pruned.
//!
//! An error before the rename leaves the file as it was and no temporary file behind. An error
//! of a sync is final and never tried again: a second `fsync` can falsely succeed.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("settings.json");
//! use aimem::replace::Replace;
//!
//! // A new file follows the umask; an old one keeps mode, owner and attributes.
//! Replace::new().write(&path, b"{\"theme\": \"dark\"}\n")?;
//!
//! // The last three versions stay as settings.json.bak, .bak.1 and .bak.2.
//! Replace::new().backups(3).write(&path, b"{\"theme\": \"light\"}\n")?;
//! # assert_eq!(std::fs::read(folder.path().join("settings.json.bak"))?, b"{\"theme\": \"dark\"}\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Step by step, with a lock of one's own around the check and the rename, and a fresh start when
//! another program was faster:
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("count");
//! use aimem::replace::{Commit, Replace, Restart, Source};
//!
//! let how = Replace::new().backups(1);
//! let mut restart = Restart::default();
//! let warnings = loop {
//!     let source = Source::open(&path)?;
//!     let old = String::from_utf8(source.read()?)?;
//!     let new = old.trim().parse().unwrap_or(0) + 1;
//!     let staged = how.stage_again(source, format!("{new}\n").as_bytes(), restart)?;
//!     match staged.commit()? {
//!         Commit::Done(committed) => break committed.finish()?,
//!         Commit::Changed(again) => restart = again,
//!     }
//! };
//! assert!(warnings.is_empty());
//! # assert_eq!(std::fs::read(&path)?, b"1\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This module takes no lock: two writers at once both succeed, one after the other, unless one
//! of them started from what the other replaced. `memory` puts it under the file's lock.

mod backup;
mod error;
mod metadata;
mod source;
mod staged;
mod temporary;
mod warning;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

pub use backup::{Backup, backup_path, backups};
pub use error::ReplaceError;
pub use source::Source;
pub use staged::{Commit, Committed, Restart, Staged};
pub use temporary::{leftovers_in, leftovers_of, sweep_leftovers_of};
pub use warning::Warning;

use staged::New;
use temporary::{Temporary, folder_of};

/// How often a target that changes under us is tried again.
const RESTARTS: u32 = 5;

/// How to replace a file. The default syncs, and keeps no backup.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("cache");
/// use aimem::replace::Replace;
///
/// // Data that can be made again: no waiting for the disk, and still never half a file for a
/// // reader.
/// let how = Replace::new().sync(false);
/// for warning in how.write(&path, b"1")? {
///     eprintln!("{warning}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Replace {
    sync: bool,
    backups: u32,
    in_place: bool,
    like: Option<Arc<Source>>,
}

impl Default for Replace {
    fn default() -> Self {
        Replace { sync: true, backups: 0, in_place: false, like: None }
    }
}

impl Replace {
    /// Synced, without a backup.
    pub fn new() -> Replace {
        Replace::default()
    }

    /// Keeps the last `count` versions as `FILE.bak`, `FILE.bak.1`, and so on. 0 keeps none and
    /// leaves those that are there.
    #[must_use]
    pub fn backups(mut self, count: u32) -> Replace {
        self.backups = count;
        self
    }

    /// Whether to sync file and folder; without, a power cut may leave the old file, the new
    /// one, or an empty one. For data that can be made again.
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Replace {
        self.sync = sync;
        self
    }

    /// Overwrites the file itself instead of renaming over it, for a file that is a mount point.
    /// A crash in the middle leaves a torn file; the backup is a copy.
    #[must_use]
    pub fn in_place(mut self, in_place: bool) -> Replace {
        self.in_place = in_place;
        self
    }

    /// Gives a file that does not exist yet the owner, attributes and mode of another one.
    #[must_use]
    pub fn like(mut self, other: Arc<Source>) -> Replace {
        self.like = Some(other);
        self
    }

    /// Replaces `path` by `content`, without any lock. What other programs write meanwhile is
    /// overwritten as a whole.
    ///
    /// # Errors
    /// See [`ReplaceError`].
    pub fn write(&self, path: &Path, content: &[u8]) -> Result<Vec<Warning>, ReplaceError> {
        let mut restart = None;
        for _ in 0..RESTARTS {
            let source = Source::open(path)?;
            let staged = match restart {
                None => self.stage(source, content)?,
                Some(restart) => self.stage_again(source, content, restart)?,
            };
            match staged.commit()? {
                Commit::Done(committed) => return committed.finish(),
                Commit::Changed(again) => restart = Some(again),
            }
        }
        let busy = io::Error::new(io::ErrorKind::ResourceBusy, "another program replaces it all the time");
        Err(ReplaceError::io("replace", path)(busy))
    }

    /// Makes everything ready: the new content on disk, the backup in place.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was.
    pub fn stage(&self, source: Source, content: &[u8]) -> Result<Staged, ReplaceError> {
        self.stage_again(source, content, Restart::default())
    }

    /// The same after a [`Commit::Changed`]: the backup is made again from the new version,
    /// while the older ones stay where they were moved.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was.
    pub fn stage_again(
        &self,
        source: Source,
        content: &[u8],
        mut restart: Restart,
    ) -> Result<Staged, ReplaceError> {
        backup::check_names(source.path(), self.backups)?;
        let mut warnings = Vec::new();
        if let Some(meta) = source.metadata().filter(|_| !self.in_place) {
            let others = backup::other_names(source.path(), meta);
            if others > 0 {
                warnings.push(Warning::HardLinks { path: source.path().to_owned(), others });
            }
        }
        let in_place = self.in_place && source.exists();
        // A dead writer's backup may be a link to the very inode that is about to be overwritten.
        let keep = source.exists() && (self.backups > 0 || in_place && backup::is_link(&source));
        let new = if in_place {
            New::InPlace(content.to_vec())
        } else {
            New::Beside(self.write_beside(&source, content, &mut warnings)?)
        };
        // Opened now, because a folder that can't be opened can't be synced: an error after the
        // rename would come too late.
        let names_change = !in_place || keep;
        let folder = (self.sync && names_change).then(|| open_folder(source.path())).transpose()?;
        let current = !keep || backup::make(&source, in_place, self.sync, &mut restart.moved, &mut warnings)?;
        Ok(Staged { how: self.clone(), source, new, folder, current, restart, warnings })
    }

    fn write_beside(
        &self,
        source: &Source,
        content: &[u8],
        warnings: &mut Vec<Warning>,
    ) -> Result<Temporary, ReplaceError> {
        let path = source.path();
        let model = if source.exists() { Some(source) } else { self.like.as_deref() };
        let temporary = Temporary::create(path, model.is_some())?;
        let mut file = temporary.file();
        file.write_all(content).map_err(ReplaceError::io("write", path))?;
        if let Some((old, meta)) = model.and_then(|model| Some((model.file()?, model.metadata()?))) {
            metadata::copy(old, meta, file, path, warnings)?;
        }
        if self.sync {
            file.sync_all().map_err(ReplaceError::io("sync", path))?;
        }
        Ok(temporary)
    }
}

/// Makes the missing folders above `path`, and syncs what they were made in.
///
/// # Errors
/// [`ReplaceError::Folder`].
pub fn make_folders(path: &Path) -> Result<(), ReplaceError> {
    let folder = folder_of(path);
    let missing: Vec<&Path> = folder.ancestors().take_while(|above| !above.exists()).collect();
    let refused = |source| ReplaceError::Folder { folder: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(refused)?;
    for made in missing {
        File::open(folder_of(made)).and_then(|parent| parent.sync_all()).map_err(refused)?;
    }
    Ok(())
}

fn open_folder(path: &Path) -> Result<File, ReplaceError> {
    let folder = folder_of(path);
    File::open(folder).map_err(ReplaceError::io("open the folder", folder))
}
