//! `aimem lock release`

use clap::Args;

use super::report::LockReport;
use crate::cli::args::{lock_root_of_id, parse_lock_id};
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::{LockId, manage};
use crate::settings;

/// Give back the lock with this id
///
/// Exit 76 when it is not held under that id any more; then nothing is removed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem lock release \"$ID\"
  trap 'aimem lock release \"$ID\"' EXIT")]
pub struct Release {
    /// The id that `lock acquire` printed
    #[arg(value_parser = parse_lock_id)]
    id: LockId,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
}

impl Release {
    pub(crate) fn run(self) -> Outcome {
        let json = self.json;
        self.release().map_err(|error| error.as_json(json))
    }

    fn release(self) -> Outcome {
        let debugging = settings::lock_debug()?;
        manage::release(&lock_root_of_id(&self.id)?, &self.id)?;
        if debugging {
            output::note("debug", &format!("released the lock with the id {}", self.id));
        }
        if self.json {
            output::json(&LockReport { id: Some(self.id.to_string()), ..LockReport::default() })?;
        }
        Ok(Exit::Done)
    }
}
