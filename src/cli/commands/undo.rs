//! `aimem undo`

use std::path::PathBuf;

use clap::Args;

use super::restore::say;
use crate::cli::args::{ReplaceArgs, WaitArgs, call, locker, parse_lock_id};
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::lock::LockId;
use crate::memory;
use crate::place::FilePlace;
use crate::settings;

/// Undo the last change of a file
///
/// What was there before it is put back, as one more change: undo that, and the first one is back.
/// With --client the change must be that client's, and nothing may have come after it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem undo sessions.json
  aimem undo sessions.json --dry-run")]
pub struct Undo {
    /// The file
    file: PathBuf,
    /// Only the last change of the client of this name
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Put back what is broken, or was altered since it was kept
    #[arg(long)]
    force: bool,
    /// Print what would change as a diff, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long, conflicts_with = "dry_run")]
    json: bool,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    wait: WaitArgs,
    /// Work under this lock, which is already held, instead of taking one
    #[arg(long, value_name = "ID", value_parser = parse_lock_id)]
    lock: Option<LockId>,
}

impl Undo {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.undo().map_err(|error| error.about(&file, json))
    }

    fn undo(self) -> Outcome {
        let locker = locker(&self.wait, None, self.lock, call("undo", &[&self.file], None))?;
        let replace = self.replace.replace()?;
        let keeping = settings::keeping(&locker, "undo")?;
        let mut patient = Patient::new()?;
        let mut place = FilePlace::new(&self.file, Some(&locker), replace, &mut patient).history(keeping);
        let undone = memory::undo(&mut place, self.client, self.force, self.dry_run)
            .map_err(|error| self.wait.choose_exit(error))?;
        if output::change(&self.file, &undone, self.json, self.dry_run)? {
            say(&self.file, &undone);
        }
        Ok(Exit::Done)
    }
}
