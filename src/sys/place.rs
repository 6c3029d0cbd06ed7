//! The folder that a document lies in: found once by its path, and worked in by its descriptor.
//!
//! What is done to one document happens to names in one folder. Whoever moves that folder, or
//! puts a link in its place, changes nothing about which names these are: its kernel lock and the
//! rename are on the same folder.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, RawMode, RenameFlags};
use rustix::io::{Errno, retry_on_intr};

use super::file::{Identity, is_unsupported};
use super::platform;

/// What tells one version of a file from every other: which file it is, its size, and when it was
/// written. The time of the last change to the inode is left out: a further name moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Which file.
    pub identity: Identity,
    /// Its size in bytes.
    pub size: u64,
    /// When its content was written, in seconds and nanoseconds since 1970.
    pub modified: (i64, i64),
}

impl From<&Metadata> for Version {
    fn from(meta: &Metadata) -> Version {
        let modified = (meta.mtime(), meta.mtime_nsec());
        Version { identity: Identity::from(meta), size: meta.len(), modified }
    }
}

/// Why two names could not be exchanged.
#[derive(Debug)]
pub enum NoExchange {
    /// The file system, or the kernel, has no such call. Nothing was done.
    Unsupported,
    /// It was refused, as `rename(2)` is.
    Failed(io::Error),
}

/// An open folder. Names are those in it, and links at the end of a name are never followed.
#[derive(Debug)]
pub struct Place {
    folder: File,
    path: PathBuf,
}

impl Place {
    /// Opens a folder, for which only searching it must be allowed. The path is one from
    /// [`resolve`](super::path::resolve): if there is a link on it by now, that is an error.
    ///
    /// # Errors
    /// As `open(2)`; for a link see [`is_loop`](super::is_loop).
    pub fn open(folder: &Path) -> io::Result<Place> {
        let opened = platform::open_without_links(folder, platform::SEARCH | OFlags::DIRECTORY)?;
        Ok(Place { folder: OwnedFd::into(opened), path: folder.to_owned() })
    }

    /// Where it was opened, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the folder itself looks like.
    ///
    /// # Errors
    /// As `fstat(2)`.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.folder.metadata()
    }

    /// The folder opened for reading, which a kernel lock and a sync of it need.
    ///
    /// # Errors
    /// As `open(2)`; `PermissionDenied` where it may be searched and written to but not read.
    pub fn readable(&self) -> io::Result<File> {
        self.open_at(OsStr::new("."), OFlags::RDONLY | OFlags::DIRECTORY, 0)
    }

    /// Opens a file for reading. One that is no regular file makes nobody wait.
    ///
    /// # Errors
    /// As `open(2)`; for a link see [`is_loop`](super::is_loop).
    pub fn open_file(&self, name: &OsStr) -> io::Result<File> {
        self.open_at(name, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY, 0)
    }

    /// The same for writing.
    ///
    /// # Errors
    /// As [`Place::open_file`].
    pub fn open_to_write(&self, name: &OsStr) -> io::Result<File> {
        self.open_at(name, OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY, 0)
    }

    /// Creates a file that must not be there yet, for reading and writing.
    ///
    /// # Errors
    /// As `open(2)`; `AlreadyExists`.
    pub fn create(&self, name: &OsStr, mode: u32) -> io::Result<File> {
        self.open_at(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, mode)
    }

    fn open_at(&self, name: &OsStr, flags: OFlags, mode: u32) -> io::Result<File> {
        let mode = Mode::from_raw_mode(mode as RawMode);
        let opened = retry_on_intr(|| rustix::fs::openat(&self.folder, name, flags | OFlags::CLOEXEC, mode));
        Ok(opened?.into())
    }

    /// Which version of which file a name stands for now; `None` when there is nothing.
    ///
    /// # Errors
    /// As `fstatat(2)`.
    pub fn look(&self, name: &OsStr) -> io::Result<Option<Version>> {
        let stat = match rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            stat => stat?,
        };
        // The types of these fields differ from one system to the next.
        #[allow(clippy::unnecessary_cast, clippy::cast_lossless, reason = "see above")]
        Ok(Some(Version {
            identity: Identity { device: stat.st_dev as u64, inode: stat.st_ino as u64 },
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        }))
    }

    /// The names in the folder, in no order.
    ///
    /// # Errors
    /// It may not be read.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(self.readable()?)? {
            names.push(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned());
        }
        Ok(names)
    }

    /// Gives a file a second name.
    ///
    /// # Errors
    /// As `link(2)`; `AlreadyExists`.
    pub fn link(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::linkat(&self.folder, from, &self.folder, to, AtFlags::empty())?)
    }

    /// Renames, over whatever has the other name.
    ///
    /// # Errors
    /// As `rename(2)`.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.folder, from, &self.folder, to)?)
    }

    /// Renames a file, but never over something that is there: that is `AlreadyExists`. Where the
    /// file system can't promise it, the file gets a second name and loses its first one.
    ///
    /// # Errors
    /// As `rename(2)`.
    pub fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        match self.rename_with(from, to, RenameFlags::NOREPLACE) {
            Err(error) if error == Errno::INVAL || is_unsupported(error) => {
                self.link(from, to)?;
                self.remove(from)
            }
            renamed => Ok(renamed?),
        }
    }

    /// Gives each of two files the name of the other, in one step.
    ///
    /// # Errors
    /// See [`NoExchange`].
    pub fn exchange(&self, one: &OsStr, other: &OsStr) -> Result<(), NoExchange> {
        self.rename_with(one, other, RenameFlags::EXCHANGE).map_err(|error| {
            if error == Errno::INVAL || is_unsupported(error) {
                NoExchange::Unsupported
            } else {
                NoExchange::Failed(error.into())
            }
        })
    }

    fn rename_with(&self, from: &OsStr, to: &OsStr, flags: RenameFlags) -> Result<(), Errno> {
        rustix::fs::renameat_with(&self.folder, from, &self.folder, to, flags)
    }

    /// Removes a file, a link, or whatever else is no folder.
    ///
    /// # Errors
    /// As `unlink(2)`.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.folder, name, AtFlags::empty())?)
    }
}

/// Whether an error of a kernel lock means that this file system has none for folders. NFS wants a
/// descriptor that one may write through, and no folder has such a one.
pub fn has_no_lock(error: &io::Error) -> bool {
    super::file::no_flock(error) || error.raw_os_error() == Some(Errno::BADF.raw_os_error())
}

/// Makes what happened to the names in a folder last through a power cut. `None` stands for a
/// folder that may not be opened: then all of the file system is synced that `file`, a file in
/// it, is on. A file system that knows no sync of folders has nothing to be waited for.
///
/// # Errors
/// As `fsync(2)`. An error is final: a second try can falsely succeed.
pub fn sync_names(folder: Option<&File>, file: &File) -> io::Result<()> {
    let Some(folder) = folder else { return platform::sync_file_system(file) };
    settled(folder.sync_all())
}

/// Makes a file's content last through a power cut, whoever wrote it and however it was opened.
///
/// # Errors
/// As [`sync_names`].
pub fn sync_content(file: &File) -> io::Result<()> {
    settled(file.sync_all())
}

/// What `fsync` says of a file or a folder of a kind that is never synced.
fn settled(synced: io::Result<()>) -> io::Result<()> {
    let never = [Errno::INVAL, Errno::BADF].map(|errno| Some(errno.raw_os_error()));
    match synced {
        Err(error) if never.contains(&error.raw_os_error()) => Ok(()),
        synced => synced,
    }
}
