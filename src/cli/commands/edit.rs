//! `aimem edit`

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::args::{LockArgs, ReplaceArgs, call, refuse_dash};
use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::waiting::Patient;
use super::super::{input, output};
use crate::document::text::{NotFound, Replacement};
use crate::memory::{self, MemoryError};
use crate::place::FilePlace;
use crate::settings;

/// Replace a text in any file where it occurs exactly once
///
/// The text is found byte for byte. Several edits are made all or none.
#[derive(Debug, Args)]
#[command(override_usage = "aimem edit [OPTIONS] FILE --old TEXT --new TEXT\n       \
                            aimem edit [OPTIONS] FILE --script PATH")]
#[command(after_help = "\
Examples:
  aimem edit TODO.md --old '- [ ] ship it' --new '- [x] ship it'
  aimem edit CLAUDE.md --old 'npm test' --new 'pnpm test' --all --dry-run
  echo '{\"old\": \"milk\", \"new\": \"bread\"}' | aimem edit TODO.md --script -")]
pub struct Edit {
    /// The file
    file: PathBuf,
    /// The text to replace, which must occur exactly once
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    #[arg(required_unless_present_any = ["old_file", "script"])]
    old: Option<OsString>,
    /// What takes its place; may be empty
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    #[arg(required_unless_present_any = ["new_file", "script"])]
    new: Option<OsString>,
    /// Read the text to replace from a file, or from standard input (-)
    #[arg(long, value_name = "PATH", conflicts_with = "old")]
    old_file: Option<PathBuf>,
    /// Read what takes its place from a file, or from standard input (-)
    #[arg(long, value_name = "PATH", conflicts_with = "new")]
    new_file: Option<PathBuf>,
    /// Replace it wherever it occurs, and say how often that was
    #[arg(long)]
    all: bool,
    /// Make several edits, all or none: lines of JSON in a file or on standard input (-), each an
    /// object with old, new and perhaps all
    #[arg(long, value_name = "PATH", conflicts_with_all = ["old", "new", "old_file", "new_file", "all"])]
    script: Option<PathBuf>,
    /// Edit only if the file's tag, from `read --etag`, is still this one
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

impl Edit {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.edit().map_err(|error| error.about(&file, json))
    }

    fn edit(mut self) -> Outcome {
        refuse_dash(&self.file)?;
        let edits = self.edits()?;
        let locker = self.lock.locker(call("edit", &[&self.file], None))?;
        let replace = self.replace.replace()?;
        let mut patient = Patient::new()?;
        let keeping = settings::keeping(&locker, "edit")?;
        let mut place = FilePlace::new(&self.file, Some(&locker), replace, &mut patient).history(keeping);
        let request = memory::Edit { edits, if_match: self.if_match, dry_run: self.dry_run };
        let edited = memory::edit(&mut place, &request).map_err(|error| match &error {
            MemoryError::NoPlace { source, .. } if matches!(source.why(), NotFound::Several { .. }) => {
                CliError::from(error)
                    .hint("nothing was written; give more of the text around the place that is meant, or change all of them: --all")
            }
            MemoryError::Missing { .. } => CliError::from(error).hint(NO_FILE),
            _ => self.lock.wait.choose_exit(error),
        })?;
        if output::change(&self.file, &edited, self.json, self.dry_run)? && self.all {
            let count: usize = edited.replaced.iter().sum();
            let places = if count == 1 { "place" } else { "places" };
            output::answer(format!("replaced in {count} {places}\n").as_bytes(), edited.changed)?;
        }
        Ok(Exit::Done)
    }

    fn edits(&mut self) -> Result<Vec<Replacement>, CliError> {
        if let Some(script) = &self.script {
            return Ok(memory::Edit::script(&input::file(script)?)?);
        }
        let dash = Some(Path::new("-"));
        if self.old_file.as_deref() == dash && self.new_file.as_deref() == dash {
            return Err(CliError::usage("only one of the texts can come from standard input"));
        }
        let text = |given: Option<OsString>, path: Option<&Path>| match path {
            Some(path) => input::file(path),
            None => Ok(given.unwrap_or_default().into_vec()),
        };
        let old = text(self.old.take(), self.old_file.as_deref())?;
        let new = text(self.new.take(), self.new_file.as_deref())?;
        Ok(vec![Replacement { old, new, all: self.all }])
    }
}

/// What to do about a file that is not there to be edited.
pub(super) const NO_FILE: &str = "there is nothing to change; `aimem write` and `aimem append` make a file";
