//! The queue before a lock: who comes first waits first.
//!
//! If all waiters looked at a lock again and again, chance would decide who gets it, and a thousand
//! of them would keep a processor busy. So there is a kernel lock for each key that is waited for,
//! `ROOT/.guards/KEY.turn`: whoever has it looks often, and the others wait for it in the kernel's
//! order. It is given on as soon as the lock itself is taken.
//!
//! This is about order and effort, never about safety: the lock is taken as ever. One that is
//! stopped at the head of the queue is passed by, for everybody also looks by itself once in a
//! while. What can't be made or opened here is done without.

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::key::Key;
use super::root::{GUARDS, LockRoot};
use crate::sys;
use crate::sys::file::{Flock, Identity};
use crate::sys::folder::Access;
use crate::sys::process::Wanted;

/// Everybody in the queue looks at the lock after this long, in case the first one is stopped; on
/// average, half as much again is added.
const LOOK_ANYWAY: Duration = Duration::from_millis(600);

/// Waits for a kernel lock and writes a byte, which takes next to no stack.
const STACK: usize = 64 << 10;

/// Threads that were still waiting when nobody needed their turn any more. None is detached: see
/// `within` in the crate `aimem-jq`.
static LEFT: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// With so many of them, a process no longer queues.
const MOST_LEFT: usize = 32;

/// A place in the queue of one key, given up when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    file: Arc<File>,
    waiting: Option<Waiting>,
}

/// Not at the head yet.
#[derive(Debug)]
struct Waiting {
    fate: Arc<Mutex<Fate>>,
    /// Readable when it is our turn.
    bell: PipeReader,
    thread: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Queued,
    /// The kernel lock is ours.
    Ours,
    /// Nobody wants it any more.
    GivenUp,
}

impl Turn {
    /// A place behind those who wait already. `None` when nobody has ever waited for this key: then
    /// there is nobody to be overtaken.
    pub(super) fn arrive(root: &LockRoot, key: &Key) -> Option<Turn> {
        let guards = root.existing_guards().ok()??;
        Turn::queue(root.existing_lock_file(&guards, &name_of(key)).ok()??)
    }

    /// The same, as the first one too.
    pub(super) fn join(root: &LockRoot, key: &Key) -> Option<Turn> {
        let guards = root.guards().ok()?;
        Turn::queue(root.lock_file(&guards, &name_of(key)).ok()?)
    }

    fn queue(file: File) -> Option<Turn> {
        if sys::file::try_flock(&file, Flock::Exclusive).ok()? {
            return Some(Turn { file: Arc::new(file), waiting: None });
        }
        if lock(&LEFT).len() >= MOST_LEFT {
            return None;
        }
        let (bell, mut ring) = pipe().ok()?;
        let file = Arc::new(file);
        let fate = Arc::new(Mutex::new(Fate::Queued));
        let (shared_file, shared_fate) = (file.clone(), fate.clone());
        let wait = move || wait(&shared_file, &shared_fate, &mut ring);
        let thread = Builder::new().name("turn".to_owned()).stack_size(STACK).spawn(wait).ok()?;
        Some(Turn { file, waiting: Some(Waiting { fate, bell, thread }) })
    }

    /// Whether this is the head of the queue.
    pub(super) fn is_ours(&self) -> bool {
        self.waiting.as_ref().is_none_or(|waiting| *lock(&waiting.fate) == Fate::Ours)
    }

    /// What becomes readable when it is our turn, as long as it is not.
    pub(super) fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.waiting.as_ref().filter(|_| !self.is_ours()).map(|waiting| waiting.bell.as_fd())
    }

    /// How long to wait for the bell before a look at the lock all the same.
    pub(super) fn patience() -> Duration {
        LOOK_ANYWAY.mul_f64(1.0 + fastrand::f64())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(Waiting { fate, thread, .. }) = self.waiting.take() else {
            let _ = sys::file::unlock(&self.file);
            return;
        };
        let before = std::mem::replace(&mut *lock(&fate), Fate::GivenUp);
        if before == Fate::Ours {
            let _ = sys::file::unlock(&self.file);
            // It has nothing more to do.
            let _ = thread.join();
        } else {
            leave(thread);
        }
    }
}

/// Until the kernel lock is ours, and then no longer than somebody wants it.
fn wait(file: &File, fate: &Mutex<Fate>, ring: &mut PipeWriter) {
    // Where a file system has no such wait, we look by ourselves.
    let _ = sys::file::wait_for_flock(file);
    let mut fate = lock(fate);
    if *fate == Fate::GivenUp {
        let _ = sys::file::unlock(file);
        return;
    }
    *fate = Fate::Ours;
    let _ = ring.write(&[1]);
}

/// Leaves a thread to end by itself, and joins those that have.
fn leave(thread: JoinHandle<()>) {
    let mut left = lock(&LEFT);
    left.push(thread);
    let ended: Vec<_> = left.extract_if(.., |thread| thread.is_finished()).collect();
    drop(left);
    ended.into_iter().for_each(|thread| drop(thread.join()));
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name_of(key: &Key) -> String {
    format!("{key}{SUFFIX}")
}

/// The file of a key's queue, which whoever waits has open. `None` where nobody has ever waited.
pub(super) fn queue_of(root: &LockRoot, key: &Key) -> Option<Wanted> {
    let guards = root.existing_guards().ok()??;
    let name = name_of(key);
    let file = root.existing_lock_file(&guards, &name).ok()??;
    let identity = Identity::from(&file.metadata().ok()?);
    Some(Wanted { identity, path: root.path().join(GUARDS).join(name) })
}

/// What the names of queues end with.
const SUFFIX: &str = ".turn";

/// Removes the queue of a key that nobody waits for. Whoever opens it at this very moment queues in
/// a file without a name, before or behind nobody: no harm.
pub(super) fn sweep(root: &LockRoot) {
    let Ok(Some(guards)) = root.existing_guards() else { return };
    for name in guards.names().unwrap_or_default() {
        if !name.as_encoded_bytes().ends_with(SUFFIX.as_bytes()) {
            continue;
        }
        let Ok(file) = guards.open_file(&name, Access::Read) else { continue };
        if sys::file::try_flock(&file, Flock::Exclusive).unwrap_or(false) {
            let _ = guards.remove_file(&name);
        }
    }
}
