//! The worker's log: one line an event, as text or as JSON, rotated by size.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::QueueError;
use super::spool::FILE_MODE;
use crate::sys::failure::Op;
use crate::sys::file::{Flock, Identity};
use crate::sys::folder::{Access, Folder};
use crate::sys::text::printable;
use crate::sys::{self, found};

/// A log of this size gets a new name; the one that had it goes.
const LIMIT: u64 = 4 << 20;
/// Names that a rotated log can have: `.1` to `.3`.
const KEPT: u32 = 3;

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Time, event, then `key=value`.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// A log that several processes may write to at once. For one run: its folder is opened once.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    format: Format,
    limit: u64,
    folder: OnceLock<Folder>,
    /// That it can't be written has been told.
    told: AtomicBool,
}

impl Log {
    /// The log in that file, which is made with the first line.
    pub fn new(path: impl Into<PathBuf>, format: Format) -> Log {
        Log { path: path.into(), format, limit: LIMIT, folder: OnceLock::new(), told: AtomicBool::new(false) }
    }

    /// Appends one line.
    ///
    /// # Errors
    /// The folder can't be opened or made, or the file not be written. The work goes on without,
    /// and only the first error is told.
    pub fn line(&self, event: &str, fields: &[(&str, Value)]) -> Result<(), QueueError> {
        let line = render(self.format, Timestamp::now(), event, fields);
        match self.folder().and_then(|folder| self.append(folder, &line)) {
            Err(_) if self.told.swap(true, Ordering::Relaxed) => Ok(()),
            written => written.map_err(QueueError::io(Op::WriteLog, &self.path)),
        }
    }

    fn folder(&self) -> io::Result<&Folder> {
        if let Some(folder) = self.folder.get() {
            return Ok(folder);
        }
        let opened = Folder::walk_to_or_make(self.path.parent().unwrap_or(Path::new("/")), None)?;
        Ok(self.folder.get_or_init(|| opened))
    }

    fn append(&self, folder: &Folder, line: &str) -> io::Result<()> {
        let mut file = self.open(folder)?;
        let mut rotated = Ok(());
        if file.metadata()?.len() + line.len() as u64 > self.limit {
            rotated = self.rotate(folder, &file);
            file = self.open(folder)?;
        }
        // One write: lines of several processes never mix.
        file.write_all(line.as_bytes()).and(rotated)
    }

    fn name(&self, number: u32) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        if number == 0 { name.into_owned() } else { format!("{name}.{number}") }
    }

    fn open(&self, folder: &Folder) -> io::Result<File> {
        folder.open_or_create(self.name(0), Access::Append, FILE_MODE)
    }

    /// Moves the full log aside, once, however many processes find it full.
    fn rotate(&self, folder: &Folder, full: &File) -> io::Result<()> {
        if !sys::file::try_flock(full, Flock::Exclusive)? {
            return Ok(());
        }
        let ours = Identity::from(&full.metadata()?);
        if folder.look(self.name(0))?.is_some_and(|named| named.identity == ours) {
            for number in (0..KEPT).rev() {
                found(folder.rename(self.name(number), folder, self.name(number + 1)))?;
            }
        }
        Ok(())
    }
}

fn render(format: Format, now: Timestamp, event: &str, fields: &[(&str, Value)]) -> String {
    if format == Format::Json {
        let mut map = Map::new();
        map.insert("time".to_owned(), Value::from(now.to_string()));
        map.insert("event".to_owned(), Value::from(event));
        map.extend(fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        return format!("{}\n", Value::Object(map));
    }
    let mut line = format!("{now:.3} {event}");
    for (key, value) in fields {
        // Writing to a string can't fail.
        let _ = match value {
            Value::String(text) if text.contains([' ', '"', '=']) || text.is_empty() => {
                write!(line, " {key}={}", Value::from(printable(text)))
            }
            Value::String(text) => write!(line, " {key}={}", printable(text)),
            value => write!(line, " {key}={value}"),
        };
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_line_is_one_line_in_both_forms() {
        let fields =
            [("id", Value::from("a")), ("why", Value::from("two\nlines")), ("tries", Value::from(3))];
        let text = render(Format::Text, Timestamp::UNIX_EPOCH, "retry", &fields);
        assert_eq!(text, "1970-01-01T00:00:00.000Z retry id=a why=two\\nlines tries=3\n");
        let json = render(Format::Json, Timestamp::UNIX_EPOCH, "retry", &fields);
        assert_eq!(json.matches('\n').count(), 1);
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["why"], "two\nlines");
    }

    #[test]
    fn a_full_log_moves_aside_and_three_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/worker.log");
        let log = Log { limit: 100, ..Log::new(&path, Format::Text) };
        for number in 0..20 {
            log.line("event", &[("number", Value::from(number))]).unwrap();
        }
        let mut names: Vec<_> =
            fs::read_dir(dir.path().join("logs")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["worker.log", "worker.log.1", "worker.log.2", "worker.log.3"]);
        assert!(fs::read_to_string(&path).unwrap().contains("number=19"));
    }
}
