//! A folder that serves as a root: what lies beneath it can be reached, and nothing else.
//!
//! A path is opened from the root's descriptor by `openat2` with `RESOLVE_BENEATH` and
//! `RESOLVE_NO_MAGICLINKS`: a link may lead to another name beneath the root, and anything that would
//! leave it is refused by the kernel, at whatever moment a name is exchanged for a link. Where there
//! is no such call, the path is walked one name at a time, and no link is followed.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, RawMode};
use rustix::io::Errno;

use super::dir::{Dir, open_at};
use super::errno;
use super::platform;

/// So often a link is followed to a file that seems to be on its way out.
const MOST_LOOKS: u32 = 64;

/// A folder, open, and everything beneath it.
#[derive(Debug)]
pub struct Root {
    dir: Dir,
}

/// Why a path leads nowhere beneath a root.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// It leads out of the root, or may: by `..`, by a link, or by a link of the kernel's own.
    #[error("it leads out of it")]
    Outside,
    /// The system refused.
    #[error(transparent)]
    Refused(#[from] io::Error),
}

impl Root {
    /// Opens a folder. The links on its own path are followed, now and never again.
    ///
    /// # Errors
    /// As `open(2)`.
    pub fn open(path: &Path) -> io::Result<Root> {
        Ok(Root { dir: Dir::open(&std::fs::canonicalize(path)?)? })
    }

    /// Its true path.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The true path of what `inside` leads to, which need not be there yet. No link is on it.
    ///
    /// # Errors
    /// [`Unreachable::Outside`]; `NotADirectory` and the like.
    pub fn reach(&self, inside: &Path) -> Result<PathBuf, Unreachable> {
        let mut names = names(inside)?;
        // The last name apart: a file that is being replaced at this moment is open under the name
        // that it has had, and the kernel would tell the one that it has now.
        let Some(last) = names.pop() else { return self.reach_folder(names) };
        let mut path = self.reach_folder(names)?;
        let look = match Dir::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => opened?.look(&last)?,
        };
        if look.is_some_and(|look| look.is_link) {
            return self.follow(inside);
        }
        path.push(last);
        Ok(path)
    }

    /// What a link leads to, looked at again while that seems to be a file on its way out.
    fn follow(&self, inside: &Path) -> Result<PathBuf, Unreachable> {
        let mut looks = 0;
        loop {
            looks += 1;
            match self.true_path(inside) {
                // A link that leads to nothing is a name that is taken.
                Err(Unreachable::Refused(error)) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(Unreachable::Outside);
                }
                Ok(path) if looks < MOST_LOOKS && is_hidden(&path) => {}
                reached => return reached,
            }
        }
    }

    /// The same for a folder and those above it.
    fn reach_folder(&self, mut names: Vec<OsString>) -> Result<PathBuf, Unreachable> {
        let mut missing: Vec<OsString> = Vec::new();
        loop {
            let folder = if names.is_empty() { Path::new(".").to_owned() } else { names.iter().collect() };
            match self.true_path(&folder) {
                Ok(mut path) => {
                    path.extend(missing.iter().rev());
                    return Ok(path);
                }
                Err(Unreachable::Refused(error)) if error.kind() == io::ErrorKind::NotFound => {
                    let Some(last) = names.pop() else { return Err(error.into()) };
                    self.refuse_link(&names, &last)?;
                    missing.push(last);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes the folders that are missing on the way to `inside`, and the last of its names too.
    ///
    /// # Errors
    /// As `mkdir(2)`; a link on the way is [`Unreachable::Outside`].
    pub fn make_folders(&self, inside: &Path) -> Result<(), Unreachable> {
        let mut here = self.dir.file().try_clone()?;
        for name in names(inside)? {
            match rustix::fs::mkdirat(&here, &name, Mode::from_raw_mode(0o777 as RawMode)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
            here = enter(&here, &name)?;
        }
        Ok(())
    }

    /// The true path of something that is there.
    fn true_path(&self, inside: &Path) -> Result<PathBuf, Unreachable> {
        match platform::reach_beneath(self.dir.file(), inside) {
            None => self.walk(inside),
            Some(Ok(path)) if path.starts_with(self.path()) => Ok(path),
            // The root itself has been moved.
            Some(Ok(_)) => Err(Unreachable::Outside),
            Some(Err(error)) if errno::is_any(&error, &[Errno::XDEV, Errno::LOOP]) => {
                Err(Unreachable::Outside)
            }
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// The same without the kernel's help, links not followed.
    fn walk(&self, inside: &Path) -> Result<PathBuf, Unreachable> {
        let mut here = self.dir.file().try_clone()?;
        let mut names = names(inside)?.into_iter().peekable();
        while let Some(name) = names.next() {
            if names.peek().is_some() {
                here = enter(&here, &name)?;
                continue;
            }
            let place = Dir::of(here, self.path());
            match place.look(&name)? {
                Some(look) if look.is_link => return Err(Unreachable::Outside),
                Some(_) => break,
                None => return Err(io::Error::from(io::ErrorKind::NotFound).into()),
            }
        }
        Ok(self.path().join(inside.strip_prefix(".").unwrap_or(inside)))
    }

    /// A link that leads to nothing is a name that is taken.
    fn refuse_link(&self, above: &[OsString], name: &OsStr) -> Result<(), Unreachable> {
        let folder: PathBuf = above.iter().collect();
        let folder = if above.is_empty() { Path::new(".") } else { &folder };
        let Ok(path) = self.true_path(folder) else { return Ok(()) };
        let place = Dir::open(&path)?;
        match place.look(name)? {
            Some(look) if look.is_link => Err(Unreachable::Outside),
            _ => Ok(()),
        }
    }
}

/// Temporary names begin so.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The names of a relative path, of which none leads upwards.
fn names(inside: &Path) -> Result<Vec<OsString>, Unreachable> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(Ok(name.to_owned())),
        Component::CurDir => None,
        Component::ParentDir | Component::RootDir | Component::Prefix(_) => Some(Err(Unreachable::Outside)),
    };
    inside.components().filter_map(name).collect()
}

fn enter(folder: &std::fs::File, name: &OsStr) -> Result<std::fs::File, Unreachable> {
    let flags = platform::SEARCH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    open_at(folder, name, flags, 0).map_err(|error| {
        // What `open` says of a link depends on the other flags.
        let place = folder.try_clone().map(|folder| Dir::of(folder, ""));
        let look = place.and_then(|place| place.look(name)).ok().flatten();
        if look.is_some_and(|look| look.is_link) { Unreachable::Outside } else { error.into() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_lies_beneath_is_reached_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let root_path = top.join("root");
        fs::create_dir_all(root_path.join("a/b")).unwrap();
        fs::File::create(root_path.join("a/f")).unwrap();
        fs::File::create(top.join("secret")).unwrap();
        symlink("../secret", root_path.join("out")).unwrap();
        symlink("..", root_path.join("up")).unwrap();
        symlink(&top, root_path.join("absolute")).unwrap();
        symlink("/proc/self/cwd", root_path.join("magic")).unwrap();
        symlink("nothing", root_path.join("dangling")).unwrap();
        symlink("a/f", root_path.join("inner")).unwrap();
        let root = Root::open(&root_path).unwrap();
        for walk in [false, true] {
            let reach = |path: &str| match walk {
                true => root.walk(Path::new(path)),
                false => root.reach(Path::new(path)),
            };
            assert_eq!(reach("a/f").unwrap(), root_path.join("a/f"));
            assert_eq!(reach("./a/./b").unwrap(), root_path.join("a/b"));
            for path in
                ["out", "up", "up/secret", "absolute/secret", "magic/x", "../secret", "a/../f", "/etc"]
            {
                assert!(matches!(reach(path), Err(Unreachable::Outside)), "{path} {walk}");
            }
            assert!(matches!(reach("a/f/x"), Err(Unreachable::Refused(_))), "{walk}");
        }
        assert_eq!(root.reach(Path::new("inner")).unwrap(), root_path.join("a/f"));
        assert_eq!(root.reach(Path::new("a/new/er")).unwrap(), root_path.join("a/new/er"));
        assert!(matches!(root.reach(Path::new("dangling")), Err(Unreachable::Outside)));
        assert!(matches!(root.reach(Path::new("dangling/x")), Err(Unreachable::Outside)));
        root.make_folders(Path::new("n/o/w")).unwrap();
        assert!(root_path.join("n/o/w").is_dir());
        assert!(matches!(root.make_folders(Path::new("up/n")), Err(Unreachable::Outside)));
        assert!(!top.join("n").exists());
    }
}
