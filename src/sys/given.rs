//! Making and moving files in folders that may be another user's.
//!
//! For an ordinary user these are the plain calls. What the superuser makes belongs to the owner
//! of the folder that it is made in, or the owner could not use it afterwards. That owner may be
//! up to something, so a folder is opened first, and then asked and used by its descriptor: a
//! name that is swapped for a link meanwhile changes nothing. A file gets its owner before
//! anything is in it, and only from whoever created it.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::file::set_owner;
use super::process::effective_user;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Writing.
    Write,
    /// Writing at the end.
    Append,
    /// Reading, and writing at the end.
    ReadAppend,
}

impl Access {
    fn flags(self) -> OFlags {
        OFlags::CLOEXEC
            | match self {
                Access::Write => OFlags::WRONLY,
                Access::Append => OFlags::WRONLY | OFlags::APPEND,
                Access::ReadAppend => OFlags::RDWR | OFlags::APPEND,
            }
    }
}

/// Creates a file that must not be there yet, for writing.
///
/// # Errors
/// As `open(2)`; `AlreadyExists`.
pub fn create(path: &Path, mode: u32) -> io::Result<File> {
    let flags = Access::Write.flags();
    match Folder::of(path)? {
        Some(folder) => folder.create(name_of(path)?, flags, mode),
        None => open_at(CWD, path, flags | OFlags::CREATE | OFlags::EXCL, mode),
    }
}

/// Opens a file, and makes it if it is missing. In another user's folder the superuser follows no
/// link at the end of the path.
///
/// # Errors
/// As `open(2)`.
pub fn open_or_create(path: &Path, access: Access, mode: u32) -> io::Result<File> {
    let flags = access.flags();
    let Some(folder) = Folder::of(path)? else {
        return open_at(CWD, path, flags | OFlags::CREATE, mode);
    };
    let Some(_) = folder.owner else {
        return open_at(&folder.file, name_of(path)?, flags | OFlags::CREATE, mode);
    };
    let careful = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let open = || open_at(&folder.file, name_of(path)?, careful, mode);
    match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match folder.create(name_of(path)?, flags, mode) {
                // Somebody was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open(),
                created => created,
            }
        }
        opened => opened,
    }
}

/// Makes a folder.
///
/// # Errors
/// As `mkdir(2)`; `AlreadyExists`.
pub fn create_folder(path: &Path, mode: u32) -> io::Result<()> {
    let mode = Mode::from_raw_mode(mode as rustix::fs::RawMode);
    let Some(folder) = Folder::of(path)? else { return Ok(rustix::fs::mkdirat(CWD, path, mode)?) };
    let name = name_of(path)?;
    rustix::fs::mkdirat(&folder.file, name, mode)?;
    let Some(_) = folder.owner else { return Ok(()) };
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::DIRECTORY;
    folder.give(&open_at(&folder.file, name, flags, 0)?)
}

/// Renames, over whatever has the other name. For the files of a spool, each of which has a name
/// of its own: a document is replaced by other means. The superuser moves nothing from one user's
/// folder into another's.
///
/// # Errors
/// As `rename(2)`.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let Some(source) = Folder::of(from)? else { return Ok(rustix::fs::renameat(CWD, from, CWD, to)?) };
    // Looked up once where it is one: it can't be two.
    let other = if from.parent() == to.parent() { None } else { Folder::of(to)? };
    let target = other.as_ref().unwrap_or(&source);
    if source.owner != target.owner {
        let why = "the folders that it would be moved between belong to different users";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(rustix::fs::renameat(&source.file, name_of(from)?, &target.file, name_of(to)?)?)
}

/// Whether we are the superuser and the folder is another user's.
///
/// # Errors
/// It can't be opened.
pub fn is_anothers(folder: &Path) -> io::Result<bool> {
    Ok(effective_user() == 0 && File::open(folder)?.metadata()?.uid() != 0)
}

/// A folder in which the superuser is about to do something.
struct Folder {
    file: File,
    /// Whom it belongs to, with the group, when that is not the superuser.
    owner: Option<(u32, u32)>,
}

impl Folder {
    /// The folder that a path's last name is in. `None` for ordinary users, who need no such care.
    fn of(path: &Path) -> io::Result<Option<Folder>> {
        if effective_user() != 0 {
            return Ok(None);
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = File::open(folder.unwrap_or(Path::new(".")))?;
        let meta = file.metadata()?;
        Ok(Some(Folder { file, owner: (meta.uid() != 0).then(|| (meta.uid(), meta.gid())) }))
    }

    fn create(&self, name: &Path, flags: OFlags, mode: u32) -> io::Result<File> {
        let file = open_at(&self.file, name, flags | OFlags::CREATE | OFlags::EXCL, mode)?;
        self.give(&file)?;
        Ok(file)
    }

    /// Gives what was made to the folder's owner. A superuser who may not, as in some containers
    /// and on NFS, keeps it: that is better than none.
    fn give(&self, made: &File) -> io::Result<()> {
        let Some((user, group)) = self.owner else { return Ok(()) };
        let refused = [Errno::PERM, Errno::INVAL].map(|errno| Some(errno.raw_os_error()));
        match set_owner(made, Some(user), Some(group)) {
            Err(error) if refused.contains(&error.raw_os_error()) => Ok(()),
            given => given,
        }
    }
}

fn open_at(folder: impl std::os::fd::AsFd, name: &Path, flags: OFlags, mode: u32) -> io::Result<File> {
    let mode = Mode::from_raw_mode(mode as rustix::fs::RawMode);
    let opened = rustix::io::retry_on_intr(|| rustix::fs::openat(&folder, name, flags, mode));
    Ok(opened?.into())
}

/// A path's last name.
fn name_of(path: &Path) -> io::Result<&Path> {
    match path.components().next_back() {
        Some(Component::Normal(name)) => Ok(Path::new(name)),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}
