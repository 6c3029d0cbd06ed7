//! The folders of the outbox, and how a memory gets into them.
//!
//! Saving, in this order: write in `tmp/`, sync the file, rename into `new/`, sync the folders,
//! return. Several at once share the last step, and their syncs overlap in the file system's
//! journal. The maker keeps its file under `flock` until the rename, so that what a dead maker
//! left is told from what is being written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{READ_ENTRY, found};
use super::places::folder_of;
use super::{Entry, QueueError, Ulid};
use crate::sys;
use crate::sys::file::Flock;
use crate::sys::given::{self, Access};

/// Memories are private.
const FOLDER_MODE: u32 = 0o700;
pub(super) const FILE_MODE: u32 = 0o600;
/// The folders inside the outbox.
const FOLDERS: [&str; 6] = ["tmp", "new", "inflight", "done", "archive", "dead"];
/// Longer than any save takes. A stopped one is safe by its lock however long it is stopped.
const LEFTOVER_AGE: Duration = Duration::from_secs(3600);
/// Looks at the outbox's own lock before it counts as kept.
const LOCK_LOOKS: u32 = 1000;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Where an entry can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Durable, waiting.
    New,
    /// Claimed by the worker of that name.
    InFlight(String),
    /// Given up on.
    Dead,
    /// Delivered, not yet in the archive.
    Done,
}

impl Place {
    /// Its name for people and in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Place::New => "pending",
            Place::InFlight(_) => "in flight",
            Place::Dead => "dead",
            Place::Done => "delivered",
        }
    }
}

/// Limits of what may wait. `None` is no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// How many entries, dead ones included.
    pub entries: Option<u64>,
    /// How many bytes their files have together.
    pub bytes: Option<u64>,
}

/// An outbox. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Spool {
    path: PathBuf,
}

impl Spool {
    /// The outbox in that folder, which need not exist yet: nothing is made before it is needed.
    pub fn new(path: impl Into<PathBuf>) -> Spool {
        Spool { path: path.into() }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a place.
    pub fn folder(&self, place: &Place) -> PathBuf {
        match place {
            Place::New => self.path.join("new"),
            Place::InFlight(worker) => self.inflight().join(worker),
            Place::Dead => self.path.join("dead"),
            Place::Done => self.path.join("done"),
        }
    }

    /// An entry's file in a place.
    pub fn file(&self, place: &Place, name: Ulid) -> PathBuf {
        self.folder(place).join(file_name(name))
    }

    pub(super) fn tmp(&self) -> PathBuf {
        self.path.join("tmp")
    }

    pub(super) fn inflight(&self) -> PathBuf {
        self.path.join("inflight")
    }

    pub(super) fn archive(&self) -> PathBuf {
        self.path.join("archive")
    }

    /// Makes the folders that are missing, each durable before anything is put into it. The file
    /// `.lock` comes last: without it nobody takes the folders for durable.
    ///
    /// # Errors
    /// One of them can't be made.
    pub fn create(&self) -> Result<(), QueueError> {
        make_durable_folders(folder_of(&self.path))?;
        let fail = |path: &Path| QueueError::io("create the folder", path.to_owned());
        if !self.path.is_dir() {
            make_private_folder(&self.path).map_err(fail(&self.path))?;
        }
        let parent = folder_of(&self.path);
        sys::file::sync_folder(parent).map_err(QueueError::io("sync", parent))?;
        for name in FOLDERS {
            let folder = self.path.join(name);
            make_private_folder(&folder).map_err(fail(&folder))?;
        }
        sys::file::sync_folder(&self.path).map_err(QueueError::io("sync", &self.path))?;
        self.open_lock().map(drop)
    }

    /// The same, unless it has been done.
    pub(super) fn ensure(&self) -> Result<(), QueueError> {
        if !self.lock_path().exists() || !self.folder(&Place::New).is_dir() {
            self.create()?;
        }
        self.refuse_links()
    }

    /// The superuser follows no link that another user has put into the outbox.
    fn refuse_links(&self) -> Result<(), QueueError> {
        if given::is_anothers(&self.path).map_err(QueueError::io("open the folder", &self.path))? {
            for name in FOLDERS {
                let folder = self.path.join(name);
                let opened = sys::file::open_folder(&folder);
                found(opened).map_err(QueueError::io("open the folder", folder))?;
            }
        }
        Ok(())
    }

    pub(super) fn lock_path(&self) -> PathBuf {
        self.path.join(".lock")
    }

    fn open_lock(&self) -> Result<File, QueueError> {
        let path = self.lock_path();
        given::open_or_create(&path, Access::Write, FILE_MODE).map_err(QueueError::io("open", path))
    }

    /// Saves entries under their names. When this returns, all of them are on disk.
    ///
    /// # Errors
    /// None of them was saved, unless it is [`QueueError::NotDurable`] or the disk failed in the
    /// middle of the renames.
    pub fn save(&self, entries: &[(Ulid, Entry)]) -> Result<(), QueueError> {
        self.ensure()?;
        let bytes: Vec<_> = entries.iter().map(|(name, entry)| (*name, entry.to_bytes())).collect();
        self.stage(&bytes)?.publish(&self.folder(&Place::New))?;
        // A rename is one change of two folders, and certain only when both know of it.
        let tmp = self.tmp();
        sys::file::sync_folder(&tmp).map_err(|source| QueueError::NotDurable { folder: tmp, source })
    }

    /// Writes files in `tmp/` and syncs them.
    fn stage(&self, files: &[(Ulid, Vec<u8>)]) -> Result<Staged, QueueError> {
        let mut staged = Staged(Vec::with_capacity(files.len()));
        for (name, bytes) in files {
            let path = self.tmp().join(file_name(*name));
            let mut file = create_file(&path).map_err(QueueError::io("create", &path))?;
            // Where there is no such lock, age alone tells a leftover.
            let _ = sys::file::try_flock(&file, Flock::Exclusive);
            let written = file.write_all(bytes).map_err(QueueError::io("write", &path));
            staged.0.push((path, file));
            written?;
        }
        for (path, file) in &staged.0 {
            file.sync_all().map_err(QueueError::io("sync", path))?;
        }
        Ok(staged)
    }

    /// The names in a place, oldest first. What is no entry's file is passed over.
    ///
    /// # Errors
    /// The folder can't be read. One that is missing is empty.
    pub fn names(&self, place: &Place) -> Result<Vec<Ulid>, QueueError> {
        let mut names = Vec::new();
        self.each(&self.folder(place), |name| names.extend(name.to_str().and_then(entry_name)))?;
        names.sort_unstable();
        Ok(names)
    }

    /// How many entries a place has, and the oldest of them.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn count(&self, place: &Place) -> Result<(u64, Option<Ulid>), QueueError> {
        let (mut count, mut oldest) = (0, None::<Ulid>);
        self.each(&self.folder(place), |name| {
            if let Some(name) = name.to_str().and_then(entry_name) {
                count += 1;
                oldest = Some(oldest.map_or(name, |oldest| oldest.min(name)));
            }
        })?;
        Ok((count, oldest))
    }

    /// The workers that have a folder, dead ones included.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn workers(&self) -> Result<Vec<String>, QueueError> {
        let mut workers = Vec::new();
        self.each(&self.inflight(), |name| workers.extend(name.to_str().map(str::to_owned)))?;
        workers.sort();
        Ok(workers)
    }

    /// Every place that has entries.
    ///
    /// # Errors
    /// A folder can't be read.
    pub fn places(&self) -> Result<Vec<Place>, QueueError> {
        let mut places = vec![Place::New];
        places.extend(self.workers()?.into_iter().map(Place::InFlight));
        places.extend([Place::Dead, Place::Done]);
        Ok(places)
    }

    fn each(&self, folder: &Path, mut visit: impl FnMut(&std::ffi::OsStr)) -> Result<(), QueueError> {
        let Some(listing) = found(fs::read_dir(folder)).map_err(QueueError::io("list", folder))? else {
            return Ok(());
        };
        for entry in listing {
            visit(&entry.map_err(QueueError::io("list", folder))?.file_name());
        }
        Ok(())
    }

    /// Reads an entry. `None` when it is not in that place, or not any more.
    ///
    /// # Errors
    /// The file can't be read, or is no entry.
    pub fn read(&self, place: &Place, name: Ulid) -> Result<Option<Entry>, QueueError> {
        let path = self.file(place, name);
        // Without waiting: a FIFO would never end.
        let opened = found(sys::file::unblocking_options().read(true).open(&path));
        let Some(mut file) = opened.map_err(QueueError::io(READ_ENTRY, &path))? else {
            return Ok(None);
        };
        if !file.metadata().map_err(QueueError::io(READ_ENTRY, &path))?.is_file() {
            return Err(QueueError::Unreadable { path, reason: "it is not a regular file".to_owned() });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(QueueError::io(READ_ENTRY, &path))?;
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| QueueError::Unreadable { path, reason: error.to_string() })
    }

    /// Looks an entry up by its id, which is its name unless an old program gave it another one.
    ///
    /// # Errors
    /// [`QueueError::NotFound`], or a folder can't be read.
    pub fn find(&self, id: &str) -> Result<(Place, Ulid, Entry), QueueError> {
        let places = self.places()?;
        if let Ok(name) = id.parse() {
            for place in &places {
                if let Some(entry) = self.read(place, name)? {
                    return Ok((place.clone(), name, entry));
                }
            }
        }
        for place in places {
            for name in self.names(&place)? {
                // A file that makes no sense has no id to be found by.
                if let Ok(Some(entry)) = self.read(&place, name)
                    && entry.id == id
                {
                    return Ok((place, name, entry));
                }
            }
        }
        Err(QueueError::NotFound { what: "there is no such entry", id: id.to_owned() })
    }

    /// Makes sure that `more` entries of `bytes` together still fit. Two who ask at the same
    /// moment may both be let in.
    ///
    /// # Errors
    /// [`QueueError::Full`].
    pub fn check_limits(&self, limits: Limits, more: u64, bytes: u64) -> Result<(), QueueError> {
        if limits.entries.is_none() && limits.bytes.is_none() {
            return Ok(());
        }
        let (mut entries, mut size) = (more, bytes);
        for place in self.places()?.iter().filter(|place| **place != Place::Done) {
            if limits.bytes.is_none() {
                entries += self.count(place)?.0;
                continue;
            }
            for name in self.names(place)? {
                // One that was delivered meanwhile takes no room.
                if let Ok(meta) = fs::metadata(self.file(place, name)) {
                    entries += 1;
                    size += meta.len();
                }
            }
        }
        let over = |what: &str, number, limit: Option<u64>| match limit {
            Some(limit) if number > limit => Err(QueueError::Full {
                what: format!("this would make {number} {what}, and the limit is {limit}"),
            }),
            _ => Ok(()),
        };
        over("entries", entries, limits.entries)?;
        over("bytes", size, limits.bytes)
    }

    /// Deletes what dead makers left in `tmp/`: locked by nobody, and older than any save.
    pub fn sweep(&self) -> usize {
        let Ok(listing) = fs::read_dir(self.tmp()) else { return 0 };
        let is_old = |path: &Path| {
            let age = fs::symlink_metadata(path).ok()?.modified().ok()?.elapsed().ok()?;
            (age > LEFTOVER_AGE).then_some(())
        };
        let swept = listing.flatten().map(|entry| entry.path()).filter(|path| is_old(path).is_some());
        swept.filter(|path| remove_leftover(path)).count()
    }

    /// Runs `change` while no other process does the like: for counters and the archive, whose
    /// files are read and written back. Never while talking to the network.
    ///
    /// # Errors
    /// [`QueueError::Busy`] after five seconds, which hardly more than a stopped process can cause.
    pub fn exclusively<T>(&self, change: impl FnOnce() -> Result<T, QueueError>) -> Result<T, QueueError> {
        let (file, path) = (self.open_lock()?, self.lock_path());
        for _ in 0..LOCK_LOOKS {
            if sys::file::try_flock(&file, Flock::Exclusive).map_err(QueueError::io("lock", &path))? {
                let result = change();
                // Explicitly: a child that was started meanwhile could keep it.
                let _ = sys::file::unlock(&file);
                return result;
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        Err(QueueError::Busy(path))
    }

    /// Reads several entries of a place, by name. Those that went away meanwhile, and those that
    /// make no sense, are told apart.
    pub fn read_all(&self, place: &Place) -> Result<BTreeMap<Ulid, Result<Entry, QueueError>>, QueueError> {
        let names = self.names(place)?.into_iter();
        Ok(names.filter_map(|name| Some((name, self.read(place, name).transpose()?))).collect())
    }
}

/// Files in `tmp/`, whole and synced. Those that are not published go when this is dropped.
#[derive(Debug)]
struct Staged(Vec<(PathBuf, File)>);

impl Staged {
    fn publish(mut self, folder: &Path) -> Result<(), QueueError> {
        while let Some((path, file)) = self.0.first() {
            // The name was made by `file_name`, so it has one.
            let target = folder.join(path.file_name().unwrap_or_default());
            sys::given::rename(path, &target).map_err(QueueError::io("save", &target))?;
            // For a child that inherited the descriptor.
            let _ = sys::file::unlock(file);
            self.0.swap_remove(0);
        }
        let synced = sys::file::sync_folder(folder);
        synced.map_err(|source| QueueError::NotDurable { folder: folder.to_owned(), source })
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (path, _) in &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// Removes a dead maker's file, or the unborn folder of a dead worker.
fn remove_leftover(path: &Path) -> bool {
    if path.is_dir() {
        let marker = path.join(super::claim::MARKER);
        let unmarked = !marker.exists() || is_unlocked(&marker) && fs::remove_file(&marker).is_ok();
        return unmarked && fs::remove_dir(path).is_ok();
    }
    is_unlocked(path) && fs::remove_file(path).is_ok()
}

fn is_unlocked(path: &Path) -> bool {
    let opened = sys::file::unblocking_options().read(true).open(path);
    opened.is_ok_and(|file| sys::file::try_flock(&file, Flock::Shared).unwrap_or(false))
}

/// Creates a file that must not be there yet, for its owner only.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    given::create(path, FILE_MODE)
}

/// Makes a folder and those above it, with the user's own umask.
pub(super) fn make_durable_folders(path: &Path) -> Result<(), QueueError> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = folder_of(path);
    make_durable_folders(parent)?;
    match given::create_folder(path, 0o777) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.map_err(QueueError::io("create the folder", path))?,
    }
    sys::file::sync_folder(parent).map_err(QueueError::io("sync", parent))
}

/// Makes a folder for its owner only. One that is there is fine.
pub(super) fn make_private_folder(path: &Path) -> io::Result<()> {
    match given::create_folder(path, FOLDER_MODE) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// The name of an entry's file.
pub(super) fn file_name(name: Ulid) -> String {
    format!("{name}.json")
}

fn entry_name(name: &str) -> Option<Ulid> {
    name.strip_suffix(".json")?.parse().ok()
}
