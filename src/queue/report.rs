//! The state of the outbox for programs.

use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::claim::Worker;
use super::status::Status;
use crate::legacy::python::OldLock;
use crate::sys;

/// The outbox and the lock of the old programs as an object. The names are part of the contract with
/// programs.
pub fn report(status: &Status, lock: &OldLock) -> Value {
    let now = Timestamp::now();
    let server = status.health.as_ref().map(|health| {
        json!({
            "up": health.up,
            "checked": health.at,
            "age_seconds": now.duration_since(health.at).as_secs().max(0),
            "since": health.since,
            "problem": health.problem,
        })
    });
    let lock = match lock {
        OldLock::Free => json!({"state": "free", "holders": [], "since": null}),
        OldLock::Held { holders, since } => {
            json!({"state": "held", "holders": holders, "since": since.and_then(timestamp)})
        }
    };
    let workers = status.workers.iter().map(|(worker, entries)| {
        json!({
            "pid": worker.info.as_ref().map(|info| info.pid),
            "since": worker.info.as_ref().map(|info| info.since),
            "state": state_of(worker),
            "entries": entries,
        })
    });
    json!({
        "level": status.level.name(),
        "pending": status.pending,
        "in_flight": status.in_flight,
        "dead": status.dead,
        "delivered": status.delivered,
        "oldest_age_seconds": status.oldest_age.map(|age| age.as_secs()),
        "total_queued": status.totals.total_queued,
        "total_synced": status.totals.total_synced,
        "total_failed": status.totals.total_failed,
        "last_success": status.last_success,
        "last_error": status.last_error,
        "server": server,
        "workers": workers.collect::<Vec<_>>(),
        "lock": lock,
    })
}

/// What a worker is doing: `working`, `stopped` by a signal, or `ended` without having come back.
pub fn state_of(worker: &Worker) -> &'static str {
    let stopped = |pid| sys::process::look_up(pid).is_some_and(|process| process.stopped);
    match &worker.info {
        _ if !worker.alive => "ended",
        // Another machine's PID means nothing here.
        Some(info) if info.host == sys::machine::host_name() && stopped(info.pid) => "stopped",
        _ => "working",
    }
}

/// A time of the system's clock, where it can be one.
pub fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}
