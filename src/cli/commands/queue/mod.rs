//! `aimem queue …`: the outbox of memories.

mod add;
mod cancel;
mod dead;
mod entries;
mod export;
mod health;
mod import;
mod list;
mod progress;
mod retry;
mod service;
mod show;
mod status;
mod work;

use std::path::Path;
use std::time::Duration;

use clap::Subcommand;

use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::error::{CliError, Outcome};
use crate::legacy::python::files::OldFiles;
use crate::queue::config::Server;
use crate::queue::import::folder_with_any;
use crate::queue::places::Places;
use crate::queue::{QueueError, Spool};
use crate::settings;

/// Save memories at once, and deliver them when the server can take them
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Queue {
    /// Save a memory; it is on disk when this returns
    Add(add::Add),
    /// List what is on its way
    List(list::List),
    /// Show one entry whole
    Show(show::Show),
    /// Numbers, and for monitors a level: exit 1 at warning, 2 at critical
    Status(status::StatusArgs),
    /// Deliver what is due
    Work(work::Work),
    /// Let entries be tried again by the next run, dead ones included
    Retry(retry::Retry),
    /// Take entries back before they are delivered
    Cancel(cancel::Cancel),
    /// List what was given up on, and why
    Dead(dead::Dead),
    /// Ask the server now: exit 0 when it is up, 1 when it is down
    Health(health::Health),
    /// Take over the entries of the old Python programs
    Import(import::Import),
    /// Print the outbox in the old programs' form
    Export(export::Export),
}

impl Queue {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Queue::Add(add) => add.run(),
            Queue::List(list) => list.run(),
            Queue::Show(show) => show.run(),
            Queue::Status(status) => status.run(),
            Queue::Work(work) => work.run(),
            Queue::Retry(retry) => retry.run(),
            Queue::Cancel(cancel) => cancel.run(),
            Queue::Dead(dead) => dead.run(),
            Queue::Health(health) => health.run(),
            Queue::Import(import) => import.run(),
            Queue::Export(export) => export.run(),
        }
    }
}

/// Where the environment says that the outbox is.
fn places() -> Result<Places, QueueError> {
    Places::from_variables(&settings::variable)
}

/// The outbox that the environment names, as it is. `None` when there is none yet: nothing is made
/// before it is needed.
pub(super) fn existing() -> Result<Option<Spool>, CliError> {
    Ok(Spool::existing(&places()?.spool)?)
}

/// The same for verbs that change something in it: what is missing of it is made.
fn usable() -> Result<Option<Spool>, CliError> {
    Ok(existing()?.map(|spool| Spool::open(spool.path())).transpose()?)
}

fn not_found(id: &str) -> QueueError {
    QueueError::NotFound { what: "there is no such entry", id: id.to_owned() }
}

/// The server that is set.
fn server(places: &Places) -> Result<Server, CliError> {
    Ok(Server::from_settings(places.config.as_deref(), &settings::variable)?.ok_or(QueueError::NoServer)?)
}

/// Our own lock on the old queue file is kept for milliseconds. But one that a killed process has
/// made and not furnished has to be watched for two seconds before it can be taken over.
const IMPORT_PATIENCE: Duration = Duration::from_millis(2500);

/// The old programs' files in a folder, where there are any.
fn old_files(folder: Option<&Path>, spool: Option<&Spool>) -> Result<Option<OldFiles>, CliError> {
    let Some(folder) = folder else { return Ok(None) };
    let Some(folder) = folder_with_any(folder, spool)? else { return Ok(None) };
    let wait = WaitArgs {
        timeout: Some(IMPORT_PATIENCE),
        nonblock: false,
        conflict_exit_code: None,
        no_deadlock_check: true,
    };
    let locker = locker(&wait, None, None, call("queue import", &[folder.path()], None))?;
    Ok(Some(OldFiles::new(folder, locker)))
}
