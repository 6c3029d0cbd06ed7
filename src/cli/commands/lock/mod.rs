//! `aimem lock …`: acting on one lock.

mod acquire;
mod break_lock;
mod release;
mod renew;
mod report;
mod status;
mod wait;
mod with;

use clap::Subcommand;

use super::super::error::Outcome;

/// Act on one lock
#[derive(Debug, Subcommand)]
pub enum Lock {
    With(with::With),
    Acquire(acquire::Acquire),
    Release(release::Release),
    Renew(renew::Renew),
    Status(status::Status),
    Wait(wait::Wait),
    Break(break_lock::Break),
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
        }
    }
}
