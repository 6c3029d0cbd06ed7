//! Counters and the last events: `state.json`, replaced as a whole, under the outbox's own lock.
//!
//! What the folders can tell is not counted here. A worker that is killed may leave the last
//! events a second old, but no counter wrong: each changes in the same replacement as the thing
//! that it counts.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::found;
use super::{QueueError, Spool};
use crate::replace::{Replace, Source, sweep_leftovers_of};
use crate::sys;

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
    /// Reads it. A file that makes no sense counts as none: it is made again from the folders,
    /// and no memory depends on it.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn load(spool: &Spool) -> Result<State, QueueError> {
        let path = path(spool);
        let bytes = found(fs::read(&path)).map_err(QueueError::io("read", &path))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
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
            set_aside_nonsense(spool)?;
            // Nobody else is here: what lies about is a killed process's.
            sweep_leftovers_of(&path(spool));
            let mut bytes = serde_json::to_vec_pretty(&state).unwrap_or_default();
            bytes.push(b'\n');
            // A new one is for its owner only, like the lock that we hold.
            let like = Arc::new(Source::open(&spool.lock_path())?);
            Replace::new().like(like).write(&path(spool), &bytes)?;
        }
        Ok(result)
    }

    /// Notes the answer of a health check.
    pub fn note_health(&mut self, problem: Option<String>) {
        let (now, up) = (Timestamp::now(), problem.is_none());
        let since = self.health.as_ref().filter(|health| health.up == up).map_or(now, |health| health.since);
        self.health = Some(Health { up, at: now, since, problem });
    }
}

/// Keeps what we are about to overwrite, if we could not read it.
fn set_aside_nonsense(spool: &Spool) -> Result<(), QueueError> {
    let path = path(spool);
    let bytes = found(fs::read(&path)).map_err(QueueError::io("read", &path))?;
    if bytes.is_some_and(|bytes| serde_json::from_slice::<State>(&bytes).is_err()) {
        let aside = path.with_extension("json.corrupt");
        sys::given::rename(&path, &aside).map_err(QueueError::io("set aside", path))?;
    }
    Ok(())
}

fn path(spool: &Spool) -> PathBuf {
    spool.path().join("state.json")
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
        let spool = Spool::new(dir.path());
        fs::File::create(path(&spool)).unwrap();
        State::update(&spool, |state| state.archived = 3).unwrap();
        assert_eq!(State::load(&spool).unwrap().archived, 3);
        assert!(dir.path().join("state.json.corrupt").exists());
    }
}
