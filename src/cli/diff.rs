//! A unified diff of two versions of a file, for `--dry-run`.

use std::path::Path;

/// Lines around a change.
const CONTEXT: usize = 3;
/// More edits than this are not worth finding the shortest way for: the middle is shown as
/// replaced whole.
const MOST_EDITS: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

/// The difference as `diff -u` prints it; empty when there is none.
pub fn unified(path: &Path, old: &[u8], new: &[u8]) -> String {
    if old == new {
        return String::new();
    }
    let (old, new) = (lines(old), lines(new));
    let edits = edits(&old, &new);
    let name = crate::sys::text::shown(path);
    let mut text = format!("--- {name}\n+++ {name}\n");
    for hunk in hunks(&edits) {
        write_hunk(&mut text, &edits, hunk, &old, &new);
    }
    text
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

/// The way from old to new, line by line.
fn edits(old: &[&[u8]], new: &[&[u8]]) -> Vec<Edit> {
    let same_start = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) = (&old[same_start..], &new[same_start..]);
    let same_end =
        old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old_middle, new_middle) =
        (&old_rest[..old_rest.len() - same_end], &new_rest[..new_rest.len() - same_end]);
    let mut edits = vec![Edit::Keep; same_start];
    edits.extend(shortest(old_middle, new_middle).unwrap_or_else(|| {
        let mut all = vec![Edit::Remove; old_middle.len()];
        all.extend(vec![Edit::Add; new_middle.len()]);
        all
    }));
    edits.extend(vec![Edit::Keep; same_end]);
    edits
}

/// Myers' greedy algorithm: for each number of edits, how far each diagonal can be followed.
fn shortest(old: &[&[u8]], new: &[&[u8]]) -> Option<Vec<Edit>> {
    let limit = (old.len() + new.len()).min(MOST_EDITS);
    let offset = limit + 1;
    let mut reach = vec![0usize; 2 * limit + 3];
    let mut history = Vec::new();
    for count in 0..=limit {
        history.push(reach[offset - count..=offset + count].to_vec());
        for step in 0..=count {
            // Diagonals -count, -count + 2, …, count, shifted to be an index.
            let at = offset + 2 * step - count;
            let down = step == 0 || step != count && reach[at - 1] < reach[at + 1];
            let mut x = if down { reach[at + 1] } else { reach[at - 1] + 1 };
            let mut y = x + offset - at;
            while x < old.len() && y < new.len() && old[x] == new[y] {
                x += 1;
                y += 1;
            }
            reach[at] = x;
            if x >= old.len() && y >= new.len() {
                return Some(walk_back(&history, old.len(), new.len()));
            }
        }
    }
    None
}

fn walk_back(history: &[Vec<usize>], old: usize, new: usize) -> Vec<Edit> {
    let (mut x, mut y) = (old, new);
    let mut edits = Vec::new();
    for (count, reach) in history.iter().enumerate().skip(1).rev() {
        // `reach` holds diagonals -count to count as they were before this round.
        let diagonal = x as isize - y as isize;
        let far = |diagonal: isize| reach.get((diagonal + count as isize) as usize).copied().unwrap_or(0);
        let low = -(count as isize);
        let down = diagonal == low || diagonal != -low && far(diagonal - 1) < far(diagonal + 1);
        let from = if down { diagonal + 1 } else { diagonal - 1 };
        let from_x = far(from);
        let from_y = (from_x as isize - from) as usize;
        let start_x = if down { from_x } else { from_x + 1 };
        edits.extend(std::iter::repeat_n(Edit::Keep, x - start_x));
        edits.push(if down { Edit::Add } else { Edit::Remove });
        (x, y) = (from_x, from_y);
    }
    edits.extend(std::iter::repeat_n(Edit::Keep, x));
    edits.reverse();
    edits
}

/// Ranges of edits to show: the changes with their context, joined where they touch.
fn hunks(edits: &[Edit]) -> Vec<std::ops::Range<usize>> {
    let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in edits.iter().enumerate().filter(|(_, edit)| **edit != Edit::Keep) {
        let (start, end) = (at.saturating_sub(CONTEXT), (at + 1 + CONTEXT).min(edits.len()));
        match hunks.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => hunks.push(start..end),
        }
    }
    hunks
}

fn write_hunk(text: &mut String, edits: &[Edit], hunk: std::ops::Range<usize>, old: &[&[u8]], new: &[&[u8]]) {
    let count = |range: &[Edit], skip: Edit| range.iter().filter(|edit| **edit != skip).count();
    let (mut x, mut y) = (count(&edits[..hunk.start], Edit::Add), count(&edits[..hunk.start], Edit::Remove));
    let (olds, news) = (count(&edits[hunk.clone()], Edit::Add), count(&edits[hunk.clone()], Edit::Remove));
    let range = |start: usize, length: usize| match length {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{length}", start + 1),
    };
    text.push_str(&format!("@@ -{} +{} @@\n", range(x, olds), range(y, news)));
    for edit in &edits[hunk] {
        let (mark, line) = match edit {
            Edit::Keep => (' ', old[x]),
            Edit::Remove => ('-', old[x]),
            Edit::Add => ('+', new[y]),
        };
        x += usize::from(*edit != Edit::Add);
        y += usize::from(*edit != Edit::Remove);
        text.push(mark);
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
        #[test]
        fn edits_lead_from_old_to_new(old in "[ab\n]{0,40}", new in "[ab\n]{0,40}") {
            let (old, new) = (lines(old.as_bytes()), lines(new.as_bytes()));
            let (mut x, mut y) = (0, 0);
            for edit in edits(&old, &new) {
                match edit {
                    Edit::Keep => {
                        prop_assert_eq!(old[x], new[y]);
                        x += 1;
                        y += 1;
                    }
                    Edit::Remove => x += 1,
                    Edit::Add => y += 1,
                }
            }
            prop_assert_eq!((x, y), (old.len(), new.len()));
        }
    }
}
