//! How a worker comes to own an entry: by a rename into its own folder.
//!
//! The folder is born in `tmp/` with its marker locked inside, and only then named under
//! `inflight/`. So whoever finds a folder there whose marker is locked by nobody knows that its
//! worker has ended, and puts what is in it back. A stopped worker keeps its lock and its
//! entries.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::found;
use super::spool::{create_file, file_name, make_private_folder};
use super::ulid::Ulids;
use super::{Entry, Place, QueueError, Spool, Ulid};
use crate::sys;
use crate::sys::file::Flock;

/// The file in a worker's folder that it keeps locked. No entry has such a name.
pub(super) const MARKER: &str = "worker";
const REWRITTEN: &str = ".rewritten";

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
    place: Place,
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
        spool.ensure()?;
        let worker = Ulids::default()
            .make()
            .map_err(QueueError::io("name a worker in", spool.inflight()))?
            .to_string();
        let unborn = spool.tmp().join(&worker);
        make_private_folder(&unborn).map_err(QueueError::io("create the folder", &unborn))?;
        let path = unborn.join(MARKER);
        let mut marker = create_file(&path).map_err(QueueError::io("create", &path))?;
        let locked =
            sys::file::try_flock(&marker, Flock::Exclusive).map_err(QueueError::io("lock", &path))?;
        if !locked {
            return Err(QueueError::Busy(path));
        }
        let info =
            WorkerInfo { pid: std::process::id(), host: sys::machine::host_name(), since: Timestamp::now() };
        let text = serde_json::to_vec(&info).unwrap_or_default();
        marker.write_all(&text).map_err(QueueError::io("write", &path))?;
        let born = spool.inflight().join(&worker);
        sys::given::rename(&unborn, &born).map_err(QueueError::io("create the folder", &born))?;
        // Entries must never be in a folder that a power cut could take away.
        sys::file::sync_folder(&spool.inflight()).map_err(QueueError::io("sync", spool.inflight()))?;
        Ok(Claims { spool: spool.clone(), place: Place::InFlight(worker), marker })
    }

    /// The place that this worker's entries are in.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Claims an entry. `None` when somebody else was faster. One that makes no sense, or may not
    /// be read, is put among the dead as it is, and told as an error.
    ///
    /// # Errors
    /// One that [is about this entry](QueueError::is_of_one_entry), with it in `dead/`; or the
    /// disk failed.
    pub fn claim(&self, from: &Place, name: Ulid) -> Result<Option<Entry>, QueueError> {
        let (source, target) = (self.spool.file(from, name), self.spool.file(&self.place, name));
        if found(sys::given::rename(&source, &target)).map_err(QueueError::io("claim", &source))?.is_none() {
            return Ok(None);
        }
        match self.spool.read(&self.place, name) {
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
        let source = self.spool.file(&self.place, name);
        sys::given::rename(&source, &self.spool.file(to, name)).map_err(QueueError::io("move", source))
    }

    /// Puts a delivered entry into `done/`, with the time of the delivery as its file's.
    ///
    /// # Errors
    /// The rename failed; the entry is still ours and will be sent again.
    pub fn deliver(&self, name: Ulid) -> Result<(), QueueError> {
        let path = self.spool.file(&self.place, name);
        // Its time is for people: a file that refuses it is delivered all the same.
        let _ = File::options().write(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        self.pass(name, &Place::Done)
    }

    /// Writes what became of an entry into its file, then gives it to another place.
    ///
    /// # Errors
    /// The disk failed; the entry is still ours, whole, in its old or its new form.
    pub fn rewrite(&self, name: Ulid, entry: &Entry, to: &Place) -> Result<(), QueueError> {
        let folder = self.spool.folder(&self.place);
        let path = folder.join(format!("{name}{REWRITTEN}"));
        let written = create_file(&path).and_then(|mut file| {
            file.write_all(&entry.to_bytes())?;
            file.sync_all()
        });
        if let Err(error) = written {
            let _ = fs::remove_file(&path);
            return Err(QueueError::io("write", path)(error));
        }
        let own = folder.join(file_name(name));
        sys::given::rename(&path, &own).map_err(QueueError::io("replace", own))?;
        self.pass(name, to)
    }

    /// Takes the claimed entry's file away for good.
    ///
    /// # Errors
    /// The file can't be removed.
    pub fn discard(&self, name: Ulid) -> Result<(), QueueError> {
        let path = self.spool.file(&self.place, name);
        fs::remove_file(&path).map_err(QueueError::io("remove", path))
    }
}

impl Drop for Claims {
    /// An empty folder goes; one with entries stays, for the next run to put them back.
    fn drop(&mut self) {
        if self.spool.count(&self.place).is_ok_and(|(count, _)| count == 0) {
            let folder = self.spool.folder(&self.place);
            let _ = fs::remove_file(folder.join(MARKER));
            let _ = fs::remove_dir(folder);
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
    let look = |name: String| {
        let marker = open_marker(spool, &name)?;
        let alive = match &marker {
            Some((file, path)) => !unlocked(file, path, Flock::Shared)?,
            None => false,
        };
        let info = marker.and_then(|(file, _)| serde_json::from_reader(file).ok());
        Ok(Worker { name, info, alive })
    };
    spool.workers()?.into_iter().map(look).collect()
}

/// Puts back what dead workers had claimed. Returns how many entries.
///
/// # Errors
/// The disk failed; what was not put back is put back the next time.
pub fn reclaim(spool: &Spool) -> Result<u64, QueueError> {
    let mut count = 0;
    for worker in spool.workers()? {
        // Held while we work, so that only one of us does.
        let marker = open_marker(spool, &worker)?;
        if let Some((file, path)) = &marker
            && !unlocked(file, path, Flock::Exclusive)?
        {
            continue;
        }
        let place = Place::InFlight(worker);
        for name in spool.names(&place)? {
            let (source, target) = (spool.file(&place, name), spool.file(&Place::New, name));
            let moved =
                found(sys::given::rename(&source, &target)).map_err(QueueError::io("put back", source))?;
            count += u64::from(moved.is_some());
        }
        remove_folder(&spool.folder(&place))?;
    }
    Ok(count)
}

fn remove_folder(folder: &std::path::Path) -> Result<(), QueueError> {
    let fail = |action| QueueError::io(action, folder);
    let Some(listing) = found(fs::read_dir(folder)).map_err(fail("list"))? else { return Ok(()) };
    for entry in listing.flatten() {
        let name = entry.file_name();
        if name == MARKER || name.to_str().is_some_and(|name| name.ends_with(REWRITTEN)) {
            let _ = fs::remove_file(entry.path());
        }
    }
    // What else somebody has put there is not ours to delete.
    match fs::remove_dir(folder) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
            Err(fail("remove the folder")(error))
        }
        _ => Ok(()),
    }
}

/// A folder without a marker belongs to a worker that is just ending, with nothing left in it.
fn open_marker(spool: &Spool, worker: &str) -> Result<Option<(File, PathBuf)>, QueueError> {
    let path = spool.inflight().join(worker).join(MARKER);
    let opened = found(File::open(&path)).map_err(QueueError::io("open", &path))?;
    Ok(opened.map(|file| (file, path)))
}

fn unlocked(file: &File, path: &std::path::Path, kind: Flock) -> Result<bool, QueueError> {
    sys::file::try_flock(file, kind).map_err(QueueError::io("look at the lock of", path))
}
