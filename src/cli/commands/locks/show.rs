//! `aimem locks show`

use std::time::Duration;

use clap::Args;

use super::report::table;
use crate::cli::args::lock_root_here;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::LockRoot;
use crate::lock::info::Liveness;
use crate::lock::inventory::{self, Entry};
use crate::lock::report::Report;
use crate::settings::duration;
use crate::sys::text::printable;

/// List every lock with its holder, its age, and whether it is alive
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem locks show
  aimem locks show --json --older-than 10m
  aimem locks show --watch")]
pub struct Show {
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// Only locks that are older
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    older_than: Option<Duration>,
    /// Show them again every second, or every DUR, until Ctrl-C; with --json one document a line
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "1s")]
    #[arg(value_parser = duration::parse)]
    watch: Option<Duration>,
    /// For completions: the ids that can be released or renewed, each with its file
    #[arg(long, hide = true)]
    ids: bool,
}

impl Show {
    pub(crate) fn run(self) -> Outcome {
        match self.watch {
            Some(every) => super::watch::watch(every, || self.view()),
            None => self.once(),
        }
    }

    fn once(&self) -> Outcome {
        let (root, entries) = locks()?;
        let old = self.old(&entries);
        if self.ids {
            let ids: String = old.into_iter().filter_map(id_line).collect();
            return output::result(ids.as_bytes()).map(|()| Exit::Done);
        }
        let reports = Report::all(&old);
        if self.json {
            output::json(&reports)?;
            return Ok(Exit::Done);
        }
        if !reports.is_empty() {
            output::result(table(&reports).as_bytes())?;
        }
        // Files elsewhere may have their locks elsewhere.
        let none = if reports.is_empty() { "no locks " } else { "" };
        match root {
            Some(root) => {
                let path = root.path().to_string_lossy();
                output::note("note", &format!("{none}in {}, where files here have theirs", printable(&path)));
            }
            None => output::note("note", "no locks"),
        }
        Ok(Exit::Done)
    }

    /// What is seen at one moment: a table, or one line of JSON.
    fn view(&self) -> Result<String, CliError> {
        let (root, entries) = locks()?;
        let reports = Report::all(&self.old(&entries));
        if self.json {
            return Ok(output::one_line(&reports)? + "\n");
        }
        let path = root.map_or_else(String::new, |root| format!(" in {}", root.path().display()));
        let head = ["VERDICT", "AGE", "WAITING", "FILE", "HOLDER"].map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> =
            std::iter::once(head).chain(reports.iter().map(Report::brief_row)).collect();
        let rows = if reports.is_empty() { String::new() } else { output::table(&rows) };
        Ok(format!("{} locks{}\n{rows}", reports.len(), printable(&path)))
    }

    fn old<'a>(&self, entries: &'a [Entry]) -> Vec<&'a Entry> {
        entries.iter().filter(|entry| self.older_than.is_none_or(|limit| entry.age > limit)).collect()
    }
}

/// The locks of files here, and where they are.
fn locks() -> Result<(Option<LockRoot>, Vec<Entry>), CliError> {
    let root = lock_root_here()?;
    let entries = root.as_ref().map_or_else(|| Ok(Vec::new()), inventory::list)?;
    Ok((root, entries))
}

/// The id of a manual lock or a lease; what a running command holds ends with it.
fn id_line(entry: &Entry) -> Option<String> {
    let info = &entry.judgement.info;
    if !entry.judgement.verdict.is_taken() || info.liveness == Some(Liveness::Kernel) {
        return None;
    }
    let target = info.target.as_ref().map(|path| path.to_string_lossy()).unwrap_or_default();
    Some(format!("{}:{}\t{}\n", entry.key, info.token.as_ref()?, printable(&target)))
}
