//! Guests: commands that run inside somebody's `lock with`, or name a lock with `--lock`.
//!
//! A guest neither takes nor releases the lock. Guests of one lock exclude each other, however they
//! hold: each has a place of its own, in the [`Nest`] of the innermost token that is live. Whoever
//! works under a guest's token, such as a command that it starts, finds a nest one level further in.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::LockError;
use super::claim::{Claim, Keep};
use super::held::RELEASE_PATIENCE;
use super::holder::Holder;
use super::id::{LockId, Token};
use super::info::{Info, Liveness};
use super::key::Target;
use super::liveness::{Judge, Judgement};
use super::loss::Reclaimed;
use super::manage::{Terms, prolong};
use super::nest::{Nest, Record};
use super::root::LockRoot;
use super::verdict::Verdict;
use super::wait::Backoff;
use crate::sys;
use crate::sys::failure::Op;

/// Why a guest has lost its lock through no action of its own.
const HOST_IS_GONE: &str = "the lock that this one was taken under has ended";

/// A guest's exclusive place.
#[derive(Debug)]
pub(super) struct Place {
    root: LockRoot,
    /// The id under which we work.
    host: LockId,
    /// Our own, unless the nest is another user's and could not be written.
    token: Option<Token>,
    nest: Nest,
}

/// How a guest's try to get a place ended.
pub(super) enum Entrance {
    Inside(Place, Option<Reclaimed>),
    /// Another guest has it. Its name, where it is known.
    Occupied(Option<Judgement>),
    /// The host's lock has ended meanwhile.
    HostIsGone,
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
        let is_live =
            Nest::look(root, &live).and_then(|nest| nest.map_or(Ok(false), |nest| nest.is_of(token, judge)));
        if !is_live.map_err(LockError::io(Op::LookAtGuest, root.lock_dir(&id.key)))? {
            break;
        }
        live.inner.push(token.clone());
    }
    Ok(Some(live))
}

/// Why an id is no longer live although its record is still there: a verdict's reason.
pub(super) fn why_dead(root: &LockRoot, id: &LockId, judge: &mut Judge) -> Result<Option<String>, LockError> {
    let seen = judge.judge(&id.key)?;
    if seen.info.token.as_ref() != Some(&id.token) {
        return Ok(None);
    }
    if seen.verdict == Verdict::Stale {
        return Ok(Some(seen.reason));
    }
    let mut host = id.clone();
    let Some(token) = host.inner.pop() else { return Ok(None) };
    let fail = |source| LockError::io(Op::LookAtGuest, root.lock_dir(&id.key))(source);
    let Some(nest) = Nest::look(root, &host).map_err(fail)? else { return Ok(None) };
    let record = nest.read().map_err(fail)?;
    if record.token != Some(token) {
        return Ok(None);
    }
    let (verdict, reason) = nest.judge(&record, false, judge).map_err(fail)?;
    Ok((verdict == Verdict::Stale).then_some(reason))
}

impl Place {
    /// Tries to become the one guest of `host`, an id that was live a moment ago.
    pub(super) fn try_enter(
        root: &LockRoot,
        target: &Target,
        host: LockId,
        claim: &Claim,
        judge: &mut Judge,
    ) -> Result<Entrance, LockError> {
        let opened = Nest::open(root, &host).map_err(|(path, source)| {
            // Other guests could not be kept out without it.
            LockError::io(Op::Join, path)(source)
        })?;
        let Some(nest) = opened else { return Ok(Entrance::HostIsGone) };
        let fail = |op| LockError::io(op, nest.path());
        if !nest.try_lock().map_err(fail(Op::Lock))? {
            let record = nest.read().map_err(fail(Op::Read))?;
            let (_, reason) = nest.judge(&record, true, judge).map_err(fail(Op::LookAt))?;
            let known = record.info.pid.is_some();
            return Ok(Entrance::Occupied(
                known.then(|| Judgement::of_guest(record.info, Verdict::Held, reason)),
            ));
        }
        let record = nest.read().map_err(fail(Op::Read))?;
        let mut reclaimed = None;
        if record.token.is_some() {
            let (verdict, reason) = nest.judge(&record, false, judge).map_err(fail(Op::LookAt))?;
            if verdict.is_taken() {
                nest.unlock().map_err(fail(Op::Unlock))?;
                return Ok(Entrance::Occupied(Some(Judgement::of_guest(record.info, verdict, reason))));
            }
            // A guest of an earlier version has not recorded who it was.
            let known = record.info.pid.is_some();
            reclaimed = known.then(|| Reclaimed::place(&host, &record.info, reason));
        }
        // Our kernel lock must not make an earlier guest's record look alive again.
        nest.clear().map_err(fail(Op::Clear))?;
        let mut place = Place { root: root.clone(), host, token: None, nest };
        // The host may have ended while we came in.
        if live_part(root, &place.host, judge)?.as_ref() != Some(&place.host) {
            place.release()?;
            return Ok(Entrance::HostIsGone);
        }
        place.sign(target, claim, judge)?;
        Ok(Entrance::Inside(place, reclaimed))
    }

    /// Writes down who we are.
    fn sign(&mut self, target: &Target, claim: &Claim, judge: &mut Judge) -> Result<(), LockError> {
        let signed = Token::fresh().and_then(|token| {
            let info = claim.describe(target, &token, self.nest.inode()?, judge.here());
            self.nest.write(&token, &info).map(|()| token)
        });
        match signed {
            Ok(token) => self.token = Some(token),
            // Another user's nest. While we run, the kernel lock is enough.
            Err(_) if claim.keep == Keep::Running && self.nest.clear().is_ok() => {}
            Err(source) => {
                let path = self.nest.path().to_owned();
                return Err(LockError::io(Op::Join, path)(source));
            }
        }
        Ok(())
    }

    /// The id of what runs under this place: in it, it is our guest.
    pub(super) fn id(&self) -> Option<LockId> {
        Some(self.host.with_guest(self.token.clone()?))
    }

    /// The id under which we work.
    pub(super) fn host(&self) -> &LockId {
        &self.host
    }

    pub(super) fn file(&self) -> &File {
        self.nest.file()
    }

    pub(super) fn path(&self) -> &Path {
        self.nest.path()
    }

    /// Fails when the host's lock has ended, or a level between it and us.
    pub(super) fn check(&self, target: &Path) -> Result<(), LockError> {
        let mut judge = Judge::new(&self.root);
        // Our own nest is not checked: we hold it.
        if live_part(&self.root, &self.host, &mut judge)?.as_ref() == Some(&self.host) {
            return Ok(());
        }
        Err(LockError::lost(Some(target.to_owned()), HOST_IS_GONE))
    }

    pub(super) fn release(self) -> Result<(), LockError> {
        let _ = self.nest.clear();
        self.leave()
    }

    /// Gives back the kernel lock alone: our record continues to count, or is found to be a dead
    /// guest's.
    pub(super) fn leave(self) -> Result<(), LockError> {
        // Explicitly: a child of our command may still have the descriptor.
        self.nest.unlock().map_err(LockError::io(Op::Unlock, self.nest.path()))
    }
}

/// A place that was acquired, opened by its id and under the kernel lock.
struct Acquired {
    nest: Nest,
    record: Record,
}

/// Opens the place with this id, to change it.
///
/// # Errors
/// [`LockError::Lost`] when it is over or another's; [`LockError::Running`].
fn reopen(root: &LockRoot, id: &LockId, judge: &mut Judge) -> Result<Acquired, LockError> {
    let mut host = id.clone();
    let token = host.inner.pop();
    let gone = || LockError::lost(None, HOST_IS_GONE);
    let opened = Nest::reopen(root, &host);
    let opened = opened.map_err(LockError::io(Op::Join, root.lock_dir(&id.key)))?;
    let Some(nest) = opened else { return Err(gone()) };
    let fail = |op| LockError::io(op, nest.path());
    let deadline = sys::clock::deadline(RELEASE_PATIENCE);
    let mut backoff = Backoff::new(Duration::from_micros(100), Duration::from_millis(10));
    loop {
        let locked = nest.try_lock().map_err(fail(Op::Lock))?;
        let record = nest.read().map_err(fail(Op::Read))?;
        let target = record.info.target.clone();
        if record.token.is_none() || record.token != token {
            let why = match record.info.pid {
                Some(_) => format!("it is held by {} now", Holder::of(&record.info)),
                None => "it was released, or taken over since".to_owned(),
            };
            return Err(LockError::lost(target, why));
        }
        if !matches!(record.info.liveness, Some(Liveness::Process | Liveness::Lease)) {
            return Err(LockError::Running { target, holder: Holder::of(&record.info) });
        }
        if locked {
            let (verdict, why) = nest.judge(&record, false, judge).map_err(fail(Op::LookAt))?;
            if verdict == Verdict::Stale {
                return Err(LockError::lost(target, why));
            }
            if live_part(root, &host, judge)?.as_ref() != Some(&host) {
                return Err(LockError::lost(target, HOST_IS_GONE));
            }
            return Ok(Acquired { nest, record });
        }
        // Another guest looks who is inside.
        if Instant::now() >= deadline {
            let kept = io::Error::other("another process keeps its kernel lock");
            return Err(fail(Op::Lock)(kept));
        }
        std::thread::sleep(backoff.next(deadline));
    }
}

/// The id and the lines of the place under `host`, if it was acquired by a guest whose record is the one meant.
///
/// # Errors
/// This process is short of something.
pub(super) fn acquired(
    root: &LockRoot,
    host: &LockId,
    is_meant: impl FnOnce(&Info) -> bool,
    judge: &mut Judge,
) -> Result<Option<(LockId, Info)>, LockError> {
    let fail = |source| LockError::io(Op::LookAtGuest, root.lock_dir(&host.key))(source);
    let Some(nest) = Nest::look(root, host).map_err(fail)? else { return Ok(None) };
    let Record { token, info, .. } = nest.read().map_err(fail)?;
    match token.filter(|_| is_meant(&info)) {
        Some(token) if nest.is_of(&token, judge).map_err(fail)? => Ok(Some((host.with_guest(token), info))),
        _ => Ok(None),
    }
}

/// Gives up the place that `lock acquire` took under this guest's id.
///
/// # Errors
/// [`LockError::Lost`] when it is over or another's, and nothing was changed;
/// [`LockError::Running`] when a running command has it.
pub(super) fn release(root: &LockRoot, id: &LockId) -> Result<(), LockError> {
    let place = reopen(root, id, &mut Judge::new(root))?;
    place.nest.clear().map_err(LockError::io(Op::Clear, place.nest.path()))
}

/// Lets a guest's lease run for longer.
///
/// # Errors
/// As [`release`]; [`LockError::NotALease`].
pub(super) fn renew(
    root: &LockRoot,
    id: &LockId,
    terms: impl FnOnce(&Info) -> Option<Terms>,
) -> Result<(), LockError> {
    let mut judge = Judge::new(root);
    let Acquired { nest, record } = reopen(root, id, &mut judge)?;
    match terms(&record.info) {
        Some(terms) => prolong(nest.file(), nest.path(), record.info, terms, &mut judge),
        None => Ok(()),
    }
}

/// Whether a guest is inside that lock.
///
/// # Errors
/// This process is short of something.
pub(super) fn is_inside(root: &LockRoot, host: &LockId, judge: &mut Judge) -> Result<bool, LockError> {
    let fail = |source| LockError::io(Op::LookAtGuest, root.lock_dir(&host.key))(source);
    let Some(nest) = Nest::look(root, host).map_err(fail)? else { return Ok(false) };
    match nest.read().map_err(fail)?.token {
        Some(token) => nest.is_of(&token, judge).map_err(fail),
        None => Ok(false),
    }
}
