//! A client's own lock: a folder beside the file, as the package `proper-lockfile` makes it.
//!
//! Its holder touches it every few seconds. One that nobody has touched for [`STALE`] is taken away
//! by whoever comes next, here as there; only while it is empty.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::ClientError;
use crate::lock::{LockError, Waiter};
use crate::sys::clock;
use crate::sys::dir::Dir;
use crate::sys::failure::{Op, PathError};
use crate::sys::folder::Folder;
use crate::sys::path::{folder_of, resolve};

/// How long its holder may leave it untouched.
const STALE: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// A client's lock, held. It is given back when this is dropped.
#[derive(Debug)]
pub(super) struct ForeignLock {
    folder: Dir,
    name: OsString,
}

impl ForeignLock {
    /// Takes the client's locks for a file: at its name, and at its true one if that is another, for
    /// clients differ in which they mean.
    pub(super) fn of(
        file: &Path,
        patience: Duration,
        waiter: &mut dyn Waiter,
    ) -> Result<Vec<ForeignLock>, ClientError> {
        let find = |path: &Path| resolve(path).map_err(PathError::of::<ClientError>(Op::Find, path));
        if !folder_of(file).exists() {
            // Nobody has written there yet.
            return Ok(Vec::new());
        }
        let deadline = clock::deadline(patience);
        let folder = find(folder_of(file))?;
        let given = folder.join(file.file_name().unwrap_or_default());
        let mut names = vec![given, find(file)?];
        // One order for all who take both.
        names.sort();
        names.dedup();
        names.iter().map(|name| ForeignLock::take(name, deadline, waiter)).collect()
    }

    fn take(file: &Path, deadline: Instant, waiter: &mut dyn Waiter) -> Result<ForeignLock, ClientError> {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let lock = folder_of(file).join(&name);
        let refused =
            |source: io::Error| ClientError::Lock(PathError { op: Op::Lock, path: lock.clone(), source });
        let folder = Folder::open(folder_of(file)).map_err(refused)?;
        let dir = Dir::open(folder_of(file)).map_err(refused)?;
        loop {
            match folder.make_folder(&name, 0o755) {
                Ok(_) => return Ok(ForeignLock { folder: dir, name }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refused(error)),
            }
            if is_stale(&dir, &name).map_err(refused)? && dir.remove_folder(&name).is_ok() {
                continue;
            }
            if Instant::now() >= deadline {
                return Err(ClientError::Busy { lock });
            }
            if let Some(signal) = waiter.sleep(PAUSE) {
                return Err(LockError::Interrupted(signal).into());
            }
        }
    }
}

impl Drop for ForeignLock {
    fn drop(&mut self) {
        let _ = self.folder.remove_folder(&self.name);
    }
}

/// Whether its holder has not touched a lock for too long. One that is no folder is not known to be
/// anybody's.
fn is_stale(dir: &Dir, name: &OsString) -> io::Result<bool> {
    let Some(look) = dir.look(name)? else { return Ok(false) };
    let touched = Duration::from_secs(u64::try_from(look.modified.0).unwrap_or(0));
    Ok(look.is_folder && clock::since_epoch().saturating_sub(touched) > STALE + Duration::from_secs(1))
}
