//! Three texts merged line by line.
//!
//! A document that may hold comments is merged as data, and as text too. Where no line was changed on
//! both sides, and the text holds the very data that the rules give, the text is the better answer:
//! it has the comments and the spellings of both sides.

use std::ops::Range;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// After this long any way from one version to another will do, and not only the shortest.
const PATIENCE: Duration = Duration::from_secs(2);

/// The steps from one list of lines to another.
pub(super) fn difference(old: &[&[u8]], new: &[&[u8]]) -> Vec<DiffOp> {
    capture_diff_slices_deadline(Algorithm::Myers, old, new, Some(Instant::now() + PATIENCE))
}

/// Lines of the base, and what a side has put in their place.
struct Hunk<'l> {
    old: Range<usize>,
    new: &'l [&'l [u8]],
}

fn hunks<'l>(base: &[&[u8]], side: &'l [&'l [u8]]) -> Vec<Hunk<'l>> {
    let steps = difference(base, side).into_iter();
    let changed = steps.filter(|step| !matches!(step, DiffOp::Equal { .. }));
    changed.map(|step| Hunk { old: step.old_range(), new: &side[step.new_range()] }).collect()
}

/// The text with the changes of both sides; `None` if both have changed one line, or put something in
/// one place.
pub(super) fn merge(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    let lines = |text| <[u8]>::split_inclusive(text, |&byte| byte == b'\n').collect::<Vec<_>>();
    let (base, ours, theirs) = (lines(base), lines(ours), lines(theirs));
    let mut all: Vec<Hunk<'_>> = hunks(&base, &ours);
    all.extend(hunks(&base, &theirs));
    all.sort_by_key(|hunk| (hunk.old.start, hunk.old.end));
    let (mut out, mut at) = (Vec::new(), 0);
    let mut last: Option<&Hunk<'_>> = None;
    for hunk in &all {
        if last.is_some_and(|last| last.old == hunk.old && last.new == hunk.new) {
            continue;
        }
        if hunk.old.start < at || last.is_some_and(|last| last.old.start == hunk.old.start) {
            return None;
        }
        out.extend_from_slice(&base[at..hunk.old.start]);
        out.extend_from_slice(hunk.new);
        at = hunk.old.end;
        last = Some(hunk);
    }
    out.extend_from_slice(&base[at..]);
    Some(out.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_only_one_side_has_changed_are_taken() {
        let text = |base: &str, ours: &str, theirs: &str| {
            let merged = merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
            merged.map(|merged| String::from_utf8(merged).unwrap())
        };
        assert_eq!(text("a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\nd").as_deref(), Some("A\nB\nc\nd"));
        assert_eq!(text("a\nb\n", "A\nb\n", "A\nb\nc\n").as_deref(), Some("A\nb\nc\n"));
        assert_eq!(text("a\nb\n", "b\n", "a\n").as_deref(), Some(""));
        assert_eq!(text("a\n", "b\n", "c\n"), None);
        assert_eq!(text("a\n", "a\nb\n", "a\nc\n"), None);
        assert_eq!(text("a\nb\nc\n", "x\nc\n", "a\ny\n"), None);
    }
}
