//! A model of a disk that loses its power.
//!
//! What a program did is recorded with strace and told to the model call by call. At any point
//! [`Disk::crashes`] gives every state in which the disk may be found afterwards, as POSIX allows:
//!
//! - What was written to a file since its last `fsync` is there, half there, there as zeros, or
//!   not at all.
//! - Each change of a folder since that folder's last `fsync` has happened or not, whatever
//!   happened to those before and after it. One rename is atomic.
//! - A file's `fsync` does not make its name durable.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::strace::Call;

type Inode = usize;

#[derive(Debug, Clone, Default)]
struct File {
    /// What a power cut can't take.
    synced: Vec<u8>,
    /// What a reader sees now.
    now: Vec<u8>,
}

/// Names that change together.
#[derive(Debug, Clone)]
struct Change {
    set: Vec<(PathBuf, Inode)>,
    removed: Vec<PathBuf>,
    /// Folders whose sync is still missing.
    unsynced: BTreeSet<PathBuf>,
}

/// The disk as it is while the machine runs.
#[derive(Debug, Default, Clone)]
pub struct Disk {
    root: PathBuf,
    files: Vec<File>,
    names: BTreeMap<PathBuf, Inode>,
    durable: BTreeMap<PathBuf, Inode>,
    pending: Vec<Change>,
    open: HashMap<i64, Open>,
    folders: BTreeSet<PathBuf>,
}

#[derive(Debug, Clone)]
enum Open {
    File { inode: Inode, offset: usize },
    Folder(PathBuf),
}

/// What may be found after a power cut: for each name the contents that its file may have.
pub type Found = BTreeMap<PathBuf, Vec<Vec<u8>>>;

impl Disk {
    /// A disk with all that is below `root` on it now, safe and sound.
    pub fn of(root: &Path) -> Disk {
        let mut disk = Disk { root: root.to_owned(), ..Disk::default() };
        let mut waiting = vec![root.to_owned()];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else if path.is_file() {
                    let content = std::fs::read(&path).unwrap();
                    disk.files.push(File { synced: content.clone(), now: content });
                    disk.durable.insert(path, disk.files.len() - 1);
                }
            }
        }
        disk.names = disk.durable.clone();
        disk
    }

    /// The calls that follow are another process's.
    pub fn next_process(&mut self) {
        self.open.clear();
    }

    /// One call more. Whether it was one that this disk knows of.
    pub fn apply(&mut self, call: &Call) -> bool {
        if call.result < 0 {
            return false;
        }
        match call.name.as_str() {
            "openat" | "openat2" => self.opened(call),
            "close" => self.open.remove(&call.fd(0)).is_some(),
            "write" => self.written(call),
            "lseek" => self.sought(call),
            "ftruncate" => self.cut_off(call),
            "fsync" | "fdatasync" => self.synced(call),
            "syncfs" => self.all_synced(),
            "mkdir" | "mkdirat" => self.made(self.path(call, call.args.len() - 2)),
            "unlink" => self.change(Vec::new(), vec![call.path(0)]),
            "unlinkat" => self.change(Vec::new(), vec![self.path(call, 1)]),
            "copy_file_range" => {
                assert!(!self.open.contains_key(&call.fd(2)), "the model does not know {}", call.name);
                false
            }
            "pwrite64" | "writev" | "truncate" | "fallocate" | "sendfile" => {
                assert!(!self.open.contains_key(&call.fd(0)), "the model does not know {}", call.name);
                false
            }
            "renameat" | "renameat2" | "linkat" => self.named(call, self.path(call, 1), self.path(call, 3)),
            _ => match call.old_and_new_name() {
                Some((from, to)) => self.named(call, from, to),
                None => false,
            },
        }
    }

    /// A path that a call is given, in the folder that stands before it if it is given one.
    fn path(&self, call: &Call, index: usize) -> PathBuf {
        let path = call.path(index);
        match index.checked_sub(1).and_then(|before| self.open.get(&call.fd(before))) {
            // As it stands: links are not in the model.
            Some(Open::Folder(folder)) if path == Path::new(".") => folder.clone(),
            Some(Open::Folder(folder)) if path == Path::new("..") => folder.parent().unwrap().to_owned(),
            Some(Open::Folder(folder)) => folder.join(path),
            _ => path,
        }
    }

    fn opened(&mut self, call: &Call) -> bool {
        let path = self.path(call, 1);
        let flags = &call.args[2];
        if !path.starts_with(&self.root) {
            // On the way to it, maybe.
            if flags.contains("O_DIRECTORY") {
                self.open.insert(call.result, Open::Folder(path));
            }
            return false;
        }
        let inode = match self.names.get(&path) {
            Some(&inode) if !self.folders.contains(&path) => inode,
            None if flags.contains("O_CREAT") => {
                self.files.push(File::default());
                self.change(vec![(path, self.files.len() - 1)], Vec::new());
                self.files.len() - 1
            }
            _ => {
                self.open.insert(call.result, Open::Folder(path));
                return false;
            }
        };
        if flags.contains("O_TRUNC") {
            self.files[inode].now.clear();
        }
        self.open.insert(call.result, Open::File { inode, offset: 0 });
        true
    }

    fn written(&mut self, call: &Call) -> bool {
        let Some(Open::File { inode, offset }) = self.open.get_mut(&call.fd(0)) else { return false };
        let (count, now) = (usize::try_from(call.result).unwrap(), &mut self.files[*inode].now);
        now.resize(now.len().max(*offset + count), 0);
        now[*offset..*offset + count].copy_from_slice(&call.bytes(1)[..count]);
        *offset += count;
        true
    }

    fn sought(&mut self, call: &Call) -> bool {
        if let Some(Open::File { offset, .. }) = self.open.get_mut(&call.fd(0)) {
            *offset = usize::try_from(call.result).unwrap();
        }
        false
    }

    fn cut_off(&mut self, call: &Call) -> bool {
        let Some(Open::File { inode, .. }) = self.open.get(&call.fd(0)) else { return false };
        self.files[*inode].now.resize(call.args[1].parse().unwrap(), 0);
        true
    }

    fn synced(&mut self, call: &Call) -> bool {
        match self.open.get(&call.fd(0)).cloned() {
            None => false,
            Some(Open::File { inode, .. }) => {
                self.files[inode].synced = self.files[inode].now.clone();
                true
            }
            Some(Open::Folder(folder)) => {
                for change in &mut self.pending {
                    change.unsynced.remove(&folder);
                }
                let pending = std::mem::take(&mut self.pending);
                for change in pending {
                    if change.unsynced.is_empty() {
                        change.happen(&mut self.durable);
                    } else {
                        self.pending.push(change);
                    }
                }
                true
            }
        }
    }

    fn all_synced(&mut self) -> bool {
        self.pending.clear();
        self.durable = self.names.clone();
        for file in &mut self.files {
            file.synced = file.now.clone();
        }
        true
    }

    fn made(&mut self, path: PathBuf) -> bool {
        if !path.starts_with(&self.root) {
            return false;
        }
        self.files.push(File::default());
        self.folders.insert(path.clone());
        self.change(vec![(path, self.files.len() - 1)], Vec::new())
    }

    fn named(&mut self, call: &Call, from: PathBuf, to: PathBuf) -> bool {
        let Some(&inode) = self.names.get(&from) else { return false };
        if call.is_exchange() {
            let other = self.names[&to];
            return self.change(vec![(to, inode), (from, other)], Vec::new());
        }
        // A rename of a file onto itself does nothing at all, and leaves both names.
        if call.is_rename() && self.names.get(&to) == Some(&inode) {
            return false;
        }
        let removed = if call.is_rename() { vec![from] } else { Vec::new() };
        self.change(vec![(to, inode)], removed)
    }

    fn change(&mut self, set: Vec<(PathBuf, Inode)>, removed: Vec<PathBuf>) -> bool {
        let paths = set.iter().map(|(path, _)| path).chain(&removed);
        if paths.clone().any(|path| !path.starts_with(&self.root)) {
            return false;
        }
        let unsynced = paths.map(|path| path.parent().unwrap().to_owned()).collect();
        let change = Change { set, removed, unsynced };
        change.happen(&mut self.names);
        self.pending.push(change);
        true
    }

    /// Calls `look` with every state that a power cut at this moment may leave.
    pub fn crashes(&self, mut look: impl FnMut(&Found)) {
        assert!(self.pending.len() < 16, "too many states to look at");
        for kept in 0..1u32 << self.pending.len() {
            let mut names = self.durable.clone();
            for (index, change) in self.pending.iter().enumerate() {
                if kept & (1 << index) != 0 {
                    change.happen(&mut names);
                }
            }
            let there = |path: &Path| {
                let above = path.ancestors().skip(1).take_while(|above| above.starts_with(&self.root));
                !self.folders.contains(path)
                    && above
                        .into_iter()
                        .all(|above| !self.folders.contains(above) || names.contains_key(above))
            };
            let found = names.iter().filter(|(path, _)| there(path));
            look(&found.map(|(path, &inode)| (path.clone(), self.files[inode].contents())).collect());
        }
    }
}

impl Change {
    fn happen(&self, names: &mut BTreeMap<PathBuf, Inode>) {
        for path in &self.removed {
            names.remove(path);
        }
        for (path, inode) in &self.set {
            names.insert(path.clone(), *inode);
        }
    }
}

impl File {
    fn contents(&self) -> Vec<Vec<u8>> {
        let mut contents = vec![self.synced.clone()];
        if self.now != self.synced {
            let half = self.now.len() / 2;
            contents.extend([self.now.clone(), self.now[..half].to_vec(), vec![0; self.now.len()]]);
        }
        contents
    }
}
