//! Taking entries out of the old programs' files, while those may still be at work.
//!
//! Under this project's lock on the queue file and under the old programs' own `flock`. Both are
//! tried; a busy one means next time. The queue file is replaced as a whole, and only if it still
//! is the one that was read: some old programs delete the lock's file, which makes two locks of
//! one.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;

use super::form::{List, OldQueue, convert, id_of, is_entry};
use super::salvage::salvage;
use super::staging::{Cargo, Origin, Plan, Staging};
use super::{BACKUP, EMERGENCY, LOCK, OldFiles, QUEUE, others_with};
use crate::lock::wait::Silent;
use crate::lock::{Held, Keep, LockError};
use crate::queue::archive::{self, Batch, Line};
use crate::queue::contents::read_file;
use crate::queue::fresh::{Fresh, sweep};
use crate::queue::state::State;
use crate::queue::{QueueError, Spool};
use crate::sys::failure::Op;
use crate::sys::file::{Flock, Identity};
use crate::sys::folder::{Access, Look};
use crate::sys::{self, found};

/// How often a queue file that changes under us is read again.
const RESTARTS: u32 = 5;
/// What the emergency file is called while it is taken.
pub(super) const TAKEN: &str = "mem0_emergency.json.aimem-taken";
/// The old programs had hundreds of entries.
const LONGEST: u64 = 256 << 20;
/// Permissions that let others than the owner read.
const READABLE_BY_OTHERS: u32 = 0o044;

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
        let queue = self.folder.path_of(QUEUE);
        let held = self.locker.acquire(&queue, Keep::Running, &mut Silent).map_err(|error| match error {
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
        let path = self.folder.path_of(LOCK);
        // Not truncated: the time of its last change says since when somebody has it.
        let opened = self.folder.open_or_create(LOCK, Access::Write, 0o644);
        let file = opened.map_err(QueueError::io(Op::Open, &path))?;
        if sys::file::try_flock(&file, Flock::Exclusive).map_err(QueueError::io(Op::Lock, &path))? {
            return Ok(file);
        }
        let identity = Identity::from(&file.metadata().map_err(QueueError::io(Op::LookAt, &path))?);
        let pids: Vec<String> =
            others_with(&path, identity).into_iter().map(|pid| format!("pid {pid}")).collect();
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
        let name = if plan.origin == Origin::Queue { QUEUE } else { TAKEN };
        let still_there = self.read(name)?.is_some_and(|bytes| {
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
        let Some(before) = self.version()? else { return Ok(Step::Done) };
        let Some(bytes) = self.read(QUEUE)? else { return Ok(Step::Changed) };
        let Some(old) = read(&bytes) else {
            return self.import_corrupt(staging, held, (&before, &bytes), imported);
        };
        let known = State::load(spool)?.old;
        if !old.last_100.is_empty() && !known.last_100 {
            imported.archived = keep_last_100(spool, &old.last_100)?;
        }
        let cargo = cargo(&old.queue, &old.failed, old.totals);
        if cargo.is_empty() {
            if let Some(totals) = old.totals.filter(|totals| known.seen != *totals) {
                State::update(spool, |state| state.old.follow(totals))?;
            }
            return Ok(Step::Done);
        }
        let plan = staging.stage(Origin::Queue, &bytes, &cargo)?;
        if !self.replace_queue(&before, &without_entries(&bytes), held)? {
            staging.clear()?;
            return Ok(Step::Changed);
        }
        staging.publish(&plan)?;
        imported.queued += cargo.new.len() as u64;
        imported.failed += cargo.dead.len() as u64;
        Ok(Step::Done)
    }

    /// The whole content of one of the files.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, QueueError> {
        let fail = |error| QueueError::io(Op::Read, self.folder.path_of(name))(error);
        let Some(bytes) = read_file(&self.folder, name, LONGEST).map_err(fail)? else { return Ok(None) };
        let too_large = || io::Error::other(format!("it is larger than {LONGEST} bytes"));
        bytes.ok_or_else(|| fail(too_large())).map(Some)
    }

    /// What tells the queue file from every other version of it. Taken before it is read; the file
    /// stays open, so that its number goes to no other.
    fn version(&self) -> Result<Option<Version>, QueueError> {
        let opened = found(self.folder.open_readable(QUEUE));
        let meta = opened.and_then(|file| file.map(|file| Ok((file.metadata()?, file))).transpose());
        let version = meta.map_err(QueueError::io(Op::Open, self.folder.path_of(QUEUE)))?;
        Ok(version.map(|(meta, file)| Version { meta, _file: file }))
    }

    /// Replaces the queue file, if it still is that version of it. Whether it was.
    fn replace_queue(&self, before: &Version, bytes: &[u8], held: &Held) -> Result<bool, QueueError> {
        let (folder, path) = (&self.folder, self.folder.path_of(QUEUE));
        sweep(folder, QUEUE);
        let (mode, owner) = (before.meta.mode() & 0o777, before.meta.uid());
        let fresh =
            Fresh::write(folder, QUEUE, bytes, mode, mode).map_err(QueueError::io(Op::Replace, &path))?;
        let made = fresh.file().metadata().map_err(QueueError::io(Op::LookAt, &path))?.uid();
        // The old programs must be able to read it afterwards.
        if made != owner && made != folder.owner() && mode & READABLE_BY_OTHERS == 0 {
            let why = format!("user {owner} could not read the new file: let that user import it");
            return Err(QueueError::io(Op::Replace, path)(io::Error::new(
                io::ErrorKind::PermissionDenied,
                why,
            )));
        }
        let commit = || match folder.look(QUEUE)? {
            Some(now) if before.is(&now) => fresh.rename_to(QUEUE).map(|()| true),
            _ => Ok(false),
        };
        let replaced = held.publish(&mut Silent, commit)?.map_err(QueueError::io(Op::Replace, &path))?;
        if replaced {
            self.sync()?;
        }
        Ok(replaced)
    }

    /// A queue file that does not parse: what can be read of it is taken, and it is set aside.
    fn import_corrupt(
        &self,
        staging: &Staging<'_>,
        held: &Held,
        (before, bytes): (&Version, &[u8]),
        imported: &mut Imported,
    ) -> Result<Step, QueueError> {
        let mut old = salvage(bytes);
        let backup = self.read(BACKUP)?;
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
        let aside = self.aside(QUEUE)?;
        let commit = || match self.folder.look(QUEUE)? {
            Some(now) if before.is(&now) => self.folder.move_new(QUEUE, &aside).map(|()| true),
            _ => Ok(false),
        };
        let moved = held.publish(&mut Silent, commit)?;
        if !moved.map_err(QueueError::io(Op::SetAside, self.folder.path_of(QUEUE)))? {
            staging.clear()?;
            return Ok(Step::Changed);
        }
        self.sync()?;
        staging.publish(&plan)?;
        imported.queued += cargo.new.len() as u64;
        imported.failed += cargo.dead.len() as u64;
        imported.set_aside.push(self.folder.path_of(aside));
        Ok(Step::Done)
    }

    /// It is taken under a name under which nobody can begin to append to it.
    fn import_emergency(&self, staging: &Staging<'_>, imported: &mut Imported) -> Result<(), QueueError> {
        let (folder, path) = (&self.folder, self.folder.path_of(TAKEN));
        if folder.look(TAKEN).map_err(QueueError::io(Op::LookAt, &path))?.is_none() {
            // Only what can be read is taken.
            let emergency = folder.path_of(EMERGENCY);
            let taken =
                found(folder.open_readable(EMERGENCY)).map_err(QueueError::io(Op::Open, &emergency))?;
            let taken = taken.map_or(Ok(None), |_| found(folder.move_new(EMERGENCY, TAKEN)));
            if taken.map_err(QueueError::io(Op::Take, emergency))?.is_none() {
                return Ok(());
            }
        }
        let opened = folder.open_readable(TAKEN).and_then(|file| file.metadata());
        let meta = opened.map_err(QueueError::io(Op::Open, &path))?;
        // Its writers take no lock. One that has it open may still be about to append.
        if !others_with(&path, Identity::from(&meta)).is_empty() {
            return Ok(());
        }
        let bytes = self.read(TAKEN)?.unwrap_or_default();
        let old = salvage(&bytes);
        let cargo = cargo(&old.queue, &old.failed, None);
        let plan = staging.stage(Origin::Emergency, &bytes, &cargo)?;
        if is_lines_of_json(&bytes) {
            folder.remove_file(TAKEN).map_err(QueueError::io(Op::Remove, path))?;
        } else {
            let aside = self.aside(EMERGENCY)?;
            folder.move_new(TAKEN, &aside).map_err(QueueError::io(Op::SetAside, path))?;
            imported.set_aside.push(folder.path_of(aside));
        }
        self.sync()?;
        staging.publish(&plan)?;
        imported.emergency += (cargo.new.len() + cargo.dead.len()) as u64;
        Ok(())
    }

    fn sync(&self) -> Result<(), QueueError> {
        self.folder.sync().map_err(QueueError::io(Op::Sync, self.folder.path()))
    }

    /// A free name beside a file that does not parse.
    fn aside(&self, name: &str) -> Result<String, QueueError> {
        let date = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let first = format!("{name}.corrupt-{date}");
        let mut free = first.clone();
        for number in 1.. {
            let look = self.folder.look(&free);
            if look.map_err(QueueError::io(Op::LookAt, self.folder.path_of(&free)))?.is_none() {
                break;
            }
            free = format!("{first}-{number}");
        }
        Ok(free)
    }
}

/// A version of the queue file.
struct Version {
    meta: Metadata,
    _file: File,
}

impl Version {
    fn is(&self, now: &Look) -> bool {
        let modified = (self.meta.mtime(), self.meta.mtime_nsec());
        now.is_file
            && (now.identity, now.size, now.modified)
                == (Identity::from(&self.meta), self.meta.len(), modified)
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
