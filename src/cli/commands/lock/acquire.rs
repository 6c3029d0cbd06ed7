//! `aimem lock acquire`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::id_file;
use super::report::{LockReport, ends_in, lease_end};
use crate::cli::args::{LockArgs, call, own_words};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::lock::{Keep, owner};
use crate::settings::duration;

/// Take a lock that outlives this command, and print its id
///
/// The lock belongs to the shell that ran this command, and is free when that shell ends; programs
/// in between that only run another, such as sudo, do not count. With --ttl it belongs to nobody and ends by the clock;
/// a client of the form NAME:SESSION that has such a lease already renews it, and is told the same id.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ID=$(aimem lock acquire sessions.json) && vi sessions.json; aimem lock release \"$ID\"
  ID=$(aimem lock acquire sessions.json --ttl 10m --client claude-code)
  export AIMEM_CLIENT=claude-code:7; aimem lock acquire sessions.json --ttl 10m")]
pub struct Acquire {
    /// The file
    file: PathBuf,
    /// The process that shall own the lock [default: the shell that runs this command]
    #[arg(long, conflicts_with = "ttl")]
    pid: Option<u32>,
    /// Make it a lease that ends after this long, whatever the processes do
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    ttl: Option<Duration>,
    /// Keep the id in this file instead of printing it, for `lock release` and `renew`
    #[arg(long, value_name = "PATH")]
    id_file: Option<PathBuf>,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lock: LockArgs,
}

impl Acquire {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.acquire().map_err(|error| error.about(&file, json))
    }

    fn acquire(self) -> Outcome {
        let mut ends_soon = None;
        let keep = match (self.ttl, self.pid) {
            (Some(Duration::ZERO), _) => {
                return Err(CliError::usage("--ttl 0: a lease needs some time to run"));
            }
            (Some(ttl), _) => Keep::Lease(ttl),
            (None, Some(pid)) => owner::by_pid(pid)?,
            (None, None) => {
                let owner = owner::nearest(&own_words("acquire"))?;
                ends_soon = owner.ends_soon.map(|name| format!("{name} (pid {})", owner.pid));
                owner.keep
            }
        };
        let locker = self.lock.locker(call("lock acquire", &[&self.file], None))?;
        let mut patient = Patient::new()?;
        let begun = Instant::now();
        let held = match keep {
            Keep::Lease(ttl) => locker.lease(&self.file, ttl, &mut patient),
            keep => locker.acquire(&self.file, keep, &mut patient),
        };
        let held = held.map_err(|error| self.lock.wait.choose_exit(error))?;
        // Whoever can't be told the id could not release the lock: then it is not left behind.
        if let Some(path) = &self.id_file {
            id_file::keep(path, &held)?;
        }
        if self.json {
            let expires = match self.ttl {
                // One that was there before may run for longer.
                Some(ttl) if held.was_renewed() => lease_end(&held)?.or(Some(ends_in(ttl))),
                ttl => ttl.map(ends_in),
            };
            let report = LockReport { expires, ..LockReport::of(&held, begun.elapsed()) };
            output::line_or_fail(&output::one_line(&report)?)?;
        } else if self.id_file.is_none() {
            output::line_or_fail(&held.id().to_string())?;
        }
        held.leave();
        if let Some(owner) = ends_soon {
            let text = format!("this lock ends with {owner}; for a lock that outlives it: --ttl");
            output::note("note", &text);
        }
        Ok(Exit::Done)
    }
}
