//! The folders of the outbox, and how a memory gets into them.
//!
//! Saving, in this order: write in `tmp/`, sync the file, rename into `new/`, sync the folders,
//! return. Several at once share the last step, and their syncs overlap in the file system's
//! journal. The maker keeps its file under `flock` until the rename, so that what a dead maker
//! left is told from what is being written.
//!
//! The outbox is opened once, by its path; all that is in it is reached from there, and must be
//! its owner's or the superuser's ([`crate::sys::folder`]).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{READ_ENTRY, found, reason};
use super::{Entry, QueueError, Ulid};
use crate::sys;
use crate::sys::file::Flock;
use crate::sys::folder::{Access, Folder};

/// Memories are private.
const FOLDER_MODE: u32 = 0o700;
pub(super) const FILE_MODE: u32 = 0o600;
/// Bits of a mode that let others than the owner in.
const OPEN_TO_OTHERS: u32 = 0o077;
/// The folders inside the outbox, in the order of [`Part`].
const FOLDERS: [&str; 6] = ["tmp", "new", "inflight", "done", "archive", "dead"];
/// Made last: without it nobody takes the folders for durable.
const LOCK: &str = ".lock";
/// No entry's file is longer: one that is was not made by us.
const LONGEST_ENTRY: u64 = 256 << 20;
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

/// A folder of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Tmp,
    New,
    InFlight,
    Done,
    Archive,
    Dead,
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        FOLDERS[self as usize]
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

/// An outbox, open. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Spool {
    root: Folder,
    /// In the order of [`Part`]. Only [`Spool::existing`] leaves some out.
    parts: [Option<Folder>; 6],
    /// Nobody but its owner and the superuser gets into the outbox.
    closed: bool,
}

impl Spool {
    /// Opens the outbox in that folder, and makes what is missing of it.
    ///
    /// # Errors
    /// A folder can't be made or opened, or is not to be trusted.
    pub fn open(path: &Path) -> Result<Spool, QueueError> {
        let opened = Folder::walk_to_or_make(path, Some(FOLDER_MODE));
        let mut spool = Spool::of(opened.map_err(QueueError::io("open the folder", path))?)?;
        let lock = spool.root.look(LOCK).map_err(QueueError::io("look at", spool.root.path_of(LOCK)))?;
        if !lock.is_some_and(|lock| lock.is_file) || spool.parts.iter().any(Option::is_none) {
            spool.complete()?;
        }
        Ok(spool)
    }

    /// Opens the outbox in that folder as it is; `None` when there is none.
    ///
    /// # Errors
    /// A folder can't be opened, or is not to be trusted.
    pub fn existing(path: &Path) -> Result<Option<Spool>, QueueError> {
        let opened = found(Folder::walk_to(path)).map_err(QueueError::io("open the folder", path))?;
        opened.map(Spool::of).transpose()
    }

    fn of(root: Folder) -> Result<Spool, QueueError> {
        let fail = |name: &str| QueueError::io("open the folder", root.path_of(name));
        let mode = root.metadata().map_err(fail(""))?.mode();
        let mut parts = [const { None }; 6];
        for (part, name) in parts.iter_mut().zip(FOLDERS) {
            *part = found(root.own_folder(name)).map_err(fail(name))?;
        }
        Ok(Spool { root, parts, closed: mode & OPEN_TO_OTHERS == 0 })
    }

    /// Makes the folders that are missing, each durable before anything is put into it.
    fn complete(&mut self) -> Result<(), QueueError> {
        let root = self.root.clone();
        root.sync_above().map_err(QueueError::io("sync the folder above", root.path()))?;
        for (index, name) in FOLDERS.into_iter().enumerate() {
            if self.parts[index].is_none() {
                let made = match self.make_folder(&root, name) {
                    // Somebody was faster.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => root.own_folder(name),
                    made => made,
                };
                self.parts[index] =
                    Some(made.map_err(QueueError::io("create the folder", root.path_of(name)))?);
            }
        }
        root.sync().map_err(QueueError::io("sync", root.path()))?;
        self.open_lock().map(drop)
    }

    /// The outbox's folder.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn root(&self) -> &Folder {
        &self.root
    }

    /// One of the folders. `NotFound` when it is not there.
    pub(super) fn part(&self, part: Part) -> io::Result<&Folder> {
        self.parts[part as usize].as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The same for whoever needs it.
    pub(super) fn need(&self, part: Part) -> Result<&Folder, QueueError> {
        self.part(part).map_err(QueueError::io("open the folder", self.root.path_of(part.name())))
    }

    fn folder(&self, place: &Place) -> io::Result<Folder> {
        match place {
            Place::New => self.part(Part::New).cloned(),
            Place::Dead => self.part(Part::Dead).cloned(),
            Place::Done => self.part(Part::Done).cloned(),
            Place::InFlight(worker) => self.part(Part::InFlight)?.own_folder(worker),
        }
    }

    /// The folder of a place, for whoever needs it.
    pub(super) fn need_folder(&self, place: &Place) -> Result<Folder, QueueError> {
        self.folder(place).map_err(QueueError::io("open the folder", self.path_of(place)))
    }

    /// A place's path, for messages.
    pub(super) fn path_of(&self, place: &Place) -> PathBuf {
        match place {
            Place::New => self.root.path_of(Part::New.name()),
            Place::Dead => self.root.path_of(Part::Dead.name()),
            Place::Done => self.root.path_of(Part::Done.name()),
            Place::InFlight(worker) => self.root.path_of(Part::InFlight.name()).join(worker),
        }
    }

    /// Permissions of a file that the superuser may not give to the outbox's owner. Where nobody
    /// else gets in they let the owner work with it.
    pub(super) fn kept_mode(&self) -> u32 {
        if self.closed { 0o666 } else { FILE_MODE }
    }

    /// Creates a file that must not be there yet, for its owner only.
    pub(super) fn create_file(&self, folder: &Folder, name: &str) -> io::Result<File> {
        folder.create_shown(name, FILE_MODE, self.kept_mode())
    }

    /// Makes a folder that must not be there yet, for its owner only.
    pub(super) fn make_folder(&self, folder: &Folder, name: &str) -> io::Result<Folder> {
        folder.make_shown(name, FOLDER_MODE, if self.closed { 0o777 } else { FOLDER_MODE })
    }

    /// Opens a file for its owner only, and makes it when it is missing.
    pub(super) fn open_or_create(&self, folder: &Folder, name: &str, access: Access) -> io::Result<File> {
        match folder.open_file(name, access) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match self.create_file(folder, name) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    created => drop(created?),
                }
                folder.open_file(name, access)
            }
            opened => opened,
        }
    }

    fn open_lock(&self) -> Result<File, QueueError> {
        let opened = self.open_or_create(&self.root, LOCK, Access::Write);
        opened.map_err(QueueError::io("open", self.root.path_of(LOCK)))
    }

    /// Saves entries under their names. When this returns, all of them are on disk.
    ///
    /// # Errors
    /// None of them was saved, unless it is [`QueueError::NotDurable`] or the disk failed in the
    /// middle of the renames.
    pub fn save(&self, entries: &[(Ulid, Entry)]) -> Result<(), QueueError> {
        let files = entries.iter().map(|(name, entry)| Ok((*name, whole(entry.to_bytes())?)));
        let files = files.collect::<Result<Vec<_>, QueueError>>()?;
        let tmp = self.need(Part::Tmp)?;
        self.stage(tmp, &files)?.publish(self.need(Part::New)?)?;
        // A rename is one change of two folders, and certain only when both know of it.
        tmp.sync().map_err(|source| QueueError::NotDurable { folder: tmp.path().to_owned(), source })
    }

    /// Writes files in `tmp/` and syncs them.
    fn stage<'a>(&self, tmp: &'a Folder, files: &[(Ulid, Vec<u8>)]) -> Result<Staged<'a>, QueueError> {
        let mut staged = Staged { tmp, files: Vec::with_capacity(files.len()) };
        for (name, bytes) in files {
            let name = file_name(*name);
            let path = tmp.path_of(&name);
            let mut file = self.create_file(tmp, &name).map_err(QueueError::io("create", &path))?;
            // Where there is no such lock, age alone tells a leftover.
            let _ = sys::file::try_flock(&file, Flock::Exclusive);
            let written = file.write_all(bytes).map_err(QueueError::io("write", &path));
            staged.files.push((name, file));
            written?;
        }
        for (name, file) in &staged.files {
            file.sync_all().map_err(QueueError::io("sync", tmp.path_of(name)))?;
        }
        Ok(staged)
    }

    /// The names in a place, oldest first. What is no entry's file is passed over.
    ///
    /// # Errors
    /// The folder can't be read. One that is missing is empty.
    pub fn names(&self, place: &Place) -> Result<Vec<Ulid>, QueueError> {
        let listed = self.listed(place)?;
        let mut names: Vec<Ulid> = listed.iter().filter_map(|name| entry_name(name.to_str()?)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// How many entries a place has, and the oldest of them.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn count(&self, place: &Place) -> Result<(u64, Option<Ulid>), QueueError> {
        let names = self.names(place)?;
        Ok((names.len() as u64, names.first().copied()))
    }

    fn listed(&self, place: &Place) -> Result<Vec<OsString>, QueueError> {
        let listed = found(self.folder(place).and_then(|folder| folder.names()));
        Ok(listed.map_err(QueueError::io("list", self.path_of(place)))?.unwrap_or_default())
    }

    /// The workers that have a folder, dead ones included. What else is there is passed over.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn workers(&self) -> Result<Vec<String>, QueueError> {
        let Ok(inflight) = self.part(Part::InFlight) else { return Ok(Vec::new()) };
        let names = inflight.names().map_err(QueueError::io("list", inflight.path()))?.into_iter();
        let mut workers: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        workers.retain(|name| inflight.own_folder(name).is_ok());
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

    /// Reads an entry. `None` when it is not in that place, or not any more.
    ///
    /// # Errors
    /// The file can't be read, is not to be trusted, or is no entry.
    pub fn read(&self, place: &Place, name: Ulid) -> Result<Option<Entry>, QueueError> {
        match found(self.folder(place)).map_err(QueueError::io("open the folder", self.path_of(place)))? {
            Some(folder) => read_entry(&folder, name),
            None => Ok(None),
        }
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
            let names = self.names(place)?;
            if limits.bytes.is_none() {
                entries += names.len() as u64;
                continue;
            }
            let Some(folder) =
                found(self.folder(place)).map_err(QueueError::io("list", self.path_of(place)))?
            else {
                continue;
            };
            for name in names {
                // One that was delivered meanwhile takes no room.
                if let Ok(Some(look)) = folder.look(file_name(name)) {
                    entries += 1;
                    size = size.saturating_add(look.size);
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

    /// Runs `change` while no other process does the like: for counters and the archive, whose
    /// files are read and written back. Never while talking to the network.
    ///
    /// # Errors
    /// [`QueueError::Busy`] after five seconds, which hardly more than a stopped process can cause.
    pub fn exclusively<T>(&self, change: impl FnOnce() -> Result<T, QueueError>) -> Result<T, QueueError> {
        let (file, path) = (self.open_lock()?, self.root.path_of(LOCK));
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
struct Staged<'a> {
    tmp: &'a Folder,
    files: Vec<(String, File)>,
}

impl Staged<'_> {
    fn publish(mut self, folder: &Folder) -> Result<(), QueueError> {
        while let Some((name, file)) = self.files.first() {
            let renamed = self.tmp.rename(name, folder, name);
            renamed.map_err(QueueError::io("save", folder.path_of(name)))?;
            // For a child that inherited the descriptor.
            let _ = sys::file::unlock(file);
            self.files.swap_remove(0);
        }
        folder.sync().map_err(|source| QueueError::NotDurable { folder: folder.path().to_owned(), source })
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        for (name, _) in &self.files {
            let _ = self.tmp.remove_file(name);
        }
    }
}

/// Reads an entry in a folder. `None` when it is not there.
pub(super) fn read_entry(folder: &Folder, name: Ulid) -> Result<Option<Entry>, QueueError> {
    let path = folder.path_of(file_name(name));
    let Some(bytes) =
        read_file(folder, &file_name(name), LONGEST_ENTRY).map_err(QueueError::io(READ_ENTRY, &path))?
    else {
        return Ok(None);
    };
    let Some(bytes) = bytes else {
        return Err(QueueError::Unreadable {
            path,
            reason: format!("it is larger than {LONGEST_ENTRY} bytes"),
        });
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| QueueError::Unreadable { path, reason: reason(&error) })
}

/// Reads a file that its folder's owner could read as well. The outer `None` is for one that is
/// not there, the inner one for one that is larger than `limit`.
pub(super) fn read_file(folder: &Folder, name: &str, limit: u64) -> io::Result<Option<Option<Vec<u8>>>> {
    let Some(file) = found(folder.open_readable(name))? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(Some((bytes.len() as u64 <= limit).then_some(bytes)))
}

fn whole(bytes: Vec<u8>) -> Result<Vec<u8>, QueueError> {
    if bytes.len() as u64 > LONGEST_ENTRY {
        return Err(QueueError::Full { what: format!("a memory has at most {LONGEST_ENTRY} bytes") });
    }
    Ok(bytes)
}

/// The name of an entry's file.
pub(super) fn file_name(name: Ulid) -> String {
    format!("{name}.json")
}

fn entry_name(name: &str) -> Option<Ulid> {
    name.strip_suffix(".json")?.parse().ok()
}
