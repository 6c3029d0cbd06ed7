//! The worker's log: one line for each event, as text or as JSON, rotated by size.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::QueueError;
use super::spool::FILE_MODE;
use crate::sys;
use crate::sys::failure::Op;
use crate::sys::folder::Folder;
use crate::sys::log::Aside;
use crate::sys::path::folder_of;
use crate::sys::text::printable;

/// A log of this size gets a new name; the one that had it goes.
const LIMIT: u64 = 4 << 20;
/// Names that a rotated log can have: `.1` to `.3`.
const KEPT: usize = 3;

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
    file: sys::log::Log,
    format: Format,
    folder: OnceLock<Folder>,
    /// A failure to write it has been reported.
    told: AtomicBool,
}

impl Log {
    /// The log in that file, which is made with the first line.
    pub fn new(path: impl Into<PathBuf>, format: Format) -> Log {
        let path = path.into();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = sys::log::Log { name, limit: LIMIT, kept: KEPT, aside: Aside::Numbered };
        Log { path, file, format, folder: OnceLock::new(), told: AtomicBool::new(false) }
    }

    /// Appends one line.
    ///
    /// # Errors
    /// The folder can't be opened or made, or the file not be written. The work continues without a
    /// log, and only the first error is reported.
    pub fn line(&self, event: &str, fields: &[(&str, Value)]) -> Result<(), QueueError> {
        let line = render(self.format, Timestamp::now(), event, fields);
        let open = |folder: &Folder, name: &str, access| folder.open_or_create(name, access, FILE_MODE);
        match self.folder().and_then(|folder| self.file.append(folder, &line, open)) {
            Err(_) if self.told.swap(true, Ordering::Relaxed) => Ok(()),
            written => written.map_err(QueueError::io(Op::WriteLog, &self.path)),
        }
    }

    fn folder(&self) -> io::Result<&Folder> {
        if let Some(folder) = self.folder.get() {
            return Ok(folder);
        }
        let opened = Folder::walk_to_or_make(folder_of(&self.path), None)?;
        Ok(self.folder.get_or_init(|| opened))
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
}
