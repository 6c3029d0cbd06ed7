//! The guard: a kernel lock that serialises every change to a lock directory.
//!
//! Take, reap, release, renew, break and the rename that publishes a document happen while holding
//! it, and nothing else does: no waiting, no output, no child, no sync. One guard serves the keys
//! that share their first two digits. No process holds two.
//!
//! A guard's file is never deleted by us. If somebody else deletes it, two processes could hold
//! different files of one name; so the name is compared with the open file after locking, and
//! again before anything is removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::LockError;
use super::key::Key;
use super::root::{LockRoot, MOST_DELETIONS};
use super::wait::{Backoff, Silent, Waiter};
use crate::sys::failure::Op;
use crate::sys::file::{Flock, Identity};
use crate::sys::{self, found};

/// Even a caller that does not want to wait waits this long: a guard is held for microseconds, but
/// a busy machine may not schedule its holder, and a refusal here would call a free file busy.
pub(super) const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// Another user's new guard is closed to us from its creation until its permissions are set.
const MOST_LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// The guard of one lock, held until dropped.
#[must_use = "the guard is given back as soon as it is dropped"]
pub(super) struct Guard {
    file: File,
    identity: Identity,
    path: PathBuf,
}

impl Guard {
    /// Waits for the guard of `key` for this long, but at least for [`LEAST_PATIENCE`].
    pub(super) fn take(root: &LockRoot, key: &Key, patience: Duration) -> Result<Guard, LockError> {
        Guard::take_with(root, key, sys::clock::deadline(patience), &mut Silent)
    }

    /// The same until `deadline`, interruptible by a signal.
    pub(super) fn take_with(
        root: &LockRoot,
        key: &Key,
        deadline: Instant,
        waiter: &mut dyn Waiter,
    ) -> Result<Guard, LockError> {
        let path = root.guard_path(key);
        let deadline = deadline.max(Instant::now() + LEAST_PATIENCE);
        let mut backoff = Backoff::new(Duration::from_micros(50), Duration::from_millis(2));
        let (mut file, mut identity) = open_guard(root, key)?;
        loop {
            let locked = sys::file::try_flock(&file, Flock::Exclusive).map_err(|source| {
                if sys::file::no_flock(&source) {
                    root.no_flock(source)
                } else {
                    LockError::io(Op::Lock, path.clone())(source)
                }
            })?;
            match (locked, still_named(identity, &path)?) {
                (true, true) => return Ok(Guard { file, identity, path }),
                // It or the root was deleted under us: continue with the file that has its name
                // now.
                (_, false) => {
                    root.reopen()?;
                    (file, identity) = open_guard(root, key)?;
                }
                (false, true) => {}
            }
            if Instant::now() >= deadline {
                let holders = sys::process::who_has_open(&path);
                return Err(LockError::GuardBusy { path, holders });
            }
            if let Some(signal) = waiter.sleep(backoff.next(deadline)) {
                return Err(LockError::Interrupted(signal));
            }
        }
    }

    /// Fails when the guard's file was deleted: somebody else may be inside under a new one.
    pub(super) fn verify(&self) -> Result<(), LockError> {
        if still_named(self.identity, &self.path)? {
            return Ok(());
        }
        let gone = io::Error::other("it was deleted while in use");
        Err(LockError::io(Op::Trust, &self.path)(gone))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Explicitly: closing alone would wait for a child that copied the descriptor between
        // fork and exec.
        let _ = sys::file::unlock(&self.file);
    }
}

fn still_named(guard: Identity, path: &Path) -> Result<bool, LockError> {
    let named = found(fs::symlink_metadata(path)).map_err(LockError::io(Op::LookAt, path))?;
    Ok(named.is_some_and(|named| Identity::from(&named) == guard))
}

/// Opens the guard, and makes it when it is missing, the root too.
fn open_guard(root: &LockRoot, key: &Key) -> Result<(File, Identity), LockError> {
    let name = &key.as_str()[..2];
    let mut deletions = 0;
    let mut looks = 0;
    loop {
        let opened = root.guards().and_then(|guards| root.lock_file(&guards, name));
        match opened {
            Err(error) if is_refused(&error) && root.is_for_others() && looks < MOST_LOOKS => {
                looks += 1;
                std::thread::sleep(BETWEEN_LOOKS);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && deletions < MOST_DELETIONS => {
                deletions += 1;
                root.reopen()?;
            }
            opened => {
                let known = opened.and_then(|file| {
                    let identity = Identity::from(&file.metadata()?);
                    Ok((file, identity))
                });
                return known.map_err(LockError::io(Op::Open, root.guard_path(key)));
            }
        }
    }
}

/// Whether the kernel refused it, rather than our own check.
fn is_refused(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_some()
}
