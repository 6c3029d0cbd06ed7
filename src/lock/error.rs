//! What can go wrong with a lock, with the path, the holder and the cause in each.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::holder::Holder;
use super::verdict::Verdict;
use crate::sys::text::{pids, shown};

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
    /// The variable that says where locks live means another folder in every working directory.
    #[error("the environment variable {variable} is \"{}\": not an absolute path", shown(.path))]
    Relative {
        /// Its name.
        variable: &'static str,
        /// Its value.
        path: PathBuf,
    },
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
    #[error("lock on {} is held by {}", shown(.0.target.as_path()), .0.holder)]
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
    #[error("cannot {action} {}", shown(.path))]
    Io {
        /// What we were doing, as a verb.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A wait that ended at its deadline.
#[derive(Debug)]
pub struct Busy {
    /// The file.
    pub target: PathBuf,
    /// Who has it.
    pub holder: Holder,
    /// The judge's verdict, `unknown` included.
    pub verdict: Verdict,
    /// The judge's reason.
    pub reason: String,
    /// How long we waited.
    pub waited: Duration,
}

impl LockError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> LockError {
        let path = path.into();
        move |source| LockError::Io { action, path, source }
    }

    pub(super) fn lost(target: Option<PathBuf>, why: impl fmt::Display) -> LockError {
        LockError::Lost { target, why: why.to_string() }
    }
}

fn of(target: &Option<PathBuf>) -> String {
    target.as_ref().map_or_else(String::new, |path| format!(" on {}", shown(path)))
}
