//! A file as it is now, and the tag by which it is known again.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::place::etag;
use crate::replace::{ReplaceError, Source};
use crate::sys::dir::Version;

/// Of a larger file nothing is kept, and it is known by its size and its time.
const LARGE: u64 = 8 << 20;

/// The tag of a file that is not there.
pub(super) const MISSING: &str = "missing";
/// The tag of a file that was being written while it was read.
pub(super) const UNKNOWN: &str = "unknown";

/// A file that was looked at.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) source: Source,
    pub(super) tag: String,
    pub(super) size: u64,
}

impl Look {
    /// Looks at the file at this true path; `None` where that is no regular file.
    ///
    /// # Errors
    /// It can't be read.
    pub(super) fn at(path: &Path) -> Result<Option<Look>, ReplaceError> {
        let mut source = Source::unread(path)?;
        match source.open_file() {
            Err(ReplaceError::NotAFile(_) | ReplaceError::IsDirectory(_)) => return Ok(None),
            opened => opened?,
        }
        let Some(meta) = source.metadata() else {
            return Ok(Some(Look { source, tag: MISSING.to_owned(), size: 0 }));
        };
        let size = meta.len();
        let tag = if size > LARGE {
            let Version { identity, size, modified } = Version::from(meta);
            format!("{}:{}:{size}:{}.{}", identity.device, identity.inode, modified.0, modified.1)
        } else {
            etag(&source.read()?)
        };
        Ok(Some(Look { source, tag, size }))
    }

    /// Whether the tag is that of the bytes, so that a version can be kept.
    pub(super) fn is_small(&self) -> bool {
        self.size <= LARGE
    }

    /// When the file was written, in seconds since 1970.
    pub(super) fn modified(&self) -> Option<i64> {
        self.source.metadata().map(MetadataExt::mtime)
    }
}
