//! `aimem lock release`

use clap::Args;

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
}

impl Release {
    pub(crate) fn run(self) -> Outcome {
        let debugging = settings::lock_debug()?;
        manage::release(&lock_root_of_id(&self.id)?, &self.id)?;
        if debugging {
            output::note("debug", &format!("released the lock with the id {}", self.id));
        }
        Ok(Exit::Done)
    }
}
