//! From a replacement that is ready to one that is durable: the rename and what follows it.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::PathBuf;

use super::temporary::Temporary;
use super::{Replace, ReplaceError, Source, Warning, backup, backup_path};
use crate::sys::file::Identity;

/// A replacement that is ready to be made. Dropping it undoes all but the backup.
#[must_use = "nothing is replaced until it is committed"]
#[derive(Debug)]
pub struct Staged {
    pub(super) how: Replace,
    pub(super) source: Source,
    pub(super) new: New,
    /// To be synced after the rename.
    pub(super) folder: Option<File>,
    /// The target still was what was read when the backup was made.
    pub(super) current: bool,
    pub(super) restart: Restart,
    pub(super) warnings: Vec<Warning>,
}

#[derive(Debug)]
pub(super) enum New {
    Beside(Temporary),
    InPlace(Vec<u8>),
}

/// How a commit ended.
#[must_use]
#[derive(Debug)]
pub enum Commit {
    /// The new content has the target's name.
    Done(Committed),
    /// Another program replaced or wrote the target since it was read: start from its content,
    /// with [`Replace::stage_again`].
    Changed(Restart),
}

/// What a try that came to nothing leaves to the next one.
#[derive(Debug, Default)]
pub struct Restart {
    /// The older backups have moved up already.
    pub(super) moved: bool,
}

impl Staged {
    /// Puts the new content in place, if the target still is the version that was read.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was, except after [`ReplaceError::Damaged`].
    pub fn commit(self) -> Result<Commit, ReplaceError> {
        let Staged { how, source, new, folder, current, restart, warnings } = self;
        let path = source.path().to_owned();
        if !current || !source.is_current().map_err(ReplaceError::io("look at", &path))? {
            return Ok(Commit::Changed(restart));
        }
        let file = match new {
            New::InPlace(content) => match overwrite(&source, &content, how.backups > 0)? {
                Some(file) => Some(file),
                None => return Ok(Commit::Changed(restart)),
            },
            New::Beside(temporary) => {
                let renamed =
                    if source.exists() { temporary.rename_to(&path) } else { temporary.rename_to_new(&path) };
                match renamed {
                    Ok(()) => None,
                    // It was created since.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        return Ok(Commit::Changed(restart));
                    }
                    Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                        return Err(ReplaceError::MountPoint(path));
                    }
                    Err(error) => return Err(ReplaceError::io("replace", path)(error)),
                }
            }
        };
        Ok(Commit::Done(Committed { how, path, file, folder, warnings }))
    }
}

/// Writes into the file itself. `None` when the name stands for another file by now.
fn overwrite(source: &Source, content: &[u8], has_backup: bool) -> Result<Option<File>, ReplaceError> {
    let path = source.path();
    let file = OpenOptions::new().write(true).open(path).map_err(ReplaceError::io("open", path))?;
    let opened = file.metadata().map_err(ReplaceError::io("look at", path))?;
    if source.metadata().is_none_or(|read| Identity::from(read) != Identity::from(&opened)) {
        return Ok(None);
    }
    let old = source.read()?;
    let Err(error) = rewrite(&file, content) else { return Ok(Some(file)) };
    // The old content had room before, and has it again.
    if rewrite(&file, &old).and_then(|()| file.sync_all()).is_ok() {
        return Err(ReplaceError::io("write", path)(error));
    }
    let backup = has_backup.then(|| backup_path(path, 0));
    Err(ReplaceError::Damaged { path: path.to_owned(), backup, source: error })
}

fn rewrite(mut file: &File, content: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.set_len(0)?;
    file.write_all(content)
}

/// A replacement that has happened, and is still to be made durable.
#[must_use = "the folder is not synced yet"]
#[derive(Debug)]
pub struct Committed {
    how: Replace,
    path: PathBuf,
    /// Written in place, and to be synced itself.
    file: Option<File>,
    folder: Option<File>,
    warnings: Vec<Warning>,
}

impl Committed {
    /// Syncs, prunes old backups, and hands over what should be told.
    ///
    /// # Errors
    /// [`ReplaceError::NotDurable`]: the file has the new content.
    pub fn finish(self) -> Result<Vec<Warning>, ReplaceError> {
        let in_place = self.file.filter(|_| self.how.sync);
        for changed in in_place.iter().chain(&self.folder) {
            changed
                .sync_all()
                .map_err(|source| ReplaceError::NotDurable { path: self.path.clone(), source })?;
        }
        if self.how.backups > 0 {
            backup::prune(&self.path, self.how.backups);
        }
        Ok(self.warnings)
    }
}
