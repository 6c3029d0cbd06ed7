//! Reading and replacing the old programs' files, while those may still be at work.
//!
//! It happens under this project's lock on the queue file and under the old programs' own `flock`.
//! Both are tried; if either is busy, the import is left to the next run. The queue file is
//! replaced as a whole, and only if it still is the one that was read: some old programs delete the
//! lock's file, which makes two locks of one.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use jiff::Timestamp;

use super::form::is_lines_of_json;
use super::{BACKUP, EMERGENCY, LOCK, OldError, QUEUE, TAKEN};
use crate::lock::wait::Silent;
use crate::lock::{Held, Keep, LockError, Locker};
use crate::sys::dir::Version;
use crate::sys::failure::Op;
use crate::sys::file::{Flock, Identity};
use crate::sys::folder::{Access, Folder, Fresh};
use crate::sys::process::who_has_open_as;
use crate::sys::text::pids;
use crate::sys::{self, found};

/// The old programs had hundreds of entries.
const LONGEST: u64 = 256 << 20;
/// Permissions that let others than the owner read.
const READABLE_BY_OTHERS: u32 = 0o044;

/// The folder with the old programs' files, and how to take this project's lock on them.
#[derive(Debug)]
pub struct OldFiles {
    folder: Folder,
    locker: Locker,
}

impl OldFiles {
    /// The files in that folder. The locker's patience bounds the wait of an import.
    pub fn new(folder: Folder, locker: Locker) -> OldFiles {
        OldFiles { folder, locker }
    }

    /// Takes both locks.
    ///
    /// # Errors
    /// [`OldError::Busy`] when somebody is using the files: the next time will do.
    pub fn lock(&self) -> Result<Locked<'_>, OldError> {
        let queue = self.folder.path_of(QUEUE);
        let held = self.locker.acquire(&queue, Keep::Running, &mut Silent).map_err(|error| match error {
            LockError::Busy(busy) => OldError::Busy(busy.holder.to_string()),
            error => error.into(),
        })?;
        Ok(Locked { folder: &self.folder, theirs: self.take_their_lock()?, held })
    }

    fn take_their_lock(&self) -> Result<File, OldError> {
        let path = self.folder.path_of(LOCK);
        // Not truncated: the time of its last change says since when somebody has it.
        let opened = self.folder.open_or_create(LOCK, Access::Write, 0o644);
        let file = opened.map_err(OldError::io(Op::Open, &path))?;
        if sys::file::try_flock(&file, Flock::Exclusive).map_err(OldError::io(Op::Lock, &path))? {
            return Ok(file);
        }
        let identity = Identity::from(&file.metadata().map_err(OldError::io(Op::LookAt, &path))?);
        let holder = pids(&who_has_open_as(&path, identity));
        Err(OldError::Busy(format!("{} is held by {holder}", path.display())))
    }
}

/// One of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldFile {
    /// The queue.
    Queue,
    /// The queue as it once was.
    Backup,
    /// The emergency file, taken: see [`Locked::take_emergency`].
    Taken,
}

/// The old files, under both locks.
#[must_use = "the locks are given back as soon as this is dropped"]
#[derive(Debug)]
pub struct Locked<'a> {
    folder: &'a Folder,
    theirs: File,
    held: Held,
}

impl Locked<'_> {
    /// Gives both locks back.
    ///
    /// # Errors
    /// Ours was lost.
    pub fn release(self) -> Result<(), OldError> {
        // Explicitly: a child that was started meanwhile could keep it.
        let _ = sys::file::unlock(&self.theirs);
        Ok(self.held.release()?)
    }

    /// The whole content of one of the files; `None` when it is not there.
    ///
    /// # Errors
    /// It can't be read, is not to be trusted, or is larger than any that was written by those
    /// programs.
    pub fn read(&self, file: OldFile) -> Result<Option<Vec<u8>>, OldError> {
        let name = match file {
            OldFile::Queue => QUEUE,
            OldFile::Backup => BACKUP,
            OldFile::Taken => TAKEN,
        };
        let fail = |error| OldError::io(Op::Read, self.folder.path_of(name))(error);
        let Some(bytes) = self.folder.read_file(name, LONGEST).map_err(fail)? else { return Ok(None) };
        let too_large = || io::Error::other(format!("it is larger than {LONGEST} bytes"));
        bytes.ok_or_else(|| fail(too_large())).map(Some)
    }

    /// The version of the queue file, to be determined before it is read.
    ///
    /// # Errors
    /// It can't be opened.
    pub fn queue_version(&self) -> Result<Option<QueueVersion>, OldError> {
        let opened = found(self.folder.open_readable(QUEUE));
        let meta = opened.and_then(|file| file.map(|file| Ok((file.metadata()?, file))).transpose());
        let version = meta.map_err(OldError::io(Op::Open, self.folder.path_of(QUEUE)))?;
        Ok(version.map(|(meta, file)| QueueVersion { meta, _file: file }))
    }

    /// Replaces the queue file if it still is that version. Returns whether it was.
    ///
    /// # Errors
    /// It can't be replaced; or it can't be known whether that will last.
    pub fn replace_queue(&self, before: &QueueVersion, bytes: &[u8]) -> Result<bool, OldError> {
        let (folder, path) = (self.folder, self.folder.path_of(QUEUE));
        Fresh::sweep(folder, QUEUE);
        let (mode, owner) = (before.meta.mode() & 0o777, before.meta.uid());
        let fresh =
            Fresh::write(folder, QUEUE, bytes, mode, mode).map_err(OldError::io(Op::Replace, &path))?;
        let made = fresh.file().metadata().map_err(OldError::io(Op::LookAt, &path))?.uid();
        // The old programs must be able to read it afterwards.
        if made != owner && made != folder.owner() && mode & READABLE_BY_OTHERS == 0 {
            let why = format!("user {owner} could not read the new file: let that user import it");
            return Err(OldError::io(Op::Replace, path)(io::Error::new(
                io::ErrorKind::PermissionDenied,
                why,
            )));
        }
        self.publish(before, Op::Replace, || fresh.rename_to(QUEUE))
    }

    /// Sets the queue file aside if it still is that version. Returns where it is then.
    ///
    /// # Errors
    /// As [`Locked::replace_queue`].
    pub fn set_queue_aside(&self, before: &QueueVersion) -> Result<Option<PathBuf>, OldError> {
        let aside = self.free_name(QUEUE)?;
        let moved = self.publish(before, Op::SetAside, || self.folder.move_new(QUEUE, &aside))?;
        Ok(moved.then(|| self.folder.path_of(aside)))
    }

    fn publish(
        &self,
        before: &QueueVersion,
        op: Op,
        change: impl FnOnce() -> io::Result<()>,
    ) -> Result<bool, OldError> {
        let commit = || {
            let is_same = self.folder.version_of(QUEUE)? == Some(Version::from(&before.meta));
            if is_same { change().map(|()| true) } else { Ok(false) }
        };
        let changed = self.held.publish(&mut Silent, commit)?;
        let changed = changed.map_err(OldError::io(op, self.folder.path_of(QUEUE)))?;
        if changed {
            self.sync()?;
        }
        Ok(changed)
    }

    /// Takes the emergency file under a name under which nobody can begin to append to it, and reads
    /// it. `None` when there is none, or when one of its writers, who take no lock, still has it open.
    ///
    /// # Errors
    /// It can't be taken or read. What was taken is found there the next time.
    pub fn take_emergency(&self) -> Result<Option<Vec<u8>>, OldError> {
        let (folder, path) = (self.folder, self.folder.path_of(TAKEN));
        if folder.look(TAKEN).map_err(OldError::io(Op::LookAt, &path))?.is_none() {
            // Only what can be read is taken.
            let emergency = folder.path_of(EMERGENCY);
            let taken = found(folder.open_readable(EMERGENCY)).map_err(OldError::io(Op::Open, &emergency))?;
            let taken = taken.map_or(Ok(None), |_| found(folder.move_new(EMERGENCY, TAKEN)));
            if taken.map_err(OldError::io(Op::Take, emergency))?.is_none() {
                return Ok(None);
            }
        }
        let opened = folder.open_readable(TAKEN).and_then(|file| file.metadata());
        let meta = opened.map_err(OldError::io(Op::Open, &path))?;
        if !who_has_open_as(&path, Identity::from(&meta)).is_empty() {
            return Ok(None);
        }
        Ok(Some(self.read(OldFile::Taken)?.unwrap_or_default()))
    }

    /// Removes the emergency file that was taken, of which these bytes are the content; or sets it
    /// aside if not all of it could be read. Returns where it is then.
    ///
    /// # Errors
    /// It can't be removed or renamed, or it can't be known whether that will last.
    pub fn finish_emergency(&self, bytes: &[u8]) -> Result<Option<PathBuf>, OldError> {
        let (folder, path) = (self.folder, self.folder.path_of(TAKEN));
        let aside = if is_lines_of_json(bytes) {
            folder.remove_file(TAKEN).map_err(OldError::io(Op::Remove, path))?;
            None
        } else {
            let aside = self.free_name(EMERGENCY)?;
            folder.move_new(TAKEN, &aside).map_err(OldError::io(Op::SetAside, path))?;
            Some(folder.path_of(aside))
        };
        self.sync()?;
        Ok(aside)
    }

    fn sync(&self) -> Result<(), OldError> {
        self.folder.sync().map_err(OldError::io(Op::Sync, self.folder.path()))
    }

    /// A free name beside a file that does not parse.
    fn free_name(&self, name: &str) -> Result<String, OldError> {
        let date = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let first = format!("{name}.corrupt-{date}");
        let mut free = first.clone();
        for number in 1.. {
            let look = self.folder.look(&free);
            if look.map_err(OldError::io(Op::LookAt, self.folder.path_of(&free)))?.is_none() {
                break;
            }
            free = format!("{first}-{number}");
        }
        Ok(free)
    }
}

/// A version of the queue file. It is kept open, so that its inode number is not reused.
#[derive(Debug)]
pub struct QueueVersion {
    meta: Metadata,
    _file: File,
}
