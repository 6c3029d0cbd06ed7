//! Who should own a lock that outlives the command that takes it.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::LockError;
use super::claim::Keep;
use crate::sys;
use crate::sys::text::printable;

/// Programs that only start another one, and may not name it in words of their own: `make` has it in
/// a file, `script -c` in one word with its arguments.
const PASSERS: [&str; 13] = [
    "timeout", "env", "nohup", "sudo", "doas", "su", "runuser", "flock", "script", "time", "make", "gmake",
    "xargs",
];

const SHELLS: [&str; 12] =
    ["sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "csh", "tcsh", "busybox", "nu"];

/// A process that is to own a lock.
#[derive(Debug)]
pub struct Owner {
    /// What keeps the lock.
    pub keep: Keep,
    /// Its PID.
    pub pid: u32,
    /// How to call it, where it may end with this very command line, and the lock with it.
    pub ends_soon: Option<String>,
}

/// The process that becomes the owner in `lock acquire`: the nearest ancestor that is neither a
/// bare fork of its own parent (a subshell: same executable, same command line) nor there only to
/// run this command, such as `timeout` and `sudo`. In `ID=$(sudo aimem lock acquire F)` that is the
/// shell.
///
/// `call` is the command line of this program, as far as it is distinctive. A process that has it
/// among its own arguments only runs us.
///
/// # Errors
/// [`LockError::NoOwner`] when there is no such process.
pub fn nearest(call: &[OsString]) -> Result<Owner, LockError> {
    let mut pid = sys::process::parent();
    if pid > 1 && !sys::process::table_is_ours() {
        return no_owner("the process table here belongs to another PID namespace");
    }
    loop {
        if pid <= 1 {
            return no_owner("no shell or program above this command can own it");
        }
        let Some(process) = sys::process::look_up(pid) else {
            return no_owner("its parent process cannot be looked at");
        };
        let command = sys::process::command_line(pid);
        let passes_on =
            PASSERS.contains(&program(&command)) || names(&command, call) || is_only(&command, call);
        if !passes_on && !is_fork_of(pid, &command, process.parent) {
            let keep = Keep::Owner { pid, started: process.started };
            return Ok(Owner { keep, pid, ends_soon: ends_soon(pid, &command) });
        }
        pid = process.parent;
    }
}

/// The process with this PID as an owner.
///
/// # Errors
/// [`LockError::NoOwner`] when it does not exist or its start time can't be read.
pub fn by_pid(pid: u32) -> Result<Keep, LockError> {
    if !sys::process::table_is_ours() {
        return no_owner("the process table here belongs to another PID namespace");
    }
    match sys::process::look_up(pid) {
        Some(process) if !process.zombie => Ok(Keep::Owner { pid, started: process.started }),
        _ => no_owner(&format!("there is no process {pid}")),
    }
}

/// The name of a command line's program; a login shell's has a dash before it.
fn program(command: &[OsString]) -> &str {
    let name = command.first().map(Path::new).and_then(Path::file_name).and_then(OsStr::to_str);
    name.unwrap_or_default().trim_start_matches('-')
}

/// Whether a command line has `call` among its arguments, each word of it one of its own.
fn names(command: &[OsString], call: &[OsString]) -> bool {
    let is_call = |words: &[OsString]| {
        let (Some((program, rest)), Some((ours, our_rest))) = (words.split_first(), call.split_first())
        else {
            return false;
        };
        Path::new(program).file_name() == Path::new(ours).file_name() && rest == our_rest
    };
    !call.is_empty() && command.get(1..).is_some_and(|words| words.windows(call.len()).any(is_call))
}

/// Whether a shell was started for `call` alone: `sh -c 'aimem lock acquire F'` with nothing after it.
fn is_only(command: &[OsString], call: &[OsString]) -> bool {
    let Some(text) = commands(command).and_then(OsStr::to_str).filter(|_| SHELLS.contains(&program(command)))
    else {
        return false;
    };
    let verb: Vec<&str> = call.iter().skip(1).filter_map(|word| word.to_str()).collect();
    !verb.is_empty()
        && !text.contains([';', '&', '|', '(', '`', '\n'])
        && text.contains(&format!(" {} ", verb.join(" ")))
}

/// How to describe an owner that, as far as can be told, is not a shell that continues after us.
fn ends_soon(pid: u32, command: &[OsString]) -> Option<String> {
    let name = program(command);
    if !SHELLS.contains(&name) {
        return Some(printable(name).into_owned());
    }
    let ends = match commands(command) {
        // A script that releases the lock itself does not need it to last.
        Some(text) => !text.to_string_lossy().contains("release"),
        // The id goes to whoever reads what the shell says, and not to the shell.
        None => sys::process::shares_output(pid),
    };
    ends.then(|| "the shell that asked".to_owned())
}

/// What stands after a shell's `-c`.
fn commands(shell: &[OsString]) -> Option<&OsStr> {
    let mut words = shell.iter().skip(1);
    let mut is_next = false;
    while let Some(word) = words.next() {
        match word.as_encoded_bytes() {
            [b'-', b'-', _, ..] => {}
            [b'-' | b'+', letters @ ..] if letters != b"-" => {
                is_next |= letters.contains(&b'c');
                // Its value is a separate word: `-euo pipefail`.
                if letters.contains(&b'o') || letters.contains(&b'O') {
                    words.next();
                }
            }
            _ => return is_next.then_some(word),
        }
    }
    None
}

fn is_fork_of(pid: u32, command: &[OsString], parent: u32) -> bool {
    let (Some(mine), Some(theirs)) = (sys::process::executable(pid), sys::process::executable(parent)) else {
        return false;
    };
    mine == theirs && sys::process::command_line(parent) == command
}

fn no_owner<T>(why: &str) -> Result<T, LockError> {
    Err(LockError::NoOwner { why: why.to_owned() })
}
