//! The log and the versions that are kept, put together: what happened to a file, and what of it
//! can still be had.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Added, HistoryError, Record, Shelf, Version, Which};
use crate::sys::dir::Look;

/// A copy is named by so many digits of its tag.
const COPY_DIGITS: usize = 12;

/// What is known of one file's past.
#[derive(Debug)]
pub struct Tally {
    path: PathBuf,
    /// What is there now, and its tag.
    now: Option<(Arc<Vec<u8>>, String)>,
    changes: Vec<Change>,
    /// What other programs have left beside the file, and which was no change of it.
    copies: Vec<Change>,
}

/// One change, the oldest first.
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

    /// What was replaced, and what became of it.
    fn replaced(&self, shelf: &Shelf, judge: &dyn Fn(&[u8]) -> State) -> (Content<'_>, State) {
        let read = self.version.as_ref().and_then(|(version, _)| shelf.read(version).ok());
        let state = match &read {
            Some((bytes, true)) => judge(bytes),
            Some((_, false)) => State::Altered,
            None => State::Gone,
        };
        let bytes = read.filter(|(_, is_as_kept)| *is_as_kept).map(|(bytes, _)| Cow::Owned(bytes));
        let size = self.version.as_ref().map(|(_, look)| look.size);
        (Content { etag: self.before(), size, bytes }, state)
    }

    /// What was added, if that is what was done.
    fn added(&self) -> Option<&Added> {
        self.record.as_ref().and_then(|record| record.added.as_ref())
    }

    /// Whether there was no file before.
    fn has_made(&self) -> bool {
        self.before().is_none() && self.added().is_none()
    }
}

/// What was there at some moment, as far as that is known.
#[derive(Debug, Clone)]
struct Content<'a> {
    etag: Option<&'a String>,
    size: Option<u64>,
    bytes: Option<Cow<'a, [u8]>>,
}

impl<'a> Content<'a> {
    /// What was there before this was added, which left `next`.
    fn before(next: Option<Content<'a>>, added: &Added) -> Content<'a> {
        let bytes = next.and_then(|next| next.bytes).and_then(|bytes| {
            let length = added.before(&bytes)?.len();
            match bytes {
                Cow::Borrowed(bytes) => bytes.get(..length).map(Cow::Borrowed),
                Cow::Owned(mut bytes) => {
                    bytes.truncate(length);
                    Some(Cow::Owned(bytes))
                }
            }
        });
        Content { etag: None, size: Some(added.from), bytes }
    }

    /// What an entry says of the content itself.
    fn name(&self, entry: Entry, which: Option<String>) -> Entry {
        Entry { which, etag: self.etag.cloned(), size: self.size, ..entry }
    }

    /// Whether a change has left this; `None` where that can't be told.
    fn is_left_by(&self, record: &Record) -> Option<bool> {
        match (&record.after, self.etag, &record.added, &self.bytes) {
            (Some(after), Some(etag), ..) => Some(after == etag),
            (None, _, Some(added), Some(bytes)) => Some(added.before(bytes).is_some()),
            _ => self.size.map(|size| size == record.size),
        }
    }
}

/// Where a version is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What is kept; `None` stands for what is there now.
    pub kept: Option<Version>,
    /// What was added to the version since, the latest first: to be taken off.
    pub added: Vec<Added>,
}

impl Found {
    const NOW: Found = Found { kept: None, added: Vec::new() };

    /// The version, of a content that is kept or is there now. `None`: that ends otherwise.
    pub fn cut(&self, mut content: Vec<u8>) -> Option<Vec<u8>> {
        for added in &self.added {
            let length = added.before(&content)?.len();
            content.truncate(length);
        }
        Some(content)
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
    /// Takes stock. `path` is the file's true path, and `now` what is there.
    ///
    /// # Errors
    /// The folder or the log can't be read.
    pub fn take(shelf: &Shelf, path: &Path, now: Option<Arc<Vec<u8>>>) -> io::Result<Tally> {
        let now = now.map(|bytes| {
            let etag = hex::encode(Sha256::digest(&*bytes));
            (bytes, etag)
        });
        let mut versions: Vec<Option<(Version, Look)>> = shelf.versions()?.into_iter().map(Some).collect();
        let (mut changes, mut copies) = (Vec::new(), Vec::new());
        for record in shelf.records()? {
            let kept = versions.iter_mut().find(|version| {
                version.as_ref().is_some_and(|(version, _)| Some(&version.id) == record.id.as_ref())
            });
            let version = kept.and_then(Option::take);
            let list = if record.verb == Record::COPY { &mut copies } else { &mut changes };
            list.push(Change { time: record.time, record: Some(record), version });
        }
        for version in versions.into_iter().flatten() {
            let time = version.0.replaced;
            let at = changes.iter().position(|change: &Change| change.time > time).unwrap_or(changes.len());
            changes.insert(at, Change { time, record: None, version: Some(version) });
        }
        // Kept for a change that has not come, or in advance by two: nothing was replaced.
        for index in (0..changes.len()).rev() {
            let left = match changes.get(index + 1) {
                Some(next) => next.before(),
                None => now.as_ref().map(|(_, etag)| etag),
            };
            if changes[index].record.is_none() && left.is_some() && left == changes[index].before() {
                changes.remove(index);
            }
        }
        Ok(Tally { path: path.to_owned(), now, changes, copies })
    }

    /// All that is known, the newest first. `judge` says whether a version's content is what it
    /// should be.
    pub fn entries(&self, shelf: &Shelf, judge: &dyn Fn(&[u8]) -> bool) -> Vec<Entry> {
        let mut entries = Vec::new();
        let state = |bytes: &[u8]| if judge(bytes) { State::Valid } else { State::Broken };
        // `None` where there was no file.
        let mut next = self.there_now();
        if let Some((there, (bytes, _))) = next.as_ref().zip(self.now.as_ref()) {
            let found = entry(self.writer(self.changes.len(), there), state(bytes));
            entries.push(there.name(found, Some("now".to_owned())));
        }
        for (index, change) in self.changes.iter().enumerate().rev() {
            let is_lost =
                |record: &&Record| next.as_ref().is_none_or(|next| next.is_left_by(record) == Some(false));
            if let Some(record) = change.record.as_ref().filter(is_lost) {
                let (etag, size) = (record.after.clone(), Some(record.size));
                entries.push(Entry { etag, size, ..entry(Some(record), State::Lost) });
            }
            let which = Some(format!("@{{-{}}}", self.changes.len() - index));
            if let Some(added) = change.added() {
                let before = Content::before(next, added);
                let state = before.bytes.as_deref().map_or(State::Gone, state);
                entries.push(before.name(entry(self.writer(index, &before), state), which));
                next = Some(before);
                continue;
            }
            if change.has_made() {
                next = None;
                continue;
            }
            let (mut before, state) = change.replaced(shelf, &state);
            let writer = self.writer(index, &before);
            before.size = before.size.or_else(|| writer.map(|record| record.size));
            let mut found = before.name(entry(writer, state), which);
            if let Some((version, look)) = &change.version {
                found.id = Some(version.id.clone());
                found.written = found.written.or(Timestamp::from_second(look.modified.0).ok());
            }
            entries.push(found);
            next = Some(before);
        }
        for copy in &self.copies {
            let (content, state) = copy.replaced(shelf, &state);
            let which = content.etag.and_then(|etag| etag.get(..COPY_DIGITS)).map(str::to_owned);
            let mut found = content.name(entry(copy.record.as_ref(), state), which);
            found.id = copy.version.as_ref().map(|(version, _)| version.id.clone());
            let is_older = |entry: &Entry| entry.written.is_some_and(|written| written < copy.time);
            let at = entries.iter().position(is_older).unwrap_or(entries.len());
            entries.insert(at, found);
        }
        entries
    }

    /// The versions that are kept, the newest first.
    pub fn kept(&self) -> Vec<Version> {
        self.changes.iter().rev().filter_map(|change| Some(change.version.as_ref()?.0.clone())).collect()
    }

    /// The tags of all that the file is known to have held.
    pub fn tags(&self) -> Vec<String> {
        let after = |change: &Change| change.record.as_ref().and_then(|record| record.after.clone());
        self.changes.iter().flat_map(|change| [change.before().cloned(), after(change)]).flatten().collect()
    }

    fn there_now(&self) -> Option<Content<'_>> {
        let (bytes, etag) = self.now.as_ref()?;
        let (size, bytes) = (Some(bytes.len() as u64), Some(Cow::Borrowed(bytes.as_slice())));
        Some(Content { etag: Some(etag), size, bytes })
    }

    /// Whether the change `index` has left what is there now.
    fn is_there(&self, index: usize) -> bool {
        self.there_now().is_some_and(|now| self.writer(index + 1, &now).is_some())
    }

    /// The change that has left this content before the change `index`.
    fn writer(&self, index: usize, content: &Content<'_>) -> Option<&Record> {
        let before = self.changes.get(index.checked_sub(1)?)?;
        before.record.as_ref().filter(|record| content.is_left_by(record) == Some(true))
    }

    /// Where what was there before the change `index` is to be had.
    fn before(&self, index: usize) -> Option<Found> {
        let since = self.changes.get(index..)?;
        let added: Vec<Added> = since.iter().map_while(|change| change.added().cloned()).collect();
        let kept = match since.get(added.len()) {
            Some(change) => Some(change.version.as_ref()?.0.clone()),
            None => None,
        };
        Some(Found { kept, added: added.into_iter().rev().collect() })
    }

    /// Finds a version.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn find(&self, which: &Which) -> Result<Found, HistoryError> {
        match which {
            Which::Now => Ok(Found::NOW),
            Which::Back(count) => {
                let index = self.changes.len().checked_sub(*count as usize);
                let none = || self.none(format!("@{{-{count}}}"));
                let change = index.and_then(|index| self.changes.get(index)).ok_or_else(none)?;
                if change.has_made() {
                    return Err(HistoryError::Made { path: self.path.clone() });
                }
                index.and_then(|index| self.before(index)).ok_or_else(none)
            }
            Which::At(time) => self.at(*time),
            Which::Prefix(prefix) => {
                let all = self.changes.iter().chain(&self.copies).rev();
                let kept = all.filter_map(|change| change.version.as_ref());
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
                    (Some(version), 1) => Ok(Found { kept: Some((*version).clone()), added: Vec::new() }),
                    (None, _)
                        if self.now.as_ref().is_some_and(|(_, etag)| etag.starts_with(prefix.as_str())) =>
                    {
                        Ok(Found::NOW)
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
    fn at(&self, time: Timestamp) -> Result<Found, HistoryError> {
        let none = || self.none(format!("of {time:.0}"));
        let Some(next) = self.changes.iter().position(|change| change.time > time) else {
            // Nothing was changed since, by anybody who says so.
            let last = self.changes.len().checked_sub(1);
            let is_known = last.is_some_and(|last| self.is_there(last));
            return if is_known { Ok(Found::NOW) } else { Err(none()) };
        };
        let found = (0..=next).rev().find_map(|index| self.before(index)).ok_or_else(none)?;
        // Before the first change on record only the file itself says since when it was so.
        let is_known = |change: &Change| {
            change.version.as_ref().is_some_and(|(_, look)| look.modified.0 <= time.as_second())
        };
        if next == 0 && !is_known(&self.changes[0]) { Err(none()) } else { Ok(found) }
    }

    /// What undoes the last change, or the last one of this client.
    ///
    /// # Errors
    /// There is none; something came after it; or it is no longer kept.
    pub fn undo(&self, client: Option<&str>) -> Result<Found, HistoryError> {
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
        if !self.is_there(index) {
            return Err(since(UNKNOWN.to_owned()));
        }
        if change.has_made() {
            return Err(HistoryError::Made { path: self.path.clone() });
        }
        self.before(index).ok_or_else(|| self.none("@{-1}".to_owned()))
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

/// What made a change that is not on record.
pub const UNKNOWN: &str = "by a program that takes no lock";

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
