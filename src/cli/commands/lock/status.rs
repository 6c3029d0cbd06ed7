//! `aimem lock status`

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::lock_root_of;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::report::Report;
use crate::lock::{Target, Verdict, inventory};

/// Say who holds the lock of a file
///
/// Exit 0 when it is free or stale, so that a taker would get it; 1 when it is held, or when that
/// cannot be told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem lock status sessions.json
  aimem lock status sessions.json --json")]
pub struct Status {
    /// The file
    file: PathBuf,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) fn run(self) -> Outcome {
        let target = Target::resolve(&self.file)?;
        let root = lock_root_of(&self.file)?;
        let entry = root.map_or(Ok(None), |root| inventory::entry(&root, &target.key))?;
        let verdict = entry.as_ref().map_or(Verdict::Free, |entry| entry.judgement.verdict);
        let report = entry.as_ref().and_then(|entry| Report::all(&[entry]).pop());
        let report = report.unwrap_or_else(|| Report::free(&target));
        if self.json {
            output::json(&report)?;
        } else {
            output::result(format!("{}\n", report.sentence()).as_bytes())?;
        }
        Ok(if verdict.is_taken() { Exit::CheckFailed } else { Exit::Done })
    }
}
