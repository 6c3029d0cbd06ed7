//! The folders that a front end may work in, for callers who are not to be trusted with paths.
//!
//! A path is followed twice. First from the root's descriptor, by a call that can't leave it
//! ([`crate::sys::beneath`]); that gives the true path, on which there is no link. Then
//! [`FilePlace`](super::FilePlace) locks and opens that path, refuses any link on it, and asks
//! [`Bounds::allows`] of the path that it has opened. A folder that is exchanged for a link in
//! between is an error, and never a way out.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::PlaceError;
use crate::sys::beneath::{Root, Unreachable};
use crate::sys::dir::Dir;

/// Folders nested deeper than this are not listed.
const DEEPEST: usize = 32;
/// More names than this are not looked at for one list.
const MOST_NAMES: usize = 100_000;

/// The folders that may be worked in, and what is left out of them: names that begin with a dot,
/// and the lock folders.
#[derive(Debug)]
pub struct Bounds {
    roots: Vec<Given>,
    excluded: Vec<PathBuf>,
}

/// A root and the spelling by which it was named.
#[derive(Debug)]
struct Given {
    name: PathBuf,
    root: Root,
}

/// A file within the bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its true path.
    pub path: PathBuf,
    /// Which root it is in.
    root: usize,
}

/// A file of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its true path.
    pub path: PathBuf,
    /// The path from its root.
    pub inside: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When its content was written, in seconds since 1970.
    pub modified: i64,
}

impl Bounds {
    /// Opens the roots. The folders in `excluded`, and what is in them, are left out.
    ///
    /// # Errors
    /// A root can't be opened.
    pub fn new(roots: &[PathBuf], excluded: &[PathBuf]) -> Result<Bounds, PlaceError> {
        let open = |name: &PathBuf| {
            let refused = |source| PlaceError::Root { path: name.clone(), source };
            let name = std::path::absolute(name).map_err(refused)?;
            Ok(Given { root: Root::open(&name).map_err(refused)?, name })
        };
        let roots = roots.iter().map(open).collect::<Result<_, PlaceError>>()?;
        // One that is not there yet keeps the path that it will have.
        let excluded = excluded.iter();
        let excluded =
            excluded.map(|path| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())).collect();
        Ok(Bounds { roots, excluded })
    }

    /// The true paths of the roots.
    pub fn roots(&self) -> impl Iterator<Item = &Path> {
        self.roots.iter().map(|given| given.root.path())
    }

    /// Finds a file by its absolute path, or by one relative to a root: where several have it, the
    /// first, and where none has, the first root gets it.
    ///
    /// # Errors
    /// [`PlaceError::Outside`], or the path can't be followed.
    pub fn locate(&self, path: &Path) -> Result<Located, PlaceError> {
        let outside = || PlaceError::Outside { path: path.to_owned() };
        if path.as_os_str().is_empty() || path.as_os_str().as_bytes().contains(&0) {
            return Err(outside());
        }
        let mut results = self.roots.iter().enumerate().filter_map(|(index, given)| {
            let inside = given.inside(path)?;
            Some(match given.root.reach(inside) {
                Err(Unreachable::Outside) => Err(outside()),
                Err(Unreachable::Refused(source)) => {
                    Err(PlaceError::Unreachable { path: path.to_owned(), source })
                }
                Ok(reached) if self.allows(&reached) => Ok(Located { path: reached, root: index }),
                Ok(_) => Err(PlaceError::Hidden { path: path.to_owned() }),
            })
        });
        let first = results.next().unwrap_or_else(|| Err(outside()));
        let is_there =
            |found: &Result<Located, PlaceError>| matches!(found, Ok(found) if found.path.exists());
        if is_there(&first) { first } else { results.find(is_there).unwrap_or(first) }
    }

    /// Whether a true path is within the bounds.
    pub fn allows(&self, path: &Path) -> bool {
        let inside = self.roots.iter().find_map(|given| path.strip_prefix(given.root.path()).ok());
        let is_plain = |part: Component<'_>| match part {
            Component::Normal(name) => !is_hidden(name),
            _ => false,
        };
        inside.is_some_and(|inside| inside.components().all(is_plain))
            && !self.excluded.iter().any(|folder| path.starts_with(folder))
    }

    /// Makes the folders that are missing above a file.
    ///
    /// # Errors
    /// A folder can't be made, or a link is on the way.
    pub fn make_folders(&self, file: &Located) -> Result<(), PlaceError> {
        let outside = || PlaceError::Outside { path: file.path.clone() };
        let root = &self.roots.get(file.root).ok_or_else(outside)?.root;
        let inside = file.path.strip_prefix(root.path()).ok().and_then(Path::parent).ok_or_else(outside)?;
        match root.make_folders(inside) {
            Ok(()) => Ok(()),
            Err(Unreachable::Outside) => Err(outside()),
            Err(Unreachable::Refused(source)) => {
                Err(PlaceError::Unreachable { path: file.path.clone(), source })
            }
        }
    }

    /// The files beneath the roots, in the order of their paths, and whether these are all: links are
    /// not followed, and of very many names the rest is left out.
    pub fn files(&self) -> (Vec<Listed>, bool) {
        let mut walk = Walk { bounds: self, files: Vec::new(), left: MOST_NAMES, whole: true };
        for given in &self.roots {
            walk.folder(given.root.path(), Path::new(""), DEEPEST);
        }
        walk.files.sort();
        // One root may lie in another.
        walk.files.dedup_by(|one, other| one.path == other.path);
        (walk.files, walk.whole)
    }
}

impl Given {
    /// What a path means in this root.
    fn inside<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        if path.is_relative() {
            return Some(path);
        }
        path.strip_prefix(self.root.path()).or_else(|_| path.strip_prefix(&self.name)).ok()
    }
}

struct Walk<'a> {
    bounds: &'a Bounds,
    files: Vec<Listed>,
    left: usize,
    whole: bool,
}

impl Walk<'_> {
    /// A folder that can't be opened is left out: it may have just been removed.
    fn folder(&mut self, path: &Path, inside: &Path, levels: usize) {
        let Ok(dir) = Dir::open(path) else { return };
        for name in dir.names().unwrap_or_default() {
            if self.left == 0 {
                self.whole = false;
                return;
            }
            self.left -= 1;
            let Ok(Some(look)) = dir.look(&name) else { continue };
            let (path, inside) = (path.join(&name), inside.join(&name));
            if is_hidden(&name) || !self.bounds.allows(&path) {
                continue;
            }
            if look.is_folder && levels > 0 {
                self.folder(&path, &inside, levels - 1);
            } else if look.is_folder {
                self.whole = false;
            } else if look.is_file {
                self.files.push(Listed { path, inside, size: look.size, modified: look.modified.0 });
            }
        }
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().first() == Some(&b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn dot_files_the_excluded_and_what_is_elsewhere_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        for folder in ["one/.git", "one/locks", "one/sub", "two"] {
            fs::create_dir_all(top.join(folder)).unwrap();
        }
        for file in ["one/.git/config", "one/locks/x", "one/sub/a.json", "one/.env", "two/b.md", "c"] {
            fs::File::create(top.join(file)).unwrap();
        }
        let bounds = Bounds::new(&[top.join("one"), top.join("two")], &[top.join("one/locks")]).unwrap();
        let (files, whole) = bounds.files();
        let inside: Vec<_> = files.iter().map(|file| file.inside.to_str().unwrap()).collect();
        assert_eq!((inside, whole), (vec!["sub/a.json", "b.md"], true));
        let locate = |path: &str| bounds.locate(Path::new(path)).map(|found| found.path);
        assert_eq!(locate("sub/a.json").unwrap(), top.join("one/sub/a.json"));
        assert_eq!(locate("b.md").unwrap(), top.join("two/b.md"));
        assert_eq!(locate("new.md").unwrap(), top.join("one/new.md"));
        assert_eq!(locate(top.join("two/new.md").to_str().unwrap()).unwrap(), top.join("two/new.md"));
        for path in [".env", ".git/config", "locks/x", "sub/.new"] {
            assert!(matches!(locate(path), Err(PlaceError::Hidden { .. })), "{path}");
        }
        for path in ["../c", "sub/../../c", "/etc/passwd", "", "/proc/self/environ"] {
            assert!(matches!(locate(path), Err(PlaceError::Outside { .. })), "{path}");
        }
    }
}
