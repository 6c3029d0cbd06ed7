//! What may stand between the values of a document: white space, and in JSONC comments too.

/// Which JSON a document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 8259, strictly.
    #[default]
    Json,
    /// JSON with `//` and `/* */` comments, with a comma allowed behind the last member, and with a
    /// byte-order mark allowed in front, as editors read their settings.
    Jsonc,
}

/// The mark that some editors put in front of UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Dialect {
    /// Where what stands between values ends. A comment that does not end is no such thing.
    #[inline]
    pub(crate) fn trivia_end(self, bytes: &[u8], at: usize) -> usize {
        match self {
            Self::Json => space_end(bytes, at),
            Self::Jsonc => Trivia::new(bytes, at).last().map_or(at, |(_, end)| end),
        }
    }

    /// Whether a comma may follow the last member.
    pub(crate) fn has_trailing_commas(self) -> bool {
        self == Self::Jsonc
    }
}

/// Where the white space at `at` ends.
#[inline]
pub(crate) fn space_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// A piece of what stands between values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// White space, or the byte-order mark.
    Space,
    /// To the end of its line, which is not part of it.
    LineComment,
    BlockComment,
}

/// The pieces of what stands between values, each with its end, from a place on.
pub(crate) struct Trivia<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Trivia<'b> {
    pub(crate) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at }
    }
}

impl Iterator for Trivia<'_> {
    type Item = (Mark, usize);

    fn next(&mut self) -> Option<(Mark, usize)> {
        let rest = self.bytes.get(self.at..)?;
        let (mark, length) = match rest {
            [b' ' | b'\n' | b'\r' | b'\t', ..] => (Mark::Space, space_end(rest, 0)),
            [b'/', b'/', ..] => {
                let ends = |byte: &u8| matches!(byte, b'\n' | b'\r');
                (Mark::LineComment, rest.iter().position(ends).unwrap_or(rest.len()))
            }
            [b'/', b'*', inside @ ..] => {
                let end = inside.windows(2).position(|two| two == b"*/")?;
                (Mark::BlockComment, 2 + end + 2)
            }
            _ if self.at == 0 && rest.starts_with(BYTE_ORDER_MARK) => (Mark::Space, BYTE_ORDER_MARK.len()),
            _ => return None,
        };
        self.at += length;
        Some((mark, self.at))
    }
}
