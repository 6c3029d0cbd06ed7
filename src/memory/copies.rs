//! The copies that Syncthing, Dropbox and iCloud leave, merged into their files.
//!
//! Each copy is kept in the history of its file before anything is done, and removed when the file has
//! what it held, under the file's lock; a copy that is not what was read by then stays.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{MemoryError, Merge, Merged, Reading, beside, merge, read};
use crate::document::{Format, parse_as};
use crate::lock::wait::Silent;
use crate::lock::{Locker, Waiter};
use crate::merge::copies::{Maker, original_of};
use crate::merge::{Rules, Shown, VERSION};
use crate::place::{FilePlace, Keeping};
use crate::replace::Replace;
use crate::sys::dir::Dir;
use crate::sys::text::shown;

/// What a copy is called while it is removed.
const GOING: &str = ".aimem-merged";
/// No folder below is deeper.
pub(super) const DEEPEST: usize = 64;

/// A copy of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Where it is.
    pub path: PathBuf,
    /// The file that it is a copy of.
    pub original: PathBuf,
    /// Who has made it.
    pub maker: Maker,
}

/// What became of a copy.
#[derive(Debug, Serialize)]
pub struct Taken {
    /// Where it was.
    pub copy: String,
    /// The file that it is a copy of.
    pub original: String,
    /// Who has made it.
    pub maker: Maker,
    /// Whether the file has what it held.
    pub merged: bool,
    /// Whether it is gone.
    pub removed: bool,
    /// Its id in the history of the file.
    pub history: Option<String>,
    /// The conflicts that are left in the file.
    pub conflicts: Vec<Shown>,
    /// Why it was not merged, or stays.
    pub why: Option<String>,
}

/// The copies in a folder and all below it, in the order of their names.
///
/// # Errors
/// The folder can't be listed.
pub fn copies_in(folder: &Path) -> Result<Vec<Copy>, MemoryError> {
    let mut found = Vec::new();
    walk(folder, DEEPEST, &mut |folder, names| {
        for name in names {
            let Some((original, maker)) = name.to_str().and_then(original_of) else { continue };
            if names.iter().any(|other| *other == *original) {
                let (path, original) = (folder.join(name), folder.join(original));
                found.push(Copy { path, original, maker });
            }
        }
    })?;
    Ok(found)
}

/// Hands the names of the files in a folder, and of each folder below it, to `visit`. Links are not
/// followed, and neither hidden folders nor those of other programs' packages are entered.
pub(super) fn walk(
    folder: &Path,
    depth: usize,
    visit: &mut dyn FnMut(&Path, &[OsString]),
) -> Result<(), MemoryError> {
    let unlisted = |source| MemoryError::Folder { path: folder.to_owned(), source };
    let dir = Dir::open(folder).map_err(unlisted)?;
    let mut names = dir.names().map_err(unlisted)?;
    names.sort();
    let is_folder = |name: &OsString| {
        let path = folder.join(name);
        path.symlink_metadata().is_ok_and(|meta| meta.is_dir())
    };
    let (folders, files): (Vec<OsString>, Vec<OsString>) = names.into_iter().partition(is_folder);
    visit(folder, &files);
    let hidden = |name: &OsString| name.as_encoded_bytes().starts_with(b".") || name == "node_modules";
    for name in folders.into_iter().filter(|name| depth > 0 && !hidden(name)) {
        // One that is closed to us is not ours to look at.
        let _ = walk(&folder.join(name), depth - 1, visit);
    }
    Ok(())
}

/// Merges a copy into its file, and removes it.
///
/// # Errors
/// The copy can't be read. What can't be merged is told in the answer.
pub fn take(
    copy: &Copy,
    locker: &Locker,
    keeping: &Keeping,
    waiter: &mut dyn Waiter,
) -> Result<Taken, MemoryError> {
    let mut taken = Taken {
        copy: shown(&copy.path),
        original: shown(&copy.original),
        maker: copy.maker,
        merged: false,
        removed: false,
        history: None,
        conflicts: Vec::new(),
        why: None,
    };
    let mut place = FilePlace::new(&copy.path, None, Replace::new(), waiter);
    let theirs = read(&mut place, Reading::Free)?;
    drop(place);
    let Some(tag) = theirs.tag() else { return Ok(Taken { why: Some("it is gone".to_owned()), ..taken }) };
    if copy.maker == Maker::ICloud && !is_alike(copy, waiter) {
        let why = "it may be a file of its own; if it is a copy: aimem merge --write";
        return Ok(Taken { why: Some(why.to_owned()), ..taken });
    }
    let kept = match keeping.keep_copy(&copy.original, &copy.path, &tag) {
        Ok(Some(kept)) => kept,
        Ok(None) => {
            let why = "no history is kept of its file, and so it could be lost";
            return Ok(Taken { why: Some(why.to_owned()), ..taken });
        }
        Err(error) => return Ok(Taken { why: Some(error.to_string()), ..taken }),
    };
    taken.history = Some(kept.clone());
    let request = Merge {
        theirs,
        base: None,
        roots: Some(locker.roots.clone()),
        rules: Rules::default(),
        format: None,
        if_match: None,
        dry_run: false,
    };
    let (list, mut silent) = (beside(&copy.original), Silent);
    let mut list = FilePlace::new(&list, Some(locker), Replace::new(), &mut silent);
    let place = FilePlace::new(&copy.original, Some(locker), Replace::new(), waiter);
    let merged = merge(&mut place.history(keeping.clone()), &mut list, &request);
    match merged {
        Ok(Merged { conflicts, .. }) => {
            taken.merged = true;
            taken.conflicts = conflicts;
            taken.removed = remove(&copy.path, &tag);
            if !taken.removed {
                taken.why = Some("it was changed meanwhile, or can't be removed".to_owned());
            }
        }
        Err(error) => {
            let _ = keeping.drop_copy(&copy.original, &kept);
            taken.history = None;
            taken.why = Some(error.to_string());
        }
    }
    Ok(taken)
}

/// Whether two files are about the same thing, by what they say of themselves.
fn is_alike(copy: &Copy, waiter: &mut dyn Waiter) -> bool {
    let mut value = |path: &Path| {
        let mut place = FilePlace::new(path, None, Replace::new(), waiter);
        let bytes = read(&mut place, Reading::Free).ok()?.bytes?;
        parse_as(Format::of_name(&copy.original)?, &bytes).ok()
    };
    let (Some(one), Some(other)) = (value(&copy.original), value(&copy.path)) else { return false };
    let same = |key: &str| match (one.get(key), other.get(key)) {
        (Some(one), Some(other)) => Some(one == other),
        (None, None) => None,
        _ => Some(false),
    };
    let both_count = one.get(VERSION).is_some() && other.get(VERSION).is_some();
    let said = [same("$schema"), same("project")];
    !said.contains(&Some(false)) && (both_count || said.contains(&Some(true)))
}

/// Removes a file that still holds what has this tag. It is taken aside first: whoever writes another
/// one meanwhile writes it under the old name.
fn remove(path: &Path, tag: &str) -> bool {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return false };
    let mut aside = OsString::from(".");
    aside.push(name);
    aside.push(GOING);
    let Ok(dir) = Dir::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }) else {
        return false;
    };
    if dir.rename_new(name, &dir, &aside).is_err() {
        return false;
    }
    let is_it = || {
        let mut silent = Silent;
        let mut place = FilePlace::new(&folder.join(&aside), None, Replace::new(), &mut silent);
        read(&mut place, Reading::Free).ok()?.tag()
    };
    if is_it().as_deref() == Some(tag) {
        return dir.remove_file(&aside).is_ok();
    }
    let _ = dir.rename_new(&aside, &dir, name);
    false
}
