//! The log and the versions that are kept, put together: what happened to a file, and what of it
//! can still be had.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::{HistoryError, Record, Shelf, Version, Which};
use crate::sys::dir::Look;

/// What is known of one file's past.
#[derive(Debug)]
pub struct Tally {
    path: PathBuf,
    /// The tag of what is there now.
    now: Option<String>,
    changes: Vec<Change>,
}

/// One replacement, the oldest first.
#[derive(Debug)]
struct Change {
    time: Timestamp,
    /// `None` for one whose line was never written, or is gone.
    record: Option<Record>,
    /// What was replaced, if it is kept.
    version: Option<(Version, Look)>,
}

impl Change {
    /// The tag of what was there before.
    fn before(&self) -> Option<&String> {
        let kept = self.version.as_ref().map(|(version, _)| &version.etag);
        kept.or_else(|| self.record.as_ref().and_then(|record| record.before.as_ref()))
    }

    fn after(&self) -> Option<&String> {
        self.record.as_ref().map(|record| &record.after)
    }
}

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it was kept; and one JSON document, where it should be one.
    Valid,
    /// As it was kept, and no JSON document although it should be one.
    Broken,
    /// Another program has written into it since.
    Altered,
    /// Pruned by now, or never kept.
    Gone,
    /// Overwritten by a program that takes no lock.
    Lost,
}

/// A version of a file, as `aimem history` lists it.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// How to name it: `@{-1}`, or `now`. A lost one has no name.
    pub which: Option<String>,
    /// Its id, where it is kept.
    pub id: Option<String>,
    /// Its tag.
    pub etag: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// When it was written, as far as that is known.
    pub written: Option<Timestamp>,
    /// Who wrote it; `None` for a program that takes no lock.
    pub who: Option<String>,
    /// By which verb.
    pub verb: Option<String>,
    /// What that one ran.
    pub command: Option<String>,
    /// Its PID.
    pub pid: Option<u32>,
    /// What became of it.
    pub state: State,
}

impl Tally {
    /// Takes stock. `path` and `now` are the file's true path and the tag of what is there.
    ///
    /// # Errors
    /// The folder or the log can't be read.
    pub fn take(shelf: &Shelf, path: &Path, now: Option<String>) -> io::Result<Tally> {
        let mut versions: Vec<Option<(Version, Look)>> = shelf.versions()?.into_iter().map(Some).collect();
        let mut changes: Vec<Change> = Vec::new();
        for record in shelf.records()? {
            let kept = versions.iter_mut().find(|version| {
                version.as_ref().is_some_and(|(version, _)| Some(&version.id) == record.id.as_ref())
            });
            let version = kept.and_then(Option::take);
            changes.push(Change { time: record.time, record: Some(record), version });
        }
        for version in versions.into_iter().flatten() {
            let time = version.0.replaced;
            let at = changes.iter().position(|change| change.time > time).unwrap_or(changes.len());
            changes.insert(at, Change { time, record: None, version: Some(version) });
        }
        // Kept for a change that has not come, or in advance by two: nothing was replaced.
        for index in (0..changes.len()).rev() {
            let left = match changes.get(index + 1) {
                Some(next) => next.before(),
                None => now.as_ref(),
            };
            if changes[index].record.is_none() && left.is_some() && left == changes[index].before() {
                changes.remove(index);
            }
        }
        Ok(Tally { path: path.to_owned(), now, changes })
    }

    /// All that is known, the newest first. `judge` says whether a version's content is what it
    /// should be.
    pub fn entries(&self, shelf: &Shelf, now: Option<&[u8]>, judge: &dyn Fn(&[u8]) -> bool) -> Vec<Entry> {
        let mut entries = Vec::new();
        let state = |bytes: &[u8]| if judge(bytes) { State::Valid } else { State::Broken };
        if let Some(bytes) = now {
            let writer = self.writer(self.changes.len(), self.now.as_ref());
            entries.push(Entry {
                which: Some("now".to_owned()),
                etag: self.now.clone(),
                size: Some(bytes.len() as u64),
                ..entry(writer, state(bytes))
            });
        }
        for index in (0..self.changes.len()).rev() {
            let (change, next) = (&self.changes[index], self.changes.get(index + 1));
            let left = match next {
                Some(next) => next.before(),
                None => self.now.as_ref(),
            };
            if let (Some(record), true) = (&change.record, change.after() != left) {
                entries.push(Entry {
                    etag: Some(record.after.clone()),
                    size: Some(record.size),
                    ..entry(Some(record), State::Lost)
                });
            }
            let Some(before) = change.before() else { continue };
            let which = Some(format!("@{{-{}}}", self.changes.len() - index));
            let writer = self.writer(index, Some(before));
            entries.push(match &change.version {
                None => Entry {
                    which,
                    etag: Some(before.clone()),
                    size: writer.map(|record| record.size),
                    ..entry(writer, State::Gone)
                },
                Some((version, look)) => {
                    let state = match shelf.read(version) {
                        Ok((_, false)) => State::Altered,
                        Ok((bytes, true)) => state(&bytes),
                        Err(_) => State::Gone,
                    };
                    let mut entry = entry(writer, state);
                    let modified = Timestamp::from_second(look.modified.0).ok();
                    entry.written = entry.written.or(modified);
                    let (id, etag) = (Some(version.id.clone()), Some(version.etag.clone()));
                    Entry { which, id, etag, size: Some(look.size), ..entry }
                }
            });
        }
        entries
    }

    /// The change that has left this content before the change `index`.
    fn writer(&self, index: usize, content: Option<&String>) -> Option<&Record> {
        let before = self.changes.get(index.checked_sub(1)?)?;
        before.record.as_ref().filter(|record| Some(&record.after) == content)
    }

    /// Finds a version; `None` when it is what is there now.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn find(&self, which: &Which) -> Result<Option<Version>, HistoryError> {
        match which {
            Which::Now => Ok(None),
            Which::Back(count) => {
                let index = self.changes.len().checked_sub(*count as usize);
                let none = || self.none(format!("@{{-{count}}}"));
                let change = index.and_then(|index| self.changes.get(index)).ok_or_else(none)?;
                if change.before().is_none() {
                    return Err(HistoryError::Made { path: self.path.clone() });
                }
                Ok(Some(change.version.as_ref().ok_or_else(none)?.0.clone()))
            }
            Which::At(time) => self.at(*time),
            Which::Prefix(prefix) => {
                let kept = self.changes.iter().rev().filter_map(|change| change.version.as_ref());
                let mut found: Vec<&Version> = kept
                    .map(|(version, _)| version)
                    .filter(|version| {
                        version.etag.starts_with(prefix.as_str()) || version.id.starts_with(prefix.as_str())
                    })
                    .collect();
                found.dedup_by(|one, other| one.etag == other.etag);
                let mut tags: Vec<String> = found.iter().map(|version| version.etag.clone()).collect();
                tags.sort();
                tags.dedup();
                match (found.first(), tags.len()) {
                    (Some(version), 1) => Ok(Some((*version).clone())),
                    (None, _) if self.now.as_ref().is_some_and(|now| now.starts_with(prefix.as_str())) => {
                        Ok(None)
                    }
                    (None, _) => Err(self.none(prefix.clone())),
                    (Some(_), _) => {
                        let (path, which) = (self.path.clone(), prefix.clone());
                        Err(HistoryError::Several { path, which, found: tags })
                    }
                }
            }
        }
    }

    /// What was there at that time: what the first change after it has replaced. If that is not kept,
    /// the one before it that is.
    fn at(&self, time: Timestamp) -> Result<Option<Version>, HistoryError> {
        let none = || self.none(format!("of {time:.0}"));
        let Some(next) = self.changes.iter().position(|change| change.time > time) else {
            // Nothing was changed since, by anybody who says so.
            let last = self.changes.last().and_then(Change::after);
            return if last.is_some() && last == self.now.as_ref() { Ok(None) } else { Err(none()) };
        };
        let (version, look) =
            self.changes[..=next].iter().rev().find_map(|change| change.version.as_ref()).ok_or_else(none)?;
        // Before the first change on record only the file itself says since when it was so.
        let first = next == 0 && look.modified.0 > time.as_second();
        if first { Err(none()) } else { Ok(Some(version.clone())) }
    }

    /// The version that undoes the last change, or the last one of this client.
    ///
    /// # Errors
    /// There is none; something came after it; or it is no longer kept.
    pub fn undo(&self, client: Option<&str>) -> Result<Version, HistoryError> {
        let nothing = || HistoryError::Nothing { path: self.path.clone(), client: client.map(str::to_owned) };
        let since = |what: String| HistoryError::Since { path: self.path.clone(), what };
        let is_theirs = |change: &Change| {
            let by = change.record.as_ref().and_then(|record| record.client.as_deref());
            client.is_none() || by == client
        };
        let index = self.changes.iter().rposition(is_theirs).ok_or_else(nothing)?;
        if let Some(after) = self.changes.get(index + 1..).filter(|after| !after.is_empty()) {
            return Err(since(told(after)));
        }
        let change = &self.changes[index];
        if change.after() != self.now.as_ref() {
            return Err(since("by a program that takes no lock".to_owned()));
        }
        if change.before().is_none() {
            return Err(HistoryError::Made { path: self.path.clone() });
        }
        let version = change.version.as_ref().ok_or_else(|| self.none("@{-1}".to_owned()))?;
        Ok(version.0.clone())
    }

    /// The newest version that is kept, is as it was kept, and is what it should be; with its name.
    pub fn last_good(&self, shelf: &Shelf, judge: &dyn Fn(&[u8]) -> bool) -> Option<String> {
        let kept = self.changes.iter().rev().enumerate();
        let mut good = kept.filter_map(|(index, change)| {
            let (version, _) = change.version.as_ref()?;
            let (bytes, is_as_kept) = shelf.read(version).ok()?;
            (is_as_kept && judge(&bytes)).then(|| format!("@{{-{}}}", index + 1))
        });
        good.next()
    }

    fn none(&self, which: String) -> HistoryError {
        let count = self.changes.len();
        let oldest = self.changes.iter().position(|change| change.version.is_some());
        let oldest = oldest.map(|index| format!("@{{-{}}}", count - index));
        HistoryError::NoVersion { path: self.path.clone(), which, oldest }
    }
}

/// Who made these changes, in words.
fn told(changes: &[Change]) -> String {
    const NAMED: usize = 3;
    let one = |change: &Change| match &change.record {
        Some(record) => format!("{} by {} at {:.0}", record.verb, record.who(), record.time),
        None => format!("by somebody at {:.0}", change.time),
    };
    let mut told: Vec<String> = changes.iter().rev().take(NAMED).map(one).collect();
    if let Some(more) = changes.len().checked_sub(NAMED).filter(|more| *more > 0) {
        told.push(format!("and {more} more"));
    }
    told.join(", ")
}

/// An entry that was written by this change, or by a program that takes no lock.
fn entry(writer: Option<&Record>, state: State) -> Entry {
    Entry {
        which: None,
        id: None,
        etag: None,
        size: None,
        written: writer.map(|record| record.time),
        who: writer.map(Record::who),
        verb: writer.map(|record| record.verb.clone()),
        command: writer.map(|record| record.command.clone()),
        pid: writer.map(|record| record.pid),
        state,
    }
}
