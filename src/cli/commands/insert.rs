//! `aimem insert`

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use clap::Args;

use super::super::args::{LockArgs, ReplaceArgs, call, refuse_dash};
use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::waiting::Patient;
use super::super::{input, output};
use super::edit::NO_FILE;
use crate::document::text::Spot;
use crate::memory::{self, MemoryError};
use crate::place::FilePlace;
use crate::settings;

/// Insert lines into any file, at a place that is named
#[derive(Debug, Args)]
#[command(override_usage = "aimem insert [OPTIONS] FILE --under HEADING [TEXT|-]\n       \
                            aimem insert [OPTIONS] FILE --after TEXT | --before TEXT | --line N | --end [TEXT|-]")]
#[command(after_help = "\
Examples:
  aimem insert CLAUDE.md --under '## Notes' '- the tests need bash'
  aimem insert TODO.md --before '- [ ] ship it' '- [ ] test it'
  date | aimem insert TODO.md --line 1")]
pub struct Insert {
    /// The file
    file: PathBuf,
    /// The lines; standard input when there are none, or for -
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<OsString>,
    #[command(flatten)]
    spot: SpotArgs,
    /// Insert only if the file's tag, from `read --etag`, is still this one
    #[arg(long, value_name = "TAG")]
    if_match: Option<String>,
    /// Print what would change as a diff, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Say what was done as one JSON document
    #[arg(long, conflicts_with = "dry_run")]
    json: bool,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    lock: LockArgs,
}

/// Where.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct SpotArgs {
    /// At the end of the section below this Markdown heading
    #[arg(long, value_name = "HEADING", allow_hyphen_values = true)]
    under: Option<OsString>,
    /// After the line that this text is on, which must occur exactly once
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    after: Option<OsString>,
    /// Before the line that this text is on
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    before: Option<OsString>,
    /// As line N; 1 is the first
    #[arg(long, value_name = "N")]
    line: Option<usize>,
    /// At the end of the file
    #[arg(long)]
    end: bool,
}

impl SpotArgs {
    fn spot(self) -> Spot {
        let text = |text: OsString| text.into_vec();
        let named = self.under.map(text).map(Spot::Under);
        let named = named.or_else(|| self.after.map(text).map(Spot::After));
        let named = named.or_else(|| self.before.map(text).map(Spot::Before));
        named.or(self.line.map(Spot::Line)).unwrap_or(Spot::End)
    }
}

impl Insert {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.insert().map_err(|error| error.about(&file, json))
    }

    fn insert(self) -> Outcome {
        refuse_dash(&self.file)?;
        let lines = input::text(self.text)?;
        let locker = self.lock.locker(call("insert", &[&self.file], None))?;
        let replace = self.replace.replace()?;
        let mut patient = Patient::new()?;
        let keeping = settings::keeping(&locker, "insert")?;
        let mut place = FilePlace::new(&self.file, Some(&locker), replace, &mut patient).history(keeping);
        let (spot, if_match, dry_run) = (self.spot.spot(), self.if_match, self.dry_run);
        let request = memory::Insert { lines, spot, if_match, dry_run };
        let inserted = memory::insert(&mut place, &request).map_err(|error| match error {
            MemoryError::Missing { .. } => CliError::from(error).hint(NO_FILE),
            error => self.lock.wait.choose_exit(error),
        })?;
        output::change(&self.file, &inserted, self.json, dry_run)?;
        Ok(Exit::Done)
    }
}
