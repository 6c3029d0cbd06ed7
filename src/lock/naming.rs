//! Which lock is meant by what somebody has at hand: its file, or the beginning of its id.
//!
//! The first half of an id says which lock it is, and the second whose. Whoever gives the first
//! alone could mean a lock that he has lost, and another has now. So that is enough only for a
//! session, whose name stands in the lock.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::LockError;
use super::holder::Holder;
use super::id::LockId;
use super::key::{Key, Target};
use super::liveness::Judge;
use super::root::LockRoot;
use super::roots::Roots;
use super::session::Session;
use super::verdict::Verdict;
use crate::sys::failure::Op;

/// Fewer digits could begin with another's by chance.
const FEWEST_OF_KEY: usize = 8;
const FEWEST_OF_TOKEN: usize = 8;

/// The beginning of an id: of its key, and after a colon of its token. A guest's id has no short
/// form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    key: String,
    token: String,
}

impl FromStr for Short {
    type Err = ();

    fn from_str(text: &str) -> Result<Short, ()> {
        let (key, token) = text.split_once(':').unwrap_or((text, ""));
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_short = (FEWEST_OF_KEY..=64).contains(&key.len()) && is_hex(key) && is_hex(token);
        if is_short { Ok(Short { key: key.to_owned(), token: token.to_owned() }) } else { Err(()) }
    }
}

impl Short {
    /// The one lock in these roots whose id begins so.
    ///
    /// # Errors
    /// [`LockError::Lost`] when there is none, or it is another's; [`LockError::Unnamed`] when there
    /// are several, or it cannot be told whose it is.
    pub fn find(
        &self,
        roots: &[LockRoot],
        session: Option<&Session>,
    ) -> Result<(LockRoot, LockId), LockError> {
        let mut found = Vec::new();
        for root in roots {
            let mut judge = Judge::new(root);
            for key in self.keys(root)? {
                let seen = judge.judge(&key)?;
                let Some(token) = seen.info.token.clone().filter(|_| seen.verdict != Verdict::Free) else {
                    continue;
                };
                if token.as_str().starts_with(&self.token) {
                    found.push((root, LockId { key, token, inner: Vec::new() }, seen.info));
                }
            }
        }
        let unnamed = |why: String| LockError::Unnamed { named: self.to_string(), why };
        let (root, id, info) = match found.pop() {
            Some(one) if found.is_empty() => one,
            Some(_) => return Err(unnamed(format!("the ids of {} locks begin so", found.len() + 1))),
            None => return Err(LockError::lost(None, format!("no lock has an id that begins with {self}"))),
        };
        let is_whole = *self == Short { key: id.key.to_string(), token: id.token.to_string() };
        if self.token.len() >= FEWEST_OF_TOKEN || is_whole {
            return Ok((root.clone(), id));
        }
        let Some(session) = session else {
            return Err(unnamed(format!(
                "it says which lock but not whose, without {FEWEST_OF_TOKEN} digits after the colon"
            )));
        };
        match session.lease(root, &id.key, &[], &mut Judge::new(root))? {
            Some((own, _)) if own == id => Ok((root.clone(), id)),
            _ => {
                Err(LockError::lost(info.target.clone(), format!("it is held by {} now", Holder::of(&info))))
            }
        }
    }

    fn keys(&self, root: &LockRoot) -> Result<Vec<Key>, LockError> {
        let names = root.folder().names().map_err(LockError::io(Op::List, root.path()))?;
        let key = |name: &str| name.strip_suffix(".lock")?.parse::<Key>().ok();
        let keys = names.iter().filter_map(|name| key(name.to_str()?));
        Ok(keys.filter(|key| key.as_str().starts_with(&self.key)).collect())
    }
}

impl std::fmt::Display for Short {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.key)?;
        if self.token.is_empty() { Ok(()) } else { write!(out, ":{}", self.token) }
    }
}

/// The lease that a session has on a file, or on a place in it under one of the inherited ids.
///
/// # Errors
/// [`LockError::Unnamed`] when the client is no session; [`LockError::Lost`] when it has none.
pub fn by_file(
    roots: &Roots,
    file: &Path,
    session: Option<&Session>,
    inherited: &[LockId],
) -> Result<(LockRoot, LockId), LockError> {
    let Some(session) = session else {
        let why = "it is no id, and by its file a lock is known to a client NAME:SESSION only".to_owned();
        return Err(LockError::Unnamed { named: crate::sys::text::shown(file), why });
    };
    let target = Target::resolve(file)?;
    let lost = |path: PathBuf, why: String| LockError::lost(Some(path), why);
    let Some(root) = roots.existing_of(&target.path)? else {
        return Err(lost(target.path, "there is no lock folder".to_owned()));
    };
    let mut judge = Judge::new(&root);
    if let Some((id, _)) = session.lease(&root, &target.key, inherited, &mut judge)? {
        return Ok((root, id));
    }
    let seen = judge.judge(&target.key)?;
    let why = match seen.verdict {
        Verdict::Free => "nobody has it".to_owned(),
        Verdict::Stale => seen.reason,
        Verdict::Held | Verdict::Unknown => format!("it is held by {} now", Holder::of(&seen.info)),
    };
    Err(lost(target.path, why))
}

#[cfg(test)]
mod tests {
    use super::Short;

    #[test]
    fn short_forms_are_hex_and_not_too_short() {
        let key = "0123456789abcdef".repeat(4);
        for text in ["01234567", "01234567:", "01234567:ab", &key, &format!("{key}:01")] {
            assert!(text.parse::<Short>().is_ok(), "{text}");
        }
        for text in ["", "f", "0123456", "0123456g", "0123456G", "notes.md", "01234567:x", "01234567:a/b"] {
            assert!(text.parse::<Short>().is_err(), "{text}");
        }
    }
}
