//! One memory: what the user gave, and what has become of it so far.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::state::{FARTHEST, later};
use super::{QueueError, Ulid};

/// A memory on its way, as it stands in its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The idempotency key: the file's ULID, or the id that an old program gave.
    pub id: String,
    /// Whose memory it is.
    pub project_id: String,
    /// The memory.
    pub content: String,
    /// When it was saved.
    pub timestamp: Timestamp,
    /// How often delivery has failed, over all runs.
    #[serde(default)]
    pub retries: u32,
    /// Not to be tried before this.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// Why it was not delivered the last time.
    #[serde(default)]
    pub last_error: Option<String>,
    /// What else the user gave.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// How and since when it is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<Death>,
    /// How often it has died: the pause before the next try follows from it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deaths: u32,
    /// Keys of old programs that mean nothing here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Why an entry is in `dead/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// Since when.
    pub at: Timestamp,
    /// The server said no, and would again: only `retry` brings it back.
    pub refused: bool,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Entry {
    /// A memory that nobody has tried to deliver yet.
    ///
    /// # Errors
    /// [`QueueError::Empty`] or [`QueueError::NoProject`].
    pub fn new(
        ulid: Ulid,
        project: &str,
        content: &str,
        metadata: Map<String, Value>,
    ) -> Result<Entry, QueueError> {
        if content.trim().is_empty() {
            return Err(QueueError::Empty);
        }
        if project.trim().is_empty() {
            return Err(QueueError::NoProject);
        }
        let milliseconds = i64::try_from(ulid.since_epoch().as_millis()).unwrap_or(i64::MAX);
        Ok(Entry {
            id: ulid.to_string(),
            project_id: project.to_owned(),
            content: content.to_owned(),
            timestamp: Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX),
            retries: 0,
            not_before: None,
            last_error: None,
            metadata,
            dead: None,
            deaths: 0,
            other: Map::new(),
        })
    }

    /// The bytes of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and string keys: this can always be written as JSON.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Whether it may be tried now. Nothing is put off by more than an hour, so a time farther
    /// ahead was written under another clock, and means nothing.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|time| time <= now || time > later(now, FARTHEST))
    }

    /// Forgets what became of it: the next run starts from the beginning.
    pub fn revive(&mut self) {
        self.retries = 0;
        self.not_before = None;
        self.dead = None;
        self.deaths = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let metadata = Map::from_iter([("kind".to_owned(), Value::from("note"))]);
        Entry::new("01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(), "web", "héllo\n\u{0}", metadata).unwrap()
    }

    #[test]
    fn its_file_reads_back_as_it_was_with_keys_that_mean_nothing_here() {
        let mut entry = entry();
        entry.other.insert("emergency".to_owned(), Value::Bool(true));
        entry.dead = Some(Death { at: Timestamp::UNIX_EPOCH, refused: true });
        assert_eq!(serde_json::from_slice::<Entry>(&entry.to_bytes()).unwrap(), entry);
    }

    #[test]
    fn it_takes_its_time_from_its_name() {
        assert_eq!(entry().timestamp.to_string(), "2016-07-30T23:54:10.259Z");
    }

    #[test]
    fn no_time_puts_it_off_by_more_than_an_hour() {
        let now: Timestamp = "2026-02-03T04:05:06Z".parse().unwrap();
        let is_due = |time: &str| Entry { not_before: Some(time.parse().unwrap()), ..entry() }.is_due(now);
        for (time, due) in [
            ("1970-01-01T00:00:00Z", true),
            ("2026-02-03T04:05:06Z", true),
            ("2026-02-03T04:05:07Z", false),
            ("2026-02-03T05:05:06Z", false),
            ("2026-02-03T05:05:07Z", true),
            ("2040-01-01T00:00:00Z", true),
            ("9999-12-30T22:00:00Z", true),
        ] {
            assert_eq!(is_due(time), due, "{time}");
        }
        assert!(entry().is_due(Timestamp::MAX) && entry().is_due(Timestamp::MIN));
    }

    #[test]
    fn nothing_is_not_a_memory() {
        let ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        assert!(matches!(Entry::new(ulid, "web", " \n", Map::new()), Err(QueueError::Empty)));
        assert!(matches!(Entry::new(ulid, "", "x", Map::new()), Err(QueueError::NoProject)));
    }
}
