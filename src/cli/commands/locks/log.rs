//! `aimem locks log`

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::cli::args::lock_root_here;
use crate::cli::error::{CliError, Outcome, show_duration};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::lock::Waiter;
use crate::lock::journal::{self, Event, Record, percentile};
use crate::settings::duration;
use crate::sys;
use crate::sys::failure::Kind;
use crate::sys::text::printable;

/// Show what happened to locks that should not happen often
///
/// Waits that timed out or took more than a second, locks taken over from dead holders, broken by
/// hand, or lost, and deadlocks. The ordinary taking and releasing is not recorded.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem locks log --since 1h
  aimem locks log --summary --json")]
pub struct Log {
    /// Only what happened within this time before now
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    since: Option<Duration>,
    /// Count by file and client, with the median and the 99th percentile of the long waits
    #[arg(long)]
    summary: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// Go on with what happens from now on, as it happens, with --json one document a line; Ctrl-C ends it
    #[arg(short = 'F', long, conflicts_with = "summary")]
    follow: bool,
}

/// One line of the summary.
#[derive(Debug, Serialize)]
struct Line {
    target: Option<String>,
    client: Option<String>,
    counts: BTreeMap<&'static str, usize>,
    waits: usize,
    wait_p50_seconds: Option<f64>,
    wait_p99_seconds: Option<f64>,
}

impl Log {
    pub(crate) fn run(self) -> Outcome {
        if self.follow {
            return self.follow();
        }
        let records = recent(self.since)?;
        if self.summary {
            return summary(&records, self.json);
        }
        if self.json {
            output::json(&records)?;
        } else if records.is_empty() {
            output::note("note", "nothing on record");
        } else {
            let text: String = records.iter().map(|record| sentence(record) + "\n").collect();
            output::result(text.as_bytes())?;
        }
        Ok(Exit::Done)
    }
}

impl Log {
    fn follow(&self) -> Outcome {
        let mut patient = Patient::new()?;
        let mut told: Vec<Record> = Vec::new();
        loop {
            let records = recent(if told.is_empty() { self.since } else { None })?;
            // An old journal is cut off in the front: what was told last is the mark.
            let known = told.last().and_then(|last| records.iter().rposition(|record| record == last));
            for record in &records[known.map_or(0, |at| at + 1)..] {
                let line = if self.json { output::one_line(record)? } else { sentence(record) };
                if !output::at_once(&(line + "\n"))? {
                    return Ok(Exit::Done);
                }
            }
            told = records;
            if let Some(signal) = patient.sleep(PAUSE) {
                return Ok(Exit::Failed(Kind::Interrupted(signal)));
            }
        }
    }
}

/// Between two looks at the journal.
const PAUSE: Duration = Duration::from_millis(500);

/// The journal's records of the last `since`, or all.
///
/// # Errors
/// The journal can't be read.
pub(super) fn recent(since: Option<Duration>) -> Result<Vec<Record>, CliError> {
    let Some(root) = lock_root_here()? else { return Ok(Vec::new()) };
    let mut records =
        journal::read(&root).map_err(|error| CliError::io("cannot read the journal of locks", &error))?;
    if let Some(since) = since {
        let start = sys::clock::since_epoch().saturating_sub(since).as_secs_f64();
        records.retain(|record| record.time.as_duration().as_secs_f64() >= start);
    }
    Ok(records)
}

fn sentence(record: &Record) -> String {
    let mut text = format!("{:.0} {:<8}", record.time, record.event.name());
    let mut add = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!(" {label}{}", printable(&value)));
        }
    };
    add("", record.target.clone());
    add("by ", record.client.clone().map(|client| format!("pid {} ({client})", record.pid)));
    add("held by ", record.holder.clone());
    add(
        "after ",
        record.waited_seconds.map(|seconds| show_duration(Duration::from_secs_f64(seconds.max(0.0)))),
    );
    add("because ", record.why.clone());
    text
}

fn summary(records: &[Record], json: bool) -> Outcome {
    let mut groups: BTreeMap<(Option<String>, Option<String>), Vec<&Record>> = BTreeMap::new();
    for record in records {
        groups.entry((record.target.clone(), record.client.clone())).or_default().push(record);
    }
    let lines: Vec<Line> =
        groups.into_iter().map(|((target, client), records)| line(target, client, &records)).collect();
    if json {
        output::json(&lines)?;
        return Ok(Exit::Done);
    }
    let kinds = [Event::Timeout, Event::Waited, Event::Takeover, Event::Break, Event::Lost, Event::Deadlock];
    let mut head: Vec<String> = ["FILE", "CLIENT"].map(str::to_owned).to_vec();
    head.extend(kinds.map(|kind| kind.name().to_uppercase()));
    head.extend(["P50", "P99"].map(str::to_owned));
    let mut rows = vec![head];
    for line in &lines {
        let shown = |text: &Option<String>| printable(text.as_deref().unwrap_or("-")).into_owned();
        let seconds = |value: Option<f64>| {
            value.map_or("-".to_owned(), |value| show_duration(Duration::from_secs_f64(value.max(0.0))))
        };
        let mut row = vec![shown(&line.target), shown(&line.client)];
        row.extend(kinds.map(|kind| line.counts.get(kind.name()).copied().unwrap_or(0).to_string()));
        row.extend([seconds(line.wait_p50_seconds), seconds(line.wait_p99_seconds)]);
        rows.push(row);
    }
    output::result(output::table(&rows).as_bytes())?;
    Ok(Exit::Done)
}

fn line(target: Option<String>, client: Option<String>, records: &[&Record]) -> Line {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry(record.event.name()).or_insert(0) += 1;
    }
    let mut waits: Vec<f64> = records.iter().filter_map(|record| record.waited_seconds).collect();
    waits.sort_by(f64::total_cmp);
    Line {
        target,
        client,
        counts,
        waits: waits.len(),
        wait_p50_seconds: percentile(&waits, 0.50),
        wait_p99_seconds: percentile(&waits, 0.99),
    }
}
