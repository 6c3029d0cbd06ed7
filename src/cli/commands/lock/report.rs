//! What the verbs that act on one lock tell with `--json`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::lock::{Held, LockError, inventory};
use crate::sys::text::shown;

/// One lock, as far as a verb knows it.
#[derive(Debug, Default, Serialize)]
pub struct LockReport {
    /// The locked file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The lock's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// For how long others kept us out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
    /// The dead holder whose lock was taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_over: Option<String>,
    /// When a lease ends, by the wall clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

impl LockReport {
    /// A lock that was taken.
    pub fn of(held: &Held, waited: Duration) -> LockReport {
        LockReport {
            file: Some(shown(&held.target().path)),
            id: Some(held.id().to_string()),
            waited_ms: Some(millis(waited)),
            taken_over: held.reclaimed().map(|reclaimed| reclaimed.holder.to_string()),
            expires: None,
        }
    }
}

/// A duration in whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The moment so long from now; the last one there is where no clock goes so far.
pub fn ends_in(ttl: Duration) -> String {
    let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
    format!("{:.3}", Timestamp::now().checked_add(ttl).unwrap_or(Timestamp::MAX))
}

/// When a lease ends that was there before.
///
/// # Errors
/// It can't be looked at.
pub fn lease_end(held: &Held) -> Result<Option<String>, LockError> {
    let entry = inventory::entry(held.root(), &held.target().key)?;
    let end = entry.filter(|_| !held.id().is_guest()).and_then(|entry| entry.judgement.info.expires);
    Ok(end.map(|end| format!("{end:.3}")))
}
