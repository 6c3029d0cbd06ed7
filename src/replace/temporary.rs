//! The temporary file: made beside the target, locked by its maker, gone unless it is renamed.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::ReplaceError;
use crate::sys;
use crate::sys::file::Flock;

const SUFFIX: &str = ".aimem-tmp";
const NAME_LIMIT: usize = 255;
/// `.` before and after the name, six random digits, the suffix.
const DECORATION: usize = 2 + 6 + SUFFIX.len();

/// A temporary file. Dropping it deletes it.
#[derive(Debug)]
pub(super) struct Temporary {
    name: Name,
    file: File,
}

impl Temporary {
    /// Creates one beside `target`, which nobody else may read where `private`.
    pub(super) fn create(target: &Path, private: bool) -> Result<Temporary, ReplaceError> {
        // The kernel takes the umask off, and folders' default ACLs are honoured.
        let mode = if private { 0o600 } else { 0o666 };
        let create =
            |path: &Path| OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path);
        let (name, file) = Name::fresh(target, create)
            .map_err(|source| ReplaceError::Folder { folder: folder_of(target).to_owned(), source })?;
        let temporary = Temporary { name, file };
        // Where the file system has no such lock, a leftover is never recognised: no harm.
        let _ = sys::file::try_flock(&temporary.file, Flock::Exclusive);
        Ok(temporary)
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Lets go of the file, and keeps its name.
    pub(super) fn into_name(self) -> Name {
        self.name
    }

    /// Gives the file its final name, over whatever has it.
    pub(super) fn rename_to(self, to: &Path) -> io::Result<()> {
        self.name.rename_to(to)
    }

    /// Gives the file its final name, unless something has it.
    pub(super) fn rename_to_new(self, to: &Path) -> io::Result<()> {
        sys::file::rename_noreplace(&self.name.path, to)?;
        self.name.forget();
        Ok(())
    }
}

/// A temporary name. Dropping it unlinks it.
#[derive(Debug)]
pub(super) struct Name {
    path: PathBuf,
    ours: bool,
}

impl Name {
    /// A further name for the file `target`, in its own folder.
    pub(super) fn link_of(target: &Path) -> io::Result<Name> {
        Ok(Name::fresh(target, |path| fs::hard_link(target, path))?.0)
    }

    fn fresh<T>(target: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(Name, T)> {
        loop {
            let mut name = prefix(target);
            name.push(hex::encode(&sys::random_128()?[..3]));
            name.push(SUFFIX);
            let path = target.with_file_name(name);
            match make(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return Ok((Name { path, ours: true }, made?)),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Renames it, over whatever has the other name.
    pub(super) fn rename_to(self, to: &Path) -> io::Result<()> {
        rename(&self.path, to)?;
        self.forget();
        Ok(())
    }

    fn forget(mut self) {
        self.ours = false;
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The one door to `rename(2)` for documents and their backups.
#[expect(clippy::disallowed_methods, reason = "this module is what the lint points to")]
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// What the names of a target's temporary files begin with. A name that had to be cut bears a
/// hash of the whole one, so that two long names never share their leftovers.
fn prefix(target: &Path) -> OsString {
    let name = target.file_name().unwrap_or(OsStr::new("")).as_bytes();
    let mut prefix = vec![b'.'];
    if name.len() + DECORATION <= NAME_LIMIT {
        prefix.extend_from_slice(name);
    } else {
        let hash = hex::encode(&Sha256::digest(name)[..8]);
        prefix.extend_from_slice(&name[..NAME_LIMIT - DECORATION - hash.len() - 1]);
        prefix.push(b'~');
        prefix.extend_from_slice(hash.as_bytes());
    }
    prefix.push(b'.');
    OsString::from_vec(prefix)
}

/// The folder that a path's last name is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a file's name is that of a temporary file of ours, whoever its target is.
fn is_ours(name: &[u8]) -> bool {
    name.starts_with(b".") && name.ends_with(SUFFIX.as_bytes())
}

/// Temporary files of dead writers of `target`: ours by name, and locked by nobody. Only the
/// holder of the target's lock may act on the answer.
///
/// # Errors
/// The folder can't be listed.
pub fn leftovers_of(target: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = prefix(target);
    leftovers(folder_of(target), |name| {
        let random =
            name.strip_prefix(prefix.as_bytes()).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
        random.is_some_and(|random| random.len() == 6 && random.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Temporary files of dead writers anywhere in `folder`. A living writer may be about to lock
/// one of them: look twice before acting.
///
/// # Errors
/// The folder can't be listed.
pub fn leftovers_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    leftovers(folder, |_| true)
}

fn leftovers(folder: &Path, wanted: impl Fn(&[u8]) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut dead = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if is_ours(name.as_bytes()) && wanted(name.as_bytes()) && is_dead(&entry.path()) {
            dead.push(entry.path());
        }
    }
    Ok(dead)
}

/// A maker keeps its file locked for as long as it lives.
fn is_dead(path: &Path) -> bool {
    let opened = sys::file::careful_options().read(true).open(path);
    opened.is_ok_and(|file| sys::file::try_flock(&file, Flock::Shared).unwrap_or(false))
}

/// Deletes what dead writers of `target` left. The caller holds the target's lock. Failures are
/// left for the next time.
pub fn sweep_leftovers_of(target: &Path) -> usize {
    let dead = leftovers_of(target).unwrap_or_default();
    dead.iter().filter(|path| fs::remove_file(path).is_ok()).count()
}
