//! From a replacement that is staged to one that is durable: the lock of the folder, the names,
//! and what follows them.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::backup::{self, Plan};
use super::exchange::{Put, Ready};
use super::folder::{Folder, Locked, PATIENCE, lock_soon};
use super::{Replace, ReplaceError, Source, Warning, backup_path};
use crate::sys;
use crate::sys::dir::{Access, Dir, Version};
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::temporary::TemporaryName;

/// A replacement that is staged. Dropping it undoes all but the backup.
#[must_use = "nothing is replaced until it is committed"]
#[derive(Debug)]
pub struct Staged {
    pub(super) how: Replace,
    pub(super) source: Source,
    pub(super) folder: Folder,
    pub(super) new: New,
    pub(super) backup: Plan,
    pub(super) restart: Restart,
    pub(super) warnings: Vec<Warning>,
    pub(super) ready: bool,
}

#[derive(Debug)]
pub(super) enum New {
    Beside(Ready),
    /// The content, and the file that it goes into, once it is open.
    InPlace(Vec<u8>, Option<File>),
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
    /// The folder's kernel lock was waited for in vain already: not again …
    pub(super) folder_kept: bool,
    /// … unless nothing can be done without it.
    pub(super) folder_needed: bool,
}

impl Staged {
    /// Takes the kernel lock of the target's folder, for which nobody waits longer than a quarter
    /// of a second, and gives the backup its name. `sleep` is called for each pause; the wait ends
    /// with what it returns, if anything.
    ///
    /// To be called before the lock's guard is taken: nobody waits for a folder under a guard.
    /// Without this call, [`Staged::commit`] takes the folder's lock if it is free at that moment.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was.
    pub fn make_ready<S>(
        &mut self,
        sleep: impl FnMut(Duration) -> Option<S>,
    ) -> Result<Option<S>, ReplaceError> {
        let patience = if self.restart.folder_needed { self.how.patience.max(PATIENCE) } else { PATIENCE };
        self.make_ready_within(patience, sleep)
    }

    fn make_ready_within<S>(
        &mut self,
        patience: Duration,
        mut sleep: impl FnMut(Duration) -> Option<S>,
    ) -> Result<Option<S>, ReplaceError> {
        if let Some(by) = self.folder.lock(patience, &mut sleep)? {
            return Ok(Some(by));
        }
        self.restart.folder_kept = self.folder.is_kept();
        if self.restart.folder_needed && !self.folder.allows_plain_rename() {
            return Err(self.folder.in_the_way());
        }
        self.name_backup()?;
        if let New::InPlace(_, file) = &mut self.new {
            // The write may take long. It has a kernel lock of its own, on the file, against others
            // who write in place; those who rename are found out when it is done.
            self.folder.unlock();
            match open_locked(&self.source, self.folder.place(), patience, sleep)? {
                Opened::Interrupted(by) => return Ok(Some(by)),
                Opened::File(opened) => *file = opened,
            }
        }
        self.ready = true;
        Ok(None)
    }

    fn name_backup(&mut self) -> Result<(), ReplaceError> {
        let plan = match std::mem::replace(&mut self.backup, Plan::Nothing) {
            Plan::Ready(name, _copy) => {
                let named = self.is_current()?
                    && backup::name(self.folder.place(), &self.source, name, &mut self.restart.moved)?;
                if named { Plan::Nothing } else { Plan::Overtaken }
            }
            done => done,
        };
        self.backup = plan;
        Ok(())
    }

    /// Gives the folder's kernel lock back for a while, to be taken again by
    /// [`Staged::make_ready`]: so others need not wait while we do.
    pub fn let_others_in(&mut self) {
        self.ready = false;
        self.folder.unlock();
    }

    /// The version that is to be replaced.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Whether the file itself is going to be overwritten, which may take long.
    pub fn is_in_place(&self) -> bool {
        matches!(self.new, New::InPlace(..))
    }

    fn is_current(&self) -> Result<bool, ReplaceError> {
        let now = self.folder.place().version_of(self.source.name());
        Ok(now.map_err(ReplaceError::io(Op::LookAt, self.source.path()))? == self.source.version())
    }

    /// Puts the new content in place, if the target still is the version that was read.
    ///
    /// # Errors
    /// See [`ReplaceError`]; the file is as it was, except where the error says otherwise.
    pub fn commit(mut self) -> Result<Commit, ReplaceError> {
        if !self.ready {
            // Here is not the place to wait.
            self.make_ready_within(Duration::ZERO, |_| None::<()>)?;
        }
        if matches!(self.backup, Plan::Overtaken) || !self.is_current()? {
            return Ok(Commit::Changed(self.restart));
        }
        let Staged { how, source, mut folder, new, restart, warnings, .. } = self;
        let in_place = matches!(new, New::InPlace(..));
        let (old, file) = match new {
            New::InPlace(_, None) => return Ok(Commit::Changed(restart)),
            New::InPlace(content, Some(file)) => {
                match overwrite(&source, folder.place(), &file, &content, how.backups > 0)? {
                    Some(()) => (None, file),
                    None => return Ok(Commit::Changed(restart)),
                }
            }
            New::Beside(ready) => match ready.put(&source, &folder)? {
                (Put::Changed, _) => return Ok(Commit::Changed(restart)),
                (Put::NeedsFolder, _) => {
                    return Ok(Commit::Changed(Restart { folder_needed: true, ..restart }));
                }
                (Put::Done(old), file) => (old, file),
            },
        };
        let at = Timestamp::now();
        // Both are done with, and others may want to lock the document.
        let _ = sys::file::unlock(&file);
        folder.unlock();
        let path = source.path().to_owned();
        let old_size = source.metadata().map_or(0, std::fs::Metadata::len);
        Ok(Commit::Done(Committed { how, path, folder, file, in_place, old, old_size, at, warnings }))
    }
}

enum Opened<S> {
    /// `None` when it is not there any more.
    File(Option<File>),
    Interrupted(S),
}

/// Opens the file to be overwritten, and locks it if that can be had soon: whoever keeps it may be
/// the one that has started us.
fn open_locked<S>(
    source: &Source,
    place: &Dir,
    patience: Duration,
    sleep: impl FnMut(Duration) -> Option<S>,
) -> Result<Opened<S>, ReplaceError> {
    let file = match place.open_file(source.name(), Access::Write) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Opened::File(None)),
        opened => opened.map_err(ReplaceError::io(Op::Open, source.path()))?,
    };
    match lock_soon(&file, patience, sleep) {
        Ok(Locked::Interrupted(by)) => return Ok(Opened::Interrupted(by)),
        Ok(Locked::Ours | Locked::Kept) => {}
        Err(error) if sys::file::no_flock(&error) => {}
        Err(error) => return Err(ReplaceError::io(Op::Lock, source.path())(error)),
    }
    Ok(Opened::File(Some(file)))
}

/// Writes into the file itself. `None` when the name stands for another version by now.
fn overwrite(
    source: &Source,
    place: &Dir,
    file: &File,
    content: &[u8],
    has_backup: bool,
) -> Result<Option<()>, ReplaceError> {
    let path = source.path();
    let old = source.read()?;
    let look = || ReplaceError::io(Op::LookAt, path);
    let opened = file.metadata().map_err(look())?;
    let named = place.version_of(source.name()).map_err(look())?;
    if source.version() != Some(Version::from(&opened)) || source.version() != named {
        return Ok(None);
    }
    if let Err(error) = rewrite(file, content) {
        // The old content had room before, and has it again.
        if rewrite(file, &old).and_then(|()| file.sync_all()).is_ok() {
            return Err(ReplaceError::io(Op::Write, path)(error));
        }
        let backup = has_backup.then(|| backup_path(path, 0));
        return Err(ReplaceError::Damaged { path: path.to_owned(), backup, source: error });
    }
    let named = place.look(source.name()).ok().flatten().map(|version| version.identity);
    if named != Some(Identity::from(&opened)) {
        return Err(ReplaceError::Overtaken { path: path.to_owned() });
    }
    Ok(Some(()))
}

fn rewrite(mut file: &File, content: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.set_len(0)?;
    file.write_all(content)
}

/// A file up to this size is deleted quickly.
const LIGHT: u64 = 1 << 20;

/// A replacement that has happened, and is still to be made durable.
#[must_use = "the folder is not synced yet"]
#[derive(Debug)]
pub struct Committed {
    how: Replace,
    path: PathBuf,
    folder: Folder,
    /// What has the target's name now.
    file: File,
    in_place: bool,
    /// The version that was replaced, if it still has a name.
    old: Option<TemporaryName>,
    old_size: u64,
    at: Timestamp,
    warnings: Vec<Warning>,
}

impl Committed {
    /// When the file got its new content. No later writer of aimem's has an earlier time.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether [`Committed::clean_up`] takes no longer than a rename or two, so that it may be done
    /// under the lock's guard.
    pub fn is_light(&self) -> bool {
        self.how.backups == 0 && self.old_size <= LIGHT
    }

    /// Deletes what is of no more use: the version that was replaced, and old backups. To be
    /// called as long as the file's lock is held, and done once: later the backups are another
    /// writer's.
    pub fn clean_up(&mut self) {
        self.old = None;
        let keep = std::mem::take(&mut self.how.backups);
        if keep > 0 {
            backup::prune(self.folder.place(), self.path.file_name().unwrap_or_default(), keep);
        }
    }

    /// Cleans up, syncs, and hands over what should be told. The file's lock need not be held for
    /// the sync: whoever comes next builds on the new content, and syncs the same folder.
    ///
    /// # Errors
    /// [`ReplaceError::NotDurable`]: the file has the new content.
    pub fn finish(mut self) -> Result<Vec<Warning>, ReplaceError> {
        self.clean_up();
        let content = if self.in_place { sys::file::sync_content(&self.file) } else { Ok(()) };
        let names = || if self.how.sync { self.folder.sync(&self.file) } else { Ok(()) };
        match content.and_then(|()| names()) {
            Ok(()) => Ok(self.warnings),
            Err(source) => Err(ReplaceError::NotDurable { path: self.path, source }),
        }
    }
}
