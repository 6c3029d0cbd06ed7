//! `aimem lock take`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::break_lock::tell;
use super::report::{LockReport, ends_in, lease_end};
use crate::cli::args::{LockArgs, call};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::lock::Keep;
use crate::settings::duration;

/// Take the lock of a file away from whoever holds it, and have it
///
/// As `lock break` and `lock acquire --ttl` in one step: nobody who waits comes between. A holder that
/// lives learns of it: its next update or release ends with exit 76.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem lock status sessions.json; aimem lock take sessions.json --ttl 10m
  ID=$(aimem lock take sessions.json --ttl 10m --client claude-code:7)")]
pub struct Take {
    /// The file
    file: PathBuf,
    /// How long the lease lasts
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    ttl: Duration,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lock: LockArgs,
}

impl Take {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.take().map_err(|error| error.about(&file, json))
    }

    fn take(self) -> Outcome {
        if self.ttl.is_zero() {
            return Err(CliError::usage("--ttl 0: a lease needs some time to run"));
        }
        let locker = self.lock.locker(call("lock take", &[&self.file], None))?;
        let mut patient = Patient::new()?;
        let begun = Instant::now();
        let seized = locker.seize(&self.file, Keep::Lease(self.ttl), &mut patient);
        let (held, broken) = seized.map_err(|error| self.lock.wait.choose_exit(error))?;
        if let Some(broken) = &broken {
            tell(held.target().path.display(), broken);
        }
        if self.json {
            let known = if held.was_renewed() { lease_end(&held)? } else { None };
            let expires = Some(known.unwrap_or_else(|| ends_in(self.ttl)));
            let report = LockReport { expires, ..LockReport::of(&held, begun.elapsed()) };
            output::line_or_fail(&output::one_line(&report)?)?;
        } else {
            output::line_or_fail(&held.id().to_string())?;
        }
        held.leave();
        Ok(Exit::Done)
    }
}
