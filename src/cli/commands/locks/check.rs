//! `aimem locks check`

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::report::{Report, table};
use crate::cli::args::existing_lock_root;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::{duration, output};
use crate::lock::{Verdict, inventory};

/// For monitors: exit 1 when a lock is stale or old
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem locks check
  aimem locks check --max-age 1h --json")]
pub struct Check {
    /// A lock that is older is reported
    #[arg(long, value_name = "DUR", value_parser = duration::parse, default_value = "10m")]
    max_age: Duration,
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
}

impl Check {
    pub(crate) fn run(self) -> Outcome {
        let entries = existing_lock_root()?.map_or_else(|| Ok(Vec::new()), |root| inventory::list(&root))?;
        let is_stale = |entry: &&inventory::Entry| entry.judgement.verdict == Verdict::Stale;
        let is_old = |entry: &&inventory::Entry| !is_stale(entry) && entry.age > self.max_age;
        let summary = Summary {
            ok: !entries.iter().any(|entry| is_stale(&entry) || is_old(&entry)),
            stale: entries.iter().filter(is_stale).map(Report::new).collect(),
            old: entries.iter().filter(is_old).map(Report::new).collect(),
            locks: entries.len(),
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
        output::note("note", &format!("{} locks, {stale} stale, {old} older than allowed", summary.locks));
        Ok(exit)
    }
}
