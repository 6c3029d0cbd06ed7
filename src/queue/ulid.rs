//! ULIDs: 48 bits of time and 80 of chance, as 26 letters that sort by time.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::sys;

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;
const CHANCE_BITS: u32 = 80;
const CHANCE: u128 = (1 << CHANCE_BITS) - 1;

/// An identifier that sorts by the time it was made at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ulid(u128);

impl Ulid {
    /// One derived from a time and a name: always the same for the same input.
    pub fn derived(since_epoch: Duration, name: &[u8]) -> Ulid {
        let digest = Sha256::digest(name);
        let chance = digest[..10].iter().fold(0u128, |bits, &byte| bits << 8 | u128::from(byte));
        Ulid(time_part(since_epoch) | chance)
    }

    /// The time it was made at, since 1970, in whole milliseconds.
    pub fn since_epoch(self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 >> CHANCE_BITS).unwrap_or(u64::MAX))
    }
}

fn time_part(since_epoch: Duration) -> u128 {
    (since_epoch.as_millis() & ((1 << 48) - 1)) << CHANCE_BITS
}

impl fmt::Display for Ulid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(LENGTH);
        for place in (0..LENGTH).rev() {
            text.push(char::from(ALPHABET[(self.0 >> (5 * place) & 31) as usize]));
        }
        out.pad(&text)
    }
}

/// The text is no ULID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a ULID")]
pub struct NotAUlid;

impl FromStr for Ulid {
    type Err = NotAUlid;

    fn from_str(text: &str) -> Result<Ulid, NotAUlid> {
        // 26 letters hold 130 bits: the first may not be more than 7.
        if text.len() != LENGTH || text.as_bytes()[0] > b'7' {
            return Err(NotAUlid);
        }
        text.bytes()
            .try_fold(0u128, |bits, letter| {
                let letter = letter.to_ascii_uppercase();
                let value = ALPHABET.iter().position(|&known| known == letter).ok_or(NotAUlid)?;
                Ok(Ulid(bits << 5 | value as u128).0)
            })
            .map(Ulid)
    }
}

/// Makes ULIDs, each greater than the one before, however fast and whatever the clock does.
#[derive(Debug, Default)]
pub struct Ulids {
    last: u128,
}

impl Ulids {
    /// The next one.
    ///
    /// # Errors
    /// The kernel's random numbers can't be read.
    pub fn make(&mut self) -> io::Result<Ulid> {
        let now = time_part(sys::clock::since_epoch());
        let fresh = now | u128::from_be_bytes(sys::random_128()?) & CHANCE;
        self.last = if fresh > self.last { fresh } else { self.last + 1 };
        Ok(Ulid(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_number_agree_and_sort_alike(one: u128, other: u128) {
            let (one, other) = (Ulid(one), Ulid(other));
            prop_assert_eq!(one.to_string().parse::<Ulid>(), Ok(one));
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        }
    }

    #[test]
    fn a_thousand_in_a_row_ascend() {
        let mut ulids = Ulids::default();
        let made: Vec<Ulid> = (0..1000).map(|_| ulids.make().unwrap()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn what_is_no_ulid_is_refused() {
        for text in [
            "",
            "01",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "0123456789ABCDEFGHJKMNPQRU",
            "01234567890123456789012345é",
        ] {
            assert_eq!(text.parse::<Ulid>(), Err(NotAUlid), "{text}");
        }
    }

    #[test]
    fn a_derived_one_is_the_same_each_time_and_keeps_its_time() {
        let time = Duration::from_millis(1_732_942_000_123);
        assert_eq!(Ulid::derived(time, b"a"), Ulid::derived(time, b"a"));
        assert_ne!(Ulid::derived(time, b"a"), Ulid::derived(time, b"b"));
        assert_eq!(Ulid::derived(time, b"a").since_epoch(), time);
    }
}
