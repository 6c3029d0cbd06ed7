//! The versions that lie in a folder, told by their names: `TIME-RANDOM.TAG`.

use std::fs::File;
use std::io::{self, Read};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Shelf;
use crate::sys::dir::Look;

/// What the names of versions begin with that are being made.
pub(super) const TEMPORARY: &str = ".tmp.";
/// No more names are looked at than this: there are hardly more than a hundred versions of a file.
const MOST_NAMES: usize = 100_000;
/// No document is longer.
const MOST_BYTES: u64 = 4 << 30;
const TIME: &str = "%Y%m%dT%H%M%S%.3fZ";
/// Digits of the token in a name.
const RANDOM: usize = 8;
/// Digits of a tag.
const TAG: usize = 64;

/// A version that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// When it was replaced.
    pub replaced: Timestamp,
    /// Its id: the time and some random digits.
    pub id: String,
    /// The SHA-256 of its content when it was kept.
    pub etag: String,
}

impl Version {
    pub(super) fn new(replaced: Timestamp, random: &str, etag: &str) -> Version {
        let random = random.get(..RANDOM.min(random.len())).unwrap_or_default();
        Version { replaced, id: format!("{}-{random}", replaced.strftime(TIME)), etag: etag.to_owned() }
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}.{}", self.id, self.etag)
    }

    /// What a name says, if it is that of a version.
    pub(super) fn parse(name: &str) -> Option<Version> {
        let (id, etag) = name.rsplit_once('.')?;
        let (time, random) = id.split_once('-')?;
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if etag.len() != TAG || !is_hex(etag) || random.len() > RANDOM || !is_hex(random) {
            return None;
        }
        let time = jiff::civil::DateTime::strptime(TIME, time).ok()?;
        let replaced = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Version { replaced, id: id.to_owned(), etag: etag.to_owned() })
    }
}

impl Shelf {
    /// The versions that are kept, the oldest first, and what their names stand for.
    ///
    /// # Errors
    /// The folder can't be listed.
    pub fn versions(&self) -> io::Result<Vec<(Version, Look)>> {
        let names = self.folder.names()?.into_iter().take(MOST_NAMES);
        let mut versions: Vec<(Version, Look)> = names
            .filter_map(|name| Version::parse(name.to_str()?))
            .filter_map(|version| {
                let look = self.folder.look(version.file_name()).ok()??;
                look.is_file.then_some((version, look))
            })
            .collect();
        versions.sort_by(|(one, _), (other, _)| (one.replaced, &one.id).cmp(&(other.replaced, &other.id)));
        Ok(versions)
    }

    /// Opens a version for reading.
    ///
    /// # Errors
    /// It is gone, or may not be read.
    pub fn open(&self, version: &Version) -> io::Result<File> {
        self.folder.open_linked(version.file_name(), crate::sys::folder::Access::Read)
    }

    /// What a version holds now, and whether that still is what was kept.
    ///
    /// # Errors
    /// It is gone, or can't be read.
    pub fn read(&self, version: &Version) -> io::Result<(Vec<u8>, bool)> {
        let mut bytes = Vec::new();
        self.open(version)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
        let is_as_kept = hex::encode(Sha256::digest(&bytes)) == version.etag;
        Ok((bytes, is_as_kept))
    }

    /// Removes a version that turned out to be none: nothing came of the change that it was kept for.
    ///
    /// # Errors
    /// It can't be removed.
    pub fn drop_version(&self, version: &Version) -> io::Result<()> {
        self.remove(version)
    }

    pub(super) fn remove(&self, version: &Version) -> io::Result<()> {
        self.folder.remove_file(version.file_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_says_when_and_what() {
        let version =
            Version::new("2026-01-25T10:30:00.123Z".parse().unwrap(), "00ff00ff11", &"a".repeat(64));
        assert!(version.file_name().starts_with("20260125T103000.123Z-00ff00ff."));
        assert_eq!(Version::parse(&version.file_name()), Some(version));
    }

    proptest! {
        #[test]
        fn any_name_is_read_without_a_panic(name: String) {
            if let Some(version) = Version::parse(&name) {
                prop_assert_eq!(version.file_name(), name);
            }
        }
    }
}
