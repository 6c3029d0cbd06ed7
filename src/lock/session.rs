//! Leases that are known by who has them.
//!
//! An agent whose every command is a new shell has nowhere to keep a lock's id. But it knows its
//! session, and so does each of its commands.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::LockError;
use super::id::LockId;
use super::info::{Info, Liveness, MAX_LABEL};
use super::key::Key;
use super::liveness::Judge;
use super::manage::{overwrite_lease, taken_by};
use super::root::LockRoot;
use super::verdict::lease_left;
use crate::sys::process::effective_user;

/// A client's name that no other client bears: `NAME:SESSION`, or `NAME:SESSION:AGENT` for a
/// subagent, which is another one. A bare name is none, for two agents may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session(String);

impl Session {
    /// `None` for a name of another form, and for one that is too long to be written down whole.
    pub fn of(client: &str) -> Option<Session> {
        let is_part = |part: &str| {
            !part.is_empty() && !part.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        };
        let parts = client.split(':').count();
        let is_session = parts >= 2 && client.split(':').all(is_part) && client.len() <= MAX_LABEL;
        is_session.then(|| Session(client.to_owned()))
    }

    /// The id of this session's lease on `key`, or on a place under one of the inherited ids, if it
    /// runs; and what is written there.
    ///
    /// # Errors
    /// As [`Judge::judge`].
    pub fn lease(
        &self,
        root: &LockRoot,
        key: &Key,
        inherited: &[LockId],
        judge: &mut Judge,
    ) -> Result<Option<(LockId, Info)>, LockError> {
        let is_ours = |info: &Info, file: Option<&Metadata>| {
            info.liveness == Some(Liveness::Lease)
                && info.client.as_deref() == Some(self.0.as_str())
                // In a folder for several users another may bear the same name.
                && file.is_none_or(|file| [file.uid(), 0].contains(&effective_user()))
        };
        taken_by(root, key, inherited, is_ours, judge)
    }

    /// Lets this session's lease run for at least `ttl` from now, and returns its id. `None` when it
    /// has none, or has lost it at this moment.
    pub(super) fn renew(
        &self,
        root: &LockRoot,
        key: &Key,
        inherited: &[LockId],
        ttl: Duration,
        judge: &mut Judge,
    ) -> Result<Option<LockId>, LockError> {
        let Some((id, info)) = self.lease(root, key, inherited, judge)? else { return Ok(None) };
        // Another call of the session may rely on a later end.
        if lease_left(&info, judge.here()).is_some_and(|left| left >= ttl) {
            return Ok(Some(id));
        }
        match overwrite_lease(root, &id, ttl) {
            Ok(()) => Ok(Some(id)),
            Err(LockError::Lost { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Session;

    #[test]
    fn only_a_name_with_a_session_is_one() {
        for name in ["claude-code:5f1c", "codex:1:2", "a:b"] {
            assert!(Session::of(name).is_some(), "{name}");
        }
        let long = format!("a:{}", "x".repeat(200));
        for name in ["", "claude-code", ":", "claude-code:", ":5f1c", "a::b", "a b:c", "a:b\n", "a: b", &long]
        {
            assert!(Session::of(name).is_none(), "{name:?}");
        }
    }
}
