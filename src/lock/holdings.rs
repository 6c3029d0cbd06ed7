//! What a process that waits holds up: the locks that last until it goes on.
//!
//! Those are what it has taken itself, what it runs under, and for `lock acquire` what its owner
//! has acquired before. But the latter two count only if their owner waits for this very process. A
//! command may run in the background while its host is about to end: then its wait is not part of a
//! cycle.

use super::claim::Keep;
use super::guest::{acquired, live_part};
use super::id::{LockId, Token};
use super::info::{Info, Liveness};
use super::inventory;
use super::liveness::Judge;
use super::nest::Nest;
use super::root::LockRoot;
use crate::sys;
use crate::sys::file::Identity;

/// More ancestors than this are not looked at.
const LONGEST_LINE: usize = 64;

/// The tokens of everything that a waiting process holds up. It took `own` before it began to wait.
pub(super) fn holdings(
    root: &LockRoot,
    inherited: &[LockId],
    own: &[LockId],
    keep: Keep,
    judge: &mut Judge,
) -> Vec<Token> {
    let mut tokens: Vec<Token> = own.iter().map(innermost).collect();
    let line = Line::above_us(judge.here().pid_namespace);
    for id in inherited {
        let Ok(Some(live)) = live_part(root, id, judge) else { continue };
        let Ok(seen) = judge.judge(&live.key) else { continue };
        if line.holds_up(&seen.info, seen.file.as_ref().map(Identity::from)) {
            tokens.push(live.token.clone());
        }
        for depth in 0..live.inner.len() {
            let host = LockId { inner: live.inner[..depth].to_vec(), ..live.clone() };
            let Ok(Some(nest)) = Nest::look(root, &host) else { continue };
            let (Ok(record), Ok(file)) = (nest.read(), nest.file().metadata()) else { continue };
            // Closed here, so that what we have inherited is not mistaken for what we have opened
            // ourselves.
            drop(nest);
            if line.holds_up(&record.info, Some(Identity::from(&file))) {
                tokens.push(live.inner[depth].clone());
            }
        }
        let place = acquired(root, &live, |info| line.is_owners(info, keep), judge);
        tokens.extend(place.ok().flatten().map(|(id, _)| innermost(&id)));
    }
    if matches!(keep, Keep::Owner { .. }) {
        let entries = inventory::list(root).unwrap_or_default();
        let infos = entries.into_iter().map(|entry| entry.judgement.info);
        tokens.extend(infos.filter(|info| line.is_owners(info, keep)).filter_map(|info| info.token));
    }
    tokens
}

/// What somebody with this id has for itself alone.
fn innermost(id: &LockId) -> Token {
    id.inner.last().unwrap_or(&id.token).clone()
}

/// Our ancestors, nearest first, as far as each of them continues only when we do.
struct Line {
    waiting: Vec<u32>,
    /// The first ancestor for which that is not known.
    next: u32,
    /// The namespace of these PIDs.
    namespace: Option<u64>,
}

impl Line {
    fn above_us(namespace: Option<u64>) -> Line {
        let mut child = std::process::id();
        let mut line = Line { waiting: Vec::new(), next: sys::process::parent(), namespace };
        if !sys::process::table_is_ours() {
            return line;
        }
        let ours = sys::process::executable(child);
        while line.next > 1 && line.waiting.len() < LONGEST_LINE {
            // aimem itself starts nothing that it does not wait for.
            let is_aimem = ours.is_some() && sys::process::executable(line.next) == ours;
            if !is_aimem && !sys::process::waits_only_for(line.next, child) {
                break;
            }
            let Some(process) = sys::process::look_up(line.next) else { break };
            line.waiting.push(line.next);
            child = std::mem::replace(&mut line.next, process.parent);
        }
        line
    }

    /// Whether the holder that an info file names keeps its lock until we go on.
    fn holds_up(&self, info: &Info, file: Option<Identity>) -> bool {
        let Some(pid) = info.pid.filter(|_| info.pid_namespace == self.namespace) else { return false };
        match info.liveness {
            // An aimem that waits for its command: us, or the last one in the line. One that was
            // killed has left its lock to whoever inherited it.
            Some(Liveness::Kernel) => {
                self.waiting.contains(&pid)
                    || self.next == pid
                    || sys::process::has_ended(pid) && file.is_some_and(sys::file::is_open_here)
            }
            Some(Liveness::Process) => self.waiting.contains(&pid),
            // It ends by itself.
            Some(Liveness::Lease) | None => false,
        }
    }

    /// Whether a lock belongs to the owner for which we acquire another one, and which waits for
    /// that.
    fn is_owners(&self, info: &Info, keep: Keep) -> bool {
        let owner = info.pid.zip(info.started).map(|(pid, started)| Keep::Owner { pid, started });
        info.liveness == Some(Liveness::Process) && owner == Some(keep) && self.holds_up(info, None)
    }
}
