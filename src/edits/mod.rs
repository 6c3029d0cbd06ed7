//! Edits that agents make with their clients' own tools, for one who stands by: told before and after.
//!
//! Such a tool takes no lock. But its client says before it runs what it is going to write, and
//! afterwards that it has run. So the lock is taken here: as a lease of the agent's own name, which
//! outlives the process that is told and which the agent's later calls renew. What each agent has seen
//! of a file is remembered too, so that none writes over what it does not know.
//!
//! 1. [`Watch::before_edit`]: a lease; the file as it was last seen, if it is going to be replaced as a
//!    whole; the old bytes into the history. Or the reason why not.
//! 2. [`Watch::after_edit`]: what it is now; a line in the history; the lease is cut short, and soon over.
//! 3. [`Watch::before_read`], [`Watch::after_read`]: what has been seen.
//! 4. [`Watch::release_idle`], [`Watch::end_turn`], [`Watch::end_session`]: what ends, and when.
//!
//! An event may never come: a person presses a key, a client crashes, a denial is ignored. Nothing here
//! relies on the next event: a lease ends by its time, an edit that nobody has announced is told when it
//! is over, and the first one to find a client's process gone ends what is left of its sessions.
//!
//! All of this is advice. An agent that writes through a shell is not seen.

mod agent;
mod change;
mod ends;
mod error;
mod look;
mod read;
mod register;
mod told;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use agent::Agent;
pub use ends::sweep;
pub use error::EditsError;
pub use told::{Change, Refusal, Told};

use register::{Line, Register};

use crate::history::{Limits, Pattern};
use crate::lock::info::describe_words;
use crate::lock::{Locker, Patience};
use crate::place::Keeping;

/// How long a lease runs while an edit is in progress. A person may have to permit it first.
const LEASE: Duration = Duration::from_secs(15 * 60);

/// How edits are watched.
#[derive(Debug, Clone)]
pub struct Options {
    /// How locks are taken. Its client is replaced by the agent.
    pub locker: Locker,
    /// How much of a file's past is kept.
    pub limits: Limits,
    /// Where sessions are remembered.
    pub folder: PathBuf,
    /// How long a lease runs on after an edit, so that a run of edits is one hold.
    pub linger: Duration,
    /// How long to wait for somebody else's lock.
    pub wait: Duration,
    /// Which files.
    pub scope: Scope,
    /// The words by which this program was called. Who has them among its own only runs us.
    pub call: Vec<OsString>,
}

/// Which files are watched.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The project's folder: all in it, unless there are patterns.
    pub project: PathBuf,
    /// Patterns of paths that are watched instead.
    pub paths: Vec<Pattern>,
    /// Patterns of paths that are not.
    pub exclude: Vec<Pattern>,
}

impl Scope {
    /// Whether the file at this true path is watched.
    pub fn covers(&self, path: &Path) -> bool {
        let is_in = match self.paths.as_slice() {
            [] => path.starts_with(&self.project),
            paths => paths.iter().any(|pattern| pattern.matches(path)),
        };
        is_in && !self.exclude.iter().any(|pattern| pattern.matches(path))
    }
}

/// A file that a tool is going to write, or has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its path, absolute.
    pub path: PathBuf,
    /// Whether it is replaced as a whole, or removed, whatever it holds.
    pub whole: bool,
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// By what its beginning and its end are known to belong together; may be empty.
    pub id: String,
    /// The tool's name.
    pub tool: String,
}

/// One agent under watch.
#[derive(Debug)]
pub struct Watch<'a> {
    options: &'a Options,
    agent: Agent,
    /// Whether the client tells of its readings. One that does not could never see a file again.
    sees_reads: bool,
}

impl<'a> Watch<'a> {
    /// Watches an agent.
    pub fn new(options: &'a Options, agent: Agent, sees_reads: bool) -> Watch<'a> {
        Watch { options, agent, sees_reads }
    }

    /// The agent.
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    fn register(&self) -> Result<Register, EditsError> {
        Register::open(&self.options.folder, &self.agent).map_err(self.failed())
    }

    /// Says of an error that it was one of the register.
    fn failed(&self) -> impl Fn(std::io::Error) -> EditsError {
        let folder = self.options.folder.clone();
        move |source| EditsError::register(&folder, source)
    }

    /// How to take the lock of a file for this agent: at once or not at all.
    fn locker(&self, call: &Call, path: &Path) -> Locker {
        let Locker { patience, roots, inherited, .. } = &self.options.locker;
        Locker {
            roots: roots.clone(),
            inherited: inherited.clone(),
            patience: Patience { limit: Duration::ZERO, ..*patience },
            client: Some(self.agent.name()),
            command: describe_words([call.tool.as_ref(), path.as_os_str()]),
            deadlock_check: false,
            invites: true,
            ..Locker::default()
        }
    }

    fn keeping(&self, call: &Call, path: &Path) -> Keeping {
        Keeping {
            limits: self.options.limits.clone(),
            roots: self.options.locker.roots.clone(),
            client: Some(self.agent.name()),
            command: describe_words([call.tool.as_ref(), path.as_os_str()]),
            verb: "hook",
        }
    }

    fn line(&self, kind: register::Kind, path: &Path, call: &str) -> Line {
        Line::of(kind, &self.agent, path, call)
    }
}
