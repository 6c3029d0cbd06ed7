//! A root for all who share a folder: `DIR/aiconfig/.locks`, made by `locks init`.
//!
//! Its file `.root` makes it one. It names the device and inode of `.locks` itself, so that a
//! clone or an unpacked archive can't pass for a root; and it counts only if nobody could have put
//! it there who could not take the locked file's folder away as well: the owner of that folder,
//! of DIR, or the superuser.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::LockError;
use super::id::Token;
use super::root::{GUARDS, LockRoot, is_open_to_all};
use super::roots::{CONFIG, LOCKS, ignore_in_git, locks_in};
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder};
use crate::sys::{self, found};

const MARK: &str = ".root";
const MOST_BYTES: u64 = 4096;

/// What [`init`] made.
#[derive(Debug)]
pub struct Shared {
    /// The root.
    pub root: LockRoot,
    /// The group that may use it; everyone without one.
    pub group: Option<u32>,
}

/// Whether there is a shared root in `above` for files of a folder that `user` owns.
pub(super) fn is_root_of(above: &Path, user: u32) -> Result<bool, LockError> {
    let path = locks_in(above).join(MARK);
    match fs::symlink_metadata(&path) {
        Ok(_) => open(above, user)
            .map(|folder| folder.is_some())
            .map_err(|source| LockError::Unusable { path: locks_in(above), source }),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(false)
        }
        // A refused look does not mean that it is absent, unless it could not be one anyway.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            if may_be_root(above, user) {
                let path = locks_in(above);
                return Err(LockError::Unusable { path, source: error });
            }
            Ok(false)
        }
        Err(error) => Err(LockError::io(Op::LookAt, path)(error)),
    }
}

/// Whether what can't be looked into belongs to somebody whose shared root would count.
fn may_be_root(above: &Path, user: u32) -> bool {
    let Ok(folder) = fs::metadata(above) else { return true };
    let trusted = [user, folder.uid(), 0];
    let closed = [above.join(CONFIG), locks_in(above)];
    closed.iter().all(|path| fs::symlink_metadata(path).map_or(true, |meta| trusted.contains(&meta.uid())))
}

/// Opens the shared root in `above`; `None` when what is there does not count as one.
///
/// # Errors
/// It would count, but can't be opened, or has come to another device.
pub(super) fn open(above: &Path, user: u32) -> io::Result<Option<Folder>> {
    let top = Folder::open(above)?;
    let trusted = [user, top.owner(), 0];
    let counts = |meta: &fs::Metadata| trusted.contains(&meta.uid());
    let mut folder = top;
    for name in [CONFIG, LOCKS] {
        folder = match folder.folder(name) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            opened => opened?,
        };
        let meta = folder.metadata()?;
        if !counts(&meta) || is_open_to_all(&meta) {
            return Ok(None);
        }
    }
    let Some(mark) = found(folder.open_file(MARK, Access::Read))? else { return Ok(None) };
    let meta = mark.metadata()?;
    if !counts(&meta) || meta.nlink() != 1 {
        return Ok(None);
    }
    let mut text = String::new();
    mark.take(MOST_BYTES).read_to_string(&mut text)?;
    let here = folder.identity()?;
    match parse(&text) {
        Some(named) if named == here => Ok(Some(folder.as_root()?)),
        // A file system may get another number when it is mounted again. Continuing in another root
        // would let two in.
        Some(named) if named.inode == here.inode => {
            let why = "it was made when its file system had another device number; make it again";
            Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
        }
        _ => Ok(None),
    }
}

fn parse(text: &str) -> Option<Identity> {
    let value =
        |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")?.parse().ok());
    Some(Identity { device: value("DEVICE")?, inode: value("INODE")? })
}

fn render(identity: Identity) -> String {
    format!("DEVICE: {}\nINODE: {}\n", identity.device, identity.inode)
}

/// Makes a root for all who share the folder `above`: for the members of `group`, or for everyone.
/// One that is there is made a shared one, with all that is in it.
///
/// # Errors
/// It can't be made, or would not count: only the owner of `above` or the superuser can make one.
pub fn init(above: &Path, group: Option<u32>) -> Result<Shared, LockError> {
    let above = fs::canonicalize(above).map_err(LockError::io(Op::Find, above))?;
    let path = locks_in(&above);
    let me = sys::process::effective_user();
    let folder = Folder::open(&above).map_err(LockError::io(Op::OpenFolder, &above))?;
    if me != 0 && folder.owner() != me {
        let problem = format!(
            "{} belongs to user {}, and a root that another has made in it would not count",
            above.display(),
            folder.owner()
        );
        return Err(LockError::Untrusted { path, problem });
    }
    make(&folder, group).map_err(LockError::io(Op::MakeFolder, &path))?;
    let opened = open(&above, folder.owner()).map_err(LockError::io(Op::Open, &path))?;
    if opened.is_none() {
        let problem =
            "somebody else could replace it (see the permissions of the folders above it)".to_owned();
        return Err(LockError::Untrusted { path, problem });
    }
    Ok(Shared { root: LockRoot::open(&path)?, group })
}

fn make(above: &Folder, group: Option<u32>) -> io::Result<()> {
    let root = above.folder_or_make(CONFIG, 0o755)?.folder_or_make(LOCKS, 0o700)?;
    let modes = Modes::of(group);
    modes.give(root.file(), modes.common)?;
    let root = root.as_root()?;
    ignore_in_git(&root)?;
    // If it were made at the first lock, it would be closed to others for a moment.
    root.folder_or_make(GUARDS, modes.common)?;
    // Locks and guards from the time when it was private.
    for name in root.names()? {
        let text = name.to_string_lossy();
        let mode = if text.starts_with('.') { modes.common } else { modes.folder };
        if let Ok(folder) = root.folder(&name) {
            modes.give(folder.file(), mode)?;
            for inner in folder.names()? {
                // The second name of a running holder's info is the same file.
                if let Ok(file) = folder.open_linked(&inner, Access::Read) {
                    modes.give(&file, modes.file)?;
                }
            }
        } else if text.ends_with(".jsonl") {
            modes.give(&root.open_file(&name, Access::Read)?, modes.file)?;
        }
    }
    let unborn = format!(".new.{}", Token::fresh()?);
    let mut mark = root.create_file(&unborn, 0o644)?;
    let mut unborn = root.temporary(unborn);
    mark.write_all(render(root.identity()?).as_bytes())?;
    unborn.rename_to(&root, MARK)
}

/// The permissions in a shared root.
struct Modes {
    group: Option<u32>,
    common: u32,
    folder: u32,
    file: u32,
}

impl Modes {
    fn of(group: Option<u32>) -> Modes {
        match group {
            Some(_) => Modes { group, common: 0o2770, folder: 0o2770, file: 0o660 },
            None => Modes { group, common: 0o1777, folder: 0o755, file: 0o644 },
        }
    }

    /// The group first: changing it clears the set-id bits.
    fn give(&self, file: &fs::File, mode: u32) -> io::Result<()> {
        if self.group.is_some() {
            sys::file::set_owner(file, None, self.group)?;
        }
        sys::file::set_mode(file, mode)
    }
}
