//! `aimem locks selftest`: the lock raced on the user's own file system.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::Target;
use crate::lock::selftest::{self, Contender, Failure, RaceError, Races, Report, Rule};
use crate::settings::{self, duration};

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

impl Selftest {
    pub(crate) fn run(self) -> Outcome {
        let folder = match self.folder {
            Some(folder) => folder,
            None => settings::lock_roots()?
                .of(&Target::resolve(Path::new("any file here"))?.path)?
                .path()
                .to_owned(),
        };
        let Selftest { contenders, takeovers, time: limit, compare, .. } = self;
        let races = Races { contenders, takeovers, limit, compare };
        let report = selftest::run(&folder, &races, command)
            .map_err(|error| CliError::io(format!("cannot race in {}", folder.display()), &error))?;
        if self.json {
            output::json(&report)?
        } else {
            output::result(text(&report).as_bytes())?
        }
        report.failure().map_or(Ok(Exit::Done), |failure| Err(told(failure, &report)))
    }
}

/// The command of a contender, which is this program again.
fn command(contender: &Contender) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["locks", "contend", "--rule", contender.rule.name()]).arg(&contender.folder);
    command.args(contender.probe.then_some("--probe"));
    Ok(command)
}

/// One contender of a self-test, started by it.
#[derive(Debug, Args)]
pub struct Contend {
    /// The race's folder
    folder: PathBuf,
    #[arg(long, value_parser = PossibleValuesParser::new(Rule::ALL.map(Rule::name)).map(rule))]
    rule: Rule,
    /// Only say whether the kernel lock on the detector is refused
    #[arg(long)]
    probe: bool,
}

fn rule(name: String) -> Rule {
    Rule::ALL.into_iter().find(|rule| rule.name() == name).unwrap_or(Rule::Aimem)
}

impl Contend {
    pub(crate) fn run(self) -> Outcome {
        let contender = Contender { rule: self.rule, folder: self.folder, probe: self.probe };
        match contender.run(&mut io::stdout()) {
            Ok(true) => Ok(Exit::Done),
            Ok(false) => Ok(Exit::CheckFailed),
            Err(RaceError::Lock(error)) => Err(error.into()),
            Err(RaceError::Io(error)) => Err(CliError::io("cannot contend", &error)),
        }
    }
}

fn told(failure: Failure<'_>, report: &Report) -> CliError {
    let elsewhere = "keep locks on another file system: set AIMEM_LOCK_DIR";
    let (message, hint) = match failure {
        Failure::NoFlock => ("flock does not keep processes apart here".to_owned(), elsewhere),
        Failure::Refused(why) => (format!("the lock refuses {}: {why}", report.file_system), elsewhere),
        Failure::Overlap => (
            "two processes were inside at once".to_owned(),
            "do not rely on locks here: keep them on a local file system, with AIMEM_LOCK_DIR",
        ),
        Failure::NobodyEntered(contenders) => {
            let why = report.complaint.as_ref().map_or_else(String::new, |line| format!(": {line}"));
            (
                format!("of {contenders} contenders nobody got the lock{why}"),
                "nothing was tested; give it more --time, or see what stands in the way",
            )
        }
    };
    CliError::new(Exit::CheckFailed, message).hint(hint)
}

const HEAD: [&str; 10] = [
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

fn text(report: &Report) -> String {
    let mut text = format!("{} on {}", report.folder, report.file_system);
    text.push_str(if report.network { ", which other machines may share\n" } else { "\n" });
    if let Some(why) = &report.refused {
        text.push_str(&format!("the lock cannot be taken: {why}\n"));
    }
    let works = if report.flock_works { "works" } else { "does NOT work" };
    text.push_str(&format!("flock {works} between processes\n"));
    let millis =
        |seconds: Option<f64>| seconds.map_or("-".to_owned(), |value| format!("{:.2}ms", value * 1e3));
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    rows.extend(report.races.iter().map(|race| {
        let counts =
            [race.contenders, race.entries, race.takeovers, race.killed, race.stopped, race.overlaps];
        let mut row = vec![race.rule.name().to_owned()];
        row.extend(counts.map(|count| count.to_string()));
        row.extend([race.handover_p50_seconds, race.handover_p99_seconds].map(millis));
        row.push(format!("{:.1}s", race.seconds));
        row
    }));
    if !report.races.is_empty() {
        text.push_str(&output::table(&rows));
    }
    text
}
