//! The leases that this connection has taken. They end with it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::lock::key::Key;
use crate::lock::{LockError, LockId, LockRoot, manage};

/// The connection's leases.
#[derive(Debug, Default)]
pub struct Leases(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    held: Vec<Lease>,
    /// The connection has ended: whoever is late gives the lease back at once.
    over: bool,
}

/// A lease and where it is.
#[derive(Debug, Clone)]
pub struct Lease {
    /// Its id.
    pub id: LockId,
    /// Its file's true path, for answers.
    pub path: String,
    /// Its lock folder.
    pub root: LockRoot,
    /// When it is over, by our clock.
    pub ends: Instant,
}

impl Leases {
    /// Nothing is done under this lock that could panic.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a lease. Where the connection has ended meanwhile it is released, and the answer is no.
    pub fn add(&self, lease: Lease) -> bool {
        let mut inner = self.lock();
        if inner.over {
            drop(inner);
            let _ = manage::release(&lease.root, &lease.id);
            return false;
        }
        let now = Instant::now();
        inner.held.retain(|held| held.ends > now);
        inner.held.push(lease);
        true
    }

    /// Lets one run for longer.
    ///
    /// # Errors
    /// As [`manage::renew`].
    pub fn renew(&self, root: &LockRoot, id: &LockId, ttl: Duration) -> Result<(), LockError> {
        manage::renew(root, id, ttl)?;
        if let Some(held) = self.lock().held.iter_mut().find(|held| held.id == *id) {
            held.ends = crate::sys::clock::deadline(ttl);
        }
        Ok(())
    }

    /// The ids of all of them, over or not.
    pub fn ids(&self) -> Vec<LockId> {
        self.lock().held.iter().map(|lease| lease.id.clone()).collect()
    }

    /// The latest one of a lock.
    pub fn of(&self, key: &Key) -> Option<Lease> {
        self.lock().held.iter().rev().find(|lease| lease.id.key == *key).cloned()
    }

    /// Releases one, and forgets it in any case.
    ///
    /// # Errors
    /// As [`manage::release`].
    pub fn release(&self, root: &LockRoot, id: &LockId) -> Result<(), LockError> {
        self.lock().held.retain(|held| held.id != *id);
        manage::release(root, id)
    }

    /// Releases all of them: the connection has ended. What can't be released ends by its time.
    pub fn release_all(&self) {
        let mut inner = self.lock();
        inner.over = true;
        let held = std::mem::take(&mut inner.held);
        drop(inner);
        for lease in held {
            let _ = manage::release(&lease.root, &lease.id);
        }
    }
}
