//! `aimem queue show`

use clap::Args;

use super::entries::to_json;
use super::{existing, not_found};
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;

/// Show one entry whole
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem queue show 01JDXQ5R4W3K1M6Z9T0V2B8C7E
  aimem queue show 01JDXQ5R4W3K1M6Z9T0V2B8C7E --content")]
pub struct Show {
    /// The id that `queue add` printed
    #[arg(value_name = "ID")]
    id: String,
    /// Only the content, as it was given
    #[arg(long)]
    content: bool,
    /// One JSON document, which is the default
    #[arg(long, conflicts_with = "content")]
    json: bool,
}

impl Show {
    pub(crate) fn run(self) -> Outcome {
        let spool = existing()?.ok_or_else(|| not_found(&self.id))?;
        let (place, _, entry) = spool.find(&self.id)?;
        if self.content {
            output::result(entry.content.as_bytes())?;
        } else {
            output::json(&to_json(&entry, &place.name().replace(' ', "_")))?;
        }
        Ok(Exit::Done)
    }
}
