//! What the old programs' entries look like, and what they become.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::queue::entry::Death;
use crate::queue::state::Totals;
use crate::queue::{Entry, Ulid};

/// The lists of an old queue file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Queue,
    Failed,
    Last100,
}

/// An old queue file, read.
#[derive(Debug, Default)]
pub(super) struct OldQueue {
    pub(super) queue: Vec<Value>,
    pub(super) failed: Vec<Value>,
    pub(super) last_100: Vec<Value>,
    /// `stats`, where there is any.
    pub(super) totals: Option<Totals>,
}

impl OldQueue {
    /// Reads the document. `None` when it is not of that form.
    pub(super) fn from_document(document: &Value) -> Option<OldQueue> {
        let map = document.as_object()?;
        let list = |name: &str| match map.get(name) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(value) => value.as_array().cloned(),
        };
        Some(OldQueue {
            queue: list("queue")?,
            failed: list("failed")?,
            last_100: list("last_100")?,
            totals: map.get("stats").map(totals),
        })
    }
}

/// The numbers of `stats`. What is no number counts as none.
pub(super) fn totals(stats: &Value) -> Totals {
    let number = |key: &str| match stats.get(key) {
        Some(value) => {
            value.as_u64().or_else(|| value.as_f64().map(|value| value.max(0.0) as u64)).unwrap_or(0)
        }
        None => 0,
    };
    Totals {
        total_queued: number("total_queued"),
        total_synced: number("total_synced"),
        total_failed: number("total_failed"),
    }
}

/// Whether a value can become an entry: it has a content that is worth keeping.
pub(super) fn is_entry(value: &Value) -> bool {
    value.get("content").and_then(Value::as_str).is_some_and(|content| !content.is_empty())
}

/// An old entry's id as it will be kept.
pub(super) fn id_of(value: &Value) -> String {
    match value.get("id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        // Derived from all that it has: the same one each time it is read.
        _ => name_of(value, "").to_string(),
    }
}

/// An entry's name: always the same one for the same old entry, so that taking it twice from a
/// file makes one entry of it.
fn name_of(value: &Value, id: &str) -> Ulid {
    let time = value.get("timestamp").and_then(time_of).unwrap_or(Timestamp::UNIX_EPOCH);
    let since_epoch = u64::try_from(time.as_millisecond()).unwrap_or(0);
    let content = value.get("content").and_then(Value::as_str).unwrap_or_default();
    let project = value.get("project_id").and_then(Value::as_str).unwrap_or_default();
    Ulid::derived(Duration::from_millis(since_epoch), format!("{id}\n{project}\n{content}").as_bytes())
}

/// Makes an entry of an old one. What it has besides is kept.
pub(super) fn convert(value: &Value, list: List) -> (Ulid, Entry) {
    let id = id_of(value);
    let name = name_of(value, &id);
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let project = match text("project_id") {
        project if project.is_empty() => "unknown".to_owned(),
        project => project,
    };
    let now = Timestamp::now();
    let known = ["id", "project_id", "content", "timestamp", "retries", "metadata"];
    // Keys of ours that mean something else there are not taken over.
    let ours = ["not_before", "last_error", "dead", "deaths"];
    let others = value.as_object().into_iter().flatten();
    let other: Map<String, Value> = others
        .filter(|(key, _)| !known.contains(&key.as_str()) && !ours.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let entry = Entry {
        id,
        project_id: project,
        content: text("content"),
        timestamp: value.get("timestamp").and_then(time_of).unwrap_or(now),
        retries: value
            .get("retries")
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0),
        not_before: None,
        last_error: (list == List::Failed).then(|| "the old program gave up on it".to_owned()),
        metadata: value.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default(),
        dead: (list == List::Failed).then_some(Death { at: now, refused: false }),
        deaths: u32::from(list == List::Failed),
        other,
    };
    (name, entry)
}

/// A time as the old programs wrote it: seconds since 1970, or ISO 8601, where local time is
/// meant unless it says otherwise.
fn time_of(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => {
            let seconds = number.as_f64()?;
            // Some wrote milliseconds. As seconds that would be the year 33658.
            let seconds = if seconds > 1e11 { seconds / 1000.0 } else { seconds };
            Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
        }
        Value::String(text) => {
            let text = text.trim();
            let local = || {
                text.parse::<DateTime>().ok()?.to_zoned(TimeZone::system()).ok().map(|time| time.timestamp())
            };
            text.parse().ok().or_else(local).or_else(|| time_of(&Value::from(text.parse::<f64>().ok()?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_of_all_kinds() {
        let time = |value: Value| time_of(&value).map(|time| time.to_string());
        for value in [
            json!(1732942000),
            json!(1732942000.0),
            json!("1732942000"),
            json!("2024-11-30T04:46:40Z"),
            json!("2024-11-30T05:46:40+01:00"),
            json!(1732942000000u64),
        ] {
            assert_eq!(time(value.clone()).as_deref(), Some("2024-11-30T04:46:40Z"), "{value}");
        }
        assert!(time(json!("2024-11-30T04:46:40.123456")).is_some());
        assert_eq!(time(json!("soon")), None);
        assert_eq!(time(json!(null)), None);
    }

    #[test]
    fn an_old_entry_keeps_its_id_and_gets_the_same_name_each_time() {
        let old = json!({"id": "6f2a", "project_id": "web", "content": "x", "timestamp": 1732942000, "retries": 2, "emergency": true});
        let (name, entry) = convert(&old, List::Queue);
        assert_eq!((entry.id.as_str(), entry.retries, entry.dead.is_some()), ("6f2a", 2, false));
        assert_eq!(entry.other["emergency"], true);
        assert_eq!(convert(&old, List::Failed).0, name);
        assert!(convert(&old, List::Failed).1.dead.is_some());
        let nameless = json!({"content": "x"});
        assert_eq!(id_of(&nameless), id_of(&nameless));
    }
}
