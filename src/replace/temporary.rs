//! The temporary file: made beside the target, locked by its maker, gone unless it gets another
//! name.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::ReplaceError;
use crate::sys;
use crate::sys::dir::Dir;
use crate::sys::file::Flock;
use crate::sys::temporary::TemporaryName;

/// What temporary files of ours end with.
pub(super) const SUFFIX: &str = ".aimem-tmp";
/// The longest name that a file system takes.
pub(super) const NAME_LIMIT: usize = 255;
/// `.` before and after the name, six random digits, the suffix.
const DECORATION: usize = 2 + RANDOM + SUFFIX.len();
const RANDOM: usize = 6;
/// So often in a row a new file may be swept away before it is locked.
const MOST_SWEEPS: u32 = 20;

/// A temporary file. Dropping it deletes it.
#[derive(Debug)]
pub(super) struct Temporary {
    name: TemporaryName,
    file: File,
}

impl Temporary {
    /// Creates one beside the file `target`, which nobody else may read where `private`.
    pub(super) fn create(place: &Arc<Dir>, target: &OsStr, private: bool) -> Result<Temporary, ReplaceError> {
        let refused = |source| ReplaceError::Folder { folder: place.path().to_owned(), source };
        // The kernel takes the umask off, and folders' default ACLs are honoured.
        let mode = if private { 0o600 } else { 0o666 };
        let mut again = 0..MOST_SWEEPS;
        loop {
            let made = fresh(place, target, |name| place.create(name, mode));
            let (name, file) = made.map_err(refused)?;
            // In the moment before the lock somebody with another lock root may have taken it for
            // a dead writer's, and be about to delete it, or have done so. Where the file system
            // has no such lock, a leftover is never recognised: no harm.
            let swept = match sys::file::try_flock(&file, Flock::Exclusive) {
                Ok(true) => place.look(name.as_os_str()).map_err(refused)?.is_none(),
                locked => locked.is_ok(),
            };
            if !swept || again.next().is_none() {
                return Ok(Temporary { name, file });
            }
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Its name, and the file, which is locked for as long as it is open.
    pub(super) fn into_parts(self) -> (TemporaryName, File) {
        (self.name, self.file)
    }
}

/// A further name for the file `target`.
pub(super) fn link_of(place: &Arc<Dir>, target: &OsStr) -> io::Result<TemporaryName> {
    Ok(fresh(place, target, |name| place.link(target, place, name))?.0)
}

fn fresh<T>(
    place: &Arc<Dir>,
    target: &OsStr,
    make: impl Fn(&OsStr) -> io::Result<T>,
) -> io::Result<(TemporaryName, T)> {
    loop {
        let mut name = prefix(target, DECORATION);
        name.push(random_digits()?);
        name.push(SUFFIX);
        match make(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                let made = made?;
                return Ok((TemporaryName::new(place, name), made));
            }
        }
    }
}

/// Renames a file for good, unless something has the other name. Where the file system can't
/// promise that, `alone` says whether somebody sees to it that nobody else creates it now.
pub(super) fn rename_to_new(mut name: TemporaryName, to: &OsStr, alone: bool) -> io::Result<()> {
    match name.move_new(to) {
        // No such rename, and no hard links.
        Err(error) if alone && error.kind() != io::ErrorKind::AlreadyExists => {
            let place = name.dir().clone();
            match place.look(to)? {
                Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
                None => name.rename_to(&place, to),
            }
        }
        renamed => renamed,
    }
}

/// Six digits that nobody else has.
pub(super) fn random_digits() -> io::Result<String> {
    Ok(hex::encode(&sys::random_128()?[..RANDOM / 2]))
}

/// What the names of a target's temporary files begin with, so short that `decoration` bytes fit
/// behind the name. A name that had to be cut bears a hash of the whole one, so that two long
/// names never share their leftovers.
pub(super) fn prefix(target: &OsStr, decoration: usize) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(fitted(target, decoration));
    prefix.push(".");
    prefix
}

/// A name, cut where with `decoration` bytes more it would be too long.
pub(super) fn fitted(target: &OsStr, decoration: usize) -> OsString {
    let name = target.as_bytes();
    if name.len() + decoration <= NAME_LIMIT {
        return target.to_owned();
    }
    let hash = hex::encode(&Sha256::digest(name)[..8]);
    let mut cut = name[..NAME_LIMIT - decoration - hash.len() - 1].to_vec();
    cut.push(b'~');
    cut.extend_from_slice(hash.as_bytes());
    OsString::from_vec(cut)
}

/// Whether a file's name is that of a temporary file of this target.
pub(super) fn is_temporary_of(target: &OsStr, name: &OsStr) -> bool {
    let prefix = prefix(target, DECORATION);
    let rest = name.as_bytes().strip_prefix(prefix.as_bytes());
    let random = rest.and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_hexdigit))
}
