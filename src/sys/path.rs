//! Finding the one true name of a file.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// More links than this on one path is a loop; the kernel's own bound is 40.
const MAX_LINKS: usize = 40;

/// The absolute path of `path` with every symbolic link resolved.
///
/// A file that does not exist yet is named by its deepest existing ancestor, resolved, with the
/// rest appended; a dangling link by the file that it would create. `a/../b` goes through the
/// real parent of `a`, as the kernel does.
///
/// # Errors
/// A loop of links, a component that is not a folder, an ancestor that may not be searched, or
/// an empty path.
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    // The common case in one go; it fails only for what does not exist yet.
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.as_os_str().is_empty() => {}
        result => return result,
    }
    let mut resolved = PathBuf::new();
    let mut links = 0;
    let mut rest: Vec<OsString> = components(&std::path::absolute(path)?);
    while let Some(name) = rest.pop() {
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
                    return Err(rustix::io::Errno::LOOP.into());
                }
                rest.extend(components(&target));
            }
            // Not a link, or not there: both are a name to keep.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
                resolved = next;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(resolved)
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
    fn a_file_used_as_a_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::File::create(dir.path().join("f")).unwrap();
        assert!(resolve(&dir.path().join("f/x")).is_err());
    }
}
