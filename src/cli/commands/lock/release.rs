//! `aimem lock release`

use clap::Args;

use super::id_file::Named;
use super::report::LockReport;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::manage;
use crate::settings;

/// Give back the lock with this id
///
/// Exit 76 when it is not held under that id any more; then nothing is removed. A client of the form
/// NAME:SESSION may name the file instead, whose lease it has, or the first 8 digits of the id.
/// Anybody else gives 8 digits of each half of it: a1b2c3d4:e5f6a7b8.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem lock release \"$ID\"
  export AIMEM_CLIENT=claude-code:7; aimem lock acquire sessions.json --ttl 10m; aimem lock release sessions.json
  trap 'aimem lock release \"$ID\"' EXIT")]
pub struct Release {
    #[command(flatten)]
    named: Named,
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
        let (root, id) = self.named.find()?;
        manage::release(&root, &id)?;
        self.named.forget();
        if debugging {
            output::note("debug", &format!("released the lock with the id {id}"));
        }
        if self.json {
            output::json(&LockReport { id: Some(id.to_string()), ..LockReport::default() })?;
        }
        Ok(Exit::Done)
    }
}
