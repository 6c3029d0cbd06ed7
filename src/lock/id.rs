//! The lock id that a user sees, and the random token in it.

use std::fmt;
use std::str::FromStr;

use super::key::Key;
use crate::sys;

/// 128 random bits in hex: tells one holding of a lock from every other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token(String);

impl Token {
    /// A fresh one.
    ///
    /// # Errors
    /// See [`sys::random_128`].
    pub(super) fn fresh() -> std::io::Result<Token> {
        Ok(Token(hex::encode(sys::random_128()?)))
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for Token {
    type Err = ();

    /// A token becomes part of a file name, so only hex digits are accepted.
    fn from_str(text: &str) -> Result<Token, ()> {
        let is_token = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_token { Ok(Token(text.to_owned())) } else { Err(()) }
    }
}

/// `KEY:TOKEN`, or `KEY:TOKEN/INNER/…` for a guest: the holding of a lock, and the way down to
/// the innermost command that holds it exclusively.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockId {
    /// Which lock.
    pub key: Key,
    /// The holder's token.
    pub token: Token,
    /// The guests' tokens, outermost first.
    pub inner: Vec<Token>,
}

impl LockId {
    /// Whether this is a guest's id, whose lock belongs to another.
    pub fn is_guest(&self) -> bool {
        !self.inner.is_empty()
    }

    /// Whether it is as long as an id is that aimem makes: else it may be the beginning of one.
    pub fn is_whole(&self) -> bool {
        self.is_guest() || self.token.0.len() >= 32
    }

    /// The same id with one more guest inside.
    #[must_use]
    pub(super) fn with_guest(&self, token: Token) -> LockId {
        let mut id = self.clone();
        id.inner.push(token);
        id
    }
}

impl fmt::Display for LockId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.key, self.token)?;
        self.inner.iter().try_for_each(|token| write!(out, "/{token}"))
    }
}

impl FromStr for LockId {
    type Err = ();

    fn from_str(text: &str) -> Result<LockId, ()> {
        let (key, tokens) = text.split_once(':').ok_or(())?;
        let mut tokens = tokens.split('/').map(str::parse);
        Ok(LockId {
            key: key.parse()?,
            token: tokens.next().ok_or(())??,
            inner: tokens.collect::<Result<_, ()>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_round_trip_and_nothing_else_parses() {
        let key = "0123456789abcdef".repeat(4);
        for text in [format!("{key}:aa11"), format!("{key}:aa11/bb22/cc33")] {
            assert_eq!(text.parse::<LockId>().unwrap().to_string(), text);
        }
        for text in ["", "x:y", &key, &format!("{key}:"), &format!("{key}:../../x"), &format!("{key}:a/")] {
            assert!(text.parse::<LockId>().is_err(), "{text}");
        }
    }
}
