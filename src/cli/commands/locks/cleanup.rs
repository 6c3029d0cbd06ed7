//! `aimem locks cleanup`

use clap::Args;
use serde::Serialize;

use super::report::table;
use crate::cli::args::lock_root_here;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::inventory;
use crate::lock::report::Report;

/// Remove stale locks, and only those
///
/// A lock whose holder cannot be told is watched for two seconds first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem locks cleanup --dry-run
  aimem locks cleanup --json")]
pub struct Cleanup {
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Summary {
    removed: Vec<Report>,
    failed: Vec<Report>,
    kept: Vec<Report>,
    leftovers: usize,
    dry_run: bool,
}

impl Cleanup {
    pub(crate) fn run(self) -> Outcome {
        let done = lock_root_here()?.map_or_else(
            || Ok(inventory::Cleanup::default()),
            |root| inventory::cleanup(&root, self.dry_run),
        )?;
        let (failed, errors): (Vec<_>, Vec<_>) = done.failed.into_iter().unzip();
        let reports = |entries: &[inventory::Entry]| Report::all(&entries.iter().collect::<Vec<_>>());
        let summary = Summary {
            removed: reports(&done.removed),
            failed: reports(&failed),
            kept: reports(&done.kept),
            leftovers: done.swept,
            dry_run: self.dry_run,
        };
        if self.json {
            output::json(&summary)?;
        } else {
            if !summary.removed.is_empty() {
                output::result(table(&summary.removed).as_bytes())?;
            }
            let verb = if self.dry_run { "would remove" } else { "removed" };
            let (removed, kept) = (summary.removed.len(), summary.kept.len());
            output::note("note", &format!("{verb} {removed} stale, kept {kept}"));
        }
        let mut errors = errors.into_iter().map(CliError::from);
        let first = errors.next();
        errors.for_each(|error| output::note("error", &error.message));
        first.map_or(Ok(Exit::Done), Err)
    }
}
