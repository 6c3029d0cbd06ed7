//! `aimem queue import`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{existing, old_files, places};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::queue::Spool;
use crate::queue::import::{Imported, import};

/// Take over the entries of the old Python programs
#[derive(Debug, Args)]
#[command(after_help = "\
Takes what is in mem0_queue.json (queue, failed) and mem0_emergency.json out of these files, while
nobody uses them; last_100 goes into the archive once. Every `queue work` does it too.

Examples:
  aimem queue import
  aimem queue import /mnt/backup/.claude --json")]
pub struct Import {
    /// The folder of the old files [default: ~/.claude]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(crate) fn run(self) -> Outcome {
        let places = places()?;
        let given = self.folder.map(std::path::absolute).transpose();
        let given = given.map_err(|error| CliError::io("cannot find the working folder", &error))?;
        let folder = given.or(places.old);
        let imported = match old_files(folder.as_deref(), existing()?.as_ref())? {
            Some(old) => import(&old, &Spool::open(&places.spool)?)?,
            None => Imported::default(),
        };
        if self.json {
            output::json(&json!({
                "queued": imported.queued,
                "failed": imported.failed,
                "emergency": imported.emergency,
                "archived": imported.archived,
                "set_aside": imported.set_aside.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>(),
                "from_backup": imported.from_backup,
            }))?;
        } else {
            say(&imported);
        }
        Ok(Exit::Done)
    }
}

/// Tells what was taken over, and what was found broken.
pub(super) fn say(imported: &Imported) {
    let Imported { queued, failed, emergency, archived, .. } = imported;
    output::note(
        "note",
        &format!(
            "taken from the old programs: {queued} waiting, {failed} failed, {emergency} from the emergency file; \
             {archived} old deliveries archived"
        ),
    );
    for path in &imported.set_aside {
        let source = match imported.from_backup {
            true => "nothing in it could be read, so the old backup was taken",
            false => "what could be read of it was taken",
        };
        output::warning(format!("an old file did not parse: {source}; it is {} now", path.display()));
    }
}
