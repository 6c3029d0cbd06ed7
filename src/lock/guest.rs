//! Guests: commands that run inside somebody's `lock with`, or name a lock with `--lock`.
//!
//! A guest neither takes nor releases the lock. Guests of one lock exclude each other: each has,
//! for its whole hold, an exclusive kernel lock on `nest-TOKEN` in the lock directory, TOKEN
//! being the innermost one that is live. A guest that starts a command itself writes a fresh
//! token into that file and hands it on, so the command's own guests exclude each other one
//! level further in. An inner token is live while its nest file is locked and names it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::LockError;
use super::id::{LockId, Token};
use super::liveness::Judge;
use super::root::{LockRoot, found};
use crate::sys;
use crate::sys::file::Flock;
use crate::sys::folder::Access;

/// A guest's exclusive place.
#[derive(Debug)]
pub(super) struct Nest {
    root: LockRoot,
    /// The id whose innermost token names the nest file.
    host: LockId,
    file: File,
    path: PathBuf,
}

/// The part of `id` that is live now: cut after its innermost live token, or nothing at all.
pub(super) fn live_part(
    root: &LockRoot,
    id: &LockId,
    judge: &mut Judge,
) -> Result<Option<LockId>, LockError> {
    let judgement = judge.judge(&id.key)?;
    // Without its directory a lock is lost, even while its holder lives.
    if judgement.directory.is_none()
        || !judgement.verdict.is_taken()
        || judgement.info.token.as_ref() != Some(&id.token)
    {
        return Ok(None);
    }
    let mut live = LockId { inner: Vec::new(), ..id.clone() };
    for token in &id.inner {
        if !names(root, &live, token).map_err(LockError::io("open", nest_path(root, &live)))? {
            break;
        }
        live.inner.push(token.clone());
    }
    Ok(Some(live))
}

/// Whether the nest file is locked by a guest that has announced `token`.
fn names(root: &LockRoot, host: &LockId, token: &Token) -> io::Result<bool> {
    let opened = root.open_lock(&host.key).and_then(|lock| lock.open_file(nest_name(host), Access::Read));
    let file = match opened {
        Ok(file) => file,
        Err(error) if sys::is_shortage(&error) => return Err(error),
        Err(_) => return Ok(false),
    };
    // Read first: only a file that names us is worth a probe, which could keep a guest out.
    let mut text = String::new();
    let read = (&file).take(64).read_to_string(&mut text);
    Ok(read.is_ok()
        && text.trim_end() == token.as_str()
        && matches!(sys::file::try_flock(&file, Flock::Shared), Ok(false)))
}

fn nest_name(host: &LockId) -> String {
    format!("nest-{}", host.inner.last().unwrap_or(&host.token))
}

fn nest_path(root: &LockRoot, host: &LockId) -> PathBuf {
    root.lock_dir(&host.key).join(nest_name(host))
}

impl Nest {
    /// Tries to become the one guest of `host`, an id that was live a moment ago. `None` when
    /// another guest is inside, or the host's lock has ended.
    pub(super) fn try_enter(
        root: &LockRoot,
        host: LockId,
        judge: &mut Judge,
    ) -> Result<Option<Nest>, LockError> {
        let path = nest_path(root, &host);
        // Another user's nest may only be readable: enough to lock it.
        let opened = root.open_lock(&host.key).and_then(|lock| root.lock_file(&lock, &nest_name(&host)));
        let Some(file) = found(opened).map_err(LockError::io("open", &path))? else { return Ok(None) };
        if !sys::file::try_flock(&file, Flock::Exclusive).map_err(LockError::io("lock", &path))? {
            return Ok(None);
        }
        let nest = Nest { root: root.clone(), host, file, path };
        // What an earlier guest has announced must not come to life again by our lock.
        let is_silent =
            nest.file.set_len(0).is_ok() || nest.file.metadata().is_ok_and(|meta| meta.len() == 0);
        if !is_silent {
            nest.release()?;
            return Ok(None);
        }
        // The host may have ended while we came in.
        if live_part(root, &nest.host, judge)?.as_ref() == Some(&nest.host) {
            return Ok(Some(nest));
        }
        nest.release()?;
        Ok(None)
    }

    /// Announces a fresh token, and returns the id for a command of ours.
    pub(super) fn invite(&self) -> Result<LockId, LockError> {
        let fail = |source| LockError::Io { action: "write", path: self.path.clone(), source };
        let token = Token::fresh().map_err(fail)?;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        file.set_len(0).map_err(fail)?;
        file.write_all(format!("{token}\n").as_bytes()).map_err(fail)?;
        Ok(self.host.with_guest(token))
    }

    /// Fails when the host's lock has ended, or a level between it and us.
    pub(super) fn check(&self, target: &Path) -> Result<(), LockError> {
        let mut judge = Judge::new(&self.root);
        // Our own nest is not asked: we have it.
        if live_part(&self.root, &self.host, &mut judge)?.as_ref() == Some(&self.host) {
            return Ok(());
        }
        Err(LockError::lost(
            Some(target.to_owned()),
            "the lock that this command was started under has ended",
        ))
    }

    pub(super) fn host(&self) -> &LockId {
        &self.host
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn release(self) -> Result<(), LockError> {
        let _ = self.file.set_len(0);
        // Explicitly: a child of our command may still have the descriptor.
        sys::file::unlock(&self.file).map_err(LockError::io("unlock", &self.path))
    }
}
