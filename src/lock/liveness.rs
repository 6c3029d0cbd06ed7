//! The judge: is the holder of a lock directory alive?
//!
//! The rows of the protocol's table, in its order; the first that fits decides. *Unknown* counts
//! as held: doubt never frees a lock. Judging changes nothing and needs no guard, except that a
//! *stale* verdict may only be acted on under the guard it was reached under.
//!
//! What this process lacks itself, such as descriptors, is no verdict about anybody but an error.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use super::LockError;
use super::anchor;
use super::attempt::UNBORN_MODE;
use super::id::Token;
use super::info::{Info, Liveness};
use super::key::Key;
use super::removal::{SetAside, UNBORN_PREFIX};
use super::root::{LockRoot, found};
use crate::sys;
use crate::sys::file::{Flock, Identity, Pinned};
use crate::sys::folder::{Access, Folder};
use crate::sys::machine::Reach;

/// How long a directory without a readable holder must stay unchanged under one judge's eyes.
pub const CORRUPT_GRACE: Duration = Duration::from_secs(2);

/// The same where another machine's write may take a while to be seen.
const REMOTE_CORRUPT_GRACE: Duration = Duration::from_secs(60);

/// A directory that was left alone for this long, by its file system's own clock, needs no
/// watching.
const CORRUPT_AGE: i64 = 10;

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

/// A verdict with its reason and what it was reached from.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a phrase for people.
    pub reason: String,
    /// What the info file says; empty where there is none.
    pub info: Info,
    /// The judged directory, so that a removal can tell it from a later one.
    pub(super) directory: Option<Pinned>,
    /// Corrupt, and not watched for long enough yet.
    pub(super) needs_watching: bool,
}

impl Judgement {
    fn new(verdict: Verdict, reason: impl Into<String>) -> Judgement {
        Judgement {
            verdict,
            reason: reason.into(),
            info: Info::default(),
            directory: None,
            needs_watching: false,
        }
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
}

impl Here {
    fn look() -> Here {
        Here {
            boot: sys::machine::boot_id(),
            machine: sys::machine::machine_id(),
            host: sys::machine::host_name(),
            pid_namespace: sys::machine::pid_namespace(),
            time_namespace: sys::machine::time_namespace(),
        }
    }

    /// Whether the boot-time clock here is the one that a lease was measured by.
    fn shares_clock_with(&self, info: &Info) -> bool {
        info.boot.is_some()
            && info.boot == self.boot
            && info.time_namespace.is_some()
            && info.time_namespace == self.time_namespace
    }
}

/// Judges lock directories. Keeps in mind what it has seen of corrupt ones.
#[derive(Debug)]
pub struct Judge {
    root: LockRoot,
    here: Option<Here>,
    watched: HashMap<Key, (Fingerprint, Instant)>,
}

/// What must stay the same for a corrupt directory to count as abandoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fingerprint {
    directory: (Identity, i64, i64),
    info: Option<(Identity, i64, i64)>,
}

impl Judge {
    /// A judge for the locks of one root.
    pub fn new(root: &LockRoot) -> Judge {
        Judge { root: root.clone(), here: None, watched: HashMap::new() }
    }

    /// Where we are, read at the first need.
    pub(super) fn here(&mut self) -> &Here {
        self.here.get_or_insert_with(Here::look)
    }

    /// Whether a lease has run out, or its end can't be read.
    pub(super) fn lease_is_over(&mut self, info: &Info) -> bool {
        judge_lease(info, self.here()).0 != Verdict::Held
    }

    /// Whether the boot-time clock here is the one that a lease was measured by.
    pub(super) fn shares_clock_with(&mut self, info: &Info) -> bool {
        self.here().shares_clock_with(info)
    }

    /// Looks at the lock of `key` as it is now.
    ///
    /// # Errors
    /// This process or the system is short of descriptors or memory.
    pub fn judge(&mut self, key: &Key) -> Result<Judgement, LockError> {
        let looked = self.judge_directory(key).and_then(|judgement| {
            let alive = if judgement.verdict.is_taken() { None } else { self.probe_anchor(key)? };
            Ok(alive.unwrap_or(judgement))
        });
        looked.map_err(LockError::io("look at the lock", self.root.lock_dir(key)))
    }

    /// Whether a holder lives although its directory was removed: a verdict only if one may.
    ///
    /// # Errors
    /// As [`Judge::judge`].
    pub(super) fn judge_anchor(&self, key: &Key) -> Result<Option<Judgement>, LockError> {
        self.probe_anchor(key).map_err(LockError::io("look at the lock", self.root.lock_dir(key)))
    }

    fn probe_anchor(&self, key: &Key) -> io::Result<Option<Judgement>> {
        match anchor::living_holder(&self.root, key) {
            Ok(None) => Ok(None),
            Ok(Some(info)) => {
                let reason = "its lock directory was removed, but its holder has the kernel lock";
                Ok(Some(Judgement { info, ..Judgement::new(Verdict::Held, reason) }))
            }
            // No doubt about one lock: the whole root is not as it must be.
            Err(error) if error.raw_os_error().is_none() => Err(error),
            Err(error) => unknown("probe its anchor", error).map(Some),
        }
    }

    fn judge_directory(&mut self, key: &Key) -> io::Result<Judgement> {
        let opened = self.root.open_lock(key);
        let pinned = opened.and_then(|folder| Ok((Pinned::new(folder.file().try_clone()?)?, folder)));
        let (pinned, folder) = match pinned {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.watched.remove(key);
                return Ok(Judgement::new(Verdict::Free, "no lock"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Ok(Judgement::new(Verdict::Unknown, "not a lock directory"));
            }
            Err(error) => return unknown("open the lock directory", error),
        };
        let folder_meta = match folder.metadata() {
            Ok(meta) => meta,
            Err(error) => return unknown("look at the lock directory", error),
        };
        let mut judgement = match folder.open_linked("info", Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.corrupt(key, &folder, &folder_meta, None)
            }
            Err(error) => unknown("open its info", error)?,
            Ok(info) => self.judge_info(key, &folder, &folder_meta, &info)?,
        };
        judgement.directory = Some(pinned);
        if !judgement.needs_watching && judgement.verdict != Verdict::Stale {
            self.watched.remove(key);
        }
        Ok(judgement)
    }

    fn judge_info(
        &mut self,
        key: &Key,
        folder: &Folder,
        folder_meta: &std::fs::Metadata,
        file: &File,
    ) -> io::Result<Judgement> {
        let meta = match file.metadata() {
            Ok(meta) => meta,
            Err(error) => return unknown("look at its info", error),
        };
        // A shared probe keeps no other probe out, so a stopped judge stalls nobody.
        let unlocked = match sys::file::try_flock(file, Flock::Shared) {
            Ok(unlocked) => unlocked,
            Err(error) => return unknown("probe its kernel lock", error),
        };
        let info = match Info::read(file) {
            Ok(info) => info,
            Err(error) => return unknown("read its info", error),
        };
        let (verdict, reason) = if !unlocked {
            (Verdict::Held, "its holder has the kernel lock".to_owned())
        } else if info.pid.is_none() {
            return Ok(self.corrupt(key, folder, folder_meta, Some(&meta)));
        } else {
            self.judge_holder(&info)
        };
        if verdict == Verdict::Unknown {
            // The process table, too, is read through descriptors: was there one to be had?
            drop(file.try_clone()?);
        }
        Ok(Judgement { info, ..Judgement::new(verdict, reason) })
    }

    /// The rows below «no PID», for an info file whose kernel lock nobody has.
    fn judge_holder(&mut self, info: &Info) -> (Verdict, String) {
        use Verdict::{Stale, Unknown};
        let root = self.root.clone();
        let here = self.here();
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
            return match root.reach() {
                Reach::Local if !may_be_another => (Stale, "the machine was restarted since".to_owned()),
                Reach::Local => (Unknown, "from another boot or another machine".to_owned()),
                Reach::Network => {
                    (Unknown, "from another boot or another machine, on a shared file system".to_owned())
                }
            };
        }
        if same_boot.is_none() && (liveness == Liveness::Process || root.reach() == Reach::Network) {
            return (Unknown, "it cannot be told whether its holder is on this machine".to_owned());
        }
        match liveness {
            Liveness::Process => judge_process(info, here),
            _ => (Stale, format!("its holder, pid {}, is gone", info.pid.unwrap_or(0))),
        }
    }

    /// No info or no PID in it: a script between its `mkdir` and its write, or the rest of one.
    ///
    /// A lock of ours is born with its info, so only scripts leave this.
    fn corrupt(
        &mut self,
        key: &Key,
        folder: &Folder,
        folder_meta: &std::fs::Metadata,
        info: Option<&std::fs::Metadata>,
    ) -> Judgement {
        let what = if info.is_some() { "no PID in its info" } else { "no info" };
        let local = self.root.reach() == Reach::Local;
        if info.is_none() && folder_meta.mode() & 0o7777 == UNBORN_MODE {
            // Its maker had the guard for as long as it was like this.
            return Judgement::new(Verdict::Stale, "its maker died before it was whole");
        }
        if local {
            let last = info.map_or(0, MetadataExt::ctime).max(folder_meta.ctime());
            if self.root_clock().is_some_and(|now| now - last > CORRUPT_AGE) {
                let why = format!("{what}, and nothing has changed for {CORRUPT_AGE} s");
                return Judgement::new(Verdict::Stale, why);
            }
        } else if info.is_none() && folder.names().is_ok_and(|names| names.iter().any(|name| name == "info"))
        {
            // A look-up may come from a cache; a listing is fresh.
            let held = "its info is not to be opened yet";
            return Judgement { needs_watching: true, ..Judgement::new(Verdict::Held, held) };
        }
        let grace = if local { CORRUPT_GRACE } else { REMOTE_CORRUPT_GRACE };
        let stamp = |meta: &std::fs::Metadata| (Identity::from(meta), meta.mtime(), meta.mtime_nsec());
        let print = Fingerprint { directory: stamp(folder_meta), info: info.map(stamp) };
        let since = match self.watched.get(key) {
            Some((seen, since)) if *seen == print => *since,
            _ => {
                let now = Instant::now();
                self.watched.insert(key.clone(), (print, now));
                now
            }
        };
        let seconds = grace.as_secs();
        if since.elapsed() >= grace {
            Judgement::new(Verdict::Stale, format!("{what}, and nothing has changed for {seconds} s"))
        } else {
            let why = format!("{what}; must stay unchanged for {seconds} s before it counts as stale");
            Judgement { needs_watching: true, ..Judgement::new(Verdict::Held, why) }
        }
    }

    /// What the clock that dates changes in the root shows now, in seconds. Read from a file that
    /// is made for it: that clock need not be this machine's.
    fn root_clock(&self) -> Option<i64> {
        let folder = self.root.folder();
        let name = format!("{UNBORN_PREFIX}{}", Token::fresh().ok()?);
        let made = folder.create_file(&name, self.root.file_mode()).ok()?;
        let now = made.metadata().ok().map(|meta| meta.ctime());
        let _ = folder.remove_file(&name);
        now
    }

    /// Looks once more into a lock without an info that was set aside: a script may have written it
    /// since. Then it is put back, and `Err` says who holds it.
    ///
    /// # Errors
    /// It can't be put back, or as [`Judge::judge`].
    pub(super) fn judge_again(
        &mut self,
        key: &Key,
        seen: &Judgement,
        aside: SetAside,
    ) -> Result<Result<SetAside, Judgement>, LockError> {
        if seen.info.pid.is_some() {
            return Ok(Ok(aside));
        }
        let fail = || LockError::io("look at the lock", self.root.lock_dir(key));
        let found = aside.open().and_then(|folder| match folder {
            Some(folder) => found(folder.open_linked("info", Access::Read)),
            None => Ok(None),
        });
        let Some(file) = found.map_err(fail())? else { return Ok(Ok(aside)) };
        let info = Info::read(&file).map_err(fail())?;
        if info.pid.is_none() {
            return Ok(Ok(aside));
        }
        let (verdict, reason) = self.judge_holder(&info);
        if !verdict.is_taken() {
            return Ok(Ok(aside));
        }
        aside.put_back(key).map_err(|source| LockError::Remove { path: self.root.lock_dir(key), source })?;
        Ok(Err(Judgement { info, ..Judgement::new(verdict, reason) }))
    }
}

fn judge_lease(info: &Info, here: &Here) -> (Verdict, String) {
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

/// The verdict when a look was refused, unless it was for what we lack ourselves.
fn unknown(action: &str, error: io::Error) -> io::Result<Judgement> {
    if sys::is_shortage(&error) {
        return Err(error);
    }
    Ok(Judgement::new(Verdict::Unknown, format!("cannot {action}: {}", sys::explain(&error))))
}
