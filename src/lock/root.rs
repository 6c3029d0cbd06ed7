//! The lock root: opened, made if it is missing, and checked to be nobody else's.
//!
//! Everything in it is reached from its descriptor, see [`crate::sys::folder`]. The descriptor may
//! outlive the root: somebody may delete or rename the folder, and others continue in a new one.
//! The guard notices, for it compares its own name, from the top, with the file that it has locked;
//! then the root is opened again.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::LockError;
use super::key::Key;
use super::roots::Place;
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder};
use crate::sys::machine::{FileSystem, Reach};
use crate::sys::{self, found};

/// A root that is ours alone, and everything in it.
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
/// A root for a group.
const GROUP_FOLDER: u32 = 0o770;
const GROUP_FILE: u32 = 0o660;
/// A root for everybody: a lock tells who holds it, and only its holder may remove it.
const PUBLIC_FOLDER: u32 = 0o755;
const PUBLIC_FILE: u32 = 0o644;

const SET_GROUP_ID: u32 = 0o2000;
const STICKY: u32 = 0o1000;
const WRITABLE_BY_GROUP: u32 = 0o020;
const WRITABLE_BY_ALL: u32 = 0o002;

pub(super) const GUARDS: &str = ".guards";

/// How often in a row a folder or a guard that was just made may be deleted under us.
pub(super) const MOST_DELETIONS: usize = 20;

/// The folder in which the locks of some files live. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LockRoot {
    place: Arc<Place>,
    path: Arc<Path>,
    opened: Arc<Mutex<Opened>>,
    reach: Option<Reach>,
}

/// The root's folder as it was opened last.
#[derive(Debug)]
struct Opened {
    folder: Folder,
    mode: u32,
    guards: Option<Folder>,
    file_system: Option<FileSystem>,
}

impl Opened {
    fn file_system(&mut self) -> io::Result<FileSystem> {
        if let Some(known) = &self.file_system {
            return Ok(known.clone());
        }
        let found = sys::machine::file_system_of(self.folder.file())?;
        Ok(self.file_system.insert(found).clone())
    }
}

impl LockRoot {
    /// Opens the root in that folder, making it when it is missing.
    ///
    /// # Errors
    /// It can't be made, or somebody else could tamper with it.
    pub fn open(path: &Path) -> Result<LockRoot, LockError> {
        LockRoot::at(Place::named(path)?)
    }

    /// Opens a root that is there already; `None` when it is not, and so holds no lock.
    ///
    /// # Errors
    /// It can't be looked at, or somebody else could tamper with it.
    pub fn existing(path: &Path) -> Result<Option<LockRoot>, LockError> {
        LockRoot::existing_at(Place::named(path)?)
    }

    pub(super) fn at(place: Place) -> Result<LockRoot, LockError> {
        let opened = open_or_make(&place)?;
        Ok(LockRoot::with(place, opened))
    }

    pub(super) fn existing_at(place: Place) -> Result<Option<LockRoot>, LockError> {
        let folder = place.open()?;
        folder.map(|folder| Ok(LockRoot::with(place, admit(folder)?))).transpose()
    }

    fn with(place: Place, opened: Opened) -> LockRoot {
        LockRoot {
            path: place.path().into(),
            place: Arc::new(place),
            opened: Arc::new(Mutex::new(opened)),
            reach: None,
        }
    }

    /// Overrules what `statfs` says of the file system: for mounts that claim to be remote and
    /// are not, or the other way round.
    #[must_use]
    pub fn with_reach(mut self, reach: Option<Reach>) -> LockRoot {
        self.reach = reach;
        self
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open folder.
    pub fn folder(&self) -> Folder {
        self.state(|opened| opened.folder.clone())
    }

    /// Opens the root again, and makes it again, after somebody has deleted or renamed it.
    pub(super) fn reopen(&self) -> Result<(), LockError> {
        let opened = open_or_make(&self.place)?;
        self.state(|state| *state = opened);
        Ok(())
    }

    /// Whether other machines may be using this root, or its file system may not implement locks
    /// correctly: then each take is probed.
    pub(super) fn reach(&self) -> Reach {
        self.reach.unwrap_or_else(|| {
            self.state(|opened| opened.file_system().map_or(Reach::Network, |file_system| file_system.reach))
        })
    }

    /// The file system that the root is on.
    ///
    /// # Errors
    /// `statfs` failed.
    pub fn file_system(&self) -> io::Result<FileSystem> {
        self.state(Opened::file_system)
    }

    /// The file system's kernel locks do not work.
    pub(super) fn no_flock(&self, source: io::Error) -> LockError {
        let file_system = self.file_system().map_or_else(|_| "unknown".to_owned(), |fs| fs.name);
        LockError::NoFlock { path: self.path().to_owned(), file_system, source }
    }

    /// Who besides its owner may look into the root or change it; `None` when nobody may.
    pub fn openness(&self) -> Option<&'static str> {
        match self.state(|opened| opened.mode) {
            mode if mode & WRITABLE_BY_ALL != 0 => Some("everyone may make locks in it"),
            mode if mode & WRITABLE_BY_GROUP != 0 => Some("its group may make and remove locks in it"),
            mode if mode & 0o055 != 0 => Some("others may look into it"),
            _ => None,
        }
    }

    /// The path of the folder that is the lock of `key`, for messages.
    pub fn lock_dir(&self, key: &Key) -> PathBuf {
        self.path.join(lock_name(key))
    }

    /// Opens the lock of `key`.
    pub(super) fn open_lock(&self, key: &Key) -> io::Result<Folder> {
        self.folder().folder(lock_name(key))
    }

    /// The path of the guard that serialises changes to the lock of `key`.
    pub(super) fn guard_path(&self, key: &Key) -> PathBuf {
        self.path.join(GUARDS).join(&key.as_str()[..2])
    }

    /// The folder of the guards, which is made when it is missing.
    pub(super) fn guards(&self) -> io::Result<Folder> {
        self.state(|opened| match &opened.guards {
            Some(guards) => Ok(guards.clone()),
            None => {
                let guards = make_common(&opened.folder, GUARDS, opened.mode).map_err(no_folder)?;
                Ok(opened.guards.insert(guards).clone())
            }
        })
    }

    /// The folder of the guards, if it is there.
    pub(super) fn existing_guards(&self) -> io::Result<Option<Folder>> {
        self.state(|opened| {
            if opened.guards.is_none() {
                opened.guards = found(opened.folder.folder(GUARDS)).map_err(no_folder)?;
            }
            Ok(opened.guards.clone())
        })
    }

    /// The permissions of a folder that is a lock.
    pub(super) fn folder_mode(&self) -> u32 {
        own_mode(self.state(|opened| opened.mode))
    }

    /// Opens a folder in the root in which everyone who may use the root makes files, and makes it
    /// when it is missing.
    pub(super) fn common_folder(&self, name: &str) -> io::Result<Folder> {
        make_common(&self.folder(), name, self.state(|opened| opened.mode))
    }

    /// The permissions of a folder in the root in which everyone who may use the root makes files.
    pub fn common_mode(&self) -> u32 {
        common_mode(self.state(|opened| opened.mode))
    }

    /// The permissions of a file in the root.
    pub fn file_mode(&self) -> u32 {
        match self.state(|opened| opened.mode) {
            mode if mode & WRITABLE_BY_ALL != 0 => PUBLIC_FILE,
            mode if mode & WRITABLE_BY_GROUP != 0 => GROUP_FILE,
            _ => PRIVATE_FILE,
        }
    }

    /// Whether other users than the owner take locks here too.
    pub(super) fn is_for_others(&self) -> bool {
        self.file_mode() != PRIVATE_FILE
    }

    /// Opens the info file in a lock's folder. Its content is shown to others, so it must not be a
    /// second name of another file; a running holder's has its anchor.
    pub(super) fn open_info_in(&self, key: &Key, lock: &Folder) -> io::Result<File> {
        lock.open_told("info", |info| self.is_anchor(key, info))
    }

    fn is_anchor(&self, key: &Key, file: Identity) -> io::Result<bool> {
        let Some(guards) = self.existing_guards()? else { return Ok(false) };
        Ok(guards.look(key.as_str())?.is_some_and(|look| look.identity == file))
    }

    /// Makes the folder of a lock that has no name yet.
    pub(super) fn make_unborn(&self, name: &str) -> io::Result<Folder> {
        self.folder().make_shown(name, self.folder_mode(), PUBLIC_FOLDER)
    }

    /// Creates a file in a folder of the root. One of a superuser who may not give it to the root's
    /// owner can be read by that one all the same.
    pub(super) fn create_file(&self, folder: &Folder, name: &str) -> io::Result<File> {
        folder.create_shown(name, self.file_mode(), PUBLIC_FILE)
    }

    /// Opens a file of the root's own for reading and writing, which network file systems want
    /// for an exclusive kernel lock, and makes it when it is missing. Another user's, in a shared
    /// root, may only be readable.
    pub(super) fn lock_file(&self, folder: &Folder, name: &str) -> io::Result<File> {
        folder.open_or(name, Access::Write, || self.create_file(folder, name)).or_else(|error| {
            // It does not exist either: the permission to make it is what is missing.
            readable(folder, name, &error).and_then(|file| file.ok_or(error))
        })
    }

    /// The same, if it is there.
    pub(super) fn existing_lock_file(&self, folder: &Folder, name: &str) -> io::Result<Option<File>> {
        found(folder.open_file(name, Access::Write))
            .or_else(|error| readable(folder, name, &error)?.ok_or(error).map(Some))
    }

    fn state<T>(&self, use_it: impl FnOnce(&mut Opened) -> T) -> T {
        use_it(&mut self.opened.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The name of the folder that is the lock of `key`.
pub(super) fn lock_name(key: &Key) -> String {
    format!("{key}.lock")
}

/// What may not be opened for writing, opened for reading. Our own distrust of it is final.
fn readable(folder: &Folder, name: &str, denied: &io::Error) -> io::Result<Option<File>> {
    let by_kernel = denied.raw_os_error().is_some() && denied.kind() == io::ErrorKind::PermissionDenied;
    if by_kernel { found(folder.open_file(name, Access::Read)) } else { Ok(None) }
}

/// Without its guards a root is of no use, and nobody but its owner can have put something else in
/// their place.
fn no_folder(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::NotADirectory {
        return error;
    }
    let why = format!("its {GUARDS} is a symbolic link or no folder at all");
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

fn open_or_make(place: &Place) -> Result<Opened, LockError> {
    for _ in 0..MOST_DELETIONS {
        if let Some(folder) = place.open()? {
            return admit(folder);
        }
        place.make(PRIVATE_FOLDER)?;
    }
    let gone = io::Error::from(io::ErrorKind::NotFound);
    Err(LockError::io(Op::MakeFolder, place.path())(gone))
}

/// Refuses a root in which strangers can rename things, and so free any lock. A group that may
/// write to it is trusted, as is whoever owns it. A private one is made unreadable for others: the
/// old scripts made theirs with an ordinary umask.
fn admit(folder: Folder) -> Result<Opened, LockError> {
    let path = folder.path().to_owned();
    let fail = || LockError::io(Op::LookAt, &path);
    let mut mode = folder.metadata().map_err(fail())?.mode() & 0o7777;
    if mode & WRITABLE_BY_ALL != 0 && mode & STICKY == 0 {
        let problem = "everyone may write to it and it has no sticky bit (chmod o-w or chmod +t)".to_owned();
        return Err(LockError::Untrusted { path, problem });
    }
    let me = sys::process::effective_user();
    if mode & 0o077 != 0 && !folder.is_shared() && (folder.owner() == me || me == 0) {
        // A read-only file system keeps it as it is; then nobody makes locks in it either.
        if sys::file::set_mode(folder.file(), PRIVATE_FOLDER).is_ok() {
            mode = PRIVATE_FOLDER;
        }
    }
    Ok(Opened { folder, mode, guards: None, file_system: None })
}

/// The permissions of a lock, which its maker alone changes, or the group.
fn own_mode(root: u32) -> u32 {
    match root {
        mode if mode & WRITABLE_BY_ALL != 0 => PUBLIC_FOLDER,
        mode if mode & WRITABLE_BY_GROUP != 0 => GROUP_FOLDER | mode & SET_GROUP_ID,
        _ => PRIVATE_FOLDER,
    }
}

fn make_common(root: &Folder, name: &str, mode: u32) -> io::Result<Folder> {
    // One that the superuser may not give to the root's owner must be open to that one. The root above
    // it keeps others out.
    root.folder_or(name, || root.make_shown(name, common_mode(mode), 0o777))
}

/// The permissions of a folder in which everyone who may use the root makes files.
fn common_mode(root: u32) -> u32 {
    match root {
        mode if mode & WRITABLE_BY_ALL != 0 => 0o777 | STICKY,
        mode => own_mode(mode),
    }
}

/// Why the folder that a link leads to is refused: the owner of the link decides where locks are
/// looked for.
pub(super) fn distrust_link(link: &fs::Metadata, folder: &Folder) -> Option<&'static str> {
    let me = sys::process::effective_user();
    let ours = folder.owner() == me || me == 0 && folder.owner() == link.uid();
    let honest = link.uid() == folder.owner() || link.uid() == 0;
    (!ours || !honest).then_some("it is a symbolic link to a folder of another user")
}

/// Whether everyone could replace what is in a folder of this mode.
pub(super) fn is_open_to_all(meta: &fs::Metadata) -> bool {
    let mode = meta.permissions().mode();
    mode & WRITABLE_BY_ALL != 0 && mode & STICKY == 0
}
