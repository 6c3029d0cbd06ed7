//! Which processes have a lock's info file open: its holder, and whoever inherited it.

use std::ffi::OsStr;
use std::path::PathBuf;

use serde::Serialize;

use super::liveness::Judgement;
use crate::sys;
use crate::sys::file::Identity;
use crate::sys::process::Wanted;
use crate::sys::text::{printable, shorten};

/// More processes than this are not listed in a phrase.
const MOST_NAMED: usize = 5;
const MAX_NAME: usize = 60;

/// The processes that have each of these info files open now, from one look at all processes. None
/// where nobody has the kernel lock.
pub(super) fn openers<'a>(locks: impl IntoIterator<Item = (&'a Judgement, PathBuf)>) -> Vec<Vec<u32>> {
    let wanted = |(judgement, path): (&Judgement, PathBuf)| {
        let file = judgement.file.as_ref().filter(|_| judgement.locked)?;
        Some(Wanted { identity: Identity::from(file), path })
    };
    let wanted: Vec<Option<Wanted>> = locks.into_iter().map(wanted).collect();
    let files: Vec<Wanted> = wanted.iter().flatten().cloned().collect();
    // Earlier versions gave it its name after it was opened.
    let is_info = |name: &OsStr| name == "info" || name.as_encoded_bytes().starts_with(b".info.");
    let found = sys::process::who_has_open_each(&files, is_info);
    let pids = |file: Option<Wanted>| found.get(&file?.identity).cloned();
    wanted.into_iter().map(|file| pids(file).unwrap_or_default()).collect()
}

/// A process that waits for a lock.
#[derive(Debug, Clone, Serialize)]
pub struct Waiting {
    /// Its PID.
    pub pid: u32,
    /// For how long it has lived, in seconds; a command that waits does little else. A server may wait
    /// for less.
    pub age_seconds: Option<f64>,
}

/// The processes that have the file of each queue open, from one look at all processes; not this one.
pub(super) fn waiting<'a>(queues: impl IntoIterator<Item = Option<&'a Wanted>>) -> Vec<Vec<Waiting>> {
    let queues: Vec<Option<&Wanted>> = queues.into_iter().collect();
    let files: Vec<Wanted> = queues.iter().copied().flatten().cloned().collect();
    let found = sys::process::who_has_open_each(&files, |name| name.as_encoded_bytes().ends_with(b".turn"));
    let own = std::process::id();
    let one = |&pid: &u32| {
        let age = sys::process::look_up(pid).as_ref().and_then(sys::process::age);
        Waiting { pid, age_seconds: age.map(|age| (age.as_secs_f64() * 10.0).round() / 10.0) }
    };
    let of_queue = |queue: Option<&Wanted>| {
        let pids = queue.and_then(|queue| found.get(&queue.identity));
        let mut all: Vec<Waiting> = pids.into_iter().flatten().filter(|&&pid| pid != own).map(one).collect();
        all.sort_by(|a, b| b.age_seconds.unwrap_or(0.0).total_cmp(&a.age_seconds.unwrap_or(0.0)));
        all
    };
    queues.into_iter().map(of_queue).collect()
}

/// `pid 12 (sleep)`, `pids 12 (sleep), 13 (sh)`
pub(super) fn described(pids: &[u32]) -> String {
    let named = |&pid: &u32| match sys::process::program(pid) {
        Some(program) => format!("{pid} ({})", shorten(&printable(&program), MAX_NAME)),
        None => pid.to_string(),
    };
    let names: Vec<String> = pids.iter().take(MOST_NAMED).map(named).collect();
    let more = if pids.len() > MOST_NAMED { ", …" } else { "" };
    format!("pid{} {}{more}", if pids.len() == 1 { "" } else { "s" }, names.join(", "))
}
