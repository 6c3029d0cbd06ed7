//! The worker's log: one line an event, as text or as JSON, rotated by size.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::QueueError;
use super::error::found;
use super::places::folder_of;
use super::spool::{FILE_MODE, make_durable_folders};
use crate::lock::text::printable;
use crate::sys;
use crate::sys::file::{Flock, Identity};
use crate::sys::given::{self, Access};

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

/// A log that several processes may write to at once.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    format: Format,
    limit: u64,
}

impl Log {
    /// The log in that file, which is made with the first line.
    pub fn new(path: impl Into<PathBuf>, format: Format) -> Log {
        Log { path: path.into(), format, limit: LIMIT }
    }

    /// Appends one line.
    ///
    /// # Errors
    /// The file can't be written. The work goes on without it.
    pub fn line(&self, event: &str, fields: &[(&str, Value)]) -> Result<(), QueueError> {
        let fail = |action| QueueError::io(action, &self.path);
        let line = render(self.format, Timestamp::now(), event, fields);
        let mut file = match found(self.open()).map_err(fail("open"))? {
            Some(file) => file,
            None => {
                make_durable_folders(folder_of(&self.path))?;
                self.open().map_err(fail("open"))?
            }
        };
        if file.metadata().map_err(fail("look at"))?.len() + line.len() as u64 > self.limit {
            file = self.rotate(file).map_err(fail("rotate"))?;
        }
        // One write: lines of several processes never mix.
        file.write_all(line.as_bytes()).map_err(fail("write"))
    }

    fn open(&self) -> std::io::Result<File> {
        given::open_or_create(&self.path, Access::Append, FILE_MODE)
    }

    /// Moves the full log aside, once, however many processes find it full.
    fn rotate(&self, full: File) -> std::io::Result<File> {
        if !sys::file::try_flock(&full, Flock::Exclusive)? {
            return Ok(full);
        }
        let named = fs::metadata(&self.path)?;
        if Identity::from(&named) == Identity::from(&full.metadata()?) {
            for number in (1..KEPT).rev() {
                found(sys::given::rename(&rotated(&self.path, number), &rotated(&self.path, number + 1)))?;
            }
            sys::given::rename(&self.path, &rotated(&self.path, 1))?;
        }
        self.open()
    }
}

fn rotated(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{number}"));
    path.with_file_name(name)
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
        let log = Log { path: path.clone(), format: Format::Text, limit: 100 };
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
