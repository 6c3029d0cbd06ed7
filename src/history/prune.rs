//! How much is kept, and what goes.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::log::is_log;
use super::shelf::HISTORY;
use super::versions::{TEMPORARY, Version};
use super::{Pattern, Shelf};
use crate::sys;
use crate::sys::dir::Look;
use crate::sys::file::{Flock, try_flock};
use crate::sys::folder::Folder;

const MIB: u64 = 1 << 20;
/// One version an hour for so long …
const HOURLY: SignedDuration = SignedDuration::from_hours(24);
/// … and one a day for so long.
const DAILY: SignedDuration = SignedDuration::from_hours(24 * 30);
/// What is still under a temporary name after this was left by a dead writer.
const ABANDONED: SignedDuration = SignedDuration::from_secs(60);
/// A version takes a block at least.
const BLOCK: u64 = 4096;
/// From this size on, each keeping looks whether there is too much of one file.
const LARGE: u64 = 64 * 1024;
/// One keeping of so many does, for smaller ones.
const SELDOM: u64 = 16;

/// How much is kept. The latest version of a file is, whatever its size, unless it alone is more than
/// all files may have.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many of the last versions of a file; 0 keeps none.
    pub keep: usize,
    /// How many bytes of one file.
    pub file_bytes: u64,
    /// How many bytes of all files in one lock root.
    pub total_bytes: u64,
    /// Of a file above this size …
    pub large: u64,
    /// … only so many.
    pub keep_large: usize,
    /// Files of which none is kept.
    pub exclude: Vec<Pattern>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            keep: 20,
            file_bytes: 32 * MIB,
            total_bytes: 512 * MIB,
            large: 8 * MIB,
            keep_large: 3,
            exclude: Vec::new(),
        }
    }
}

/// What a pruning has removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    /// How many versions.
    pub versions: usize,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Limits {
    /// Whether versions of the file at this true path are kept.
    pub fn apply_to(&self, path: &Path) -> bool {
        self.keep > 0 && !self.exclude.iter().any(|pattern| pattern.matches(path))
    }

    /// Whether one who has just kept a version of this size should look if there are too many: of this
    /// file, and of all. What decides is chance, by a token's digits, so that nobody has to count.
    pub fn is_due(&self, size: u64, token: &str) -> (bool, bool) {
        let number =
            |from: usize| token.get(from..from + 8).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let file = size >= LARGE.min(self.file_bytes / 64) || number(8).unwrap_or(0) % SELDOM == 0;
        // As often as a 128th of what is allowed was added. From the mark where something goes to the bound
        // there are sixteen such steps: who passes it has missed all of them.
        let step = (self.total_bytes / 128).max(1);
        let all = number(16).unwrap_or(0) % step < size.max(BLOCK);
        (file, all)
    }

    /// Which of a file's versions may go; the oldest is the first one.
    fn superfluous<'a>(&self, versions: &'a [(Version, Look)], now: Timestamp) -> Vec<&'a (Version, Look)> {
        let (mut hours, mut days) = (HashSet::new(), HashSet::new());
        let (mut bytes, mut gone) = (0, Vec::new());
        for (back, version) in versions.iter().rev().enumerate() {
            let (time, size) = (version.0.replaced, version.1.size);
            let age = now.duration_since(time);
            let is_first =
                |seen: &mut HashSet<i64>, seconds: i64| seen.insert(time.as_second().div_euclid(seconds));
            let hourly = age < HOURLY && is_first(&mut hours, 3600);
            let daily = age < DAILY && is_first(&mut days, 24 * 3600);
            let wanted = match size > self.large {
                true => back < self.keep_large.min(self.keep),
                false => back < self.keep || hourly || daily,
            };
            bytes += if wanted { room_of(size) } else { 0 };
            let fits = bytes <= self.file_bytes || back == 0 && size <= self.total_bytes;
            if !(wanted && fits) {
                bytes -= if wanted { room_of(size) } else { 0 };
                gone.push(version);
            }
        }
        gone
    }
}

fn room_of(size: u64) -> u64 {
    size.div_ceil(BLOCK).max(1) * BLOCK
}

impl Shelf {
    /// Removes what there is too much of, and what dead writers have left. Somebody else at it is
    /// enough.
    ///
    /// # Errors
    /// The folder can't be listed, or something in it can't be removed.
    pub fn prune(&self, limits: &Limits) -> io::Result<Pruned> {
        let mut pruned = Pruned::default();
        if !try_flock(self.folder.file(), Flock::Exclusive)? {
            return Ok(pruned);
        }
        let done = self.prune_locked(limits, &mut pruned);
        let _ = sys::file::unlock(self.folder.file());
        done.map(|()| pruned)
    }

    fn prune_locked(&self, limits: &Limits, pruned: &mut Pruned) -> io::Result<()> {
        let now = Timestamp::now();
        for (version, look) in limits.superfluous(&self.versions()?, now) {
            match self.remove(version) {
                // Another user's, in a folder for everyone.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => continue,
                removed => removed?,
            }
            pruned.versions += 1;
            pruned.bytes += look.size;
        }
        for name in self.folder.names()? {
            if !name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) {
                continue;
            }
            let changed =
                self.folder.look(&name)?.and_then(|look| Timestamp::from_second(look.changed.0).ok());
            if changed.is_some_and(|changed| now.duration_since(changed) > ABANDONED) {
                self.folder.remove_file(&name)?;
            }
        }
        self.turn_logs()
    }

    /// Removes every version, the log and the folder itself.
    ///
    /// # Errors
    /// Something can't be removed.
    pub fn forget(self, root: &Folder, key: &str) -> io::Result<Pruned> {
        let mut pruned = Pruned::default();
        for (version, look) in self.versions()? {
            self.remove(&version)?;
            pruned.versions += 1;
            pruned.bytes += look.size;
        }
        for name in self.folder.names()? {
            let ours = name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) || is_log(&name);
            if ours {
                self.folder.remove_file(&name)?;
            }
        }
        root.folder(HISTORY)?.remove_folder(key)?;
        Ok(pruned)
    }
}

/// Prunes all histories in an open lock root, and then, if they still take more room than all may
/// have, the oldest versions of all. Somebody else at it is enough.
///
/// # Errors
/// A folder can't be listed, or a version can't be removed.
pub fn prune_all(root: &Folder, limits: &Limits) -> io::Result<Pruned> {
    let mut pruned = Pruned::default();
    let Some(above) = sys::found(root.folder(HISTORY))? else { return Ok(pruned) };
    if !try_flock(above.file(), Flock::Exclusive)? {
        return Ok(pruned);
    }
    let done = prune_locked(root, limits, &mut pruned);
    // Explicitly: a child that is being started may have the descriptor, too.
    let _ = sys::file::unlock(above.file());
    done.map(|()| pruned)
}

fn prune_locked(root: &Folder, limits: &Limits, pruned: &mut Pruned) -> io::Result<()> {
    let shelves = Shelf::all(root)?;
    let mut all = Vec::new();
    for (_, shelf) in &shelves {
        let here = shelf.prune(limits)?;
        pruned.versions += here.versions;
        pruned.bytes += here.bytes;
        all.extend(shelf.versions()?.into_iter().map(|(version, look)| (shelf, version, look.size)));
    }
    let mut total: u64 = all.iter().map(|(_, _, size)| room_of(*size)).sum();
    if total > limits.total_bytes / 8 * 7 {
        all.sort_by_key(|(_, version, _)| version.replaced);
        // Some room is made in advance, so that this is not done each time.
        for (shelf, version, size) in all {
            if total <= limits.total_bytes / 4 * 3 {
                break;
            }
            shelf.remove(&version)?;
            total -= room_of(size);
            pruned.versions += 1;
            pruned.bytes += size;
        }
    }
    Ok(())
}
