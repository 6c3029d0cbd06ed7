//! An open folder. Every operation on a name in it goes through its descriptor.
//!
//! Moving the folder, or putting a link in its place, does not change which names these are. A name
//! stays in its folder, and a link at the end of a name is never followed. Ownership is not checked
//! here: see [`Folder`](super::folder::Folder).

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawMode, RenameFlags};
use rustix::io::{Errno, retry_on_intr};

use super::errno::found;
use super::file::{Identity, is_unsupported};
use super::platform;

/// Deeper than anything of ours: below this, [`Dir::remove_tree`] gives up.
const DEEPEST: usize = 8;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Read,
    /// Reading and writing.
    Write,
    /// Reading, and writing at the end.
    Append,
}

impl Access {
    /// Opening a FIFO does not block, and a terminal does not become the controlling one.
    pub(super) fn flags(self) -> OFlags {
        let how = match self {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::RDWR,
            Access::Append => OFlags::RDWR | OFlags::APPEND,
        };
        how | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY
    }
}

/// For a folder that is to be listed, synced or locked.
pub(super) const LISTED: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

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

/// What a name in a folder stands for, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Which file.
    pub identity: Identity,
    /// Whether it is a folder, and no link to one.
    pub is_folder: bool,
    /// Whether it is a regular file.
    pub is_file: bool,
    /// Whether it is a symbolic link.
    pub is_link: bool,
    /// Its owner's number.
    pub user: u32,
    /// Its size in bytes.
    pub size: u64,
    /// When its content was written, in seconds and nanoseconds since 1970.
    pub modified: (i64, i64),
    /// When its content or one of its names changed. No process can set this time.
    pub changed: (i64, i64),
}

/// Why two names could not be exchanged.
#[derive(Debug)]
pub enum NoExchange {
    /// The file system or the kernel does not support it. Nothing was done.
    Unsupported,
    /// It was refused, as `rename(2)` is.
    Failed(io::Error),
}

/// An open folder. A name that would lead out of it is `InvalidInput`. Where nothing else is said,
/// errors are those of the system call behind a method.
#[derive(Debug)]
pub struct Dir {
    file: File,
    /// An open folder stays the same one: asked for once.
    identity: OnceLock<Identity>,
    /// For messages.
    path: PathBuf,
}

impl Dir {
    /// Opens a folder. Search permission is enough. The path is one from
    /// [`resolve`](super::path::resolve): if there is a link on it by now, that is an error.
    ///
    /// # Errors
    /// As `open(2)`; for a link see [`is_loop`](super::is_loop).
    pub fn open(path: &Path) -> io::Result<Dir> {
        let opened = platform::open_without_links(path, platform::SEARCH | OFlags::DIRECTORY)?;
        Ok(Dir::of(opened.into(), path))
    }

    pub(super) fn of(file: File, path: impl Into<PathBuf>) -> Dir {
        Dir { file, identity: OnceLock::new(), path: path.into() }
    }

    /// The same where it has been looked at already.
    pub(super) fn known(file: File, path: impl Into<PathBuf>, meta: &Metadata) -> Dir {
        Dir { identity: Identity::from(meta).into(), ..Dir::of(file, path) }
    }

    /// Where it was opened. For messages, and to see whether the path still leads here.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a name in it, for messages.
    pub fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    /// The open folder itself.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// What the folder looks like now.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Which folder this is.
    pub fn identity(&self) -> io::Result<Identity> {
        if let Some(identity) = self.identity.get() {
            return Ok(*identity);
        }
        let identity = Identity::from(&self.metadata()?);
        Ok(*self.identity.get_or_init(|| identity))
    }

    /// Whether the path that it was opened by still leads to it.
    pub fn is_in_place(&self) -> io::Result<bool> {
        let named = found(std::fs::metadata(&self.path))?;
        named.map_or(Ok(false), |named| Ok(Identity::from(&named) == self.identity()?))
    }

    /// The folder opened for reading, which a kernel lock and a sync of it need.
    ///
    /// # Errors
    /// As `open(2)`; `PermissionDenied` where it may be searched and written to but not read.
    pub fn readable(&self) -> io::Result<File> {
        open_at(&self.file, OsStr::new("."), LISTED, 0)
    }

    /// Opens a file, without blocking on a FIFO.
    ///
    /// # Errors
    /// As `open(2)`; for a link see [`is_loop`](super::is_loop).
    pub fn open_file(&self, name: impl AsRef<OsStr>, access: Access) -> io::Result<File> {
        self.open_at(name.as_ref(), access.flags(), 0)
    }

    /// Creates a file that must not be there yet, for reading and writing. The umask applies.
    ///
    /// # Errors
    /// As `open(2)`; `AlreadyExists`.
    pub fn create(&self, name: impl AsRef<OsStr>, mode: u32) -> io::Result<File> {
        self.open_at(name.as_ref(), OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, mode)
    }

    /// Opens a name in it, and nothing outside.
    pub(super) fn open_at(&self, name: &OsStr, flags: OFlags, mode: u32) -> io::Result<File> {
        open_at(&self.file, single(name)?, flags, mode)
    }

    /// What a name stands for; `None` when there is nothing.
    pub fn look(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Look>> {
        let stat = match rustix::fs::statat(&self.file, single(name.as_ref())?, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            stat => stat?,
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        // The types of these fields differ from one system to the next.
        #[allow(clippy::unnecessary_cast, clippy::cast_lossless, reason = "see above")]
        Ok(Some(Look {
            identity: Identity { device: stat.st_dev as u64, inode: stat.st_ino as u64 },
            is_folder: kind == FileType::Directory,
            is_file: kind == FileType::RegularFile,
            is_link: kind == FileType::Symlink,
            user: stat.st_uid,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }))
    }

    /// Whether a name stands for this file or folder, and not for a link to it.
    pub fn is(&self, name: impl AsRef<OsStr>, identity: Identity) -> io::Result<bool> {
        Ok(self.look(name)?.is_some_and(|look| look.identity == identity))
    }

    /// Which version of which file a name stands for; `None` when there is nothing.
    pub fn version_of(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Version>> {
        let look = self.look(name)?;
        Ok(look.map(|Look { identity, size, modified, .. }| Version { identity, size, modified }))
    }

    /// The names in the folder, in no order.
    ///
    /// # Errors
    /// Reading it is not permitted.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        self.names_up_to(usize::MAX)
    }

    /// The same, but no more than so many of them, whichever come first.
    ///
    /// # Errors
    /// Reading it is not permitted.
    pub fn names_up_to(&self, most: usize) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::new(self.readable()?)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                if names.len() == most {
                    break;
                }
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }

    /// Gives a file a second name.
    ///
    /// # Errors
    /// As `link(2)`; `AlreadyExists`.
    pub fn link(&self, from: impl AsRef<OsStr>, to: &Dir, name: impl AsRef<OsStr>) -> io::Result<()> {
        let (from, name) = (single(from.as_ref())?, single(name.as_ref())?);
        Ok(rustix::fs::linkat(&self.file, from, &to.file, name, AtFlags::empty())?)
    }

    /// Renames, replacing whatever has the new name.
    pub fn rename(&self, from: impl AsRef<OsStr>, to: &Dir, name: impl AsRef<OsStr>) -> io::Result<()> {
        let (from, name) = (single(from.as_ref())?, single(name.as_ref())?);
        Ok(rustix::fs::renameat(&self.file, from, &to.file, name)?)
    }

    /// Renames, but never over something that is there: that is `AlreadyExists`. Where the file
    /// system can't promise it, that is `Unsupported`, and nothing was done.
    pub fn rename_new(&self, from: impl AsRef<OsStr>, to: &Dir, name: impl AsRef<OsStr>) -> io::Result<()> {
        match self.rename_with(from.as_ref(), to, name.as_ref(), RenameFlags::NOREPLACE) {
            Err(NoExchange::Unsupported) => Err(io::ErrorKind::Unsupported.into()),
            Err(NoExchange::Failed(error)) => Err(error),
            Ok(()) => Ok(()),
        }
    }

    /// Renames a file within the folder, but never over something that is there. Where the file
    /// system can't promise it, the file gets a second name and loses its first one.
    ///
    /// # Errors
    /// As `rename(2)` and `link(2)`; `AlreadyExists`.
    pub fn move_new(&self, from: impl AsRef<OsStr>, name: impl AsRef<OsStr>) -> io::Result<()> {
        match self.rename_new(&from, self, &name) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                self.link(&from, self, name)?;
                self.remove_file(from)
            }
            renamed => renamed,
        }
    }

    /// Gives each of two files the name of the other, in one step.
    ///
    /// # Errors
    /// See [`NoExchange`].
    pub fn exchange(&self, one: &OsStr, other: &OsStr) -> Result<(), NoExchange> {
        self.rename_with(one, self, other, RenameFlags::EXCHANGE)
    }

    fn rename_with(&self, from: &OsStr, to: &Dir, name: &OsStr, how: RenameFlags) -> Result<(), NoExchange> {
        let names = single(from).and_then(|from| Ok((from, single(name)?)));
        let (from, name) = names.map_err(NoExchange::Failed)?;
        rustix::fs::renameat_with(&self.file, from, &to.file, name, how).map_err(|error| {
            if error == Errno::INVAL || is_unsupported(error) {
                NoExchange::Unsupported
            } else {
                NoExchange::Failed(error.into())
            }
        })
    }

    /// Removes a file, a link, or anything else that is not a folder.
    pub fn remove_file(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.file, single(name.as_ref())?, AtFlags::empty())?)
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.file, single(name.as_ref())?, AtFlags::REMOVEDIR)?)
    }

    /// Removes a folder with all that is in it, or a file. Links are removed, never followed.
    ///
    /// # Errors
    /// Something can't be removed, or is nested deeper than anything of ours.
    pub fn remove_tree(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        self.remove_levels(name.as_ref(), DEEPEST)
    }

    fn remove_levels(&self, name: &OsStr, levels: usize) -> io::Result<()> {
        if !self.look(name)?.is_some_and(|look| look.is_folder) {
            return self.remove_file(name);
        }
        if let Ok(file) = self.open_at(name, LISTED | OFlags::NOFOLLOW, 0) {
            let inner = Dir::of(file, self.path_of(name));
            for name in inner.names()? {
                if levels == 0 {
                    return Err(io::Error::other("folders are nested too deeply in it"));
                }
                inner.remove_levels(&name, levels - 1)?;
            }
        }
        self.remove_folder(name)
    }

    /// Makes the changes to its names durable.
    ///
    /// # Errors
    /// As `fsync(2)`. An error is final: a retry can succeed without having written anything.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// Opens a name relative to a folder.
pub(super) fn open_at(folder: impl AsFd, name: &OsStr, flags: OFlags, mode: u32) -> io::Result<File> {
    let mode = Mode::from_raw_mode(mode as RawMode);
    let opened = retry_on_intr(|| rustix::fs::openat(&folder, name, flags | OFlags::CLOEXEC, mode));
    Ok(opened?.into())
}

/// A name that stays in its folder.
pub(super) fn single(name: &OsStr) -> io::Result<&OsStr> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(name)
}
