//! `aimem locks selftest`: the lock raced on the user's own file system.
//!
//! Contenders are real processes. Each takes the lock, checks with a kernel lock of its own that
//! nobody else is inside, and then either releases it or is killed while it holds it. The next
//! one has to take it over. Now and then another one is killed or stopped from outside.

mod arena;
mod contender;
mod detector;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::log::percentile;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::Target;
use crate::settings::{self, duration};
use crate::sys;
use crate::sys::machine::Reach;

pub use contender::Contend;

/// Race the lock on this very file system
///
/// Starts contenders that take the lock over from each other while some are killed and stopped,
/// and counts how often two were inside at once. Exit 1 if that happened even once, or if nobody got
/// in.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem locks selftest
  aimem locks selftest /mnt/shared --contenders 8 --takeovers 200 --compare")]
pub struct Selftest {
    /// Where to race [default: the lock folder]
    folder: Option<PathBuf>,
    /// How many processes at once; several numbers are several races
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [8, 32])]
    contenders: Vec<usize>,
    /// End a race after so many locks were taken over from dead holders
    #[arg(long, value_name = "N", default_value_t = 2000)]
    takeovers: usize,
    /// End a race after this long in any case
    #[arg(long, value_name = "DUR", value_parser = duration::parse, default_value = "14s")]
    time: Duration,
    /// Race the old scripts' rule too (kill -0, remove, mkdir), for comparison
    #[arg(long)]
    compare: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// How a lock is taken and given up for dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Rule {
    /// aimem's protocol.
    Aimem,
    /// `kill -0`, remove, `mkdir`, as the old scripts did.
    Script,
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Rule::Aimem => "aimem",
            Rule::Script => "script",
        }
    }
}

/// What one race showed.
#[derive(Debug, Serialize)]
struct Race {
    rule: Rule,
    contenders: usize,
    entries: usize,
    takeovers: usize,
    killed: usize,
    stopped: usize,
    overlaps: usize,
    handover_p50_seconds: Option<f64>,
    handover_p99_seconds: Option<f64>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    folder: String,
    file_system: String,
    network: bool,
    flock_works: bool,
    /// Why the lock cannot be taken here at all.
    refused: Option<String>,
    races: Vec<Race>,
}

impl Selftest {
    pub(crate) fn run(self) -> Outcome {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => settings::lock_roots()?
                .of(&Target::resolve(Path::new("any file here"))?.path)?
                .path()
                .to_owned(),
        };
        let fail = |error| CliError::io(format!("cannot race in {}", folder.display()), &error);
        let arena = arena::Arena::new(&folder).map_err(fail)?;
        let file_system = sys::machine::file_system(arena.path()).map_err(fail)?;
        let mut report = Report {
            folder: folder.to_string_lossy().into_owned(),
            file_system: file_system.name,
            network: file_system.reach == Reach::Network,
            flock_works: arena.flock_works().map_err(fail)?,
            refused: None,
            races: Vec::new(),
        };
        let mut complaint = None;
        if report.flock_works {
            report.refused = arena.try_lock().err().map(|error| error.message);
        }
        if report.flock_works && report.refused.is_none() {
            let rules: &[Rule] = if self.compare { &[Rule::Aimem, Rule::Script] } else { &[Rule::Aimem] };
            for &contenders in &self.contenders {
                for &rule in rules {
                    let outcome =
                        arena.race(rule, contenders.max(2), self.takeovers, self.time).map_err(fail)?;
                    complaint = complaint.or(outcome.complaint.clone());
                    report.races.push(summarise(rule, contenders.max(2), outcome));
                }
            }
        }
        if self.json {
            output::json(&report)?
        } else {
            output::result(report.text().as_bytes())?
        }
        report.outcome(complaint)
    }
}

fn summarise(rule: Rule, contenders: usize, outcome: arena::Outcome) -> Race {
    let mut entries = outcome.entries;
    entries.sort_by_key(|entry| entry.entered);
    let mut handovers: Vec<f64> = entries
        .windows(2)
        .filter_map(|pair| pair[1].entered.checked_sub(pair[0].left))
        .map(|pause| pause.as_secs_f64())
        .collect();
    handovers.sort_by(f64::total_cmp);
    Race {
        rule,
        contenders,
        takeovers: entries.iter().filter(|entry| entry.took_over).count(),
        overlaps: entries.iter().filter(|entry| entry.overlapped).count(),
        entries: entries.len(),
        killed: outcome.killed,
        stopped: outcome.stopped,
        handover_p50_seconds: percentile(&handovers, 0.50),
        handover_p99_seconds: percentile(&handovers, 0.99),
        seconds: outcome.took.as_secs_f64(),
    }
}

impl Report {
    /// Whether the lock has passed, and if not, why. A race that nobody entered has shown nothing.
    fn outcome(&self, complaint: Option<String>) -> Outcome {
        let failed = |message: String, hint: &str| Err(CliError::new(Exit::CheckFailed, message).hint(hint));
        if !self.flock_works {
            let hint = "keep locks on another file system: set AIMEM_LOCK_DIR";
            return failed("flock does not keep processes apart here".to_owned(), hint);
        }
        if let Some(why) = &self.refused {
            let hint = "keep locks on another file system: set AIMEM_LOCK_DIR";
            return failed(format!("the lock refuses {}: {why}", self.file_system), hint);
        }
        let mut races = self.races.iter().filter(|race| race.rule == Rule::Aimem);
        if races.clone().any(|race| race.overlaps > 0) {
            let hint = "do not rely on locks here: keep them on a local file system, with AIMEM_LOCK_DIR";
            return failed("two processes were inside at once".to_owned(), hint);
        }
        if let Some(race) = races.find(|race| race.entries == 0) {
            let why = complaint.map_or_else(String::new, |line| format!(": {line}"));
            let hint = "nothing was tested; give it more --time, or see what stands in the way";
            return failed(format!("of {} contenders nobody got the lock{why}", race.contenders), hint);
        }
        Ok(Exit::Done)
    }

    fn text(&self) -> String {
        let mut text = format!("{} on {}", self.folder, self.file_system);
        text.push_str(if self.network { ", which other machines may share\n" } else { "\n" });
        if let Some(why) = &self.refused {
            text.push_str(&format!("the lock cannot be taken: {why}\n"));
        }
        let works = if self.flock_works { "works" } else { "does NOT work" };
        text.push_str(&format!("flock {works} between processes\n"));
        let head = [
            "RULE",
            "CONTENDERS",
            "ENTRIES",
            "TAKEOVERS",
            "KILLED",
            "STOPPED",
            "OVERLAPS",
            "HANDOVER P50",
            "P99",
            "TIME",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let millis =
            |seconds: Option<f64>| seconds.map_or("-".to_owned(), |value| format!("{:.2}ms", value * 1e3));
        for race in &self.races {
            rows.push(vec![
                race.rule.name().to_owned(),
                race.contenders.to_string(),
                race.entries.to_string(),
                race.takeovers.to_string(),
                race.killed.to_string(),
                race.stopped.to_string(),
                race.overlaps.to_string(),
                millis(race.handover_p50_seconds),
                millis(race.handover_p99_seconds),
                format!("{:.1}s", race.seconds),
            ]);
        }
        if !self.races.is_empty() {
            text.push_str(&output::table(&rows));
        }
        text
    }
}

/// The files of a race, all in one folder.
fn target(folder: &Path) -> PathBuf {
    folder.join("target")
}

fn detector_path(folder: &Path) -> PathBuf {
    folder.join("detector")
}
