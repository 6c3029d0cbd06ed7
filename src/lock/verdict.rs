//! The rows of the judge's table that read an info file: who made the lock, where, and whether that
//! holder lives. They come after the kernel lock, which [`super::liveness`] has probed by then.

use std::fmt;
use std::time::Duration;

use super::info::{Info, Liveness};
use super::root::LockRoot;
use crate::sys;
use crate::sys::machine::Reach;
use crate::sys::process::Process;
use crate::sys::text::show_duration;

/// Across machines and restarts a lease ends by wall clocks, which differ by up to this.
const CLOCK_MARGIN: Duration = Duration::from_secs(30);

/// A script notes no start time. A process this much younger than the lock can't have made it; a
/// smaller difference may be due to a clock that was set.
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
    /// It is not known. Counts as held.
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
    /// The type of the lock root's file system.
    pub(super) file_system: Option<String>,
    /// Whether other machines may be using the lock root.
    reach: Reach,
}

impl Here {
    pub(super) fn look(root: &LockRoot) -> Here {
        let file_system = root.file_system().ok();
        Here {
            boot: sys::machine::boot_id(),
            machine: sys::machine::machine_id(),
            host: sys::machine::host_name(),
            pid_namespace: sys::machine::pid_namespace(),
            time_namespace: sys::machine::time_namespace(),
            reach: root.reach(),
            file_system: file_system.map(|found| found.name),
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

/// The rows below "no PID", for an info file with this inode number whose kernel lock nobody has.
pub(super) fn judge_holder(info: &Info, inode: u64, here: &Here) -> (Verdict, String) {
    use Verdict::Unknown;
    if info.token.is_none() {
        return judge_script(info, here);
    }
    match info.liveness {
        None => (Unknown, "held in a way this version does not know".to_owned()),
        Some(Liveness::Lease) => judge_lease(info, here),
        Some(Liveness::Kernel) => judge_kernel(info, inode, here),
        Some(Liveness::Process) => {
            judge_elsewhere(info, here, Liveness::Process).unwrap_or_else(|| judge_process(info, here))
        }
    }
}

/// Nobody has the kernel lock. What remains to be decided is whether it would be seen from here.
fn judge_kernel(info: &Info, inode: u64, here: &Here) -> (Verdict, String) {
    let gone = || (Verdict::Stale, format!("its holder, pid {}, is gone", info.pid.unwrap_or(0)));
    let elsewhere = judge_elsewhere(info, here, Liveness::Kernel);
    match (&info.place, &here.file_system) {
        // The same folder, as a virtual machine and its host have it.
        (Some(theirs), Some(ours)) if theirs.file_system != *ours => {
            let why =
                format!("its holder reaches this folder through {}, not through {ours}", theirs.file_system);
            (Verdict::Unknown, why)
        }
        // One kernel serves a local file system, and knows of every lock on this very file: ours, or
        // one that has ended since. A container may give itself any boot or machine id.
        (Some(theirs), Some(_)) if theirs.inode == inode && here.reach == Reach::Local => {
            elsewhere.filter(|(verdict, _)| *verdict == Verdict::Stale).unwrap_or_else(gone)
        }
        _ => elsewhere.unwrap_or_else(gone),
    }
}

/// The rows of another machine and another boot. `None` when the holder was on this kernel, or on
/// this machine's as far as can be told.
fn judge_elsewhere(info: &Info, here: &Here, kind: Liveness) -> Option<(Verdict, String)> {
    use Verdict::{Stale, Unknown};
    let same_boot = same(info.boot.as_ref(), here.boot.as_ref());
    let same_machine = same(info.machine.as_ref(), here.machine.as_ref());
    if same_boot == Some(true) && here.reach == Reach::Local {
        return None;
    }
    if same_machine == Some(false) {
        return Some((Unknown, "its holder is on another machine".to_owned()));
    }
    match same_boot {
        Some(true) => return None,
        None if kind == Liveness::Process || here.reach == Reach::Network => {
            return Some((Unknown, "it cannot be told whether its holder is on this machine".to_owned()));
        }
        None => return None,
        Some(false) => {}
    }
    if here.reach == Reach::Network {
        let why = "from another boot or another machine, on a shared file system";
        return Some((Unknown, why.to_owned()));
    }
    // Containers are given boot ids of their own.
    if info.pid_namespace.is_some() && info.pid_namespace != here.pid_namespace {
        return Some((Unknown, "from another boot or another container".to_owned()));
    }
    // Machines without an id can at least be told apart by name.
    if same_machine.is_none() && info.host.as_ref() != Some(&here.host) {
        return Some((Unknown, "from another boot or another machine".to_owned()));
    }
    // Only the boot id may be another: then the process is still there.
    if kind == Liveness::Process && info.pid_namespace.is_some() {
        let judged = judge_process(info, here);
        if judged.0 != Stale {
            return Some(judged);
        }
    }
    Some((Stale, "the machine was restarted since".to_owned()))
}

/// Whether two values are the same, where both are known.
fn same<T: PartialEq>(theirs: Option<T>, ours: Option<T>) -> Option<bool> {
    Some(theirs? == ours?)
}

/// For how many seconds a lease runs yet, the margin for another clock included. Negative when it is
/// over, `None` when its end can't be read.
fn seconds_left(info: &Info, here: &Here) -> Option<f64> {
    let boot_left = info.expires_boot.map(|end| end.as_secs_f64() - sys::clock::since_boot().as_secs_f64());
    match (here.shares_clock_with(info), boot_left, wall_left(info)) {
        (true, Some(left), _) if sys::machine::is_lasting_time_namespace(info.time_namespace) => Some(left),
        // Another namespace may have that number by now, and its clock another zero. The wall clock is
        // the same in all of them.
        (true, Some(boot_left), Some(wall_left)) => Some(boot_left.max(wall_left)),
        (false, _, Some(left)) => Some(left + CLOCK_MARGIN.as_secs_f64()),
        _ => None,
    }
}

fn wall_left(info: &Info) -> Option<f64> {
    let end = info.expires?;
    Some(end.as_duration().as_secs_f64() - sys::clock::since_epoch().as_secs_f64())
}

/// For how long a lease keeps others out yet; `None` for any other kind of lock, for one that is
/// over, and where that can't be told.
pub(super) fn lease_left(info: &Info, here: &Here) -> Option<Duration> {
    let is_lease = info.liveness == Some(Liveness::Lease);
    let left = if is_lease { seconds_left(info, here)? } else { return None };
    Duration::try_from_secs_f64(left).ok()
}

fn judge_lease(info: &Info, here: &Here) -> (Verdict, String) {
    let Some(left) = seconds_left(info, here) else {
        return (Verdict::Unknown, "a lease whose end cannot be read".to_owned());
    };
    if left > 0.0 {
        return (Verdict::Held, format!("its lease runs for another {left:.0} s"));
    }
    let wall_left = wall_left(info);
    let over = wall_left.filter(|_| !here.shares_clock_with(info)).map_or(-left, |left| -left);
    let over = Duration::try_from_secs_f64(over).unwrap_or_default();
    (Verdict::Stale, format!("its lease expired {} ago", show_duration(over)))
}

fn judge_process(info: &Info, here: &Here) -> (Verdict, String) {
    use Verdict::{Held, Stale, Unknown};
    let namespaces =
        [same(info.pid_namespace, here.pid_namespace), same(info.time_namespace, here.time_namespace)];
    if namespaces != [Some(true); 2] {
        return (Unknown, "its owner runs in another namespace".to_owned());
    }
    let (Some(pid @ 1..), Some(started)) = (info.pid, info.started) else {
        return (Unknown, "its owner's start time is missing".to_owned());
    };
    if !sys::process::table_is_ours() {
        return (Unknown, "the process table here is another namespace's".to_owned());
    }
    if !sys::process::exists(pid) {
        return (Stale, format!("its owner, pid {pid}, has ended"));
    }
    match sys::process::look_up(pid) {
        // It may have ended between the two looks.
        None if !sys::process::exists(pid) => (Stale, format!("its owner, pid {pid}, has ended")),
        None => (Unknown, format!("pid {pid} exists but cannot be looked at")),
        Some(process) if process.zombie => (Stale, format!("its owner, pid {pid}, has ended")),
        // The number of a time namespace that has ended may be another's by now, whose clock has another
        // zero.
        Some(process)
            if process.started != started
                && !sys::machine::is_lasting_time_namespace(info.time_namespace) =>
        {
            (Unknown, format!("whether pid {pid} is its owner cannot be told in this time namespace"))
        }
        Some(process) if process.started != started => {
            (Stale, format!("its owner, pid {pid}, has ended, and that number is another process's now"))
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
    let Some(why) = script_has_ended(info, pid) else {
        return (Held, format!("the script that made it, pid {pid}, is alive"));
    };
    // The script did not say in which PID namespace it has that number, and its host name may be
    // that of several. Without seeing all processes this cannot be decided.
    if !sys::process::sees_all() && !sys::machine::host_name_is_ours_alone() {
        return (Unknown, format!("which process pid {pid} is cannot be told in a container or sandbox"));
    }
    let is_another = |process: &Process| process.zombie || is_later(process, info);
    if !sys::process::in_inner_namespaces(pid).iter().all(is_another) {
        return (Unknown, format!("pid {pid} of a container or sandbox may be the script that made it"));
    }
    (Stale, why)
}

/// Why the process with that number, in our PID namespace, is not the script that made the lock.
fn script_has_ended(info: &Info, pid: u32) -> Option<String> {
    if !sys::process::exists(pid) {
        return Some(format!("the script that made it, pid {pid}, is gone"));
    }
    let process = if sys::process::table_is_ours() { sys::process::look_up(pid)? } else { return None };
    if process.zombie {
        return Some(format!("the script that made it, pid {pid}, has ended"));
    }
    let why = || format!("the script that made it is gone and pid {pid} is a later process");
    is_later(&process, info).then(why)
}

/// Whether a process began long after the lock was made.
fn is_later(process: &Process, info: &Info) -> bool {
    let (started, acquired) = (sys::process::wall_clock_start(process), info.acquired);
    started
        .zip(acquired)
        .is_some_and(|(started, made)| started - made.as_duration().as_secs_f64() > SCRIPT_MARGIN_SECONDS)
}
