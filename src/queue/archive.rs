//! The archive: one JSON line for each delivery that has left `done/`, by month.
//!
//! Appended and synced first, counted second, and only then are the files of `done/` removed. A
//! crash in between is repaired by the next batch: it reads the file from where the last one began,
//! so a line that is there is neither written again nor counted twice, and a torn last line goes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::spool::{Part, file_name};
use super::state::{ArchiveEnd, State};
use super::{Entry, Place, QueueError, Spool, Ulid};
use crate::sys::failure::Op;
use crate::sys::folder::{Access, Folder};
use crate::sys::found;

/// How many deliveries stay as files.
pub const KEPT: usize = 100;
/// More than this in one go would make a worker's memory grow with the outbox.
const BATCH: usize = 1000;
/// The last batch is never longer. A longer one was not written by us, and is not read into memory.
const LONGEST_TAIL: u64 = 1 << 30;

/// A line to be appended: what tells it from every other, and its JSON.
#[derive(Debug)]
pub(super) struct Line {
    /// Where it comes from, with its ULID or id.
    pub(super) key: String,
    /// Its content; gets the key as `archive_key`.
    pub(super) value: Value,
}

impl Line {
    pub(super) fn new(key: String, entry: &Entry, what: &str, at: Option<Timestamp>) -> Line {
        let mut value = serde_json::to_value(entry).unwrap_or_default();
        if let (Value::Object(map), Some(at)) = (&mut value, at) {
            map.insert(what.to_owned(), Value::from(at.to_string()));
        }
        Line { key, value }
    }
}

/// Moves all but the last [`KEPT`] deliveries into the archive. Returns how many.
///
/// # Errors
/// The disk failed, or another process keeps the outbox's lock. Nothing is lost: what was not
/// moved stays in `done/`.
pub fn trim(spool: &Spool) -> Result<u64, QueueError> {
    let mut moved = 0;
    while spool.count(&Place::Done)?.0 > KEPT as u64 {
        let batch = spool.exclusively(|| trim_batch(spool))?;
        if batch == 0 {
            break;
        }
        moved += batch;
    }
    Ok(moved)
}

fn trim_batch(spool: &Spool) -> Result<u64, QueueError> {
    let folder = spool.need(Part::Done)?;
    let mut done: Vec<((i64, i64), Ulid)> = Vec::new();
    for name in spool.names(&Place::Done)? {
        let look = folder.look(file_name(name));
        let look = look.map_err(QueueError::io(Op::LookAt, folder.path_of(file_name(name))))?;
        done.extend(look.map(|look| (look.modified, name)));
    }
    done.sort_unstable();
    done.truncate(done.len().saturating_sub(KEPT).min(BATCH));
    let mut lines = Vec::with_capacity(done.len());
    for ((delivered, _), name) in &done {
        let at = Timestamp::from_second(*delivered).ok();
        lines.push(match spool.read(&Place::Done, *name) {
            Ok(Some(entry)) => Line::new(format!("done {name}"), &entry, "delivered_at", at),
            Ok(None) => continue,
            Err(error) => Line {
                key: format!("done {name}"),
                value: serde_json::json!({"unreadable": error.to_string()}),
            },
        });
    }
    append(spool, lines, Batch::Whole, |state, fresh| state.archived += fresh)?;
    for (_, name) in &done {
        let removed = found(folder.remove_file(file_name(*name)));
        removed.map_err(QueueError::io(Op::Remove, folder.path_of(file_name(*name))))?;
    }
    Ok(done.len() as u64)
}

/// Writes an entry that the user took back into the archive, and counts it.
///
/// # Errors
/// As [`trim`].
pub fn cancel(spool: &Spool, name: Ulid, entry: &Entry) -> Result<(), QueueError> {
    let line = Line::new(format!("cancelled {name}"), entry, "cancelled_at", Some(Timestamp::now()));
    spool.exclusively(|| append(spool, vec![line], Batch::Aside, |state, fresh| state.cancelled += fresh))
}

/// Appends lines that are not there yet, and counts those that were not counted. The caller is
/// inside [`Spool::exclusively`]. A batch whose lines still have files of their own afterwards is
/// remembered, so that it is recognised if it comes again.
pub(super) fn append(
    spool: &Spool,
    lines: Vec<Line>,
    batch: Batch,
    count: impl FnOnce(&mut State, u64),
) -> Result<(), QueueError> {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let name = format!("{:04}-{:02}.jsonl", now.year(), now.month());
    let folder = spool.need(Part::Archive)?;
    let fail = |op| QueueError::io(op, folder.path_of(&name));
    let last = State::load(spool)?.archive;
    let is_new = folder.look(&name).map_err(fail(Op::LookAt))?.is_none();
    let mut known = HashMap::new();
    if last.file != name {
        known = tail_of_last(folder, &last).map_err(QueueError::io(Op::Read, folder.path_of(&last.file)))?;
    }
    let opened = spool.open_or_create(folder, &name, Access::Append);
    let mut file = opened.map_err(fail(Op::Open))?;
    let here = if last.file == name { last.clone() } else { ArchiveEnd::default() };
    known.extend(read_tail(&mut file, &here).map_err(fail(Op::Read))?);
    let begin = file.seek(SeekFrom::End(0)).map_err(fail(Op::Read))?;

    let mut text = Vec::new();
    let (mut fresh, mut repeated) = (0, false);
    for Line { key, value } in lines {
        match known.get(&key) {
            Some(counted) => {
                repeated = true;
                fresh += u64::from(!counted);
            }
            None => {
                text.extend(line(key, value));
                fresh += 1;
            }
        }
    }
    file.write_all(&text).map_err(fail(Op::Append))?;
    file.sync_all().map_err(fail(Op::Sync))?;
    if is_new {
        folder.sync().map_err(QueueError::io(Op::Sync, folder.path()))?;
    }
    let end = begin + text.len() as u64;
    State::update_unlocked(spool, |state| {
        count(state, fresh);
        let from = match batch {
            Batch::Whole if !repeated => begin,
            _ => here.from,
        };
        state.archive = ArchiveEnd { file: name, from, end };
    })
}

/// Whether a batch is the next one in a row, after which the one before is over for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Batch {
    /// It is.
    Whole,
    /// Some lines in between.
    Aside,
}

fn line(key: String, mut value: Value) -> Vec<u8> {
    if let Value::Object(map) = &mut value {
        map.insert("archive_key".to_owned(), Value::from(key));
    }
    let mut line = serde_json::to_vec(&value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// The same for the previous file, if the state names one. It must be a file of the archive,
/// because a torn end is cut off.
fn tail_of_last(folder: &Folder, last: &ArchiveEnd) -> io::Result<HashMap<String, bool>> {
    if !is_month(&last.file) {
        return Ok(HashMap::new());
    }
    match found(folder.open_file(&last.file, Access::Append))? {
        Some(mut file) => read_tail(&mut file, last),
        None => Ok(HashMap::new()),
    }
}

/// Whether that is the name of one of the archive's files.
fn is_month(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let month = name.strip_suffix(".jsonl").and_then(|name| name.split_once('-'));
    month.is_some_and(|(year, month)| digits(year) && digits(month))
}

/// The keys since the last batch began, and whether they are counted. A torn last line is cut off:
/// the entry that it describes still has its file.
fn read_tail(file: &mut File, last: &ArchiveEnd) -> io::Result<HashMap<String, bool>> {
    let mut bytes = Vec::new();
    let length = file.metadata()?.len();
    // A file that was shortened by hand is read whole.
    let from = if length < last.from { 0 } else { last.from };
    if length - from > LONGEST_TAIL {
        return Err(io::Error::other("its last batch is too long to be one"));
    }
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut bytes)?;
    let mut known = HashMap::new();
    let mut offset = from;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if !line.ends_with(b"\n") {
            file.set_len(offset)?;
            break;
        }
        let value = serde_json::from_slice::<Value>(line).unwrap_or_default();
        if let Some(key) = value.get("archive_key").and_then(Value::as_str) {
            known.insert(key.to_owned(), offset < last.end);
        }
        offset += line.len() as u64;
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn lines(keys: &[&str]) -> Vec<Line> {
        keys.iter().map(|key| Line { key: (*key).to_owned(), value: serde_json::json!({}) }).collect()
    }

    fn text(spool: &Spool) -> String {
        let mut files: Vec<_> =
            fs::read_dir(spool.path().join("archive")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    fn archived(spool: &Spool) -> u64 {
        State::load(spool).unwrap().archived
    }

    fn add(spool: &Spool, keys: &[&str]) {
        append(spool, lines(keys), Batch::Whole, |state, fresh| state.archived += fresh).unwrap();
    }

    #[test]
    fn a_batch_that_is_done_again_is_neither_written_nor_counted_twice() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        add(&spool, &["a", "b"]);
        add(&spool, &["c", "d"]);
        add(&spool, &["c", "d", "e"]);
        add(&spool, &["d", "e"]);
        assert_eq!(text(&spool).lines().count(), 5);
        assert_eq!(archived(&spool), 5);
    }

    #[test]
    fn a_line_in_between_does_not_make_a_batch_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        add(&spool, &["a", "b"]);
        append(&spool, lines(&["x"]), Batch::Aside, |_, _| ()).unwrap();
        add(&spool, &["a", "b", "c"]);
        assert_eq!((text(&spool).lines().count(), archived(&spool)), (4, 3));
    }

    #[test]
    fn lines_that_were_written_but_not_counted_are_counted_and_a_torn_one_goes() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        add(&spool, &["a"]);
        let before = State::load(&spool).unwrap();
        add(&spool, &["b", "c"]);
        // As after a kill between the append and the count, with the second line torn.
        State::update(&spool, |state| *state = before).unwrap();
        let path = fs::read_dir(spool.path().join("archive")).unwrap().next().unwrap().unwrap().path();
        let length = fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
        add(&spool, &["b", "c"]);
        assert_eq!(text(&spool).lines().count(), 3);
        assert_eq!(archived(&spool), 3);
    }
}
