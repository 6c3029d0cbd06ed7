//! `aimem locks …`: looking at all locks.

mod check;
mod cleanup;
mod init;
mod log;
pub mod report;
mod selftest;
mod show;
mod watch;

use clap::Subcommand;

use super::super::error::Outcome;

/// Look at all locks
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Locks {
    /// List every lock with its holder, its age, and whether it is alive
    Show(show::Show),
    /// Remove stale locks, and only those
    Cleanup(cleanup::Cleanup),
    /// For monitors: exit 1 when a lock is stale or old, or waits time out often
    Check(check::Check),
    /// Show what happened to locks that should not happen often
    Log(log::Log),
    /// Race the lock on this very file system
    Selftest(selftest::Selftest),
    /// Make a lock folder for all who share DIR
    Init(init::Init),
    /// One contender of a self-test
    #[command(hide = true)]
    Contend(selftest::Contend),
}

impl Locks {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Locks::Show(show) => show.run(),
            Locks::Cleanup(cleanup) => cleanup.run(),
            Locks::Check(check) => check.run(),
            Locks::Log(log) => log.run(),
            Locks::Selftest(selftest) => selftest.run(),
            Locks::Init(init) => init.run(),
            Locks::Contend(contend) => contend.run(),
        }
    }
}
