//! `aimem lock renew`

use std::time::Duration;

use clap::Args;

use super::id_file::Named;
use super::report::{LockReport, ends_in};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::manage;
use crate::settings::duration;

/// Let a lease run for longer, counted from now
///
/// Exit 76 when it has run out or is another's. Which one: as for `lock release`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem lock renew \"$ID\" --ttl 10m
  export AIMEM_CLIENT=me:7; aimem lock acquire sessions.json --ttl 1m; aimem lock renew sessions.json --ttl 10m
  aimem lock renew \"$ID\" --ttl 1h || echo 'the lock is lost'")]
pub struct Renew {
    #[command(flatten)]
    named: Named,
    /// From now on
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    ttl: Duration,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
}

impl Renew {
    pub(crate) fn run(self) -> Outcome {
        let json = self.json;
        self.renew().map_err(|error| error.as_json(json))
    }

    fn renew(self) -> Outcome {
        if self.ttl.is_zero() {
            return Err(CliError::usage("--ttl 0: a lease needs some time to run")
                .hint("to end it: aimem lock release ID"));
        }
        let (root, id) = self.named.find()?;
        manage::renew(&root, &id, self.ttl)?;
        if self.json {
            let (id, expires) = (Some(id.to_string()), Some(ends_in(self.ttl)));
            output::json(&LockReport { id, expires, ..LockReport::default() })?;
        }
        Ok(Exit::Done)
    }
}
