//! What an error of the system means.

use std::io;

use rustix::io::Errno;

/// What an error of the system means, without its number.
pub fn explain(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    // What was refused by ourselves says why.
    if error.raw_os_error().is_none() && error.get_ref().is_some() {
        return error.to_string();
    }
    let is = |errno: Errno| error.raw_os_error() == Some(errno.raw_os_error());
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

/// What the kernel says to somebody who has not the right to do something.
pub fn not_permitted() -> io::Error {
    Errno::PERM.into()
}

/// Whether the device itself failed.
pub fn is_device_error(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::IO.raw_os_error())
}

/// Whether something can't be opened because it is no file, such as a socket.
pub fn is_no_file(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::NXIO.raw_os_error())
}

/// Whether links lead in a circle, or through too many others.
pub fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

/// Whether this process or the system is short of something, such as descriptors. That says nothing
/// about the file that was asked for.
pub fn is_shortage(error: &io::Error) -> bool {
    let short = [Errno::MFILE, Errno::NFILE, Errno::NOMEM];
    short.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
