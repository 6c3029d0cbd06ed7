//! A nest: the file by which guests of one lock exclude each other, and what stands in it.
//!
//! `nest-TOKEN` in the lock directory serves the guests that work directly under TOKEN. It is what
//! an info file is to the lock itself: the guest that has the place writes who it is, under a fresh
//! token. A running guest keeps an exclusive kernel lock on the file for as long as it has the
//! place. One that has acquired the place leaves its record, and the judge decides how long that
//! counts. It is written and cleared under the kernel lock only.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::id::{LockId, Token};
use super::info::{Info, Liveness, MAX_BYTES};
use super::liveness::Judge;
use super::root::LockRoot;
use super::verdict::{Verdict, judge_holder};
use crate::sys::file::Flock;
use crate::sys::folder::Access;
use crate::sys::{self, found};

/// The first line is the token alone, with so many bytes in all: earlier versions read no more.
const HEAD: usize = 64;

/// An open nest.
#[derive(Debug)]
pub(super) struct Nest {
    file: File,
    path: PathBuf,
}

/// Who has the place.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) token: Option<Token>,
    /// Empty where an earlier version wrote its token only.
    pub(super) info: Info,
}

impl Nest {
    fn name_for(host: &LockId) -> String {
        format!("nest-{}", host.inner.last().unwrap_or(&host.token))
    }

    fn path_for(root: &LockRoot, host: &LockId) -> PathBuf {
        root.lock_dir(&host.key).join(Nest::name_for(host))
    }

    /// Opens the nest for the guests of `host`, and makes it where it is missing. `None` when the
    /// host's lock has ended.
    ///
    /// # Errors
    /// The refused action.
    pub(super) fn open(root: &LockRoot, host: &LockId) -> Result<Option<Nest>, (PathBuf, io::Error)> {
        let path = Nest::path_for(root, host);
        // Another user's may only be readable: enough to lock it.
        let opened = root.open_lock(&host.key).and_then(|lock| root.lock_file(&lock, &Nest::name_for(host)));
        match found(opened) {
            Ok(file) => Ok(file.map(|file| Nest { file, path })),
            Err(error) => Err((path, error)),
        }
    }

    /// Opens the nest to change what is in it; `None` when there is none any more.
    ///
    /// # Errors
    /// As `open(2)`.
    pub(super) fn reopen(root: &LockRoot, host: &LockId) -> io::Result<Option<Nest>> {
        let path = Nest::path_for(root, host);
        let opened =
            root.open_lock(&host.key).and_then(|lock| lock.open_file(Nest::name_for(host), Access::Write));
        let opened = found(opened)?;
        Ok(opened.map(|file| Nest { file, path }))
    }

    /// Opens the nest for reading; `None` when there was no guest, or its content may not be shown.
    ///
    /// # Errors
    /// This process is short of something.
    pub(super) fn look(root: &LockRoot, host: &LockId) -> io::Result<Option<Nest>> {
        let path = Nest::path_for(root, host);
        let lock = root.open_lock(&host.key);
        match lock.and_then(|lock| lock.open_readable(Nest::name_for(host))) {
            Ok(file) => Ok(Some(Nest { file, path })),
            Err(error) if sys::is_shortage(&error) => Err(error),
            Err(_) => Ok(None),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn inode(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.ino())
    }

    /// Tries to get the kernel lock under which it may be changed.
    pub(super) fn try_lock(&self) -> io::Result<bool> {
        sys::file::try_flock(&self.file, Flock::Exclusive)
    }

    /// Gives it back, whoever has inherited the descriptor.
    pub(super) fn unlock(&self) -> io::Result<()> {
        sys::file::unlock(&self.file)
    }

    pub(super) fn read(&self) -> io::Result<Record> {
        let mut text = vec![0; MAX_BYTES];
        let length = self.file.read_at(&mut text, 0)?;
        text.truncate(length);
        let head = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let token = std::str::from_utf8(head).ok().and_then(|head| head.trim_end().parse::<Token>().ok());
        let info = Info { token: token.clone(), ..Info::parse(&text) };
        Ok(Record { token, info })
    }

    /// Writes who has the place. The caller has the kernel lock.
    pub(super) fn write(&self, token: &Token, info: &Info) -> io::Result<()> {
        let width = HEAD - 1;
        let text = format!("{:<width$}\n{}", token.as_str(), info.render());
        self.file.set_len(0)?;
        self.file.write_all_at(text.as_bytes(), 0)
    }

    /// Leaves the place to the next guest. The caller has the kernel lock.
    pub(super) fn clear(&self) -> io::Result<()> {
        match self.file.set_len(0) {
            // Opened for reading only, and so never written by us.
            Err(_) if self.file.metadata()?.len() == 0 => Ok(()),
            cleared => cleared,
        }
    }

    /// Whether a guest with this record lives. `locked` says whether anybody has the kernel lock.
    pub(super) fn judge(
        &self,
        record: &Record,
        locked: bool,
        judge: &mut Judge,
    ) -> io::Result<(Verdict, String)> {
        let runs = !matches!(record.info.liveness, Some(Liveness::Process | Liveness::Lease));
        if runs && locked {
            return Ok((Verdict::Held, "another guest of the same lock is inside".to_owned()));
        }
        if record.info.pid.is_none() {
            // Of an earlier version, which had the kernel lock and nothing else.
            return Ok((Verdict::Stale, "the guest that was inside has ended".to_owned()));
        }
        Ok(judge_holder(&record.info, self.inode()?, judge.here()))
    }

    /// Whether the guest that has this token has the place now.
    ///
    /// # Errors
    /// This process is short of something.
    pub(super) fn is_of(&self, token: &Token, judge: &mut Judge) -> io::Result<bool> {
        let record = match self.read() {
            Ok(record) => record,
            Err(error) if sys::is_shortage(&error) => return Err(error),
            Err(_) => return Ok(false),
        };
        // Only a file that names us is worth a probe, which could keep a guest out.
        if record.token.as_ref() != Some(token) {
            return Ok(false);
        }
        let locked = !matches!(record.info.liveness, Some(Liveness::Process | Liveness::Lease))
            && matches!(sys::file::is_locked(&self.file), Ok(true));
        Ok(self.judge(&record, locked, judge)?.0.is_taken())
    }
}
