//! Entries as people and programs see them: shared by the verbs that show some.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::cli::error::{CliError, show_duration};
use crate::queue::{Entry, Place, Spool, Ulid};
use crate::sys::text::{printable, shorten};

/// As much of a content as fits into a table.
const SHOWN: usize = 60;

/// Where an entry is, as a word on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum State {
    /// Waiting
    Pending,
    /// Claimed by a worker
    InFlight,
    /// Given up on
    Dead,
    /// Delivered; the last 100
    Delivered,
}

impl State {
    pub(super) fn of(place: &Place) -> State {
        match place {
            Place::New => State::Pending,
            Place::InFlight(_) => State::InFlight,
            Place::Dead => State::Dead,
            Place::Done => State::Delivered,
        }
    }
}

/// One line of a list. An entry that makes no sense has only its name and the reason.
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) name: Ulid,
    pub(super) entry: Result<Entry, String>,
}

/// The entries of some places, oldest first.
pub(super) fn rows(spool: Option<&Spool>, wanted: &[State]) -> Result<Vec<Row>, CliError> {
    let mut rows = Vec::new();
    let Some(spool) = spool else { return Ok(rows) };
    for place in spool.places()? {
        if wanted.contains(&State::of(&place)) {
            rows.extend(spool.read_all(&place)?.into_iter().map(|(name, entry)| Row {
                place: place.clone(),
                name,
                entry: entry.map_err(|error| error.to_string()),
            }));
        }
    }
    rows.sort_by_key(|row| row.name);
    Ok(rows)
}

impl Row {
    /// The entry with its state, for programs.
    pub(super) fn json(&self) -> Value {
        let state = self.place.name().replace(' ', "_");
        match &self.entry {
            Ok(entry) => to_json(entry, &state),
            Err(reason) => json!({"id": self.name.to_string(), "state": state, "unreadable": reason}),
        }
    }

    /// Id, state, project, age, tries.
    pub(super) fn cells(&self) -> Vec<String> {
        let age = show_duration(age(self.name));
        let state = self.place.name().to_owned();
        match &self.entry {
            Ok(entry) => vec![
                one_line(&entry.id, SHOWN),
                state,
                one_line(&entry.project_id, 24),
                age,
                entry.retries.to_string(),
            ],
            Err(_) => vec![self.name.to_string(), state, "?".to_owned(), age, "?".to_owned()],
        }
    }
}

/// An entry's keys, `state` second.
pub(super) fn to_json(entry: &Entry, state: &str) -> Value {
    let mut value = serde_json::to_value(entry).unwrap_or_default();
    if let Value::Object(map) = &mut value {
        map.shift_insert(1, "state".to_owned(), Value::from(state));
    }
    value
}

/// The beginning of a text, on one line.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    shorten(&printable(shorten(text, 4 * limit).trim()), limit).into_owned()
}

/// The beginning of a content, for a table.
pub(super) fn content(text: &str) -> String {
    one_line(text, SHOWN)
}

fn age(name: Ulid) -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(name.since_epoch())
}
