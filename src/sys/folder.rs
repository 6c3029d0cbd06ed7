//! Folders of trust: what lies in them is reached from an open descriptor, never by a path from
//! the top.
//!
//! A lock root or an outbox may belong to somebody who is up to something, and the superuser's
//! cron job works in it all the same. So one folder is opened by its path, and everything below
//! it from that descriptor, one name at a time, without following links and without waiting for
//! a FIFO. What is opened must be what is expected: a folder or a regular file, with one name
//! where it is going to be written, and of the folder's owner or the superuser. A name that is
//! swapped for a link meanwhile changes nothing.
//!
//! What the superuser makes in another's folder is given to that owner, who could not use it
//! otherwise. A superuser who may not give things away, as in some containers and on NFS, keeps
//! them: the owner accepts the superuser's.
//!
//! In a *shared* folder, one to which its group or everyone may write, things may be anybody's.

mod ownership;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub use walk::{Reached, walk_to_file};

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::file::{Identity, is_unsupported, set_mode, set_owner};
use super::platform;
use super::process::effective_user;

/// Bits of a mode that let others than the owner write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

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
    fn flags(self) -> OFlags {
        let how = match self {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::RDWR,
            Access::Append => OFlags::RDWR | OFlags::APPEND,
        };
        how | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY
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
    /// Its owner's number.
    pub user: u32,
    /// Its size in bytes.
    pub size: u64,
    /// When its content was written, in seconds and nanoseconds since 1970.
    pub modified: (i64, i64),
    /// When its content or one of its names changed: nobody can set this.
    pub changed: (i64, i64),
}

/// An open folder of trust. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Folder {
    file: Arc<File>,
    /// For messages.
    path: Arc<Path>,
    owner: u32,
    group: u32,
    shared: bool,
}

impl Folder {
    /// Opens a folder by its path, links followed. What is found below it is trusted by whose
    /// this one is; whether *it* may be trusted is the caller's question.
    ///
    /// # Errors
    /// As `open(2)`; `NotADirectory`.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
        Folder::root(open_at(CWD, path.as_os_str(), flags, 0)?, path.to_owned())
    }

    fn root(file: File, path: PathBuf) -> io::Result<Folder> {
        let meta = file.metadata()?;
        let shared = meta.mode() & WRITABLE_BY_OTHERS != 0;
        Ok(Folder { file: Arc::new(file), path: path.into(), owner: meta.uid(), group: meta.gid(), shared })
    }

    /// The same folder as the outermost one: what lies in it is judged by whose *it* is.
    ///
    /// # Errors
    /// As `fstat(2)`.
    pub fn as_root(&self) -> io::Result<Folder> {
        let meta = self.file.metadata()?;
        let shared = meta.mode() & WRITABLE_BY_OTHERS != 0;
        Ok(Folder { owner: meta.uid(), group: meta.gid(), shared, ..self.clone() })
    }

    /// Where it was opened. For messages, and to see whether the path still leads here.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a name in it, for messages.
    pub fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    /// Whose the outermost folder is.
    pub fn owner(&self) -> u32 {
        self.owner
    }

    /// The outermost folder's group.
    pub fn group(&self) -> u32 {
        self.group
    }

    /// Whether both were opened at once: the same descriptor, not only the same folder.
    pub fn is_same_opening(&self, other: &Folder) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }

    /// Whether things in it may be anybody's.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// The open folder itself.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// What the folder looks like now.
    ///
    /// # Errors
    /// As `fstat(2)`.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Which folder this is.
    ///
    /// # Errors
    /// As `fstat(2)`.
    pub fn identity(&self) -> io::Result<Identity> {
        Ok(Identity::from(&self.metadata()?))
    }

    /// Whether the path that it was opened by still leads to it.
    ///
    /// # Errors
    /// The path can't be looked at.
    pub fn is_in_place(&self) -> io::Result<bool> {
        match std::fs::metadata(&self.path) {
            Ok(named) => Ok(Identity::from(&named) == self.identity()?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Opens a folder in this one.
    ///
    /// # Errors
    /// As `open(2)`; `NotADirectory` for a link and for anything else; a stranger's is refused
    /// with `PermissionDenied` and the reason.
    pub fn folder(&self, name: impl AsRef<OsStr>) -> io::Result<Folder> {
        let name = single(name.as_ref())?;
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let file = match open_at(&*self.file, name, flags, 0) {
            Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                return Err(Errno::NOTDIR.into());
            }
            opened => opened?,
        };
        let meta = file.metadata()?;
        self.admit(name, &meta)?;
        let path = self.path.join(name).into();
        Ok(Folder { file: Arc::new(file), path, ..self.clone() })
    }

    /// Makes a folder in this one, with these permissions whatever the umask.
    ///
    /// # Errors
    /// As `mkdir(2)`; `AlreadyExists`.
    pub fn make_folder(&self, name: impl AsRef<OsStr>, mode: u32) -> io::Result<Folder> {
        self.make(single(name.as_ref())?, Some(mode)).map(|(made, _)| made)
    }

    /// The same, with what the umask leaves when no permissions are given. Whether it surely is the
    /// one that was made, too: a name can be given to another folder of the superuser's.
    fn make(&self, name: &OsStr, mode: Option<u32>) -> io::Result<(Folder, bool)> {
        let bits = Mode::from_raw_mode((mode.unwrap_or(0o777) & 0o777) as rustix::fs::RawMode);
        rustix::fs::mkdirat(&*self.file, name, bits)?;
        let made = match (self.folder(name), mode) {
            // Under an odd umask it can't be opened yet.
            (Err(error), Some(mode)) if error.kind() == io::ErrorKind::PermissionDenied => {
                platform::set_folder_mode_at(&self.file, name, mode)?;
                self.folder(name)
            }
            (made, _) => made,
        };
        let given = made.and_then(|folder| {
            let ours = self.give_made(&folder)?;
            if let Some(mode) = mode.filter(|_| ours)
                && folder.metadata()?.mode() & 0o7777 != mode
            {
                set_mode(&*folder.file, mode)?;
            }
            Ok((folder, ours))
        });
        if given.is_err() {
            let _ = self.remove_folder(name);
        }
        given
    }

    /// Opens a folder in this one, and makes it when it is missing.
    ///
    /// # Errors
    /// As [`Folder::folder`] and [`Folder::make_folder`].
    pub fn folder_or_make(&self, name: impl AsRef<OsStr>, mode: u32) -> io::Result<Folder> {
        let name = name.as_ref();
        match self.folder(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.make_folder(name, mode) {
                // Somebody was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.folder(name),
                made => made,
            },
            opened => opened,
        }
    }

    /// Opens a regular file. One that is going to be written must have no other name.
    ///
    /// # Errors
    /// As `open(2)`; `PermissionDenied` with the reason for what is no file or a stranger's.
    pub fn open_file(&self, name: impl AsRef<OsStr>, access: Access) -> io::Result<File> {
        let file = self.open_linked(name.as_ref(), access)?;
        if access != Access::Read && file.metadata()?.nlink() > 1 {
            return Err(self.distrust(name.as_ref(), "it has another name besides this one"));
        }
        Ok(file)
    }

    /// The same for a file that may have several names.
    ///
    /// # Errors
    /// As [`Folder::open_file`].
    pub fn open_linked(&self, name: impl AsRef<OsStr>, access: Access) -> io::Result<File> {
        let name = single(name.as_ref())?;
        let file = open_at(&*self.file, name, access.flags(), 0).map_err(|error| {
            // What `open` says of a link that it may not follow, of a socket, and of a folder.
            let is = |errno: Errno| error.raw_os_error() == Some(errno.raw_os_error());
            match () {
                () if is(Errno::LOOP) => self.distrust(name, "it is a symbolic link"),
                () if is(Errno::NXIO) || is(Errno::ISDIR) => self.distrust(name, "it is not a regular file"),
                () => error,
            }
        })?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(self.distrust(name, "it is not a regular file"));
        }
        self.admit(name, &meta)?;
        Ok(file)
    }

    /// Creates a file that must not be there yet, for reading and writing, with these permissions
    /// whatever the umask.
    ///
    /// # Errors
    /// As `open(2)`; `AlreadyExists`.
    pub fn create_file(&self, name: impl AsRef<OsStr>, mode: u32) -> io::Result<File> {
        self.create(single(name.as_ref())?, Access::Write, mode)
    }

    /// Opens a file, and makes it when it is missing.
    ///
    /// # Errors
    /// As [`Folder::open_file`] and [`Folder::create_file`].
    pub fn open_or_create(&self, name: impl AsRef<OsStr>, access: Access, mode: u32) -> io::Result<File> {
        let name = single(name.as_ref())?;
        match self.open_file(name, access) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.create(name, access, mode) {
                // Somebody was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.open_file(name, access),
                created => created,
            },
            opened => opened,
        }
    }

    fn create(&self, name: &OsStr, access: Access, mode: u32) -> io::Result<File> {
        let flags = access.flags() | OFlags::CREATE | OFlags::EXCL;
        let file = open_at(&*self.file, name, flags, mode & 0o777)?;
        let given = self.give(&file).and_then(|()| {
            if file.metadata()?.mode() & 0o7777 == mode { Ok(()) } else { set_mode(&file, mode) }
        });
        match given {
            Ok(()) => Ok(file),
            Err(error) => {
                let _ = self.remove_file(name);
                Err(error)
            }
        }
    }

    /// What a name stands for; `None` when there is nothing.
    ///
    /// # Errors
    /// As `fstatat(2)`.
    pub fn look(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Look>> {
        let name = single(name.as_ref())?;
        let stat = match rustix::fs::statat(&*self.file, name, AtFlags::SYMLINK_NOFOLLOW) {
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
            user: stat.st_uid,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }))
    }

    /// The names in the folder, in no order.
    ///
    /// # Errors
    /// As `getdents(2)`.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&*self.file)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }

    /// Renames, over whatever has the other name.
    ///
    /// # Errors
    /// As `rename(2)`.
    pub fn rename(&self, from: impl AsRef<OsStr>, to: &Folder, name: impl AsRef<OsStr>) -> io::Result<()> {
        let (from, name) = (single(from.as_ref())?, single(name.as_ref())?);
        Ok(rustix::fs::renameat(&*self.file, from, &*to.file, name)?)
    }

    /// Renames, but never over something that is there: that is `AlreadyExists`. Where the file
    /// system can't promise it, that is `Unsupported`, and nothing was done.
    ///
    /// # Errors
    /// As `renameat2(2)`.
    pub fn rename_new(
        &self,
        from: impl AsRef<OsStr>,
        to: &Folder,
        name: impl AsRef<OsStr>,
    ) -> io::Result<()> {
        let (from, name) = (single(from.as_ref())?, single(name.as_ref())?);
        match rustix::fs::renameat_with(&*self.file, from, &*to.file, name, RenameFlags::NOREPLACE) {
            Err(error) if error == Errno::INVAL || is_unsupported(error) => {
                Err(io::ErrorKind::Unsupported.into())
            }
            renamed => Ok(renamed?),
        }
    }

    /// Gives a file a second name.
    ///
    /// # Errors
    /// As `link(2)`; `AlreadyExists`.
    pub fn link(&self, from: impl AsRef<OsStr>, to: &Folder, name: impl AsRef<OsStr>) -> io::Result<()> {
        let (from, name) = (single(from.as_ref())?, single(name.as_ref())?);
        Ok(rustix::fs::linkat(&*self.file, from, &*to.file, name, AtFlags::empty())?)
    }

    /// Removes a file, a link, or whatever else is no folder.
    ///
    /// # Errors
    /// As `unlink(2)`.
    pub fn remove_file(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&*self.file, single(name.as_ref())?, AtFlags::empty())?)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// As `rmdir(2)`.
    pub fn remove_folder(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&*self.file, single(name.as_ref())?, AtFlags::REMOVEDIR)?)
    }

    /// Makes what happened to the names in it last through a power cut.
    ///
    /// # Errors
    /// As `fsync(2)`. An error is final: a second try can falsely succeed.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Whether something of that user may be in here.
    fn admits(&self, user: u32) -> bool {
        self.shared || user == self.owner || user == 0 || user == effective_user()
    }

    fn admit(&self, name: &OsStr, meta: &Metadata) -> io::Result<()> {
        if self.admits(meta.uid()) {
            return Ok(());
        }
        Err(self.distrust(name, &format!("it belongs to user {}, a stranger here", meta.uid())))
    }

    fn distrust(&self, name: &OsStr, why: &str) -> io::Error {
        distrust(&self.path.join(name), why)
    }

    /// Gives what the superuser has made to the folder's owner, if that is another.
    fn give(&self, made: &File) -> io::Result<()> {
        if self.owner == 0 || effective_user() != 0 {
            return Ok(());
        }
        let refused = [Errno::PERM, Errno::INVAL].map(|errno| Some(errno.raw_os_error()));
        match set_owner(made, Some(self.owner), Some(self.group)) {
            Err(error) if refused.contains(&error.raw_os_error()) => Ok(()),
            given => given,
        }
    }
}

fn open_at(folder: impl std::os::fd::AsFd, name: &OsStr, flags: OFlags, mode: u32) -> io::Result<File> {
    let mode = Mode::from_raw_mode(mode as rustix::fs::RawMode);
    let opened = rustix::io::retry_on_intr(|| rustix::fs::openat(&folder, name, flags, mode));
    Ok(opened?.into())
}

fn distrust(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{} is not to be trusted: {why}", path.display()))
}

/// A name that stays in its folder.
fn single(name: &OsStr) -> io::Result<&OsStr> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(name)
}
