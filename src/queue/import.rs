//! Taking over the entries of the old Python programs' files.
//!
//! What an entry becomes follows from the old entry alone, its name included. So taking it twice makes
//! one entry of it. `staging` says in which order it leaves the file and appears here.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::archive::{self, Batch, Line};
use super::entry::Death;
use super::staging::{Cargo, Origin, Plan, Staging};
use super::state::{State, Totals};
use super::{Entry, QueueError, Spool, Ulid};
use crate::legacy::python::files::{Locked, OldFile, OldFiles, QueueVersion};
use crate::legacy::python::form::{OldEntry, OldQueue, Stats, is_entry, without_entries};
use crate::legacy::python::salvage::salvage;
use crate::legacy::python::{OldError, has_any};
use crate::sys::failure::Op;
use crate::sys::folder::Folder;
use crate::sys::found;

/// How often a queue file that changes under us is read again.
const RESTARTS: u32 = 5;

/// What was taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// From `queue`.
    pub queued: u64,
    /// From `failed`; they are among the dead now, and tried again.
    pub failed: u64,
    /// From the emergency file.
    pub emergency: u64,
    /// From `last_100`, into the archive.
    pub archived: u64,
    /// Files that did not parse, where they are now.
    pub set_aside: Vec<PathBuf>,
    /// The entries are those of the old backup, because nothing else could be read.
    pub from_backup: bool,
}

impl Imported {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Imported::default()
    }
}

impl From<OldError> for QueueError {
    fn from(error: OldError) -> QueueError {
        match error {
            OldError::Busy(holder) => QueueError::OldBusy { holder },
            OldError::Lock(error) => error.into(),
            OldError::Path(error) => QueueError::Path(error),
        }
    }
}

impl From<Stats> for Totals {
    fn from(Stats { queued, synced, failed }: Stats) -> Totals {
        Totals { total_queued: queued, total_synced: synced, total_failed: failed }
    }
}

/// Opens the old programs' folder if it has anything to look into, or if the outbox has an import
/// to finish. When not, nobody needs a lock.
///
/// # Errors
/// The folder can't be opened, or is not to be trusted.
pub fn folder_with_any(path: &Path, spool: Option<&Spool>) -> Result<Option<Folder>, QueueError> {
    let fail = |error| QueueError::io(Op::OpenFolder, path)(error);
    if spool.is_some_and(|spool| Staging::of(spool).is_unfinished()) {
        return Folder::walk_to_or_make(path, None).map(Some).map_err(fail);
    }
    let Some(folder) = found(Folder::walk_to(path)).map_err(fail)? else { return Ok(None) };
    Ok(has_any(&folder)?.then_some(folder))
}

/// Takes over what is in the old files.
///
/// # Errors
/// [`QueueError::OldBusy`] when somebody is using them: the next time will do. After any other error
/// the entries are in the old file or in the outbox, and the next import goes on from there.
pub fn import(old: &OldFiles, spool: &Spool) -> Result<Imported, QueueError> {
    let files = old.lock()?;
    let mut import =
        Import { spool, staging: Staging::of(spool), files: &files, imported: Imported::default() };
    let done = import.run();
    let imported = import.imported;
    files.release()?;
    done.map(|()| imported)
}

/// An import under way, under the old files' locks.
struct Import<'a> {
    spool: &'a Spool,
    staging: Staging<'a>,
    files: &'a Locked<'a>,
    imported: Imported,
}

enum Step {
    Done,
    /// Another program replaced the file while we worked on it.
    Changed,
}

impl Import<'_> {
    fn run(&mut self) -> Result<(), QueueError> {
        if let Some(plan) = self.staging.unfinished()? {
            self.recover(&plan)?;
        }
        for restart in 1.. {
            match self.import_queue()? {
                Step::Done => break,
                Step::Changed if restart < RESTARTS => {}
                Step::Changed => {
                    let holder = "a program that takes no lock replaces it again and again".to_owned();
                    return Err(QueueError::OldBusy { holder });
                }
            }
        }
        self.import_emergency()
    }

    /// Finishes or drops what a dead process had begun.
    fn recover(&self, plan: &Plan) -> Result<(), QueueError> {
        let file = if plan.origin == Origin::Queue { OldFile::Queue } else { OldFile::Taken };
        let still_there = self.files.read(file)?.is_some_and(|bytes| {
            let old = read_or_salvage(&bytes);
            let ids: Vec<String> =
                old.queue.iter().chain(&old.failed).map(|value| id_of(&OldEntry::of(value))).collect();
            plan.is_still_in(&bytes, ids.into_iter())
        });
        if still_there { self.staging.clear() } else { self.staging.publish(plan) }
    }

    fn import_queue(&mut self) -> Result<Step, QueueError> {
        let Some(before) = self.files.queue_version()? else { return Ok(Step::Done) };
        let Some(bytes) = self.files.read(OldFile::Queue)? else { return Ok(Step::Changed) };
        let Some(old) = OldQueue::parse(&bytes) else { return self.import_corrupt(&before, &bytes) };
        let known = State::load(self.spool)?.old;
        if !old.last_100.is_empty() && !known.last_100 {
            self.imported.archived = keep_last_100(self.spool, &old.last_100)?;
        }
        let cargo = cargo(&old);
        if cargo.is_empty() {
            if let Some(totals) = cargo.totals.filter(|totals| known.seen != *totals) {
                State::update(self.spool, |state| state.old.follow(totals))?;
            }
            return Ok(Step::Done);
        }
        let plan = self.staging.stage(Origin::Queue, &bytes, &cargo)?;
        if !self.files.replace_queue(&before, &without_entries(&bytes))? {
            self.staging.clear()?;
            return Ok(Step::Changed);
        }
        self.publish(&plan, &cargo)?;
        Ok(Step::Done)
    }

    /// A queue file that does not parse: what can be read of it is taken, and it is set aside.
    fn import_corrupt(&mut self, before: &QueueVersion, bytes: &[u8]) -> Result<Step, QueueError> {
        let mut old = salvage(bytes);
        if let Some(backup) = self.files.read(OldFile::Backup)?.map(|bytes| read_or_salvage(&bytes)) {
            let stats = old.stats.or(backup.stats);
            if old.queue.is_empty() && old.failed.is_empty() {
                self.imported.from_backup = true;
                old = backup;
            }
            old.stats = stats;
        }
        let cargo = cargo(&old);
        let plan = self.staging.stage(Origin::Queue, bytes, &cargo)?;
        let Some(aside) = self.files.set_queue_aside(before)? else {
            self.staging.clear()?;
            return Ok(Step::Changed);
        };
        self.publish(&plan, &cargo)?;
        self.imported.set_aside.push(aside);
        Ok(Step::Done)
    }

    fn publish(&mut self, plan: &Plan, cargo: &Cargo) -> Result<(), QueueError> {
        self.staging.publish(plan)?;
        self.imported.queued += cargo.new.len() as u64;
        self.imported.failed += cargo.dead.len() as u64;
        Ok(())
    }

    fn import_emergency(&mut self) -> Result<(), QueueError> {
        let Some(bytes) = self.files.take_emergency()? else { return Ok(()) };
        let cargo = cargo(&OldQueue { stats: None, ..salvage(&bytes) });
        let plan = self.staging.stage(Origin::Emergency, &bytes, &cargo)?;
        self.imported.set_aside.extend(self.files.finish_emergency(&bytes)?);
        self.staging.publish(&plan)?;
        self.imported.emergency += (cargo.new.len() + cargo.dead.len()) as u64;
        Ok(())
    }
}

fn read_or_salvage(bytes: &[u8]) -> OldQueue {
    OldQueue::parse(bytes).unwrap_or_else(|| salvage(bytes))
}

/// What becomes of the lists. An entry that stands in both counts once.
fn cargo(old: &OldQueue) -> Cargo {
    let mut seen = HashSet::new();
    let mut take = |list: &[Value], failed| -> Vec<_> {
        let entries = list.iter().filter(|value| is_entry(value));
        let entries = entries.map(|value| convert(OldEntry::of(value), failed));
        entries.filter(|(name, _)| seen.insert(*name)).collect()
    };
    Cargo { new: take(&old.queue, false), dead: take(&old.failed, true), totals: old.stats.map(Totals::from) }
}

/// An old entry's id as it will be kept.
fn id_of(old: &OldEntry) -> String {
    // Derived from all that it has: the same one each time it is read.
    old.id.clone().unwrap_or_else(|| name_of(old, "").to_string())
}

/// An entry's name: always the same one for the same old entry.
fn name_of(old: &OldEntry, id: &str) -> Ulid {
    let time = old.timestamp.unwrap_or(Timestamp::UNIX_EPOCH);
    let since_epoch = u64::try_from(time.as_millisecond()).unwrap_or(0);
    let text = format!("{id}\n{}\n{}", old.project, old.content);
    Ulid::derived(Duration::from_millis(since_epoch), text.as_bytes())
}

/// Makes an entry of an old one. What it has besides is kept.
fn convert(mut old: OldEntry, failed: bool) -> (Ulid, Entry) {
    let id = id_of(&old);
    let name = name_of(&old, &id);
    let now = Timestamp::now();
    // Keys of ours that mean something else there are not taken over.
    old.other.retain(|key, _| !["not_before", "last_error", "dead", "deaths"].contains(&key.as_str()));
    let entry = Entry {
        id,
        project_id: if old.project.is_empty() { "unknown".to_owned() } else { old.project },
        content: old.content,
        timestamp: old.timestamp.unwrap_or(now),
        retries: old.retries,
        not_before: None,
        last_error: failed.then(|| "the old program gave up on it".to_owned()),
        metadata: old.metadata,
        dead: failed.then_some(Death { at: now, refused: false }),
        deaths: u32::from(failed),
        other: old.other,
    };
    (name, entry)
}

/// The old program's own record of its deliveries goes into the archive, once.
fn keep_last_100(spool: &Spool, list: &[Value]) -> Result<u64, QueueError> {
    let lines: Vec<Line> = list
        .iter()
        .map(|value| {
            let old = OldEntry::of(value);
            let key = format!("last_100 {}", name_of(&old, &id_of(&old)));
            let value = if value.is_object() { value.clone() } else { serde_json::json!({ "value": value }) };
            Line { key, value }
        })
        .collect();
    let count = lines.len() as u64;
    spool
        .exclusively(|| archive::append(spool, lines, Batch::Aside, |state, _| state.old.last_100 = true))?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_old_entry_keeps_its_id_and_gets_the_same_name_each_time() {
        let old = OldEntry::of(
            &json!({"id": "6f2a", "project_id": "web", "content": "x", "timestamp": 1732942000, "retries": 2, "emergency": true}),
        );
        let (name, entry) = convert(old.clone(), false);
        assert_eq!((entry.id.as_str(), entry.retries, entry.dead.is_some()), ("6f2a", 2, false));
        assert_eq!(entry.other["emergency"], true);
        let (failed, dead) = convert(old, true);
        assert_eq!(failed, name);
        assert!(dead.dead.is_some());
        let nameless = OldEntry::of(&json!({"content": "x"}));
        assert_eq!(id_of(&nameless), id_of(&nameless));
    }
}
