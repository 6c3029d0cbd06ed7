//! What can go wrong with a lock, with the path, the holder and the cause in each.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::holder::Holder;
use super::verdict::Verdict;
use crate::sys::failure::{Hint, Kind, Op, PathError};
use crate::sys::text::{pids, show_duration, shown};

/// What is wrong with an [`LockError::Uprooted`] lock, for the message and the journal.
pub(super) const UPROOTED: &str =
    "somebody removed it from the lock folder, though the command that it was taken for still runs";

/// An error of this module. No error leaves a lock behind.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The target's true path can't be found.
    #[error("cannot find the real path of {}", shown(.path))]
    Resolve {
        /// The path as given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Neither an environment variable nor HOME says where locks live.
    #[error("no folder for locks: HOME is not set")]
    NoHome,
    /// The lock root could be tampered with by somebody else.
    #[error("the lock folder {} is not safe: {problem}", shown(.path))]
    Untrusted {
        /// The root.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The lock root of a file is there, but not for us. Another one would be no protection.
    #[error("the lock folder {} cannot be used", shown(.path))]
    Unusable {
        /// The root.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `flock` does not work where the lock root is.
    #[error("the file system of {} ({file_system}) has no working flock", shown(.path))]
    NoFlock {
        /// The root.
        path: PathBuf,
        /// The file system's name, as far as it is known.
        file_system: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The lock was not free before the deadline.
    #[error("lock on {} is held by {}{}", shown(.0.target.as_path()), .0.holder, ends(.0.left))]
    Busy(Box<Busy>),
    /// This wait and others wait for each other.
    #[error("deadlock: {cycle}")]
    Deadlock {
        /// Who waits for whom.
        cycle: String,
    },
    /// The id given is that of another file's lock.
    #[error("the id given with --lock is not that of the lock on {}", shown(.target))]
    WrongLock {
        /// The file.
        target: PathBuf,
    },
    /// Another process has kept a guard for longer than we may wait.
    #[error("the guard {} is kept by {}", shown(.path), pids(.holders))]
    GuardBusy {
        /// The guard's file.
        path: PathBuf,
        /// Who has it open; may be empty.
        holders: Vec<u32>,
    },
    /// A stale lock stands in the way and can't be removed.
    #[error("cannot remove the stale lock {}", shown(.path))]
    Remove {
        /// The lock directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The lock is not ours any more. Nothing was removed or written.
    #[error("the lock{} is lost: {why}", of(.target))]
    Lost {
        /// The file, where it is known.
        target: Option<PathBuf>,
        /// What stands there instead.
        why: String,
    },
    /// The lock that we run under was removed from its folder, and its holder runs on. Waiting for
    /// that holder would be waiting for ourselves. Nothing was written.
    #[error("the lock on {} is lost: {UPROOTED}", shown(.target))]
    Uprooted {
        /// The file.
        target: PathBuf,
    },
    /// What was given does not say which lock is meant.
    #[error("cannot tell which lock is meant by {named}: {why}")]
    Unnamed {
        /// What was given.
        named: String,
        /// What is missing.
        why: String,
    },
    /// A `lock with` that is still running holds this lock.
    #[error("the lock{} belongs to a running command: {holder}", of(.target))]
    Running {
        /// The file, where it is known.
        target: Option<PathBuf>,
        /// Who.
        holder: Holder,
    },
    /// The lock is of a kind that can't be renewed.
    #[error("only a lock made with --ttl can be renewed; this one is held by {holder}")]
    NotALease {
        /// Who.
        holder: Holder,
    },
    /// No process can be named as the owner.
    #[error("cannot tell who should own the lock: {why}")]
    NoOwner {
        /// What stands in the way.
        why: String,
    },
    /// A signal asked us to end.
    #[error("interrupted by signal {0}")]
    Interrupted(i32),
    /// Anything else that the system refused.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// A wait that ended at its deadline.
#[derive(Debug)]
pub struct Busy {
    /// The file.
    pub target: PathBuf,
    /// Who has it.
    pub holder: Holder,
    /// What that one calls itself.
    pub client: Option<String>,
    /// Since when, as it says itself.
    pub since: Option<jiff::Timestamp>,
    /// When a lease ends, by the wall clock.
    pub expires: Option<jiff::Timestamp>,
    /// How long that lease keeps others out yet.
    pub left: Option<Duration>,
    /// The judge's verdict, `unknown` included.
    pub verdict: Verdict,
    /// The judge's reason.
    pub reason: String,
    /// How long we waited.
    pub waited: Duration,
}

impl LockError {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        use LockError as E;
        match self {
            E::Busy(_) | E::Deadlock { .. } | E::GuardBusy { .. } => Kind::Busy,
            E::Lost { .. } | E::Uprooted { .. } => Kind::Lost,
            E::NoHome | E::Unnamed { .. } => Kind::Usage,
            E::WrongLock { .. } | E::Running { .. } | E::NotALease { .. } | E::NoOwner { .. } => Kind::Usage,
            E::Untrusted { .. } | E::Unusable { .. } => Kind::Permission,
            E::NoFlock { .. } => Kind::CantCreate,
            E::Interrupted(signal) => Kind::Interrupted(*signal),
            E::Resolve { source, .. } => Kind::of_reading(source),
            E::Remove { source, .. } | E::Path(PathError { source, .. }) => Kind::of_creating(source),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        use LockError as E;
        let hint = match self {
            E::Busy(busy) if busy.holder.inside.is_some() => Hint::TakeTurns,
            E::Busy(busy) if busy.verdict == Verdict::Unknown => {
                Hint::BreakIfSure(busy.target.clone(), busy.reason.clone())
            }
            E::Busy(busy) => Hint::WaitLonger(busy.target.clone()),
            E::Deadlock { .. } => Hint::TakeTogether,
            E::GuardBusy { .. } => Hint::Say(
                "a guard is held for microseconds: that process is stopped or hangs; continue it (kill -CONT) or end it",
            ),
            E::Lost { .. } => Hint::Say("nothing was written; take the lock and try again"),
            E::Uprooted { .. } => Hint::Say(
                "nothing was written; let the `aimem lock with` around this command end, and find what removes things in the lock folder",
            ),
            E::WrongLock { .. } => Hint::NameOwnLock,
            E::Running { .. } => Hint::EndsWithCommand,
            E::Unnamed { .. } => Hint::NameSession,
            E::NotALease { .. } => {
                Hint::Say("it needs no renewal: it lasts until it is released or its owner ends")
            }
            E::NoOwner { .. } => Hint::NameOwner,
            E::NoHome => Hint::Say("set AIMEM_LOCK_DIR"),
            E::Untrusted { .. } => Hint::Say("set AIMEM_LOCK_DIR to a folder of your own"),
            E::Unusable { path, .. } => {
                Hint::ShareRoot(path.parent().and_then(Path::parent).map(Path::to_owned))
            }
            E::NoFlock { .. } => Hint::Say("set AIMEM_LOCK_DIR to a folder on a local file system"),
            E::Remove { .. } => Hint::Say("remove it by hand, or set AIMEM_LOCK_DIR to a folder of your own"),
            E::Path(error) if error.is_denied() => {
                Hint::Say("set AIMEM_LOCK_DIR to a folder that you may write to")
            }
            E::Path(_) | E::Resolve { .. } | E::Interrupted(_) => return None,
        };
        Some(hint)
    }

    pub(super) fn io(op: Op, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> LockError {
        PathError::of(op, path)
    }

    pub(super) fn lost(target: Option<PathBuf>, why: impl fmt::Display) -> LockError {
        LockError::Lost { target, why: why.to_string() }
    }
}

/// In one word, `9m58s`.
fn ends(left: Option<Duration>) -> String {
    left.map_or_else(String::new, |left| format!(", ends in {}", show_duration(left).replace(' ', "")))
}

fn of(target: &Option<PathBuf>) -> String {
    target.as_ref().map_or_else(String::new, |path| format!(" on {}", shown(path)))
}
