//! Taking a lock: from the wish to the hold.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::LockError;
use super::attempt::{Attempt, attempt, seize};
use super::claim::{Claim, Keep};
use super::deadlock::{LookOut, Wish};
use super::error::Busy;
use super::guest::{Entrance, Place, live_part, why_dead};
use super::held::Held;
use super::holder::{Holder, Inside};
use super::holdings::holdings;
use super::id::LockId;
use super::journal::{Event, LONG_WAIT, Record};
use super::key::Target;
use super::liveness::{Judge, Judgement};
use super::loss;
use super::manage::record_break;
use super::openers::openers;
use super::root::LockRoot;
use super::roots::Roots;
use super::session::Session;
use super::turn::Turn;
use super::verdict::{Here, lease_left};
use super::wait::{Backoff, Patience, WaitReport, Waiter};
use crate::sys;

/// How a process takes locks: where, under whose locks, as whom, and how patiently.
#[derive(Debug, Clone)]
pub struct Locker {
    /// Where locks live.
    pub roots: Roots,
    /// Locks that we may be running under, from the environment. Dead ones are ignored.
    pub inherited: Vec<LockId>,
    /// The lock that we must be running under. A dead one is an error.
    pub under: Option<LockId>,
    /// How long to wait.
    pub patience: Patience,
    /// What this client calls itself.
    pub client: Option<String>,
    /// What we run, for whoever waits for us: no arguments, which may be secrets.
    pub command: String,
    /// Give up a wait that is part of a cycle of waits.
    pub deadlock_check: bool,
    /// Whether other commands of the same session are guests of the leases that we take.
    pub invites: bool,
}

/// Locks where each file's place says, under nobody's lock, for half a minute, and gives up a
/// deadlock.
impl Default for Locker {
    fn default() -> Locker {
        Locker {
            roots: Roots::default(),
            inherited: Vec::new(),
            under: None,
            patience: Patience::default(),
            client: None,
            command: String::new(),
            deadlock_check: true,
            invites: false,
        }
    }
}

impl Locker {
    /// Takes the lock of `path`, or becomes a guest of the lock that we run under.
    ///
    /// # Errors
    /// [`LockError::Busy`] at the deadline; [`LockError::Interrupted`]; [`LockError::Lost`] when
    /// `under` is not held any more; [`LockError::Uprooted`] when that goes for an inherited lock,
    /// though its holder lives; or what stands in the way.
    pub fn acquire(&self, path: &Path, keep: Keep, waiter: &mut dyn Waiter) -> Result<Held, LockError> {
        self.take(path, keep, None, waiter)
    }

    /// Takes a lease of `path` that runs for `ttl`. If the client is a [`Session`] that has one
    /// already, that is renewed instead, and never cut short: see [`Held::was_renewed`]. With
    /// [`Locker::under`] a new one is wanted, inside that lock.
    ///
    /// # Errors
    /// As [`Locker::acquire`].
    pub fn lease(&self, path: &Path, ttl: Duration, waiter: &mut dyn Waiter) -> Result<Held, LockError> {
        let session = self.client.as_deref().and_then(Session::of).filter(|_| self.under.is_none());
        self.take(path, Keep::Lease(ttl), session.as_ref(), waiter)
    }

    fn take(
        &self,
        path: &Path,
        keep: Keep,
        session: Option<&Session>,
        waiter: &mut dyn Waiter,
    ) -> Result<Held, LockError> {
        let deadline = sys::clock::deadline(self.patience.limit);
        loop {
            let target = Target::resolve(path)?;
            let held = self.acquire_target(&target, keep, session, &[], deadline, waiter)?;
            // A link on the way may have been turned while we waited.
            if Target::resolve(path)? == target {
                waiter.taken(&held);
                return Ok(held);
            }
        }
    }

    /// Takes the lock of `path` away from whoever holds it, and has it, in one step under the guard:
    /// nobody who waits comes between. For a person who knows more than the judge; a living holder
    /// finds out when it publishes or releases. Says what was broken, if anything was. Where the
    /// lock is ours already, as a guest's or a session's, nothing is.
    ///
    /// # Errors
    /// As [`Locker::acquire`]; [`LockError::Busy`] when what is there can't be removed.
    pub fn seize(
        &self,
        path: &Path,
        keep: Keep,
        waiter: &mut dyn Waiter,
    ) -> Result<(Held, Option<Judgement>), LockError> {
        let target = Target::resolve(path)?;
        let root = &self.roots.of(&target.path)?;
        let mut judge = Judge::new(root);
        if self.host(root, &target, &mut judge)?.is_some() {
            return self.acquire(path, keep, waiter).map(|held| (held, None));
        }
        if let (Some(session), Keep::Lease(ttl)) = (self.client.as_deref().and_then(Session::of), keep)
            && let Some(id) = session.renew(root, &target.key, &[], (ttl, self.invites), &mut judge)?
        {
            return Ok((Held::before(root, &target, id), None));
        }
        let deadline = sys::clock::deadline(self.patience.limit);
        let mut wait = Wait::new(root, &target, self.patience, deadline);
        loop {
            let seized = seize(root, &target, &self.claim(keep), &mut judge, deadline, waiter)?;
            if let Some(broken) = &seized.1 {
                record_break(root, &target, broken);
            }
            match seized {
                (Attempt::Taken(held), broken) => {
                    waiter.taken(&held);
                    return Ok((held, broken));
                }
                (Attempt::Busy(seen), _) => wait.pause(&seen, false, None, judge.here(), waiter)?,
            }
        }
    }

    /// Takes the locks of several files, each once, in the order of their keys, so that two
    /// processes that want the same files never wait for each other.
    ///
    /// # Errors
    /// As [`Locker::acquire`]; then none is held.
    pub fn acquire_all(
        &self,
        paths: &[impl AsRef<Path>],
        keep: Keep,
        waiter: &mut dyn Waiter,
    ) -> Result<Vec<Held>, LockError> {
        let deadline = sys::clock::deadline(self.patience.limit);
        let resolve = || {
            let targets = paths.iter().map(|path| Target::resolve(path.as_ref()));
            let mut targets = targets.collect::<Result<Vec<_>, _>>()?;
            targets.sort_by(|one, other| one.key.cmp(&other.key));
            targets.dedup();
            Ok::<_, LockError>(targets)
        };
        loop {
            let targets = resolve()?;
            let mut held: Vec<Held> = Vec::with_capacity(targets.len());
            for target in &targets {
                let own: Vec<LockId> = held.iter().map(|held| held.id().clone()).collect();
                held.push(self.acquire_target(target, keep, None, &own, deadline, waiter)?);
            }
            if resolve()? == targets {
                held.iter().for_each(|held| waiter.taken(held));
                return Ok(held);
            }
        }
    }

    /// Waits until nobody holds the lock of `path`, without taking it.
    ///
    /// # Errors
    /// [`LockError::Busy`] at the deadline, or [`LockError::Interrupted`].
    pub fn wait_until_free(&self, path: &Path, waiter: &mut dyn Waiter) -> Result<(), LockError> {
        let target = Target::resolve(path)?;
        let Some(root) = self.roots.existing_of(&target.path)? else { return Ok(()) };
        let mut judge = Judge::new(&root);
        let mut wait = Wait::new(&root, &target, self.patience, sys::clock::deadline(self.patience.limit));
        loop {
            let judgement = judge.judge(&target.key)?;
            if !judgement.verdict.is_taken() {
                return Ok(());
            }
            wait.pause(&judgement, false, None, judge.here(), waiter)?;
        }
    }

    fn acquire_target(
        &self,
        target: &Target,
        keep: Keep,
        session: Option<&Session>,
        own: &[LockId],
        deadline: Instant,
        waiter: &mut dyn Waiter,
    ) -> Result<Held, LockError> {
        let root = &self.roots.of(&target.path)?;
        let mut judge = Judge::new(root);
        let mut wait = Wait::new(root, target, self.patience, deadline);
        // A process that holds nothing and runs under no lock is not part of a cycle.
        let may_hold = !self.inherited.is_empty() || !own.is_empty() || matches!(keep, Keep::Owner { .. });
        let mut look_out = LookOut::new(self.deadlock_check && may_hold);
        wait.is_watchful = self.deadlock_check && may_hold;
        let may_wait = !self.patience.limit.is_zero();
        let (mut turn, mut has_arrived) = (None, false);
        let result = loop {
            // Each time: a call beside this one may take the session's lease while we wait.
            if let (Some(session), Keep::Lease(ttl)) = (session, keep)
                && let Some(id) =
                    session.renew(root, &target.key, &self.inherited, (ttl, self.invites), &mut judge)?
            {
                break Ok(Held::before(root, target, id));
            }
            let host = self.host(root, target, &mut judge)?;
            let wish = host.clone().map_or_else(|| Wish::Lock(target.key.clone()), Wish::Place);
            if host.is_some() {
                // A guest waits for its host's other guests only.
                turn = None;
            } else if may_wait && !std::mem::replace(&mut has_arrived, true) {
                // Whoever comes now waits behind those who wait already.
                turn = Turn::arrive(root, &target.key);
            }
            let (seen, is_guest) = match host {
                Some(host) => match Place::try_enter(root, target, host, &self.claim(keep), &mut judge)? {
                    Entrance::Inside(place, reclaimed) => {
                        break Ok(Held::guest(root, target, place, reclaimed));
                    }
                    Entrance::Occupied(Some(seen)) => (seen, true),
                    Entrance::Occupied(None) => (judge.judge(&target.key)?, true),
                    Entrance::HostIsGone => continue,
                },
                None => {
                    // First without the guard: most attempts of a long wait end here.
                    let seen = judge.judge(&target.key)?;
                    let is_taken = seen.verdict.is_taken();
                    if !wait.may_try(is_taken, turn.as_ref()) {
                        (seen, false)
                    } else {
                        match attempt(root, target, &self.claim(keep), &mut judge, deadline, waiter)? {
                            Attempt::Taken(held) => break Ok(held),
                            Attempt::Busy(seen) => (seen, false),
                        }
                    }
                }
            };
            if may_wait && !is_guest && turn.is_none() {
                turn = Turn::join(root, &target.key);
            }
            if let Err(error) = wait.pause(&seen, is_guest, turn.as_ref(), judge.here(), waiter) {
                break Err(error);
            }
            let holdings = |judge: &mut Judge| holdings(root, &self.inherited, own, keep, judge);
            if let Some(cycle) = look_out.look(root, target, &wish, holdings, &mut judge) {
                break Err(LockError::Deadlock { cycle });
            }
        };
        drop(turn);
        self.record(root, target, &result, &wait);
        result
    }

    /// Records in the journal what is unusual about a take.
    fn record(&self, root: &LockRoot, target: &Target, result: &Result<Held, LockError>, wait: &Wait<'_>) {
        let record = |event| Record::new(event, Some(&target.path)).client(self.client.as_ref());
        let waited = wait.waited();
        match result {
            Ok(held) => {
                if let Some(dead) = held.reclaimed() {
                    dead.fill(record(Event::Takeover)).append(root);
                }
                if waited >= LONG_WAIT {
                    let record = record(Event::Waited).waited(waited);
                    match &wait.holder {
                        Some(holder) => record.holder(holder).append(root),
                        None => record.append(root),
                    }
                }
            }
            // For a caller that did not want to wait this is no failure.
            Err(LockError::Busy(busy)) if !self.patience.limit.is_zero() => {
                record(Event::Timeout)
                    .holder(&busy.holder)
                    .waited(busy.waited)
                    .why(&busy.reason)
                    .append(root);
            }
            Err(LockError::Deadlock { cycle }) => {
                record(Event::Deadlock).waited(waited).why(cycle).append(root)
            }
            Err(_) => {}
        }
    }

    fn claim(&self, keep: Keep) -> Claim {
        let Locker { client, command, invites, .. } = self;
        Claim { keep, client: client.clone(), command: command.clone(), invites: *invites }
    }

    /// The live id that makes us a guest on this target. An id that has ended is ignored.
    fn host(&self, root: &LockRoot, target: &Target, judge: &mut Judge) -> Result<Option<LockId>, LockError> {
        if let Some(under) = &self.under {
            if under.key != target.key {
                return Err(LockError::WrongLock { target: target.path.clone() });
            }
            // All of it: another guest may be inside in place of one that is gone.
            if let Some(live) = live_part(root, under, judge)?.filter(|live| live == under) {
                return Ok(Some(live));
            }
            let why = why_dead(root, under, judge)?;
            let why = why.unwrap_or_else(|| "it is not held under the id given with --lock".to_owned());
            let lost = LockError::lost(Some(target.path.clone()), why);
            return loss::note(root, under, Err(lost));
        }
        let ids = || self.inherited.iter().rev().filter(|id| id.key == target.key);
        // A lease of our session that is there for its commands would only be in their way.
        let session = self.client.as_deref().and_then(Session::of).filter(|_| !self.invites);
        let own = match session {
            Some(session) => session.host(root, &target.key, &self.inherited, judge)?,
            None => None,
        };
        for id in ids() {
            if let Some(live) = live_part(root, id, judge)? {
                let is_further_in = |own: &LockId| own.inner.len() > live.inner.len();
                return Ok(Some(own.filter(is_further_in).unwrap_or(live)));
            }
        }
        if own.is_some() {
            return Ok(own);
        }
        // A holder that lives on without its directory would keep us out until our deadline. Nor
        // may we enter: its guests exclude each other by files in that directory.
        for id in ids() {
            if judge.judge_anchor(&id.key)?.is_some_and(|alive| alive.info.token.as_ref() == Some(&id.token))
            {
                let uprooted = LockError::Uprooted { target: target.path.clone() };
                return loss::note(root, id, Err(uprooted));
            }
        }
        Ok(None)
    }
}

/// A lock that is free for so long is not taken by the head of the queue, which must be stopped.
const HEAD_START: Duration = Duration::from_millis(100);
/// Who may be part of a circle looks round so often while others are before it.
const WATCHFUL_PAUSE: Duration = Duration::from_millis(100);

/// One wait: its deadline, its pauses, and what was said of it.
struct Wait<'a> {
    target: &'a Target,
    /// Where the lock's info file is.
    info: PathBuf,
    /// When the caller began to want the lock.
    begun: Instant,
    deadline: Instant,
    backoff: Backoff,
    /// When to look at the lock although others are before us.
    look_anyway: Instant,
    /// Since when the lock has been seen free, look after look.
    free_since: Option<Instant>,
    /// Whether a circle of waits has to be looked out for.
    is_watchful: bool,
    /// Whether it was our turn at the last look.
    had_turn: bool,
    holder: Option<Holder>,
}

impl<'a> Wait<'a> {
    fn new(root: &LockRoot, target: &'a Target, patience: Patience, deadline: Instant) -> Wait<'a> {
        let begun = deadline.checked_sub(patience.limit).unwrap_or_else(Instant::now);
        let info = root.lock_dir(&target.key).join("info");
        let backoff = Backoff::for_lock(&patience);
        let look_anyway = Instant::now() + Turn::patience();
        Wait {
            target,
            info,
            begun,
            deadline,
            backoff,
            look_anyway,
            free_since: None,
            is_watchful: false,
            had_turn: false,
            holder: None,
        }
    }

    fn waited(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Whether to take the lock if it is free: at the head of the queue; where the head does not take
    /// it either; and once in a while.
    fn may_try(&mut self, is_taken: bool, turn: Option<&Turn>) -> bool {
        if is_taken {
            self.free_since = None;
            return false;
        }
        let now = Instant::now();
        let free_since = *self.free_since.get_or_insert(now);
        turn.is_none_or(Turn::is_ours)
            || now >= self.look_anyway.min(self.deadline)
            || now >= free_since + HEAD_START
    }

    /// Sleeps before the next look, or ends the wait.
    fn pause(
        &mut self,
        seen: &Judgement,
        is_guest: bool,
        turn: Option<&Turn>,
        here: &Here,
        waiter: &mut dyn Waiter,
    ) -> Result<(), LockError> {
        // If it became free between two looks, there is nobody to name.
        let is_taken = seen.verdict.is_taken();
        let now = Instant::now();
        let mut holder = Holder::found(seen, Vec::new);
        if is_guest && holder.inside.is_none() {
            holder.inside = Some(Inside::Unknown);
        }
        let waited = self.waited();
        if now >= self.deadline {
            if seen.orphaned {
                let open = || openers([(seen, self.info.clone())]).pop().unwrap_or_default();
                holder = Holder { inside: holder.inside, ..Holder::found(seen, open) };
            }
            return Err(LockError::Busy(Box::new(Busy {
                target: self.target.path.clone(),
                client: seen.info.client.clone(),
                since: seen.info.acquired,
                expires: seen.info.expires.filter(|_| holder.lease),
                left: lease_left(&seen.info, here),
                holder,
                verdict: seen.verdict,
                reason: seen.reason.clone(),
                waited,
            })));
        }
        // Between the two steps of a take the holder has no name yet: nothing to report.
        if is_taken && !(seen.needs_watching && self.holder.is_some()) {
            let changed = self.holder.as_ref() != Some(&holder);
            waiter.waiting(&WaitReport {
                target: &self.target.path,
                holder: &holder,
                reason: &seen.reason,
                waited,
                changed,
            });
            self.holder = Some(holder);
        }
        let bell = turn.and_then(Turn::bell);
        let signal = match bell {
            Some(bell) => {
                if now >= self.look_anyway {
                    self.look_anyway = now + Turn::patience();
                }
                let mut until = self.look_anyway.min(self.deadline);
                if let Some(free_since) = self.free_since {
                    until = until.min(free_since + HEAD_START);
                }
                if self.is_watchful {
                    until = until.min(now + WATCHFUL_PAUSE);
                }
                waiter.sleep_or(until.saturating_duration_since(now), bell)
            }
            None => {
                // The head of the queue begins with short pauses, however long it has waited.
                if turn.is_some() && !std::mem::replace(&mut self.had_turn, true) {
                    self.backoff.be_first();
                }
                waiter.sleep(self.backoff.next(self.deadline))
            }
        };
        match signal {
            Some(signal) => Err(LockError::Interrupted(signal)),
            None => Ok(()),
        }
    }
}
