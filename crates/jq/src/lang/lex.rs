//! The words of a filter.
//!
//! The longest word wins, as in jq, with one exception: `?//` is not a word here, so that
//! `.a?//1` means what it seems to. Only the parser of patterns looks for it.

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, which may be of a module (`a::b`).
    Name,
    /// One of [`KEYWORDS`].
    Keyword,
    /// `.name`
    Field,
    /// `$name`
    Variable,
    /// `@name`
    Format,
    Number,
    /// The quote that starts a string.
    Quote,
    Symbol,
    End,
}

/// A word and what it is. At the end the text is empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'s> {
    pub(crate) text: &'s str,
    pub(crate) kind: Kind,
}

impl Token<'_> {
    /// Whether it is this symbol or keyword.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Symbol | Kind::Keyword) && self.text == word
    }
}

/// Names that mean something of their own.
const KEYWORDS: &[&str] = &[
    "def", "module", "import", "include", "if", "then", "else", "elif", "end", "as", "reduce", "foreach",
    "try", "catch", "label", "break", "and", "or",
];

/// Longer ones first.
const SYMBOLS: &[&str] = &[
    "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "..", ".", "?", "=", ";", ",",
    ":", "|", "+", "-", "*", "/", "%", "<", ">", "(", ")", "[", "]", "{", "}",
];

/// The word at or after `at`, and where it starts. `Err` says where a character has no meaning.
pub(crate) fn next(source: &str, at: usize) -> Result<(Token<'_>, usize), usize> {
    let at = skip_space(source, at);
    let rest = &source[at..];
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or_default();
    let (length, kind) = match bytes.first() {
        None => (0, Kind::End),
        Some(b'"') => (1, Kind::Quote),
        Some(b'0'..=b'9') => (number(bytes), Kind::Number),
        Some(b'.') if second.is_ascii_digit() => (number(bytes), Kind::Number),
        Some(b'.') if starts_name(second) => (1 + name(&bytes[1..]), Kind::Field),
        Some(b'$') if starts_name(second) => (1 + path(&bytes[1..]), Kind::Variable),
        Some(b'@') if is_name(second) => (1 + name(&bytes[1..]), Kind::Format),
        Some(first) if starts_name(*first) => {
            let length = path(bytes);
            let kind = if KEYWORDS.contains(&&rest[..length]) { Kind::Keyword } else { Kind::Name };
            (length, kind)
        }
        Some(_) => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => (symbol.len(), Kind::Symbol),
            None => return Err(at),
        },
    };
    Ok((Token { text: &rest[..length], kind }, at))
}

/// Where what follows white space and comments starts.
fn skip_space(source: &str, mut at: usize) -> usize {
    let bytes = source.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => at = comment_end(bytes, at),
            _ => return at,
        }
    }
}

/// A comment goes to the end of its line; an odd number of backslashes there takes the next one too.
fn comment_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let end =
            bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length);
        let line = &bytes[at..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes % 2 == 0 || end == bytes.len() {
            return end;
        }
        at = end + 1;
    }
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn name(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_name(**byte)).count()
}

/// The length of names with `::` between them.
fn path(bytes: &[u8]) -> usize {
    let mut length = name(bytes);
    while bytes[length..].starts_with(b"::") && bytes.get(length + 2).is_some_and(|byte| starts_name(*byte)) {
        length += 2 + name(&bytes[length + 2..]);
    }
    length
}

/// The length of a number: digits may be missing before or after the point, not both.
fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits((length + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}
