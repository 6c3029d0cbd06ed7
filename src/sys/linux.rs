//! Linux: `/proc`, `statfs` magic numbers, and the boot-time clock.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use rustix::time::{ClockId, clock_gettime};

use super::dir::open_at;
use super::file::{Identity, Link};
use super::machine::{FileSystem, Reach};
use super::process::{Process, Wanted};

/// The inode number of the PID namespace that the kernel starts with (`PROC_PID_INIT_INO`).
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;

/// That of the time namespace (`PROC_TIME_INIT_INO`).
const FIRST_TIME_NAMESPACE: u64 = 0xEFFF_FFFA;

/// How long a container's start may take.
const CONTAINER_START_SECONDS: f64 = 10.0;

/// So often a path is followed anew because something was renamed on it.
const MOST_MOVES: u32 = 64;

/// No more of a file in `/proc` is read.
const MOST: u64 = 1 << 20;

/// What `fgetxattr` says of an attribute that is not there.
pub(super) const NO_ATTRIBUTE: rustix::io::Errno = rustix::io::Errno::NODATA;

/// For a folder that is only passed through.
pub(super) const SEARCH: OFlags = OFlags::PATH;

/// A link's owner and target, of the very same link. `InvalidInput` for anything else.
pub(super) fn read_link_at(folder: &File, name: &OsStr) -> io::Result<Link> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let link = File::from(rustix::fs::openat(folder, name, flags, Mode::empty())?);
    let meta = link.metadata()?;
    if !meta.is_symlink() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let target = rustix::fs::readlinkat(&link, "", Vec::new())?;
    Ok(Link { owner: meta.uid(), target: OsStr::from_bytes(target.to_bytes()).into() })
}

/// Sets the permissions of a folder of ours that may not be opened. No call does so without
/// following a link, so it is reached by a descriptor that needs no permission.
pub(super) fn set_folder_mode_at(folder: &File, name: &OsStr, mode: u32) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let found = File::from(rustix::fs::openat(folder, name, flags, Mode::empty())?);
    if found.metadata()?.uid() != super::process::effective_user() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let path = format!("/proc/self/fd/{}", found.as_raw_fd());
    Ok(rustix::fs::chmod(path, Mode::from_raw_mode(mode & 0o7777))?)
}

/// Opens what a path leads to, if no link is on it.
pub(super) fn open_without_links(path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC;
    match rustix::fs::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
        // With an old kernel, or in a sandbox that does not know this call, name by name.
        Err(Errno::NOSYS | Errno::PERM) => open_name_by_name(path, flags),
        opened => Ok(opened?),
    }
}

fn open_name_by_name(path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let passing = SEARCH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let start = if path.is_absolute() { "/" } else { "." };
    let mut here = rustix::fs::openat(CWD, start, passing, Mode::empty())?;
    let mut names = path.components().filter(|part| !matches!(part, Component::RootDir | Component::CurDir));
    let mut last = names.next();
    while let Some(name) = last {
        last = names.next();
        let how = if last.is_some() { passing } else { flags | OFlags::NOFOLLOW };
        here = match rustix::fs::openat(&here, name.as_os_str(), how, Mode::empty()) {
            // What `open` says of a link where it wants a folder.
            Err(Errno::NOTDIR) if read_link_at(&File::from(here), name.as_os_str()).is_ok() => {
                return Err(Errno::LOOP.into());
            }
            opened => opened?,
        };
    }
    Ok(here)
}

/// The true path of what lies beneath a folder, followed by the kernel, which refuses to leave it.
/// `None` where it does not know how to.
pub(super) fn reach_beneath(folder: &File, path: &Path) -> Option<io::Result<PathBuf>> {
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    for _ in 0..MOST_MOVES {
        return match rustix::fs::openat2(folder, path, flags, Mode::empty(), how) {
            Err(Errno::NOSYS | Errno::PERM) => None,
            // Something was renamed meanwhile, somewhere.
            Err(Errno::AGAIN) => continue,
            Err(error) => Some(Err(error.into())),
            Ok(found) => Some(fs::read_link(format!("/proc/self/fd/{}", found.as_raw_fd()))),
        };
    }
    Some(Err(Errno::AGAIN.into()))
}

/// Opens what a path of several names leads to from a folder, if no link is on it and it does not
/// leave the folder. `Unsupported` with an old kernel, and in a sandbox that does not know this call.
pub(super) fn open_beneath(folder: &File, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let how = ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
    match rustix::fs::openat2(folder, path, flags | OFlags::CLOEXEC, Mode::empty(), how) {
        Err(Errno::NOSYS | Errno::PERM) => Err(io::ErrorKind::Unsupported.into()),
        opened => Ok(opened?),
    }
}

pub(super) fn clone_content(from: &File, to: &File) -> io::Result<()> {
    Ok(rustix::fs::ioctl_ficlone(to, from)?)
}

pub(super) fn link_open(file: &File, folder: &File, name: &OsStr) -> io::Result<()> {
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, open, folder, name, AtFlags::SYMLINK_FOLLOW)?)
}

/// Syncs all of the file system that a file is on.
pub(super) fn sync_file_system(file: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(file)?)
}

pub(super) fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

pub(super) fn since_boot() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

pub(super) fn boot_id() -> Option<String> {
    read_line("/proc/sys/kernel/random/boot_id")
}

pub(super) fn machine_id() -> Option<String> {
    read_line("/etc/machine-id").or_else(|| read_line("/var/lib/dbus/machine-id"))
}

/// The inode number in `/proc/self/ns/NAME`. A kernel without that namespace has one for all.
pub(super) fn namespace(name: &str) -> Option<u64> {
    match fs::metadata(format!("/proc/self/ns/{name}")) {
        Ok(meta) => Some(meta.ino()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && Path::new("/proc/self/ns").exists() => {
            Some(0)
        }
        Err(_) => None,
    }
}

pub(super) fn is_first_time_namespace(number: Option<u64>) -> bool {
    matches!(number, Some(0 | FIRST_TIME_NAMESPACE))
}

pub(super) fn process(pid: u32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything, brackets and spaces included: count from the last.
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let text = std::str::from_utf8(&stat[after_name..]).ok()?;
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    // proc_pid_stat(5) counts from 1 with the state as field 3.
    let field = |number: usize| fields.get(number - 3).copied();
    let state = field(3)?;
    let threads: u64 = field(20)?.parse().ok()?;
    Some(Process {
        parent: field(4)?.parse().ok()?,
        // A thread group leader that has ended while its threads run on is shown as a zombie, but
        // the process lives.
        zombie: matches!(state, "X" | "x") || (state == "Z" && threads <= 1),
        stopped: matches!(state, "T" | "t"),
        started: field(22)?.parse().ok()?,
    })
}

/// As docker and podman make it: they mount a file over `/etc/hostname` from a folder that is named by
/// the container's id, whose first digits are the name.
pub(super) fn host_name_is_ours_alone() -> bool {
    let host = super::machine::host_name();
    let is_id = |part: &str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    // proc_pid_mountinfo(5): the fourth field is where the mounted file lies, the fifth where it is seen.
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mount = mounts.lines().rev().find_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (file, seen) = (fields.next()?, fields.next()?);
        (seen == "/etc/hostname").then_some(file)
    });
    let Some(id) = mount.and_then(|file| file.split('/').find(|part| is_id(part))) else { return false };
    // The file is written when the container starts. A sandbox inside it starts later, and has the
    // container's mounts and name, but other PIDs.
    let started = process(1).and_then(|first| wall_clock_start(first.started));
    let written = fs::metadata("/etc/hostname").ok().map(|meta| meta.mtime() as f64);
    let started_then = started
        .zip(written)
        .is_some_and(|(started, written)| (started - written).abs() < CONTAINER_START_SECONDS);
    host == id[..12] && started_then && table_is_ours()
}

/// More than one PID means that this `/proc` was mounted from outside.
pub(super) fn table_is_ours() -> bool {
    namespace_pids("self") == [std::process::id()]
}

pub(super) fn sees_all_processes() -> bool {
    // With `hidepid` the first process is hidden from all but the superuser.
    matches!(namespace("pid"), Some(0 | FIRST_PID_NAMESPACE)) && table_is_ours() && process(1).is_some()
}

pub(super) fn in_inner_namespaces(pid: u32) -> Vec<Process> {
    let inner = |outer: &u32| namespace_pids(&outer.to_string()).iter().skip(1).any(|&inner| inner == pid);
    pids().filter(inner).filter_map(process).collect()
}

/// `NSpid`: a process's PID in the table's namespace and in every one below, down to its own.
fn namespace_pids(process: &str) -> Vec<u32> {
    let status = read_text(&format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
    line.split_ascii_whitespace().map_while(|pid| pid.parse().ok()).collect()
}

/// Every PID in the table.
fn pids() -> impl Iterator<Item = u32> {
    let table = fs::read_dir("/proc").into_iter().flatten().flatten();
    table.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

pub(super) fn process_age(started: u64) -> Option<Duration> {
    let ticks = rustix::param::clock_ticks_per_second();
    since_boot().checked_sub(Duration::from_millis(started.saturating_mul(1000) / ticks))
}

pub(super) fn wall_clock_start(started: u64) -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let boot: u64 = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let ticks = rustix::param::clock_ticks_per_second();
    Some(boot as f64 + started as f64 / ticks as f64)
}

pub(super) fn executable(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

pub(super) fn command_line(pid: u32) -> Vec<OsString> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes.split(|&byte| byte == 0).map(|arg| OsStr::from_bytes(arg).to_owned()).collect()
}

pub(super) fn who_has_open_each(
    files: &[Wanted],
    named: &dyn Fn(&OsStr) -> bool,
) -> HashMap<Identity, Vec<u32>> {
    let mut found: HashMap<Identity, Vec<u32>> = HashMap::new();
    for pid in pids() {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for descriptor in descriptors.flatten().map(|entry| entry.path()) {
            let Ok(target) = fs::read_link(&descriptor) else { continue };
            let name = target.file_name().unwrap_or_default().as_bytes();
            let name = name.strip_suffix(b" (deleted)").unwrap_or(name);
            if !named(OsStr::from_bytes(name)) {
                continue;
            }
            let Ok(identity) = fs::metadata(&descriptor).map(|meta| Identity::from(&meta)) else { continue };
            let is_wanted = files.iter().any(|file| file.identity == identity);
            let pids = if is_wanted { found.entry(identity).or_default() } else { continue };
            if pids.last() != Some(&pid) {
                pids.push(pid);
            }
        }
    }
    found.values_mut().for_each(|pids| pids.sort_unstable());
    found
}

pub(super) fn waits_only_for(parent: u32, child: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: String = children.collect();
    if children.trim() != child.to_string() {
        return false;
    }
    match fs::read_to_string(format!("/proc/{parent}/wchan")).unwrap_or_default().as_str() {
        "do_wait" => true,
        // How these shells wait for a child. Others, such as `timeout`, may wait for the clock.
        place if place.contains("sigsuspend") => {
            let shell = executable(parent).and_then(|path| path.file_name().map(OsStr::to_owned));
            shell.is_some_and(|shell| ["dash", "zsh", "busybox"].iter().any(|name| shell == *name))
        }
        place if place.contains("pipe_read") => reads_from(parent, child),
        _ => false,
    }
}

/// Whether the pipe that a process waits to read from is the one that its child writes to.
fn reads_from(parent: u32, child: u32) -> bool {
    let identity = |pid: u32, descriptor: u64| {
        let meta = fs::metadata(format!("/proc/{pid}/fd/{descriptor}")).ok()?;
        meta.file_type().is_fifo().then(|| Identity::from(&meta))
    };
    let Some(written) = identity(child, 1) else { return false };
    let call = fs::read_to_string(format!("/proc/{parent}/syscall")).ok();
    match call.as_ref().and_then(|call| call.split(' ').nth(1)?.strip_prefix("0x")) {
        Some(argument) => {
            let descriptor = u64::from_str_radix(argument, 16).ok();
            descriptor.and_then(|descriptor| identity(parent, descriptor)) == Some(written)
        }
        // We may not see that. Then only its standard input could be another pipe that it reads.
        None => {
            identity(parent, 0).is_none() && (3..64).any(|other| identity(parent, other) == Some(written))
        }
    }
}

pub(super) fn shares_output(pid: u32) -> bool {
    let output = |process: &str| fs::metadata(format!("/proc/{process}/fd/1"));
    let (Ok(ours), Ok(theirs)) = (output("self"), output(&pid.to_string())) else { return false };
    !ours.file_type().is_char_device() && Identity::from(&ours) == Identity::from(&theirs)
}

pub(super) fn ignored_signals() -> u64 {
    own_mask("SigIgn:").unwrap_or(0)
}

/// The effective capabilities, of which CAP_FOWNER is number 3.
pub(super) fn acts_as_owner() -> Option<bool> {
    Some(own_mask("CapEff:")? & (1 << 3) != 0)
}

/// A line of hexadecimal digits in this process's own status.
fn own_mask(name: &str) -> Option<u64> {
    let status = read_text("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix(name))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// The types that serve blocks of this machine only. What is not listed counts as shared, so
/// that doubt never frees a lock.
const LOCAL: &[(u32, &str)] = &[
    (0xEF53, "ext4"),
    (0x0102_1994, "tmpfs"),
    (0x8584_58F6, "ramfs"),
    (0x5846_5342, "xfs"),
    (0x9123_683E, "btrfs"),
    (0x2FC1_2FC1, "zfs"),
    (0xF2F5_2010, "f2fs"),
    (0x794C_7630, "overlay"),
    (0x6165_6676, "aufs"),
    (0xCA45_1A4E, "bcachefs"),
    (0x5265_4973, "reiserfs"),
    (0x3153_464A, "jfs"),
    (0x4D44, "vfat"),
    (0x2011_BAB0, "exfat"),
    (0x7366_746E, "ntfs3"),
    (0x2405_1905, "ubifs"),
    (0xF15F, "ecryptfs"),
];

const SHARED: &[(u32, &str)] = &[
    (0x6969, "nfs"),
    (0x517B, "smb"),
    (0xFF53_4D42, "cifs"),
    (0xFE53_4D42, "smb2"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "fuse"),
    (0x6A65_6A63, "virtiofs"),
    (0x00C3_6400, "ceph"),
    (0x0BD0_0BD0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x0116_1970, "gfs2"),
    (0x7461_636F, "ocfs2"),
    (0x5346_414F, "afs"),
    (0x786F_4256, "vboxsf"),
    (0xBACB_ACBC, "vmhgfs"),
];

pub(super) fn file_system(folder: &File) -> io::Result<FileSystem> {
    // Some magic numbers have the top bit set and come sign-extended: compare 32 bits.
    let magic = (rustix::fs::fstatfs(folder)?.f_type as u64 & 0xFFFF_FFFF) as u32;
    let named = |list: &[(u32, &str)]| {
        list.iter().find(|(number, _)| *number == magic).map(|(_, name)| (*name).to_owned())
    };
    if let Some(name) = named(LOCAL) {
        return Ok(FileSystem { name, reach: Reach::Local });
    }
    let name = named(SHARED).unwrap_or_else(|| format!("{magic:#x}"));
    Ok(FileSystem { name, reach: Reach::Network })
}

/// A file of one line. It is given whole in one read.
fn read_line(path: &str) -> Option<String> {
    let mut line = [0; 128];
    let length = rustix::io::read(open_to_read(path).ok()?, &mut line).ok()?;
    Some(std::str::from_utf8(&line[..length]).ok()?.trim().to_owned())
}

/// A file in `/proc` whose length nobody knows beforehand: with room for what there commonly is, one
/// read gets it.
fn read_text(path: &str) -> io::Result<String> {
    let mut text = String::with_capacity(4096);
    open_to_read(path)?.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

fn open_to_read(path: &str) -> io::Result<File> {
    open_at(CWD, OsStr::new(path), OFlags::RDONLY, 0)
}

/// Where desktop applications keep a user's settings.
pub fn application_settings(home: &Path, config: Option<&Path>) -> std::path::PathBuf {
    config.map_or_else(|| home.join(".config"), Path::to_owned)
}
