//! The judge: is the holder of a lock directory alive?
//!
//! The rows of the protocol's table, in its order; the first that fits decides. *Unknown* counts
//! as held: doubt never frees a lock. Judging changes nothing and needs no guard, except that a
//! *stale* verdict may only be acted on under the guard it was reached under.
//!
//! A shortage in this process, of descriptors for instance, is not a verdict about the holder but
//! an error.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use super::LockError;
use super::anchor;
use super::attempt::is_unborn;
use super::id::Token;
use super::info::Info;
use super::key::Key;
use super::removal::{SetAside, UNBORN_PREFIX};
use super::root::LockRoot;
use super::verdict::{Here, Verdict, judge_holder};
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::folder::{Access, Folder, Pinned};
use crate::sys::machine::Reach;
use crate::sys::{self, found};

/// How long a directory without a readable holder must stay unchanged under one judge's eyes.
pub const CORRUPT_GRACE: Duration = Duration::from_secs(2);

/// The same where another machine's write may take a while to be seen.
const REMOTE_CORRUPT_GRACE: Duration = Duration::from_secs(60);

/// A directory that has not changed for this long, by its file system's own clock, needs no
/// watching.
const CORRUPT_AGE: i64 = 10;

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

/// Judges lock directories. Remembers the corrupt ones that it has seen.
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
        looked.map_err(LockError::io(Op::LookAt, self.root.lock_dir(key)))
    }

    /// Whether a holder lives although its directory was removed: a verdict only if one may.
    ///
    /// # Errors
    /// As [`Judge::judge`].
    pub(super) fn judge_anchor(&self, key: &Key) -> Result<Option<Judgement>, LockError> {
        self.probe_anchor(key).map_err(LockError::io(Op::LookAt, self.root.lock_dir(key)))
    }

    fn probe_anchor(&self, key: &Key) -> io::Result<Option<Judgement>> {
        match anchor::living_holder(&self.root, key) {
            Ok(None) => Ok(None),
            Ok(Some(info)) => {
                let reason = "its lock directory was removed, but its holder has the kernel lock";
                Ok(Some(Judgement { info, ..Judgement::new(Verdict::Held, reason) }))
            }
            // Not a doubt about one lock: the root itself is not as it must be.
            Err(error) if error.raw_os_error().is_none() => Err(error),
            Err(error) => unknown("probe its anchor", error).map(Some),
        }
    }

    fn judge_directory(&mut self, key: &Key) -> io::Result<Judgement> {
        let opened = self.root.open_lock(key);
        let pinned = opened.and_then(|folder| Ok((Pinned::new(folder.clone())?, folder)));
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
        let mut judgement = match self.root.open_info_in(key, &folder) {
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
        folder_meta: &Metadata,
        file: &File,
    ) -> io::Result<Judgement> {
        let meta = match file.metadata() {
            Ok(meta) => meta,
            Err(error) => return unknown("look at its info", error),
        };
        // A shared probe keeps no other probe out, so a stopped judge stalls nobody.
        let locked = match sys::file::is_locked(file) {
            Ok(locked) => locked,
            Err(error) => return unknown("probe its kernel lock", error),
        };
        let info = match Info::read(file) {
            Ok(info) => info,
            Err(error) => return unknown("read its info", error),
        };
        if locked {
            let orphaned = self.has_ended(&info);
            let reason = match orphaned {
                true => "its holder has ended, but a command of it has the kernel lock",
                false => "its holder has the kernel lock",
            };
            let held = Judgement::new(Verdict::Held, reason);
            return Ok(Judgement { info, file: Some(meta), locked: true, orphaned, ..held });
        }
        if info.pid.is_none() {
            return Ok(self.corrupt(key, folder, folder_meta, Some(&meta)));
        }
        let (verdict, reason) = judge_holder(&info, meta.ino(), self.here());
        if verdict == Verdict::Unknown {
            // Reading the process table needs a descriptor too: make sure that one was available.
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

    /// No info or no PID in it: a script between its `mkdir` and its write, or what one has left.
    ///
    /// A lock of ours is born with its info, so only scripts leave this.
    fn corrupt(
        &mut self,
        key: &Key,
        folder: &Folder,
        folder_meta: &Metadata,
        info: Option<&Metadata>,
    ) -> Judgement {
        let what = if info.is_some() { "no PID in its info" } else { "no info" };
        let local = self.root.reach() == Reach::Local;
        if info.is_none() && is_unborn(folder_meta.mode()) {
            // Its maker held the guard for as long as the directory was in this state.
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
        let soon = local || info.is_none() && self.has_dead_unborn(key);
        let grace = if soon { CORRUPT_GRACE } else { REMOTE_CORRUPT_GRACE };
        let stamp = |meta: &Metadata| (Identity::from(meta), meta.mtime(), meta.mtime_nsec());
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

    /// Whether somebody has died who had prepared a lock of this file: then what stands there without
    /// an info is most likely the empty folder that was to keep the name for it, on a file system
    /// that has no exclusive rename and keeps no permissions.
    fn has_dead_unborn(&self, key: &Key) -> bool {
        let root = self.root.folder();
        let is_it = |name: &OsString| -> io::Result<bool> {
            let info = root.folder(name)?.open_linked("info", Access::Read)?;
            let target = Info::read(&info)?.target;
            Ok(target.is_some_and(|target| Key::of(&target) == *key) && !sys::file::is_locked(&info)?)
        };
        let names = root.names().unwrap_or_default();
        let mut unborn = names.iter().filter(|name| name.as_bytes().starts_with(UNBORN_PREFIX.as_bytes()));
        unborn.any(|name| is_it(name).unwrap_or(false))
    }

    /// The present time of the clock that dates changes in the root, in seconds. It is read from a
    /// file made for this, because that clock need not be this machine's.
    fn root_clock(&self) -> Option<i64> {
        let folder = self.root.folder();
        let name = format!("{UNBORN_PREFIX}{}", Token::fresh().ok()?);
        let made = folder.create_file(&name, self.root.file_mode()).ok()?;
        let now = made.metadata().ok().map(|meta| meta.ctime());
        let _ = folder.remove_file(&name);
        now
    }

    /// Looks once more into a lock that had no info when it was set aside: a script may have
    /// written one since. Then it is put back, and `Err` says who holds it.
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
        let fail = || LockError::io(Op::LookAt, self.root.lock_dir(key));
        let found = aside.open().and_then(|folder| match folder {
            Some(folder) => found(self.root.open_info_in(key, &folder)),
            None => Ok(None),
        });
        let Some(file) = found.map_err(fail())? else { return Ok(Ok(aside)) };
        let info = Info::read(&file).map_err(fail())?;
        if info.pid.is_none() {
            return Ok(Ok(aside));
        }
        let inode = file.metadata().map_err(fail())?.ino();
        let (verdict, reason) = judge_holder(&info, inode, self.here());
        if !verdict.is_taken() {
            return Ok(Ok(aside));
        }
        aside.put_back(key).map_err(|source| LockError::Remove { path: self.root.lock_dir(key), source })?;
        Ok(Err(Judgement { info, ..Judgement::new(verdict, reason) }))
    }
}

/// The verdict when access was refused, unless the cause is a shortage of our own.
fn unknown(action: &str, error: io::Error) -> io::Result<Judgement> {
    if sys::is_shortage(&error) {
        return Err(error);
    }
    Ok(Judgement::new(Verdict::Unknown, format!("cannot {action}: {}", sys::explain(&error))))
}
