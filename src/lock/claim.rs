//! What the taker of a lock, or of a guest's place in one, says about itself in the info file.

use std::time::Duration;

use jiff::Timestamp;

use super::id::Token;
use super::info::{Info, Liveness, Place};
use super::key::Target;
use super::verdict::Here;

/// What keeps the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// This process and whoever inherits the descriptor.
    Running,
    /// Another process, by PID and start time, after this one has ended.
    Owner {
        /// Its PID.
        pid: u32,
        /// Its start time, see [`crate::sys::process::Process::started`].
        started: u64,
    },
    /// A time limit.
    Lease(Duration),
}

/// What is written down besides what the take finds out itself.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) keep: Keep,
    /// What the holder calls itself.
    pub(super) client: Option<String>,
    /// What the holder runs.
    pub(super) command: String,
    /// Whether the same client's commands are guests of a lease.
    pub(super) invites: bool,
}

impl Claim {
    /// The content of the file with this inode number.
    pub(super) fn describe(&self, target: &Target, token: &Token, inode: u64, here: &Here) -> Info {
        let mut info = Info {
            pid: Some(crate::sys::process::own_id()),
            acquired: Some(Timestamp::now()),
            host: Some(here.host.clone()),
            token: Some(token.clone()),
            liveness: Some(Liveness::Kernel),
            boot: here.boot.clone(),
            machine: here.machine.clone(),
            place: here.file_system.clone().map(|file_system| Place { file_system, inode }),
            pid_namespace: here.pid_namespace,
            client: self.client.clone(),
            target: Some(target.path.clone()),
            command: Some(self.command.clone()),
            ..Info::default()
        };
        match self.keep {
            Keep::Running => {}
            Keep::Owner { pid, started } => {
                info.liveness = Some(Liveness::Process);
                info.pid = Some(pid);
                info.started = Some(started);
                info.time_namespace = here.time_namespace;
            }
            Keep::Lease(limit) => {
                info.liveness = Some(Liveness::Lease);
                info.pid = Some(0);
                info.time_namespace = here.time_namespace;
                info.guests = self.invites;
                info.expire_in(limit);
            }
        }
        info
    }
}
