//! A folder tree as it is, to be compared with what it was.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Names, bytes, modes, owners, times and inodes of everything below a folder.
#[derive(PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, String>);

impl Snapshot {
    /// All of it, the folder itself included.
    pub fn of(folder: &Path) -> Snapshot {
        let mut found = BTreeMap::new();
        add(folder, folder, &mut found, &[]);
        Snapshot(found)
    }

    /// The lock root: without its guards, which may come into being, and without the times of
    /// the root itself, in which a lock has come and gone.
    pub fn of_locks(root: &Path) -> Snapshot {
        let mut found = BTreeMap::new();
        add(root, root, &mut found, &[".guards"]);
        found.remove(Path::new(""));
        Snapshot(found)
    }
}

fn add(root: &Path, path: &Path, found: &mut BTreeMap<PathBuf, String>, but: &[&str]) {
    let meta = fs::symlink_metadata(path).unwrap();
    let content = if meta.is_file() {
        fs::read(path).map_or_else(|error| error.to_string(), hex::encode)
    } else {
        String::new()
    };
    let line = format!(
        "mode {:o} owner {}:{} inode {} mtime {}.{:09} {content}",
        meta.mode(),
        meta.uid(),
        meta.gid(),
        meta.ino(),
        meta.mtime(),
        meta.mtime_nsec()
    );
    found.insert(path.strip_prefix(root).unwrap().to_owned(), line);
    if !meta.is_dir() {
        return;
    }
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        if !but.iter().any(|name| entry.file_name() == *name) {
            add(root, &entry.path(), found, but);
        }
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, line) in &self.0 {
            writeln!(out, "{}: {}", path.display(), line.chars().take(300).collect::<String>())?;
        }
        Ok(())
    }
}
