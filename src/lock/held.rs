//! A lock that we have: made by take, ended by release.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::LockError;
use super::anchor;
use super::guard::Guard;
use super::guest::Nest;
use super::holder::Holder;
use super::id::{LockId, Token};
use super::info::{Info, Liveness};
use super::journal;
use super::key::Target;
use super::liveness::{Judge, Judgement, Verdict};
use super::removal::{SetAside, UNBORN_PREFIX, set_aside, sweep};
use super::root::{LockRoot, found, open_safely};
use super::wait::Waiter;
use crate::sys;
use crate::sys::file::{Flock, Identity};

/// A release that can't get the guard leaves the lock to be reaped after this.
pub(super) const RELEASE_PATIENCE: Duration = Duration::from_secs(5);

/// What shall keep the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// This process and whoever inherits the descriptor.
    Running,
    /// Another process, by PID and start time, after this one has ended.
    Owner {
        /// Its PID.
        pid: u32,
        /// Its start time, see [`sys::process::Process::started`].
        started: u64,
    },
    /// A time limit.
    Lease(Duration),
}

/// What is written into the info file besides what take finds out itself.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What keeps the lock.
    pub keep: Keep,
    /// What the holder calls itself.
    pub client: Option<String>,
    /// The holder's command line.
    pub command: String,
}

/// One try to take a lock.
pub(super) enum Attempt {
    Taken(Held),
    Busy(Judgement),
}

/// A lock that is held. Dropping it releases it; [`Held::release`] also says whether it was
/// ours to the end.
#[must_use = "the lock is released as soon as this is dropped"]
#[derive(Debug)]
pub struct Held {
    root: LockRoot,
    target: Target,
    id: LockId,
    hold: Hold,
    /// Whose dead lock was in the way, and why it was dead.
    reclaimed: Option<Reclaimed>,
}

/// A dead holder's lock that was removed to make room.
#[derive(Debug, Clone)]
pub struct Reclaimed {
    /// Whose it was.
    pub holder: Holder,
    /// Why it was stale.
    pub reason: String,
}

#[derive(Debug)]
enum Hold {
    /// Our own lock: its directory, and the info file that we wrote.
    Own { directory: Identity, info: File, identity: Identity },
    /// A place inside somebody's lock.
    Guest(Nest),
    /// Given back.
    Over,
}

impl Held {
    /// Takes the lock if it is free or stale. Neither waits nor looks a second time.
    pub(super) fn attempt(
        root: &LockRoot,
        target: &Target,
        claim: &Claim,
        judge: &mut Judge,
        deadline: Instant,
        waiter: &mut dyn Waiter,
    ) -> Result<Attempt, LockError> {
        // Read before the guard is taken: under it others wait, and a death between the two steps
        // of a take costs the next taker two seconds.
        judge.here();
        let guard = Guard::take_with(root, &target.key, deadline, waiter)?;
        let mut reclaimed = None;
        let mut removed: Vec<SetAside> = Vec::new();
        let attempt = loop {
            // A script may have removed the directory of one who lives.
            if let Some(alive) = judge.judge_anchor(&target.key) {
                break Ok(Attempt::Busy(alive));
            }
            match root.make_folder(&root.lock_dir(&target.key)) {
                Ok(()) => match furnish(root, target, claim, judge)
                    .and_then(|(info, token)| Held::own(root, target, info, token, &reclaimed))
                {
                    Ok(held) => break Ok(Attempt::Taken(held)),
                    // Removed or furnished by a script meanwhile: judge what is there now.
                    Err(LockError::Io { source, .. })
                        if matches!(
                            source.kind(),
                            io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists
                        ) => {}
                    Err(error) => {
                        // Only if it is still empty: a foreign file is evidence, not ours to delete.
                        let _ = fs::remove_dir(root.lock_dir(&target.key));
                        break Err(error);
                    }
                },
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // The root was deleted: the next try makes it anew, guard and all.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    break Ok(Attempt::Busy(judge.judge(&target.key)));
                }
                Err(error) => {
                    break Err(LockError::io("make the lock directory", root.lock_dir(&target.key))(error));
                }
            }
            let judgement = judge.judge(&target.key);
            let (Verdict::Stale, Some(judged)) = (judgement.verdict, judgement.directory) else {
                break Ok(Attempt::Busy(judgement));
            };
            if removed.len() == 2 {
                break Ok(Attempt::Busy(judgement));
            }
            match set_aside(root, &target.key, judged, &guard) {
                Ok(Some(aside)) => removed.push(aside),
                Ok(None) => break Ok(Attempt::Busy(judgement)),
                Err(error) => break Err(error),
            }
            reclaimed = Some(Reclaimed { holder: Holder::of(&judgement.info), reason: judgement.reason });
        };
        drop(guard);
        if !removed.is_empty() {
            removed.into_iter().for_each(SetAside::delete);
            sweep(root, None);
        }
        attempt
    }

    fn own(
        root: &LockRoot,
        target: &Target,
        info: File,
        token: Token,
        reclaimed: &Option<Reclaimed>,
    ) -> Result<Held, LockError> {
        let path = root.lock_dir(&target.key);
        let directory =
            Identity::from(&fs::symlink_metadata(&path).map_err(LockError::io("look at", &path))?);
        let identity = Identity::from(&info.metadata().map_err(LockError::io("look at", path.join("info")))?);
        let id = LockId { key: target.key.clone(), token, inner: Vec::new() };
        let hold = Hold::Own { directory, info, identity };
        Ok(Held { root: root.clone(), target: target.clone(), id, hold, reclaimed: reclaimed.clone() })
    }

    /// A guest's place, under a lock that another holds.
    pub(super) fn guest(root: &LockRoot, target: &Target, nest: Nest) -> Held {
        let id = nest.host().clone();
        Held { root: root.clone(), target: target.clone(), id, hold: Hold::Guest(nest), reclaimed: None }
    }

    /// A guest that only wants an id to hand on: releasing it does nothing.
    pub(super) fn guest_in_name(root: &LockRoot, target: &Target, host: &LockId) -> Result<Held, LockError> {
        let token = Token::fresh().map_err(LockError::io("name a guest of", root.lock_dir(&target.key)))?;
        let id = host.with_guest(token);
        Ok(Held { root: root.clone(), target: target.clone(), id, hold: Hold::Over, reclaimed: None })
    }

    /// The lock's id. A command that is started with it in its environment is our guest.
    pub fn id(&self) -> &LockId {
        &self.id
    }

    /// The id for a command that is started now: under it the command is our guest.
    ///
    /// # Errors
    /// A guest's own id can't be written down for its guests.
    pub fn invite(&self) -> Result<LockId, LockError> {
        match &self.hold {
            Hold::Guest(nest) => nest.invite(),
            Hold::Own { .. } | Hold::Over => Ok(self.id.clone()),
        }
    }

    /// The locked file.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The dead lock that this one replaced.
    pub fn reclaimed(&self) -> Option<&Reclaimed> {
        self.reclaimed.as_ref()
    }

    /// Whether the lock belongs to another, in whose command we run.
    pub fn is_guest(&self) -> bool {
        matches!(self.hold, Hold::Guest(_))
    }

    /// Lets commands started from now on inherit the kernel lock, or keeps it from them. With
    /// it, the lock lives as long as any of them.
    ///
    /// # Errors
    /// The descriptor's flags can't be set.
    pub fn set_inheritable(&self, inheritable: bool) -> Result<(), LockError> {
        let file = match &self.hold {
            Hold::Own { info, .. } => info,
            Hold::Guest(nest) => nest.file(),
            Hold::Over => return Ok(()),
        };
        let path = self.root.lock_dir(&self.target.key);
        sys::file::set_inheritable(file, inheritable).map_err(LockError::io("pass on the lock of", path))
    }

    /// Runs `change` under the guard, after making sure that the lock is still ours: between
    /// that check and the change nobody can take the lock over. `change` must be quick, one
    /// rename or so.
    ///
    /// # Errors
    /// [`LockError::Lost`], and nothing was run; or the guard could not be had.
    pub fn publish<T>(&self, change: impl FnOnce() -> T) -> Result<T, LockError> {
        let guard = Guard::take(&self.root, &self.target.key, RELEASE_PATIENCE);
        let published = guard.and_then(|guard| {
            self.check()?;
            guard.verify()?;
            Ok(change())
        });
        journal::note_loss(&self.root, published)
    }

    /// Makes sure that the lock is ours at this moment.
    ///
    /// # Errors
    /// [`LockError::Lost`].
    pub fn check(&self) -> Result<(), LockError> {
        match &self.hold {
            Hold::Own { identity, .. } => self.check_own(*identity),
            Hold::Guest(nest) => {
                let (_, info) = open_info(&self.root, &self.id, Some(&self.target.path))?;
                still_runs(&self.root, &info, &self.target.path)?;
                nest.check(&self.target.path)
            }
            Hold::Over => Err(LockError::lost(Some(self.target.path.clone()), "it was released")),
        }
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`LockError::Lost`] when it was not ours any more: somebody else may have been inside.
    /// Any other error leaves it to be reaped by the next taker.
    pub fn release(mut self) -> Result<(), LockError> {
        let released = self.give_back();
        journal::note_loss(&self.root, released)
    }

    /// Leaves the lock in place for its owner or until its time is over, and returns its id.
    pub fn leave(mut self) -> LockId {
        self.hold = Hold::Over;
        self.id.clone()
    }

    /// The token alone could have been copied: the very file that we wrote must be in place.
    fn check_own(&self, identity: Identity) -> Result<(), LockError> {
        let (file, _) = open_info(&self.root, &self.id, Some(&self.target.path))?;
        let now = file.metadata().map_err(LockError::io("look at", self.info_path()))?;
        if Identity::from(&now) == identity {
            return Ok(());
        }
        Err(LockError::lost(Some(self.target.path.clone()), "its info file was replaced"))
    }

    fn info_path(&self) -> PathBuf {
        self.root.lock_dir(&self.target.key).join("info")
    }

    fn give_back(&mut self) -> Result<(), LockError> {
        let (directory, info, identity) = match std::mem::replace(&mut self.hold, Hold::Over) {
            Hold::Own { directory, info, identity } => (directory, info, identity),
            Hold::Guest(nest) => return nest.release(),
            Hold::Over => return Ok(()),
        };
        let guard = Guard::take(&self.root, &self.target.key, RELEASE_PATIENCE);
        let ended = guard.and_then(|guard| {
            let lost = |why: &str| LockError::lost(Some(self.target.path.clone()), why);
            anchor::remove(&self.root, &self.target.key, Some(identity));
            self.check_own(identity)?;
            set_aside(&self.root, &self.target.key, directory, &guard)?
                .ok_or_else(|| lost("its directory was replaced"))
        });
        // Explicitly, for a command's child may still have the descriptor.
        let _ = sys::file::unlock(&info);
        ended.map(SetAside::delete)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Best effort: what can't be released now is stale when this process ends.
        let _ = self.give_back();
    }
}

/// Puts the info file into a fresh lock directory. It has its kernel lock before it has its
/// name: created first and locked second, a stopped waiter's probe could hold it up.
fn furnish(
    root: &LockRoot,
    target: &Target,
    claim: &Claim,
    judge: &mut Judge,
) -> Result<(File, Token), LockError> {
    let directory = root.lock_dir(&target.key);
    let write =
        |source| LockError::Io { action: "write the lock's info in", path: directory.clone(), source };
    let token = Token::fresh().map_err(write)?;
    let unborn = directory.join(format!("{UNBORN_PREFIX}{token}"));
    let file = root.create_file(&unborn, true).map_err(write)?;
    let born = (|| {
        if !sys::file::try_flock(&file, Flock::Exclusive)? {
            return Err(io::Error::other("a new file is locked already"));
        }
        let text = describe(target, claim, &token, judge).render();
        io::Write::write_all(&mut &file, text.as_bytes())?;
        fs::hard_link(&unborn, directory.join("info"))?;
        match claim.keep {
            Keep::Running => anchor::make(root, &target.key, &unborn),
            Keep::Owner { .. } | Keep::Lease(_) => Ok(()),
        }
    })();
    let _ = fs::remove_file(&unborn);
    born.map_err(write)?;
    Ok((file, token))
}

fn describe(target: &Target, claim: &Claim, token: &Token, judge: &mut Judge) -> Info {
    let here = judge.here();
    let mut info = Info {
        pid: Some(std::process::id()),
        acquired: Some(Timestamp::now()),
        host: Some(here.host.clone()),
        token: Some(token.clone()),
        liveness: Some(Liveness::Kernel),
        boot: here.boot.clone(),
        machine: here.machine.clone(),
        client: claim.client.clone(),
        target: Some(target.path.clone()),
        command: Some(claim.command.clone()),
        ..Info::default()
    };
    match claim.keep {
        Keep::Running => {}
        Keep::Owner { pid, started } => {
            info.liveness = Some(Liveness::Process);
            info.pid = Some(pid);
            info.started = Some(started);
            info.pid_namespace = here.pid_namespace;
            info.time_namespace = here.time_namespace;
        }
        Keep::Lease(limit) => {
            info.liveness = Some(Liveness::Lease);
            info.pid = Some(0);
            info.time_namespace = here.time_namespace;
            info.expire_in(limit);
        }
    }
    info
}

/// Opens the info of a lock that should be `id`'s.
pub(super) fn open_info(
    root: &LockRoot,
    id: &LockId,
    target: Option<&Path>,
) -> Result<(File, Info), LockError> {
    let path = root.lock_dir(&id.key).join("info");
    let opened = found(open_safely().read(true).open(&path)).map_err(LockError::io("open", &path))?;
    let lost = |why: String| LockError::lost(target.map(Path::to_owned), why);
    let file = opened.ok_or_else(|| lost("it was removed".to_owned()))?;
    let info = Info::read(&file).map_err(LockError::io("read", &path))?;
    if info.token.as_ref() == Some(&id.token) {
        return Ok((file, info));
    }
    Err(lost(format!("it is held by {} now", Holder::of(&info))))
}

/// A lease that has run out is nobody's, even while its directory stands.
fn still_runs(root: &LockRoot, info: &Info, target: &Path) -> Result<(), LockError> {
    if info.liveness == Some(Liveness::Lease) && Judge::new(root).lease_is_over(info) {
        return Err(LockError::lost(Some(target.to_owned()), "its lease has expired"));
    }
    Ok(())
}
