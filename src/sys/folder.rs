//! Folders of trust: what lies in them is reached from an open descriptor, never by a path from
//! the top.
//!
//! A lock root or an outbox may belong to a malicious user, and a cron job of the superuser still
//! works in it. So one folder is opened by its path, and everything below it from that descriptor,
//! one name at a time, without following links and without waiting for a FIFO. What is opened must
//! be what is expected: a folder or a regular file, with one name where it is going to be written,
//! and of the folder's owner or the superuser. Swapping a name for a link in the meantime changes
//! nothing.
//!
//! What the superuser creates in another user's folder is given to that user, who could not use it
//! otherwise. A superuser who may not give things away, as in some containers and on NFS, keeps
//! them: the owner accepts the superuser's.
//!
//! In a *shared* folder, one that its group or everyone may write to, things may belong to anybody.

mod fresh;
mod ownership;
#[cfg(test)]
mod tests;
mod walk;

pub use super::dir::{Access, Look};
pub use fresh::Fresh;
pub use walk::{Reached, walk_to_file};

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::ops::Deref;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags, RawMode};
use rustix::io::Errno;

use super::dir::{Dir, LISTED, open_at, single};
use super::errno::{self, found};
use super::file::{Identity, set_mode, set_owner};
use super::platform;
use super::process::effective_user;
use super::temporary::TemporaryName;

/// Mode bits that let users other than the owner write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// An open folder of trust. Cheap to clone. Operations that do not depend on ownership are those of
/// [`Dir`].
#[derive(Debug, Clone)]
pub struct Folder {
    dir: Arc<Dir>,
    owner: u32,
    group: u32,
    shared: bool,
}

/// An identity that stays true: the folder is kept open, so that its inode number can't go to
/// another one.
#[derive(Debug, Clone)]
pub struct Pinned {
    folder: Folder,
    identity: Identity,
}

impl Pinned {
    /// Pins an open folder.
    pub fn new(folder: Folder) -> io::Result<Pinned> {
        Ok(Pinned { identity: folder.identity()?, folder })
    }

    /// The identity.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// What the folder looks like now.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.folder.metadata()
    }
}

impl Deref for Folder {
    type Target = Dir;

    fn deref(&self) -> &Dir {
        &self.dir
    }
}

impl Folder {
    /// Opens a folder by its path, following links. What is found below it is trusted according to
    /// its owner; whether *it* may be trusted is for the caller to decide.
    ///
    /// # Errors
    /// As `open(2)`; `NotADirectory`.
    pub fn open(path: &Path) -> io::Result<Folder> {
        Folder::root(Arc::new(Dir::of(open_at(CWD, path.as_os_str(), LISTED, 0)?, path)))
    }

    fn root(dir: Arc<Dir>) -> io::Result<Folder> {
        let meta = dir.metadata()?;
        let shared = meta.mode() & WRITABLE_BY_OTHERS != 0;
        Ok(Folder { dir, owner: meta.uid(), group: meta.gid(), shared })
    }

    /// The same folder as the outermost one: what is in it is judged by the owner of *this* folder.
    pub fn as_root(&self) -> io::Result<Folder> {
        Folder::root(self.dir.clone())
    }

    /// The owner of the outermost folder.
    pub fn owner(&self) -> u32 {
        self.owner
    }

    /// Takes charge of a name in it under which something was just made.
    pub fn temporary(&self, name: impl Into<OsString>) -> TemporaryName {
        TemporaryName::new(&self.dir, name)
    }

    /// Whether a name is in this very opening of the folder, and not only in the same folder.
    pub fn has_temporary(&self, name: &TemporaryName) -> bool {
        Arc::ptr_eq(&self.dir, name.dir())
    }

    /// Whether things in it may belong to anybody.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Opens a folder in this one.
    ///
    /// # Errors
    /// As `open(2)`; `NotADirectory` for a link and for anything else; a stranger's is refused
    /// with `PermissionDenied` and the reason.
    pub fn folder(&self, name: impl AsRef<OsStr>) -> io::Result<Folder> {
        Ok(self.open_folder(name.as_ref())?.0)
    }

    fn open_folder(&self, name: &OsStr) -> io::Result<(Folder, Metadata)> {
        let name = single(name)?;
        let file = match self.open_at(name, LISTED | OFlags::NOFOLLOW, 0) {
            Err(error) if errno::is(&error, Errno::LOOP) => return Err(Errno::NOTDIR.into()),
            opened => opened?,
        };
        let meta = file.metadata()?;
        self.admit(name, &meta)?;
        let dir = Arc::new(Dir::known(file, self.path_of(name), &meta));
        Ok((Folder { dir, ..self.clone() }, meta))
    }

    /// Opens a folder in a folder in this one. Where neither others may write nor links can lead
    /// astray, one call does.
    ///
    /// # Errors
    /// As [`Folder::folder`].
    pub fn folder_below(&self, outer: &str, name: &str) -> io::Result<Folder> {
        if !self.shared {
            let path = Path::new(single(OsStr::new(outer))?).join(single(OsStr::new(name))?);
            match platform::open_beneath(self.file(), &path, LISTED) {
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                opened => {
                    let dir = Dir::of(opened?.into(), self.path_of(path));
                    return Ok(Folder { dir: Arc::new(dir), ..self.clone() });
                }
            }
        }
        self.folder(outer)?.folder(name)
    }

    /// Whether nobody but us and the superuser can put anything into it.
    pub fn is_ours_alone(&self) -> bool {
        !self.shared && self.owner == effective_user()
    }

    /// The same folder, whoever owns what is in it.
    pub fn as_dir(&self) -> &Dir {
        &self.dir
    }

    /// Makes a folder in this one, with these permissions whatever the umask.
    ///
    /// # Errors
    /// As `mkdir(2)`; `AlreadyExists`.
    pub fn make_folder(&self, name: impl AsRef<OsStr>, mode: u32) -> io::Result<Folder> {
        self.make(single(name.as_ref())?, Some(mode)).map(|(made, _)| made)
    }

    /// The same, with what the umask leaves when no permissions are given. Also says whether it is
    /// certainly the one that was made: the name may have been given to another folder of the
    /// superuser.
    fn make(&self, name: &OsStr, mode: Option<u32>) -> io::Result<(Folder, bool)> {
        let bits = Mode::from_raw_mode((mode.unwrap_or(0o777) & 0o1777) as RawMode);
        rustix::fs::mkdirat(self.file(), name, bits)?;
        let made = match (self.open_folder(name), mode) {
            // With an unusual umask it can't be opened yet.
            (Err(error), Some(mode)) if error.kind() == io::ErrorKind::PermissionDenied => {
                platform::set_folder_mode_at(self.file(), name, mode)?;
                self.open_folder(name)
            }
            (made, _) => made,
        };
        let given = made.and_then(|(folder, meta)| {
            let ours = self.give_made(&folder)?;
            if let Some(mode) = mode.filter(|_| ours)
                && meta.mode() & 0o7777 != mode
            {
                set_mode(folder.file(), mode)?;
            }
            Ok((folder, ours))
        });
        if given.is_err() {
            let _ = self.remove_folder(name);
        }
        given
    }

    /// Opens a folder in this one, or makes it if it is missing.
    pub fn folder_or_make(&self, name: impl AsRef<OsStr>, mode: u32) -> io::Result<Folder> {
        self.folder_or(&name, || self.make_folder(&name, mode))
    }

    /// Opens a regular file. One that is going to be written must have no other name.
    ///
    /// # Errors
    /// As `open(2)`; `PermissionDenied` with the reason for what is no file or a stranger's.
    pub fn open_file(&self, name: impl AsRef<OsStr>, access: Access) -> io::Result<File> {
        let (file, meta) = self.open_known(name.as_ref(), access)?;
        if access != Access::Read && meta.nlink() > 1 {
            return Err(self.distrust(name.as_ref(), "it has another name besides this one"));
        }
        Ok(file)
    }

    /// The same for a file that may have several names.
    pub fn open_linked(&self, name: impl AsRef<OsStr>, access: Access) -> io::Result<File> {
        Ok(self.open_known(name.as_ref(), access)?.0)
    }

    fn open_known(&self, name: &OsStr, access: Access) -> io::Result<(File, Metadata)> {
        let name = single(name)?;
        let file = self.dir.open_file(name, access).map_err(|error| {
            // What `open` says of a link that it may not follow, of a socket, and of a folder.
            match () {
                () if errno::is(&error, Errno::LOOP) => self.distrust(name, "it is a symbolic link"),
                () if errno::is_any(&error, &[Errno::NXIO, Errno::ISDIR]) => {
                    self.distrust(name, "it is not a regular file")
                }
                () => error,
            }
        })?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(self.distrust(name, "it is not a regular file"));
        }
        self.admit(name, &meta)?;
        Ok((file, meta))
    }

    /// Creates a file that must not be there yet, for reading and writing, with these permissions
    /// whatever the umask.
    ///
    /// # Errors
    /// As `open(2)`; `AlreadyExists`.
    pub fn create_file(&self, name: impl AsRef<OsStr>, mode: u32) -> io::Result<File> {
        let name = single(name.as_ref())?;
        let file = self.open_at(name, Access::Write.flags() | OFlags::CREATE | OFlags::EXCL, mode & 0o777)?;
        let given = self.give(&file).and_then(|()| {
            if file.metadata()?.mode() & 0o7777 == mode { Ok(()) } else { set_mode(&file, mode) }
        });
        given.inspect_err(|_| drop(self.remove_file(name))).map(|()| file)
    }

    /// Opens a file, or creates it with these permissions if it is missing.
    ///
    /// # Errors
    /// As [`Folder::open_file`] and [`Folder::create_file`].
    pub fn open_or_create(&self, name: impl AsRef<OsStr>, access: Access, mode: u32) -> io::Result<File> {
        let name = name.as_ref();
        self.open_or(name, access, || self.create_file(name, mode))
    }

    /// Opens a file, or makes it with `create` if it is missing.
    ///
    /// # Errors
    /// As [`Folder::open_file`] and `create`.
    pub fn open_or(
        &self,
        name: impl AsRef<OsStr>,
        access: Access,
        create: impl FnOnce() -> io::Result<File>,
    ) -> io::Result<File> {
        let name = name.as_ref();
        match found(self.open_file(name, access))? {
            Some(file) => Ok(file),
            None => match create() {
                Ok(file) if access == Access::Write => Ok(file),
                // A new file is open for writing anywhere; or another process was faster.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => self.open_file(name, access),
            },
        }
    }

    /// Opens a folder in this one, or makes it with `make` if it is missing.
    ///
    /// # Errors
    /// As [`Folder::folder`] and `make`.
    pub fn folder_or(
        &self,
        name: impl AsRef<OsStr>,
        make: impl FnOnce() -> io::Result<Folder>,
    ) -> io::Result<Folder> {
        let name = name.as_ref();
        match found(self.folder(name))? {
            Some(folder) => Ok(folder),
            None => match make() {
                // Another process was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.folder(name),
                made => made,
            },
        }
    }

    /// Whether something owned by that user may be in here.
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
        distrust(&self.path_of(name), why)
    }

    /// Gives what the superuser has made to the folder's owner, if that is another user.
    fn give(&self, made: &File) -> io::Result<()> {
        if self.owner == 0 || effective_user() != 0 {
            return Ok(());
        }
        match set_owner(made, Some(self.owner), Some(self.group)) {
            Err(error) if errno::is_any(&error, &[Errno::PERM, Errno::INVAL]) => Ok(()),
            given => given,
        }
    }
}

fn distrust(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{} is not to be trusted: {why}", path.display()))
}
