//! What dead makers left in `tmp/`: locked by nobody, and older than any save.

use std::ffi::OsStr;
use std::time::Duration;

use super::Spool;
use super::claim::MARKER;
use super::spool::Part;
use crate::sys;
use crate::sys::folder::{Access, Folder};

/// Longer than any save takes. The lock protects a stopped one, however long it is stopped.
const LEFTOVER_AGE: Duration = Duration::from_secs(3600);

/// Removes it. Returns how many. Failures are left for the next time.
pub(super) fn sweep(spool: &Spool) -> usize {
    let Ok(tmp) = spool.part(Part::Tmp) else { return 0 };
    let now = i64::try_from(sys::clock::since_epoch().as_secs()).unwrap_or(i64::MAX);
    let limit = LEFTOVER_AGE.as_secs().cast_signed();
    let names = tmp.names().unwrap_or_default();
    names.iter().filter(|name| remove_leftover(tmp, name, now.saturating_sub(limit)).is_some()).count()
}

/// Removes a dead maker's file, or the unborn folder of a dead worker.
fn remove_leftover(tmp: &Folder, name: &OsStr, before: i64) -> Option<()> {
    let look = tmp.look(name).ok()??;
    if look.modified.0 >= before {
        return None;
    }
    if !look.is_folder {
        return (is_unlocked(tmp, name) && tmp.remove_file(name).is_ok()).then_some(());
    }
    let folder = tmp.own_folder(name).ok()?;
    if folder.look(MARKER).ok()?.is_some() {
        if !is_unlocked(&folder, OsStr::new(MARKER)) {
            return None;
        }
        folder.remove_file(MARKER).ok()?;
    }
    tmp.remove_folder(name).ok()
}

fn is_unlocked(folder: &Folder, name: &OsStr) -> bool {
    let opened = folder.open_file(name, Access::Read);
    opened.is_ok_and(|file| !sys::file::is_locked(&file).unwrap_or(true))
}
