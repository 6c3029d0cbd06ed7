//! Lines added to a file in place, under its lock.
//!
//! Lock, folder, look, write, look; then both are given back, and the file is synced. Nothing but a
//! name is changed under the guard: a write may take long, and unrelated files share it.

use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::FilePlace;
use crate::history::Added;
use crate::lock::LockError;
use crate::place::keeping::Tags;
use crate::place::{Appended, Keeping, PlaceError, etag};
use crate::replace::{Appending, ReplaceError, Rotation};
use crate::sys;
use crate::sys::failure::{Op, PathError};
use crate::sys::path::folder_of;

impl FilePlace<'_> {
    /// Appends under the lock, which is held, and gives it back.
    pub(super) fn append_locked(
        &mut self,
        lines: &[u8],
        rotation: Option<&Rotation>,
    ) -> Result<Appended, PlaceError> {
        let path = match &self.under_way.held {
            Some(held) => held.target().path.clone(),
            None => {
                sys::path::resolve(&self.path).map_err(PathError::of::<ReplaceError>(Op::Find, &self.path))?
            }
        };
        self.check_bounds(&path)?;
        if self.makes_folders && !folder_of(&path).exists() {
            self.replace.make_folders(&path)?;
        }
        let begin = |keeping: &Keeping| keeping.begin_adding(self.under_way.held.as_ref(), &path);
        let (history, mut warning) = self.keeping.as_ref().map_or((None, None), begin);
        let opened = Appending::open(&path, |pause| self.waiter.sleep(pause));
        let mut file = opened.map_err(|error| self.moved(error))?.map_err(LockError::Interrupted)?;
        let (before, existed) = (file.size(), !file.is_made());
        let set_aside =
            self.put_lines(&mut file, lines, rotation).map_err(|(error, written)| match error {
                error if written && !error.document_may_have_changed() => torn(&path, &error),
                error => error,
            })?;
        let size = file.size();
        let replaced = history.map(|history| history.replaced(Timestamp::now()));
        file.unlock();
        let mut told = self.end();
        if let (Some(replaced), Some(keeping)) = (replaced, &self.keeping) {
            let tags = match file.added() {
                // All of the file is ours.
                (0, after) => {
                    let before = (existed && set_aside == 0).then(|| etag(&[]));
                    Tags { before, after: Some(after), size, added: None }
                }
                (from, etag) => Tags { before: None, after: None, size, added: Some(Added { from, etag }) },
            };
            warning = warning.or(replaced.finish(keeping, &path, tags).1);
        }
        told.warnings.splice(0..0, file.finish(self.replace.syncs())?);
        told.warnings.extend(warning);
        Ok(Appended { name: path, before, after: size, set_aside, told })
    }

    /// Writes the lines, in one piece where they need not be parted between files, and returns how
    /// often the file was set aside. An error comes with whether some of the lines are there.
    fn put_lines(
        &mut self,
        file: &mut Appending,
        lines: &[u8],
        rotation: Option<&Rotation>,
    ) -> Result<u32, (PlaceError, bool)> {
        let (mut rest, mut set_aside, mut written) = (lines, 0, false);
        while !rest.is_empty() {
            let fits = rotation.map_or(rest.len(), |rotation| file.room_for(rest, rotation));
            if let (0, Some(rotation)) = (fits, rotation) {
                self.set_aside(file, rotation).map_err(|error| (error, written))?;
                set_aside += 1;
                continue;
            }
            self.still_locked().map_err(|error| (error.into(), written))?;
            let (now, later) = rest.split_at(fits);
            file.write(now).map_err(|error| (error.into(), written))?;
            (rest, written) = (later, true);
        }
        match self.still_locked() {
            Err(lost) if written => {
                let error = PlaceError::Unlocked { path: self.path.clone(), source: Box::new(lost) };
                Err((error, true))
            }
            checked => checked.map(|()| set_aside).map_err(|error| (error.into(), false)),
        }
    }

    fn set_aside(&mut self, file: &mut Appending, rotation: &Rotation) -> Result<(), PlaceError> {
        match &self.under_way.held {
            Some(held) => held.publish(self.waiter, || file.set_aside(rotation))??,
            None => file.set_aside(rotation)?,
        }
        Ok(())
    }

    fn still_locked(&self) -> Result<(), LockError> {
        self.under_way.held.as_ref().map_or(Ok(()), |held| held.check())
    }

    /// A link may have taken the file's place.
    fn moved(&self, error: ReplaceError) -> PlaceError {
        match error {
            ReplaceError::Path(PathError { op: Op::Open, source, .. }) if sys::is_loop(&source) => {
                PlaceError::Moved { path: self.path.clone() }
            }
            error => error.into(),
        }
    }
}

/// Some of the lines are there already.
fn torn(path: &Path, error: &PlaceError) -> PlaceError {
    let source = io::Error::other(error.to_string());
    ReplaceError::Torn { path: path.to_owned(), source }.into()
}
