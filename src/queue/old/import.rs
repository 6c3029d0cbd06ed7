//! Taking entries out of the old programs' files, while those may still be at work.
//!
//! Under this project's lock on the queue file and under the old programs' own `flock`. Both are
//! tried; a busy one means next time. The queue file is replaced as a whole, and only if it still
//! is the one that was read: some old programs delete the lock's file, which makes two locks of
//! one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::form::{List, OldQueue, convert, id_of, is_entry};
use super::salvage::salvage;
use super::staging::{Cargo, Origin, Plan, Staging};
use super::{OldFiles, lock_path};
use crate::lock::wait::Silent;
use crate::lock::{Held, Keep, LockError};
use crate::queue::archive::{self, Batch, Line};
use crate::queue::error::found;
use crate::queue::state::State;
use crate::queue::{QueueError, Spool};
use crate::replace::{Commit, Replace, Source};
use crate::sys;
use crate::sys::file::Flock;
use crate::sys::given::{self, Access};

/// How often a queue file that changes under us is read again.
const RESTARTS: u32 = 5;
/// What the emergency file is called while it is taken.
pub(super) const TAKEN: &str = "mem0_emergency.json.aimem-taken";

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

impl OldFiles {
    /// Takes over what is in the old files.
    ///
    /// # Errors
    /// [`QueueError::OldBusy`] when somebody is using them: the next time will do. After any
    /// other error the entries are in the old file or in the outbox, and the next import goes on
    /// from there.
    pub fn import(&self, spool: &Spool) -> Result<Imported, QueueError> {
        let staging = Staging::of(spool);
        if !OldFiles::are_in(&self.folder, spool) {
            return Ok(Imported::default());
        }
        spool.ensure()?;
        let held =
            self.locker.acquire(&self.queue(), Keep::Running, &mut Silent).map_err(|error| match error {
                LockError::Busy(busy) => QueueError::OldBusy { holder: busy.holder.to_string() },
                error => error.into(),
            })?;
        let theirs = self.take_their_lock()?;
        let imported = self.import_locked(spool, &staging, &held);
        // Explicitly: a child that was started meanwhile could keep it.
        let _ = sys::file::unlock(&theirs);
        held.release()?;
        imported
    }

    fn take_their_lock(&self) -> Result<File, QueueError> {
        let path = lock_path(&self.folder);
        // Not truncated: the time of its last change says since when somebody has it.
        let opened = given::open_or_create(&path, Access::Write, 0o666);
        let file = opened.map_err(QueueError::io("open", &path))?;
        if sys::file::try_flock(&file, Flock::Exclusive).map_err(QueueError::io("lock", &path))? {
            return Ok(file);
        }
        let me = std::process::id();
        let pids: Vec<String> = sys::process::who_has_open(&path)
            .into_iter()
            .filter(|&pid| pid != me)
            .map(|pid| format!("pid {pid}"))
            .collect();
        let holder =
            if pids.is_empty() { "a process that cannot be named".to_owned() } else { pids.join(", ") };
        Err(QueueError::OldBusy { holder: format!("{} is held by {holder}", path.display()) })
    }

    fn import_locked(
        &self,
        spool: &Spool,
        staging: &Staging<'_>,
        held: &Held,
    ) -> Result<Imported, QueueError> {
        if let Some(plan) = staging.unfinished()? {
            self.recover(staging, &plan)?;
        }
        let mut imported = Imported::default();
        for restart in 1.. {
            match self.import_queue(spool, staging, held, &mut imported)? {
                Step::Done => break,
                Step::Changed if restart < RESTARTS => {}
                Step::Changed => {
                    let holder = "a program that takes no lock replaces it again and again".to_owned();
                    return Err(QueueError::OldBusy { holder });
                }
            }
        }
        self.import_emergency(staging, &mut imported)?;
        Ok(imported)
    }

    /// Finishes or drops what a dead process had begun.
    fn recover(&self, staging: &Staging<'_>, plan: &Plan) -> Result<(), QueueError> {
        let path = if plan.origin == Origin::Queue { self.queue() } else { self.taken() };
        let bytes = found(fs::read(&path)).map_err(QueueError::io("read", &path))?;
        let still_there = bytes.is_some_and(|bytes| {
            let old = read(&bytes).unwrap_or_else(|| salvage(&bytes));
            let ids: Vec<String> = old.queue.iter().chain(&old.failed).map(id_of).collect();
            plan.is_still_in(&bytes, ids.into_iter())
        });
        if still_there { staging.clear() } else { staging.publish(plan) }
    }

    fn import_queue(
        &self,
        spool: &Spool,
        staging: &Staging<'_>,
        held: &Held,
        imported: &mut Imported,
    ) -> Result<Step, QueueError> {
        let source = Source::open(&self.queue())?;
        if !source.exists() {
            return Ok(Step::Done);
        }
        let bytes = source.read()?;
        let Some(old) = read(&bytes) else {
            return self.import_corrupt(staging, held, &bytes, imported);
        };
        let before = State::load(spool)?.old;
        if !old.last_100.is_empty() && !before.last_100 {
            imported.archived = keep_last_100(spool, &old.last_100)?;
        }
        let cargo = cargo(&old.queue, &old.failed, old.totals);
        if cargo.is_empty() {
            if let Some(totals) = old.totals.filter(|totals| before.seen != *totals) {
                State::update(spool, |state| state.old.follow(totals))?;
            }
            return Ok(Step::Done);
        }
        let plan = staging.stage(Origin::Queue, &bytes, &cargo)?;
        let staged = Replace::new().stage(source, &without_entries(&bytes))?;
        match held.publish(&mut Silent, || staged.commit())?? {
            Commit::Done(committed) => {
                committed.finish()?;
            }
            Commit::Changed(_) => {
                staging.clear()?;
                return Ok(Step::Changed);
            }
        }
        staging.publish(&plan)?;
        imported.queued += cargo.new.len() as u64;
        imported.failed += cargo.dead.len() as u64;
        Ok(Step::Done)
    }

    /// A queue file that does not parse: what can be read of it is taken, and it is set aside.
    fn import_corrupt(
        &self,
        staging: &Staging<'_>,
        held: &Held,
        bytes: &[u8],
        imported: &mut Imported,
    ) -> Result<Step, QueueError> {
        let mut old = salvage(bytes);
        let path = self.backup();
        let backup = found(fs::read(&path)).map_err(QueueError::io("read", &path))?;
        if let Some(backup) = backup.map(|bytes| read(&bytes).unwrap_or_else(|| salvage(&bytes))) {
            let totals = old.totals.or(backup.totals);
            if old.queue.is_empty() && old.failed.is_empty() {
                imported.from_backup = true;
                old = backup;
            }
            old.totals = totals;
        }
        let cargo = cargo(&old.queue, &old.failed, old.totals);
        let plan = staging.stage(Origin::Queue, bytes, &cargo)?;
        let aside = aside(&self.queue());
        held.publish(&mut Silent, || sys::file::rename_noreplace(&self.queue(), &aside))?
            .map_err(QueueError::io("set aside", self.queue()))?;
        sys::file::sync_folder(&self.folder).map_err(QueueError::io("sync", &self.folder))?;
        staging.publish(&plan)?;
        imported.queued += cargo.new.len() as u64;
        imported.failed += cargo.dead.len() as u64;
        imported.set_aside.push(aside);
        Ok(Step::Done)
    }

    /// The name under which nobody can begin to append to the emergency file.
    fn taken(&self) -> PathBuf {
        self.folder.join(TAKEN)
    }

    fn import_emergency(&self, staging: &Staging<'_>, imported: &mut Imported) -> Result<(), QueueError> {
        let (path, taken) = (self.emergency(), self.taken());
        if !taken.exists()
            && found(sys::file::rename_noreplace(&path, &taken))
                .map_err(QueueError::io("take", &path))?
                .is_none()
        {
            return Ok(());
        }
        // Its writers take no lock. One that has it open may still be about to append.
        let me = std::process::id();
        if sys::process::who_has_open(&taken).into_iter().any(|pid| pid != me) {
            return Ok(());
        }
        let bytes = fs::read(&taken).map_err(QueueError::io("read", &taken))?;
        let old = salvage(&bytes);
        let cargo = cargo(&old.queue, &old.failed, None);
        let plan = staging.stage(Origin::Emergency, &bytes, &cargo)?;
        if is_lines_of_json(&bytes) {
            fs::remove_file(&taken).map_err(QueueError::io("remove", &taken))?;
        } else {
            let aside = aside(&path);
            sys::file::rename_noreplace(&taken, &aside).map_err(QueueError::io("set aside", &path))?;
            imported.set_aside.push(aside);
        }
        sys::file::sync_folder(&self.folder).map_err(QueueError::io("sync", &self.folder))?;
        staging.publish(&plan)?;
        imported.emergency += (cargo.new.len() + cargo.dead.len()) as u64;
        Ok(())
    }
}

enum Step {
    Done,
    /// Another program replaced the file while we worked on it.
    Changed,
}

fn read(bytes: &[u8]) -> Option<OldQueue> {
    OldQueue::from_document(&serde_json::from_slice(bytes).ok()?)
}

impl Cargo {
    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.dead.is_empty()
    }
}

/// What becomes of the lists. An entry that stands in both counts once.
fn cargo(queue: &[Value], failed: &[Value], totals: Option<crate::queue::state::Totals>) -> Cargo {
    let mut seen = std::collections::HashSet::new();
    let mut take = |list: &[Value], kind| -> Vec<_> {
        let entries = list.iter().filter(|value| is_entry(value)).map(|value| convert(value, kind));
        entries.filter(|(name, _)| seen.insert(*name)).collect()
    };
    Cargo { new: take(queue, List::Queue), dead: take(failed, List::Failed), totals }
}

/// The old document without the entries that were taken. What is no entry stays, and so does all
/// the rest.
fn without_entries(bytes: &[u8]) -> Vec<u8> {
    // It was read as an object before.
    let mut document: Value = serde_json::from_slice(bytes).unwrap_or_default();
    for list in ["queue", "failed"] {
        if let Some(Value::Array(list)) = document.get_mut(list) {
            list.retain(|value| !is_entry(value));
        }
    }
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}

/// The old program's own record of its deliveries goes into the archive, once.
fn keep_last_100(spool: &Spool, list: &[Value]) -> Result<u64, QueueError> {
    let lines: Vec<Line> = list
        .iter()
        .map(|value| {
            let (name, _) = convert(value, List::Last100);
            let value = if value.is_object() { value.clone() } else { serde_json::json!({ "value": value }) };
            Line { key: format!("last_100 {name}"), value }
        })
        .collect();
    let count = lines.len() as u64;
    spool
        .exclusively(|| archive::append(spool, lines, Batch::Aside, |state, _| state.old.last_100 = true))?;
    Ok(count)
}

fn is_lines_of_json(bytes: &[u8]) -> bool {
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    serde_json::from_slice::<Value>(bytes).is_ok()
        || lines.into_iter().all(|line| serde_json::from_slice::<Value>(line).is_ok())
}

/// A free name beside a file that does not parse.
fn aside(path: &Path) -> PathBuf {
    let date = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let named = |suffix: &str| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".corrupt-{date}{suffix}"));
        path.with_file_name(name)
    };
    let mut free = named("");
    for number in 1.. {
        if matches!(fs::symlink_metadata(&free), Err(error) if error.kind() == io::ErrorKind::NotFound) {
            break;
        }
        free = named(&format!("-{number}"));
    }
    free
}
