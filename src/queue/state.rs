//! Counters and the last events: `state.json`, replaced as a whole, under the outbox's own lock.
//!
//! What the folders can tell is not counted here. A worker that is killed may leave the last
//! events a second old, but no counter wrong: each changes in the same replacement as the thing
//! that it counts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::spool::FILE_MODE;
use super::{QueueError, Spool};
use crate::sys::failure::Op;
use crate::sys::folder::Fresh;

const NAME: &str = "state.json";
/// A state that we cannot read is kept under this name.
const ASIDE: &str = "state.json.corrupt";
/// It is a kilobyte or two. A longer one is not ours.
const LONGEST: u64 = 1 << 20;
/// It contains no memory, so everybody who may enter the outbox may read it.
const KEPT_MODE: u32 = 0o644;
/// Nothing is put off for longer, and a time farther ahead was written under another clock.
pub(super) const FARTHEST: Duration = Duration::from_secs(3600);

/// What is remembered between runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Deliveries that have left `done/` for the archive.
    pub archived: u64,
    /// Entries that the user took back.
    pub cancelled: u64,
    /// Where the archive ends.
    pub archive: ArchiveEnd,
    /// What was taken over from the old programs.
    pub old: Carried,
    /// The last delivery.
    pub last_success: Option<Timestamp>,
    /// The last thing that went wrong.
    pub last_error: Option<LastError>,
    /// The last health check.
    pub health: Option<Health>,
}

/// How far the archive has been counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveEnd {
    /// The file that was written last.
    pub file: String,
    /// Where in it the last batch begins.
    pub from: u64,
    /// Where it ends.
    pub end: u64,
}

/// The old programs' totals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Carried {
    /// Their `stats` when they were last read.
    pub seen: Totals,
    /// What they add to our own.
    pub totals: Totals,
    /// Entries taken from `queue` and `failed`, which `totals` has counted already.
    pub queued: u64,
    /// Entries taken from `failed`, likewise.
    pub failed: u64,
    /// Whether `last_100` is in the archive.
    pub last_100: bool,
    /// The last import that was counted.
    pub import: String,
}

/// The numbers of the old programs' `stats`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Ever saved.
    pub total_queued: u64,
    /// Ever delivered.
    pub total_synced: u64,
    /// Given up on, now.
    pub total_failed: u64,
}

impl Carried {
    /// Takes in what the old programs have counted since the last time. A number that is smaller
    /// than it was comes from a file that was begun anew.
    pub fn follow(&mut self, now: Totals) {
        let grow = |total: &mut u64, seen: u64, now: u64| {
            *total += if now >= seen { now - seen } else { now };
        };
        grow(&mut self.totals.total_queued, self.seen.total_queued, now.total_queued);
        grow(&mut self.totals.total_synced, self.seen.total_synced, now.total_synced);
        // This one goes down as well: it says how many there are.
        self.totals.total_failed = now.total_failed;
        self.seen = now;
    }
}

/// Something that went wrong, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// When.
    pub at: Timestamp,
    /// To which entry, if to one.
    pub id: Option<String>,
    /// What, in one line.
    pub message: String,
}

/// What a health check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The answer.
    pub up: bool,
    /// When it was asked.
    pub at: Timestamp,
    /// Since when the answer has been the same.
    pub since: Timestamp,
    /// Why it counts as down.
    pub problem: Option<String>,
}

impl State {
    /// Reads it. A malformed file counts as missing: it is made again from the folders, and no
    /// memory depends on it.
    ///
    /// # Errors
    /// The file can't be read, or is not to be trusted.
    pub fn load(spool: &Spool) -> Result<State, QueueError> {
        let mut state = read(spool)?.flatten().unwrap_or_default();
        state.bound(Timestamp::now());
        Ok(state)
    }

    /// Changes it, while nobody else does.
    ///
    /// # Errors
    /// It can't be read or replaced, or another process keeps the outbox's lock.
    pub fn update<T>(spool: &Spool, change: impl FnOnce(&mut State) -> T) -> Result<T, QueueError> {
        spool.exclusively(|| State::update_unlocked(spool, change))
    }

    /// The same for a caller who is inside [`Spool::exclusively`] already.
    pub(super) fn update_unlocked<T>(
        spool: &Spool,
        change: impl FnOnce(&mut State) -> T,
    ) -> Result<T, QueueError> {
        let before = State::load(spool)?;
        let mut state = before.clone();
        let result = change(&mut state);
        if state != before {
            let root = spool.root();
            if let Some(None) = read(spool)? {
                root.rename(NAME, root, ASIDE).map_err(QueueError::io(Op::SetAside, root.path_of(NAME)))?;
            }
            // We have the outbox's lock: leftovers are those of killed processes.
            Fresh::sweep(root, NAME);
            let mut bytes = serde_json::to_vec_pretty(&state).unwrap_or_default();
            bytes.push(b'\n');
            Fresh::write(root, NAME, &bytes, FILE_MODE, KEPT_MODE)
                .and_then(|fresh| fresh.rename_to(NAME))
                .and_then(|()| root.sync())
                .map_err(QueueError::io(Op::Replace, root.path_of(NAME)))?;
        }
        Ok(result)
    }

    /// Times that a wrong clock has put far ahead count as an hour ahead.
    fn bound(&mut self, now: Timestamp) {
        let limit = later(now, FARTHEST);
        let error = self.last_error.as_mut().map(|error| &mut error.at);
        let health = self.health.as_mut().map(|health| [&mut health.at, &mut health.since]);
        let times = self.last_success.iter_mut().chain(error).chain(health.into_iter().flatten());
        times.for_each(|time| *time = (*time).min(limit));
    }

    /// Notes the answer of a health check.
    pub fn note_health(&mut self, problem: Option<String>) {
        let (now, up) = (Timestamp::now(), problem.is_none());
        let same = self.health.as_ref().filter(|health| health.up == up);
        // Not later than the check: the clock may have been set.
        let since = same.map_or(now, |health| health.since.min(now));
        self.health = Some(Health { up, at: now, since, problem });
    }
}

/// `None` without a file, `Some(None)` for a malformed one.
fn read(spool: &Spool) -> Result<Option<Option<State>>, QueueError> {
    let read = spool.root().read_file(NAME, LONGEST);
    let bytes = read.map_err(QueueError::io(Op::Read, spool.root().path_of(NAME)))?;
    Ok(bytes.map(|bytes| serde_json::from_slice(&bytes?).ok()))
}

/// The time so much later.
pub(super) fn later(time: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    time.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_totals_are_followed_and_survive_a_file_begun_anew() {
        let totals = |total_queued, total_synced| Totals { total_queued, total_synced, total_failed: 1 };
        let mut carried = Carried::default();
        for (now, wanted) in [((243, 216), (243, 216)), ((250, 216), (250, 216)), ((3, 1), (253, 217))] {
            carried.follow(totals(now.0, now.1));
            assert_eq!(carried.totals, totals(wanted.0, wanted.1));
        }
    }

    #[test]
    fn health_knows_since_when() {
        let mut state = State::default();
        state.note_health(Some("refused".to_owned()));
        let since = state.health.as_ref().unwrap().since;
        state.note_health(Some("refused".to_owned()));
        assert_eq!(state.health.as_ref().unwrap().since, since);
        state.note_health(None);
        assert!(state.health.as_ref().unwrap().since > since);
    }

    #[test]
    fn a_state_that_makes_no_sense_is_kept_beside_and_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        std::fs::File::create(dir.path().join(NAME)).unwrap();
        State::update(&spool, |state| state.archived = 3).unwrap();
        assert_eq!(State::load(&spool).unwrap().archived, 3);
        assert!(dir.path().join(ASIDE).exists());
    }

    #[test]
    fn times_from_another_clock_count_for_an_hour_ahead_at_most() {
        let now: Timestamp = "2026-02-03T04:05:06Z".parse().unwrap();
        let far: Timestamp = "2040-01-01T00:00:00Z".parse().unwrap();
        let mut state = State {
            last_success: Some(far),
            last_error: Some(LastError { at: now, id: None, message: String::new() }),
            health: Some(Health { up: true, at: far, since: far, problem: None }),
            ..State::default()
        };
        state.bound(now);
        let limit = later(now, FARTHEST);
        let health = state.health.unwrap();
        assert_eq!((state.last_success.unwrap(), health.at, health.since), (limit, limit, limit));
        assert_eq!(state.last_error.unwrap().at, now);
    }
}
