//! `aimem restore`

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::super::args::{LockArgs, ReplaceArgs, call};
use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::output;
use super::super::waiting::Patient;
use crate::history::Which;
use crate::lock::Target;
use crate::memory::{self, Restored};
use crate::place::{Earlier, FilePlace};
use crate::replace::{Backup, backups};
use crate::settings;
use crate::sys::failure::Kind;
use crate::sys::text::shown;

/// Put an earlier version of a file back
///
/// A backup, or one of the versions that `history` shows. When a backup is put back, the version that it
/// replaces becomes the latest backup, so a second restore undoes the first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem restore --list sessions.json
  aimem restore sessions.json --from 1
  aimem restore sessions.json --from @{-1}")]
pub struct Restore {
    /// The file
    file: PathBuf,
    /// Show the backups that are kept
    #[arg(long, conflicts_with_all = ["from", "dry_run"])]
    list: bool,
    /// Print what was done, or the list, as one JSON document; errors too, on standard error
    #[arg(long, conflicts_with = "dry_run")]
    json: bool,
    /// Which version: a backup's number, 0 being the latest, or one that `history` shows, as @{-1}
    /// [default: the latest backup, or else @{-1}]
    #[arg(long, value_name = "WHICH")]
    from: Option<String>,
    /// Put back what is broken, or was altered since it was kept
    #[arg(long)]
    force: bool,
    /// Print what would change as a diff, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    lock: LockArgs,
}

#[derive(Serialize)]
struct Row {
    version: u32,
    path: String,
    bytes: u64,
    written: Option<String>,
}

impl Restore {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.restore().map_err(|error| error.about(&file, json))
    }

    fn restore(self) -> Outcome {
        if self.list {
            return self.show();
        }
        let locker = self.lock.locker(call("restore", &[&self.file], None))?;
        let replace = self.replace.replace()?;
        let mut patient = Patient::new()?;
        let keeping = settings::keeping(&locker, "restore")?;
        let mut place = FilePlace::new(&self.file, Some(&locker), replace, &mut patient).history(keeping);
        let which = self.from.as_deref().map_or(Ok(Earlier::Latest), earlier)?;
        let request = memory::Restore { which, force: self.force, dry_run: self.dry_run };
        let restored =
            memory::restore(&mut place, &request).map_err(|error| self.lock.wait.choose_exit(error))?;
        if output::change(&self.file, &restored, self.json, self.dry_run)? {
            say(&self.file, &restored);
        }
        Ok(Exit::Done)
    }

    fn show(&self) -> Outcome {
        let target = Target::resolve(&self.file)?;
        let rows: Vec<Row> = backups(&target.path)?.into_iter().map(row).collect();
        if self.json {
            output::json(&rows)?;
        } else if rows.is_empty() {
            return Err(CliError::new(Kind::NoInput, format!("{} has no backups", self.file.display()))
                .hint("update and write keep them with --backup"));
        } else {
            let head = ["VERSION", "WRITTEN", "BYTES", "PATH"].map(str::to_owned).to_vec();
            let lines = rows.iter().map(|row| {
                let written = row.written.clone().unwrap_or_default();
                vec![row.version.to_string(), written, row.bytes.to_string(), row.path.clone()]
            });
            let table: Vec<Vec<String>> = std::iter::once(head).chain(lines).collect();
            output::result(output::table(&table).as_bytes())?;
        }
        Ok(Exit::Done)
    }
}

/// A backup's number is short; a tag's digits are more.
const MOST_NUMBER_DIGITS: usize = 3;

fn earlier(text: &str) -> Result<Earlier, CliError> {
    let number = text.parse().ok().filter(|_| text.len() <= MOST_NUMBER_DIGITS);
    match number {
        Some(number) => Ok(Earlier::Backup(number)),
        None => Which::parse(text, Timestamp::now())
            .map(Earlier::Kept)
            .map_err(|error| CliError::of(&error, error.kind(), error.hint())),
    }
}

/// Says what was put back.
pub(super) fn say(file: &Path, restored: &Restored) {
    let (file, which) = (shown(file), &restored.which);
    let written = restored.written.map(|time| format!(", written {time}")).unwrap_or_default();
    let size = restored.new.len();
    let text = match restored.changed {
        true => format!("put back {which} of {file}: {size} bytes{written}"),
        false => format!("{file} is {which} already: nothing was changed"),
    };
    output::note("note", &text);
}

fn row(backup: Backup) -> Row {
    let since_epoch = backup.modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let written = since_epoch
        .and_then(|time| jiff::Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok())
        .map(|time| time.to_string());
    Row { version: backup.index, path: crate::sys::text::shown(&backup.path), bytes: backup.size, written }
}
