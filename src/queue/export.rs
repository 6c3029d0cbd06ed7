//! The outbox in the old programs' format, for programs that still read it.

use serde_json::{Map, Value, json};

use super::status::Status;
use super::{Entry, Place, QueueError, Spool};

/// The document that the old programs would have: what waits or is in flight in `queue`, the dead
/// in `failed`, the last deliveries in `last_100`, and `stats`.
///
/// # Errors
/// A file of the outbox can't be read.
pub fn document(spool: Option<&Spool>) -> Result<Value, QueueError> {
    let list = |places: &[Place]| -> Result<Vec<Value>, QueueError> {
        let mut list = Vec::new();
        for (spool, place) in spool.iter().flat_map(|spool| places.iter().map(move |place| (spool, place))) {
            // Malformed entries would be malformed there too.
            list.extend(spool.read_all(place)?.into_values().flatten().map(|entry| old_form(&entry)));
        }
        Ok(list)
    };
    let places = spool.map_or(Ok(Vec::new()), Spool::places)?;
    let waiting: Vec<Place> =
        places.into_iter().filter(|place| matches!(place, Place::New | Place::InFlight(_))).collect();
    let status = Status::of(spool)?;
    Ok(json!({
        "queue": list(&waiting)?,
        "last_100": list(&[Place::Done])?,
        "failed": list(&[Place::Dead])?,
        "stats": {
            "total_queued": status.totals.total_queued,
            "total_synced": status.totals.total_synced,
            "total_failed": status.totals.total_failed,
            "last_sync": status.last_success.map(|time| time.to_string()),
        },
    }))
}

fn old_form(entry: &Entry) -> Value {
    let mut old = Map::from_iter([
        ("id".to_owned(), Value::from(entry.id.as_str())),
        ("project_id".to_owned(), Value::from(entry.project_id.as_str())),
        ("content".to_owned(), Value::from(entry.content.as_str())),
        ("timestamp".to_owned(), Value::from(entry.timestamp.as_second())),
        ("retries".to_owned(), Value::from(entry.retries)),
    ]);
    if !entry.metadata.is_empty() {
        old.insert("metadata".to_owned(), Value::Object(entry.metadata.clone()));
    }
    Value::Object(old)
}
