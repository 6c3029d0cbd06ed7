//! `aimem queue cancel`

use clap::Args;

use super::{not_found, usable};
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::queue::claim::Claims;
use crate::queue::{Place, QueueError, archive};

/// Take entries back before they are delivered
#[derive(Debug, Args)]
#[command(after_help = "\
What is taken back is not thrown away: it stands in the archive, with the time.

Examples:
  aimem queue cancel 01JDXQ5R4W3K1M6Z9T0V2B8C7E
  aimem queue dead --json | jq -r '.[].id' | xargs -r aimem queue cancel")]
pub struct Cancel {
    /// Which ones
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
}

impl Cancel {
    pub(crate) fn run(self) -> Outcome {
        let Some(spool) = usable()? else {
            return Err(not_found(&self.ids[0]).into());
        };
        let claims = Claims::open(&spool)?;
        for id in &self.ids {
            let (place, name, _) = spool.find(id)?;
            let claimed = match place {
                Place::New | Place::Dead => claims.claim(&place, name)?,
                _ => None,
            };
            let Some(entry) = claimed else {
                let what =
                    if place == Place::Done { "this one is delivered" } else { "this one is being sent" };
                return Err(QueueError::NotFound { what, id: id.clone() }.into());
            };
            archive::cancel(&spool, name, &entry)?;
            claims.discard(name)?;
        }
        output::note("note", &format!("{} taken back", self.ids.len()));
        Ok(Exit::Done)
    }
}
