//! What can be had of a file's past.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Content, PlaceError};
use crate::history::{
    Entry, Found, HistoryError, Limits, Pruned, Shelf, Tally, UNKNOWN, Version, Which, prune_all,
};
use crate::lock::{LockRoot, Roots, Target};
use crate::replace::Source;
use crate::sys::failure::{Op, PathError};

/// What is known of a file's past, with what is there now.
#[derive(Debug)]
pub struct Past {
    /// The file's true path, and its key.
    pub target: Target,
    root: LockRoot,
    shelf: Shelf,
    tally: Tally,
    now: Option<Arc<Vec<u8>>>,
}

/// Looks at a file's past; `None` where nothing is known of it. `now` is what is there.
///
/// # Errors
/// The lock root can't be used, or the log can't be read.
pub fn past_of(roots: &Roots, target: &Target, now: &Content) -> Result<Option<Past>, PlaceError> {
    let Some(root) = roots.existing_of(&target.path)? else { return Ok(None) };
    Past::in_root(&root, target, now.bytes.clone())
}

impl Past {
    pub(super) fn in_root(
        root: &LockRoot,
        target: &Target,
        now: Option<Arc<Vec<u8>>>,
    ) -> Result<Option<Past>, PlaceError> {
        let fail = || PathError::of::<HistoryError>(Op::ReadHistory, &target.path);
        let found = Shelf::existing(&root.folder(), target.key.as_str()).map_err(fail())?;
        let Some(shelf) = found else { return Ok(None) };
        let tally = Tally::take(&shelf, &target.path, now.clone()).map_err(fail())?;
        Ok(Some(Past { target: target.clone(), root: root.clone(), shelf, tally, now }))
    }

    /// All that is known, the newest first.
    pub fn entries(&self, judge: &dyn Fn(&[u8]) -> bool) -> Vec<Entry> {
        self.tally.entries(&self.shelf, judge)
    }

    /// Finds a version.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn find(&self, which: &Which) -> Result<Found, PlaceError> {
        Ok(self.tally.find(which)?)
    }

    /// What undoes the last change, or the last one of this client.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn undo(&self, client: Option<&str>) -> Result<Found, PlaceError> {
        Ok(self.tally.undo(client)?)
    }

    /// The newest version that is whole, in the spelling of `restore --from`.
    pub fn last_good(&self, judge: &dyn Fn(&[u8]) -> bool) -> Option<String> {
        self.tally.last_good(&self.shelf, judge)
    }

    /// What a version holds; `None` where neither it nor a file is there. One that was altered since it
    /// was kept is an error unless `force`.
    ///
    /// # Errors
    /// It can't be read, or was altered.
    pub fn read(&self, found: &Found, force: bool) -> Result<Option<Vec<u8>>, PlaceError> {
        let content = match &found.kept {
            None => self.now.as_deref().cloned(),
            Some(version) => Some(self.read_kept(version, force)?),
        };
        let Some(content) = content else { return Ok(None) };
        match found.cut(content) {
            None => {
                let (path, what) = (self.target.path.clone(), UNKNOWN.to_owned());
                Err(HistoryError::Since { path, what }.into())
            }
            cut => Ok(cut),
        }
    }

    /// The same of a version that is kept.
    ///
    /// # Errors
    /// As [`Past::read`].
    pub fn read_kept(&self, version: &Version, force: bool) -> Result<Vec<u8>, PlaceError> {
        let fail = PathError::of::<HistoryError>(Op::ReadHistory, &self.target.path);
        let (bytes, is_as_kept) = self.shelf.read(version).map_err(fail)?;
        if is_as_kept || force {
            return Ok(bytes);
        }
        let (path, which) = (self.target.path.clone(), version.id.clone());
        Err(HistoryError::Altered { path, which }.into())
    }

    /// The versions that are kept, the newest first.
    pub fn kept(&self) -> Vec<Version> {
        self.tally.kept()
    }

    /// The tags of all that the file is known to have held.
    pub fn tags(&self) -> Vec<String> {
        self.tally.tags()
    }

    pub(super) fn open(&self, version: &Version) -> Result<Arc<Source>, PlaceError> {
        let fail = PathError::of::<HistoryError>(Op::ReadHistory, &self.target.path);
        let file = self.shelf.open(version).map_err(fail)?;
        Ok(Arc::new(Source::opened(&self.target.path, file)?))
    }

    /// Removes all that is known of the file: every version, the log, and their folder. Only who has
    /// the file's lock may do so.
    ///
    /// # Errors
    /// Something can't be removed.
    pub fn forget(self) -> Result<Pruned, PlaceError> {
        let path = self.shelf.path().to_owned();
        let fail = PathError::of::<HistoryError>(Op::Remove, path);
        let forgotten = self.shelf.forget(&self.root.folder(), self.target.key.as_str());
        Ok(forgotten.map_err(fail)?)
    }
}

/// Prunes every history in the root of the file at this path.
///
/// # Errors
/// The root can't be used, or something in it can't be listed or removed.
pub fn prune(roots: &Roots, path: &Path, limits: &Limits) -> Result<(PathBuf, Pruned), PlaceError> {
    let target = Target::resolve(path)?;
    let Some(root) = roots.existing_of(&target.path)? else {
        return Ok((roots.path_of(&target.path)?, Pruned::default()));
    };
    let fail = PathError::of::<HistoryError>(Op::Clear, root.path());
    let pruned = prune_all(&root.folder(), limits).map_err(fail)?;
    Ok((root.path().to_owned(), pruned))
}
