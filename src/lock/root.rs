//! The lock root: where it is, whether it can be trusted, and making things in it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::LockError;
use super::key::Key;
use crate::sys;
use crate::sys::machine::{FileSystem, Reach};

/// Folders inside the root are readable by everyone: a lock tells who holds it.
const FOLDER_MODE: u32 = 0o755;
/// The root itself is private: file names and command lines are nobody else's business.
const ROOT_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o644;
const STICKY: u32 = 0o1000;
const WRITABLE_BY_ALL: u32 = 0o002;

/// So often in a row a folder or a guard that was just made may be deleted under us.
pub(super) const MOST_DELETIONS: usize = 20;

/// The folder in which all locks live. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LockRoot {
    path: Arc<Path>,
    /// Whose everything inside shall be, when we are the superuser and the root is another's.
    owner: Option<(u32, u32)>,
    reach: Option<Reach>,
}

impl LockRoot {
    /// Where the environment puts it: `AIMEM_LOCK_DIR`, else `$AICONFIG_PATH/.locks`, else
    /// `~/aiconfig/.locks`.
    ///
    /// # Errors
    /// [`LockError::NoHome`]; [`LockError::Relative`], for such a path would mean other locks in
    /// every folder, and two processes would be inside at once.
    pub fn default_path() -> Result<PathBuf, LockError> {
        let places = [("AIMEM_LOCK_DIR", ""), ("AICONFIG_PATH", ".locks"), ("HOME", "aiconfig/.locks")];
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let found = places.iter().find_map(|&(variable, below)| Some((variable, set(variable)?, below)));
        match found.ok_or(LockError::NoHome)? {
            (variable, path, _) if path.is_relative() => Err(LockError::Relative { variable, path }),
            (_, path, "") => Ok(path),
            (_, path, below) => Ok(path.join(below)),
        }
    }

    /// Opens a root, making it when it is missing.
    ///
    /// # Errors
    /// It can't be made, or somebody else could tamper with it.
    pub fn open(path: &Path) -> Result<LockRoot, LockError> {
        let path = absolute(path)?;
        for _ in 0..MOST_DELETIONS {
            if let Some(root) = LockRoot::existing(&path)? {
                return Ok(root);
            }
            found(make_root(&path)).map_err(LockError::io("create the lock folder", &path))?;
        }
        let gone = io::Error::from(io::ErrorKind::NotFound);
        Err(LockError::io("create the lock folder", path)(gone))
    }

    /// Opens a root that is there already; `None` when it is not, and so holds no lock.
    ///
    /// # Errors
    /// It can't be looked at, or somebody else could tamper with it.
    pub fn existing(path: &Path) -> Result<Option<LockRoot>, LockError> {
        let path = absolute(path)?;
        let at = |source| LockError::Io { action: "look at the lock folder", path: path.clone(), source };
        let name = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            name => name.map_err(at)?,
        };
        let folder = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            folder => folder.map_err(at)?,
        };
        let me = sys::process::effective_user();
        if let Some(problem) = distrust(&name, &folder, me) {
            return Err(LockError::Untrusted { path, problem });
        }
        let owner = (me == 0 && folder.uid() != 0).then(|| (folder.uid(), folder.gid()));
        Ok(Some(LockRoot { path: path.into(), owner, reach: None }))
    }

    /// Overrules what `statfs` says of the file system: for mounts that claim to be remote and
    /// are not, or the other way round.
    #[must_use]
    pub fn with_reach(mut self, reach: Option<Reach>) -> LockRoot {
        self.reach = reach;
        self
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether other machines may be using this root, which is on that file system.
    pub(super) fn reach_on(&self, file_system: Option<&FileSystem>) -> Reach {
        self.reach.or(file_system.map(|found| found.reach)).unwrap_or(Reach::Network)
    }

    /// The file system that the root is on.
    ///
    /// # Errors
    /// `statfs` failed.
    pub fn file_system(&self) -> io::Result<FileSystem> {
        sys::machine::file_system(&self.path)
    }

    /// The folder that is the lock of `key`.
    pub fn lock_dir(&self, key: &Key) -> PathBuf {
        self.path.join(format!("{key}.lock"))
    }

    /// The guard that serialises changes to the lock of `key`.
    pub(super) fn guard_path(&self, key: &Key) -> PathBuf {
        self.guards().join(&key.as_str()[..2])
    }

    pub(super) fn guards(&self) -> PathBuf {
        self.path.join(".guards")
    }

    /// Makes the folder of the guards, and the root too if somebody deleted it.
    pub(super) fn make_guards(&self) -> io::Result<()> {
        make_root(&self.path)?;
        self.make_shared_folder(&self.guards())
    }

    /// Makes a folder for everyone to read, whatever the umask.
    pub(super) fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.make_folder_with(path, FOLDER_MODE)
    }

    fn make_folder_with(&self, path: &Path, mode: u32) -> io::Result<()> {
        fs::create_dir(path)?;
        // By its path: under an odd umask the folder can't be opened yet.
        let given = match self.owner {
            Some((user, group)) => std::os::unix::fs::lchown(path, Some(user), Some(group)),
            None => Ok(()),
        };
        let given = given.and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)));
        if given.is_err() {
            let _ = fs::remove_dir(path);
        }
        given
    }

    /// Makes a folder inside the root in which everyone who may use the root makes files.
    pub(super) fn make_shared_folder(&self, path: &Path) -> io::Result<()> {
        let root = fs::metadata(&*self.path)?.mode();
        match self.make_folder_with(path, FOLDER_MODE | root & (STICKY | 0o777)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// Creates a file for everyone to read, whatever the umask, and opens it for reading and
    /// writing. With `exclusive`, one that is there already is an error.
    pub(super) fn create_file(&self, path: &Path, exclusive: bool) -> io::Result<File> {
        let mut options = sys::file::careful_options();
        options.read(true).write(true).mode(FILE_MODE);
        if !exclusive && let Some(file) = found(options.open(path))? {
            return Ok(file);
        }
        match options.create_new(true).open(path) {
            Ok(file) => {
                if let Some((user, group)) = self.owner {
                    sys::file::set_owner(&file, Some(user), Some(group))?;
                }
                sys::file::set_mode(&file, FILE_MODE)?;
                Ok(file)
            }
            // Somebody was faster.
            Err(error) if !exclusive && error.kind() == io::ErrorKind::AlreadyExists => {
                sys::file::careful_options().read(true).write(true).open(path)
            }
            Err(error) => Err(error),
        }
    }
}

/// `None` for something that is not there.
pub(super) fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, LockError> {
    std::path::absolute(path).map_err(LockError::io("find the lock folder", path))
}

/// Why a root is refused: strangers who can rename things in it can free any lock. A group that
/// may write to it is trusted, as is whoever owns it.
fn distrust(name: &fs::Metadata, folder: &fs::Metadata, me: u32) -> Option<String> {
    if !folder.is_dir() {
        return Some("it is not a folder".to_owned());
    }
    if name.is_symlink() {
        let ours = folder.uid() == me || me == 0 && folder.uid() == name.uid();
        let honest_link = name.uid() == folder.uid() || name.uid() == 0;
        if !ours || !honest_link {
            return Some("it is a symbolic link to a folder of another user".to_owned());
        }
    }
    if folder.mode() & WRITABLE_BY_ALL != 0 && folder.mode() & STICKY == 0 {
        return Some("everyone may write to it and it has no sticky bit (chmod o-w or chmod +t)".to_owned());
    }
    None
}

/// Makes the root and the folders above it. What the superuser makes belongs to the owner of the
/// folder that was there before, or a first use with `sudo` would lock the user out.
fn make_root(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|above| !above.exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let owner = path.ancestors().nth(missing.len()).and_then(|above| fs::metadata(above).ok());
    let give = |path: &Path| match &owner {
        Some(owner) if sys::process::effective_user() == 0 && owner.uid() != 0 => {
            std::os::unix::fs::lchown(path, Some(owner.uid()), Some(owner.gid()))
        }
        _ => Ok(()),
    };
    for folder in missing.iter().rev() {
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            made => made?,
        }
        give(folder)?;
        if *folder == path {
            fs::set_permissions(path, Permissions::from_mode(ROOT_MODE))?;
        }
    }
    // Without this the root of a memory folder kept in git would be committed.
    let ignore = path.join(".gitignore");
    match OpenOptions::new().write(true).create_new(true).open(&ignore) {
        Ok(mut file) => io::Write::write_all(&mut file, b"*\n")?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    give(&ignore)
}
