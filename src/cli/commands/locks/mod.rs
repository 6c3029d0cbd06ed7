//! `aimem locks …`: looking at all locks.

mod check;
mod cleanup;
pub mod report;
mod show;

use clap::Subcommand;

use super::super::error::Outcome;

/// Look at all locks
#[derive(Debug, Subcommand)]
pub enum Locks {
    /// List every lock with its holder, its age, and whether it is alive
    Show(show::Show),
    /// Remove stale locks, and only those
    Cleanup(cleanup::Cleanup),
    /// For monitors: exit 1 when a lock is stale or old
    Check(check::Check),
}

impl Locks {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Locks::Show(show) => show.run(),
            Locks::Cleanup(cleanup) => cleanup.run(),
            Locks::Check(check) => check.run(),
        }
    }
}
