//! Reaching a folder of trust, or a settings file, by its whole path.
//!
//! The path is walked from `/`, one name at a time, and each folder on the way is kept open until
//! the next one is. As long as all of it belongs to us, to the superuser or to whoever owns `/`
//! (another number in a user namespace), links that one of these made are followed: a `~/.claude`
//! that its user has moved elsewhere, a `/home` that is a link. From the first folder of another
//! user on, that user *rules*: what is below must belong to the ruler or to one of us, and links
//! are no longer followed, whoever made them, because the ruler can rename them.
//!
//! So a user can lead others, the superuser included, only to that user's own folders.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path};
use std::sync::Arc;

use rustix::fs::{CWD, OFlags};
use rustix::io::Errno;

use super::ownership::unreadable;
use super::{Access, Folder, WRITABLE_BY_OTHERS, distrust};
use crate::sys::dir::{Dir, LISTED, open_at};
use crate::sys::errno;
use crate::sys::platform;
use crate::sys::process::effective_user;

/// More links than this on one path is a loop; the kernel's own bound is 40.
const MAX_LINKS: usize = 40;

/// A file that settings were read from, or a credential.
#[derive(Debug)]
pub struct Reached {
    /// Open for reading.
    pub file: File,
    /// Who vouches for it: the ruler of the path, or the file's owner.
    pub owner: u32,
}

/// No file of settings and no credential is longer, in bytes.
const LONGEST: u64 = 1 << 20;

impl Reached {
    /// The file's text.
    ///
    /// # Errors
    /// As `read(2)`; `InvalidData` for what is not UTF-8; an error that says so for a file of more than a
    /// MiB, of which nothing must be left out unnoticed.
    pub fn text(&self) -> io::Result<String> {
        let mut text = String::new();
        let length = (&self.file).take(LONGEST + 1).read_to_string(&mut text)?;
        match length as u64 > LONGEST {
            true => Err(io::Error::other(format!("it is larger than {LONGEST} bytes"))),
            false => Ok(text),
        }
    }
}

impl Folder {
    /// Reaches a folder by its absolute path, as described at the top of this file.
    ///
    /// # Errors
    /// As `open(2)`; `PermissionDenied` with the reason for a link or a folder that is not to be
    /// trusted; `InvalidInput` for a relative path.
    pub fn walk_to(path: &Path) -> io::Result<Folder> {
        let mut walk = Walk::new(path)?;
        while let Some(name) = walk.ahead.pop() {
            walk.enter(&name)?;
        }
        walk.into_folder(path)
    }

    /// The same, making what is missing: the folder itself with these permissions, those above it
    /// with what the umask leaves. Each is durable before anything is put into it.
    pub fn walk_to_or_make(path: &Path, mode: Option<u32>) -> io::Result<Folder> {
        let mut walk = Walk::new(path)?;
        while let Some(name) = walk.ahead.pop() {
            match walk.enter(&name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let mode = mode.filter(|_| walk.ahead.is_empty());
                    walk.make(&name, mode)?;
                    walk.enter(&name)?;
                }
                entered => entered?,
            }
        }
        walk.into_folder(path)
    }

    /// Makes this folder's own name durable.
    ///
    /// # Errors
    /// The folder above can't be opened or synced.
    pub fn sync_above(&self) -> io::Result<()> {
        open_at(self.file(), OsStr::new(".."), LISTED, 0)?.sync_all()
    }
}

/// Reaches a regular file in the same way. One in a ruler's folder must be one that the ruler could
/// read as well.
///
/// # Errors
/// As [`Folder::walk_to`]; `IsADirectory`.
pub fn walk_to_file(path: &Path) -> io::Result<Reached> {
    let mut walk = Walk::new(path)?;
    while let Some(name) = walk.ahead.pop() {
        if !walk.ahead.is_empty() || name == ".." {
            walk.enter(&name)?;
            continue;
        }
        let here = walk.here()?;
        match here.dir.open_file(&name, Access::Read) {
            Ok(file) => {
                let meta = file.metadata()?;
                if meta.is_dir() {
                    break;
                }
                let path = here.dir.path_of(&name);
                if !meta.is_file() {
                    return Err(distrust(&path, "it is not a regular file"));
                }
                let ruler = walk.ruler(here.ruler, &path, &meta)?;
                let owner = ruler.map_or(meta.uid(), |(user, _)| user);
                if ruler.is_some()
                    && let Some(why) = unreadable(&meta, owner, false, false)
                {
                    return Err(distrust(&path, why));
                }
                return Ok(Reached { file, owner });
            }
            Err(error) if errno::is(&error, Errno::LOOP) => walk.follow(&name)?,
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::IsADirectory.into())
}

/// User and group of another user who has a say in where a path leads.
type Ruler = Option<(u32, u32)>;

/// A folder on the way.
struct Step {
    /// Only to be searched: it need not be readable.
    dir: Dir,
    ruler: Ruler,
}

struct Walk {
    trusted: [u32; 3],
    /// `/` first. The last one is where we are.
    steps: Vec<Step>,
    /// Names still to come, the next one last.
    ahead: Vec<OsString>,
    links: usize,
}

impl Walk {
    fn new(path: &Path) -> io::Result<Walk> {
        if !path.is_absolute() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let file = open_at(CWD, OsStr::new("/"), search(), 0)?;
        let trusted = [0, effective_user(), file.metadata()?.uid()];
        let root = Step { dir: Dir::of(file, "/"), ruler: None };
        Ok(Walk { trusted, steps: vec![root], ahead: names(path), links: 0 })
    }

    fn here(&self) -> io::Result<&Step> {
        // There is always `/`.
        self.steps.last().ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// Takes one step: into a folder, back to the one before, or along a link.
    fn enter(&mut self, name: &OsStr) -> io::Result<()> {
        if name == ".." {
            self.steps.truncate((self.steps.len() - 1).max(1));
            return Ok(());
        }
        let here = self.here()?;
        let file = match here.dir.open_at(name, search(), 0) {
            Err(error) if errno::is_any(&error, &[Errno::NOTDIR, Errno::LOOP]) => return self.follow(name),
            opened => opened?,
        };
        let dir = Dir::of(file, here.dir.path_of(name));
        let ruler = self.ruler(here.ruler, dir.path(), &dir.metadata()?)?;
        self.steps.push(Step { dir, ruler });
        Ok(())
    }

    /// Who rules below something that lies where `above` rules.
    fn ruler(&self, above: Ruler, path: &Path, meta: &Metadata) -> io::Result<Ruler> {
        let ours = self.trusted.contains(&meta.uid());
        match above {
            None if ours => Ok(None),
            None => Ok(Some((meta.uid(), meta.gid()))),
            Some((user, _)) if ours || user == meta.uid() => Ok(above),
            Some(_) => Err(distrust(path, &format!("it belongs to user {}, a stranger here", meta.uid()))),
        }
    }

    /// Puts the target of a link ahead. What is not a link either is not a folder.
    fn follow(&mut self, name: &OsStr) -> io::Result<()> {
        let here = self.here()?;
        let link = platform::read_link_at(here.dir.file(), name).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => Errno::NOTDIR.into(),
            _ => error,
        })?;
        if here.ruler.is_some() || !self.trusted.contains(&link.owner) {
            let why = format!("it is a symbolic link of user {}", link.owner);
            return Err(distrust(&here.dir.path_of(name), &why));
        }
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(Errno::LOOP.into());
        }
        if link.target.is_absolute() {
            self.steps.truncate(1);
        }
        self.ahead.extend(names(&link.target));
        Ok(())
    }

    fn make(&self, name: &OsStr, mode: Option<u32>) -> io::Result<()> {
        let here = self.folder_here()?;
        match here.make(name, mode) {
            // Somebody was faster, and may not have come to the sync.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => here.folder(name)?.sync_above(),
            made => made?.0.sync_above(),
        }
    }

    /// Where we are, good for making things in it.
    fn folder_here(&self) -> io::Result<Folder> {
        let Step { dir, ruler } = self.here()?;
        folder(dir.file().try_clone()?, dir.path(), *ruler)
    }

    fn into_folder(self, path: &Path) -> io::Result<Folder> {
        let Step { dir, ruler } = self.here()?;
        folder(dir.readable()?, path, *ruler)
    }
}

/// A folder at the end of a path. One that the superuser owns below a ruler counts as the ruler's.
fn folder(file: File, path: &Path, ruler: Ruler) -> io::Result<Folder> {
    let meta = file.metadata()?;
    let own = (meta.uid(), meta.gid());
    let (owner, group) = ruler.filter(|_| meta.uid() == 0).unwrap_or(own);
    let shared = meta.mode() & WRITABLE_BY_OTHERS != 0;
    Ok(Folder { dir: Arc::new(Dir::of(file, path)), owner, group, shared })
}

fn search() -> OFlags {
    platform::SEARCH | OFlags::DIRECTORY | OFlags::NOFOLLOW
}

/// The names of a path, the first one last.
fn names(path: &Path) -> Vec<OsString> {
    let wanted = |part: &Component| matches!(part, Component::Normal(_) | Component::ParentDir);
    let names = path.components().filter(wanted).map(|part| part.as_os_str().to_owned());
    let mut names: Vec<OsString> = names.collect();
    names.reverse();
    names
}
