//! Leases that are known by who has them.
//!
//! An agent whose every command is a new shell has nowhere to keep a lock's id. But it knows its
//! session, and so does each of its commands.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::LockError;
use super::guest;
use super::id::LockId;
use super::info::{Info, Liveness, MAX_LABEL};
use super::key::Key;
use super::liveness::Judge;
use super::manage::{Terms, overwrite_lease, remove_if, taken_by};
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
    /// has none, or has lost it at this moment. One that was there for the session's own commands
    /// becomes that of who renews it, unless `invites` says that this is one of its kind.
    pub(super) fn renew(
        &self,
        root: &LockRoot,
        key: &Key,
        inherited: &[LockId],
        (ttl, invites): (Duration, bool),
        judge: &mut Judge,
    ) -> Result<Option<LockId>, LockError> {
        let Some((id, info)) = self.lease(root, key, inherited, judge)? else { return Ok(None) };
        // Another call of the session may rely on a later end.
        let left = lease_left(&info, judge.here()).unwrap_or_default();
        if left >= ttl && (invites || !info.guests) {
            return Ok(Some(id));
        }
        let terms = Terms { ttl: left.max(ttl), guests: invites };
        match overwrite_lease(root, &id, |_| Some(terms)) {
            Ok(()) => Ok(Some(id)),
            Err(LockError::Lost { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The lease of this session that its own commands are guests of, if it has one on `key`.
    ///
    /// # Errors
    /// As [`Judge::judge`].
    pub fn host(
        &self,
        root: &LockRoot,
        key: &Key,
        inherited: &[LockId],
        judge: &mut Judge,
    ) -> Result<Option<LockId>, LockError> {
        Ok(self.lease(root, key, inherited, judge)?.filter(|(_, info)| info.guests).map(|(id, _)| id))
    }

    /// Lets that lease run for no longer than `ttl` from now. Says whether there is one.
    ///
    /// # Errors
    /// As [`Judge::judge`], or the end can't be written.
    pub fn cut(
        &self,
        root: &LockRoot,
        key: &Key,
        inherited: &[LockId],
        ttl: Duration,
        judge: &mut Judge,
    ) -> Result<bool, LockError> {
        let Some(id) = self.host(root, key, inherited, judge)? else { return Ok(false) };
        let here = judge.here();
        // Somebody else of the session may have made it a lease of their own since we looked.
        let is_longer = |info: &Info| info.guests && lease_left(info, here).is_none_or(|left| left > ttl);
        let terms = |info: &Info| is_longer(info).then_some(Terms { ttl, guests: true });
        match overwrite_lease(root, &id, terms) {
            Ok(()) => Ok(true),
            Err(LockError::Lost { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends that lease. While a guest is inside, it runs on for `ttl` at most. Says whether there was
    /// one.
    ///
    /// # Errors
    /// As [`Session::cut`], or it can't be removed.
    pub fn end(
        &self,
        root: &LockRoot,
        key: &Key,
        inherited: &[LockId],
        ttl: Duration,
        judge: &mut Judge,
    ) -> Result<bool, LockError> {
        let Some(id) = self.host(root, key, inherited, judge)? else { return Ok(false) };
        if guest::is_inside(root, &id, judge)? {
            return self.cut(root, key, inherited, ttl, judge);
        }
        match remove_if(root, &id, |info| info.guests) {
            Err(LockError::Lost { .. }) => Ok(false),
            removed => removed,
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
