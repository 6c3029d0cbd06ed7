//! The judge: is the holder of a lock directory alive?
//!
//! The rows of the protocol's table, in its order; the first that fits decides. *Unknown* counts
//! as held: doubt never frees a lock. Judging changes nothing and needs no guard, except that a
//! *stale* verdict may only be acted on under the guard it was reached under.
//!
//! What this process lacks itself, such as descriptors, is no verdict about anybody but an error.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use super::LockError;
use super::anchor;
use super::info::Info;
use super::key::Key;
use super::root::LockRoot;
use super::verdict::{Here, Verdict, judge_holder};
use crate::sys;
use crate::sys::file::{Flock, Identity, Pinned};

/// How long a directory without a readable holder must stay unchanged under one judge's eyes.
pub const CORRUPT_GRACE: Duration = Duration::from_secs(2);

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
    /// The info file as it was found.
    pub(super) file: Option<Metadata>,
    /// Somebody has the kernel lock.
    pub(super) locked: bool,
    /// And that is not the process that took it, which has ended.
    pub(super) orphaned: bool,
    /// Not about the lock itself but about a guest's place in it.
    pub(super) guest: bool,
}

impl Judgement {
    /// About the guest that is inside.
    pub(super) fn of_guest(info: Info, verdict: Verdict, reason: String) -> Judgement {
        Judgement { info, guest: true, ..Judgement::new(verdict, reason) }
    }

    fn new(verdict: Verdict, reason: impl Into<String>) -> Judgement {
        Judgement {
            verdict,
            reason: reason.into(),
            info: Info::default(),
            directory: None,
            needs_watching: false,
            file: None,
            locked: false,
            orphaned: false,
            guest: false,
        }
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
        self.here.get_or_insert_with(|| Here::look(&self.root))
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
            Err(error) => unknown("probe its anchor", error).map(Some),
        }
    }

    fn judge_directory(&mut self, key: &Key) -> io::Result<Judgement> {
        let path = self.root.lock_dir(key);
        let folder = match sys::file::open_folder(&path).and_then(Pinned::new) {
            Ok(folder) => folder,
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
        let found = sys::file::careful_options().read(true).open(path.join("info"));
        let mut judgement = match found {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.corrupt(key, &folder_meta, None),
            Err(error) => unknown("open its info", error)?,
            Ok(info) => self.judge_info(key, &folder_meta, &info)?,
        };
        judgement.directory = Some(folder);
        if !judgement.needs_watching && judgement.verdict != Verdict::Stale {
            self.watched.remove(key);
        }
        Ok(judgement)
    }

    fn judge_info(&mut self, key: &Key, folder: &Metadata, file: &File) -> io::Result<Judgement> {
        let meta = match file.metadata() {
            Ok(meta) if meta.is_file() => meta,
            Ok(_) => return Ok(Judgement::new(Verdict::Unknown, "its info is not a file")),
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
        if !unlocked {
            let orphaned = self.has_ended(&info);
            let reason = match orphaned {
                true => "its holder has ended, but a command of it has the kernel lock",
                false => "its holder has the kernel lock",
            };
            let held = Judgement::new(Verdict::Held, reason);
            return Ok(Judgement { info, file: Some(meta), locked: true, orphaned, ..held });
        }
        if info.pid.is_none() {
            return Ok(self.corrupt(key, folder, Some(&meta)));
        }
        let (verdict, reason) = judge_holder(&info, meta.ino(), self.here());
        if verdict == Verdict::Unknown {
            // The process table, too, is read through descriptors: was there one to be had?
            drop(file.try_clone()?);
        }
        Ok(Judgement { info, file: Some(meta), ..Judgement::new(verdict, reason) })
    }

    /// Whether the process that an info file names has ended for certain.
    fn has_ended(&mut self, info: &Info) -> bool {
        info.pid.is_some_and(sys::process::has_ended)
            && info.pid_namespace.is_some()
            && info.pid_namespace == self.here().pid_namespace
    }

    /// No info or no PID in it: a script between its `mkdir` and its write, or the rest of one.
    fn corrupt(&mut self, key: &Key, folder: &Metadata, info: Option<&Metadata>) -> Judgement {
        let stamp = |meta: &Metadata| (Identity::from(meta), meta.mtime(), meta.mtime_nsec());
        let print = Fingerprint { directory: stamp(folder), info: info.map(stamp) };
        let since = match self.watched.get(key) {
            Some((seen, since)) if *seen == print => *since,
            _ => {
                let now = Instant::now();
                self.watched.insert(key.clone(), (print, now));
                now
            }
        };
        let what = if info.is_some() { "no PID in its info" } else { "no info" };

        if since.elapsed() >= CORRUPT_GRACE {
            Judgement::new(Verdict::Stale, format!("{what}, and nothing has changed for 2 s"))
        } else {
            let wait = "must stay unchanged for 2 s before it counts as stale";
            Judgement { needs_watching: true, ..Judgement::new(Verdict::Held, format!("{what}; {wait}")) }
        }
    }
}

/// The verdict when a look was refused, unless it was for what we lack ourselves.
fn unknown(action: &str, error: io::Error) -> io::Result<Judgement> {
    if sys::is_shortage(&error) {
        return Err(error);
    }
    Ok(Judgement::new(Verdict::Unknown, format!("cannot {action}: {}", sys::explain(&error))))
}
