//! Lines: where one starts and ends, and which comments belong to it.

use std::ops::Range;

/// The lines of a document.
#[derive(Clone, Copy)]
pub(super) struct Lines<'t> {
    pub(super) text: &'t str,
    /// How they end.
    pub(super) end: &'static str,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Lines<'t> {
        let first = text.find('\n').unwrap_or(0);
        let end = if text[..first].ends_with('\r') { "\r\n" } else { "\n" };
        Lines { text, end }
    }

    /// Where the line starts that a place is in. A byte-order mark is no part of the first one.
    pub(super) fn start(self, at: usize) -> usize {
        match self.text[..at].rfind('\n') {
            Some(end) => end + 1,
            None => self.first().min(at),
        }
    }

    /// Where the first line starts.
    pub(super) fn first(self) -> usize {
        if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
    }

    /// Where the next line starts, or the text ends.
    pub(super) fn next(self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |end| at + end + 1)
    }

    /// The line that starts at a place, without the white space around it.
    fn line(self, start: usize) -> &'t str {
        self.text[start..self.next(start)].trim()
    }

    /// The white space that a line starts with.
    pub(super) fn indent(self, start: usize) -> &'t str {
        let line = &self.text[start..self.next(start)];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Where the comments start that stand directly above a line, else the line itself.
    pub(super) fn comments_above(self, mut start: usize) -> usize {
        while start > self.first() {
            let above = self.start(start - 1);
            if !self.line(above).starts_with('#') {
                break;
            }
            start = above;
        }
        start
    }

    /// The same, but for comments that the file starts with: they are about all of it.
    fn own_comments(self, start: usize) -> usize {
        match self.comments_above(start) {
            above if above == self.first() => start,
            above => above,
        }
    }

    /// Where the comments end that stand directly below a line and belong to nothing else.
    pub(super) fn comments_below(self, from: usize) -> usize {
        let mut at = from;
        while at < self.text.len() && self.line(at).starts_with('#') {
            at = self.next(at);
        }
        if self.is_blank(at) { at } else { from }
    }

    /// Whether an empty line starts at a place, or none.
    pub(super) fn is_blank(self, start: usize) -> bool {
        start >= self.text.len() || self.line(start).is_empty()
    }

    /// Where the empty lines above a line start.
    fn blanks_above(self, mut start: usize) -> usize {
        while start > self.first() {
            let above = self.start(start - 1);
            if !self.line(above).is_empty() {
                break;
            }
            start = above;
        }
        start
    }

    /// The lines of an entry from its key to behind its value, with its own comments.
    pub(super) fn of_entry(self, key: usize, end: usize) -> Range<usize> {
        let (start, next) = (self.own_comments(self.start(key)), self.next(end));
        // Of two empty lines around it one goes.
        let start = if self.is_blank(next) { self.blanks_above(start) } else { start };
        self.without_leading_blanks(start, next)
    }

    /// The lines of a section from its header to behind its last value, with its own comments.
    pub(super) fn of_section(self, header: usize, end: usize) -> Range<usize> {
        let start = self.blanks_above(self.own_comments(self.start(header)));
        self.without_leading_blanks(start, self.comments_below(self.next(end)))
    }

    /// A text does not start with empty lines where others went.
    fn without_leading_blanks(self, start: usize, mut end: usize) -> Range<usize> {
        while start == self.first() && end < self.text.len() && self.is_blank(end) {
            end = self.next(end);
        }
        start..end
    }

    /// Lines of our own, made to stand at a place, which is the start of a line or the end of the text.
    /// They end as the text does.
    pub(super) fn fitted(self, at: usize, lines: &str) -> String {
        if at == self.text.len() && at > self.first() && !self.text.ends_with('\n') {
            return format!("{}{}", self.end, lines.trim_end_matches(['\n', '\r']));
        }
        lines.to_owned()
    }
}
