//! What happens in a run, and how it is logged.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::import::Imported;
use super::{Entry, QueueError, Ulid};

/// Something that happened, for the log and for the user.
#[derive(Debug)]
pub enum Event<'a> {
    /// A run begins with so many entries.
    Begun(u64),
    /// The server has this one.
    Delivered(&'a Entry),
    /// This one will be tried again in this run.
    Again(&'a Entry, Duration),
    /// This one waits for a later run.
    Left(&'a Entry),
    /// So many wait for a time that has not come; this is the first.
    Parked(u64, Timestamp),
    /// This one was given up on.
    Dead(&'a Entry),
    /// A file in `new/` is malformed; it is in `dead/` now.
    Unreadable(Ulid, &'a QueueError),
    /// The server is down, since then.
    Down(&'a str, Timestamp),
    /// The server does not accept the credential.
    Credential(&'a str),
    /// So many entries of dead workers went back.
    Reclaimed(u64),
    /// Entries were taken from the old programs' files.
    Imported(&'a Imported),
    /// Something other than a delivery failed; the deliveries go on.
    Trouble(&'a QueueError),
}

impl Event<'_> {
    /// Its name and its fields in the log. Content is never among them.
    pub(super) fn line(&self) -> (&'static str, Vec<(&'static str, Value)>) {
        let of = |entry: &Entry| {
            vec![("id", Value::from(entry.id.as_str())), ("project", Value::from(entry.project_id.as_str()))]
        };
        let why = |entry: &Entry| ("why", Value::from(entry.last_error.clone().unwrap_or_default()));
        match self {
            Event::Begun(count) => ("begun", vec![("entries", Value::from(*count))]),
            Event::Delivered(entry) => ("delivered", of(entry)),
            Event::Again(entry, pause) => {
                let mut fields = of(entry);
                fields.extend([("pause_ms", Value::from(pause.as_millis() as u64)), why(entry)]);
                ("again", fields)
            }
            Event::Left(entry) => {
                let mut fields = of(entry);
                if let Some(time) = entry.not_before {
                    fields.push(("not_before", Value::from(time.to_string())));
                }
                fields.push(why(entry));
                ("left", fields)
            }
            Event::Parked(count, until) => {
                ("parked", vec![("entries", Value::from(*count)), ("until", Value::from(until.to_string()))])
            }
            Event::Dead(entry) => {
                let mut fields = of(entry);
                let refused = entry.dead.as_ref().is_some_and(|death| death.refused);
                fields.extend([("refused", Value::from(refused)), why(entry)]);
                ("dead", fields)
            }
            Event::Unreadable(name, error) => {
                ("unreadable", vec![("id", Value::from(name.to_string())), ("why", Value::from(told(error)))])
            }
            Event::Down(why, since) => {
                ("down", vec![("since", Value::from(since.to_string())), ("why", Value::from(*why))])
            }
            Event::Credential(why) => ("credential", vec![("why", Value::from(*why))]),
            Event::Reclaimed(count) => ("reclaimed", vec![("entries", Value::from(*count))]),
            Event::Imported(imported) => (
                "imported",
                vec![
                    ("queued", Value::from(imported.queued)),
                    ("failed", Value::from(imported.failed)),
                    ("emergency", Value::from(imported.emergency)),
                    ("archived", Value::from(imported.archived)),
                ],
            ),
            Event::Trouble(error) => ("trouble", vec![("why", Value::from(told(error)))]),
        }
    }
}

/// An error with its causes, in one line.
fn told(error: &QueueError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
