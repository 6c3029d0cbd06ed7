//! The rows of the judge's table that read an info file: who made the lock, where, and whether
//! that one lives. They come below the kernel lock, which [`super::liveness`] has probed by then.

use std::fmt;
use std::time::Duration;

use super::info::{Info, Liveness};
use super::root::LockRoot;
use crate::sys;
use crate::sys::machine::Reach;

/// Across machines and restarts a lease ends by wall clocks, which differ by up to this.
const CLOCK_MARGIN: Duration = Duration::from_secs(30);

/// A script notes no start time. A process this much younger than the lock can't have made it;
/// less may be a clock that was set.
const SCRIPT_MARGIN_SECONDS: f64 = 24.0 * 3600.0;

/// What a lock directory means for somebody who wants the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is no lock.
    Free,
    /// The holder is alive.
    Held,
    /// The holder is gone for certain: the next taker may remove the lock.
    Stale,
    /// It can't be told. Counts as held.
    Unknown,
}

impl Verdict {
    /// One word, as `locks show` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Free => "free",
            Verdict::Held => "held",
            Verdict::Stale => "stale",
            Verdict::Unknown => "unknown",
        }
    }

    /// Whether another must keep out.
    pub fn is_taken(self) -> bool {
        matches!(self, Verdict::Held | Verdict::Unknown)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Where this process runs, to compare an info file with. Read once.
#[derive(Debug)]
pub(super) struct Here {
    pub(super) boot: Option<String>,
    pub(super) machine: Option<String>,
    pub(super) host: String,
    pub(super) pid_namespace: Option<u64>,
    pub(super) time_namespace: Option<u64>,
    /// Whether other machines may be using the lock root.
    pub(super) reach: Reach,
}

impl Here {
    pub(super) fn look(root: &LockRoot) -> Here {
        Here {
            boot: sys::machine::boot_id(),
            machine: sys::machine::machine_id(),
            host: sys::machine::host_name(),
            pid_namespace: sys::machine::pid_namespace(),
            time_namespace: sys::machine::time_namespace(),
            reach: root.reach(),
        }
    }

    /// Whether the boot-time clock here is the one that a lease was measured by.
    pub(super) fn shares_clock_with(&self, info: &Info) -> bool {
        info.boot.is_some()
            && info.boot == self.boot
            && info.time_namespace.is_some()
            && info.time_namespace == self.time_namespace
    }
}

/// The rows below «no PID», for an info file whose kernel lock nobody has.
pub(super) fn judge_holder(info: &Info, here: &Here) -> (Verdict, String) {
    use Verdict::{Stale, Unknown};
    if info.token.is_none() {
        return judge_script(info, here);
    }
    let Some(liveness) = info.liveness else {
        return (Unknown, "held in a way this version does not know".to_owned());
    };
    let same_boot = match (&info.boot, &here.boot) {
        (Some(theirs), Some(ours)) => Some(theirs == ours),
        _ => None,
    };
    if liveness == Liveness::Lease {
        return judge_lease(info, here);
    }
    let same_machine = match (&info.machine, &here.machine) {
        (Some(theirs), Some(ours)) => Some(theirs == ours),
        _ => None,
    };
    if same_machine == Some(false) {
        return (Unknown, "its holder is on another machine".to_owned());
    }
    if same_boot == Some(false) {
        // Machines without an id can at least be told apart by name.
        let may_be_another = same_machine.is_none() && info.host.as_ref() != Some(&here.host);
        return match here.reach {
            Reach::Local if !may_be_another => (Stale, "the machine was restarted since".to_owned()),
            Reach::Local => (Unknown, "from another boot or another machine".to_owned()),
            Reach::Network => {
                (Unknown, "from another boot or another machine, on a shared file system".to_owned())
            }
        };
    }
    if same_boot.is_none() && (liveness == Liveness::Process || here.reach == Reach::Network) {
        return (Unknown, "it cannot be told whether its holder is on this machine".to_owned());
    }
    match liveness {
        Liveness::Process => judge_process(info, here),
        _ => (Stale, format!("its holder, pid {}, is gone", info.pid.unwrap_or(0))),
    }
}

pub(super) fn judge_lease(info: &Info, here: &Here) -> (Verdict, String) {
    let left = match (here.shares_clock_with(info), info.expires_boot, info.expires) {
        (true, Some(end), _) => end.as_secs_f64() - sys::clock::since_boot().as_secs_f64(),
        (false, _, Some(end)) => {
            let end = end.as_duration().as_secs_f64() + CLOCK_MARGIN.as_secs_f64();
            end - sys::clock::since_epoch().as_secs_f64()
        }
        _ => return (Verdict::Unknown, "a lease whose end cannot be read".to_owned()),
    };
    if left > 0.0 {
        (Verdict::Held, format!("its lease runs for another {left:.0} s"))
    } else {
        (Verdict::Stale, "its lease has expired".to_owned())
    }
}

fn judge_process(info: &Info, here: &Here) -> (Verdict, String) {
    use Verdict::{Held, Stale, Unknown};
    let same = |theirs: Option<u64>, ours: Option<u64>| theirs.is_some() && theirs == ours;
    if !same(info.pid_namespace, here.pid_namespace) || !same(info.time_namespace, here.time_namespace) {
        return (Unknown, "its owner runs in another namespace".to_owned());
    }
    let (Some(pid @ 1..), Some(started)) = (info.pid, info.started) else {
        return (Unknown, "its owner's start time is missing".to_owned());
    };
    if !sys::process::table_is_ours() {
        return (Unknown, "the process table here is another namespace's".to_owned());
    }
    if !sys::process::exists(pid) {
        return (Stale, format!("its owner, pid {pid}, is gone"));
    }
    match sys::process::look_up(pid) {
        // It may have ended between the two looks.
        None if !sys::process::exists(pid) => (Stale, format!("its owner, pid {pid}, is gone")),
        None => (Unknown, format!("pid {pid} exists but cannot be looked at")),
        Some(process) if process.zombie => (Stale, format!("its owner, pid {pid}, has ended")),
        Some(process) if process.started != started => {
            (Stale, format!("its owner is gone and pid {pid} is another process now"))
        }
        Some(_) => (Held, format!("its owner, pid {pid}, is alive")),
    }
}

/// A lock made by one of the old scripts: PID, time and host name are all there is.
fn judge_script(info: &Info, here: &Here) -> (Verdict, String) {
    use Verdict::{Held, Stale, Unknown};
    if info.host.as_ref().is_some_and(|host| *host != here.host) {
        return (Unknown, "made by a script on another machine".to_owned());
    }
    let Some(pid @ 1..) = info.pid else {
        return (Unknown, "a script's lock without a process".to_owned());
    };
    if !sys::process::exists(pid) {
        return (Stale, format!("the script that made it, pid {pid}, is gone"));
    }
    let process = if sys::process::table_is_ours() { sys::process::look_up(pid) } else { None };
    if process.is_some_and(|process| process.zombie) {
        return (Stale, format!("the script that made it, pid {pid}, has ended"));
    }
    let started = process.as_ref().and_then(sys::process::wall_clock_start);
    if let (Some(started), Some(acquired)) = (started, info.acquired)
        && started - acquired.as_duration().as_secs_f64() > SCRIPT_MARGIN_SECONDS
    {
        return (Stale, format!("the script that made it is gone and pid {pid} is a later process"));
    }
    (Held, format!("the script that made it, pid {pid}, is alive"))
}
