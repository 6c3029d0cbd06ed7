//! What is nearly the text that was looked for: a hint, which is never taken for it.

use std::fmt;

use super::find::Finder;
use super::lines::{content, lines};

/// So many places are shown.
const SHOWN: usize = 3;
/// So many bytes of a line are shown.
const LINE_SHOWN: usize = 160;
/// A text of many equal lines must not take for ever.
const MOST_COMPARISONS: usize = 4_000_000;

/// A place that differs from the wanted text in white space or line ends only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The number of its first line.
    pub first: usize,
    /// The number of its last line.
    pub last: usize,
    /// Whether the line ends alone differ.
    pub only_line_ends: bool,
    /// Its first line, tabs and other control characters made visible.
    pub shown: String,
}

impl fmt::Display for Near {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Near { first, last, shown, .. } = self;
        let what = if self.only_line_ends { "line ends" } else { "white space" };
        match first == last {
            true => write!(out, "line {first} differs in {what} only: {shown}"),
            false => write!(out, "lines {first} to {last} differ in {what} only: {shown}"),
        }
    }
}

/// The places that are nearly `wanted`, at most a few.
pub(super) fn near(text: &[u8], wanted: &[u8]) -> Vec<Near> {
    let parts: Vec<&[u8]> = wanted.strip_suffix(b"\n").unwrap_or(wanted).split(|&b| b == b'\n').collect();
    let words: Vec<Vec<u8>> = parts.iter().map(|part| squeezed(part)).collect();
    let Some(anchor) = words.iter().position(|words| !words.is_empty()) else { return Vec::new() };
    let found: Vec<&[u8]> = lines(text).collect();
    let mut places = Vec::new();
    let mut left = MOST_COMPARISONS;
    for at in 0..found.len() {
        if places.len() == SHOWN || left == 0 {
            break;
        }
        let Some(first) = at.checked_sub(anchor).filter(|first| first + words.len() <= found.len()) else {
            continue;
        };
        // The anchor first: most lines are none.
        let order = std::iter::once(anchor).chain((0..words.len()).filter(|&part| part != anchor));
        let is_near = order.into_iter().all(|part| {
            left = left.saturating_sub(1);
            fits(&squeezed(content(found[first + part])), &words[part], part, words.len())
        });
        if is_near {
            let same =
                |part: usize| fits(content(found[first + part]), content(parts[part]), part, words.len());
            places.push(Near {
                first: first + 1,
                last: first + words.len(),
                only_line_ends: (0..words.len()).all(same),
                shown: visible(found[first]),
            });
        }
    }
    places
}

/// Whether a line is that part of the wanted text. Its first line may begin, and its last one end,
/// in the middle of a line.
fn fits(line: &[u8], part: &[u8], number: usize, parts: usize) -> bool {
    match number {
        _ if part.is_empty() && parts == 1 => true,
        0 if parts == 1 => Finder::new(part).is_in(line),
        0 => line.ends_with(part),
        last if last + 1 == parts => line.starts_with(part),
        _ => line == part,
    }
}

/// Words with one blank between them.
fn squeezed(line: &[u8]) -> Vec<u8> {
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&b' ')
}

/// A line as a person can tell it from another one.
fn visible(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let cut = &line[..line.len().min(LINE_SHOWN)];
    let mut shown = String::new();
    for letter in String::from_utf8_lossy(cut).chars() {
        match letter {
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            letter => shown.push(letter),
        }
    }
    let ends_blank = line.last().is_some_and(|&byte| byte == b' ');
    match (cut.len() < line.len(), ends_blank) {
        (true, _) => shown.push('…'),
        (false, true) => shown.push_str("(end)"),
        (false, false) => {}
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, wanted: &str) -> Vec<String> {
        near(text.as_bytes(), wanted.as_bytes()).iter().map(Near::to_string).collect()
    }

    #[test]
    fn tabs_blanks_and_line_ends_are_told() {
        assert_eq!(told("a\n\tb  c\nd\n", "b c"), ["line 2 differs in white space only: \\tb  c"]);
        assert_eq!(told("a \nb\n", "a\nb"), ["lines 1 to 2 differ in white space only: a (end)"]);
        assert_eq!(told("x\r\na\r\nb\r\n", "a\nb\n"), ["lines 2 to 3 differ in line ends only: a\\r"]);
        assert_eq!(told("one\ntwo\n", "three"), [""; 0]);
        assert_eq!(told("one\n\n", "\n"), [""; 0]);
        assert_eq!(told("1  2\n1   2\n1    2\n1     2\n", "1 2").len(), SHOWN);
    }

    #[test]
    fn many_equal_lines_end_soon() {
        let text = "x\n".repeat(100_000);
        let wanted = format!("{}y", "x\n".repeat(50_000));
        assert_eq!(told(&text, &wanted), [""; 0]);
    }
}
