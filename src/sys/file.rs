//! Kernel locks, identities, and the calls on files that `std` does not have. Where nothing else is
//! said, errors are those of the system call.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;

use rustix::fs::{FlockOperation, Gid, Mode, Uid, XattrFlags};
use rustix::io::Errno;

use super::{dir, errno, platform};

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

/// The numbers for "not supported by this file system". Two of them are the same on Linux.
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

/// All bytes of a file, wherever its descriptor stands. `expected` is how many there seem to be.
///
/// # Errors
/// As `pread(2)`; `OutOfMemory`.
pub fn read_whole(file: &File, expected: u64) -> io::Result<Vec<u8>> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    let mut room = usize::try_from(expected).map_err(|_| io::ErrorKind::OutOfMemory)?;
    loop {
        // One byte more, so that the end is seen.
        bytes.try_reserve_exact(room + 1)?;
        bytes.resize(length + room + 1, 0);
        while length < bytes.len() {
            match file.read_at(&mut bytes[length..], length as u64) {
                Ok(0) => {
                    bytes.truncate(length);
                    return Ok(bytes);
                }
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // It has grown.
        room = length;
    }
}

/// Waits for an exclusive kernel lock, for ever if need be, behind those who wait for it already.
///
/// # Errors
/// As [`try_flock`].
pub fn wait_for_flock(file: &File) -> io::Result<()> {
    loop {
        match rustix::fs::flock(file, FlockOperation::LockExclusive) {
            Err(Errno::INTR) => {}
            locked => return Ok(locked?),
        }
    }
}

/// Whether somebody else has an exclusive kernel lock on a file. Probes keep no other probe out, but
/// for as long as this descriptor is open, nobody can take such a lock.
pub fn is_locked(file: &File) -> io::Result<bool> {
    Ok(!try_flock(file, Flock::Shared)?)
}

/// Takes the kernel lock of a file that was just made. `WouldBlock` when a probe was faster.
pub fn lock_new(file: &File) -> io::Result<()> {
    if try_flock(file, Flock::Exclusive)? { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
}

/// Whether this process has a file open that it did not open itself, by whatever descriptor.
pub fn is_open_here(identity: Identity) -> bool {
    let descriptors = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    descriptors
        .filter_map(|descriptor| std::fs::metadata(descriptor.path()).ok())
        .any(|meta| Identity::from(&meta) == identity)
}

/// Releases a kernel lock now, even if other processes have inherited the descriptor.
///
/// # Errors
/// The call failed, which it does not for an open file.
pub fn unlock(file: &File) -> io::Result<()> {
    Ok(rustix::fs::flock(file, FlockOperation::Unlock)?)
}

/// Whether an error of [`try_flock`] means that this file system has no working `flock`.
pub fn no_flock(error: &io::Error) -> bool {
    errno::is_any(error, &[Errno::OPNOTSUPP, Errno::NOTSUP, Errno::NOLCK, Errno::NOSYS, Errno::INVAL])
}

/// Whether such an error means that there are no kernel locks on folders. NFS wants a descriptor
/// that is open for writing, and a folder cannot be opened for writing.
pub fn no_folder_flock(error: &io::Error) -> bool {
    no_flock(error) || errno::is(error, Errno::BADF)
}

/// A copy of the descriptor, inherited by every command that is started while it is open. It shares
/// the file's kernel lock. Its number is high because shell scripts use low ones freely: `exec
/// 9>log` would silently close it.
///
/// # Errors
/// Too many files are open.
pub fn inheritable_copy(file: &File) -> io::Result<OwnedFd> {
    // The limit on open files may be lower than that.
    let copy =
        rustix::io::fcntl_dupfd_cloexec(file, 100).or_else(|_| rustix::io::fcntl_dupfd_cloexec(file, 10));
    let copy = copy.or_else(|_| rustix::io::fcntl_dupfd_cloexec(file, 3))?;
    rustix::io::fcntl_setfd(&copy, rustix::io::FdFlags::empty())?;
    Ok(copy)
}

/// Makes the changes to the names in a folder durable. `None` stands for a folder that may not be
/// opened: then the whole file system of `file`, which is in that folder, is synced. Where folders
/// cannot be synced at all, there is nothing to wait for.
///
/// # Errors
/// As `fsync(2)`. An error is final: a retry can succeed without having written anything.
pub fn sync_names(folder: Option<&File>, file: &File) -> io::Result<()> {
    let Some(folder) = folder else { return platform::sync_file_system(file) };
    settled(folder.sync_all())
}

/// Makes a file's content durable, whoever wrote it and however it was opened.
pub fn sync_content(file: &File) -> io::Result<()> {
    settled(file.sync_all())
}

/// Accepts the errors of `fsync` for files and folders that cannot be synced at all.
fn settled(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if errno::is_any(&error, &[Errno::INVAL, Errno::BADF]) => Ok(()),
        synced => synced,
    }
}

/// Sets owner and group; `None` leaves one as it is.
///
/// # Errors
/// As `fchown(2)`; `PermissionDenied` is the ordinary answer to an ordinary user.
pub fn set_owner(file: impl AsFd, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    Ok(rustix::fs::fchown(file, user.map(Uid::from_raw), group.map(Gid::from_raw))?)
}

/// Sets the permission bits, set-id and sticky bits included, whatever the umask.
pub fn set_mode(file: impl AsFd, mode: u32) -> io::Result<()> {
    Ok(rustix::fs::fchmod(file, Mode::from_raw_mode((mode & 0o7777) as rustix::fs::RawMode))?)
}

/// The names of a file's extended attributes; on Linux ACLs are among them. Empty where the
/// file system has none.
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

/// One extended attribute's value, or `None` when it has been removed meanwhile.
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
            Err(error) if error == platform::NO_ATTRIBUTE || is_unsupported(error) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sets one extended attribute.
pub fn set_attribute(file: &File, name: &[u8], value: &[u8]) -> io::Result<()> {
    Ok(rustix::fs::fsetxattr(file, name, value, XattrFlags::empty())?)
}

/// Removes one extended attribute.
pub fn remove_attribute(file: &File, name: &[u8]) -> io::Result<()> {
    Ok(rustix::fs::fremovexattr(file, name)?)
}

/// Gives a new, empty file the content of another one by sharing its blocks.
///
/// # Errors
/// As `ioctl_ficlone(2)`: the file system can't do that, or the two are on different ones.
pub fn clone_content(from: &File, to: &File) -> io::Result<()> {
    platform::clone_content(from, to)
}

/// Gives the very file that is open one more name in a folder, wherever its own name leads by now.
///
/// # Errors
/// As `link(2)`; `NotFound` where it has lost its last name, or where descriptors have no names.
pub fn link_open(file: &File, folder: &File, name: &OsStr) -> io::Result<()> {
    platform::link_open(file, folder, dir::single(name)?)
}
