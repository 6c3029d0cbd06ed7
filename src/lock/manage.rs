//! What is done to a lock from outside, by its id or by its file: release, renew, break.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use super::LockError;
use super::anchor;
use super::claim::Keep;
use super::guard::Guard;
use super::guest;
use super::held::{RELEASE_PATIENCE, open_info, open_info_with};
use super::holder::Holder;
use super::id::LockId;
use super::info::{GUESTS_OF_NOBODY, Info, Liveness, MAX_BYTES, render_boot_time, render_wall_time};
use super::journal::{Event, Record};
use super::key::{Key, Target};
use super::liveness::{Judge, Judgement};
use super::loss::{self, Reclaimed};
use super::removal::{SetAside, set_aside};
use super::root::{LockRoot, lock_name};
use super::verdict::{Verdict, judge_holder};
use crate::sys;
use crate::sys::failure::Op;
use crate::sys::folder::Access;

/// Releases the lock, or the guest's place in one, that `lock acquire` took under this id.
///
/// # Errors
/// [`LockError::Lost`] when it is not held under this id any more, and nothing is
/// removed; [`LockError::Running`] when a running command has it.
pub fn release(root: &LockRoot, id: &LockId) -> Result<(), LockError> {
    loss::note(root, id, remove_if(root, id, |_| true).map(drop))
}

/// The same if the lock is one that is meant, and where a loss is nothing to write down. Says whether
/// it was.
pub(super) fn remove_if(
    root: &LockRoot,
    id: &LockId,
    is_meant: impl FnOnce(&Info) -> bool,
) -> Result<bool, LockError> {
    if id.is_guest() {
        return guest::release(root, id).map(|()| true);
    }
    let guard = Guard::take(root, &id.key, RELEASE_PATIENCE)?;
    let (file, info) = open_info(root, id, None)?;
    if !is_meant(&info) {
        return Ok(false);
    }
    match info.liveness {
        Some(Liveness::Kernel) if is_locked(root, id, &file)? => {
            return Err(LockError::Running { target: info.target.clone(), holder: Holder::of(&info) });
        }
        _ => fail_if_over(&info, &file, &mut Judge::new(root))
            .map_err(|why| LockError::lost(info.target.clone(), why))?,
    }
    let lock = root.open_lock(&id.key).map_err(LockError::io(Op::LookAt, root.lock_dir(&id.key)))?;
    let identity = lock.identity().map_err(LockError::io(Op::LookAt, root.lock_dir(&id.key)))?;
    let removed = set_aside(root, &id.key, identity, &guard)?;
    drop(guard);
    removed.map(SetAside::delete).ok_or_else(|| LockError::lost(info.target, "it was removed"))?;
    Ok(true)
}

/// The id of the lock of `key`, or of a guest's place under one of the inherited ids, that `lock
/// acquire` took for one of these owners, who still has it.
///
/// # Errors
/// As [`Judge::judge`].
pub fn acquired_by(
    root: &LockRoot,
    key: &Key,
    inherited: &[LockId],
    owners: &[Keep],
) -> Result<Option<LockId>, LockError> {
    let is_theirs = |info: &Info, _: Option<&Metadata>| {
        let owner = info.pid.zip(info.started).map(|(pid, started)| Keep::Owner { pid, started });
        info.liveness == Some(Liveness::Process) && owner.is_some_and(|owner| owners.contains(&owner))
    };
    let found = taken_by(root, key, inherited, is_theirs, &mut Judge::new(root))?;
    Ok(found.map(|(id, _)| id))
}

/// The same for a holder that is known by its info, and the info file where it is not shared with
/// others, as a guest's is.
pub(super) fn taken_by(
    root: &LockRoot,
    key: &Key,
    inherited: &[LockId],
    is_theirs: impl Fn(&Info, Option<&Metadata>) -> bool,
    judge: &mut Judge,
) -> Result<Option<(LockId, Info)>, LockError> {
    let judgement = judge.judge(key)?;
    let is_held = judgement.verdict.is_taken() && judgement.directory.is_some();
    if is_held && is_theirs(&judgement.info, judgement.file.as_ref()) {
        let id = |token| LockId { key: key.clone(), token, inner: Vec::new() };
        return Ok(judgement.info.token.clone().map(id).map(|id| (id, judgement.info)));
    }
    for id in inherited.iter().rev().filter(|id| id.key == *key) {
        if let Some(host) = guest::live_part(root, id, judge)?
            && let Some(place) = guest::acquired(root, &host, |info| is_theirs(info, None), judge)?
        {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Says why, when the owner of the lock in that info file has ended, or its lease.
fn fail_if_over(info: &Info, file: &File, judge: &mut Judge) -> Result<(), String> {
    if !matches!(info.liveness, Some(Liveness::Process | Liveness::Lease)) {
        return Ok(());
    }
    // Without it nothing is known, and the holder counts as alive.
    let Ok(inode) = file.metadata().map(|meta| meta.ino()) else { return Ok(()) };
    match judge_holder(info, inode, judge.here()) {
        (Verdict::Stale, why) => Err(why),
        _ => Ok(()),
    }
}

/// Makes sure that the lock with this id is held at this moment.
///
/// # Errors
/// [`LockError::Lost`].
pub(super) fn check(root: &LockRoot, id: &LockId) -> Result<(), LockError> {
    let mut judge = Judge::new(root);
    if guest::live_part(root, id, &mut judge)?.as_ref() == Some(id) {
        return Ok(());
    }
    let why = guest::why_dead(root, id, &mut judge)?;
    Err(LockError::lost(None, why.unwrap_or_else(|| "it is not held under its id any more".to_owned())))
}

/// Lets a lease run for `ttl` from now.
///
/// # Errors
/// [`LockError::Lost`] when it is over or another's; [`LockError::NotALease`].
pub fn renew(root: &LockRoot, id: &LockId, ttl: Duration) -> Result<(), LockError> {
    loss::note(root, id, overwrite_lease(root, id, |_| Some(Terms { ttl, guests: true })))
}

/// What a lease is changed to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// For how long it runs from now.
    pub(super) ttl: Duration,
    /// Whether its client's commands stay guests of it, if they are.
    pub(super) guests: bool,
}

/// The same, where a loss is nothing to write down. The terms are chosen under the guard; `None` leaves
/// the lease as it is.
pub(super) fn overwrite_lease(
    root: &LockRoot,
    id: &LockId,
    terms: impl FnOnce(&Info) -> Option<Terms>,
) -> Result<(), LockError> {
    if id.is_guest() {
        return guest::renew(root, id, terms);
    }
    let guard = Guard::take(root, &id.key, RELEASE_PATIENCE)?;
    let (file, info) = open_info(root, id, None)?;
    let mut judge = Judge::new(root);
    fail_if_over(&info, &file, &mut judge).map_err(|why| LockError::lost(info.target.clone(), why))?;
    if info.liveness != Some(Liveness::Lease) {
        return Err(LockError::NotALease { holder: Holder::of(&info) });
    }
    let Some(terms) = terms(&info) else { return Ok(()) };
    // The same one: nobody changes a lock while we have its guard. To be written, it must have no
    // other name, as that of a lease has none.
    let (file, info) = open_info_with(root, id, None, Access::Write)?;
    let path = root.lock_dir(&id.key);
    let overwritten = prolong(&file, &path, info, terms, &mut judge);
    drop(guard);
    overwritten
}

/// Lets a lease that has not expired end so long from now.
pub(super) fn prolong(
    file: &File,
    path: &Path,
    mut info: Info,
    Terms { ttl, guests }: Terms,
    judge: &mut Judge,
) -> Result<(), LockError> {
    if info.liveness != Some(Liveness::Lease) {
        return Err(LockError::NotALease { holder: Holder::of(&info) });
    }
    if judge.shares_clock_with(&info) {
        info.expire_in(ttl);
    } else {
        info.expire_elsewhere_in(ttl);
    }
    overwrite(file, &info, info.guests && !guests).map_err(LockError::io(Op::Renew, path))
}

/// Puts the new end over the old one, which has the same width: a rename would give the lock
/// another info file, and its holder would take that for a loss.
fn overwrite(file: &File, info: &Info, without_guests: bool) -> std::io::Result<()> {
    let mut text = vec![0; MAX_BYTES];
    let length = file.read_at(&mut text, 0)?;
    text.truncate(length);
    let values = [
        ("EXPIRES: ", Some(info.expires.map(render_wall_time).unwrap_or_default())),
        ("EXPIRES_BOOT: ", Some(info.expires_boot.map(render_boot_time).unwrap_or_default())),
        ("GUESTS: ", without_guests.then(|| GUESTS_OF_NOBODY.to_owned())),
    ];
    for (key, value) in values.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        let line = format!("\n{key}");
        let start =
            text.windows(line.len()).position(|window| window == line.as_bytes()).map(|at| at + line.len());
        let fits = start.filter(|&at| text[at..].iter().position(|&byte| byte == b'\n') == Some(value.len()));
        let Some(at) = fits else {
            return Err(std::io::Error::other(format!(
                "its {} line is not as it was written",
                key.trim_end()
            )));
        };
        file.write_all_at(value.as_bytes(), at as u64)?;
    }
    Ok(())
}

/// Removes the lock of a file whoever holds it, and returns what it was. For a person who knows
/// more than the judge: a living holder finds out when it publishes or releases. `None` when there
/// was nothing to remove by then.
///
/// # Errors
/// The lock can't be removed.
pub fn break_lock(
    root: &LockRoot,
    path: &Path,
    patience: Duration,
) -> Result<(Target, Option<Judgement>), LockError> {
    let target = Target::resolve(path)?;
    let mut judge = Judge::new(root);
    let judgement = judge.judge(&target.key)?;
    if judgement.verdict == Verdict::Free {
        return Ok((target, None));
    }
    let guard = Guard::take(root, &target.key, patience)?;
    let judgement = judge.judge(&target.key)?;
    let removed = match &judgement.directory {
        Some(directory) => set_aside(root, &target.key, directory.identity(), &guard)?,
        None => match root.folder().look(lock_name(&target.key)) {
            Ok(Some(there)) => set_aside(root, &target.key, there.identity, &guard)?,
            _ => None,
        },
    };
    let had_anchor = anchor::remove(root, &target.key, None);
    drop(guard);
    let was_there = removed.is_some() || had_anchor;
    if let Some(aside) = removed {
        aside.delete();
    }
    if was_there {
        record_break(root, &target, &judgement);
    }
    Ok((target, was_there.then_some(judgement)))
}

/// Records in the journal whose lock was removed by force.
pub(super) fn record_break(root: &LockRoot, target: &Target, broken: &Judgement) {
    let why = format!("{}: {}", broken.verdict, broken.reason);
    let reclaimed = Reclaimed::lock(&target.key, &broken.info, why);
    reclaimed.fill(Record::new(Event::Break, Some(&target.path))).append(root);
}

fn is_locked(root: &LockRoot, id: &LockId, file: &File) -> Result<bool, LockError> {
    sys::file::is_locked(file).map_err(LockError::io(Op::Probe, root.lock_dir(&id.key)))
}
