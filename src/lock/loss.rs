//! Lost locks, from both sides: what is recorded when a lock is removed, and what its former holder
//! is told.

use jiff::Timestamp;

use super::LockError;
use super::error::UPROOTED;
use super::holder::Holder;
use super::id::LockId;
use super::info::{Info, Liveness};
use super::journal::{self, Event, Record};
use super::key::Key;
use super::root::LockRoot;
use crate::sys;
use crate::sys::text::{printable, show_duration};

/// A dead holder's lock that was removed to make room.
#[derive(Debug, Clone)]
pub struct Reclaimed {
    /// Whose it was.
    pub holder: Holder,
    /// Why it was stale.
    pub reason: String,
    /// Under which id it was held; a script's lock has none.
    id: Option<LockId>,
    /// When a lease ended.
    expired: Option<Timestamp>,
}

impl Reclaimed {
    /// The lock of `key`.
    pub(super) fn lock(key: &Key, info: &Info, reason: String) -> Reclaimed {
        let id = info.token.clone().map(|token| LockId { key: key.clone(), token, inner: Vec::new() });
        Reclaimed::new(id, info, reason)
    }

    /// A guest's place under `host`.
    pub(super) fn place(host: &LockId, info: &Info, reason: String) -> Reclaimed {
        Reclaimed::new(info.token.clone().map(|token| host.with_guest(token)), info, reason)
    }

    fn new(id: Option<LockId>, info: &Info, reason: String) -> Reclaimed {
        let expired = info.expires.filter(|_| info.liveness == Some(Liveness::Lease));
        Reclaimed { holder: Holder::of(info), reason, id, expired }
    }

    /// Puts it into a record of the journal.
    pub(super) fn fill(&self, record: Record) -> Record {
        Record {
            lock: self.id.as_ref().map(LockId::to_string),
            expired: self.expired,
            ..record.holder(&self.holder).why(&self.reason)
        }
    }
}

/// Journals the loss of the lock with this id on its way to the caller, and adds what became of it
/// if the journal knows.
pub(super) fn note<T>(root: &LockRoot, id: &LockId, result: Result<T, LockError>) -> Result<T, LockError> {
    let (target, why) = match result {
        Err(LockError::Lost { target, why }) => (target, why),
        Err(LockError::Uprooted { target }) => {
            Record::new(Event::Lost, Some(&target)).why(UPROOTED).append(root);
            return Err(LockError::Uprooted { target });
        }
        result => return result,
    };
    let id = id.to_string();
    let removed = journal::read(root).unwrap_or_default();
    let removed = removed.into_iter().rfind(|record| record.lock.as_ref() == Some(&id));
    let known = removed.as_ref().and_then(|record| record.target.clone()).map(Into::into);
    let (target, why) = (target.or(known), removed.as_ref().map_or(why, told));
    Record::new(Event::Lost, target.as_deref()).why(&why).append(root);
    Err(LockError::Lost { target, why })
}

/// What became of a lock, by the record of its removal.
fn told(record: &Record) -> String {
    let ago = |time: Timestamp| {
        let time = time.as_duration().try_into().unwrap_or_default();
        format!("{} ago", show_duration(sys::clock::since_epoch().saturating_sub(time)))
    };
    let who = match &record.client {
        Some(client) => format!("pid {} ({})", record.pid, printable(client)),
        None => format!("pid {}", record.pid),
    };
    if record.event == Event::Break {
        return format!("{who} broke it {}", ago(record.time));
    }
    let why = match (record.expired, &record.why) {
        (Some(end), _) => format!("its lease expired {}", ago(end)),
        (None, Some(why)) => why.clone(),
        (None, None) => "it was stale".to_owned(),
    };
    format!("{why}, and {who} removed it {}", ago(record.time))
}
