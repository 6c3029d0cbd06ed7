//! Which root the lock of a file is in: one file, one root, whoever asks.
//!
//! The first of: the folder that the environment names; a shared root above the file, made by
//! [`shared::init`]; `aiconfig/.locks` in the home of whoever owns the file's folder, when the file
//! lies beneath that home; `aiconfig/.locks` in the caller's own home. So a cron job of the
//! superuser, `sudo`, and a program with another HOME meet the user's own locks on the user's
//! files. A missing root is made for that owner; one that exists but can't be used is an error,
//! never a reason to look for another.
//!
//! There can still be two roots if the environment names one for some callers and not for others,
//! and for files outside any home. Then the callers do not exclude each other, and only the check
//! at publication remains.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::LockError;
use super::root::{LockRoot, distrust_link};
use super::shared;
use crate::sys::failure::Op;
use crate::sys::folder::Folder;
use crate::sys::machine::Reach;
use crate::sys::{self, found};

/// The folder of shared configuration, in which a root lives.
pub(super) const CONFIG: &str = "aiconfig";
/// A root's name in it.
pub(super) const LOCKS: &str = ".locks";
/// Folders above a root that are made on the way.
const ABOVE: u32 = 0o755;

/// How the root of a file is found.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    fixed: Option<LockRoot>,
    named: Option<PathBuf>,
    home: Option<PathBuf>,
    reach: Option<Reach>,
}

impl Roots {
    /// Finds roots by these rules: `named`, an absolute path, has precedence; `home` is the
    /// caller's own, for files outside any home.
    pub fn new(named: Option<PathBuf>, home: Option<PathBuf>) -> Roots {
        Roots { named, home, ..Roots::default() }
    }

    /// This one root for every file.
    pub fn fixed(root: LockRoot) -> Roots {
        Roots { fixed: Some(root), ..Roots::default() }
    }

    /// See [`LockRoot::with_reach`].
    #[must_use]
    pub fn with_reach(mut self, reach: Option<Reach>) -> Roots {
        self.reach = reach;
        self
    }

    /// Opens the root for a file, by its resolved path, and makes it when it is missing.
    ///
    /// # Errors
    /// [`LockError::NoHome`]; [`LockError::Unusable`]; the root can't be made or trusted.
    pub fn of(&self, target: &Path) -> Result<LockRoot, LockError> {
        match &self.fixed {
            Some(root) => Ok(root.clone()),
            None => Ok(LockRoot::at(self.place_of(target)?)?.with_reach(self.reach)),
        }
    }

    /// The same, but `None` when the root is not there, and so holds no lock.
    ///
    /// # Errors
    /// As [`Roots::of`].
    pub fn existing_of(&self, target: &Path) -> Result<Option<LockRoot>, LockError> {
        match &self.fixed {
            Some(root) => Ok(Some(root.clone())),
            None => {
                let root = LockRoot::existing_at(self.place_of(target)?)?;
                Ok(root.map(|root| root.with_reach(self.reach)))
            }
        }
    }

    /// The root in the caller's own home, or the named one, if it is there already.
    ///
    /// # Errors
    /// As [`Roots::of`].
    pub fn existing_own(&self) -> Result<Option<LockRoot>, LockError> {
        let place = match (&self.fixed, &self.named) {
            (Some(root), _) => return Ok(Some(root.clone())),
            (None, Some(named)) => Place::named(named)?,
            (None, None) => self.own_place()?,
        };
        Ok(LockRoot::existing_at(place)?.map(|root| root.with_reach(self.reach)))
    }

    /// Where the root for a file is, or would be made.
    ///
    /// # Errors
    /// As [`Roots::of`].
    pub fn path_of(&self, target: &Path) -> Result<PathBuf, LockError> {
        match &self.fixed {
            Some(root) => Ok(root.path().to_owned()),
            None => Ok(self.place_of(target)?.path().to_owned()),
        }
    }

    fn place_of(&self, target: &Path) -> Result<Place, LockError> {
        if let Some(named) = &self.named {
            return Place::named(named);
        }
        let (folder, meta) = existing_folder(target)?;
        for above in folder.ancestors() {
            if shared::is_root_of(above, meta.uid())? {
                return Ok(Place::Shared {
                    above: above.to_owned(),
                    path: locks_in(above),
                    user: meta.uid(),
                });
            }
        }
        if let Some(home) = home_above(&folder, meta.uid()) {
            return Ok(Place::home(home, meta.uid()));
        }
        self.own_place()
    }

    fn own_place(&self) -> Result<Place, LockError> {
        let home = self.home.clone().ok_or(LockError::NoHome)?;
        let me = sys::process::effective_user();
        // The superuser with another's HOME works in that one's root, and as that one.
        let owner = if me == 0 { fs::metadata(&home).map_or(me, |meta| meta.uid()) } else { me };
        Ok(Place::home(home, owner))
    }
}

/// The folder that a file is in, or the deepest one above that is there.
fn existing_folder(target: &Path) -> Result<(PathBuf, fs::Metadata), LockError> {
    for folder in target.ancestors().skip(1) {
        match found(fs::metadata(folder)) {
            Ok(Some(meta)) if meta.is_dir() => return Ok((folder.to_owned(), meta)),
            Ok(_) => {}
            Err(error) => return Err(LockError::io(Op::LookAt, folder)(error)),
        }
    }
    let none = io::Error::from(io::ErrorKind::NotFound);
    Err(LockError::io(Op::FindFolder, target)(none))
}

/// The user's home, when that folder lies beneath it.
fn home_above(folder: &Path, user: u32) -> Option<PathBuf> {
    let home = sys::users::home_of(user)?;
    if folder.starts_with(&home) {
        return Some(home);
    }
    // The folder's path is resolved; the home may be a link.
    let home = fs::canonicalize(home).ok()?;
    (home.parent().is_some() && folder.starts_with(&home)).then_some(home)
}

/// The root that is in a folder.
pub(super) fn locks_in(folder: &Path) -> PathBuf {
    folder.join(CONFIG).join(LOCKS)
}

/// Where a root is, and whose it must be.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Named by the environment or by the caller.
    Named(PathBuf),
    /// Made for all who share the folder `above`.
    Shared { above: PathBuf, path: PathBuf, user: u32 },
    /// In the home of a user.
    Home { home: PathBuf, path: PathBuf, owner: u32 },
}

impl Place {
    pub(super) fn named(path: &Path) -> Result<Place, LockError> {
        let absolute = std::path::absolute(path).map_err(LockError::io(Op::Find, path))?;
        Ok(Place::Named(absolute))
    }

    fn home(home: PathBuf, owner: u32) -> Place {
        Place::Home { path: locks_in(&home), home, owner }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Place::Named(path) | Place::Shared { path, .. } | Place::Home { path, .. } => path,
        }
    }

    /// Opens the root; `None` when it is not there.
    pub(super) fn open(&self) -> Result<Option<Folder>, LockError> {
        match self {
            Place::Named(path) => open_named(path),
            Place::Shared { above, path, user } => {
                let folder = shared::open(above, *user).map_err(|source| self.unusable(source))?;
                let gone = || LockError::Untrusted {
                    path: path.clone(),
                    problem: "its mark was changed while it was opened".to_owned(),
                };
                folder.map(Some).ok_or_else(gone)
            }
            Place::Home { home, owner, .. } => {
                let opened = found(walk_home(home, *owner, None)).map_err(|source| self.unusable(source))?;
                match opened {
                    Some(folder) if !may_use(&folder, *owner) => Err(self.unusable(not_ours(&folder))),
                    opened => Ok(opened),
                }
            }
        }
    }

    /// Makes the root and the folders above it. What the superuser makes belongs to the owner of
    /// the folder that was there before, or a first use with `sudo` would lock the user out.
    pub(super) fn make(&self, mode: u32) -> Result<(), LockError> {
        let made = match self {
            Place::Named(path) => make_named(path, mode),
            Place::Shared { path, .. } => Err(io::Error::other(format!("{} is gone", path.display()))),
            Place::Home { home, owner, .. } => walk_home(home, *owner, Some(mode)),
        };
        let ignored = made.and_then(|folder| ignore_in_git(&folder));
        match found(ignored) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(self.unusable(error)),
            Err(error) => Err(LockError::io(Op::MakeFolder, self.path())(error)),
        }
    }

    fn unusable(&self, source: io::Error) -> LockError {
        let path = self.path().to_owned();
        match self {
            Place::Named(_) => LockError::io(Op::MakeFolder, path)(source),
            _ if source.kind() == io::ErrorKind::PermissionDenied => LockError::Unusable { path, source },
            _ => LockError::io(Op::LookAt, path)(source),
        }
    }
}

fn open_named(path: &Path) -> Result<Option<Folder>, LockError> {
    let fail = || LockError::io(Op::LookAt, path);
    let untrusted =
        |problem: &str| LockError::Untrusted { path: path.to_owned(), problem: problem.to_owned() };
    let Some(name) = found(fs::symlink_metadata(path)).map_err(fail())? else { return Ok(None) };
    let folder = match found(Folder::open(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(untrusted("it is not a folder"));
        }
        opened => opened.map_err(fail())?,
    };
    if let Some(folder) = folder.as_ref().filter(|_| name.is_symlink())
        && let Some(problem) = distrust_link(&name, folder)
    {
        return Err(untrusted(problem));
    }
    Ok(folder)
}

fn make_named(path: &Path, mode: u32) -> io::Result<Folder> {
    let missing: Vec<_> = path.ancestors().take_while(|above| !above.exists()).collect();
    let there = path.ancestors().nth(missing.len()).unwrap_or(Path::new("/"));
    let mut folder = Folder::open(there)?;
    for part in missing.iter().rev() {
        let Some(Component::Normal(name)) = part.components().next_back() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        folder = folder.folder_or_make(name, if *part == path { mode } else { ABOVE })?;
    }
    Ok(folder)
}

/// Goes from a home to the root in it, name by name, and makes what is missing when `make` says
/// with which permissions. A link is followed when it leads to a folder of the home's owner.
fn walk_home(home: &Path, owner: u32, make: Option<u32>) -> io::Result<Folder> {
    let mut folder = Folder::open(home)?;
    for (name, mode) in [(CONFIG, make.map(|_| ABOVE)), (LOCKS, make)] {
        let opened = match (folder.folder(name), mode) {
            (Err(error), Some(mode)) if error.kind() == io::ErrorKind::NotFound => {
                make_for(&folder, name, mode, owner)
            }
            (opened, _) => opened,
        };
        folder = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => follow(&folder, name, owner)?,
            opened => opened?,
        };
    }
    // What lies in the root is judged by whose the root is, not by whose the home is.
    folder.as_root()
}

/// Makes a folder in somebody's home. One that can't be given to its owner would lock them out.
fn make_for(folder: &Folder, name: &str, mode: u32, owner: u32) -> io::Result<Folder> {
    let made = folder.folder_or_make(name, mode)?;
    let whose = made.metadata()?.uid();
    if sys::process::effective_user() != 0 || whose == owner {
        return Ok(made);
    }
    let _ = folder.remove_folder(name);
    let why = format!("{} cannot be given to user {owner}", folder.path_of(name).display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// Follows a link in somebody's home: their own, to a folder of their own.
fn follow(folder: &Folder, name: &str, owner: u32) -> io::Result<Folder> {
    let path = folder.path_of(name);
    let link = fs::symlink_metadata(&path)?;
    if !link.is_symlink() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let opened = Folder::open(&path)?;
    let me = sys::process::effective_user();
    // Its maker could as well have made the folder here. For an ordinary user: where it leads is
    // for that user to decide. For the superuser: it must lead to a folder of the home's owner.
    let honest = link.uid() == owner || link.uid() == 0;
    if honest && (me != 0 || opened.owner() == owner) {
        return Ok(opened);
    }
    let why = format!("{} is a symbolic link to a folder of another user", path.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

fn may_use(root: &Folder, owner: u32) -> bool {
    let me = sys::process::effective_user();
    let whose = [me, owner, 0].contains(&root.owner());
    root.is_shared() || whose && (me == 0 || root.owner() == me)
}

fn not_ours(root: &Folder) -> io::Error {
    let why = format!("it belongs to user {}", root.owner());
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// Without this the root of a memory folder kept in git would be committed.
pub(super) fn ignore_in_git(root: &Folder) -> io::Result<()> {
    match root.create_file(".gitignore", 0o644) {
        Ok(mut file) => io::Write::write_all(&mut file, b"*\n"),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
