//! `aimem queue status`

use clap::Args;
use jiff::Timestamp;

use super::{existing, places};
use crate::cli::error::{CliError, Outcome, show_duration};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::legacy::python::{OldLock, look_at_lock};
use crate::queue::QueueError;
use crate::queue::report::{report, state_of, timestamp};
use crate::queue::status::{Level, Status};
use crate::sys::text::printable;

/// Numbers, and for monitors a level: exit 1 at warning, 2 at critical
#[derive(Debug, Args)]
#[command(after_help = "\
Warning: 20 entries wait, or one for more than an hour, or one is dead for good, such as one that the
server refused. Critical: more than 5 are dead.

Examples:
  aimem queue status
  aimem queue status --json | jq .pending
  aimem queue status --prometheus > /var/lib/node_exporter/aimem.prom")]
pub struct StatusArgs {
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// Prometheus' text format, for a textfile collector
    #[arg(long, conflicts_with = "json")]
    prometheus: bool,
}

impl StatusArgs {
    pub(crate) fn run(self) -> Outcome {
        let status = Status::of(existing()?.as_ref())?;
        let exit = match status.level {
            Level::Ok => Exit::Done,
            Level::Warning => Exit::CheckFailed,
            Level::Critical => Exit::Critical,
        };
        if self.prometheus {
            output::result(status.prometheus().as_bytes())?;
            return Ok(exit);
        }
        let lock = match places()?.old {
            Some(folder) => look_at_lock(&folder).map_err(QueueError::from)?,
            None => OldLock::Free,
        };
        if self.json {
            output::json(&report(&status, &lock))?;
        } else {
            output::result(to_text(&status, &lock)?.as_bytes())?;
        }
        Ok(exit)
    }
}

fn to_text(status: &Status, lock: &OldLock) -> Result<String, CliError> {
    let now = Timestamp::now();
    let ago = |time: Timestamp| {
        let age = std::time::Duration::try_from(now.duration_since(time)).unwrap_or_default();
        format!("{} ago", show_duration(age))
    };
    let oldest =
        status.oldest_age.map_or_else(String::new, |age| format!(" (the oldest for {})", show_duration(age)));
    let mut rows = vec![
        ("level", status.level.name().to_owned()),
        ("pending", format!("{}{oldest}", status.pending)),
        ("in flight", status.in_flight.to_string()),
        (
            "dead",
            match status.refused {
                true => format!("{} (not all are tried again by themselves: aimem queue dead)", status.dead),
                false => status.dead.to_string(),
            },
        ),
        ("delivered", status.delivered.to_string()),
        (
            "totals",
            format!(
                "{} queued, {} synced, {} failed",
                status.totals.total_queued, status.totals.total_synced, status.totals.total_failed
            ),
        ),
        ("last success", status.last_success.map_or_else(|| "never".to_owned(), ago)),
        (
            "last error",
            status.last_error.as_ref().map_or_else(
                || "none".to_owned(),
                |error| format!("{}: {}", ago(error.at), printable(&error.message)),
            ),
        ),
        (
            "server",
            match &status.health {
                None => "not asked yet".to_owned(),
                Some(health) if health.up => format!("up (asked {})", ago(health.at)),
                Some(health) => format!(
                    "down since {:.0}: {} (asked {})",
                    health.since,
                    health.problem.as_deref().map_or("?".into(), printable),
                    ago(health.at)
                ),
            },
        ),
        (
            "old lock",
            match lock {
                OldLock::Free => "free".to_owned(),
                OldLock::Held { holders, since } => {
                    let pids: Vec<String> = holders.iter().map(|pid| format!("pid {pid}")).collect();
                    let who = if pids.is_empty() { "an unknown process".to_owned() } else { pids.join(", ") };
                    let since = since.and_then(timestamp);
                    format!(
                        "held by {who}{}",
                        since.map_or_else(String::new, |time| format!(" since {time:.0}"))
                    )
                }
            },
        ),
    ];
    for (worker, entries) in &status.workers {
        let pid = worker.info.as_ref().map_or_else(|| "?".to_owned(), |info| info.pid.to_string());
        let what = match state_of(worker) {
            "ended" => "has ended; the next run takes its entries back".to_owned(),
            "stopped" => format!("is stopped; continue it (kill -CONT {pid}) or end it"),
            _ => "works".to_owned(),
        };
        rows.push(("worker", format!("pid {pid} with {entries} in flight {what}")));
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    Ok(output::table(&rows))
}
