//! macOS: `sysctl` and `ioreg` for identity, `sysinfo` for the process table.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::time::{ClockId, clock_gettime};
use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

use super::file::{Identity, Link};
use super::machine::{FileSystem, Reach};
use super::process::{Process, Wanted};

/// What `fgetxattr` says of an attribute that is not there.
pub(super) const NO_ATTRIBUTE: rustix::io::Errno = rustix::io::Errno::NOATTR;

/// For a folder that is only passed through.
pub(super) const SEARCH: OFlags = OFlags::RDONLY;

/// A link's owner and target. `InvalidInput` for anything else.
pub(super) fn read_link_at(folder: &File, name: &OsStr) -> io::Result<Link> {
    let look = || rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    let before = look()?;
    if FileType::from_raw_mode(before.st_mode) != FileType::Symlink {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let target = rustix::fs::readlinkat(folder, name, Vec::new())?;
    // A link can't be opened here, so its inode number shows whether it was swapped meanwhile.
    if look()?.st_ino != before.st_ino {
        return Err(io::ErrorKind::Interrupted.into());
    }
    Ok(Link { owner: before.st_uid, target: OsStr::from_bytes(target.to_bytes()).into() })
}

/// Sets the permissions of a folder that may not be opened.
pub(super) fn set_folder_mode_at(folder: &File, name: &OsStr, mode: u32) -> io::Result<()> {
    let mode = Mode::from_raw_mode((mode & 0o7777) as rustix::fs::RawMode);
    Ok(rustix::fs::chmodat(folder, name, mode, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// `O_NOFOLLOW_ANY`, which `rustix` does not name.
const NO_LINK_AT_ALL: OFlags = OFlags::from_bits_retain(0x2000_0000);

/// Opens what a path leads to, if no link is on it.
pub(super) fn open_without_links(path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC | NO_LINK_AT_ALL;
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?)
}

/// There is no call that keeps to what lies beneath a folder.
pub(super) fn reach_beneath(_: &File, _: &Path) -> Option<io::Result<PathBuf>> {
    None
}

/// F_FULLFSYNC of any file writes the journal down, and with it all names.
pub(super) fn sync_file_system(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// There is no such call.
pub(super) fn open_beneath(_folder: &File, _path: &Path, _flags: OFlags) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Files are cloned under a new name only: see [`link_open`].
pub(super) fn clone_content(_from: &File, _to: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// An open file can't be linked. A clone shares its blocks, and serves as well.
pub(super) fn link_open(file: &File, folder: &File, name: &OsStr) -> io::Result<()> {
    Ok(rustix::fs::fclonefileat(file, folder, name, rustix::fs::CloneFlags::empty())?)
}

pub(super) fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    File::open("/dev/urandom")?.read_exact(bytes)
}

/// CLOCK_MONOTONIC counts suspend on macOS and starts at boot.
pub(super) fn since_boot() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

pub(super) fn boot_id() -> Option<String> {
    output_of("/usr/sbin/sysctl", &["-n", "kern.bootsessionuuid"])
}

pub(super) fn machine_id() -> Option<String> {
    let listing = output_of("/usr/sbin/ioreg", &["-rd1", "-c", "IOPlatformExpertDevice"])?;
    let line = listing.lines().find(|line| line.contains("IOPlatformUUID"))?;
    line.split('"').nth(3).map(str::to_owned)
}

pub(super) fn namespace(_name: &str) -> Option<u64> {
    Some(0)
}

pub(super) fn is_first_time_namespace(number: Option<u64>) -> bool {
    number == Some(0)
}

pub(super) fn process(pid: u32) -> Option<Process> {
    let found = ask(pid, ProcessRefreshKind::nothing(), |process| Process {
        parent: process.parent().map_or(0, Pid::as_u32),
        zombie: process.status() == ProcessStatus::Zombie,
        stopped: process.status() == ProcessStatus::Stop,
        started: process.start_time(),
    });
    // Where the kernel tells us nothing about another user's process, all fields are zero.
    found.filter(|process| process.started != 0)
}

pub(super) fn table_is_ours() -> bool {
    true
}

/// There are no PID namespaces, and `kill` sees every process.
pub(super) fn sees_all_processes() -> bool {
    true
}

pub(super) fn host_name_is_ours_alone() -> bool {
    false
}

pub(super) fn in_inner_namespaces(_pid: u32) -> Vec<Process> {
    Vec::new()
}

pub(super) fn process_age(started: u64) -> Option<std::time::Duration> {
    let began = std::time::Duration::try_from_secs_f64(wall_clock_start(started)?).ok()?;
    super::clock::since_epoch().checked_sub(began)
}

pub(super) fn wall_clock_start(started: u64) -> Option<f64> {
    Some(started as f64)
}

pub(super) fn executable(pid: u32) -> Option<PathBuf> {
    let what = ProcessRefreshKind::nothing().with_exe(UpdateKind::Always);
    ask(pid, what, |process| process.exe().map(Path::to_owned))?
}

pub(super) fn command_line(pid: u32) -> Vec<OsString> {
    let what = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always);
    ask(pid, what, |process| process.cmd().to_vec()).unwrap_or_default()
}

/// `lsof` finds files by their identity, whatever they were called when they were opened. Its lines
/// are one field each: `p` a PID, then for each of its files `f`, `D` the device and `i` the inode.
pub(super) fn who_has_open_each(
    files: &[Wanted],
    _named: &dyn Fn(&OsStr) -> bool,
) -> HashMap<Identity, Vec<u32>> {
    let mut found: HashMap<Identity, Vec<u32>> = HashMap::new();
    let mut command = Command::new("/usr/sbin/lsof");
    command.args(["-F", "pDi", "--"]).args(files.iter().map(|file| &file.path));
    let Ok(output) = command.output() else { return found };
    let (mut pid, mut device) = (None, None);
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((field, value)) = line.split_at_checked(1) else { continue };
        match field {
            "p" => pid = value.parse::<u32>().ok(),
            "f" => device = None,
            "D" => device = u64::from_str_radix(value.trim_start_matches("0x"), 16).ok(),
            "i" => {
                let (Some(pid), Some(device), Ok(inode)) = (pid, device, value.parse()) else { continue };
                let pids = found.entry(Identity { device, inode }).or_default();
                if pids.last() != Some(&pid) {
                    pids.push(pid);
                }
            }
            _ => {}
        }
    }
    found
}

/// Nothing tells what a process is blocked in.
pub(super) fn waits_only_for(_parent: u32, _child: u32) -> bool {
    false
}

/// Nothing tells where another process's output goes.
pub(super) fn shares_output(_pid: u32) -> bool {
    false
}

/// macOS has no capabilities beside the superuser's power.
pub(super) fn acts_as_owner() -> Option<bool> {
    None
}

/// macOS has no readable signal mask of a process: `ps` shows the ignored ones in hex. Starting it
/// takes longer than most commands, so this is asked only before a handler is installed.
pub(super) fn ignored_signals() -> u64 {
    let pid = std::process::id().to_string();
    output_of("/bin/ps", &["-o", "sigignore=", "-p", &pid])
        .and_then(|mask| u64::from_str_radix(mask.trim().trim_start_matches("0x"), 16).ok())
        .unwrap_or(0)
}

pub(super) fn file_system(folder: &File) -> io::Result<FileSystem> {
    let stat = rustix::fs::fstatfs(folder)?;
    let name: String = stat
        .f_fstypename
        .iter()
        .take_while(|&&byte| byte != 0)
        .map(|&byte| char::from(byte.cast_unsigned()))
        .collect();
    let local = matches!(name.as_str(), "apfs" | "hfs" | "tmpfs" | "msdos" | "exfat" | "ufs");
    let reach = if local { Reach::Local } else { Reach::Network };
    Ok(FileSystem { name, reach })
}

/// The process table's entry of one process; `None` where there is none or it can't be read.
fn ask<T>(pid: u32, what: ProcessRefreshKind, answer: impl FnOnce(&sysinfo::Process) -> T) -> Option<T> {
    let mut system = System::new().ok()?;
    let pid = Pid::from_u32(pid);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    system.process(pid).map(answer)
}

fn output_of(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where desktop applications keep a user's settings.
pub fn application_settings(home: &Path, _: Option<&Path>) -> std::path::PathBuf {
    home.join("Library/Application Support")
}
