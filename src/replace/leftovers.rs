//! What dead writers have left beside a file, and who may take it away.
//!
//! A living writer keeps its temporary file locked. Those of one lock root come one after the
//! other; a writer of another root may be at work at this very moment, and its files are told
//! from a dead one's by that lock.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::exchange::{self, Caught, Mark};
use super::temporary::{SUFFIX, is_temporary_of};
use crate::sys;
use crate::sys::dir::{Access, Dir};
use crate::sys::path::folder_of;

/// A folder with more names than this is large.
const FEW: usize = 500;
/// A folder of more bytes is large on most file systems: there even the first names take a while to read.
const LARGE: u64 = 64 << 10;
/// One sweep of so many looks at all names of a large folder. A leftover is only a waste of space,
/// or a displaced version that nobody misses yet, so it can wait.
const ONCE_IN: u32 = 64;

/// What a sweep has done.
#[derive(Debug, Default)]
pub struct Swept {
    /// How many leftovers were deleted.
    pub deleted: usize,
    /// Versions of the target that a writer had displaced when it died, and that nobody else has.
    /// They are kept under these names.
    pub kept: Vec<PathBuf>,
}

/// Temporary files of dead writers of `target`: ours by name, and locked by nobody. Only the
/// holder of the target's lock may act on the answer.
///
/// # Errors
/// The folder can't be listed.
pub fn leftovers_of(target: &Path) -> io::Result<Vec<PathBuf>> {
    let name = target.file_name().unwrap_or_default();
    leftovers(folder_of(target), |found| {
        is_temporary_of(name, found) || exchange::parse(name, found).is_some()
    })
}

/// Temporary files of dead writers anywhere in `folder`. A living writer may be about to lock
/// one of them: look twice before acting.
///
/// # Errors
/// The folder can't be listed.
pub fn leftovers_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    leftovers(folder, |name| {
        let name = name.as_bytes();
        let ends = [SUFFIX, exchange::SUFFIX].iter().any(|suffix| name.ends_with(suffix.as_bytes()));
        name.starts_with(b".") && ends
    })
}

fn leftovers(folder: &Path, wanted: impl Fn(&OsStr) -> bool) -> io::Result<Vec<PathBuf>> {
    let place = open(folder)?;
    let names = place.names()?.into_iter().filter(|name| wanted(name));
    Ok(names.filter(|name| dead(&place, name).is_some()).map(|name| folder.join(name)).collect())
}

/// Deletes what dead writers of `target` left. The caller holds the target's lock. A version that
/// a dead writer had just displaced, and that was not the one it had read, is no rubbish: it gets
/// a name that says what it is. Failures are left for the next time.
pub fn sweep_leftovers_of(target: &Path) -> Swept {
    let name = target.file_name().unwrap_or_default();
    open(folder_of(target)).map_or_else(|_| Swept::default(), |place| sweep(&place, name, true))
}

/// The same in an open folder. A large one is left alone, or only some of its names are looked at,
/// unless that is to be done thoroughly, or once in a while.
pub(super) fn sweep(place: &Dir, name: &OsStr, thoroughly: bool) -> Swept {
    let briefly = !thoroughly && fastrand::u32(..ONCE_IN) != 0;
    let mut swept = Swept::default();
    if place.metadata().is_ok_and(|meta| meta.len() > LARGE) && briefly {
        return swept;
    }
    let most = if briefly { FEW } else { usize::MAX };
    for found in place.names_up_to(most).unwrap_or_default() {
        match exchange::parse(name, &found) {
            Some(mark) => sweep_exchanged(place, name, &found, &mark, &mut swept),
            None if is_temporary_of(name, &found) => sweep_one(place, &found, &mut swept),
            None => {}
        }
    }
    swept
}

fn sweep_one(place: &Dir, name: &OsStr, swept: &mut Swept) {
    // Locked while it is deleted: a living maker that is about to lock it finds out.
    if let Some(_locked) = dead(place, name) {
        swept.deleted += usize::from(place.remove_file(name).is_ok());
    }
}

fn sweep_exchanged(place: &Dir, target: &OsStr, name: &OsStr, mark: &Mark, swept: &mut Swept) {
    let Some(_locked) = dead(place, name) else { return };
    match mark.caught(place, name) {
        Ok(Caught::Read | Caught::Ours) => sweep_one(place, name, swept),
        Ok(Caught::Other) => {
            let kept: OsString = mark.kept_name(target);
            if place.rename(name, place, &kept).is_ok() {
                swept.kept.push(place.path().join(kept));
            }
        }
        Ok(Caught::Nothing) | Err(_) => {}
    }
}

fn open(folder: &Path) -> io::Result<Dir> {
    Dir::open(&sys::path::resolve(folder)?)
}

/// A maker keeps its file locked for as long as it lives. What comes back is locked by us.
fn dead(place: &Dir, name: &OsStr) -> Option<File> {
    let file = place.open_file(name, Access::Read).ok()?;
    // Nothing else of such a name is ours.
    file.metadata().ok().filter(Metadata::is_file)?;
    (!sys::file::is_locked(&file).unwrap_or(true)).then_some(file)
}
