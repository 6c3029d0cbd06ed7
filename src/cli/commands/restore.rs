//! `aimem restore`

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use serde::Serialize;

use super::super::args::{LockArgs, ReplaceArgs, call};
use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::waiting::Patient;
use super::super::{diff, output};
use crate::lock::Target;
use crate::memory;
use crate::place::FilePlace;
use crate::replace::{Backup, backups};
use crate::sys::failure::Kind;

/// Put an earlier version of a file back
///
/// The version that it replaces becomes the latest backup, so a second restore undoes the first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem restore --list sessions.json
  aimem restore sessions.json --from 1")]
pub struct Restore {
    /// The file
    file: PathBuf,
    /// Show the versions that are kept
    #[arg(long, conflicts_with_all = ["from", "dry_run"])]
    list: bool,
    /// With --list: one JSON document
    #[arg(long, requires = "list")]
    json: bool,
    /// Which version; 0 is the latest
    #[arg(long, value_name = "K", default_value_t = 0)]
    from: u32,
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
        if self.list {
            return self.show();
        }
        let locker = self.lock.locker(call("restore", &[&self.file], None))?;
        let replace = self.replace.replace()?;
        let mut patient = Patient::new()?;
        let mut place = FilePlace::new(&self.file, Some(&locker), replace, &mut patient);
        let request = memory::Restore { version: self.from, dry_run: self.dry_run };
        let restored =
            memory::restore(&mut place, &request).map_err(|error| self.lock.wait.choose_exit(error))?;
        restored.warnings.iter().for_each(output::warning);
        if self.dry_run {
            output::result(diff::unified(&self.file, &restored.old, &restored.new).as_bytes())?;
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

fn row(backup: Backup) -> Row {
    let since_epoch = backup.modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let written = since_epoch
        .and_then(|time| jiff::Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok())
        .map(|time| time.to_string());
    Row { version: backup.index, path: crate::sys::text::shown(&backup.path), bytes: backup.size, written }
}
