//! Where bytes occur in others.

/// A search for some bytes, which takes time in proportion to the text whatever the two are
/// (Knuth, Morris and Pratt's).
pub(super) struct Finder<'n> {
    needle: &'n [u8],
    /// For each beginning of the needle: how long its longest other beginning is that is also its
    /// end.
    borders: Vec<usize>,
}

impl<'n> Finder<'n> {
    /// The needle must not be empty.
    pub(super) fn new(needle: &'n [u8]) -> Finder<'n> {
        let mut borders = vec![0; needle.len()];
        let mut length = 0;
        for at in 1..needle.len() {
            while length > 0 && needle[at] != needle[length] {
                length = borders[length - 1];
            }
            length += usize::from(needle[at] == needle[length]);
            borders[at] = length;
        }
        Finder { needle, borders }
    }

    /// Where it occurs, overlapping places too.
    pub(super) fn places<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let (needle, borders) = (self.needle, &self.borders);
        let mut length = 0;
        text.iter().enumerate().filter_map(move |(at, &byte)| {
            while length > 0 && (length == needle.len() || needle[length] != byte) {
                length = borders[length - 1];
            }
            length += usize::from(needle[length] == byte);
            (length == needle.len()).then(|| at + 1 - needle.len())
        })
    }

    /// Whether it occurs.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        self.places(text).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_place_is_found(text in "[ab]{0,40}", needle in "[ab]{1,5}") {
            let (text, needle) = (text.as_bytes(), needle.as_bytes());
            let naive = text.windows(needle.len()).enumerate();
            let naive: Vec<usize> = naive.filter(|(_, part)| *part == needle).map(|(at, _)| at).collect();
            prop_assert_eq!(Finder::new(needle).places(text).collect::<Vec<_>>(), naive);
        }
    }
}
