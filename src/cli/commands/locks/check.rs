//! `aimem locks check`

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::log;
use super::report::table;
use crate::cli::args::lock_root_here;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::journal::Event;
use crate::lock::report::Report;
use crate::lock::{LockRoot, Verdict, inventory};
use crate::settings::duration;
use crate::sys::text::shown;

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
    /// The lock folder that was looked at.
    folder: Option<String>,
    /// Who else may look into it, or change it.
    folder_is_open: Option<&'static str>,
}

impl Check {
    pub(crate) fn run(self) -> Outcome {
        let root = lock_root_here()?;
        let entries = root.as_ref().map_or_else(|| Ok(Vec::new()), inventory::list)?;
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
            folder: root.as_ref().map(|root| shown(root.path())),
            folder_is_open: root.as_ref().and_then(LockRoot::openness),
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
        if let (Some(folder), Some(open)) = (&summary.folder, summary.folder_is_open) {
            output::note("note", &format!("{folder}: {open}"));
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
