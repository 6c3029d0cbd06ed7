//! The journal: events that should be rare. One JSON line for each event, in the lock root.
//!
//! The ordinary path of taking and releasing writes nothing. A journal that can't be written is no
//! reason to refuse a lock, so failures are silent. A full file gets a name of its own that nothing
//! can replace; only the oldest of those go.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::holder::Holder;
use super::root::LockRoot;
use crate::sys::found;
use crate::sys::log::{Aside, Log};

const NAME: &str = "journal.jsonl";
/// A larger file is put aside.
const FULL: u64 = 1 << 20;
/// How many files that were put aside are kept.
const KEPT: usize = 4;
/// A wait that ended well is worth a line from here on.
pub(super) const LONG_WAIT: Duration = Duration::from_secs(1);

/// A longer line is not one of ours.
const LONGEST_LINE: usize = 64 * 1024;
/// A longer wait than this, about thirty years, is not believed.
const LONGEST_WAIT: Duration = Duration::from_secs(1_000_000_000);

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// A wait ended at its deadline.
    Timeout,
    /// A wait of more than a second ended with the lock.
    Waited,
    /// A dead holder's lock was removed.
    Takeover,
    /// A person took a lock away.
    Break,
    /// A holder found that its lock was not its own any more.
    Lost,
    /// A wait was given up because it was part of a cycle.
    Deadlock,
}

impl Event {
    /// The word in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Event::Timeout => "timeout",
            Event::Waited => "waited",
            Event::Takeover => "takeover",
            Event::Break => "break",
            Event::Lost => "lost",
            Event::Deadlock => "deadlock",
        }
    }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When.
    pub time: Timestamp,
    /// What.
    pub event: Event,
    /// The file, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The PID of whoever writes this.
    pub pid: u32,
    /// What it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The other side: who held the lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// How long the wait was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_seconds: Option<f64>,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The id of a lock that was removed. Nothing can be done with it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// When the lease ended that was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<Timestamp>,
}

impl Record {
    /// An event of this process, now.
    pub(super) fn new(event: Event, target: Option<&Path>) -> Record {
        Record {
            time: Timestamp::now(),
            event,
            target: target.map(|path| path.to_string_lossy().into_owned()),
            pid: std::process::id(),
            client: None,
            holder: None,
            waited_seconds: None,
            why: None,
            lock: None,
            expired: None,
        }
    }

    /// Reads a line of the journal, which anybody with access to the root may have written.
    fn parse(line: &[u8]) -> Option<Record> {
        if line.len() > LONGEST_LINE {
            return None;
        }
        let mut record: Record = serde_json::from_slice(line).ok()?;
        // A negative one says nothing, and neither does one beyond all durations.
        let is_time = |seconds: &f64| (0.0..=LONGEST_WAIT.as_secs_f64()).contains(seconds);
        record.waited_seconds = record.waited_seconds.filter(is_time);
        Some(record)
    }

    #[must_use]
    pub(super) fn client(mut self, client: Option<&String>) -> Record {
        self.client = client.cloned();
        self
    }

    #[must_use]
    pub(super) fn holder(mut self, holder: &Holder) -> Record {
        self.holder = Some(holder.to_string());
        self
    }

    #[must_use]
    pub(super) fn waited(mut self, waited: Duration) -> Record {
        self.waited_seconds = Some((waited.as_secs_f64() * 1000.0).round() / 1000.0);
        self
    }

    #[must_use]
    pub(super) fn why(mut self, why: impl Into<String>) -> Record {
        self.why = Some(why.into());
        self
    }

    /// Appends it to the journal of `root`, if that is possible.
    pub(super) fn append(self, root: &LockRoot) {
        let Ok(mut line) = serde_json::to_string(&self) else { return };
        line.push('\n');
        let _ = log().append(&root.folder(), &line, |folder, name, access| {
            folder.open_or(name, access, || root.create_file(folder, name))
        });
    }
}

fn log() -> Log {
    Log { name: NAME.to_owned(), limit: FULL, kept: KEPT, aside: Aside::Dated }
}

/// Every event that is still on record, oldest first. Lines that can't be read are left out:
/// a crash may have cut one short.
///
/// # Errors
/// A file can't be read.
pub fn read(root: &LockRoot) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    let folder = root.folder();
    for name in log().dated(&folder)?.into_iter().chain([NAME.into()]) {
        let Some(file) = found(folder.open_readable(&name))? else { continue };
        if file.metadata()?.size() > 16 * FULL {
            continue;
        }
        let mut text = Vec::new();
        (&file).take(16 * FULL).read_to_end(&mut text)?;
        records.extend(text.split(|&byte| byte == b'\n').filter_map(Record::parse));
    }
    records.sort_by_key(|record| record.time);
    Ok(records)
}

/// The smallest value that at least `share` of all do not exceed.
pub fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}
