//! Backups: `FILE.bak`, `FILE.bak.1`, …, the latest first.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::temporary::{NAME_LIMIT, Temporary, link_of};
use super::{ReplaceError, Source, Warning, metadata};
use crate::sys::dir::{Access, Dir};
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::temporary::TemporaryName;

/// How much is compared at a time.
const BLOCK: usize = 64 << 10;

/// A kept version.
#[derive(Debug, Clone)]
pub struct Backup {
    /// 0 is the latest.
    pub index: u32,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When that version was written.
    pub modified: Option<SystemTime>,
}

/// The name of a target's backup.
pub fn backup_path(target: &Path, index: u32) -> PathBuf {
    target.with_file_name(backup_name(target.file_name().unwrap_or_default(), index))
}

fn backup_name(target: &OsStr, index: u32) -> OsString {
    let mut name = target.to_owned();
    name.push(".bak");
    if index > 0 {
        name.push(format!(".{index}"));
    }
    name
}

/// The backups of a target, the latest first.
///
/// # Errors
/// One of them can't be looked at.
pub fn backups(target: &Path) -> Result<Vec<Backup>, ReplaceError> {
    let mut found = Vec::new();
    // A crash in the middle of moving up leaves one gap, which the next backup closes.
    let mut gaps = 0;
    for index in 0.. {
        let path = backup_path(target, index);
        match fs::symlink_metadata(&path) {
            Ok(meta) => found.push(Backup { index, path, size: meta.len(), modified: meta.modified().ok() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound && gaps == 0 => gaps += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(ReplaceError::io(Op::LookAt, path)(error)),
        }
    }
    Ok(found)
}

/// Makes sure that all the names there will be are short enough, before anything is touched.
pub(super) fn check_names(target: &Path, keep: u32) -> Result<(), ReplaceError> {
    let length = backup_name(target.file_name().unwrap_or_default(), keep).len();
    if keep > 0 && length > NAME_LIMIT {
        return Err(ReplaceError::BackupName { path: target.to_owned(), length });
    }
    Ok(())
}

/// What is there under the names of a target's backups.
pub(super) struct Kept {
    /// How many there are, up to the first gap.
    count: u32,
    latest: Option<Identity>,
}

impl Kept {
    /// Looks at them all. One that can't be looked at is an error: it may be one more, and must
    /// not be overwritten.
    pub(super) fn of(place: &Dir, target: &OsStr) -> Result<Kept, ReplaceError> {
        let mut kept = Kept { count: 0, latest: None };
        loop {
            let name = backup_name(target, kept.count);
            let Some(found) = look(place, &name)? else { return Ok(kept) };
            if kept.count == 0 {
                kept.latest = Some(found);
            }
            kept.count += 1;
        }
    }

    /// How many there are, up to the first gap.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Whether the latest backup is the very file that the target is: the work of a writer that
    /// ended between its backup and its rename.
    pub(super) fn is_link(&self, meta: &fs::Metadata) -> bool {
        self.latest == Some(Identity::from(meta))
    }
}

fn look(place: &Dir, name: &OsStr) -> Result<Option<Identity>, ReplaceError> {
    let found = place.look(name).map_err(ReplaceError::io(Op::LookAt, place.path().join(name)))?;
    Ok(found.map(|version| version.identity))
}

/// How far the backup is.
#[derive(Debug)]
pub(super) enum Plan {
    /// None is wanted, or it is in place.
    Nothing,
    /// The old content under a temporary name; a copy is kept open, and so locked.
    Ready(TemporaryName, Option<fs::File>),
    /// The target is another file by now.
    Overtaken,
}

/// Gets the old content ready to become the latest backup: a hard link, or a synced copy where
/// links are refused or `copy` is asked for. All that is likely to fail is done here, before the
/// first of the older ones moves.
pub(super) fn prepare(
    place: &Arc<Dir>,
    source: &Source,
    kept: &Kept,
    copy: bool,
    warnings: &mut Vec<Warning>,
) -> Result<Plan, ReplaceError> {
    let (Some(file), Some(meta)) = (source.file(), source.metadata()) else { return Ok(Plan::Nothing) };
    let target = source.name();
    let linked = kept.is_link(meta);
    if linked && !copy || !linked && is_copy(place, source) {
        return Ok(Plan::Nothing);
    }
    if !copy && let Ok(link) = link_of(place, target) {
        let same = look(place, link.as_os_str())? == Some(Identity::from(meta));
        return Ok(if same { Plan::Ready(link, None) } else { Plan::Overtaken });
    }
    let backup = place.path().join(backup_name(target, 0));
    let fail = || ReplaceError::io(Op::MakeBackup, &backup);
    let temporary = Temporary::create(place, target, true)?;
    let mut from: &fs::File = file;
    io::Seek::seek(&mut from, io::SeekFrom::Start(0)).map_err(fail())?;
    io::copy(&mut from, &mut temporary.file()).map_err(fail())?;
    metadata::copy(file, meta, temporary.file(), &backup, warnings)?;
    if let Ok(modified) = meta.modified() {
        // `restore --list` shows when a version was written, not when it was copied.
        temporary.file().set_modified(modified).map_err(fail())?;
    }
    temporary.file().sync_all().map_err(fail())?;
    let (name, copy) = temporary.into_parts();
    Ok(Plan::Ready(name, Some(copy)))
}

/// Gives what was prepared the name of the latest backup. The older ones move up by one name,
/// once in a transaction. `Ok(false)` when what was prepared is gone: nobody can lock a hard link
/// alone, so a writer with another lock root may have taken it for a dead one's.
pub(super) fn name(
    place: &Dir,
    source: &Source,
    mut ready: TemporaryName,
    moved: &mut bool,
) -> Result<bool, ReplaceError> {
    let target = source.name();
    // Looked at again: another lock root's writer may have moved them since.
    let kept = Kept::of(place, target)?;
    let Some(identity) = look(place, ready.as_os_str())? else { return Ok(false) };
    let linked = source.metadata().is_some_and(|meta| kept.is_link(meta));
    if linked && kept.latest == Some(identity) {
        // Both names are one file, and a rename would leave both.
        return Ok(true);
    }
    if !linked && !*moved {
        move_up(place, target, kept.count)?;
        *moved = true;
    }
    let backup = backup_name(target, 0);
    match ready.rename_to(place, &backup) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(ReplaceError::io(Op::MakeBackup, place.path().join(backup))(error)),
        Ok(()) => Ok(true),
    }
}

/// Moves the kept ones up by one name. Nothing is overwritten: the last one lands on a name beyond
/// the limit, and goes when the replacement is done.
fn move_up(place: &Dir, target: &OsStr, count: u32) -> Result<(), ReplaceError> {
    for index in (0..count).rev() {
        let from = backup_name(target, index);
        let moved = place.rename(&from, place, backup_name(target, index + 1));
        moved.map_err(ReplaceError::io(Op::MoveBackup, place.path().join(from)))?;
    }
    Ok(())
}

/// Whether the latest backup is a copy of the target's present version. Without this question a
/// writer that fails again and again after its backup would push the older ones up each time.
fn is_copy(place: &Dir, source: &Source) -> bool {
    let (Some(file), Some(meta)) = (source.file(), source.metadata()) else { return false };
    place.open_file(backup_name(source.name(), 0), Access::Read).is_ok_and(|backup| {
        backup.metadata().is_ok_and(|there| {
            there.is_file() && there.len() == meta.len() && there.modified().ok() == meta.modified().ok()
        }) && same_bytes(file, &backup).unwrap_or(false)
    })
}

fn same_bytes(one: &fs::File, other: &fs::File) -> io::Result<bool> {
    let (mut left, mut right) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut offset = 0;
    loop {
        let count = one.read_at(&mut left, offset)?;
        if count == 0 {
            return Ok(other.read_at(&mut right, offset)? == 0);
        }
        other.read_exact_at(&mut right[..count], offset)?;
        if left[..count] != right[..count] {
            return Ok(false);
        }
        offset += count as u64;
    }
}

/// Deletes the backups beyond the last `keep`.
pub(super) fn prune(place: &Dir, target: &OsStr, keep: u32) {
    for index in keep.. {
        if place.remove_file(backup_name(target, index)).is_err() {
            break;
        }
    }
}

/// How many of a file's other names are not its backup.
pub(super) fn other_names(place: &Dir, target: &OsStr, meta: &fs::Metadata) -> u64 {
    if meta.nlink() <= 1 {
        return 0;
    }
    let latest = place.look(backup_name(target, 0)).ok().flatten().map(|version| version.identity);
    meta.nlink().saturating_sub(1 + u64::from(latest == Some(Identity::from(meta))))
}
