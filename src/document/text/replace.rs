//! One text replaced by another where it occurs.

use super::find::Finder;
use super::lines::{is_crlf, numbers, with_crlf};
use super::near::near;
use super::{LineNumbers, NotFound};

/// One replacement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replacement {
    /// What is replaced, byte for byte. It must occur exactly once.
    pub old: Vec<u8>,
    /// What takes its place.
    pub new: Vec<u8>,
    /// Replace it wherever it occurs, at least once.
    pub all: bool,
}

/// A change that has no place. Then nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// There was only this one.
    #[error("{0}")]
    One(NotFound),
    /// There were several.
    #[error("edit {number} of {of}: {why}")]
    OfSeveral {
        /// Which, counted from 1.
        number: usize,
        /// How many there were.
        of: usize,
        /// What was wrong.
        why: NotFound,
    },
}

impl NoPlace {
    /// What was wrong with it.
    pub fn why(&self) -> &NotFound {
        match self {
            NoPlace::One(why) | NoPlace::OfSeveral { why, .. } => why,
        }
    }
}

/// Makes the replacements one after another, each in the text that the one before has left, and says
/// how often each was made.
///
/// In a text whose every line ends in `\r\n`, the line ends of a `new` become such, unless its `old`
/// shows by an `\r` of its own that the caller knows of them.
///
/// # Errors
/// One of them has no place, or more than one.
pub fn replace(text: &[u8], replacements: &[Replacement]) -> Result<(Vec<u8>, Vec<usize>), NoPlace> {
    let mut text = text.to_vec();
    let mut counts = Vec::with_capacity(replacements.len());
    for (at, replacement) in replacements.iter().enumerate() {
        let (replaced, count) = one(&text, replacement).map_err(|why| match replacements.len() {
            1 => NoPlace::One(why),
            of => NoPlace::OfSeveral { number: at + 1, of, why },
        })?;
        text = replaced;
        counts.push(count);
    }
    Ok((text, counts))
}

fn one(text: &[u8], replacement: &Replacement) -> Result<(Vec<u8>, usize), NotFound> {
    let Replacement { old, new, all } = replacement;
    let places = match all {
        true => {
            let mut end = 0;
            let mut places = found(text, old)?;
            // From the left, and none within another.
            places.retain(|&place| {
                place >= end && {
                    end = place + old.len();
                    true
                }
            });
            places
        }
        false => vec![once(text, old)?],
    };
    let knows_line_ends = old.contains(&b'\r');
    let new = if !knows_line_ends && is_crlf(text) { with_crlf(new) } else { new.into() };
    let mut replaced = Vec::with_capacity(text.len() + places.len() * new.len());
    let mut from = 0;
    for place in &places {
        replaced.extend_from_slice(&text[from..*place]);
        replaced.extend_from_slice(&new);
        from = place + old.len();
    }
    replaced.extend_from_slice(&text[from..]);
    Ok((replaced, places.len()))
}

/// The one place where a text occurs. Places that overlap are two.
pub(super) fn once(text: &[u8], wanted: &[u8]) -> Result<usize, NotFound> {
    match found(text, wanted)?[..] {
        [place] => Ok(place),
        ref places => {
            let lines = LineNumbers::new(numbers(text, places));
            Err(NotFound::Several { places: places.len(), lines })
        }
    }
}

/// Where a text occurs, at least once.
fn found(text: &[u8], wanted: &[u8]) -> Result<Vec<usize>, NotFound> {
    if wanted.is_empty() {
        return Err(NotFound::Empty);
    }
    let places: Vec<usize> = Finder::new(wanted).places(text).collect();
    if places.is_empty() {
        return Err(NotFound::Nowhere { near: near(text, wanted) });
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn replaced(text: &str, old: &str, new: &str, all: bool) -> Result<String, String> {
        let request = Replacement { old: old.into(), new: new.into(), all };
        let done = replace(text.as_bytes(), &[request]).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(done.0).unwrap())
    }

    #[test]
    fn a_text_must_occur_once() {
        assert_eq!(replaced("a b a", "b", "c", false), Ok("a c a".to_owned()));
        let twice = Err("the text to look for occurs 2 times, on lines 1 and 3".to_owned());
        assert_eq!(replaced("a\nb\na", "a", "c", false), twice);
        let overlapping = Err("the text to look for occurs 2 times, on line 1".to_owned());
        assert_eq!(replaced("aaa", "aa", "b", false), overlapping);
        assert_eq!(replaced("aaaaa", "aa", "b", true), Ok("bba".to_owned()));
        let none = Err("the text to look for does not occur".to_owned());
        assert_eq!(replaced("a", "b", "", false), none);
        assert_eq!(replaced("a", "b", "", true), none);
        assert_eq!(replaced("a", "", "b", true), Err("the text to look for is empty".to_owned()));
        let many = replaced(&"a\n".repeat(40), "a", "", false);
        let lines = "lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 30 more";
        assert_eq!(many, Err(format!("the text to look for occurs 40 times, on {lines}")));
    }

    #[test]
    fn line_ends_stay_those_of_the_text() {
        assert_eq!(replaced("a\r\nb\r\n", "a", "x\ny", false), Ok("x\r\ny\r\nb\r\n".to_owned()));
        assert_eq!(replaced("a\r\nb\n", "a", "x\ny", false), Ok("x\ny\r\nb\n".to_owned()));
        assert_eq!(replaced("a\nb\n", "a", "x\r\ny", false), Ok("x\r\ny\nb\n".to_owned()));
        // They are what is changed here.
        assert_eq!(replaced("a\r\nb\r\n", "\r\n", "\n", true), Ok("a\nb\n".to_owned()));
    }

    #[test]
    fn the_first_that_fails_is_named_and_each_sees_what_was_left() {
        let edit = |old: &str, new: &str| Replacement { old: old.into(), new: new.into(), all: false };
        let edits = [edit("a", "b"), edit("b", "c"), edit("a", "d")];
        let error = replace(b"a", &edits).unwrap_err();
        assert_eq!(error.to_string(), "edit 3 of 3: the text to look for does not occur");
        assert_eq!(replace(b"a", &edits[..2]).unwrap(), (b"c".to_vec(), vec![1, 1]));
    }

    proptest! {
        #[test]
        fn all_is_what_the_standard_library_does(text in "[ab\n]{0,30}", old in "[ab\n]{1,3}", new in "[abc]{0,3}") {
            let expected = text.replace(&old, &new);
            match replaced(&text, &old, &new, true) {
                Ok(done) => prop_assert_eq!(done, expected),
                Err(_) => prop_assert!(!text.contains(&old)),
            }
        }
    }
}
