//! Questions about other processes.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal};

use super::file::Identity;
use super::platform;

/// What the process table says about a PID, seen from this process's PID namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// The parent's PID. 0 where the parent is outside this namespace.
    pub parent: u32,
    /// Ended, but not yet reaped by its parent, and without any thread still running.
    pub zombie: bool,
    /// Stopped by a signal, as Ctrl-Z does, or by a debugger: alive, but it does nothing.
    pub stopped: bool,
    /// Start time in the kernel's own unit (Linux: clock ticks since boot). Equal for the same
    /// process, different for a later one with the same PID.
    pub started: u64,
}

/// Whether a process with this PID exists. A process of another user does.
pub fn exists(pid: u32) -> bool {
    match pid_of(pid) {
        Some(pid) => rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH),
        None => false,
    }
}

/// Whether there is no such process, or only what its parent has not reaped yet.
pub fn has_ended(pid: u32) -> bool {
    !exists(pid) || look_up(pid).is_some_and(|process| process.zombie)
}

/// Reads the process table's entry. `None` when there is none or it can't be read.
pub fn look_up(pid: u32) -> Option<Process> {
    platform::process(pid)
}

/// Takes standard output for the caller alone: what anything else writes there from now on goes to
/// standard error. The caller hands over both.
///
/// # Errors
/// No descriptors are left.
pub fn take_standard_output(output: impl AsFd, error: impl AsFd) -> std::io::Result<std::fs::File> {
    let taken = rustix::io::fcntl_dupfd_cloexec(output, 3)?;
    rustix::stdio::dup2_stdout(error)?;
    Ok(taken.into())
}

/// For how long a process has lived.
pub fn age(process: &Process) -> Option<std::time::Duration> {
    platform::process_age(process.started)
}

/// Whether the process table that we read is that of our own PID namespace.
pub fn table_is_ours() -> bool {
    platform::table_is_ours()
}

/// Whether no process of this kernel is hidden from us: we are in the first PID namespace, its
/// process table is mounted, and it shows other users' processes.
pub fn sees_all() -> bool {
    platform::sees_all_processes()
}

/// The processes that have this number in a PID namespace below ours, as in a container or a sandbox.
pub fn in_inner_namespaces(pid: u32) -> Vec<Process> {
    platform::in_inner_namespaces(pid)
}

/// When a process with that start time began, in seconds since 1970 on today's wall clock.
pub fn wall_clock_start(process: &Process) -> Option<f64> {
    platform::wall_clock_start(process.started)
}

/// The executable of a process, where we may see it.
pub fn executable(pid: u32) -> Option<PathBuf> {
    platform::executable(pid)
}

/// Whether a process is blocked until its only child ends, or until the child has written all that
/// the parent reads, as a shell is in `$(…)`. False where that can't be told.
pub fn waits_only_for(parent: u32, child: u32) -> bool {
    platform::waits_only_for(parent, child)
}

/// The name of a process's program, for messages.
pub fn program(pid: u32) -> Option<String> {
    let path = executable(pid).or_else(|| command_line(pid).into_iter().next().map(PathBuf::from))?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// The command line of a process; empty for a zombie, or where we may not see it.
pub fn command_line(pid: u32) -> Vec<OsString> {
    platform::command_line(pid)
}

/// This process's parent. 0 where it is outside this PID namespace.
pub fn parent() -> u32 {
    rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get().cast_unsigned())
}

/// Whether this process may do with other users' files what their owners may, such as to rename
/// them in a sticky folder. The superuser may lack that power, as in some containers.
pub fn acts_as_owner() -> bool {
    platform::acts_as_owner().unwrap_or_else(|| effective_user() == 0)
}

/// The effective user id. A process that has begun keeps it: nothing here changes it.
pub fn effective_user() -> u32 {
    static USER: OnceLock<u32> = OnceLock::new();
    *USER.get_or_init(|| rustix::process::geteuid().as_raw())
}

/// This process's PID.
pub fn own_id() -> u32 {
    static ID: OnceLock<u32> = OnceLock::new();
    *ID.get_or_init(std::process::id)
}

/// Sends a signal. It is not an error if the process has ended.
///
/// # Errors
/// The signal number is unknown, or the process may not be signalled.
pub fn send_signal(pid: u32, number: i32) -> std::io::Result<()> {
    let (Some(pid), Some(signal)) = (pid_of(pid), Signal::from_named_raw(number)) else {
        return Err(std::io::ErrorKind::InvalidInput.into());
    };
    match rustix::process::kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The other processes that have `path` open, as far as this user may see. For messages only: the
/// answer is old when it arrives.
pub fn who_has_open(path: &Path) -> Vec<u32> {
    std::fs::metadata(path).map_or_else(|_| Vec::new(), |meta| who_has_open_as(path, Identity::from(&meta)))
}

/// The same for a file that was opened as that path's last name: where the path leads now does not
/// matter.
pub fn who_has_open_as(path: &Path, file: Identity) -> Vec<u32> {
    let wanted = Wanted { identity: file, path: path.to_owned() };
    let mut found = who_has_open_each(&[wanted], |name| Some(name) == path.file_name());
    let mut pids = found.remove(&file).unwrap_or_default();
    pids.retain(|&pid| pid != std::process::id());
    pids
}

/// An open file whose users are looked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which file.
    pub identity: Identity,
    /// Where it is now, though it may have been opened by another name.
    pub path: PathBuf,
}

/// The PIDs that have each of these files open, from one look at the process table, as far as this
/// user may see. Only descriptors whose name passes are followed: on others a dead network mount
/// could hang. For messages only, as [`who_has_open`].
pub fn who_has_open_each(files: &[Wanted], named: impl Fn(&OsStr) -> bool) -> HashMap<Identity, Vec<u32>> {
    if files.is_empty() { HashMap::new() } else { platform::who_has_open_each(files, &named) }
}

/// Whether what this process prints goes to the very pipe or file that another one's output goes to.
/// A terminal, which all share, does not count.
pub fn shares_output(pid: u32) -> bool {
    platform::shares_output(pid)
}

/// The signals that this process ignores, as `nohup` makes it do with HUP: bit N - 1 for
/// signal N.
pub fn ignored_signals() -> u64 {
    platform::ignored_signals()
}

fn pid_of(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}
