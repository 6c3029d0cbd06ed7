//! `aimem read`

mod lines;

use std::io;
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::super::args::{LockArgs, call};
use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::filter_args::FilterArgs;
use super::super::output;
use super::super::waiting::Patient;
use crate::document::EqualKeys;
use crate::memory::{self, Duplicates, Program, Subject, holds_lines, is_json};
use crate::place::{FilePlace, Place as _, PlaceError, etag};
use crate::replace::Replace;
use crate::sys::failure::{Hint, Kind};

/// Print a file, or what a filter makes of it
#[derive(Debug, Args)]
#[command(override_usage = "aimem read [OPTIONS] FILE [FILTER] [ARG…]")]
#[command(after_help = "\
Examples:
  aimem read --pretty sessions.json
  aimem read sessions.json '.sessions[-1].id' --raw")]
pub struct Read {
    #[command(flatten)]
    filter: FilterArgs,
    /// Indent JSON [default for .json files and for the results of a filter]
    #[arg(long, conflicts_with = "raw")]
    pretty: bool,
    /// Without a filter, the exact bytes of the file; with one, strings without quotes
    #[arg(short = 'r', long)]
    raw: bool,
    /// Run the filter on the array of all documents in the file, and not on each one
    #[arg(short = 's', long)]
    slurp: bool,
    /// Print only the content's tag, for `write --if-match`
    #[arg(long, conflicts_with_all = ["pretty", "raw"])]
    etag: bool,
    /// Print this JSON when there is no such file
    #[arg(long, value_name = "JSON")]
    default: Option<String>,
    /// Do not take the lock; what is read is whole all the same
    #[arg(long, conflicts_with = "lock")]
    no_lock: bool,
    #[command(flatten)]
    lock: LockArgs,
}

impl Read {
    pub(crate) fn run(self) -> Outcome {
        let (path, program) = self.filter.program()?;
        let locker = if self.no_lock {
            None
        } else {
            Some(self.lock.locker(call("read", &[&path], None)).map_err(hint_at_no_lock)?)
        };
        let mut patient = Patient::new()?;
        let found = FilePlace::new(&path, locker.as_ref(), Replace::new(), &mut patient).look();
        let found = found.map_err(|error| match error {
            PlaceError::Lock(error) => hint_at_no_lock(self.lock.wait.choose_exit(error)),
            error => error.into(),
        })?;
        let bytes = match (found.bytes, &self.default) {
            (Some(bytes), _) => bytes,
            (None, Some(text)) => {
                memory::validate(text.as_bytes(), Subject::Default)?;
                Arc::new(format!("{text}\n").into_bytes())
            }
            (None, None) => {
                let missing = CliError::new(Kind::NoInput, format!("{} does not exist", path.display()))
                    .advise(Hint::GiveDefault);
                return Err(self.filter.hint_at_order(missing));
            }
        };
        if self.etag {
            output::result(format!("{}\n", etag(&bytes)).as_bytes())?;
            return Ok(Exit::Done);
        }
        let as_json = self.slurp
            || self.pretty
            || self.filter.has_layout()
            || !self.raw && (is_json(&path) || is_json(&found.name));
        match program {
            Some(program) if holds_lines(&path) => self.print_lines(&program, bytes, &path, &mut patient),
            None if holds_lines(&path) && (as_json || self.slurp) => {
                self.print_lines(&self.filter.laid_out(".".to_owned()), bytes, &path, &mut patient)
            }
            Some(program) => self.print(&program, bytes, &path, &mut patient),
            None if as_json => {
                let as_it_is = self.filter.laid_out(".".to_owned());
                self.print(&as_it_is, bytes, &path, &mut patient)
            }
            None => output::result(&bytes).map(|()| Exit::Done),
        }
    }

    fn print(&self, program: &Program, bytes: Arc<Vec<u8>>, path: &Path, patient: &mut Patient) -> Outcome {
        let out = io::BufWriter::with_capacity(1 << 16, io::stdout());
        let what = Subject::Document(path.to_owned());
        let bytes = if self.slurp { in_brackets(&bytes, &what)? } else { bytes };
        let duplicates = self.filter.duplicates(Duplicates::Tell(warn_of_equal_keys));
        let program = &Program { duplicates, ..program.clone() };
        let last = memory::print_results(program, bytes, what, self.raw, patient, out)?;
        let truthy = match last {
            Ok(last) => last,
            Err(error) => return output::settle(Err(error)).map(|()| Exit::Done),
        };
        let failed = self.filter.exit_status && truthy != Some(true);
        Ok(if failed { Exit::CheckFailed } else { Exit::Done })
    }
}

/// The array of the one document.
fn in_brackets(document: &[u8], what: &Subject) -> Result<Arc<Vec<u8>>, CliError> {
    memory::validate(document, what.clone())?;
    Ok(Arc::new([b"[", document, b"]"].concat()))
}

fn warn_of_equal_keys(what: &Subject, keys: &EqualKeys) {
    output::warning(format!("{what}: {keys}; the last one counts"));
}

/// Whoever only reads can do without the lock where none can be made.
fn hint_at_no_lock(error: CliError) -> CliError {
    match (error.exit, error.what_to_do()) {
        (Exit::Failed(Kind::Permission | Kind::CantCreate), Some(hint)) => {
            error.hint(format!("{hint}, or read without the lock: --no-lock"))
        }
        (Exit::Failed(Kind::Permission | Kind::CantCreate), None) => {
            error.hint("read without the lock: --no-lock")
        }
        _ => error,
    }
}
