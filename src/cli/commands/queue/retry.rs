//! `aimem queue retry`

use clap::Args;

use super::{not_found, usable};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::queue::claim::{Claims, reclaim};
use crate::queue::{Place, QueueError, Ulid};

/// Let entries be tried again by the next run, dead ones included
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem queue retry 01JDXQ5R4W3K1M6Z9T0V2B8C7E
  aimem queue retry --all")]
pub struct Retry {
    /// Which ones
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,
    /// All that waits: the dead, those that the server refused included, and the parked
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

impl Retry {
    pub(crate) fn run(self) -> Outcome {
        let Some(spool) = usable()? else {
            return match self.ids.first() {
                Some(id) => Err(not_found(id).into()),
                None => tell(0),
            };
        };
        let mut wanted: Vec<(Place, Ulid)> = Vec::new();
        if self.all {
            // What a killed worker had waits as well.
            reclaim(&spool, |error| output::warning(CliError::from(error).message))?;
            wanted.extend(spool.names(&Place::Dead)?.into_iter().map(|name| (Place::Dead, name)));
            let new = spool.read_all(&Place::New)?.into_iter();
            let parked =
                new.filter(|(_, entry)| entry.as_ref().is_ok_and(|entry| entry.not_before.is_some()));
            wanted.extend(parked.map(|(name, _)| (Place::New, name)));
        }
        for id in &self.ids {
            match spool.find(id)? {
                (place @ (Place::New | Place::Dead), name, _) => wanted.push((place, name)),
                (place, ..) => {
                    let what = match place {
                        Place::Done => "this one is delivered",
                        _ => "this one is being sent",
                    };
                    return Err(QueueError::NotFound { what, id: id.clone() }.into());
                }
            }
        }
        let claims = Claims::open(&spool)?;
        let mut count = 0;
        for (place, name) in wanted {
            match claims.claim(&place, name) {
                Ok(Some(mut entry)) => {
                    entry.revive();
                    claims.rewrite(name, &entry, &Place::New)?;
                    count += 1;
                }
                // A worker was faster: it is being tried now.
                Ok(None) => {}
                Err(error) if error.is_of_one_entry() => output::warning(CliError::from(error).message),
                Err(error) => return Err(error.into()),
            }
        }
        tell(count)
    }
}

fn tell(count: u64) -> Outcome {
    output::note("note", &format!("{count} to be tried by the next run"));
    Ok(Exit::Done)
}
