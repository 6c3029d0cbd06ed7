//! Reading a file without a lock, so that what is read is one whole version.
//!
//! A file that is replaced as a whole needs no lock for that: an open descriptor stays with the
//! version that it was opened on. Other programs write in place, and their half-written files look
//! like any other. So a file is read when nobody has written to it for a moment, and only if nobody
//! did so meanwhile: size and modification time of the descriptor are the same before and after.
//! The time of the last change to the inode is of no use: a further name moves it.
//!
//! What goes unnoticed: writing through a memory map, a program that pauses for longer than
//! [`QUIET`] in the middle of its writing, and attributes that a network mount keeps cached.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{ReplaceError, Source};
use crate::sys;
use crate::sys::dir::Version;
use crate::sys::failure::Op;

/// A file that was written to more recently may be in the middle of it: an editor writes in pieces,
/// some milliseconds apart. Clocks of file systems advance in steps of up to ten milliseconds.
const QUIET: Duration = Duration::from_millis(15);
/// A file that keeps changing is looked at this often at least, …
const ROUNDS: u32 = 5;
/// … and again for this long. So long, too, one that is not what it must be is taken for one that
/// is being written.
const PATIENCE: Duration = Duration::from_millis(250);
/// Between two looks at such a file.
const PAUSE: Duration = Duration::from_millis(5);

/// How a reading without a lock ended.
#[derive(Debug)]
pub enum Reading<S> {
    /// One version of the file at this true path, whole; `None` where there is no file.
    Whole(PathBuf, Option<Vec<u8>>),
    /// Others were writing to it all the time.
    BeingWritten,
    /// The sleep was ended by this.
    Interrupted(S),
}

/// Reads `path` without a lock. `is_whole` says of content that was written a moment ago whether it
/// can be a whole version; what stays as it is although that says no is returned in the end.
///
/// `sleep` is called for each pause; the reading ends with what it returns, if anything. All pauses
/// together last for no more than a quarter of a second, and one of fifteen milliseconds.
///
/// # Errors
/// As [`Source::open`], or the read failed.
pub fn read_quiet<S>(
    path: &Path,
    is_whole: impl Fn(&Path, &[u8]) -> bool,
    mut sleep: impl FnMut(Duration) -> Option<S>,
) -> Result<Reading<S>, ReplaceError> {
    let deadline = sys::clock::deadline(PATIENCE);
    let (mut rounds, mut first) = (0, None);
    loop {
        let source = Source::open(path)?;
        let Some(opened) = source.version() else {
            return Ok(Reading::Whole(source.path().to_owned(), None));
        };
        if let Some(rest) = QUIET.checked_sub(age(&opened)).filter(|rest| !rest.is_zero())
            && let Some(by) = sleep(rest)
        {
            return Ok(Reading::Interrupted(by));
        }
        let is_late = Instant::now() >= deadline;
        let first = *first.get_or_insert(opened);
        match read_unchanged(&source, &opened)? {
            Some(bytes) => {
                // Nobody has touched an older one for as long as we would wait for it.
                let is_left_so = age(&opened) >= PATIENCE || is_late && opened == first;
                if is_left_so || is_whole(source.path(), &bytes) {
                    return Ok(Reading::Whole(source.path().to_owned(), Some(bytes)));
                }
                if is_late {
                    return Ok(Reading::BeingWritten);
                }
                if let Some(by) = sleep(PAUSE) {
                    return Ok(Reading::Interrupted(by));
                }
            }
            None => {
                rounds += 1;
                if rounds >= ROUNDS && is_late {
                    return Ok(Reading::BeingWritten);
                }
            }
        }
    }
}

/// The content, if the file is `version` before and after it is read.
fn read_unchanged(source: &Source, version: &Version) -> Result<Option<Vec<u8>>, ReplaceError> {
    let Some(mut file) = source.file() else { return Ok(None) };
    let look = || {
        let meta = file.metadata().map_err(ReplaceError::io(Op::LookAt, source.path()))?;
        Ok::<_, ReplaceError>(Version::from(&meta))
    };
    if look()? != *version {
        return Ok(None);
    }
    let size = usize::try_from(version.size).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let room = bytes.try_reserve_exact(size.saturating_add(1)).map_err(io::Error::other);
    // A file that grows all the time has no end.
    let read = room.and_then(|()| file.by_ref().take(version.size + 1).read_to_end(&mut bytes));
    read.map_err(ReplaceError::io(Op::Read, source.path()))?;
    Ok((bytes.len() == size && look()? == *version).then_some(bytes))
}

/// How long ago a version was written, by the wall clock. One from the future is as good as new.
fn age(version: &Version) -> Duration {
    let (seconds, nanoseconds) = version.modified;
    let part = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0));
    // Before 1970 is long ago.
    let written = u64::try_from(seconds).map_or(Duration::ZERO, Duration::from_secs) + part;
    sys::clock::since_epoch().saturating_sub(written)
}
