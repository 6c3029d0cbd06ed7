//! `aimem check`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::cli::args::{WaitArgs, call, lock_root_of, locker};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::schema_arg::SchemaArg;
use crate::cli::waiting::Patient;
use crate::lock::{LockRoot, Verdict, inventory};
use crate::memory::{Finding, MemoryError, Problem, Seen, State, Survey, survey};
use crate::settings::duration;
use crate::sys::failure::Kind;
use crate::sys::text::{printable, shown};

/// Look at memory files, their locks and the outbox; exit 1 if a person is needed
///
/// For every document: is it valid, does it obey its schema, are conflicts left; then what dead writers
/// and other programs have left beside it; then locks, stale ones and old ones; then the outbox.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem check ~/aiconfig/memory
  aimem check --fix --json sessions.json decisions.json")]
pub struct Check {
    /// Files, and folders with all below them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    schema: SchemaArg,
    /// Mend what is safe to mend: leftovers of dead writers, and stale locks
    #[arg(long)]
    fix: bool,
    /// A lock that is older is told
    #[arg(long, value_name = "DUR", value_parser = duration::parse, default_value = "10m")]
    max_age: Duration,
    /// One JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    documents: usize,
    findings: Vec<Finding>,
}

impl Check {
    pub(crate) fn run(self) -> Outcome {
        let json = self.json;
        self.check().map_err(|error| error.as_json(json))
    }

    fn check(self) -> Outcome {
        let mut patient = Patient::new()?;
        let fix = match self.fix {
            true => Some(locker(&self.wait, None, None, call("check", &self.paths, None))?),
            false => None,
        };
        let how = Survey { schema: self.schema.choice()?, fix };
        let mut all = Seen::default();
        let mut roots: Vec<LockRoot> = Vec::new();
        for path in &self.paths {
            let seen = survey(path, &how, &mut patient).map_err(|error| match error {
                // Nothing here makes it.
                MemoryError::Missing { .. } => CliError::of(&error, Kind::NoInput, None),
                error => error.into(),
            })?;
            all.documents += seen.documents;
            all.findings.extend(seen.findings);
            let inside = if path.is_dir() { path.join("any file here") } else { path.clone() };
            let root = lock_root_of(&inside)?;
            roots.extend(root.filter(|root| roots.iter().all(|known| known.path() != root.path())));
        }
        for root in &roots {
            self.locks(root, &mut all.findings)?;
        }
        #[cfg(feature = "outbox")]
        all.findings.extend(outbox()?);
        let ok = all.findings.iter().all(|one| matches!(one.state, State::Fine | State::Fixed));
        let exit = if ok { Exit::Done } else { Exit::CheckFailed };
        if self.json {
            let Seen { documents, findings } = all;
            return output::json(&Report { ok, documents, findings }).map(|()| exit);
        }
        let line = |one: &Finding| {
            let end = match one.state {
                State::Fine | State::Open => "",
                State::Fixed => " [mended]",
                State::Fixable => " [--fix mends it]",
            };
            format!("{}: {}: {}{end}\n", printable(&one.path), one.problem.word(), printable(&one.what))
        };
        output::result(all.findings.iter().map(line).collect::<String>().as_bytes())?;
        let left =
            all.findings.iter().filter(|one| matches!(one.state, State::Open | State::Fixable)).count();
        let documents = match all.documents {
            1 => "1 document".to_owned(),
            count => format!("{count} documents"),
        };
        output::note("note", &format!("{documents}, {left} to look after"));
        Ok(exit)
    }

    fn locks(&self, root: &LockRoot, findings: &mut Vec<Finding>) -> Result<(), CliError> {
        let entries = inventory::list(root)?;
        let is_stale = |entry: &inventory::Entry| entry.judgement.verdict == Verdict::Stale;
        let removed: Vec<PathBuf> = match self.fix && entries.iter().any(is_stale) {
            true => {
                inventory::cleanup(root, false)?.removed.into_iter().map(|entry| entry.directory).collect()
            }
            false => Vec::new(),
        };
        for entry in entries {
            let target = entry.judgement.info.target.as_deref();
            let path = target.map_or_else(|| shown(&entry.directory), shown);
            let (what, state) = match is_stale(&entry) {
                true if removed.contains(&entry.directory) => ("stale", State::Fixed),
                true => ("stale", State::Fixable),
                false if entry.age > self.max_age => ("older than allowed: aimem lock status", State::Open),
                false => continue,
            };
            findings.push(Finding { path, problem: Problem::Lock, what: what.to_owned(), state });
        }
        Ok(())
    }
}

/// What there is to tell of the outbox.
#[cfg(feature = "outbox")]
fn outbox() -> Result<Option<Finding>, CliError> {
    use crate::queue::status::{Level, Status};
    let Some(spool) = super::queue::existing()? else { return Ok(None) };
    let status = Status::of(Some(&spool))?;
    let what = format!("{} wait, {} are dead: aimem queue status", status.pending, status.dead);
    let finding = Finding { path: shown(spool.path()), problem: Problem::Outbox, what, state: State::Open };
    Ok((status.level != Level::Ok).then_some(finding))
}
