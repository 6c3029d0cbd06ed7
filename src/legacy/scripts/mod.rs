//! `file-lock.sh` and the other old names: what the four bash scripts took, said and returned.
//!
//! Under these names exit codes are 0 and 1 only, except that `file-lock.sh with` returns its
//! command's. Results go to standard output; lines that begin with `[OK]`, `[INFO]` or `[ERROR]`,
//! and the usage, to standard error. Between `file-lock.sh acquire` and `release`, the other scripts
//! work under the lock that their shell has taken. `tests/data/scripts.txt` has what the originals
//! answered, and where and why these answer otherwise.

mod documents;
pub mod install;
mod locks;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::cli::args::{WaitArgs, lock_root_of};
use crate::cli::error::{CliError, Outcome};
use crate::cli::hints::quote;
use crate::cli::output;
use crate::lock::key::Key;
use crate::lock::{Keep, LockId, LockRoot, Target, manage, owner};
use crate::settings;
use crate::sys::failure::Hint;

/// The one of them that knows verbs, and runs commands.
pub const LOCK_SCRIPT: &str = "file-lock.sh";

/// The scripts that this program stands in for.
pub const NAMES: [&str; 4] = [LOCK_SCRIPT, "memory-read.sh", "memory-update.sh", "atomic-write.sh"];

const READ_USAGE: &str = "memory-read.sh FILE [--no-lock] [--raw]";
const UPDATE_USAGE: &str = "memory-update.sh FILE EXPRESSION [--backup], or: FILE --function NAME [--backup]";
const WRITE_USAGE: &str = "atomic-write.sh FILE [--validate] [--backup] [--content TEXT] [--no-lock]";

/// What stands before a line on standard error.
const LABELS: output::Labels = |kind| match kind {
    "error" => "[ERROR]",
    "hint" => "[HINT]",
    "ok" => "[OK]",
    "debug" => "[DEBUG]",
    _ => "[INFO]",
};
const LOCK_LABELS: output::Labels = |kind| match kind {
    "error" => "[LOCK ERROR]",
    "hint" => "[LOCK HINT]",
    "ok" => "[LOCK OK]",
    "debug" => "[LOCK DEBUG]",
    _ => "[LOCK INFO]",
};

/// A hint in the scripts' terms, where it names what they do not have.
fn in_script_terms(hint: &Hint) -> Option<String> {
    let words = match hint {
        Hint::WaitLonger(file) => {
            return Some(format!(
                "wait longer with LOCK_TIMEOUT=60, or see who it is: aimem lock status {}",
                quote(file)
            ));
        }
        Hint::TakeTurns => {
            "commands under one lock take turns: wait longer with LOCK_TIMEOUT=60; to work in a place that was acquired: --lock ID"
        }
        Hint::Create => "start a new document: atomic-write.sh FILE --content '{}'",
        Hint::GiveDefault => "write it first: atomic-write.sh FILE --content '{}'",
        Hint::WriteInPlace => {
            "a file is replaced by a new one beside it, which needs write permission on its folder; aimem update --in-place needs it on the file only"
        }
        Hint::MountFolder => {
            "mount its folder instead, or use aimem update --in-place, which a crash can tear"
        }
        Hint::NameOwner => "say whose lock it is: aimem lock acquire FILE --pid PID, or --ttl DURATION",
        _ => return None,
    };
    Some(words.to_owned())
}

/// The script's name, if the program was started under one.
pub fn name_of(program: &OsStr) -> Option<&'static str> {
    let name = Path::new(program).file_name()?;
    NAMES.into_iter().find(|known| name == *known)
}

/// Runs a script's command line to its end, and returns the exit code.
pub fn run(name: &str, words: Vec<OsString>) -> u8 {
    output::use_labels(if name == LOCK_SCRIPT { LOCK_LABELS } else { LABELS });
    let mut words = Words(words.into());
    tell(match name {
        "memory-read.sh" => documents::memory_read(&mut words),
        "memory-update.sh" => documents::memory_update(&mut words),
        "atomic-write.sh" => documents::atomic_write(&mut words),
        _ => return locks::file_lock(words),
    })
}

/// Says what went wrong as a script would, and returns 0 or 1.
fn tell(outcome: Outcome) -> u8 {
    let outcome = outcome.map_err(|mut error| {
        error.hint = error.hint.or_else(|| error.advice.as_deref().and_then(in_script_terms));
        error
    });
    match output::finish(outcome) {
        0 => 0,
        code @ 128.. => code,
        _ => 1,
    }
}

/// A script's words, taken from the front.
struct Words(std::collections::VecDeque<OsString>);

impl Words {
    fn next(&mut self) -> Option<OsString> {
        self.0.pop_front()
    }

    fn next_text(&mut self) -> Option<String> {
        self.next().map(|word| word.to_string_lossy().into_owned())
    }

    /// The next word, which must be there and not empty.
    fn operand(&mut self, line: &str) -> Result<PathBuf, CliError> {
        self.next().filter(|word| !word.is_empty()).map(PathBuf::from).ok_or_else(|| usage(line))
    }
}

/// A word that begins with a dash was always taken for an option.
fn is_option(word: &OsStr) -> bool {
    word.as_bytes().starts_with(b"-")
}

/// A word too many.
fn superfluous(word: &OsStr, usage: &str) -> CliError {
    let what = if is_option(word) { "Unknown option" } else { "Unexpected argument" };
    CliError::usage(format!("{what}: {}", word.to_string_lossy())).hint(format!("Usage: {usage}"))
}

/// A word too few.
fn usage(line: &str) -> CliError {
    CliError::usage(format!("Usage: {line}"))
}

fn wait_args() -> WaitArgs {
    WaitArgs { timeout: None, nonblock: false, conflict_exit_code: None, no_deadlock_check: false }
}

/// The id of a lock that `file-lock.sh acquire` took in the shell that runs us. A shell that has
/// only one command left may become it: then the lock's owner is this very process.
fn taken_by_this_shell(root: &LockRoot, key: &Key) -> Result<Option<LockId>, CliError> {
    let words: Vec<OsString> = std::env::args_os().take(2).collect();
    let nearest = owner::nearest(&words).map(|owner| owner.keep);
    let owners = [nearest, owner::by_pid(std::process::id())];
    let owners: Vec<Keep> = owners.into_iter().flatten().collect();
    Ok(manage::acquired_by(root, key, &settings::lock_ids()?, &owners)?)
}

/// How a script takes the lock of a file: not at all when its shell has it already.
fn lock_for(file: &Path) -> Result<Option<LockId>, CliError> {
    let Some(root) = lock_root_of(file)? else { return Ok(None) };
    taken_by_this_shell(&root, &Target::resolve(file)?.key)
}
