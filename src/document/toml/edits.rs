//! Edits of a text, applied at once.

use std::ops::Range;

/// Edits of one text: each puts some text in the place of a range of it, which may be empty.
#[derive(Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Puts `new` in the place of a range.
    pub(super) fn replace(&mut self, range: Range<usize>, new: String) {
        self.0.push((range, new));
    }

    /// Puts `new` at a place, behind what was put there before.
    pub(super) fn insert(&mut self, at: usize, new: String) {
        self.replace(at..at, new);
    }

    /// Takes a range away. What is put into it stands behind it.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.replace(range, String::new());
    }

    /// The new text.
    pub(super) fn apply(mut self, text: &str) -> String {
        // In the place where a range starts, what is put there goes before it.
        self.0.sort_by_key(|(range, _)| (range.start, !range.is_empty()));
        let mut made = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for (range, new) in self.0 {
            made.push_str(text.get(at..range.start).unwrap_or_default());
            made.push_str(&new);
            at = at.max(range.end);
        }
        made.push_str(text.get(at..).unwrap_or_default());
        made
    }
}
