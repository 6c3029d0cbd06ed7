//! What is typed and what is shown. The only dispatch is here.

pub mod args;
mod commands;
pub mod diff;
pub mod duration;
pub mod env;
pub mod error;
pub mod exit;
pub mod output;
pub mod waiting;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

#[cfg(feature = "outbox")]
use commands::queue;
use commands::{lock, locks, read, restore, update, write};
use error::Outcome;

/// Many agents, editors and cron jobs share files without losing a byte.
#[derive(Debug, Parser)]
#[command(
    name = "aimem",
    version,
    max_term_width = 100,
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
Exit codes: 0 done, 1 a check failed, 2 usage, 65 bad data, 66 no input, 73 can't create,
74 input or output failed, 75 lock not free in time, 76 lock lost, 77 permission denied.")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Act on one lock: run a command under it, take it, release it
    #[command(subcommand)]
    Lock(lock::Lock),
    /// Look at all locks, and remove stale ones
    #[command(subcommand)]
    Locks(locks::Locks),
    /// Print a file, or what a filter makes of it
    Read(read::Read),
    /// Change a JSON document with a jq filter or a command
    Update(update::Update),
    /// Replace a file by what stands on standard input
    Write(write::Write),
    /// Put an earlier version of a file back
    Restore(restore::Restore),
    /// Save memories at once, and deliver them when the server can take them
    #[cfg(feature = "outbox")]
    #[command(subcommand)]
    Queue(queue::Queue),
}

impl Command {
    fn run(self) -> Outcome {
        match self {
            Command::Lock(lock) => lock.run(),
            Command::Locks(locks) => locks.run(),
            Command::Read(read) => read.run(),
            Command::Update(update) => update.run(),
            Command::Write(write) => write.run(),
            Command::Restore(restore) => restore.run(),
            #[cfg(feature = "outbox")]
            Command::Queue(queue) => queue.run(),
        }
    }
}

/// Runs one command line to its end, and returns the exit code.
pub fn run(words: impl IntoIterator<Item = OsString>) -> u8 {
    match Cli::try_parse_from(words) {
        Ok(cli) => output::finish(cli.command.run()),
        Err(error) => {
            // Help goes to standard output, a usage error to standard error.
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(2)
        }
    }
}
