//! A unified diff of two versions of a file, for `--dry-run`.

use std::path::Path;
use std::time::{Duration, Instant};

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices_deadline, group_diff_ops};

/// Lines around a change.
const CONTEXT: usize = 3;
/// After this long any way from old to new will do, and not only the shortest.
const PATIENCE: Duration = Duration::from_secs(2);

/// The difference as `diff -u` prints it; empty when there is none.
pub fn unified(path: &Path, old: &[u8], new: &[u8]) -> String {
    if old == new {
        return String::new();
    }
    let (old, new) = (lines(old), lines(new));
    let edits = capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(Instant::now() + PATIENCE));
    let name = crate::sys::text::shown(path);
    let mut text = format!("--- {name}\n+++ {name}\n");
    for hunk in group_diff_ops(edits, CONTEXT) {
        write_hunk(&mut text, &hunk, &old, &new);
    }
    text
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

fn write_hunk(text: &mut String, hunk: &[DiffOp], old: &[&[u8]], new: &[&[u8]]) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return };
    let range = |start: usize, end: usize| match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    };
    let olds = range(first.old_range().start, last.old_range().end);
    let news = range(first.new_range().start, last.new_range().end);
    text.push_str(&format!("@@ -{olds} +{news} @@\n"));
    for change in hunk.iter().flat_map(|edit| edit.iter_changes(old, new)) {
        text.push(match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        });
        let line: &[u8] = change.value();
        text.push_str(&String::from_utf8_lossy(line));
        if !line.ends_with(b"\n") {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn looks_like_diff_u() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = "a\nb\nc\nD\ne\nf\ng\nh\ni";
        let wanted = "--- x\n+++ x\n@@ -1,8 +1,9 @@\n a\n b\n c\n-d\n+D\n e\n f\n g\n h\n+i\n\\ No newline at end of file\n";
        assert_eq!(unified(Path::new("x"), old.as_bytes(), new.as_bytes()), wanted);
        assert_eq!(unified(Path::new("x"), b"same", b"same"), "");
    }

    proptest! {
        /// So few lines are in one hunk, all of them.
        #[test]
        fn a_diff_has_all_of_old_and_all_of_new(old in "[ab\n]{0,4}", new in "[ab\n]{0,4}") {
            let diff = unified(Path::new("x"), old.as_bytes(), new.as_bytes());
            let diff = diff.replace("\n\\ No newline at end of file", "\u{0}");
            let side = |mark: char| -> String {
                let lines = diff.split_inclusive('\n').skip(3);
                let lines = lines.filter_map(|line| line.strip_prefix([' ', mark]));
                lines.map(|line| line.strip_suffix("\u{0}\n").unwrap_or(line)).collect()
            };
            prop_assert!(diff.is_empty() == (old == new));
            prop_assert!(old == new || (side('-'), side('+')) == (old, new));
        }
    }
}
