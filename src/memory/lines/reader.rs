//! One line after another, none of them larger than what memory is for.

use std::io::{self, BufRead, BufReader, Read, Write};

/// So much is read at a time.
const PIECE: usize = 1 << 18;
/// A longer line is not taken for JSON, and never in memory as a whole.
const LONGEST: usize = 16 << 20;

/// What comes next.
pub(super) enum Next {
    /// A line, in [`Reader::line`].
    Line,
    /// The beginning of a line that is too long; the rest is for [`Reader::copy_rest`].
    TooLong,
    /// Nothing more.
    End,
}

/// Reads lines, and counts them.
pub(super) struct Reader<R: Read> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// The number of the line that was read last.
    pub(super) number: u64,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(input: R) -> Reader<R> {
        Reader { input: BufReader::with_capacity(PIECE, input), line: Vec::new(), number: 0 }
    }

    /// The line that was read last, with its end.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    /// What was read from. Lines that it has read ahead are gone.
    pub(super) fn into_inner(self) -> R {
        self.input.into_inner()
    }

    /// Reads the next line.
    pub(super) fn next(&mut self) -> io::Result<Next> {
        // What one long line has taken is given back.
        self.line.clear();
        self.line.shrink_to(PIECE);
        let limit = LONGEST as u64 + 1;
        let read = (&mut self.input).take(limit).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(Next::End);
        }
        self.number += 1;
        let is_whole = read <= LONGEST || self.line.ends_with(b"\n");
        Ok(if is_whole { Next::Line } else { Next::TooLong })
    }

    /// Writes the rest of a line that is too long, and its end.
    pub(super) fn copy_rest(&mut self, mut out: impl Write) -> io::Result<()> {
        loop {
            let piece = self.input.fill_buf()?;
            let end = piece.iter().position(|&byte| byte == b'\n').map(|end| end + 1);
            let length = end.unwrap_or(piece.len());
            out.write_all(&piece[..length])?;
            self.input.consume(length);
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

/// A line without its end, and the end.
pub(super) fn parted(line: &[u8]) -> (&[u8], &[u8]) {
    let content = line.strip_suffix(b"\n").unwrap_or(line);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    line.split_at(content.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_passed_through() {
        let long = vec![b'x'; LONGEST + PIECE];
        let text = [b"a\n".to_vec(), long.clone(), b"\nb".to_vec()].concat();
        let mut reader = Reader::new(&text[..]);
        assert!(matches!(reader.next(), Ok(Next::Line)) && reader.line() == b"a\n");
        assert!(matches!(reader.next(), Ok(Next::TooLong)));
        let mut copied = reader.line().to_vec();
        reader.copy_rest(&mut copied).unwrap();
        assert!(copied == [long, b"\n".to_vec()].concat());
        assert!(matches!(reader.next(), Ok(Next::Line)) && reader.line() == b"b");
        assert!(matches!(reader.next(), Ok(Next::End)));
        assert_eq!(reader.number, 3);
    }
}
