//! `aimem queue export`

use clap::Args;

use super::existing;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::queue::export;

/// Print the outbox in the old programs' form
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem queue export
  aimem queue export | jq '.queue | length'")]
pub struct Export {}

impl Export {
    pub(crate) fn run(self) -> Outcome {
        output::json(&export::document(existing()?.as_ref())?)?;
        Ok(Exit::Done)
    }
}
