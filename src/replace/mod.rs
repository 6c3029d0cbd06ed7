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
//! This module takes no lock: two writers at once both succeed, one after the other, unless one
//! of them started from what the other replaced. `memory` puts it under the file's lock.

mod backup;
mod error;
mod metadata;
mod source;
mod temporary;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use backup::{Backup, backup_path, backups};
pub use error::ReplaceError;
pub use source::Source;
pub use temporary::{leftovers_in, leftovers_of, sweep_leftovers_of};

use rustix::io::Errno;
use temporary::{Temporary, folder_of};

/// How often a target that changes under us is tried again.
const RESTARTS: u32 = 5;

/// How to replace a file. The default syncs, and keeps no backup.
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
    pub fn like(mut self, other: Source) -> Replace {
        self.like = Some(Arc::new(other));
        self
    }

    /// Replaces `path` by `content`, without any lock. What other programs write meanwhile is
    /// overwritten as a whole.
    ///
    /// # Errors
    /// See [`ReplaceError`].
    pub fn write(&self, path: &Path, content: &[u8]) -> Result<Vec<Warning>, ReplaceError> {
        let mut restarted = false;
        for _ in 0..RESTARTS {
            let source = Source::open(path)?;
            let staged =
                if restarted { self.stage_again(source, content)? } else { self.stage(source, content)? };
            match staged.commit()? {
                Commit::Done(committed) => return committed.finish(),
                Commit::Changed => restarted = true,
            }
        }
        let busy = io::Error::other("it is replaced again and again by another program");
        Err(ReplaceError::io("replace", path)(busy))
    }

    /// Makes everything ready: the new content on disk, the backup in place.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was.
    pub fn stage(&self, source: Source, content: &[u8]) -> Result<Staged, ReplaceError> {
        self.stage_with(source, content, true)
    }

    /// The same after a [`Commit::Changed`]: the backup is made again from the new version,
    /// while the older ones stay where they were moved.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was.
    pub fn stage_again(&self, source: Source, content: &[u8]) -> Result<Staged, ReplaceError> {
        self.stage_with(source, content, false)
    }

    fn stage_with(&self, source: Source, content: &[u8], first: bool) -> Result<Staged, ReplaceError> {
        backup::check_names(source.path(), self.backups)?;
        let mut warnings = Vec::new();
        if let Some(meta) = source.metadata().filter(|_| !self.in_place) {
            let others = backup::other_names(source.path(), meta);
            if others > 0 {
                warnings.push(Warning::HardLinks { path: source.path().to_owned(), others });
            }
        }
        let new = if self.in_place && source.exists() {
            New::InPlace(content.to_vec())
        } else {
            New::Beside(self.write_beside(&source, content, &mut warnings)?)
        };
        let mut staged = Staged { how: self.clone(), source, new, current: true, warnings };
        if self.backups > 0 && staged.source.exists() {
            let kept = !self.in_place && backup::is_kept(&staged.source);
            if !kept {
                if first {
                    backup::move_up(staged.source.path())?;
                }
                staged.current =
                    backup::make(&staged.source, self.in_place, self.sync, &mut staged.warnings)?;
            }
        }
        Ok(staged)
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

/// A replacement that is ready to be made. Dropping it undoes all but the backup.
#[must_use = "nothing is replaced until it is committed"]
#[derive(Debug)]
pub struct Staged {
    how: Replace,
    source: Source,
    new: New,
    /// The target still was what was read when the backup was made.
    current: bool,
    warnings: Vec<Warning>,
}

#[derive(Debug)]
enum New {
    Beside(Temporary),
    InPlace(Vec<u8>),
}

/// How a commit ended.
#[must_use]
#[derive(Debug)]
pub enum Commit {
    /// The new content has the target's name.
    Done(Committed),
    /// Another program replaced or wrote the target since it was read: start from its content.
    Changed,
}

impl Staged {
    /// Puts the new content in place, if the target still is the version that was read.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was, except after [`ReplaceError::Damaged`].
    pub fn commit(self) -> Result<Commit, ReplaceError> {
        let Staged { how, source, new, current, warnings } = self;
        let path = source.path().to_owned();
        if !current || !source.is_current().map_err(ReplaceError::io("look at", &path))? {
            return Ok(Commit::Changed);
        }
        let file = match new {
            New::InPlace(content) => Some(overwrite(&source, &content, how.backups > 0)?),
            New::Beside(temporary) => {
                let renamed =
                    if source.exists() { temporary.rename_to(&path) } else { temporary.rename_to_new(&path) };
                match renamed {
                    Ok(()) => None,
                    // It was created since.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Commit::Changed),
                    Err(error) if error.raw_os_error() == Some(Errno::BUSY.raw_os_error()) => {
                        return Err(ReplaceError::MountPoint(path));
                    }
                    Err(error) => return Err(ReplaceError::io("replace", path)(error)),
                }
            }
        };
        Ok(Commit::Done(Committed { how, path, file, warnings }))
    }
}

fn overwrite(source: &Source, content: &[u8], has_backup: bool) -> Result<File, ReplaceError> {
    let path = source.path();
    let mut file = OpenOptions::new().write(true).open(path).map_err(ReplaceError::io("open", path))?;
    let written = file.set_len(0).and_then(|()| file.write_all(content));
    written.map_err(|source| ReplaceError::Damaged {
        path: path.to_owned(),
        backup: has_backup.then(|| backup_path(path, 0)),
        source,
    })?;
    Ok(file)
}

/// A replacement that has happened, and is still to be made durable.
#[must_use = "the folder is not synced yet"]
#[derive(Debug)]
pub struct Committed {
    how: Replace,
    path: PathBuf,
    /// Written in place, and to be synced itself.
    file: Option<File>,
    warnings: Vec<Warning>,
}

impl Committed {
    /// Syncs, prunes old backups, and hands over what should be told.
    ///
    /// # Errors
    /// [`ReplaceError::NotDurable`]: the file has the new content.
    pub fn finish(self) -> Result<Vec<Warning>, ReplaceError> {
        if self.how.sync {
            let synced = self.file.map_or(Ok(()), |file| file.sync_all());
            synced
                .and_then(|()| File::open(folder_of(&self.path))?.sync_all())
                .map_err(|source| ReplaceError::NotDurable { path: self.path.clone(), source })?;
        }
        if self.how.backups > 0 {
            backup::prune(&self.path, self.how.backups);
        }
        Ok(self.warnings)
    }
}

/// Something that went well but not as one might think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The new file belongs to another user or group than the old one.
    Owner {
        /// The target.
        path: PathBuf,
        /// The old owner.
        user: u32,
        /// The old group.
        group: u32,
    },
    /// An extended attribute was not kept.
    Attribute {
        /// The target.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// The file had other names, which keep the old content.
    HardLinks {
        /// The target.
        path: PathBuf,
        /// How many other names.
        others: u64,
    },
}

impl Warning {
    fn attribute(path: &Path, name: &[u8]) -> Warning {
        Warning::Attribute { path: path.to_owned(), name: String::from_utf8_lossy(name).into_owned() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Owner { path, user, group } => {
                write!(out, "{}: the owner {user}:{group} could not be kept", path.display())
            }
            Warning::Attribute { path, name } => {
                write!(out, "{}: the extended attribute {name} could not be kept", path.display())
            }
            Warning::HardLinks { path, others } => {
                let names = if *others == 1 { "name keeps" } else { "names keep" };
                write!(out, "{}: its {others} other {names} the old content", path.display())
            }
        }
    }
}
