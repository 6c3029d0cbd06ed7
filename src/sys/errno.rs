//! The system's error numbers: what they mean, and which kind of trouble they are.

use std::io;

use rustix::io::Errno;

/// Whether an error has this number.
pub(super) fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

/// Whether an error has one of these numbers.
pub(super) fn is_any(error: &io::Error, errnos: &[Errno]) -> bool {
    errnos.iter().any(|&errno| is(error, errno))
}

/// `None` for something that does not exist.
///
/// # Errors
/// Every other error of the result.
pub fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

/// What an error of the system means, without its number.
pub fn explain(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    // An error that we raised ourselves says why.
    if error.raw_os_error().is_none() && error.get_ref().is_some() {
        return error.to_string();
    }
    let is = |errno| is(error, errno);
    let words = match error.kind() {
        Kind::StorageFull => "the disk is full",
        Kind::QuotaExceeded => "the disk quota is used up",
        Kind::ReadOnlyFilesystem => "the file system is read-only",
        Kind::PermissionDenied if is(Errno::PERM) => {
            "the operation is not permitted (an immutable file, or another user's)"
        }
        Kind::PermissionDenied => "permission denied",
        Kind::NotFound => "it does not exist",
        Kind::NotADirectory => "a part of the path is not a directory",
        Kind::IsADirectory => "it is a directory",
        Kind::InvalidFilename => "the name is too long",
        Kind::FileTooLarge => "the file would be too large",
        Kind::Interrupted => "the call was interrupted by a signal",
        _ if is(Errno::IO) => "the device reports an error",
        _ if is(Errno::LOOP) => "too many symbolic links, or a loop of them",
        _ if is(Errno::MFILE) => "this process has too many files open",
        _ if is(Errno::NFILE) => "the system has too many files open",
        _ => {
            let text = error.to_string();
            return text.split(" (os error ").next().unwrap_or(&text).to_owned();
        }
    };
    words.to_owned()
}

/// The kernel's error for an operation that is not permitted.
pub fn not_permitted() -> io::Error {
    Errno::PERM.into()
}

/// Whether the device itself failed.
pub fn is_device_error(error: &io::Error) -> bool {
    is(error, Errno::IO)
}

/// Whether something can't be opened because it is not a file but, for instance, a socket.
pub fn is_no_file(error: &io::Error) -> bool {
    is(error, Errno::NXIO)
}

/// Whether symbolic links form a loop, or there are too many of them.
pub fn is_loop(error: &io::Error) -> bool {
    is(error, Errno::LOOP)
}

/// Whether this process or the system is short of something, such as descriptors. That says nothing
/// about the file that was asked for.
pub fn is_shortage(error: &io::Error) -> bool {
    is_any(error, &[Errno::MFILE, Errno::NFILE, Errno::NOMEM])
}
