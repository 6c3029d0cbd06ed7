//! How a worker comes to own an entry: by a rename into its own folder.
//!
//! The folder is born in `tmp/` with its marker locked inside, and only then named under
//! `inflight/`. So a folder there whose marker is not locked belongs to a worker that has ended,
//! and its entries are put back. A stopped worker keeps its lock and its entries.

use std::fs::File;
use std::io::{self, Read, Write};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contents::read_entry;
use super::spool::{Part, file_name};
use super::ulid::Ulids;
use super::{Entry, Place, QueueError, Spool, Ulid};
use crate::sys::failure::Op;
use crate::sys::file::Flock;
use crate::sys::folder::{Access, Folder};
use crate::sys::{self, found};

/// The file in a worker's folder that it keeps locked. No entry has such a name.
pub(super) const MARKER: &str = "worker";
const REWRITTEN: &str = ".rewritten";
/// No more is read of what a worker says about itself.
const LONGEST_INFO: u64 = 1 << 16;

/// What a worker writes about itself, for messages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkerInfo {
    /// Its PID, in its own namespace.
    pub pid: u32,
    /// Its machine.
    pub host: String,
    /// Since when it works.
    pub since: Timestamp,
}

/// A worker's folder, and the right to claim entries into it.
#[derive(Debug)]
pub struct Claims {
    spool: Spool,
    /// The worker's name, which is also its folder's.
    name: String,
    place: Place,
    folder: Folder,
    /// Locked as long as we live.
    marker: File,
}

impl Claims {
    /// Begins to work.
    ///
    /// # Errors
    /// The folder can't be made, or the file system has no working `flock`: without it a live
    /// worker could not be told from a dead one.
    pub fn open(spool: &Spool) -> Result<Claims, QueueError> {
        let (tmp, inflight) = (spool.need(Part::Tmp)?, spool.need(Part::InFlight)?);
        let name = Ulids::default().make().map_err(QueueError::io(Op::Name, inflight.path()))?;
        let name = name.to_string();
        let made = spool.make_folder(tmp, &name);
        let folder = made.map_err(QueueError::io(Op::MakeFolder, tmp.path_of(&name)))?;
        let mut unborn = tmp.temporary(&name);
        let path = folder.path_of(MARKER);
        let mut marker = spool.create_file(&folder, MARKER).map_err(QueueError::io(Op::Create, &path))?;
        sys::file::lock_new(&marker).map_err(QueueError::io(Op::Lock, &path))?;
        let info =
            WorkerInfo { pid: std::process::id(), host: sys::machine::host_name(), since: Timestamp::now() };
        let text = serde_json::to_vec(&info).unwrap_or_default();
        marker.write_all(&text).map_err(QueueError::io(Op::Write, &path))?;
        let born = unborn.rename_to(inflight, &name);
        born.map_err(QueueError::io(Op::MakeFolder, inflight.path_of(&name)))?;
        // Entries must never be in a folder that a power cut could take away.
        inflight.sync().map_err(QueueError::io(Op::Sync, inflight.path()))?;
        let place = Place::InFlight(name.clone());
        Ok(Claims { spool: spool.clone(), name, place, folder, marker })
    }

    /// The place that this worker's entries are in.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Claims an entry. `None` when somebody else was faster. An entry that is malformed, or may
    /// not be read, is put among the dead as it is, and reported as an error.
    ///
    /// # Errors
    /// One that [is about this entry](QueueError::is_of_one_entry), with it in `dead/`; or the
    /// disk failed.
    pub fn claim(&self, from: &Place, name: Ulid) -> Result<Option<Entry>, QueueError> {
        let (source, file) = (self.spool.need_folder(from)?, file_name(name));
        let claimed = found(source.rename(&file, &self.folder, &file));
        if claimed.map_err(QueueError::io(Op::Claim, source.path_of(&file)))?.is_none() {
            return Ok(None);
        }
        match read_entry(&self.folder, name) {
            Err(error) if error.is_of_one_entry() => {
                self.pass(name, &Place::Dead)?;
                Err(error)
            }
            read => read,
        }
    }

    /// Gives an entry to another place as it is.
    ///
    /// # Errors
    /// The rename failed; the entry is still ours.
    pub fn pass(&self, name: Ulid, to: &Place) -> Result<(), QueueError> {
        let (target, file) = (self.spool.need_folder(to)?, file_name(name));
        let passed = self.folder.rename(&file, &target, &file);
        passed.map_err(QueueError::io(Op::Move, self.spool.path_of(&self.place).join(file)))
    }

    /// Puts a delivered entry into `done/`, with the time of the delivery as its file's.
    ///
    /// # Errors
    /// The rename failed; the entry is still ours and will be sent again.
    pub fn deliver(&self, name: Ulid) -> Result<(), QueueError> {
        let opened = self.folder.open_file(file_name(name), Access::Write);
        // Its time is only for people: the entry is delivered even if the time can't be set.
        let _ = opened.and_then(|file| file.set_modified(SystemTime::now()));
        self.pass(name, &Place::Done)
    }

    /// Writes what became of an entry into its file, then gives it to another place.
    ///
    /// # Errors
    /// The disk failed; the entry is still ours, whole, in its old or its new form.
    pub fn rewrite(&self, name: Ulid, entry: &Entry, to: &Place) -> Result<(), QueueError> {
        let fresh = format!("{name}{REWRITTEN}");
        let path = self.spool.path_of(&self.place);
        let written = self.spool.create_file(&self.folder, &fresh).and_then(|mut file| {
            file.write_all(&entry.to_bytes())?;
            file.sync_all()
        });
        if let Err(error) = written {
            let _ = self.folder.remove_file(&fresh);
            return Err(QueueError::io(Op::Write, path.join(fresh))(error));
        }
        let own = file_name(name);
        let replaced = self.folder.rename(&fresh, &self.folder, &own);
        replaced.map_err(QueueError::io(Op::Replace, path.join(own)))?;
        self.pass(name, to)
    }

    /// Takes the claimed entry's file away for good.
    ///
    /// # Errors
    /// The file can't be removed.
    pub fn discard(&self, name: Ulid) -> Result<(), QueueError> {
        let removed = self.folder.remove_file(file_name(name));
        removed.map_err(QueueError::io(Op::Remove, self.spool.path_of(&self.place).join(file_name(name))))
    }
}

impl Drop for Claims {
    /// An empty folder goes; one with entries stays, for the next run to put them back.
    fn drop(&mut self) {
        let only_marker = |names: Vec<_>| names.iter().all(|name| name == MARKER);
        if self.folder.names().is_ok_and(only_marker) {
            let _ = self.folder.remove_file(MARKER);
            let _ = self.spool.part(Part::InFlight).and_then(|inflight| inflight.remove_folder(&self.name));
        }
        let _ = sys::file::unlock(&self.marker);
    }
}

/// A worker's folder, seen from outside.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The folder's name.
    pub name: String,
    /// What it wrote about itself, where that can be read.
    pub info: Option<WorkerInfo>,
    /// Its marker is locked.
    pub alive: bool,
}

/// The workers that have a folder.
///
/// # Errors
/// A folder can't be read.
pub fn workers(spool: &Spool) -> Result<Vec<Worker>, QueueError> {
    let mut workers = Vec::new();
    for name in spool.workers()? {
        let Some(folder) = open(spool, &name)? else { continue };
        let marker = open_marker(&folder)?;
        let alive = match &marker {
            Some(file) => sys::file::is_locked(file).map_err(not_probed(&folder))?,
            None => false,
        };
        let info = marker.and_then(|file| serde_json::from_reader(file.take(LONGEST_INFO)).ok());
        workers.push(Worker { name, info, alive });
    }
    Ok(workers)
}

/// Puts back what dead workers had claimed. Returns how many entries. If one worker's entries can't
/// be put back, that is reported, and the others' are.
///
/// # Errors
/// The folder can't be read.
pub fn reclaim(spool: &Spool, mut trouble: impl FnMut(QueueError)) -> Result<u64, QueueError> {
    let inflight = spool.need(Part::InFlight)?;
    let mut count = 0;
    for name in inflight.names().map_err(QueueError::io(Op::List, inflight.path()))? {
        // Anything else than a folder was not put there by a worker.
        if !matches!(inflight.look(&name), Ok(Some(look)) if look.is_folder) {
            continue;
        }
        match name.to_str().map_or(Ok(0), |name| reclaim_from(spool, inflight, name)) {
            Ok(reclaimed) => count += reclaimed,
            Err(error) => trouble(error),
        }
    }
    Ok(count)
}

fn reclaim_from(spool: &Spool, inflight: &Folder, worker: &str) -> Result<u64, QueueError> {
    let Some(folder) = open(spool, worker)? else { return Ok(0) };
    // Held while we work, so that only one of us does.
    let marker = open_marker(&folder)?;
    if let Some(file) = &marker
        && !sys::file::try_flock(file, Flock::Exclusive).map_err(not_probed(&folder))?
    {
        return Ok(0);
    }
    let new = spool.need(Part::New)?;
    let mut count = 0;
    for name in spool.names(&Place::InFlight(worker.to_owned()))? {
        let file = file_name(name);
        let moved = found(folder.rename(&file, new, &file));
        count += u64::from(moved.map_err(QueueError::io(Op::PutBack, folder.path_of(file)))?.is_some());
    }
    for name in folder.names().map_err(QueueError::io(Op::List, folder.path()))? {
        if name == MARKER || name.to_str().is_some_and(|name| name.ends_with(REWRITTEN)) {
            let _ = folder.remove_file(&name);
        }
    }
    // Foreign files are not ours to delete.
    match inflight.remove_folder(worker) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
            Err(QueueError::io(Op::Remove, folder.path())(error))
        }
        _ => Ok(count),
    }
}

fn open(spool: &Spool, worker: &str) -> Result<Option<Folder>, QueueError> {
    let inflight = spool.need(Part::InFlight)?;
    found(inflight.own_folder(worker)).map_err(QueueError::io(Op::OpenFolder, inflight.path_of(worker)))
}

/// A folder without a marker belongs to a worker that is just ending, with nothing left in it.
fn open_marker(folder: &Folder) -> Result<Option<File>, QueueError> {
    found(folder.open_readable(MARKER)).map_err(QueueError::io(Op::Open, folder.path_of(MARKER)))
}

fn not_probed(folder: &Folder) -> impl FnOnce(io::Error) -> QueueError {
    QueueError::io(Op::LookAt, folder.path_of(MARKER))
}
