//! Backups: `FILE.bak`, `FILE.bak.1`, …, the latest first.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::temporary::{Name, Temporary, rename};
use super::{ReplaceError, Source, Warning, metadata};
use crate::sys;
use crate::sys::file::Identity;

const NAME_LIMIT: usize = 255;
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
    let mut name: OsString = target.file_name().unwrap_or_default().to_owned();
    name.push(".bak");
    if index > 0 {
        name.push(format!(".{index}"));
    }
    target.with_file_name(name)
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
            Err(error) => return Err(ReplaceError::io("look at", path)(error)),
        }
    }
    Ok(found)
}

/// Makes sure that all the names there will be are short enough, before anything is touched.
pub(super) fn check_names(target: &Path, keep: u32) -> Result<(), ReplaceError> {
    let longest = backup_path(target, keep);
    let length = longest.file_name().map_or(0, |name| name.as_bytes().len());
    if keep > 0 && length > NAME_LIMIT {
        return Err(ReplaceError::BackupName { path: target.to_owned(), length });
    }
    Ok(())
}

/// Keeps the old content as the latest backup: a hard link, or a synced copy where links are
/// refused or `copy` is asked for. The older ones move up by one name, once in a transaction.
/// `Ok(false)` when the target is another file by now, and nothing has moved.
pub(super) fn make(
    source: &Source,
    copy: bool,
    sync: bool,
    moved: &mut bool,
    warnings: &mut Vec<Warning>,
) -> Result<bool, ReplaceError> {
    let linked = is_link(source);
    let kept = linked || is_copy(source);
    if kept && !(copy && linked) {
        return Ok(true);
    }
    // All that is likely to fail comes before the first of the older ones moves.
    let Some(ready) = prepare(source, copy, sync, warnings)? else { return Ok(false) };
    if !kept && !*moved {
        move_up(source.path())?;
        *moved = true;
    }
    let backup = backup_path(source.path(), 0);
    ready.rename_to(&backup).map_err(ReplaceError::io("make the backup", &backup))?;
    Ok(true)
}

/// The old content under a temporary name; `None` when the target is another file by now.
fn prepare(
    source: &Source,
    copy: bool,
    sync: bool,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Name>, ReplaceError> {
    let (Some(file), Some(meta)) = (source.file(), source.metadata()) else { return Ok(None) };
    let target = source.path();
    if !copy && let Ok(link) = Name::link_of(target) {
        return Ok(is_file(link.path(), meta).then_some(link));
    }
    let backup = backup_path(target, 0);
    let fail = || ReplaceError::io("make the backup", &backup);
    let temporary = Temporary::create(target, true)?;
    let mut from: &fs::File = file;
    io::Seek::seek(&mut from, io::SeekFrom::Start(0)).map_err(fail())?;
    io::copy(&mut from, &mut temporary.file()).map_err(fail())?;
    metadata::copy(file, meta, temporary.file(), &backup, warnings)?;
    if let Ok(modified) = meta.modified() {
        // `restore --list` shows when a version was written, not when it was copied.
        temporary.file().set_modified(modified).map_err(fail())?;
    }
    if sync {
        temporary.file().sync_all().map_err(fail())?;
    }
    Ok(Some(temporary.into_name()))
}

/// Moves the kept ones up by one name, up to the first gap. Nothing is overwritten: the last one
/// lands on a name beyond the limit, and goes when the replacement is done.
fn move_up(target: &Path) -> Result<(), ReplaceError> {
    let kept = (0..).take_while(|&index| fs::symlink_metadata(backup_path(target, index)).is_ok()).count();
    for index in (0..u32::try_from(kept).unwrap_or(u32::MAX)).rev() {
        let from = backup_path(target, index);
        rename(&from, &backup_path(target, index + 1)).map_err(ReplaceError::io("move the backup", from))?;
    }
    Ok(())
}

/// Whether the latest backup is the very file that the target is: the work of a writer that
/// ended between its backup and its rename.
pub(super) fn is_link(source: &Source) -> bool {
    source.metadata().is_some_and(|meta| is_file(&backup_path(source.path(), 0), meta))
}

/// Whether the latest backup is a copy of the target's present version. Without this question a
/// writer that fails again and again after its backup would push the older ones up each time.
fn is_copy(source: &Source) -> bool {
    let (Some(file), Some(meta)) = (source.file(), source.metadata()) else { return false };
    let opened = sys::file::careful_options().read(true).open(backup_path(source.path(), 0));
    opened.is_ok_and(|backup| {
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

fn is_file(path: &Path, meta: &fs::Metadata) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| Identity::from(&there) == Identity::from(meta))
}

/// Deletes the backups beyond the last `keep`.
pub(super) fn prune(target: &Path, keep: u32) {
    for index in keep.. {
        if fs::remove_file(backup_path(target, index)).is_err() {
            break;
        }
    }
}

/// How many of a file's other names are not its backup.
pub(super) fn other_names(target: &Path, meta: &fs::Metadata) -> u64 {
    let backups = u64::from(is_file(&backup_path(target, 0), meta));
    meta.nlink().saturating_sub(1 + backups)
}
