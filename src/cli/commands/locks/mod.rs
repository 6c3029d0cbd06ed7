//! `aimem locks …`: looking at all locks.

mod check;
mod cleanup;
mod init;
mod log;
pub mod report;
mod selftest;
mod show;

use clap::Subcommand;

use super::super::error::Outcome;

/// Look at all locks
#[derive(Debug, Subcommand)]
pub enum Locks {
    Show(show::Show),
    Cleanup(cleanup::Cleanup),
    Check(check::Check),
    Log(log::Log),
    Selftest(selftest::Selftest),
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
