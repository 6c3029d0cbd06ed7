//! The content of the old programs' files.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// An old queue file, read.
#[derive(Debug, Default)]
pub struct OldQueue {
    /// What waits.
    pub queue: Vec<Value>,
    /// What was given up on.
    pub failed: Vec<Value>,
    /// The last deliveries.
    pub last_100: Vec<Value>,
    /// `stats`, where there is any.
    pub stats: Option<Stats>,
}

impl OldQueue {
    /// Reads a queue file. `None` when it is not of that form.
    pub fn parse(bytes: &[u8]) -> Option<OldQueue> {
        let map: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
        let list = |name: &str| match map.get(name) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(value) => value.as_array().cloned(),
        };
        Some(OldQueue {
            queue: list("queue")?,
            failed: list("failed")?,
            last_100: list("last_100")?,
            stats: map.get("stats").map(Stats::of),
        })
    }
}

/// The numbers of `stats`. What is no number counts as none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// `total_queued`
    pub queued: u64,
    /// `total_synced`
    pub synced: u64,
    /// `total_failed`
    pub failed: u64,
}

impl Stats {
    pub(super) fn of(stats: &Value) -> Stats {
        let number = |key: &str| {
            let value = stats.get(key)?;
            value.as_u64().or_else(|| value.as_f64().map(|value| value.max(0.0) as u64))
        };
        let number = |key| number(key).unwrap_or(0);
        Stats {
            queued: number("total_queued"),
            synced: number("total_synced"),
            failed: number("total_failed"),
        }
    }
}

/// Whether a value can become an entry: it has a content that is worth keeping.
pub fn is_entry(value: &Value) -> bool {
    value.get("content").and_then(Value::as_str).is_some_and(|content| !content.is_empty())
}

/// An old entry. Only its content is certain to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct OldEntry {
    /// Some have none.
    pub id: Option<String>,
    /// Empty where it has none.
    pub project: String,
    /// The memory.
    pub content: String,
    /// When it was saved, where that can be read.
    pub timestamp: Option<Timestamp>,
    /// How often it was tried in vain.
    pub retries: u32,
    /// What else the user gave.
    pub metadata: Map<String, Value>,
    /// All its other keys.
    pub other: Map<String, Value>,
}

impl OldEntry {
    /// Reads it, whatever it is.
    pub fn of(value: &Value) -> OldEntry {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let known = ["id", "project_id", "content", "timestamp", "retries", "metadata"];
        let others = value.as_object().into_iter().flatten();
        let others = others.filter(|(key, _)| !known.contains(&key.as_str()));
        let retries = value.get("retries").and_then(Value::as_u64);
        OldEntry {
            id: match value.get("id") {
                Some(Value::String(id)) if !id.is_empty() => Some(id.clone()),
                Some(Value::Number(id)) => Some(id.to_string()),
                _ => None,
            },
            project: text("project_id"),
            content: text("content"),
            timestamp: value.get("timestamp").and_then(time_of),
            retries: retries.and_then(|retries| u32::try_from(retries).ok()).unwrap_or(0),
            metadata: value.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default(),
            other: others.map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

/// The old document without its entries. What is no entry stays, and so does all the rest.
pub fn without_entries(bytes: &[u8]) -> Vec<u8> {
    // It was read as an object before.
    let mut document: Value = serde_json::from_slice(bytes).unwrap_or_default();
    for list in ["queue", "failed"] {
        if let Some(Value::Array(list)) = document.get_mut(list) {
            list.retain(|value| !is_entry(value));
        }
    }
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}

/// Whether bytes are JSON, or lines of it: then reading them has left nothing out.
pub(super) fn is_lines_of_json(bytes: &[u8]) -> bool {
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    serde_json::from_slice::<Value>(bytes).is_ok()
        || lines.into_iter().all(|line| serde_json::from_slice::<Value>(line).is_ok())
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
}
