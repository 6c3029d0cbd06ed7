//! The info file: who holds a lock, in lines that people and the old scripts can read.
//!
//! The first three lines are the scripts' own. Unknown keys are ignored, so that a newer aimem may
//! add some. Nothing read here is trusted: at most [`MAX_BYTES`] are read, and a value that does
//! not parse counts as missing. Of two lines with the same key the last counts. A line without its
//! newline may be half of a longer one, and half a boot id or start time would name another holder.
//! Only the host name, the scripts' last line, is accepted without one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::id::Token;
use crate::sys;
use crate::sys::text::{escape, shorten, unescape};

/// The most that is read of an info file.
pub const MAX_BYTES: usize = 16 * 1024;

/// An ordinary info file fits into this.
const FIRST_READ: usize = 1024;

/// The most that is kept of a command line or of a client's name.
pub(super) const MAX_LABEL: usize = 200;

/// What tells whether the holder is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// A kernel lock on the info file, which dies with the last process that has it open.
    Kernel,
    /// A process, known by PID and start time.
    Process,
    /// A time limit.
    Lease,
}

/// Which file an info file is: a copy of it is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The type of the file system by which the holder reaches it.
    pub file_system: String,
    /// Its inode number there.
    pub inode: u64,
}

/// The content of an info file. Everything may be missing: scripts write three lines only.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Info {
    /// The holder's PID; 0 for a lease.
    pub pid: Option<u32>,
    /// When the lock was taken, as written.
    pub acquired: Option<Timestamp>,
    /// The machine's name at that time.
    pub host: Option<String>,
    /// Absent in a script's lock.
    pub token: Option<Token>,
    /// `None` beside a token: a kind that this version does not know.
    pub liveness: Option<Liveness>,
    /// The running kernel's id.
    pub boot: Option<String>,
    /// The machine's hashed id.
    pub machine: Option<String>,
    /// The file itself, as the holder saw it.
    pub place: Option<Place>,
    /// The PID namespace that `pid` counts in.
    pub pid_namespace: Option<u64>,
    /// The owner's start time in the kernel's unit.
    pub started: Option<u64>,
    /// The time namespace that `started` and `expires_boot` count in.
    pub time_namespace: Option<u64>,
    /// A lease's end on the wall clock.
    pub expires: Option<Timestamp>,
    /// A lease's end on the boot-time clock.
    pub expires_boot: Option<Duration>,
    /// What the holder calls itself.
    pub client: Option<String>,
    /// Whether commands of the same client are guests of this lease.
    pub guests: bool,
    /// The locked file.
    pub target: Option<PathBuf>,
    /// What the holder runs: its verb, files, and the name of its command.
    pub command: Option<String>,
}

impl Info {
    /// Reads an open info file from its beginning.
    ///
    /// # Errors
    /// The read failed. No content is an error.
    pub fn read(file: &File) -> io::Result<Info> {
        let mut text = vec![0; FIRST_READ];
        let mut length = 0;
        loop {
            let read = file.read_at(&mut text[length..], length as u64)?;
            length += read;
            // A short read of a regular file means its end: nearly always the first read is enough.
            if length < text.len() || text.len() == MAX_BYTES {
                text.truncate(length);
                break;
            }
            text.resize(MAX_BYTES, 0);
        }
        Ok(Info::parse(&text))
    }

    /// Takes what can be understood of an info file's bytes.
    pub fn parse(bytes: &[u8]) -> Info {
        let mut info = Info::default();
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let ended = line.ends_with(b"\n");
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let Some((key, value)) = line.trim_end_matches(['\n', '\r']).split_once(": ") else { continue };
            if !ended && key != "HOSTNAME" {
                continue;
            }
            let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
            let label = || text().map(|text| String::from_utf8_lossy(&unescape(&text)).into_owned());
            match key {
                "PID" => info.pid = value.trim().parse().ok().filter(|&pid| pid <= i32::MAX as u32),
                "ACQUIRED" => info.acquired = value.parse().ok(),
                "HOSTNAME" => info.host = label(),
                "TOKEN" => info.token = value.parse().ok(),
                "LIVENESS" => info.liveness = Liveness::ALL.into_iter().find(|kind| kind.name() == value),
                "BOOT" => info.boot = text(),
                "MACHINE" => info.machine = text(),
                "INODE" => info.place = parse_place(value),
                "PIDNS" => info.pid_namespace = value.parse().ok(),
                "STARTED" => info.started = value.parse().ok(),
                "TIMENS" => info.time_namespace = value.parse().ok(),
                "EXPIRES" => info.expires = value.trim().parse().ok(),
                "EXPIRES_BOOT" => info.expires_boot = parse_boot_time(value.trim()),
                "CLIENT" => info.client = label(),
                "GUESTS" => info.guests = value == GUESTS_OF_CLIENT,
                "TARGET" => info.target = Some(path_from(unescape(value))),
                "COMMAND" => info.command = label(),
                _ => {}
            }
        }
        info
    }

    /// The file's text. Values are escaped, so that none can pose as a line of its own.
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(512);
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                out.push_str(&format!("{key}: {value}\n"));
            }
        };
        let label = |text: &Option<String>| {
            // Cut before escaping: half an escape would be read as different text.
            text.as_ref().map(|text| escape(shorten(text, MAX_LABEL).as_bytes()))
        };
        line("PID", self.pid.map(|pid| pid.to_string()));
        line("ACQUIRED", self.acquired.map(|time| format!("{time:.0}")));
        line("HOSTNAME", label(&self.host));
        line("TOKEN", self.token.as_ref().map(Token::to_string));
        line("LIVENESS", self.liveness.map(|kind| kind.name().to_owned()));
        line("BOOT", self.boot.clone());
        line("MACHINE", Some(self.machine.clone().unwrap_or_default()));
        line("INODE", self.place.as_ref().map(|place| format!("{} {}", place.inode, place.file_system)));
        line("PIDNS", self.pid_namespace.map(|number| number.to_string()));
        line("STARTED", self.started.map(|ticks| ticks.to_string()));
        line("TIMENS", self.time_namespace.map(|number| number.to_string()));
        line("EXPIRES", self.expires.map(render_wall_time));
        line("EXPIRES_BOOT", self.expires_boot.map(render_boot_time));
        line("CLIENT", label(&self.client));
        line("GUESTS", self.guests.then(|| GUESTS_OF_CLIENT.to_owned()));
        line("TARGET", self.target.as_ref().map(|path| escape(path.as_os_str().as_encoded_bytes())));
        line("COMMAND", label(&self.command));
        out
    }

    /// Sets a lease's end from now on, on both clocks.
    pub(super) fn expire_in(&mut self, lease: Duration) {
        let wall = sys::clock::since_epoch().saturating_add(lease);
        let seconds = i64::try_from(wall.as_secs()).unwrap_or(i64::MAX);
        let end = Timestamp::new(seconds, i32::try_from(wall.subsec_nanos()).unwrap_or(0));
        self.expires = Some(end.unwrap_or(Timestamp::MAX));
        self.expires_boot = Some(sys::clock::since_boot().saturating_add(lease).min(MAX_BOOT_TIME));
    }

    /// The same from a place with another boot-time clock, which can't say what that clock shows
    /// where the lease was made: its end there moves by as much as the one on the wall clock.
    pub(super) fn expire_elsewhere_in(&mut self, lease: Duration) {
        let (old, old_boot) = (self.expires, self.expires_boot);
        self.expire_in(lease);
        let moved = old.zip(self.expires).map(|(old, new)| new.duration_since(old).as_secs_f64());
        self.expires_boot = moved.zip(old_boot).and_then(|(moved, old)| {
            Duration::try_from_secs_f64((old.as_secs_f64() + moved).max(0.0))
                .ok()
                .map(|end| end.min(MAX_BOOT_TIME))
        });
    }
}

impl Liveness {
    const ALL: [Liveness; 3] = [Liveness::Kernel, Liveness::Process, Liveness::Lease];

    /// The word in the info file.
    pub fn name(self) -> &'static str {
        match self {
            Liveness::Kernel => "kernel",
            Liveness::Process => "process",
            Liveness::Lease => "lease",
        }
    }
}

/// Whose commands are guests of a lease: those of the same client, and those of nobody any more. The
/// one overwrites the other, so they are equally long.
const GUESTS_OF_CLIENT: &str = "client";
pub(super) const GUESTS_OF_NOBODY: &str = "nobody";

/// Wall-clock time in UTC to the millisecond, always 24 characters.
pub(super) fn render_wall_time(time: Timestamp) -> String {
    format!("{time:.3}")
}

const MAX_BOOT_TIME: Duration = Duration::new(9_999_999_999, 999_000_000);

/// Seconds on the boot-time clock, always 14 characters: a renewal overwrites it in place.
pub(super) fn render_boot_time(time: Duration) -> String {
    format!("{:010}.{:03}", time.as_secs(), time.subsec_millis())
}

fn parse_boot_time(text: &str) -> Option<Duration> {
    let (seconds, millis) = text.split_once('.')?;
    if millis.len() != 3 {
        return None;
    }
    let millis: u32 = millis.parse().ok()?;
    Some(Duration::new(seconds.parse().ok()?, millis * 1_000_000))
}

fn parse_place(text: &str) -> Option<Place> {
    let (inode, file_system) = text.split_once(' ')?;
    if file_system.len() > 32 || !file_system.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    Some(Place { inode: inode.parse().ok()?, file_system: file_system.to_owned() })
}

fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// Words as one line for the info file: those with spaces are quoted so that people can tell them
/// apart.
pub fn describe_words<S: AsRef<std::ffi::OsStr>>(words: impl IntoIterator<Item = S>) -> String {
    let mut line = String::new();
    for word in words {
        // A 100 KB argument need not be escaped as a whole.
        if line.len() > 2 * MAX_LABEL {
            break;
        }
        let word = word.as_ref().to_string_lossy();
        let word = shorten(&word, 2 * MAX_LABEL);
        if !line.is_empty() {
            line.push(' ');
        }
        if word.is_empty() || word.contains([' ', '"', '\'']) {
            line.push_str(&format!("'{}'", word.replace('\'', "'\\''")));
        } else {
            line.push_str(&word);
        }
    }
    line
}

/// The last part of a path, for messages.
pub(super) fn base_name(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn full() -> Info {
        let mut info = Info {
            pid: Some(4711),
            acquired: Some("2026-01-25T10:30:00Z".parse().unwrap()),
            host: Some("macbook.local".into()),
            token: Some("6f1c".parse().unwrap()),
            liveness: Some(Liveness::Lease),
            boot: Some("0d7c".into()),
            machine: Some("9a1e".into()),
            place: Some(Place { file_system: "ext4".into(), inode: 1_573_104 }),
            pid_namespace: Some(4_026_531_836),
            started: Some(184_467),
            time_namespace: Some(4_026_531_834),
            client: Some("claude-code".into()),
            target: Some("/home/u/a b\nPID: 1".into()),
            command: Some("aimem update".into()),
            ..Info::default()
        };
        info.expire_in(Duration::from_secs(600));
        info
    }

    #[test]
    fn what_is_written_is_read_again() {
        let info = full();
        let text = info.render();
        let again = Info::parse(text.as_bytes());
        assert_eq!(again.target, info.target);
        assert_eq!(again.pid, Some(4711), "a newline in the target is no line of the file");
        assert_eq!(again.render(), text);
    }

    #[test]
    fn a_lease_is_written_in_fixed_width() {
        let mut info = full();
        let short = info.render().len();
        info.expire_in(Duration::from_secs(u64::MAX / 4));
        assert_eq!(info.render().len(), short);
    }

    #[test]
    fn half_a_pid_is_no_pid() {
        assert_eq!(Info::parse(b"PID: 123").pid, None);
        assert_eq!(Info::parse(b"PID: 123\nHOSTNAME: x").host.as_deref(), Some("x"));
        assert_eq!(Info::parse(b"PID: 99999999999\n").pid, None);
    }

    #[test]
    fn a_long_command_is_cut() {
        let info = Info { command: Some("x".repeat(100_000)), ..full() };
        assert!(info.render().len() < 1500);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let text = Info::parse(&bytes).render();
            prop_assert_eq!(Info::parse(text.as_bytes()).render(), text);
        }
    }
}
