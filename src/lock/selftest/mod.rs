//! The lock raced on a file system: does it hold there?
//!
//! Contenders are real processes. Each takes the lock, checks with a kernel lock of its own that
//! nobody else is inside, and then either releases it or is killed while it holds it. The next
//! one has to take it over. Now and then another one is killed or stopped from outside.
//!
//! The caller starts contenders, for only it knows its own program: see [`Contender`].

mod arena;
mod contender;
mod detector;

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Serialize;

use super::LockError;
use super::journal::percentile;
use crate::sys;
use crate::sys::machine::Reach;
use arena::{Arena, Outcome};

pub use contender::Contender;

/// Why a race or a contender came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum RaceError {
    /// The lock refused.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The system refused something else.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How a lock is taken and given up for dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// This lock's.
    Aimem,
    /// `kill -0`, remove, `mkdir`, as the old scripts did.
    Script,
}

impl Rule {
    /// All of them.
    pub const ALL: [Rule; 2] = [Rule::Aimem, Rule::Script];

    /// Its name for people and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Aimem => "aimem",
            Rule::Script => "script",
        }
    }
}

/// What to race.
#[derive(Debug, Clone)]
pub struct Races {
    /// How many processes at once; at least two. Several numbers are several races.
    pub contenders: Vec<usize>,
    /// A race ends after so many locks were taken over from dead holders.
    pub takeovers: usize,
    /// A race ends after this long in any case.
    pub limit: Duration,
    /// Race the old scripts' rule too, beside this lock's.
    pub compare: bool,
}

/// What the races showed.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where they were run.
    pub folder: String,
    /// The file system there.
    pub file_system: String,
    /// Other machines may share it.
    pub network: bool,
    /// A kernel lock of one process is seen by another.
    pub flock_works: bool,
    /// Why the lock cannot be taken here at all.
    pub refused: Option<String>,
    /// One for each number of contenders and each rule. None where the lock can't work at all.
    pub races: Vec<Race>,
    /// The first thing that a contender said on standard error.
    #[serde(skip)]
    pub complaint: Option<String>,
}

/// What one race showed.
#[derive(Debug, Serialize)]
pub struct Race {
    /// How the lock was taken.
    pub rule: Rule,
    /// How many processes raced.
    pub contenders: usize,
    /// How often one was inside.
    pub entries: usize,
    /// How often the lock of a dead one was in the way.
    pub takeovers: usize,
    /// How many were killed.
    pub killed: usize,
    /// How many were stopped for a while.
    pub stopped: usize,
    /// How often two were inside at once.
    pub overlaps: usize,
    /// The time from one leaving to the next one entering.
    pub handover_p50_seconds: Option<f64>,
    /// The same, for 99 of 100.
    pub handover_p99_seconds: Option<f64>,
    /// How long it took.
    pub seconds: f64,
}

/// Why a file system has not passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure<'a> {
    /// It has no working kernel locks.
    NoFlock,
    /// The lock refuses it, and says why.
    Refused(&'a str),
    /// Two were inside at once.
    Overlap,
    /// Of so many contenders nobody got in, which shows nothing.
    NobodyEntered(usize),
}

impl Report {
    /// Whether the lock has passed, and if not, why.
    pub fn failure(&self) -> Option<Failure<'_>> {
        let races = || self.races.iter().filter(|race| race.rule == Rule::Aimem);
        match &self.refused {
            _ if !self.flock_works => Some(Failure::NoFlock),
            Some(why) => Some(Failure::Refused(why)),
            None if races().any(|race| race.overlaps > 0) => Some(Failure::Overlap),
            None => {
                let idle = races().find(|race| race.entries == 0);
                idle.map(|race| Failure::NobodyEntered(race.contenders))
            }
        }
    }
}

/// Runs the races in a folder of their own below `folder`. `start` makes the command of a contender,
/// which is to call [`Contender::run`].
///
/// # Errors
/// The folder can't be made, or no process can be started.
pub fn run(
    folder: &Path,
    races: &Races,
    start: impl Fn(&Contender) -> io::Result<Command>,
) -> io::Result<Report> {
    let arena = Arena::new(folder, &start)?;
    let file_system = sys::machine::file_system(arena.path())?;
    let mut report = Report {
        folder: folder.to_string_lossy().into_owned(),
        file_system: file_system.name,
        network: file_system.reach == Reach::Network,
        flock_works: arena.flock_works()?,
        refused: None,
        races: Vec::new(),
        complaint: None,
    };
    if report.flock_works {
        report.refused = arena.try_lock().err().map(|error| with_cause(&error));
    }
    if !report.flock_works || report.refused.is_some() {
        return Ok(report);
    }
    let rules = if races.compare { &Rule::ALL[..] } else { &[Rule::Aimem] };
    for &contenders in &races.contenders {
        for &rule in rules {
            let outcome = arena.race(rule, contenders.max(2), races)?;
            report.complaint = report.complaint.or_else(|| outcome.complaint.clone());
            report.races.push(Race::of(rule, contenders.max(2), outcome));
        }
    }
    Ok(report)
}

fn with_cause(error: &RaceError) -> String {
    let cause = match error {
        RaceError::Lock(error) => error.source(),
        RaceError::Io(_) => None,
    };
    match cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
        Some(cause) => format!("{error}: {}", sys::explain(cause)),
        None => error.to_string(),
    }
}

impl Race {
    fn of(rule: Rule, contenders: usize, outcome: Outcome) -> Race {
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
}

/// The files of a race, all in one folder.
fn target(folder: &Path) -> PathBuf {
    folder.join("target")
}

fn detector_path(folder: &Path) -> PathBuf {
    folder.join("detector")
}
