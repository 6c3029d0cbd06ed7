//! The log of what was done to a file: one JSON line a change.

use std::fs::File;
use std::io::{self, Read, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Shelf;
use crate::sys::text::{printable, shorten};
use crate::sys::{found, process};

const NAME: &str = "log.jsonl";
/// What the name of a log ends with.
const SUFFIX: &str = ".jsonl";
/// What is added to it when it is put aside.
const ASIDE: &str = ".1";
/// No more logs are read: one for each user of a root that is for everyone.
const MOST_LOGS: usize = 64;
/// A longer file is put aside. Two of them hold some thousand changes.
const FULL: u64 = 1 << 20;
/// No more of a log is read. Others may write to the one of a shared root.
const MOST_READ: u64 = 4 * FULL;
/// In milliseconds: a clock of a file system advances in steps of no more than this.
const CLOCK_STEP: i64 = 20;
/// A longer line is not one of ours.
const LONGEST_LINE: usize = 64 * 1024;
/// The most that is kept of a name or a command.
const LONGEST_LABEL: usize = 200;

/// One change of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When.
    pub time: Timestamp,
    /// The id of the version that was replaced, where one was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tag of what was there before; `None` where there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The tag of what was there after; `None` where lines were added to what nobody has read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What was added at the end, in place, where that is what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<Added>,
    /// The size in bytes after.
    #[serde(default)]
    pub size: u64,
    /// What was done: `update`, `write`, `undo`, …
    #[serde(default)]
    pub verb: String,
    /// What the one who did it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The PID of whoever did it.
    #[serde(default)]
    pub pid: u32,
    /// What it ran: verb, files, the name of a command. Never arguments.
    #[serde(default)]
    pub command: String,
}

/// What was added at a file's end. What stood before it is the file without it: nothing needs to be
/// kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// How large the file was, in bytes.
    pub from: u64,
    /// The SHA-256 of what was added.
    pub etag: String,
}

impl Added {
    /// What stood before these bytes, if they are the end of `content`.
    pub fn before<'a>(&self, content: &'a [u8]) -> Option<&'a [u8]> {
        let (before, added) = content.split_at_checked(usize::try_from(self.from).ok()?)?;
        (hex::encode(Sha256::digest(added)) == self.etag).then_some(before)
    }
}

impl Record {
    /// The verb of a record that is about no change: another program's copy of the file was kept.
    pub const COPY: &str = "copy";

    /// Who did it, in one short phrase that is safe for a terminal.
    pub fn who(&self) -> String {
        match &self.client {
            Some(client) => shorten(&printable(client), LONGEST_LABEL).into_owned(),
            None => format!("pid {}", self.pid),
        }
    }

    /// Whether what this one found is what that one has left; `None` where that can't be told.
    fn follows(&self, earlier: &Record) -> Option<bool> {
        match (&self.added, &earlier.after) {
            (Some(added), _) => Some(added.from == earlier.size),
            (None, Some(after)) => Some(self.before.as_ref() == Some(after)),
            (None, None) => None,
        }
    }

    fn parse(line: &[u8]) -> Option<Record> {
        if line.len() > LONGEST_LINE {
            return None;
        }
        serde_json::from_slice(line).ok()
    }
}

impl Shelf {
    /// Appends one line to the log. One of another user's that may not be written to, as in a root
    /// that is for everyone, is left alone: then each user has one.
    ///
    /// # Errors
    /// It can't be written.
    pub fn record(&self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Record {
            client: record.client.as_ref().map(|client| shorten(client, LONGEST_LABEL).into_owned()),
            command: shorten(&record.command, LONGEST_LABEL).into_owned(),
            ..record.clone()
        })?;
        line.push(b'\n');
        let mut file = match self.open_log(NAME) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.open_log(&format!("log-{}.jsonl", process::effective_user()))?
            }
            opened => opened?,
        };
        // One write: lines of several processes never mix.
        file.write_all(&line)
    }

    /// Every change that is still on record, in the order in which they happened. Lines that can't be
    /// read are left out: a crash may have cut one short.
    ///
    /// # Errors
    /// A log can't be read.
    pub fn records(&self) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut names: Vec<_> = self.folder.names()?.into_iter().filter(|name| is_log(name)).collect();
        // What was put aside is the oldest.
        names.sort_by_key(|name| (!is_aside(name), name.clone()));
        names.truncate(MOST_LOGS);
        let several = names.iter().filter(|name| !is_aside(name)).count() > 1;
        for name in names {
            let opened = self.folder.open_linked(&name, crate::sys::folder::Access::Read);
            let Some(file) = found(opened)? else { continue };
            records.extend(read(&file)?);
        }
        if several {
            records.sort_by_key(|record| record.time);
        }
        Ok(in_order(records))
    }

    /// Whether a line may have been written since that time. Clocks of file systems are a little behind.
    ///
    /// # Errors
    /// The folder can't be listed.
    pub fn is_written_since(&self, time: Timestamp) -> io::Result<bool> {
        let since = time.as_millisecond() - CLOCK_STEP;
        for name in self.folder.names()?.into_iter().filter(|name| is_log(name)) {
            let modified = self.folder.look(&name)?.map_or((0, 0), |look| look.modified);
            if modified.0.saturating_mul(1000).saturating_add(modified.1 / 1_000_000) >= since {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Puts full logs aside, over what was put aside before.
    pub(super) fn turn_logs(&self) -> io::Result<()> {
        for name in self.folder.names()?.into_iter().filter(|name| is_log(name) && !is_aside(name)) {
            if self.folder.look(&name)?.is_some_and(|look| look.size > FULL) {
                let mut aside = name.clone();
                aside.push(ASIDE);
                // Another user's stays, in a folder for everyone.
                let _ = self.folder.rename(&name, &self.folder, aside);
            }
        }
        Ok(())
    }
}

/// Whether a name is that of a log.
pub(super) fn is_log(name: &std::ffi::OsStr) -> bool {
    let name = name.to_str().unwrap_or_default();
    name.starts_with("log") && name.strip_suffix(ASIDE).unwrap_or(name).ends_with(SUFFIX)
}

fn is_aside(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().ends_with(ASIDE.as_bytes())
}

fn read(file: &File) -> io::Result<Vec<Record>> {
    let mut text = Vec::new();
    file.take(MOST_READ).read_to_end(&mut text)?;
    Ok(text.split(|&byte| byte == b'\n').filter_map(Record::parse).collect())
}

/// So many lines at most stand between a change and the one that it follows.
const NEIGHBOURS: usize = 16;

/// A line is written after the lock was given back, so that the next writer's may stand before it.
/// Each change begins with what the one before it has left.
fn in_order(mut records: Vec<Record>) -> Vec<Record> {
    for index in 1..records.len() {
        let follows = |other: usize| records[other].follows(&records[index - 1]);
        if follows(index) != Some(false) {
            continue;
        }
        let mut near = index + 1..(index + NEIGHBOURS).min(records.len());
        if let Some(follower) = near.find(|&other| follows(other) == Some(true)) {
            // Only if it was first by the clock as well: a file may have had this content twice.
            if records[follower].time <= records[index].time {
                records[index..=follower].rotate_right(1);
            }
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(second: i64, before: &str, after: &str) -> Record {
        Record {
            time: Timestamp::from_second(second).unwrap(),
            id: None,
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
            added: None,
            size: 0,
            verb: "update".to_owned(),
            client: None,
            pid: 1,
            command: String::new(),
        }
    }

    #[test]
    fn a_line_that_came_late_stands_where_it_belongs() {
        let lines = vec![record(1, "a", "b"), record(3, "c", "d"), record(2, "b", "c"), record(4, "d", "e")];
        let afters: Vec<String> = in_order(lines).into_iter().filter_map(|record| record.after).collect();
        assert_eq!(afters, ["b", "c", "d", "e"]);
        // A gap stays a gap.
        let lines = vec![record(1, "a", "b"), record(2, "x", "y")];
        assert_eq!(in_order(lines.clone()), lines);
    }
}
