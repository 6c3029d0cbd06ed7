//! Giving the new version the target's name, so that nothing is destroyed which was not read.
//!
//! A plain `rename` cannot tell what it replaces: whoever is stopped between the last look and
//! the rename destroys what others have put there meanwhile. So the two files exchange their
//! names, and only then the old one is looked at: if it is the version that was read, it goes; if
//! not, the names are exchanged back, and the work starts again from that version.
//!
//! A writer may die in between. The name under which the other version lies for that moment says
//! all that is needed to go on: which version the writer had made and which one it had read. Any
//! other one is nobody's to delete.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::folder::Folder;
use super::temporary::{Temporary, fitted, prefix, random_digits, rename_to_new};
use super::{ReplaceError, Source};
use crate::sys::dir::{Dir, NoExchange, Version};
use crate::sys::failure::Op;
use crate::sys::temporary::TemporaryName;

/// What the names of files end with that exchange their names with a target.
pub(super) const SUFFIX: &str = ".aimem-swap";
/// What stands before the stamp in the name of a version that lost its own.
const KEPT: &str = ".displaced-";
/// `20260125T103000Z-a1b2c3`
const STAMP: usize = 23;
/// Sixteen digits for each version, and a line between.
const MARKS: usize = 33;
const DECORATION: usize = 3 + STAMP + MARKS + SUFFIX.len();

/// How it ended.
#[derive(Debug)]
pub(super) enum Put {
    /// The new version has the target's name. The old one is unlinked when the name is dropped.
    Done(Option<TemporaryName>),
    /// The target is not the version that was read, and has been left as it is.
    Changed,
    /// Names can't be exchanged here, and the folder's lock, which makes a plain rename safe, is
    /// not ours. Nothing was done.
    NeedsFolder,
}

/// What lies under the name that was exchanged with the target.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Caught {
    /// The version that was read: replaced, and of no more use.
    Read,
    /// The version that we have made: not in place, or not any more.
    Ours,
    /// Another one. It must not be lost.
    Other,
    /// Nothing: somebody with another lock root took us for dead and has swept it away.
    Nothing,
}

/// What the name of a file says that exchanges its name with a target.
#[derive(Debug)]
pub(super) struct Mark {
    stamp: String,
    ours: String,
    read: String,
}

/// A new version, whole and on disk, under the name that is exchanged with the target's.
#[derive(Debug)]
pub(super) struct Ready {
    name: TemporaryName,
    /// Kept open, and so locked: the mark of a living writer.
    pub(super) file: File,
    /// `None` where there is no version that could be replaced.
    mark: Option<Mark>,
}

impl Ready {
    pub(super) fn new(temporary: Temporary, source: &Source) -> Result<Ready, ReplaceError> {
        let (mut name, file) = temporary.into_parts();
        let fail = |error| ReplaceError::io(Op::Replace, source.path())(error);
        let mark = match source.version() {
            None => None,
            Some(read) => {
                let ours = Version::from(&file.metadata().map_err(fail)?);
                let mark = Mark::new(&ours, &read).map_err(fail)?;
                name.turn_into(mark.name(source.name())).map_err(fail)?;
                Some(mark)
            }
        };
        Ok(Ready { name, file, mark })
    }

    /// Gives the new version the target's name.
    pub(super) fn put(self, source: &Source, folder: &Folder) -> Result<(Put, File), ReplaceError> {
        let Ready { name, file, mark } = self;
        let put = match mark {
            Some(mark) => exchange(name, &mark, source, folder),
            None => match rename_to_new(name, source.name(), folder.allows_plain_rename()) {
                Ok(()) => Ok(Put::Done(None)),
                // It was created since.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Put::Changed),
                Err(error) => Err(refused(source, error)),
            },
        }?;
        Ok((put, file))
    }
}

fn exchange(
    mut name: TemporaryName,
    mark: &Mark,
    source: &Source,
    folder: &Folder,
) -> Result<Put, ReplaceError> {
    let (place, target) = (folder.place(), source.name());
    match place.exchange(name.as_os_str(), target) {
        Ok(()) => {}
        Err(NoExchange::Unsupported) => {
            if !folder.allows_plain_rename() {
                return Ok(Put::NeedsFolder);
            }
            return name
                .rename_to(place, target)
                .map(|()| Put::Done(None))
                .map_err(|error| refused(source, error));
        }
        // It was deleted since.
        Err(NoExchange::Failed(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(Put::Changed),
        Err(NoExchange::Failed(error)) => return Err(refused(source, error)),
    }
    match mark.caught(place, name.as_os_str()) {
        Ok(Caught::Read) => return Ok(Put::Done(Some(name))),
        Ok(Caught::Nothing) if !mark.was_kept(place, target) => {
            name.leave();
            return Ok(Put::Done(None));
        }
        _ => {}
    }
    let back = place.exchange(name.as_os_str(), target);
    match mark.caught(place, name.as_os_str()) {
        Ok(Caught::Ours) if back.is_ok() => return Ok(Put::Changed),
        Ok(Caught::Nothing) if back.is_ok() && !mark.was_kept(place, target) => {
            name.leave();
            return Ok(Put::Changed);
        }
        _ => {}
    }
    // A third program was there in that very moment.
    let kept = mark.keep(name, place, target);
    Err(ReplaceError::Displaced { path: source.path().to_owned(), kept: place.path().join(kept) })
}

fn refused(source: &Source, error: io::Error) -> ReplaceError {
    if error.kind() == io::ErrorKind::ResourceBusy {
        return ReplaceError::MountPoint(source.path().to_owned());
    }
    ReplaceError::io(Op::Replace, source.path())(error)
}

impl Mark {
    fn new(ours: &Version, read: &Version) -> io::Result<Mark> {
        let stamp = format!("{}-{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"), random_digits()?);
        Ok(Mark { stamp, ours: digest(ours), read: digest(read) })
    }

    /// `.NAME.STAMP.OURS-READ.aimem-swap`
    fn name(&self, target: &OsStr) -> OsString {
        let mut name = prefix(target, DECORATION);
        name.push(format!("{}.{}-{}{SUFFIX}", self.stamp, self.ours, self.read));
        name
    }

    /// `NAME.displaced-STAMP`: what a version that must not be lost is called.
    pub(super) fn kept_name(&self, target: &OsStr) -> OsString {
        let mut name = fitted(target, KEPT.len() + STAMP);
        name.push(format!("{KEPT}{}", self.stamp));
        name
    }

    /// What lies under the name now.
    pub(super) fn caught(&self, place: &Dir, name: &OsStr) -> io::Result<Caught> {
        Ok(match place.version_of(name)?.map(|version| digest(&version)) {
            None => Caught::Nothing,
            Some(digest) if digest == self.read => Caught::Read,
            Some(digest) if digest == self.ours => Caught::Ours,
            Some(_) => Caught::Other,
        })
    }

    /// Whether somebody who took us for dead has kept what we displaced.
    fn was_kept(&self, place: &Dir, target: &OsStr) -> bool {
        !matches!(place.look(self.kept_name(target)), Ok(None))
    }

    /// Keeps what lies under the name, and returns the name under which it is found.
    fn keep(&self, name: TemporaryName, place: &Dir, target: &OsStr) -> OsString {
        let (kept, left) = (self.kept_name(target), name.as_os_str().to_owned());
        let renamed = place.rename(&left, place, &kept).is_ok();
        name.leave();
        if renamed || self.was_kept(place, target) { kept } else { left }
    }
}

/// What a name says, if it is that of a file which was to exchange its name with this target.
pub(super) fn parse(target: &OsStr, name: &OsStr) -> Option<Mark> {
    let rest = name.as_bytes().strip_prefix(prefix(target, DECORATION).as_bytes())?;
    let rest = std::str::from_utf8(rest.strip_suffix(SUFFIX.as_bytes())?).ok()?;
    let (stamp, marks) = rest.split_once('.')?;
    let (ours, read) = marks.split_once('-')?;
    let is_stamp = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
    if stamp.len() != STAMP || marks.len() != MARKS || !stamp.bytes().all(is_stamp) {
        return None;
    }
    Some(Mark { stamp: stamp.to_owned(), ours: ours.to_owned(), read: read.to_owned() })
}

/// A version in sixteen digits. Without the device, whose number a restart may change: all of these
/// files are in one folder.
fn digest(version: &Version) -> String {
    let Version { identity, size, modified: (seconds, nanoseconds) } = version;
    let text = format!("{} {size} {seconds} {nanoseconds}", identity.inode);
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::file::Identity;

    #[test]
    fn a_name_says_what_was_made_and_what_was_read_however_long_the_target_is() {
        let version = |inode| Version {
            identity: Identity { device: 1, inode },
            size: 7,
            modified: (1_700_000_000, 5),
        };
        let mark = Mark::new(&version(1), &version(2)).unwrap();
        for length in [1, 100, 185, 186, 255] {
            let target = OsString::from("n".repeat(length));
            let name = mark.name(&target);
            assert!(name.len() <= 255 && mark.kept_name(&target).len() <= 255, "{length}");
            let parsed = parse(&target, &name).unwrap();
            assert_eq!((&parsed.stamp, &parsed.ours, &parsed.read), (&mark.stamp, &mark.ours, &mark.read));
            assert_eq!(parsed.kept_name(&target), mark.kept_name(&target));
            let other = OsString::from(format!("{}m", "n".repeat(length - 1)));
            assert!(parse(&other, &name).is_none(), "{length}");
        }
        assert_eq!(mark.stamp.len(), STAMP);
        assert_ne!(mark.ours, mark.read);
        assert!(parse(OsStr::new("f"), OsStr::new(".f.a1b2c3.aimem-tmp")).is_none());
    }
}
