//! `aimem queue work`

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::progress::Progress;
use super::service;
use super::{old_files, places, server};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::queue::Spool;
use crate::queue::log::{Format, Log};
use crate::queue::server::Client;
use crate::queue::worker::{Halt, Options, Report, Stop, Worker};
use crate::settings::{self, duration};
use crate::sys::failure::Kind;
use crate::sys::signal::{ENDING, Signals};

/// Deliver what is due
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 all is delivered, 1 something is left, parked or dead, 75 the server is down.
Entries of the old Python programs are taken over first. What happens is written to
~/.claude/logs/mem0_worker.log.

Examples:
  aimem queue work
  aimem queue work --watch --interval 30s
  aimem queue work --print-service systemd > ~/.config/systemd/user/aimem-queue.service")]
pub struct Work {
    /// Go on: one run each interval, until a signal comes
    #[arg(long)]
    watch: bool,
    /// The time between two runs
    #[arg(long, value_name = "DUR", value_parser = duration::parse, default_value = "30s", requires = "watch")]
    interval: Duration,
    /// Uploads at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrency: u16,
    /// Tries of an entry in one run before it is given up on
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    tries: u32,
    /// Leave the dead alone
    #[arg(long)]
    no_revive: bool,
    /// How the log's lines look
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// One JSON document about the run
    #[arg(long, conflicts_with = "watch")]
    json: bool,
    /// Do not work, but print what makes it work by itself
    #[arg(long, value_enum, value_name = "KIND", conflicts_with_all = ["watch", "json"])]
    print_service: Option<service::Kind>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum LogFormat {
    /// Time, event, then key=value
    Text,
    /// One JSON object a line
    Json,
}

impl Work {
    pub(crate) fn run(self) -> Outcome {
        if let Some(kind) = self.print_service {
            output::result(service::text(kind)?.as_bytes())?;
            return Ok(Exit::Done);
        }
        let places = places()?;
        let format = match self.log_format {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        };
        let client = Client::new(server(&places)?, usize::from(self.concurrency), &settings::variable)?;
        let stop = stop_on_signals()?;
        let progress = Progress::new();
        let once = || -> Result<Report, CliError> {
            // Each run anew: what a service has open could have been moved or deleted.
            let spool = Spool::open(&places.spool)?;
            let log = Log::new(&places.log, format);
            let old = old_files(places.old.as_deref(), Some(&spool)).unwrap_or_else(|error| {
                output::warning(error.message);
                None
            });
            let worker = Worker {
                spool: &spool,
                client: &client,
                options: Options {
                    concurrency: usize::from(self.concurrency),
                    tries: self.tries,
                    revive: !self.no_revive,
                },
                log: &log,
                old: old.as_ref(),
                stop: &stop,
                watch: &|event| progress.see(event),
            };
            let report = worker.run();
            progress.end();
            Ok(report?)
        };
        if self.watch {
            return watch(once, self.interval, &stop);
        }
        let report = once()?;
        match self.json {
            true => output::json(&to_json(&report))?,
            false => tell(&report),
        }
        Ok(exit_of(&report))
    }
}

/// Says in one line what a run has done, and why it ends with another code than 0. What ended it early
/// has been said.
fn tell(report: &Report) {
    let Report { delivered, undelivered, dead, .. } = *report;
    if report.halt.is_some() && delivered == 0 {
        return;
    }
    let mut parts = vec![match delivered {
        0 if undelivered + dead == 0 => "nothing to deliver".to_owned(),
        count => format!("{count} delivered"),
    }];
    if undelivered > 0 {
        parts.push(format!("{undelivered} left for the next run"));
    }
    if dead > 0 {
        parts.push(format!("{dead} dead; to see why: aimem queue dead"));
    }
    output::note("note", &parts.join(", "));
}

/// Runs again and again. A run that fails is told, and the next one tries anew.
fn watch(once: impl Fn() -> Result<Report, CliError>, interval: Duration, stop: &Stop) -> Outcome {
    loop {
        match once() {
            Ok(Report { halt: Some(Halt::Signal(signal)), .. }) => {
                return Ok(Exit::Failed(Kind::Interrupted(signal)));
            }
            // A service would fill its journal with runs that had nothing to do.
            Ok(report) if report.delivered + report.died > 0 => tell(&report),
            Ok(_) => {}
            Err(error) => output::warning(error.message),
        }
        if let Some(signal) = stop.wait(interval) {
            return Ok(Exit::Failed(Kind::Interrupted(signal)));
        }
    }
}

/// From now on a signal ends nothing by itself: uploads come to their end, and what is not sent
/// goes back.
fn stop_on_signals() -> Result<Stop, CliError> {
    let fail = |error| CliError::io("cannot install signal handlers", &error);
    let mut signals = Signals::install(&ENDING).map_err(fail)?;
    let stop = Stop::default();
    let request = stop.clone();
    // It sleeps until the process ends.
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            loop {
                if let Some(signal) = signals.wait(None).first() {
                    request.request(signal.number);
                }
            }
        })
        .map_err(fail)?;
    Ok(stop)
}

fn to_json(report: &Report) -> serde_json::Value {
    let (halt, why) = match &report.halt {
        None => (None, None),
        Some(Halt::Signal(signal)) => (Some("signal"), Some(format!("signal {signal}"))),
        Some(Halt::Down(why)) => (Some("down"), Some(why.clone())),
        Some(Halt::Credential(why)) => (Some("credential"), Some(why.clone())),
    };
    json!({
        "delivered": report.delivered,
        "given_up": report.died,
        "parked": report.parked,
        "left": report.left,
        "dead": report.dead,
        "ended_early": halt,
        "why": why,
    })
}

fn exit_of(report: &Report) -> Exit {
    match report.halt {
        Some(Halt::Signal(signal)) => Exit::Failed(Kind::Interrupted(signal)),
        Some(Halt::Down(_)) => Exit::Failed(Kind::Busy),
        Some(Halt::Credential(_)) => Exit::CheckFailed,
        None if report.undelivered + report.parked + report.dead > 0 => Exit::CheckFailed,
        None => Exit::Done,
    }
}
