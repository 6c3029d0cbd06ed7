//! Lines and their ends.

use std::borrow::Cow;

/// The byte order mark of UTF-8, which stays first.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines with their ends. The last one may have none.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n')
}

/// A line without its end.
pub(super) fn content(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The numbers of the lines that these places are on. The places are in order; a line that has
/// several is named once.
pub(super) fn numbers(text: &[u8], places: &[usize]) -> Vec<usize> {
    let (mut line, mut from) = (1, 0);
    let mut numbers = Vec::new();
    for &place in places {
        line += text[from..place].iter().filter(|&&byte| byte == b'\n').count();
        from = place;
        if numbers.last() != Some(&line) {
            numbers.push(line);
        }
    }
    numbers
}

/// Whether every line ends in `\r\n`; not where there is no line end at all.
pub(super) fn is_crlf(text: &[u8]) -> bool {
    let mut ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').peekable();
    ends.peek().is_some() && ends.all(|(at, _)| at > 0 && text[at - 1] == b'\r')
}

/// The same lines, each ended by `\r\n`.
pub(super) fn with_crlf(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\n') || is_crlf(text) {
        return Cow::Borrowed(text);
    }
    let mut ended = Vec::with_capacity(text.len() + text.len() / 16);
    for line in lines(text) {
        match line.strip_suffix(b"\n") {
            Some(bare) => {
                ended.extend_from_slice(bare.strip_suffix(b"\r").unwrap_or(bare));
                ended.extend_from_slice(b"\r\n");
            }
            None => ended.extend_from_slice(line),
        }
    }
    Cow::Owned(ended)
}

/// Where the line begins that this place is on.
pub(super) fn start(text: &[u8], place: usize) -> usize {
    text[..place].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1)
}

/// Where the line after this place begins, or the end of the text.
pub(super) fn end(text: &[u8], place: usize) -> usize {
    text[place..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |end| place + end + 1)
}
