//! `aimem locks check`

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::log;
use super::report::{Report, table};
use crate::cli::args::existing_lock_root;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::{duration, output};
use crate::lock::journal::Event;
use crate::lock::{Verdict, inventory};

const HOUR: Duration = Duration::from_secs(3600);

/// For monitors: exit 1 when a lock is stale or old, or waits time out often
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem locks check
  aimem locks check --max-age 1h --max-timeouts 5 --json")]
pub struct Check {
    /// A lock that is older is reported
    #[arg(long, value_name = "DUR", value_parser = duration::parse, default_value = "10m")]
    max_age: Duration,
    /// More waits than this that timed out in the last hour are reported
    #[arg(long, value_name = "N")]
    max_timeouts: Option<usize>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Summary {
    ok: bool,
    stale: Vec<Report>,
    old: Vec<Report>,
    locks: usize,
    timeouts_last_hour: usize,
}

impl Check {
    pub(crate) fn run(self) -> Outcome {
        let entries = existing_lock_root()?.map_or_else(|| Ok(Vec::new()), |root| inventory::list(&root))?;
        let is_stale = |entry: &&inventory::Entry| entry.judgement.verdict == Verdict::Stale;
        let is_old = |entry: &&inventory::Entry| !is_stale(entry) && entry.age > self.max_age;
        let last_hour = log::recent(Some(HOUR))?;
        let timeouts = last_hour.iter().filter(|record| record.event == Event::Timeout).count();
        let too_many = self.max_timeouts.is_some_and(|limit| timeouts > limit);
        let summary = Summary {
            ok: !too_many && !entries.iter().any(|entry| is_stale(&entry) || is_old(&entry)),
            stale: Report::all(&entries.iter().filter(is_stale).collect::<Vec<_>>()),
            old: Report::all(&entries.iter().filter(is_old).collect::<Vec<_>>()),
            locks: entries.len(),
            timeouts_last_hour: timeouts,
        };
        let exit = if summary.ok { Exit::Done } else { Exit::CheckFailed };
        if self.json {
            output::json(&summary)?;
            return Ok(exit);
        }
        let (stale, old) = (summary.stale.len(), summary.old.len());
        let found: Vec<Report> = summary.stale.into_iter().chain(summary.old).collect();
        if !found.is_empty() {
            output::result(table(&found).as_bytes())?;
        }
        let locks = summary.locks;
        output::note(
            "note",
            &format!(
                "{locks} locks, {stale} stale, {old} older than allowed; {timeouts} waits timed out in the last hour"
            ),
        );
        Ok(exit)
    }
}
