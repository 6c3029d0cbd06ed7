//! The history of a file place: what is kept of what is replaced, and what can be had of it.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::Timestamp;

use super::{PlaceError, etag};
use crate::history::{Added, HistoryError, Kept, Limits, Record, Shelf, Version, Way, prune_all};
use crate::lock::{Held, LockRoot, Roots, Target};
use crate::replace::{Source, Staged, Warning};
use crate::sys;
use crate::sys::dir::Look;
use crate::sys::failure::{Op, PathError};
use crate::sys::file::Identity;

/// What is kept of what a transaction replaces, and what is said of who did it.
#[derive(Debug, Clone)]
pub struct Keeping {
    /// How much.
    pub limits: Limits,
    /// Where, for a file whose lock is not taken.
    pub roots: Roots,
    /// What the client calls itself.
    pub client: Option<String>,
    /// What it runs: no arguments, which may be secrets.
    pub command: String,
    /// What is being done: `update`, `write`, …
    pub verb: &'static str,
}

/// For a program that changes a file itself, and takes no part in any of this, while somebody stands by:
/// before and after.
impl Keeping {
    /// Keeps what a file holds now, never by one more name: it is going to be written to. Returns the
    /// version's id; `None` where there is no file, or nothing is kept of it.
    ///
    /// # Errors
    /// The file can't be read, or not be kept.
    pub fn keep_before(&self, path: &Path) -> Result<Option<String>, PlaceError> {
        let source = Source::open(path)?;
        let tag = if source.exists() { etag(&source.read()?) } else { String::new() };
        self.keep(&source, &tag)
    }

    /// The same for a file that is open and whose tag is known.
    ///
    /// # Errors
    /// As [`Keeping::keep_before`].
    pub fn keep(&self, source: &Source, tag: &str) -> Result<Option<String>, PlaceError> {
        let Some((shelf, kept)) = self.hold(source.path(), source)? else { return Ok(None) };
        let fail = PathError::of::<HistoryError>(Op::Create, shelf.path());
        let (_, version) = kept.settle(Timestamp::now(), tag).map_err(fail)?;
        Ok(Some(version.id))
    }

    /// Begins to keep what an open file holds as a version of the file at `path`, never by one more
    /// name; `None` where there is nothing, or nothing is kept of that file.
    fn hold(&self, path: &Path, source: &Source) -> Result<Option<(Shelf, Kept)>, PlaceError> {
        let (Some(file), Some(meta)) = (source.file(), source.metadata()) else { return Ok(None) };
        if !self.limits.apply_to(path) {
            return Ok(None);
        }
        let (root, shelf) = self.shelf_of(path)?;
        let fail = || PathError::of::<HistoryError>(Op::Create, shelf.path());
        let token = hex::encode(sys::random_128().map_err(fail())?);
        let file_system = root.file_system().map_err(fail())?;
        let kept = shelf.clone().keep(file, meta, Way::NoLink, &file_system, &token).map_err(fail())?;
        Ok(Some((shelf, kept)))
    }

    /// The line of what was done at that time by whom this speaks for.
    fn line(&self, time: Timestamp, id: Option<String>, tags: Tags) -> Record {
        let Tags { before, after, size, added } = tags;
        Record {
            time,
            id,
            before,
            after,
            added,
            size,
            verb: self.verb.to_owned(),
            client: self.client.clone(),
            pid: sys::process::own_id(),
            command: self.command.clone(),
        }
    }

    /// Writes down that the file was changed since that version was kept, by whom this speaks for.
    /// A version that is what is there now is removed again: nothing was changed. `None` stands for a
    /// file that was not there.
    ///
    /// # Errors
    /// The file can't be read, or the log not be written.
    pub fn record_after(&self, path: &Path, id: Option<&str>) -> Result<(), PlaceError> {
        let source = Source::open(path)?;
        let new = source.read()?;
        self.record(&source, (id, None), etag(&new), new.len() as u64)
    }

    /// The same for a file that is open, with the tag and the size of what it holds, and the tag of what
    /// was there before, where no version says so.
    ///
    /// # Errors
    /// As [`Keeping::record_after`].
    pub fn record(
        &self,
        source: &Source,
        (id, before): (Option<&str>, Option<String>),
        after: String,
        size: u64,
    ) -> Result<(), PlaceError> {
        if !source.exists() || !self.limits.apply_to(source.path()) {
            return Ok(());
        }
        let (_, shelf) = self.shelf_of(source.path())?;
        let fail = || PathError::of::<HistoryError>(Op::WriteLog, shelf.path());
        let versions = shelf.versions().map_err(fail())?;
        let kept =
            versions.into_iter().map(|(version, _)| version).find(|version| Some(version.id.as_str()) == id);
        if let Some(version) = kept.as_ref().filter(|version| version.etag == after) {
            return Ok(shelf.drop_version(version).map_err(fail())?);
        }
        let before = kept.map(|version| version.etag).or(before);
        let tags = Tags { before, after: Some(after), size, added: None };
        let line = self.line(Timestamp::now(), id.map(str::to_owned), tags);
        shelf.record(&line).map_err(fail())?;
        let _ = shelf.prune(&self.limits);
        Ok(())
    }

    /// Keeps a copy of a file that another program has left beside it, as a version of the file, if it
    /// still has this tag. Returns the version's id; `None` where nothing is kept of the file.
    ///
    /// # Errors
    /// The copy can't be read, is another one by now, or can't be kept.
    pub fn keep_copy(&self, path: &Path, copy: &Path, tag: &str) -> Result<Option<String>, PlaceError> {
        let source = Source::open(copy)?;
        let target = Target::resolve(path)?.path;
        let Some((shelf, kept)) = self.hold(&target, &source)? else { return Ok(None) };
        let fail = || PathError::of::<HistoryError>(Op::Create, shelf.path());
        let now = source.read()?;
        if etag(&now) != tag {
            return Err(fail()(io::Error::other("the copy was changed meanwhile")).into());
        }
        let time = Timestamp::now();
        let (_, version) = kept.settle(time, tag).map_err(fail())?;
        let tag = || Some(tag.to_owned());
        let tags = Tags { before: tag(), after: tag(), size: now.len() as u64, added: None };
        let line = self.line(time, Some(version.id.clone()), tags);
        shelf.record(&Record { verb: Record::COPY.to_owned(), ..line }).map_err(fail())?;
        Ok(Some(version.id))
    }

    /// Forgets a copy again that nothing came of.
    ///
    /// # Errors
    /// It can't be removed.
    pub fn drop_copy(&self, path: &Path, id: &str) -> Result<(), PlaceError> {
        let (_, shelf) = self.shelf_of(&Target::resolve(path)?.path)?;
        let fail = || PathError::of::<HistoryError>(Op::Remove, shelf.path());
        let versions = shelf.versions().map_err(fail())?;
        let kept = versions.into_iter().find(|(version, _)| version.id == id);
        kept.map_or(Ok(()), |(version, _)| Ok(shelf.drop_version(&version).map_err(fail())?))
    }

    /// The changes that others have written down since that time, the latest last, and of each the id of
    /// the version that it left, if that is kept.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn since(&self, path: &Path, time: Timestamp) -> Result<Vec<(Record, Option<String>)>, PlaceError> {
        let target = Target::resolve(path)?;
        let Some(root) = self.roots.existing_of(&target.path)? else { return Ok(Vec::new()) };
        let fail = || PathError::of::<HistoryError>(Op::ReadHistory, &target.path);
        let found = Shelf::existing(&root.folder(), target.key.as_str()).map_err(fail())?;
        let Some(shelf) = found else { return Ok(Vec::new()) };
        if !shelf.is_written_since(time).map_err(fail())? {
            return Ok(Vec::new());
        }
        let records = shelf.records().map_err(fail())?;
        let others = records.into_iter().filter(|record| record.time >= time && record.client != self.client);
        let versions = shelf.versions().map_err(fail())?;
        let with_version = |record: Record| {
            let is_its = |(version, _): &&(Version, Look)| Some(&version.etag) == record.after.as_ref();
            let id = versions.iter().rev().find(is_its).map(|(version, _)| version.id.clone());
            (record, id)
        };
        Ok(others.map(with_version).collect())
    }

    /// Who has left what is there now, by its tag, and when; `None` where nobody says so.
    ///
    /// # Errors
    /// As [`Keeping::since`].
    pub fn writer_of(&self, path: &Path, tag: &str) -> Result<Option<Record>, PlaceError> {
        let since = self.since(path, Timestamp::MIN)?;
        Ok(since.into_iter().map(|(record, _)| record).rfind(|record| record.after.as_deref() == Some(tag)))
    }

    fn shelf_of(&self, path: &Path) -> Result<(LockRoot, Shelf), PlaceError> {
        let target = Target::resolve(path)?;
        let root = self.roots.of(&target.path)?;
        let shelf =
            Shelf::open_or_make(&root.folder(), target.key.as_str(), root.common_mode(), root.file_mode());
        let shelf = shelf.map_err(PathError::of::<HistoryError>(Op::MakeFolder, root.path()))?;
        Ok((root, shelf))
    }
}

/// The history of one replacement that is under way.
#[derive(Debug)]
pub(super) struct UnderWay {
    root: LockRoot,
    shelf: Shelf,
    kept: Option<Kept>,
    size: u64,
    token: String,
    /// How many names of the file were a dead writer's, and are gone now.
    pub(super) leftovers: u64,
    pub(super) warning: Option<Warning>,
}

/// What tells the version that was replaced from the one that replaces it.
#[derive(Debug)]
pub(super) struct Tags {
    /// The tag of the first; `None` where there was no document.
    pub(super) before: Option<String>,
    /// The tag of the second; `None` where that is known only by what was added.
    pub(super) after: Option<String>,
    /// Its size in bytes.
    pub(super) size: u64,
    /// What was added at the end, in place.
    pub(super) added: Option<Added>,
}

impl Keeping {
    /// Keeps what is about to be replaced. What can't be kept is a warning, once a minute.
    pub(super) fn begin(&self, held: Option<&Held>, staged: &Staged) -> (Option<UnderWay>, Option<Warning>) {
        let path = staged.source().path();
        if !self.limits.apply_to(path) {
            return (None, None);
        }
        let begun = self.try_begin(held, staged);
        match begun {
            Ok(mut under_way) => {
                let warning = under_way.warning.take();
                (Some(under_way), warning)
            }
            Err((root, error)) => (None, root.and_then(|root| forgotten(&root, path, &error))),
        }
    }

    fn try_begin(
        &self,
        held: Option<&Held>,
        staged: &Staged,
    ) -> Result<UnderWay, (Option<LockRoot>, io::Error)> {
        let source = staged.source();
        let size = source.metadata().map_or(0, Metadata::len);
        let mut under_way = self.open_shelf(held, source.path(), size)?;
        let root = under_way.root.clone();
        if let (Some(file), Some(meta)) = (source.file(), source.metadata()) {
            if meta.nlink() > 1 {
                under_way.leftovers = under_way.shelf.remove_leftovers_of(Identity::from(meta));
            }
            let way = if staged.is_in_place() { Way::NoLink } else { Way::Any };
            let kept = root
                .file_system()
                .and_then(|fs| under_way.shelf.clone().keep(file, meta, way, &fs, &under_way.token));
            match kept {
                Ok(kept) => under_way.kept = Some(kept),
                // What was done is still told.
                Err(error) => under_way.warning = forgotten(&root, source.path(), &error),
            }
        }
        Ok(under_way)
    }
}

impl Keeping {
    /// Prepares to write down what is about to be added to a file, of which nothing needs to be kept.
    pub(super) fn begin_adding(
        &self,
        held: Option<&Held>,
        path: &Path,
    ) -> (Option<UnderWay>, Option<Warning>) {
        if !self.limits.apply_to(path) {
            return (None, None);
        }
        match self.open_shelf(held, path, 0) {
            Ok(under_way) => (Some(under_way), None),
            Err((root, error)) => (None, root.and_then(|root| forgotten(&root, path, &error))),
        }
    }

    /// A history of which `size` bytes more are going to be kept.
    fn open_shelf(
        &self,
        held: Option<&Held>,
        path: &Path,
        size: u64,
    ) -> Result<UnderWay, (Option<LockRoot>, io::Error)> {
        let (root, key) = match held {
            Some(held) => (held.root().clone(), held.target().key.clone()),
            None => {
                let other = |error| (None, io::Error::other(error));
                let target = Target::resolve(path).map_err(other)?;
                (self.roots.of(&target.path).map_err(other)?, target.key)
            }
        };
        let fail = |error| (Some(root.clone()), error);
        let shelf = Shelf::open_or_make(&root.folder(), key.as_str(), root.common_mode(), root.file_mode())
            .map_err(fail)?;
        let token = match held.map(Held::id) {
            Some(id) => id.inner.last().unwrap_or(&id.token).as_str().to_owned(),
            None => hex::encode(sys::random_128().map_err(fail)?),
        };
        Ok(UnderWay { root, shelf, kept: None, size, token, leftovers: 0, warning: None })
    }
}

impl UnderWay {
    /// The file was replaced at this moment.
    pub(super) fn replaced(self, time: Timestamp) -> Replaced {
        Replaced { under_way: self, time }
    }

    /// What is kept of a replacement of which nobody knows how it ended.
    pub(super) fn leave(mut self, before: Option<String>) {
        if let Some((kept, before)) = self.kept.take().zip(before) {
            let _ = kept.settle(Timestamp::now(), &before);
        }
    }
}

/// A replacement that has happened, and is still to be written down.
#[derive(Debug)]
pub(super) struct Replaced {
    under_way: UnderWay,
    time: Timestamp,
}

impl Replaced {
    /// Gives the version its lasting name, writes the line, and prunes if that is due. To be called
    /// without the lock: nobody needs to wait for this. Returns the version's id.
    pub(super) fn finish(
        self,
        keeping: &Keeping,
        path: &Path,
        tags: Tags,
    ) -> (Option<String>, Option<Warning>) {
        let (time, UnderWay { root, shelf, kept, size, token, .. }) = (self.time, self.under_way);
        let settled = kept.zip(tags.before.as_deref()).map(|(kept, before)| kept.settle(time, before));
        let (version, failed) = match settled {
            None => (None, None),
            Some(Ok((_, version))) => (Some(version), None),
            Some(Err(error)) => (None, Some(error)),
        };
        let id = version.map(|version| version.id);
        let recorded = shelf.record(&keeping.line(time, id.clone(), tags));
        let failed = failed.or(recorded.err());
        let warning = failed.and_then(|error| forgotten(&root, path, &error));
        let (file, all) = keeping.limits.is_due(size, &token);
        // Best effort: the next one tries again.
        if file {
            let _ = shelf.prune(&keeping.limits);
        }
        if all {
            let _ = prune_all(&root.folder(), &keeping.limits);
        }
        (id, warning)
    }
}

/// A warning, unless there was one a moment ago.
fn forgotten(root: &LockRoot, path: &Path, error: &io::Error) -> Option<Warning> {
    let warning = || Warning::Forgotten { path: path.to_owned(), why: sys::explain(error) };
    crate::history::may_warn(&root.folder()).then(warning)
}

/// Takes names of the file that a dead writer has left, and which are gone, out of what is told.
pub(super) fn forgive(warnings: &mut Vec<Warning>, leftovers: u64) {
    for warning in warnings.iter_mut() {
        if let Warning::HardLinks { others, .. } = warning {
            *others = others.saturating_sub(leftovers);
        }
    }
    warnings.retain(|warning| !matches!(warning, Warning::HardLinks { others: 0, .. }));
}
