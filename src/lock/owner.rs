//! Who should own a lock that outlives the command that takes it.

use super::LockError;
use super::claim::Keep;
use crate::sys;

/// Programs that only start another one.
const PASSERS: [&str; 3] = ["timeout", "env", "nohup"];

/// The process that `lock acquire` makes the owner: the nearest ancestor that is neither a bare
/// fork of its own parent (a subshell: same executable, same command line) nor one of `timeout`,
/// `env` and `nohup`. In `ID=$(aimem lock acquire F)` that is the shell.
///
/// # Errors
/// [`LockError::NoOwner`] when there is no such process.
pub fn nearest() -> Result<Keep, LockError> {
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
        let program = command.first().map(std::path::Path::new).and_then(std::path::Path::file_name);
        let passes_on = program.is_some_and(|name| PASSERS.iter().any(|passer| name == *passer));
        if !passes_on && !is_fork_of(pid, &command, process.parent) {
            return Ok(Keep::Owner { pid, started: process.started });
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

fn is_fork_of(pid: u32, command: &[std::ffi::OsString], parent: u32) -> bool {
    let (Some(mine), Some(theirs)) = (sys::process::executable(pid), sys::process::executable(parent)) else {
        return false;
    };
    mine == theirs && sys::process::command_line(parent) == command
}

fn no_owner(why: &str) -> Result<Keep, LockError> {
    Err(LockError::NoOwner { why: why.to_owned() })
}
