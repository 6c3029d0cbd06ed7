//! Memories back again: from the server, and from what is kept here.
//!
//! What still waits is known here alone, so it comes first. When the server can't be asked, what was
//! delivered is looked up in `done/` and in the archive: an agent gets an answer all the same, and is
//! told where it comes from.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

use jiff::Timestamp;
use serde::Serialize;

use super::question::{About, Found};
use super::server::Client;
use super::spool::Part;
use super::{Entry, Place, QueueError, Spool, Ulid};
use crate::sys::found;

/// So many files of a folder are opened at most, the latest first.
const MOST_READ: usize = 10_000;
/// So much of the archive is read at most.
const LONGEST_ARCHIVE: u64 = 64 << 20;

/// Which memories to bring back.
#[derive(Debug, Clone)]
pub struct Recall {
    /// Whose.
    pub project: String,
    /// What they should be about; empty for all.
    pub query: String,
    /// At most so many from each source.
    pub limit: u32,
}

/// A memory that is kept here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kept {
    /// The memory.
    pub memory: String,
    /// Its id in the outbox.
    pub id: String,
    /// When it was saved.
    #[serde(serialize_with = "as_text")]
    pub saved: Timestamp,
    /// Where it is: `pending`, `in flight`, `dead` or `delivered`.
    pub state: &'static str,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Recalled {
    /// What has not reached the server yet, the latest first.
    pub waiting: Vec<Kept>,
    /// What the server has, in its own order.
    pub memories: Vec<Found>,
    /// Why the server could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What was delivered from here; looked up when the server could not be asked.
    pub delivered: Vec<Kept>,
}

fn as_text<S: serde::Serializer>(time: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(time)
}

impl Recall {
    /// Asks everybody who may know. The server may be no server: then the reason is in the answer.
    ///
    /// # Errors
    /// The outbox can't be read.
    pub fn run(
        &self,
        spool: Option<&Spool>,
        client: Result<&Client, String>,
    ) -> Result<Recalled, QueueError> {
        let mut recalled = Recalled::default();
        if let Some(spool) = spool {
            for place in spool.places()?.iter().filter(|place| **place != Place::Done) {
                self.read_place(spool, place, &mut recalled.waiting)?;
            }
            sort_and_cut(&mut recalled.waiting, self.limit);
        }
        let about = About { project: &self.project, query: &self.query, limit: self.limit };
        match client.and_then(|client| client.memories(about)) {
            Ok(memories) => recalled.memories = memories,
            Err(problem) => {
                recalled.problem = Some(problem);
                if let Some(spool) = spool {
                    self.read_place(spool, &Place::Done, &mut recalled.delivered)?;
                    self.read_archive(spool, &mut recalled.delivered)?;
                    sort_and_cut(&mut recalled.delivered, self.limit);
                }
            }
        }
        Ok(recalled)
    }

    fn fits(&self, entry: &Entry) -> bool {
        if entry.project_id != self.project {
            return false;
        }
        let content = entry.content.to_lowercase();
        self.query.to_lowercase().split_whitespace().all(|word| content.contains(word))
    }

    fn read_place(&self, spool: &Spool, place: &Place, kept: &mut Vec<Kept>) -> Result<(), QueueError> {
        let mut wanted = self.limit as usize;
        for name in spool.names(place)?.into_iter().rev().take(MOST_READ) {
            if wanted == 0 {
                break;
            }
            // One that is malformed, or has moved on meanwhile, is another verb's business.
            if let Ok(Some(entry)) = spool.read(place, name)
                && self.fits(&entry)
            {
                kept.push(Kept::new(entry, place.name()));
                wanted -= 1;
            }
        }
        Ok(())
    }

    fn read_archive(&self, spool: &Spool, kept: &mut Vec<Kept>) -> Result<(), QueueError> {
        each_archived(spool, |key, entry| {
            if key.starts_with("done ") && self.fits(&entry) {
                kept.push(Kept::new(entry, Place::Done.name()));
            }
        })
    }
}

impl Kept {
    fn new(entry: Entry, state: &'static str) -> Kept {
        Kept { memory: entry.content, id: entry.id, saved: entry.timestamp, state }
    }
}

fn sort_and_cut(kept: &mut Vec<Kept>, limit: u32) {
    kept.sort_by(|one, other| other.saved.cmp(&one.saved).then_with(|| other.id.cmp(&one.id)));
    // An entry may have moved from one place to the next while both were read.
    kept.dedup_by(|one, other| one.id == other.id);
    kept.truncate(limit as usize);
}

/// The lines of the archive, the latest month first, as far as they are read.
fn each_archived(spool: &Spool, mut each: impl FnMut(&str, Entry)) -> Result<(), QueueError> {
    let Some(folder) = found(spool.part(Part::Archive)).ok().flatten() else { return Ok(()) };
    let mut names = folder.names().unwrap_or_default();
    names.retain(|name| name.to_str().is_some_and(|name| name.ends_with(".jsonl")));
    names.sort();
    let mut left = LONGEST_ARCHIVE;
    for name in names.into_iter().rev() {
        let Ok(file) = folder.open_readable(&name) else { continue };
        let mut lines = BufReader::new(file.take(left));
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            left = left.saturating_sub(line.len() as u64);
            if let Ok(entry) = serde_json::from_slice::<Entry>(&line) {
                let key = entry
                    .other
                    .get("archive_key")
                    .and_then(|key| key.as_str())
                    .unwrap_or_default()
                    .to_owned();
                each(&key, entry);
            }
            line.clear();
        }
    }
    Ok(())
}

/// The projects that have a memory in the outbox or its archive, as far as these are read, in order.
///
/// # Errors
/// The outbox can't be read.
pub fn projects(spool: Option<&Spool>) -> Result<Vec<String>, QueueError> {
    let mut projects = BTreeSet::new();
    let Some(spool) = spool else { return Ok(Vec::new()) };
    for place in spool.places()? {
        let names: Vec<Ulid> = spool.names(&place)?;
        for name in names.into_iter().rev().take(MOST_READ) {
            if let Ok(Some(entry)) = spool.read(&place, name) {
                projects.insert(entry.project_id);
            }
        }
    }
    each_archived(spool, |_, entry| {
        projects.insert(entry.project_id);
    })?;
    Ok(projects.into_iter().collect())
}
