//! `aimem lock …`: acting on one lock.

mod acquire;
mod break_lock;
mod id_file;
mod release;
mod renew;
mod report;
mod status;
mod take;
mod wait;
mod with;

use clap::Subcommand;

use super::super::error::Outcome;

/// Act on one lock
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Lock {
    /// Run a command while holding the lock of one or several files
    With(with::With),
    /// Take a lock that outlives this command, and print its id
    Acquire(acquire::Acquire),
    /// Give back the lock with this id
    Release(release::Release),
    /// Let a lease run for longer, counted from now
    Renew(renew::Renew),
    /// Say who holds the lock of a file
    Status(status::Status),
    /// Wait until the lock of a file is free, without taking it
    Wait(wait::Wait),
    /// Take the lock of a file away from whoever holds it
    Break(break_lock::Break),
    /// Take the lock of a file away from whoever holds it, and have it
    Take(take::Take),
}

impl Lock {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Lock::With(with) => with.run(),
            Lock::Acquire(acquire) => acquire.run(),
            Lock::Release(release) => release.run(),
            Lock::Renew(renew) => renew.run(),
            Lock::Status(status) => status.run(),
            Lock::Wait(wait) => wait.run(),
            Lock::Break(break_lock) => break_lock.run(),
            Lock::Take(take) => take.run(),
        }
    }
}
