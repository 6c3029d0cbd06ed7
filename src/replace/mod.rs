//! Replacing a file so that nothing can be lost: `docs/replacing.md` in code.
//!
//! What a reader, a crash, a full disk or another program may see is the old file or the new
//! one, whole. The order that makes it so:
//!
//! 1. [`Source::open`]: the real target, and what tells this version from every other.
//! 2. [`Replace::stage`]: a temporary file beside it, written whole, given the old one's owner,
//!    attributes and mode, and synced; and the backup, under a temporary name.
//! 3. [`Staged::make_ready`]: a kernel lock on the folder, for those who share no other lock; the
//!    backup gets its name. The original is never moved away.
//! 4. [`Staged::commit`]: if the target still is what was read, the two exchange their names. This
//!    is the step to run under a lock's guard.
//! 5. [`Committed::clean_up`]: the old version goes, and backups beyond the number that is wanted.
//! 6. [`Committed::finish`]: the folder is synced, which needs no lock.
//!
//! An error before step 4 leaves the file as it was and no temporary file behind. An error
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
//! This module takes no lock but the folder's, for an instant: two writers at once both succeed,
//! one after the other, unless one of them started from what the other replaced. `memory` puts it
//! under the file's lock.

mod append;
mod backup;
mod error;
mod exchange;
mod folder;
mod leftovers;
mod metadata;
mod quiet;
mod source;
mod staged;
mod temporary;
mod warning;

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use append::{Appending, Rotation};
pub use backup::{Backup, backup_path, backups};
pub use error::ReplaceError;
pub use leftovers::{Swept, leftovers_in, leftovers_of, sweep_leftovers_of};
pub use quiet::{Reading, read_quiet};
pub use source::{Pieces, Source};
pub use staged::{Commit, Committed, Restart, Staged};
pub use warning::Warning;

use crate::sys;
use crate::sys::dir::Dir;
use crate::sys::failure::Op;
use crate::sys::path::folder_of;
use backup::{Kept, Plan};
use exchange::Ready;
use folder::PATIENCE;
use staged::New;
use temporary::Temporary;

/// How often a target that changes under us is tried again.
const RESTARTS: u32 = 5;
const STICKY: u32 = 0o1000;

/// How to replace a file. The default syncs, and keeps no backup.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("cache");
/// use aimem::replace::Replace;
///
/// // Data that can be made again: less waiting for the disk, and still never half a file for a
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
    /// Whether as many are kept as are there, if these are more.
    rotates: bool,
    in_place: bool,
    like: Option<Arc<Source>>,
    patience: Duration,
}

impl Default for Replace {
    fn default() -> Self {
        Replace { sync: true, backups: 0, rotates: false, in_place: false, like: None, patience: PATIENCE }
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
        self.rotates = false;
        self
    }

    /// Keeps as many versions as are kept already, and one at least.
    #[must_use]
    pub fn rotate(mut self) -> Replace {
        self.backups = 1;
        self.rotates = true;
        self
    }

    /// Whether to sync the folder. Without, a power cut may bring the old file back, whole. The
    /// new file itself is synced always: some file systems would bring it back empty.
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

    /// How long to wait for a folder whose kernel lock somebody keeps, where nothing can be done
    /// without it: on a file system that can't exchange two names. A quarter of a second at least.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Replace {
        self.patience = patience;
        self
    }

    /// Whether the folder is synced.
    pub fn syncs(&self) -> bool {
        self.sync
    }

    /// Replaces `path` by `content`, without any lock. What other programs write meanwhile is
    /// overwritten as a whole.
    ///
    /// # Errors
    /// See [`ReplaceError`].
    pub fn write(&self, path: &Path, content: &[u8]) -> Result<Vec<Warning>, ReplaceError> {
        let mut restart = Restart::default();
        for _ in 0..RESTARTS {
            let mut staged = self.stage_again(Source::open(path)?, content, restart)?;
            staged.make_ready(|pause| {
                std::thread::sleep(pause);
                None::<()>
            })?;
            match staged.commit()? {
                Commit::Done(committed) => return committed.finish(),
                Commit::Changed(again) => restart = again,
            }
        }
        let busy = io::Error::new(io::ErrorKind::ResourceBusy, "another program replaces it all the time");
        Err(ReplaceError::io(Op::Replace, path)(busy))
    }

    /// Makes sure that the backups' names will not be too long, before anything is touched.
    ///
    /// # Errors
    /// [`ReplaceError::BackupName`].
    pub fn check_names(&self, target: &Path) -> Result<(), ReplaceError> {
        backup::check_names(target, self.backups)
    }

    /// Makes the missing folders above `path`, and syncs what they were made in.
    ///
    /// # Errors
    /// [`ReplaceError::Folder`].
    pub fn make_folders(&self, path: &Path) -> Result<(), ReplaceError> {
        let folder = folder_of(path);
        let missing: Vec<&Path> = folder.ancestors().take_while(|above| !above.exists()).collect();
        let refused = |source| ReplaceError::Folder { folder: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(refused)?;
        for made in missing.iter().filter(|_| self.sync) {
            let above = match File::open(folder_of(made)) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
                opened => Some(opened.map_err(refused)?),
            };
            let made = File::open(made).map_err(refused)?;
            sys::file::sync_names(above.as_ref(), &made).map_err(refused)?;
        }
        Ok(())
    }

    /// Makes a file durable that is to stay as it is: it may be another writer's, who has renamed
    /// or written it and not synced yet.
    ///
    /// # Errors
    /// [`ReplaceError::Unsettled`].
    pub fn settle(&self, mut source: Source) -> Result<(), ReplaceError> {
        if !self.sync || !source.exists() {
            return Ok(());
        }
        let mut folder = source.take_folder()?;
        // Nobody needs to wait for a sync.
        folder.unlock();
        let Some(file) = source.file() else { return Ok(()) };
        let synced = sys::file::sync_content(file).and_then(|()| folder.sync(file));
        synced.map_err(|error| ReplaceError::Unsettled { path: source.path().to_owned(), source: error })
    }

    /// Makes the new content ready, on disk, and the backup, both under temporary names.
    ///
    /// # Errors
    /// See [`ReplaceError`]; file and folder are as they were.
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
        restart: Restart,
    ) -> Result<Staged, ReplaceError> {
        let path = source.path().to_owned();
        let whole = |_: &Source, mut file: &File| {
            file.write_all(content).map(|()| true).map_err(ReplaceError::io(Op::Write, &path))
        };
        match self.stage_from(source, Some(content), whole, restart)? {
            Filled::Staged(staged) => Ok(*staged),
            Filled::Not(source) => {
                let empty = io::Error::other("there is nothing to replace it by");
                Err(ReplaceError::io(Op::Replace, source.path())(empty))
            }
        }
    }

    /// The same for a content that `fill` writes into the new file piece by piece. Where that returns
    /// `false`, nothing is staged, and the source comes back.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was.
    pub fn stage_with(
        &self,
        source: Source,
        fill: impl FnOnce(&Source, &File) -> Result<bool, ReplaceError>,
        restart: Restart,
    ) -> Result<Filled, ReplaceError> {
        self.stage_from(source, None, fill, restart)
    }

    /// `whole` is the content, where it is in memory; `fill` writes it.
    fn stage_from(
        &self,
        mut source: Source,
        whole: Option<&[u8]>,
        fill: impl FnOnce(&Source, &File) -> Result<bool, ReplaceError>,
        restart: Restart,
    ) -> Result<Filled, ReplaceError> {
        self.check_names(source.path())?;
        let mut folder = source.take_folder()?;
        if restart.folder_kept && !restart.folder_needed {
            folder.give_up();
        }
        let place = folder.place().clone();
        let in_place = self.in_place && source.exists();
        let mut warnings = Vec::new();
        let mut links = true;
        if let Some(meta) = source.metadata().filter(|_| !in_place) {
            links = may_replace(&place, &source, meta)?;
            let others = backup::other_names(&place, source.name(), meta);
            if others > 0 {
                warnings.push(Warning::HardLinks { path: source.path().to_owned(), others });
            }
        }
        let kept = match source.metadata() {
            Some(meta) if self.backups > 0 || in_place => {
                let kept = Kept::of(&place, source.name())?;
                // A dead writer's backup may be a link to the very inode that is about to be
                // overwritten.
                (self.backups > 0 || kept.is_link(meta)).then_some(kept)
            }
            _ => None,
        };
        let new = match whole {
            Some(content) if in_place => Some(New::InPlace(content.to_vec(), None)),
            _ => self.write_beside(&place, &source, fill, in_place, &mut warnings)?,
        };
        let Some(new) = new else {
            source.put_folder_back(folder);
            return Ok(Filled::Not(Box::new(source)));
        };
        let backup = match &kept {
            Some(kept) => backup::prepare(&place, &source, kept, in_place || !links, &mut warnings)?,
            None => Plan::Nothing,
        };
        let mut how = self.clone();
        if let Some(kept) = kept.as_ref().filter(|_| self.rotates) {
            // After a restart one of them is what was moved up to make room.
            how.backups = how.backups.max(kept.count().saturating_sub(u32::from(restart.moved)));
        }
        let staged = Staged { how, source, folder, new, backup, restart, warnings, ready: false };
        Ok(Filled::Staged(Box::new(staged)))
    }

    /// `None` where `fill` wants nothing to be replaced.
    fn write_beside(
        &self,
        place: &Arc<Dir>,
        source: &Source,
        fill: impl FnOnce(&Source, &File) -> Result<bool, ReplaceError>,
        in_place: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<New>, ReplaceError> {
        let path = source.path();
        let model = if source.exists() { Some(source) } else { self.like.as_deref() };
        let temporary = Temporary::create(place, source.name(), model.is_some())?;
        let mut file = temporary.file();
        if !fill(source, file)? {
            return Ok(None);
        }
        if in_place {
            // The file itself is overwritten in one go.
            let mut content = Vec::new();
            let read = file.rewind().and_then(|()| file.read_to_end(&mut content));
            read.map_err(ReplaceError::io(Op::Read, path))?;
            return Ok(Some(New::InPlace(content, None)));
        }
        if let Some((old, meta)) = model.and_then(|model| Some((model.file()?, model.metadata()?))) {
            metadata::copy(old, meta, file, path, warnings)?;
        }
        file.sync_all().map_err(ReplaceError::io(Op::Sync, path))?;
        Ok(Some(New::Beside(Ready::new(temporary, source)?)))
    }
}

/// Whether something was written that shall replace the file.
#[derive(Debug)]
pub enum Filled {
    /// It is staged.
    Staged(Box<Staged>),
    /// Nothing shall be replaced.
    Not(Box<Source>),
}

/// In a sticky folder only a file's owner, the folder's owner and the superuser may replace or
/// remove it. Told now, nothing has been touched yet.
///
/// Returns whether a hard link to the file can surely be removed again: a superuser's power ends
/// at the border of its user namespace, which can't be seen.
fn may_replace(place: &Dir, source: &Source, meta: &std::fs::Metadata) -> Result<bool, ReplaceError> {
    let folder = place.metadata().map_err(ReplaceError::io(Op::LookAt, place.path()))?;
    let me = sys::process::effective_user();
    let others = folder.mode() & STICKY != 0 && folder.uid() != me && meta.uid() != me;
    if others && !sys::process::acts_as_owner() {
        return Err(ReplaceError::io(Op::Replace, source.path())(sys::not_permitted()));
    }
    Ok(!others)
}
