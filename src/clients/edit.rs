//! Entries put into a settings file, and taken out, by one transaction each.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::foreign::ForeignLock;
use super::note::{Note, Notes};
use super::{ClientError, Entry};
use crate::document::Format;
use crate::lock::{Locker, Waiter};
use crate::memory::{self, Binding, Change, Made, MemoryError, Program, Subject, Transform, Update};
use crate::place::{FilePlace, Keeping};
use crate::replace::{Replace, ReplaceError};

/// How often a file is read again that does not parse: its client may be writing it.
const READS: u32 = 4;
/// Between two of these.
const PAUSE: Duration = Duration::from_millis(15);

/// Whether an element of a list is the one that is meant: as it was put in, or a hook of ours alone in
/// its group.
const IS: &str = "def is($e): . == $e.value or ($e.ending != null
        and (.hooks? | type == \"array\" and length == 1
            and (.[0].command? | type == \"string\" and endswith($e.ending))));\n";

/// Puts in what is not there.
const INSTALL: &str = "reduce $entries[] as $e (.;
    if $e.is_element then
        if any((getpath($e.path) // [])[]; is($e)) then .
        else setpath($e.path; (getpath($e.path) // []) + [$e.value]) end
    elif getpath($e.path) == null then setpath($e.path; $e.value)
    else . end)";

/// Takes out what is there, then the tables and lists that were made for it and are empty.
const UNINSTALL: &str = "reduce $entries[] as $e (.;
    if $e.is_element then
        if getpath($e.path) | type == \"array\" then
            setpath($e.path; getpath($e.path) | map(select(is($e) | not)))
        else . end
    else delpaths([$e.path]) end)
    | reduce ($made | sort_by(-length))[] as $p (.;
        if getpath($p) | . == {} or . == [] then delpaths([$p]) else . end)";

/// The tables and lists that are missing on the way to the entries.
const MISSING: &str = ". as $doc
    | [$entries[] | (if .is_element then .path else .path[:-1] end) as $p | range(1; ($p | length) + 1) as $n | $p[:$n]]
    | unique | map(select(. as $p | $doc | getpath($p) == null))";

/// What there is in the place of each entry that is no element.
const FOUND: &str =
    ". as $doc | [$entries[] | if .is_element then null else (. as $e | $doc | getpath($e.path)) end]";

/// Whether nothing of ours is there, and what is left but for tables and lists that are empty.
const REST: &str = "reduce $entries[] as $e (.;
    if $e.is_element then
        if getpath($e.path) | type == \"array\" then
            setpath($e.path; getpath($e.path) | map(select(is($e) | not)))
        else . end
    else delpaths([$e.path]) end)
    | reduce ($entries[] | if .is_element then .path else .path[:-1] end) as $p (.;
        reduce (range($p | length; 0; -1)) as $n (.;
            if getpath($p[:$n]) | . == {} or . == [] or . == null then delpaths([$p[:$n]]) else . end))";

/// What shall become of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// They shall be there.
    Install,
    /// They shall not.
    Uninstall,
}

/// A settings file that is changed.
#[derive(Debug)]
pub struct Room<'a> {
    /// The file.
    pub file: PathBuf,
    /// Its format.
    pub format: Format,
    /// Whether its client locks it, by a folder beside it.
    pub has_lock: bool,
    /// How our lock is taken.
    pub locker: &'a Locker,
    /// How many versions of the file are kept, and where.
    pub keeping: Keeping,
    /// What the notes of these entries are called.
    pub label: &'a str,
    /// Where the notes are.
    pub notes: Notes,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What was done.
#[derive(Debug)]
pub struct Done {
    /// What became of the file.
    pub change: Change,
    /// Why the note could not be kept: then a removal may leave some white space behind.
    pub no_note: Option<ReplaceError>,
}

impl Room<'_> {
    /// Puts the entries in, or takes them out. Where they are so already, nothing is written.
    ///
    /// # Errors
    /// The file is left as it was: it does not parse, is read-only, or has another entry in the place
    /// of one of these; or a lock was not free in time.
    pub fn change(
        &self,
        task: Task,
        entries: &[Entry],
        waiter: &mut dyn Waiter,
    ) -> Result<Done, ClientError> {
        self.check_writable()?;
        let mut reads = 0;
        let (change, made) = loop {
            reads += 1;
            match self.try_change(task, entries, waiter) {
                Err(ClientError::Memory(error)) if reads < READS && is_torn(&error) => {
                    if waiter.sleep(PAUSE).is_some() {
                        return Err(error.into());
                    }
                }
                done => break done?,
            }
        };
        let mut no_note = None;
        if change.changed && !self.dry_run {
            match task {
                Task::Install => {
                    let note = Note::of(&change, made);
                    no_note = note.and_then(|note| self.notes.keep(self.label, &note).err());
                }
                Task::Uninstall => self.notes.drop(self.label, &self.file),
            }
        }
        Ok(Done { change, no_note })
    }

    fn try_change(
        &self,
        task: Task,
        entries: &[Entry],
        waiter: &mut dyn Waiter,
    ) -> Result<(Change, Vec<Vec<String>>), ClientError> {
        let mut edit = Edit {
            room: self,
            task,
            entries,
            note: self.notes.read(self.label, &self.file),
            made: Vec::new(),
            foreign: None,
            refused: None,
        };
        let place = FilePlace::new(&self.file, Some(self.locker), Replace::new(), waiter);
        let mut place = place.make_folders(task == Task::Install).history(self.keeping.clone());
        let create = Some(self.format.empty().as_bytes().to_vec());
        let request = Update { create, dry_run: self.dry_run, ..Update::default() };
        let updated = match memory::update(&mut place, &request, &mut edit) {
            Ok(updated) => updated,
            Err(error) => return Err(edit.refused.take().unwrap_or(error.into())),
        };
        Ok((updated.change, edit.made))
    }

    /// Replacing a file does not ask for its permissions, and whoever took them away meant it.
    fn check_writable(&self) -> Result<(), ClientError> {
        match std::fs::metadata(&self.file) {
            Ok(meta) if meta.permissions().readonly() => {
                Err(ClientError::ReadOnly { file: self.file.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Whether a document does not parse, as one that is being written.
fn is_torn(error: &MemoryError) -> bool {
    matches!(error, MemoryError::Malformed { .. } | MemoryError::InvalidJson { .. })
}

/// Whether a file holds white space only, as editors leave it where there are no settings.
fn is_blank(text: &[u8]) -> bool {
    text.trim_ascii().is_empty()
}

/// The way from the old settings to the new ones.
struct Edit<'a> {
    room: &'a Room<'a>,
    task: Task,
    entries: &'a [Entry],
    note: Option<Note>,
    made: Vec<Vec<String>>,
    /// The client's lock. It is taken under ours, before the last look at the file counts: what the
    /// client wrote until then makes our publication come to nothing, and the file is read again.
    foreign: Option<Vec<ForeignLock>>,
    refused: Option<ClientError>,
}

impl Transform for Edit<'_> {
    fn apply(
        &mut self,
        path: &Path,
        old: &Arc<Vec<u8>>,
        waiter: &mut dyn Waiter,
    ) -> Result<Made, MemoryError> {
        if self.room.has_lock && self.foreign.is_none() && !self.room.dry_run {
            match ForeignLock::of(&self.room.file, self.room.locker.patience.limit, waiter) {
                Ok(locks) => self.foreign = Some(locks),
                Err(error) => return self.refuse(error),
            }
        }
        let blank = is_blank(old);
        let base = if blank { self.empty() } else { old.clone() };
        let found = self.ask(FOUND, path, &base, waiter)?;
        for (entry, found) in self.entries.iter().zip(found.as_array().into_iter().flatten()) {
            if !found.is_null() && !entry.is_like(found) {
                let (file, name) = (self.room.file.clone(), entry.path.join("."));
                return self.refuse(ClientError::Taken { file, name });
            }
        }
        match self.task {
            Task::Install => {
                let missing = self.ask(MISSING, path, &base, waiter)?;
                self.made = serde_json::from_value(missing).unwrap_or_default();
                let made = self.run(INSTALL, path, &base, &[], waiter)?;
                // What was there already leaves a blank file blank.
                Ok(if made.bytes == *base { Made { bytes: old.to_vec(), ..made } } else { made })
            }
            Task::Uninstall if blank => Ok(Made { bytes: old.to_vec(), truthy: true, kinds: None }),
            Task::Uninstall => {
                let made = self.note.as_ref().map(|note| note.made.clone()).unwrap_or_default();
                let plain = self.run(UNINSTALL, path, old, &made, waiter)?;
                if plain.bytes == **old {
                    return Ok(plain);
                }
                match self.undone(path, old, waiter)? {
                    Some(bytes) => Ok(Made { bytes, ..plain }),
                    None => Ok(plain),
                }
            }
        }
    }
}

impl Edit<'_> {
    /// Keeps an error that is not one of documents for who has asked.
    fn refuse(&mut self, error: ClientError) -> Result<Made, MemoryError> {
        self.refused = Some(error);
        Err(MemoryError::Changing { path: self.room.file.clone() })
    }

    /// The file as the note says that it was, if that takes out what is ours and nothing else.
    fn undone(
        &self,
        path: &Path,
        old: &Arc<Vec<u8>>,
        waiter: &mut dyn Waiter,
    ) -> Result<Option<Vec<u8>>, MemoryError> {
        let Some(undone) = self.note.as_ref().and_then(|note| note.undone(old)).map(Arc::new) else {
            return Ok(None);
        };
        // Where there was no file, an empty one would be no valid one of most clients.
        if is_blank(&undone) && !self.note.as_ref().is_some_and(|note| note.existed) {
            return Ok(None);
        }
        let first = undone.clone();
        let undone = if is_blank(&undone) { self.empty() } else { undone };
        let (Ok(found), Ok(rest)) =
            (self.ask(FOUND, path, &undone, waiter), self.ask(REST, path, &undone, waiter))
        else {
            return Ok(None);
        };
        let is_gone = found.as_array().is_some_and(|found| found.iter().all(Value::is_null));
        let same = rest == self.ask(REST, path, old, waiter)?;
        Ok((is_gone && same).then(|| Arc::unwrap_or_clone(first)))
    }

    /// A document that holds nothing.
    fn empty(&self) -> Arc<Vec<u8>> {
        let text = self.room.format.empty();
        Arc::new(if text.is_empty() { Vec::new() } else { format!("{text}\n").into_bytes() })
    }

    fn run(
        &self,
        filter: &str,
        path: &Path,
        document: &Arc<Vec<u8>>,
        made: &[Vec<String>],
        waiter: &mut dyn Waiter,
    ) -> Result<Made, MemoryError> {
        self.program(filter, made).apply(path, document, waiter)
    }

    /// The one result of a filter.
    fn ask(
        &self,
        filter: &str,
        path: &Path,
        document: &Arc<Vec<u8>>,
        waiter: &mut dyn Waiter,
    ) -> Result<Value, MemoryError> {
        let what = Subject::Document(path.to_owned());
        let results = memory::results(&self.program(filter, &[]), document.clone(), what, waiter)?;
        Ok(results.first().and_then(|result| serde_json::from_slice(result).ok()).unwrap_or_default())
    }

    fn program(&self, filter: &str, made: &[Vec<String>]) -> Program {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .map(|Entry { path, value, is_element, ending }| {
                json!({"path": path, "value": value, "is_element": is_element, "ending": ending})
            })
            .collect();
        let json = |name: &str, value: Value| Binding::Json(name.to_owned(), value.to_string().into_bytes());
        Program {
            source: format!("{IS}{filter}"),
            format: Some(self.room.format),
            bindings: vec![json("entries", entries.into()), json("made", json!(made))],
            ..Program::default()
        }
    }
}
