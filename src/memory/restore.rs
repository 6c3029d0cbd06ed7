//! An earlier version put back, by the steps of every replacement.

use std::ops::Deref;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use super::check::format_of;
use super::transaction::transact;
use super::{Change, MemoryError};
use crate::document;
use crate::place::{Earlier, Place};

/// Which version to put back.
#[derive(Debug, Clone, Default)]
pub struct Restore {
    /// Which one.
    pub which: Earlier,
    /// Whether to put back what is broken, or was altered since it was kept.
    pub force: bool,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What a restoration did.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// What became of the document.
    #[serde(flatten)]
    pub change: Change,
    /// Which version was put back, in words.
    pub which: String,
    /// When that one was written.
    pub written: Option<Timestamp>,
}

impl Deref for Restored {
    type Target = Change;

    fn deref(&self) -> &Change {
        &self.change
    }
}

/// Puts an earlier version back. Of backups, the version that it replaces becomes the latest one and
/// none is dropped, so that a second restoration undoes the first.
///
/// # Errors
/// There is no such version; it is no document although the name says that it is one, and that is
/// not forced; or as for every write. The document is as it was.
pub fn restore(place: &mut impl Place, request: &Restore) -> Result<Restored, MemoryError> {
    let done = transact(place, request.dry_run, |place, old, version| {
        let found = place.earlier(version, &request.which, request.force)?;
        if !request.force
            && let Some(format) = format_of(place.name(), &old.name)
            && let Err(source) = document::validate_as(format, &found.bytes)
        {
            let path = place.name().to_owned();
            return Err(MemoryError::BrokenVersion { path, which: found.which, format, source });
        }
        Ok((Arc::new(found.bytes), (found.which, found.written)))
    })?;
    let (change, (which, written)) = Change::of(done);
    let written = written.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let written = written.and_then(|time| Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok());
    Ok(Restored { change, which, written })
}

/// Undoes the last change, or the last one of this client: what was there before it is put back, as
/// one more change.
///
/// # Errors
/// Something came after that change, or what was there before it is not kept; or as [`restore`].
pub fn undo(
    place: &mut impl Place,
    client: Option<String>,
    force: bool,
    dry_run: bool,
) -> Result<Restored, MemoryError> {
    restore(place, &Restore { which: Earlier::Undo(client), force, dry_run })
}
