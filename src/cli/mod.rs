//! What is typed and what is shown. The only dispatch is here.

pub mod args;
pub mod called;
pub mod clients;
pub mod colour;
mod commands;
pub mod diff;
pub mod error;
pub mod exit;
pub mod filter_args;
pub mod format;
pub mod hints;
pub mod input;
mod mistakes;
pub mod operands;
pub mod output;
pub mod schema_arg;
pub mod waiting;
pub mod words;

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::{Parser, Subcommand};

#[cfg(feature = "mcp")]
use commands::mcp;
#[cfg(feature = "outbox")]
use commands::queue;
use commands::{
    append, check, compare, completions, conflicts, edit, history, hook, init, insert, lock, locks, man,
    merge, merge_driver, read, restore, undo, update, write,
};
use error::Outcome;
use exit::Exit;

use crate::legacy::scripts;

/// Many agents, editors and cron jobs share files without losing a byte.
#[derive(Debug, Parser)]
#[command(
    name = "aimem",
    version,
    max_term_width = 100,
    propagate_version = true,
    disable_help_subcommand = true,
    help_template = "{about-with-newline}\n{usage-heading} {usage}\n\nCommands:\n{subcommands}{after-help}"
)]
#[command(after_help = "\
Each: aimem VERB --help. Exit codes: 75 lock not free in time, 76 lock lost; all: aimem man.")]
pub struct Cli {
    /// Say nothing but errors on standard error; with -E 0 a busy lock is none
    #[arg(short, long, global = true, display_order = 900)]
    quiet: bool,
    /// Colours: on a terminal, unless NO_COLOR is set; always; never
    #[arg(long, global = true, display_order = 900, value_name = "WHEN", hide_possible_values = true)]
    color: Option<colour::When>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    /// Act on one lock: run a command under it, take it, release it
    #[command(subcommand)]
    Lock(lock::Lock),
    /// Look at all locks, and remove stale ones
    #[command(subcommand)]
    Locks(locks::Locks),
    /// Print a file, or what a filter makes of it
    Read(read::Read),
    /// Change a JSON, JSONC or TOML document with a jq filter, or any file with a command
    Update(update::Update),
    /// Replace a file by what stands on standard input
    Write(write::Write),
    /// Replace a text in any file where it occurs exactly once
    Edit(edit::Edit),
    /// Insert lines into any file, at a place that is named
    Insert(insert::Insert),
    /// Add lines at the end of any file
    Append(append::Append),
    /// Put an earlier version of a file back
    Restore(restore::Restore),
    /// Undo the last change of a file
    Undo(undo::Undo),
    /// Show what a file was before: when, who, by which verb, how large
    History(history::History),
    /// Make a project's memory: context, sessions and decisions, with their schemas
    Init(init::Init),
    /// Look at memory files, their locks and the outbox; exit 1 if a person is needed
    Check(check::Check),
    /// Say whether a version of a document is older than another, newer, or neither
    Compare(compare::Compare),
    /// Make one document of two versions of it
    Merge(merge::Merge),
    /// List the conflicts that a merge has left, and resolve them
    #[command(subcommand)]
    Conflicts(conflicts::Conflicts),
    /// Merge for git and jj
    MergeDriver(merge_driver::MergeDriver),
    /// Save memories at once, and deliver them when the server can take them
    #[cfg(feature = "outbox")]
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Guard what agents edit with their own tools, as a hook of their client
    #[command(subcommand)]
    Hook(hook::Hook),
    /// Serve files, locks and memories to an agent, by the Model Context Protocol
    #[cfg(feature = "mcp")]
    Mcp(mcp::Mcp),
    /// Stand in for the old bash scripts
    #[command(subcommand)]
    Scripts(scripts::install::Scripts),
    /// Print a shell's completions, or write all of them
    Completions(completions::Completions),
    /// Print the manual page of a verb, or write all of them
    Man(man::Man),
}

impl Command {
    fn run(self) -> Outcome {
        match self {
            Command::Lock(lock) => lock.run(),
            Command::Locks(locks) => locks.run(),
            Command::Read(read) => read.run(),
            Command::Update(update) => update.run(),
            Command::Write(write) => write.run(),
            Command::Edit(edit) => edit.run(),
            Command::Insert(insert) => insert.run(),
            Command::Append(append) => append.run(),
            Command::Restore(restore) => restore.run(),
            Command::Undo(undo) => undo.run(),
            Command::History(history) => history.run(),
            Command::Init(init) => init.run(),
            Command::Check(check) => check.run(),
            Command::Compare(compare) => compare.run(),
            Command::Merge(merge) => merge.run(),
            Command::Conflicts(conflicts) => conflicts.run(),
            Command::MergeDriver(driver) => driver.run(),
            #[cfg(feature = "outbox")]
            Command::Queue(queue) => queue.run(),
            Command::Hook(hook) => hook.run(),
            #[cfg(feature = "mcp")]
            Command::Mcp(mcp) => mcp.run(),
            Command::Scripts(scripts) => scripts.run(),
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(),
        }
    }
}

/// Runs one command line to its end, and returns the exit code. The first word is the name that
/// the program was started under, which may be one of the old scripts'.
pub fn run(words: impl IntoIterator<Item = OsString>) -> u8 {
    let mut words = words.into_iter();
    let program = words.next().unwrap_or_default();
    // Without it a limit ends us as it ends others.
    let _ = crate::sys::signal::survive_file_limit();
    match scripts::name_of(&program) {
        Some(name) => scripts::run(name, words.collect()),
        None => run_words(words),
    }
}

/// The same for the words after the program's name.
fn run_words(words: impl IntoIterator<Item = OsString>) -> u8 {
    output::finish(outcome_of(words))
}

/// The same, an error still to be told.
pub(crate) fn outcome_of(words: impl IntoIterator<Item = OsString>) -> Outcome {
    let words: Vec<OsString> = words.into_iter().collect();
    if let Some(outcome) = hook::answer_at_once(&words) {
        return outcome;
    }
    let words = words::without_help(words);
    let program = std::iter::once(OsString::from("aimem"));
    match Cli::try_parse_from(program.chain(words.iter().cloned())) {
        Ok(cli) => {
            output::be_quiet(cli.quiet);
            if let Some(when) = cli.color {
                colour::choose(when);
            }
            cli.command.run()
        }
        Err(error) => {
            let told = words::no_such_verb(&error, &words).or_else(|| mistakes::told(&error, &words));
            if let Some(error) = told {
                let as_json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
                return Err(error.as_json(as_json));
            }
            // Help goes to standard output, a usage error to standard error.
            let printed = error.print().and_then(|()| io::stdout().flush());
            if !error.use_stderr() {
                output::settle(printed)?;
            }
            Ok(Exit::Status(u8::try_from(error.exit_code()).unwrap_or(2)))
        }
    }
}
