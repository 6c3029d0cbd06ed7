//! Finding the one true name of a file.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::errno::found;
use super::file::Identity;

/// More links than this on one path is a loop; the kernel's own bound is 40.
const MAX_LINKS: usize = 40;

/// How often a file may be replaced while it is being looked at under two names.
const MOST_LOOKS: u32 = 16;

/// The absolute path of `path` with every symbolic link resolved.
///
/// A file that does not exist yet is named by its deepest existing ancestor, resolved, with the
/// rest appended; a dangling link by the file that it would create. `a/../b` goes through the
/// real parent of `a`, as the kernel does.
///
/// The answer leads to the very file that `path` leads to. Some links in `/proc` show the path of
/// another file, such as those to a container's files or to a deleted one. They are refused.
///
/// # Errors
/// A loop of links, a component that is not a folder, an ancestor that may not be searched, an
/// empty path, or a link that leads elsewhere than it says (see [`is_elsewhere`]).
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut differs = Differs::Elsewhere;
    for _ in 0..MOST_LOOKS {
        match resolve_once(path) {
            Ok(resolved) => return Ok(resolved),
            Err(Differs::Failed(error)) => return Err(error),
            // Or the file was replaced between two looks: look again.
            Err(difference) => differs = difference,
        }
    }
    match differs {
        Differs::Nothing => Err(rustix::io::Errno::NOENT.into()),
        _ => Err(Elsewhere.into()),
    }
}

/// Whether something has this name, be it a link that leads nowhere.
///
/// # Errors
/// As `stat(2)`.
pub fn is_there(path: &Path) -> io::Result<bool> {
    let look = rustix::fs::statat(rustix::fs::CWD, path, rustix::fs::AtFlags::SYMLINK_NOFOLLOW);
    Ok(found(look.map_err(io::Error::from))?.is_some())
}

/// The folder that a path's last name is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether an error of [`resolve`] means that a link leads to a file which has another name than
/// the link says, or none.
pub fn is_elsewhere(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Elsewhere>())
}

/// What is wrong with a link of `/proc` that shows one file and leads to another.
#[derive(Debug)]
struct Elsewhere;

impl fmt::Display for Elsewhere {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("it leads to a file that is deleted, or that has another name here than the link says")
    }
}

impl std::error::Error for Elsewhere {}

impl From<Elsewhere> for io::Error {
    fn from(elsewhere: Elsewhere) -> io::Error {
        io::Error::other(elsewhere)
    }
}

/// How two paths that should lead to one file differ.
enum Differs {
    /// They lead to two.
    Elsewhere,
    /// The path as given leads to nothing, as `missing/../file` does.
    Nothing,
    /// One of them can't be followed.
    Failed(io::Error),
}

impl From<io::Error> for Differs {
    fn from(error: io::Error) -> Differs {
        Differs::Failed(error)
    }
}

fn resolve_once(path: &Path) -> Result<PathBuf, Differs> {
    let resolved = match fs::canonicalize(path) {
        // The common case in one go; it fails only for what does not exist yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.as_os_str().is_empty() => walk(path)?,
        resolved => resolved?,
    };
    compare(path, &resolved)?;
    Ok(resolved)
}

/// A step on the way along a path.
enum Step {
    Name(OsString),
    /// So far the path as given has this beginning, which must lead where we are.
    Compare(PathBuf),
}

/// Resolves what does not exist yet, name by name.
fn walk(path: &Path) -> Result<PathBuf, Differs> {
    let mut resolved = PathBuf::new();
    let mut links = 0;
    let mut rest = steps(&std::path::absolute(path)?);
    while let Some(step) = rest.pop() {
        let name = match step {
            Step::Name(name) => name,
            Step::Compare(given) => {
                compare(&given, &resolved)?;
                continue;
            }
        };
        if name == "/" {
            resolved = PathBuf::from("/");
            continue;
        }
        if name == ".." {
            resolved.pop();
            continue;
        }
        let next = resolved.join(&name);
        match fs::read_link(&next) {
            Ok(target) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Differs::Failed(rustix::io::Errno::LOOP.into()));
                }
                rest.extend(components(&target).into_iter().map(Step::Name));
            }
            // Not a link, or not there: both are a name to keep.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
                resolved = next;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(resolved)
}

/// The steps along a path, last first, with a comparison behind each name.
fn steps(path: &Path) -> Vec<Step> {
    let (mut steps, mut given) = (Vec::new(), PathBuf::new());
    for name in components(path).into_iter().rev() {
        given.push(&name);
        steps.extend([Step::Name(name), Step::Compare(given.clone())]);
    }
    steps.reverse();
    steps
}

fn compare(given: &Path, resolved: &Path) -> Result<(), Differs> {
    let look = |path: &Path| found(fs::metadata(path)).map(|meta| meta.as_ref().map(Identity::from));
    match (look(given)?, look(resolved)?) {
        (given, found) if given == found => Ok(()),
        (None, _) => Err(Differs::Nothing),
        _ => Err(Differs::Elsewhere),
    }
}

/// The components of a path, last first; `/` stands for the root.
fn components(path: &Path) -> Vec<OsString> {
    let names = path.components().filter(|part| *part != Component::CurDir);
    let mut names: Vec<OsString> = names.map(|part| part.as_os_str().to_owned()).collect();
    names.reverse();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_missing_file_is_named_by_its_deepest_ancestor_and_links_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir(root.join("real")).unwrap();
        symlink("real", root.join("folder")).unwrap();
        symlink("folder/new.json", root.join("dangling")).unwrap();
        symlink(root.join("dangling"), root.join("chain")).unwrap();
        let wanted = root.join("real/new.json");
        for name in ["real/new.json", "folder/new.json", "dangling", "chain", "real/../folder/./new.json"] {
            assert_eq!(resolve(&root.join(name)).unwrap(), wanted, "{name}");
        }
        assert_eq!(resolve(&root.join("a/b/../c")).unwrap(), root.join("a/c"));
        let through_nothing = resolve(&root.join("missing/../real")).unwrap_err();
        assert_eq!(through_nothing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_loop_and_an_empty_path_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        assert!(resolve(&dir.path().join("a")).is_err());
        assert!(resolve(&dir.path().join("a/x")).is_err());
        assert!(resolve(Path::new("")).is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_link_that_says_one_file_and_leads_to_another_is_refused() {
        use std::os::fd::AsRawFd;
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let file = fs::File::create(root.join("f")).unwrap();
        let open = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        assert_eq!(resolve(&open).unwrap(), root.join("f"));
        symlink(&open, root.join("link")).unwrap();
        assert_eq!(resolve(&root.join("link")).unwrap(), root.join("f"));
        fs::remove_file(root.join("f")).unwrap();
        for path in [open.clone(), root.join("link")] {
            assert!(is_elsewhere(&resolve(&path).unwrap_err()), "{}", path.display());
        }
        // Not even where a file has the very name that is shown.
        fs::File::create(root.join("f (deleted)")).unwrap();
        assert!(is_elsewhere(&resolve(&open).unwrap_err()));
        // A folder that is gone holds nothing that could be made in it.
        fs::create_dir(root.join("d")).unwrap();
        let folder = fs::File::open(root.join("d")).unwrap();
        fs::remove_dir(root.join("d")).unwrap();
        let below = PathBuf::from(format!("/proc/self/fd/{}/new", folder.as_raw_fd()));
        assert!(is_elsewhere(&resolve(&below).unwrap_err()));
    }

    #[test]
    fn a_file_used_as_a_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::File::create(dir.path().join("f")).unwrap();
        assert!(resolve(&dir.path().join("f/x")).is_err());
    }
}
