//! All locks of a root: listing them, and removing the stale ones.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::LockError;
use super::anchor;
use super::guard::Guard;
use super::holder::Holder;
use super::journal::{Event, Record};
use super::key::Key;
use super::liveness::{CORRUPT_GRACE, Judge, Judgement};
use super::loss::Reclaimed;
use super::openers::{Waiting, openers};
use super::removal::{set_aside, sweep};
use super::root::{LockRoot, lock_name};
use super::turn;
use super::verdict::Verdict;
use crate::sys;
use crate::sys::failure::Op;
use crate::sys::process::Wanted;

/// One lock as it was found.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// Its directory.
    pub directory: PathBuf,
    /// The verdict and what it was reached from.
    pub judgement: Judgement,
    /// Where those queue who wait for it.
    pub(super) queue: Option<Wanted>,
    /// How long ago it was made, by the info file or else by the directory's time.
    pub age: Duration,
}

impl Entry {
    /// Who holds it, `openers` being the processes that have its info file open.
    pub fn holder(&self, openers: &[u32]) -> Holder {
        Holder::found(&self.judgement, || openers.to_vec())
    }
}

/// The processes that have each lock's info file open now, in the order of the locks: its holder,
/// and every command that inherited it.
pub fn who_has_open(entries: &[&Entry]) -> Vec<Vec<u32>> {
    openers(entries.iter().map(|entry| (&entry.judgement, entry.directory.join("info"))))
}

/// The processes that wait for each lock, in the order of the locks, as far as this user may see.
pub fn who_waits(entries: &[&Entry]) -> Vec<Vec<Waiting>> {
    super::openers::waiting(entries.iter().map(|entry| entry.queue.as_ref()))
}

/// Every lock of the root, oldest first.
///
/// # Errors
/// The root can't be listed, or as [`Judge::judge`].
pub fn list(root: &LockRoot) -> Result<Vec<Entry>, LockError> {
    list_with(root, &mut Judge::new(root))
}

/// The lock of one key; `None` when it is free.
///
/// # Errors
/// As [`Judge::judge`].
pub fn entry(root: &LockRoot, key: &Key) -> Result<Option<Entry>, LockError> {
    entry_with(root, key, &mut Judge::new(root))
}

fn entry_with(root: &LockRoot, key: &Key, judge: &mut Judge) -> Result<Option<Entry>, LockError> {
    let mut judgement = judge.judge(key)?;
    // It keeps the directory open: of thousands of locks, thousands of descriptors.
    judgement.directory = None;
    let directory = root.lock_dir(key);
    let age = age(root, key, &judgement);
    let is_taken = judgement.verdict != Verdict::Free;
    let queue = if is_taken { turn::queue_of(root, key) } else { None };
    Ok(is_taken.then(|| Entry { key: key.clone(), directory, judgement, queue, age }))
}

fn list_with(root: &LockRoot, judge: &mut Judge) -> Result<Vec<Entry>, LockError> {
    let fail = |source| LockError::io(Op::List, root.path().to_owned())(source);
    // Holders whose directory was removed are known by their anchor alone.
    let mut keys: BTreeSet<Key> = anchor::keys(root).into_iter().collect();
    for name in root.folder().names().map_err(fail)? {
        keys.extend(name.to_str().and_then(|name| name.strip_suffix(".lock")?.parse::<Key>().ok()));
    }
    let entries = keys.iter().filter_map(|key| entry_with(root, key, judge).transpose());
    let mut entries = entries.collect::<Result<Vec<Entry>, _>>()?;
    entries.sort_by(|one, other| other.age.cmp(&one.age).then_with(|| one.key.cmp(&other.key)));
    Ok(entries)
}

fn age(root: &LockRoot, key: &Key, judgement: &Judgement) -> Duration {
    let since_epoch = |meta: &Metadata| meta.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok();
    let written = judgement.file.as_ref().and_then(since_epoch);
    let acquired = judgement.info.acquired.and_then(|time| Duration::try_from(time.as_duration()).ok());
    let folder = || {
        let (seconds, nanos) = root.folder().look(lock_name(key)).ok()??.modified;
        Some(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanos).ok()?))
    };
    let made = match (acquired, written) {
        // ACQUIRED has whole seconds, and the info was written within that second.
        (Some(acquired), Some(written)) if written.as_secs() == acquired.as_secs() => Some(written),
        (Some(acquired), _) => Some(acquired),
        (None, _) => folder(),
    };
    made.map_or(Duration::ZERO, |then| sys::clock::since_epoch().saturating_sub(then))
}

/// What a clean-up did.
#[derive(Debug, Default)]
pub struct Cleanup {
    /// Stale locks that were removed, or would be.
    pub removed: Vec<Entry>,
    /// Stale locks that could not be removed, and why.
    pub failed: Vec<(Entry, LockError)>,
    /// Locks that are held, or may be.
    pub kept: Vec<Entry>,
    /// Leftovers of dead processes that were removed besides.
    pub swept: usize,
}

/// Removes every stale lock, and nothing else. Waits two seconds when a lock must be watched
/// before it can be called stale. With `dry_run`, only says what it would do.
///
/// # Errors
/// The root can't be listed. A lock that can't be removed is in the result.
pub fn cleanup(root: &LockRoot, dry_run: bool) -> Result<Cleanup, LockError> {
    let mut judge = Judge::new(root);
    let mut entries = list_with(root, &mut judge)?;
    if entries.iter().any(|entry| entry.judgement.needs_watching) {
        std::thread::sleep(CORRUPT_GRACE + Duration::from_millis(10));
        entries = list_with(root, &mut judge)?;
    }
    let mut done = Cleanup::default();
    for entry in entries {
        if entry.judgement.verdict != Verdict::Stale {
            done.kept.push(entry);
        } else if dry_run {
            done.removed.push(entry);
        } else {
            match reap(root, &entry.key, &mut judge) {
                Ok(true) => done.removed.push(entry),
                Ok(false) => {}
                Err(error) => done.failed.push((entry, error)),
            }
        }
    }
    if !dry_run {
        done.swept = sweep(root) + sweep_anchors(root, &mut judge);
    }
    Ok(done)
}

/// Removes the anchors of dead holders whose lock directory is gone.
fn sweep_anchors(root: &LockRoot, judge: &mut Judge) -> usize {
    let keys = anchor::keys(root).into_iter();
    let mut is_free = |key: &Key| judge.judge(key).is_ok_and(|judgement| judgement.verdict == Verdict::Free);
    let swept = keys.filter(|key| {
        is_free(key)
            && Guard::take(root, key, Duration::ZERO)
                .is_ok_and(|_guard| is_free(key) && anchor::remove(root, key, None))
    });
    swept.count()
}

/// Removes one lock if it is still stale under the guard.
fn reap(root: &LockRoot, key: &Key, judge: &mut Judge) -> Result<bool, LockError> {
    let guard = Guard::take(root, key, Duration::ZERO)?;
    let judgement = judge.judge(key)?;
    let (Verdict::Stale, Some(directory)) = (judgement.verdict, &judgement.directory) else {
        return Ok(false);
    };
    let Some(aside) = set_aside(root, key, directory.identity(), &guard)? else { return Ok(false) };
    let Ok(aside) = judge.judge_again(key, &judgement, aside)? else { return Ok(false) };
    // Its kernel lock was free, or it would not be stale.
    anchor::remove(root, key, None);
    drop(guard);
    aside.delete();
    let record = Record::new(Event::Takeover, judgement.info.target.as_deref());
    Reclaimed::lock(key, &judgement.info, judgement.reason).fill(record).append(root);
    Ok(true)
}
