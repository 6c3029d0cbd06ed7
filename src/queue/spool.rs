//! The folders of the outbox, and how a memory gets into them.
//!
//! Saving, in this order: write in `tmp/`, sync the file, rename into `new/`, sync the folders,
//! return. Several at once share the last step, and their syncs overlap in the file system's
//! journal. The maker keeps its file under `flock` until the rename, so that a dead maker's
//! leftover can be told from a file that is being written.
//!
//! The outbox is opened once, by its path; all that is in it is reached from there, and must be
//! its owner's or the superuser's ([`crate::sys::folder`]).

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Entry, QueueError, Ulid};
use crate::sys::failure::Op;
use crate::sys::file::Flock;
use crate::sys::folder::{Access, Folder};
use crate::sys::temporary::TemporaryName;
use crate::sys::{self, found};

/// Memories are private.
const FOLDER_MODE: u32 = 0o700;
pub(super) const FILE_MODE: u32 = 0o600;
/// Mode bits that let users other than the owner in.
const OPEN_TO_OTHERS: u32 = 0o077;
/// The folders inside the outbox, in the order of [`Part`].
const FOLDERS: [&str; 6] = ["tmp", "new", "inflight", "done", "archive", "dead"];
/// Made last: without it the folders do not count as durable.
const LOCK: &str = ".lock";
/// No entry's file is longer: a longer one was not made by us.
pub(super) const LONGEST_ENTRY: u64 = 256 << 20;
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

/// A folder of the outbox when it was opened. One that can't be used is an error only for
/// operations that need it: saving works even if the archive was moved away and replaced by a link.
#[derive(Debug, Clone)]
enum Opened {
    There(Folder),
    /// Only [`Spool::existing`] leaves it so.
    Missing,
    Refused(Arc<io::Error>),
}

/// An outbox, open. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Spool {
    root: Folder,
    /// In the order of [`Part`].
    parts: [Opened; 6],
    /// Nobody but its owner and the superuser gets into the outbox.
    closed: bool,
}

impl Spool {
    /// Opens the outbox in that folder, and makes its missing parts.
    ///
    /// # Errors
    /// A folder can't be made or opened, or is not to be trusted.
    pub fn open(path: &Path) -> Result<Spool, QueueError> {
        let opened = Folder::walk_to_or_make(path, Some(FOLDER_MODE));
        let mut spool = Spool::of(opened.map_err(QueueError::io(Op::OpenFolder, path))?)?;
        let lock = spool.root.look(LOCK).map_err(QueueError::io(Op::LookAt, spool.root.path_of(LOCK)))?;
        let is_missing = |part: &Opened| matches!(part, Opened::Missing);
        if !lock.is_some_and(|lock| lock.is_file) || spool.parts.iter().any(is_missing) {
            spool.complete()?;
        }
        Ok(spool)
    }

    /// Opens the outbox in that folder as it is; `None` when there is none.
    ///
    /// # Errors
    /// A folder can't be opened, or is not to be trusted.
    pub fn existing(path: &Path) -> Result<Option<Spool>, QueueError> {
        let opened = found(Folder::walk_to(path)).map_err(QueueError::io(Op::OpenFolder, path))?;
        opened.map(Spool::of).transpose()
    }

    fn of(root: Folder) -> Result<Spool, QueueError> {
        let mode = root.metadata().map_err(QueueError::io(Op::LookAt, root.path()))?.mode();
        let parts = FOLDERS.map(|name| match found(root.own_folder(name)) {
            Ok(Some(folder)) => Opened::There(folder),
            Ok(None) => Opened::Missing,
            Err(error) => Opened::Refused(Arc::new(error)),
        });
        Ok(Spool { root, parts, closed: mode & OPEN_TO_OTHERS == 0 })
    }

    /// Makes the folders that are missing, each durable before anything is put into it.
    fn complete(&mut self) -> Result<(), QueueError> {
        let root = self.root.clone();
        root.sync_above().map_err(QueueError::io(Op::SyncAbove, root.path()))?;
        for (index, name) in FOLDERS.into_iter().enumerate() {
            if matches!(self.parts[index], Opened::Missing) {
                let made = match self.make_folder(&root, name) {
                    // Another process was faster.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => root.own_folder(name),
                    made => made,
                };
                let made = made.map_err(QueueError::io(Op::MakeFolder, root.path_of(name)))?;
                self.parts[index] = Opened::There(made);
            }
        }
        root.sync().map_err(QueueError::io(Op::Sync, root.path()))?;
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
        match &self.parts[part as usize] {
            Opened::There(folder) => Ok(folder),
            Opened::Missing => Err(io::ErrorKind::NotFound.into()),
            Opened::Refused(error) => Err(match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), error.to_string()),
            }),
        }
    }

    /// The same, as a `QueueError`.
    pub(super) fn need(&self, part: Part) -> Result<&Folder, QueueError> {
        self.part(part).map_err(QueueError::io(Op::OpenFolder, self.root.path_of(part.name())))
    }

    pub(super) fn folder(&self, place: &Place) -> io::Result<Folder> {
        match place {
            Place::New => self.part(Part::New).cloned(),
            Place::Dead => self.part(Part::Dead).cloned(),
            Place::Done => self.part(Part::Done).cloned(),
            Place::InFlight(worker) => self.part(Part::InFlight)?.own_folder(worker),
        }
    }

    /// The folder of a place, as a `QueueError`.
    pub(super) fn need_folder(&self, place: &Place) -> Result<Folder, QueueError> {
        self.folder(place).map_err(QueueError::io(Op::OpenFolder, self.path_of(place)))
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
    /// else can enter, they let the owner work with it.
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
        folder.open_or(name, access, || self.create_file(folder, name))
    }

    fn open_lock(&self) -> Result<File, QueueError> {
        let opened = self.open_or_create(&self.root, LOCK, Access::Write);
        opened.map_err(QueueError::io(Op::Open, self.root.path_of(LOCK)))
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
        publish(self.stage(tmp, &files)?, self.need(Part::New)?)?;
        // A rename changes two folders, and is certain only when both are synced.
        tmp.sync().map_err(|source| QueueError::NotDurable { folder: tmp.path().to_owned(), source })
    }

    /// Writes files in `tmp/` and syncs them. Those that are not published go when this is dropped.
    fn stage(&self, tmp: &Folder, files: &[(Ulid, Vec<u8>)]) -> Result<Vec<Staged>, QueueError> {
        let mut staged = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            let name = file_name(*name);
            let path = tmp.path_of(&name);
            let mut file = self.create_file(tmp, &name).map_err(QueueError::io(Op::Create, &path))?;
            let name = tmp.temporary(name);
            // Where there is no such lock, age alone tells a leftover.
            let _ = sys::file::lock_new(&file);
            file.write_all(bytes).map_err(QueueError::io(Op::Write, &path))?;
            staged.push(Staged { file, name });
        }
        for Staged { name, file } in &staged {
            file.sync_all().map_err(QueueError::io(Op::Sync, tmp.path_of(name.as_os_str())))?;
        }
        Ok(staged)
    }

    /// Runs `change` while no other process runs one: for counters and the archive, whose files are
    /// read and written back. Never while talking to the network.
    ///
    /// # Errors
    /// [`QueueError::Busy`] after five seconds, which hardly anything but a stopped process can
    /// cause.
    pub fn exclusively<T>(&self, change: impl FnOnce() -> Result<T, QueueError>) -> Result<T, QueueError> {
        let (file, path) = (self.open_lock()?, self.root.path_of(LOCK));
        for _ in 0..LOCK_LOOKS {
            if sys::file::try_flock(&file, Flock::Exclusive).map_err(QueueError::io(Op::Lock, &path))? {
                let result = change();
                // Explicitly: a child that was started meanwhile could keep it.
                let _ = sys::file::unlock(&file);
                return result;
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        Err(QueueError::Busy(path))
    }
}

/// A file in `tmp/`.
#[derive(Debug)]
struct Staged {
    file: File,
    name: TemporaryName,
}

/// Gives staged files their names in `folder`, for good.
fn publish(staged: Vec<Staged>, folder: &Folder) -> Result<(), QueueError> {
    for Staged { file, mut name } in staged {
        let lasting = name.as_os_str().to_owned();
        let renamed = name.rename_to(folder, &lasting);
        renamed.map_err(QueueError::io(Op::Save, folder.path_of(&lasting)))?;
        // For a child that inherited the descriptor.
        let _ = sys::file::unlock(&file);
    }
    folder.sync().map_err(|source| QueueError::NotDurable { folder: folder.path().to_owned(), source })
}

fn whole(bytes: Vec<u8>) -> Result<Vec<u8>, QueueError> {
    if bytes.len() as u64 > LONGEST_ENTRY {
        return Err(QueueError::TooLong(LONGEST_ENTRY));
    }
    Ok(bytes)
}

/// The name of an entry's file.
pub(super) fn file_name(name: Ulid) -> String {
    format!("{name}.json")
}
