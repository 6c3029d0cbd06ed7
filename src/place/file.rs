//! A document in a file, under the file's lock.
//!
//! The order is the same for all who write: lock, read, make the new content, stage it, lock the
//! folder, publish under the guard, release, sync. Any error before the publication leaves the
//! file as it was. Nothing here prints, and nothing ends the process.

mod append;
mod publish;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::keeping::Tags;
use super::past::Past;
use super::{
    Appended, Bounds, Content, Earlier, Found, Keeping, Make, Place, PlaceError, Published, Rewritten, Told,
    etag,
};
use crate::history::{HistoryError, Which};
use crate::lock::{Held, Keep, LockError, LockRoot, Locker, Patience, Target, Waiter};
use crate::replace::{
    Filled, Reading, Replace, ReplaceError, Restart, Rotation, Source, Warning, backup_path, backups,
    read_quiet,
};
use crate::sys::failure::{Op, PathError};

/// Who makes the new content as quickly as this may keep others out of the folder meanwhile.
const QUICK: Duration = Duration::from_millis(100);
/// Publishing can't go on without the lock's guard, and gives up after this.
const GUARD_PATIENCE: Duration = Duration::from_secs(5);
/// While the guard is waited for, others are let into the folder again after this …
const GUARD_SLICE: Duration = Duration::from_millis(250);
/// … for longer than they sleep between two looks.
const OTHERS_TURN: Duration = Duration::from_millis(10);

/// A reading without a lock that came to nothing waits for the lock no longer than this.
const GLANCE_PATIENCE: Duration = Duration::from_millis(40);

/// A file. Its lock is taken at the first look, and given back when a transaction has ended, at the
/// latest when this is dropped.
pub struct FilePlace<'a> {
    path: PathBuf,
    locker: Option<&'a Locker>,
    replace: Replace,
    makes_folders: bool,
    bounds: Option<&'a Bounds>,
    keeping: Option<Keeping>,
    waiter: &'a mut dyn Waiter,
    under_way: UnderWay,
}

/// What a transaction has found so far. The next one begins anew.
#[derive(Default)]
struct UnderWay {
    held: Option<Held>,
    /// For how long the lock was waited for.
    waited: Duration,
    /// When the version that is worked on was read.
    opened: Option<Instant>,
    restart: Restart,
    /// What was read.
    old: Option<Arc<Vec<u8>>>,
    /// The backup to put back. Opened once: a try that comes to nothing may have moved the
    /// backups up by a name.
    earlier: Option<(Arc<Source>, Found)>,
    /// The version of the history to put back.
    kept_model: Option<Arc<Source>>,
    /// Versions that a dead writer had displaced, and which are kept.
    kept: Vec<PathBuf>,
}

impl<'a> FilePlace<'a> {
    /// The file `path`, replaced in the way of `replace`. Without a locker no lock is taken, at the
    /// caller's own risk.
    pub fn new(
        path: &Path,
        locker: Option<&'a Locker>,
        replace: Replace,
        waiter: &'a mut dyn Waiter,
    ) -> FilePlace<'a> {
        let replace = match locker {
            Some(locker) => replace.patience(locker.patience.limit),
            None => replace,
        };
        FilePlace {
            path: path.to_owned(),
            locker,
            replace,
            makes_folders: false,
            bounds: None,
            keeping: None,
            waiter,
            under_way: UnderWay::default(),
        }
    }

    /// Whether missing folders above the file are made.
    #[must_use]
    pub fn make_folders(mut self, yes: bool) -> FilePlace<'a> {
        self.makes_folders = yes;
        self
    }

    /// Refuses, under the lock, whatever is not within these bounds by then.
    #[must_use]
    pub fn within(mut self, bounds: &'a Bounds) -> FilePlace<'a> {
        self.bounds = Some(bounds);
        self
    }

    /// What was read without a lock. No link was on that path when it was opened.
    fn glanced(&self, name: PathBuf, bytes: Option<Vec<u8>>) -> Result<Content, PlaceError> {
        self.check_bounds(&name)?;
        Ok(Content { name, bytes: bytes.map(Arc::new) })
    }

    fn check_bounds(&self, path: &Path) -> Result<(), PlaceError> {
        if self.bounds.is_none_or(|bounds| bounds.allows(path)) {
            return Ok(());
        }
        Err(PlaceError::Outside { path: self.path.clone() })
    }

    /// Keeps what is replaced, and writes down what was done.
    #[must_use]
    pub fn history(mut self, keeping: Keeping) -> FilePlace<'a> {
        self.keeping = Some(keeping);
        self
    }

    fn lock(&mut self) -> Result<(), PlaceError> {
        if let (None, Some(locker)) = (&self.under_way.held, self.locker) {
            if self.bounds.is_some() {
                // A file's lock is where the file is, and so may be the folder that is made for it.
                self.check_bounds(&Target::resolve(&self.path)?.path)?;
            }
            let begun = Instant::now();
            self.under_way.held = Some(locker.acquire(&self.path, Keep::Running, self.waiter)?);
            self.under_way.waited = begun.elapsed();
        }
        Ok(())
    }

    /// Opens the file that the lock is on, whatever the path leads to by now. What a link that has
    /// taken its place points to is another lock's business.
    ///
    /// Leftovers of dead writers are swept first if wanted. Only under the lock: without it one may be
    /// a living writer's. And before the file is looked at: one may be a further name of it.
    fn open(&mut self, sweep: bool) -> Result<Source, PlaceError> {
        let Some(held) = &self.under_way.held else {
            let source = Source::open(&self.path)?;
            // No link was on that path when it was opened.
            self.check_bounds(source.path())?;
            return Ok(source);
        };
        self.check_bounds(&held.target().path)?;
        let opened = (|| {
            let mut source = Source::unread(&held.target().path)?;
            if sweep {
                self.under_way.kept = source.sweep(held.may_follow_dead()).kept;
            }
            source.open_file()?;
            Ok(source)
        })();
        opened.map_err(|error| match Source::is_turned(&error) {
            true => PlaceError::Moved { path: self.path.clone() },
            false => error.into(),
        })
    }

    /// Opens the file for a transaction that may replace it.
    fn open_to_replace(&mut self) -> Result<Source, PlaceError> {
        self.lock()?;
        let opened = self.under_way.opened;
        let was_quick = opened.is_some_and(|opened| opened.elapsed() < QUICK);
        let mut source = self.open(opened.is_none())?;
        self.replace.check_names(source.path())?;
        if was_quick {
            // Somebody with another lock root was faster: not this time.
            let interrupted = source.lock_folder(|pause| self.waiter.sleep(pause))?;
            if let Some(signal) = interrupted {
                return Err(LockError::Interrupted(signal).into());
            }
        }
        self.under_way.opened = Some(Instant::now());
        Ok(source)
    }

    /// Ends the transaction: gives the lock back, and says what was found on the way.
    fn end(&mut self) -> Told {
        let UnderWay { held, waited, kept, .. } = std::mem::take(&mut self.under_way);
        let taken_over =
            held.as_ref().and_then(Held::reclaimed).map(|reclaimed| reclaimed.holder.to_string());
        if let Some(held) = held {
            held.end(self.waiter);
        }
        let warnings = kept.into_iter().map(|kept| Warning::Kept { path: self.path.clone(), kept }).collect();
        Told { warnings, waited, taken_over, kept: None }
    }

    /// A last try for a file that is written all the time: perhaps by those who take the lock.
    fn glance_locked(&mut self, is_whole: &dyn Fn(&Path, &[u8]) -> bool) -> Result<Content, PlaceError> {
        let written = || PlaceError::BeingWritten { path: self.path.clone() };
        let Some(locker) = self.locker else { return Err(written()) };
        let patience = Patience { limit: locker.patience.limit.min(GLANCE_PATIENCE), ..locker.patience };
        let locker = Locker { patience, ..locker.clone() };
        let held = match locker.acquire(&self.path, Keep::Running, self.waiter) {
            Err(LockError::Interrupted(signal)) => return Err(LockError::Interrupted(signal).into()),
            held => held.map_err(|_| written())?,
        };
        let reading = read_quiet(&self.path, is_whole, |pause| self.waiter.sleep(pause));
        held.end(self.waiter);
        match reading? {
            Reading::Whole(name, bytes) => self.glanced(name, bytes),
            Reading::BeingWritten => Err(PlaceError::BeingWritten { path: self.path.clone() }),
            Reading::Interrupted(signal) => Err(LockError::Interrupted(signal).into()),
        }
    }

    /// How to replace. A version that is put back lends the file its mode and owner, and drops no
    /// other.
    fn how(&self, target: &Path) -> Result<Replace, PlaceError> {
        let how = self.replace.clone();
        if let Some(model) = &self.under_way.kept_model {
            return Ok(how.like(model.clone()));
        }
        let Some((earlier, _)) = &self.under_way.earlier else { return Ok(how) };
        let kept = backups(target)?.last().map_or(0, |last| last.index + 1);
        Ok(how.backups(kept + 1).like(earlier.clone()))
    }

    fn backup(&mut self, version: &Source, index: u32) -> Result<Found, PlaceError> {
        if let Some((_, found)) = &self.under_way.earlier {
            return Ok(found.clone());
        }
        let path = backup_path(version.path(), index);
        let backup = Source::open(&path)?;
        if !backup.exists() {
            return Err(ReplaceError::NoBackup { path: version.path().to_owned(), index }.into());
        }
        let written = backup.metadata().and_then(|meta| meta.modified().ok());
        let which = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let found = Found { bytes: backup.read()?, which, written };
        self.under_way.earlier = Some((Arc::new(backup), found.clone()));
        Ok(found)
    }

    /// The lock root, if there is one.
    fn root(&self, path: &Path) -> Result<Option<LockRoot>, PlaceError> {
        match (&self.under_way.held, self.locker, &self.keeping) {
            (Some(held), ..) => Ok(Some(held.root().clone())),
            (None, Some(locker), _) => Ok(locker.roots.existing_of(path)?),
            (None, None, Some(keeping)) => Ok(keeping.roots.existing_of(path)?),
            (None, None, None) => Ok(None),
        }
    }

    fn past(&self, path: &Path) -> Result<Option<Past>, PlaceError> {
        let Some(root) = self.root(path)? else { return Ok(None) };
        Past::in_root(&root, &Target::resolve(path)?, self.under_way.old.clone())
    }

    fn put_back(
        &mut self,
        past: &Past,
        found: &crate::history::Found,
        force: bool,
    ) -> Result<Found, PlaceError> {
        let bytes = past.read(found, force)?.unwrap_or_default();
        let appends = match found.added.len() {
            1 => "last append".to_owned(),
            count => format!("last {count} appends"),
        };
        let which = match (&found.kept, found.added.is_empty()) {
            (None, true) => "what is there now".to_owned(),
            (None, false) => format!("the state before the {appends}"),
            (Some(version), true) => format!("the version {}", version.id),
            (Some(version), false) => format!("the version {} without its {appends}", version.id),
        };
        let Some(version) = &found.kept else { return Ok(Found { bytes, which, written: None }) };
        let model = past.open(version)?;
        let written = model.metadata().and_then(|meta| meta.modified().ok());
        let written = written.filter(|_| found.added.is_empty());
        self.under_way.kept_model = Some(model);
        Ok(Found { bytes, which, written })
    }
}

impl Drop for FilePlace<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

impl Place for FilePlace<'_> {
    type Version = Source;

    /// The lock is given back before anything is done with the bytes, unless a transaction is under
    /// way: that one keeps it.
    fn look(&mut self) -> Result<Content, PlaceError> {
        let alone = self.under_way.opened.is_none();
        self.lock()?;
        let found = self.open(false).and_then(|source| content(&source));
        if alone {
            self.end();
        }
        found
    }

    fn glance(&mut self, is_whole: &dyn Fn(&Path, &[u8]) -> bool) -> Result<Content, PlaceError> {
        match read_quiet(&self.path, is_whole, |pause| self.waiter.sleep(pause))? {
            Reading::Whole(name, bytes) => self.glanced(name, bytes),
            Reading::BeingWritten => self.glance_locked(is_whole),
            Reading::Interrupted(signal) => Err(LockError::Interrupted(signal).into()),
        }
    }

    fn read(&mut self) -> Result<(Content, Source), PlaceError> {
        let source = self.open_to_replace()?;
        let content = content(&source)?;
        self.under_way.old = content.bytes.clone();
        Ok((content, source))
    }

    fn open_pieces(&mut self) -> Result<Option<(PathBuf, Source)>, PlaceError> {
        let source = self.open_to_replace()?;
        Ok(source.exists().then(|| (source.path().to_owned(), source)))
    }

    fn rewrite(&mut self, source: Source, make: &mut Make<'_>) -> Result<Rewritten, PlaceError> {
        let restart = std::mem::take(&mut self.under_way.restart);
        let mut made = None;
        let fill = |source: &Source, new: &File| {
            let output = new.try_clone().map_err(PathError::of::<ReplaceError>(Op::Open, source.path()))?;
            made = make(Box::new(source.pieces()?), Box::new(output), self.waiter);
            Ok(made.as_ref().is_some_and(|made| made.changed))
        };
        match (self.replace.stage_with(source, fill, restart)?, made) {
            (Filled::Staged(staged), Some(made)) => {
                let (before, after) = (Some(made.before), Some(made.after));
                let tags = || Tags { before, after, size: made.size, added: None };
                Ok(Rewritten::Made(self.put_staged(*staged, tags)?))
            }
            (Filled::Not(source), Some(_)) => Ok(Rewritten::Same(self.settle(*source)?)),
            (_, None) => Ok(Rewritten::GivenUp),
        }
    }

    fn earlier(&mut self, version: &Source, which: &Earlier, force: bool) -> Result<Found, PlaceError> {
        match which {
            Earlier::Backup(index) => self.backup(version, *index),
            Earlier::Latest if !backups(version.path())?.is_empty() => self.backup(version, 0),
            Earlier::Latest => match self.past(version.path())? {
                Some(past) => self.put_back(&past, &past.find(&Which::Back(1))?, force),
                None => Err(ReplaceError::NoBackup { path: version.path().to_owned(), index: 0 }.into()),
            },
            Earlier::Kept(which) => match self.past(version.path())? {
                Some(past) => self.put_back(&past, &past.find(which)?, force),
                None => {
                    let path = version.path().to_owned();
                    Err(HistoryError::Nothing { path, client: None }.into())
                }
            },
            Earlier::Undo(client) => {
                let path = version.path().to_owned();
                let nothing = HistoryError::Nothing { path, client: client.clone() };
                let past = self.past(version.path())?.ok_or(nothing)?;
                let found = past.undo(client.as_deref())?;
                self.put_back(&past, &found, force)
            }
        }
    }

    fn way_back(&mut self, judge: &dyn Fn(&[u8]) -> bool) -> Option<String> {
        let target = Target::resolve(&self.path).ok()?;
        let past = self.past(&target.path).ok().flatten();
        let kept = past.and_then(|past| past.last_good(judge));
        kept.or_else(|| {
            let backups = backups(&target.path).ok()?;
            let is_good = |path: &Path| {
                let bytes = Source::open(path).and_then(|source| source.read());
                bytes.is_ok_and(|bytes| judge(&bytes))
            };
            Some(backups.into_iter().find(|backup| is_good(&backup.path))?.index.to_string())
        })
    }

    fn publish(&mut self, source: Source, content: &[u8]) -> Result<Published, PlaceError> {
        let how = self.how(source.path())?;
        if self.makes_folders && !source.exists() {
            how.make_folders(source.path())?;
        }
        let staged = how.stage_again(source, content, std::mem::take(&mut self.under_way.restart))?;
        let old = self.under_way.old.clone();
        let before = || old.as_deref().map(|old| etag(old));
        let tags =
            || Tags { before: before(), after: Some(etag(content)), size: content.len() as u64, added: None };
        self.put_staged(staged, tags)
    }

    fn append(&mut self, lines: &[u8], rotation: Option<&Rotation>) -> Result<Option<Appended>, PlaceError> {
        self.lock()?;
        let appended = self.append_locked(lines, rotation);
        // The lock is given back also where it went wrong.
        appended.map(Some).inspect_err(|_| drop(self.end()))
    }

    fn settle(&mut self, source: Source) -> Result<Told, PlaceError> {
        let told = self.end();
        self.replace.settle(source)?;
        Ok(told)
    }

    fn leave(&mut self) -> Told {
        self.end()
    }

    fn name(&self) -> &Path {
        &self.path
    }

    fn client(&self) -> Option<&str> {
        let keeping = self.keeping.as_ref().and_then(|keeping| keeping.client.as_deref());
        keeping.or_else(|| self.locker.and_then(|locker| locker.client.as_deref()))
    }

    fn waiter(&mut self) -> &mut dyn Waiter {
        self.waiter
    }
}

fn content(source: &Source) -> Result<Content, PlaceError> {
    let bytes = source.exists().then(|| source.read().map(Arc::new)).transpose()?;
    Ok(Content { name: source.path().to_owned(), bytes })
}
