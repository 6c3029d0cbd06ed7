//! Kernel locks, identities, and the calls on files that `std` does not have.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, FlockOperation, Gid, Mode, OFlags, RenameFlags, Uid, XattrFlags};
use rustix::io::Errno;

/// Which file a name or a descriptor stands for: two names with the same identity are the same
/// file, for as long as one of them is kept open or in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The device number.
    pub device: u64,
    /// The inode number.
    pub inode: u64,
}

impl From<&Metadata> for Identity {
    fn from(meta: &Metadata) -> Self {
        Identity { device: meta.dev(), inode: meta.ino() }
    }
}

/// A symbolic link.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) owner: u32,
    pub(super) target: PathBuf,
}

/// An identity that stays true: the file is kept open, so that its inode number can't go to
/// another one.
#[derive(Debug, Clone)]
pub struct Pinned {
    file: Arc<File>,
    identity: Identity,
}

impl Pinned {
    /// Pins an open file.
    ///
    /// # Errors
    /// It can't be looked at.
    pub fn new(file: File) -> io::Result<Pinned> {
        let identity = Identity::from(&file.metadata()?);
        Ok(Pinned { file: Arc::new(file), identity })
    }

    /// The identity.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// What the file looks like now.
    ///
    /// # Errors
    /// It can't be looked at.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }
}

/// Options that follow no link at the end of a path and wait for no FIFO.
pub fn careful_options() -> OpenOptions {
    options_with(OFlags::NOFOLLOW | OFlags::NONBLOCK)
}

/// Options that follow links, but wait for no FIFO.
pub fn unblocking_options() -> OpenOptions {
    options_with(OFlags::NONBLOCK)
}

/// Opens a folder, and nothing else: not a link to one either.
///
/// # Errors
/// As `open(2)`; `NotADirectory` for anything else.
pub fn open_folder(path: &Path) -> io::Result<File> {
    options_with(OFlags::NOFOLLOW | OFlags::DIRECTORY).read(true).open(path)
}

fn options_with(flags: OFlags) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags(flags.bits().cast_signed());
    options
}

/// The two numbers that systems have for «this file system can't do that», which are one on
/// Linux.
pub(super) fn is_unsupported(error: Errno) -> bool {
    error == Errno::OPNOTSUPP || error == Errno::NOTSUP || error == Errno::NOSYS
}

/// The kind of kernel lock (`flock(2)`) asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flock {
    /// One holder. For owners.
    Exclusive,
    /// Any number of holders. For probes, which must not keep each other out.
    Shared,
}

/// Tries to take a kernel lock without waiting: `Ok(false)` when it is held in a way that
/// excludes ours. It lives until [`unlock`], or until the last copy of the descriptor is closed.
///
/// # Errors
/// The file system has no such locks (see [`no_flock`]), or the call failed.
pub fn try_flock(file: &File, kind: Flock) -> io::Result<bool> {
    let operation = match kind {
        Flock::Exclusive => FlockOperation::NonBlockingLockExclusive,
        Flock::Shared => FlockOperation::NonBlockingLockShared,
    };
    loop {
        match rustix::fs::flock(file, operation) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether this process has a file open that it did not open itself, by whatever descriptor.
pub fn is_open_here(identity: Identity) -> bool {
    let descriptors = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    descriptors
        .filter_map(|descriptor| std::fs::metadata(descriptor.path()).ok())
        .any(|meta| Identity::from(&meta) == identity)
}

/// Gives a kernel lock back now, whoever else has inherited the descriptor.
///
/// # Errors
/// The call failed, which it does not for an open file.
pub fn unlock(file: &File) -> io::Result<()> {
    Ok(rustix::fs::flock(file, FlockOperation::Unlock)?)
}

/// Whether an error of [`try_flock`] means that this file system has no working `flock`.
pub fn no_flock(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    [Errno::OPNOTSUPP, Errno::NOTSUP, Errno::NOLCK, Errno::NOSYS, Errno::INVAL]
        .iter()
        .any(|errno| code == Some(errno.raw_os_error()))
}

/// A copy of the descriptor that commands inherit which are started while it is open. It shares
/// the file's kernel lock. Its number is a high one, for shell scripts use low ones as they like:
/// `exec 9>log` would close it unseen.
///
/// # Errors
/// Too many files are open.
pub fn inheritable_copy(file: &File) -> io::Result<OwnedFd> {
    // A limit on open files may leave no such number.
    let copy =
        rustix::io::fcntl_dupfd_cloexec(file, 100).or_else(|_| rustix::io::fcntl_dupfd_cloexec(file, 10));
    let copy = copy.or_else(|_| rustix::io::fcntl_dupfd_cloexec(file, 3))?;
    rustix::io::fcntl_setfd(&copy, rustix::io::FdFlags::empty())?;
    Ok(copy)
}

/// Renames, but never over something that is there: that is `AlreadyExists`.
///
/// Where the file system can't promise it, a file gets a second name and loses its first one,
/// and a folder is renamed plainly, which replaces nothing but an empty folder.
///
/// # Errors
/// As `rename(2)`.
pub fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(error) if (error == Errno::INVAL || is_unsupported(error)) && from.is_dir() => {
            Ok(rustix::fs::renameat(CWD, from, CWD, to)?)
        }
        Err(error) if error == Errno::INVAL || is_unsupported(error) => {
            std::fs::hard_link(from, to)?;
            std::fs::remove_file(from)
        }
        renamed => Ok(renamed?),
    }
}

/// Makes what happened to the names in a folder last through a power cut.
///
/// # Errors
/// As `fsync(2)`. An error is final: a second try can falsely succeed.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Sets owner and group; `None` leaves one as it is.
///
/// # Errors
/// As `fchown(2)`; `PermissionDenied` is the ordinary answer to an ordinary user.
pub fn set_owner(file: impl AsFd, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    Ok(rustix::fs::fchown(file, user.map(Uid::from_raw), group.map(Gid::from_raw))?)
}

/// Sets the permission bits, set-id and sticky bits included, whatever the umask.
///
/// # Errors
/// As `fchmod(2)`.
pub fn set_mode(file: impl AsFd, mode: u32) -> io::Result<()> {
    Ok(rustix::fs::fchmod(file, Mode::from_raw_mode((mode & 0o7777) as rustix::fs::RawMode))?)
}

/// The names of a file's extended attributes; on Linux ACLs are among them. Empty where the
/// file system has none.
///
/// # Errors
/// As `flistxattr(2)`.
pub fn attribute_names(file: &File) -> io::Result<Vec<Vec<u8>>> {
    let mut list = vec![0u8; 1024];
    loop {
        match rustix::fs::flistxattr(file, list.as_mut_slice()) {
            Ok(length) => {
                let names = list[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty());
                return Ok(names.map(<[u8]>::to_vec).collect());
            }
            Err(Errno::RANGE) => {
                let wanted = rustix::fs::flistxattr_query(file)?;
                list.resize(wanted + 1024, 0);
            }
            Err(error) if is_unsupported(error) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// One extended attribute's value, or `None` when it went away meanwhile.
///
/// # Errors
/// As `fgetxattr(2)`.
pub fn attribute(file: &File, name: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut value = vec![0u8; 1024];
    loop {
        match rustix::fs::fgetxattr(file, name, value.as_mut_slice()) {
            Ok(length) => {
                value.truncate(length);
                return Ok(Some(value));
            }
            Err(Errno::RANGE) => {
                let wanted = rustix::fs::fgetxattr_query(file, name)?;
                value.resize(wanted + 1024, 0);
            }
            Err(error) if error == super::platform::NO_ATTRIBUTE || is_unsupported(error) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sets one extended attribute.
///
/// # Errors
/// As `fsetxattr(2)`.
pub fn set_attribute(file: &File, name: &[u8], value: &[u8]) -> io::Result<()> {
    Ok(rustix::fs::fsetxattr(file, name, value, XattrFlags::empty())?)
}

/// Removes one extended attribute.
///
/// # Errors
/// As `fremovexattr(2)`.
pub fn remove_attribute(file: &File, name: &[u8]) -> io::Result<()> {
    Ok(rustix::fs::fremovexattr(file, name)?)
}
