//! `aimem lock renew`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::report::{LockReport, ends_in};
use crate::cli::args::lock_named;
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
    /// The id that `lock acquire --ttl` printed, or its beginning; or the file, for a client NAME:SESSION
    #[arg(value_name = "ID|FILE")]
    lock: PathBuf,
    /// The client whose lease it is, NAME:SESSION [default: $AIMEM_CLIENT]
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
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
        let (root, id) = lock_named(&self.lock, self.client)?;
        manage::renew(&root, &id, self.ttl)?;
        if self.json {
            let (id, expires) = (Some(id.to_string()), Some(ends_in(self.ttl)));
            output::json(&LockReport { id, expires, ..LockReport::default() })?;
        }
        Ok(Exit::Done)
    }
}
