//! Naming a holder in one short phrase.

use std::fmt;

use super::info::{Info, Liveness, base_name};
use super::liveness::Judgement;
use super::openers::described;
use crate::sys::text::{printable, shorten};

/// What we write is shorter; somebody else's info may hold kilobytes.
const MAX_LABEL: usize = 500;

/// Who holds a lock, as far as its info file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The PID, absent for a lease and for an unreadable info.
    pub pid: Option<u32>,
    /// `claude-code: aimem lock with …`, safe for a terminal.
    pub label: String,
    /// The machine's name, when it is another's.
    pub host: Option<String>,
    /// The PID is one of another PID namespace, as of a container.
    pub contained: bool,
    /// Whether a time limit rather than a process keeps the lock.
    pub lease: bool,
    /// The process has ended, and processes that it started have the lock. Their description, empty
    /// where they were not looked for.
    pub left: Option<String>,
    /// The lock is ours as guests, and what keeps us out is another guest.
    pub inside: Option<Inside>,
}

/// What is known of another guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// It is the holder that is named.
    Known,
    /// The holder that is named is the host.
    Unknown,
}

impl Holder {
    /// The holder that an info file names.
    pub fn of(info: &Info) -> Holder {
        let command = info.command.as_deref().map(|command| {
            // The program's folder says nothing; its name does.
            match command.split_once(' ') {
                Some((program, rest)) => format!("{} {rest}", short(program)),
                None => short(command).to_owned(),
            }
        });
        let label = match (info.client.clone(), command) {
            (Some(client), Some(command)) => format!("{client}: {command}"),
            (one, other) => one.or(other).unwrap_or_default(),
        };
        Holder {
            pid: info.pid.filter(|&pid| pid != 0),
            label: shorten(&printable(&label), MAX_LABEL).into_owned(),
            host: info
                .host
                .as_deref()
                .filter(|host| *host != crate::sys::machine::host_name())
                .map(|host| shorten(&printable(host), MAX_LABEL).into_owned()),
            contained: info.pid_namespace.is_some()
                && info.pid_namespace != crate::sys::machine::pid_namespace(),
            lease: info.liveness == Some(Liveness::Lease),
            left: None,
            inside: None,
        }
    }
}

impl Holder {
    /// The holder that a judge has found. `openers` says who has the info file open; it is called
    /// only if that is another process.
    pub(super) fn found(judgement: &Judgement, openers: impl FnOnce() -> Vec<u32>) -> Holder {
        let left = judgement.orphaned.then(|| match openers().as_slice() {
            [] => String::new(),
            pids => described(pids),
        });
        let inside = judgement.guest.then_some(Inside::Known);
        Holder { left, inside, ..Holder::of(&judgement.info) }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inside == Some(Inside::Unknown) {
            out.write_str("another command under the lock of ")?;
        }
        match &self.left {
            None => {}
            Some(left) if left.is_empty() => out.write_str("a process left behind by ")?,
            Some(left) => write!(out, "{left}, left behind by ")?,
        }
        match self.pid {
            Some(pid) => write!(out, "pid {pid}")?,
            None if self.lease => out.write_str("a lease")?,
            None => out.write_str("an unknown holder")?,
        }
        if !self.label.is_empty() {
            write!(out, " ({})", self.label)?;
        }
        if self.contained && self.pid.is_some() {
            out.write_str(" in another PID namespace")?;
        }
        if let Some(host) = &self.host {
            write!(out, " on {host}")?;
        }
        match self.inside {
            Some(Inside::Known) => out.write_str(", a guest of the same lock"),
            _ => Ok(()),
        }
    }
}

fn short(program: &str) -> &str {
    base_name(std::path::Path::new(program)).unwrap_or(program)
}
