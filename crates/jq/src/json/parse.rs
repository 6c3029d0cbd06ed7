//! Strict JSON: what RFC 8259 allows and nothing else. On demand JSONC, which has comments and
//! trailing commas besides.
//!
//! One pass over the bytes, without recursion. UTF-8 is checked first, as a whole. Deeper than
//! [`MAX_DEPTH`] is refused. So is a byte-order mark in JSON, which few programs take; the editors
//! that read JSONC do.

use crate::json::dialect::{BYTE_ORDER_MARK, Dialect};
use crate::json::equal_keys::EqualKeys;
use crate::json::number::spelling_end;
use crate::json::text::Text;
use crate::json::tree::{Build, Keys, Nothing, Tree};
use crate::json::value::Value;

/// The deepest nesting that is read or written.
pub const MAX_DEPTH: usize = 10_000;

/// Why bytes are not one JSON document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct InvalidJson {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Checks that `bytes` are one JSON document: UTF-8, RFC 8259, at most [`MAX_DEPTH`] deep.
///
/// # Errors
///
/// [`InvalidJson`] says what is wrong and where.
pub fn validate(bytes: &[u8]) -> Result<(), InvalidJson> {
    validate_as(Dialect::Json, bytes)
}

/// The same for one of either dialect.
///
/// # Errors
///
/// [`InvalidJson`] says what is wrong and where.
pub fn validate_as(dialect: Dialect, bytes: &[u8]) -> Result<(), InvalidJson> {
    read_whole(dialect, bytes, Nothing).map(|_| ())
}

/// Checks the same, and finds the first object in which two keys are equal.
///
/// # Errors
///
/// [`InvalidJson`] says what is wrong and where.
pub fn find_equal_keys(bytes: &[u8]) -> Result<Option<EqualKeys>, InvalidJson> {
    find_equal_keys_as(Dialect::Json, bytes)
}

/// The same in a document of either dialect.
///
/// # Errors
///
/// [`InvalidJson`] says what is wrong and where.
pub fn find_equal_keys_as(dialect: Dialect, bytes: &[u8]) -> Result<Option<EqualKeys>, InvalidJson> {
    let keys = read_whole(dialect, bytes, Keys::default())?;
    Ok(keys.repeating().map(|object| EqualKeys::locate(dialect, bytes, object)))
}

/// Reads one document.
pub(crate) fn parse(dialect: Dialect, bytes: &[u8]) -> Result<Value, InvalidJson> {
    read_whole(dialect, bytes, Tree::default()).map(Tree::into_value)
}

/// Reads any number of documents one after another.
pub(crate) fn parse_many(bytes: &[u8]) -> Result<Vec<Value>, InvalidJson> {
    let mut reader = Reader::new(Dialect::Json, bytes, Tree::default())?;
    reader.space();
    while reader.at < bytes.len() {
        reader.document().map_err(|wrong| wrong.locate(bytes))?;
        reader.space();
    }
    Ok(reader.build.into_values())
}

/// Reads one document into `build`.
pub(crate) fn read_whole<B: Build>(dialect: Dialect, bytes: &[u8], build: B) -> Result<B, InvalidJson> {
    let mut reader = Reader::new(dialect, bytes, build)?;
    reader.document().map_err(|wrong| wrong.locate(bytes))?;
    reader.end().map_err(|wrong| wrong.locate(bytes))?;
    Ok(reader.build)
}

/// Reads the one value that `bytes` start with into `build`. It was read before.
pub(crate) fn read_again<B: Build>(dialect: Dialect, bytes: &[u8], build: B) -> Result<B, InvalidJson> {
    let mut reader = Reader::new(dialect, bytes, build)?;
    reader.document().map_err(|wrong| wrong.locate(bytes))?;
    Ok(reader.build)
}

/// The text of a string that was read before. `raw` starts with its opening quote.
pub(crate) fn unescaped(raw: &str) -> String {
    let mut reader =
        Reader { dialect: Dialect::Json, bytes: raw.as_bytes(), text: raw, at: 0, build: Nothing };
    match reader.string() {
        Ok(Scanned::Plain(text)) => text.to_owned(),
        Ok(Scanned::Escaped(text)) => text,
        Err(_) => String::new(),
    }
}

/// The line, and the column in characters, both from 1.
pub(crate) fn line_and_column(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let is_character = |byte: &&u8| **byte & 0xC0 != 0x80;
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    (line, before[line_start..].iter().filter(is_character).count() + 1)
}

/// Something wrong at a place in the bytes.
struct Wrong {
    at: usize,
    reason: String,
}

impl Wrong {
    fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }

    fn locate(self, bytes: &[u8]) -> InvalidJson {
        let (line, column) = line_and_column(bytes, self.at);
        InvalidJson { line, column, reason: self.reason }
    }
}

struct Reader<'a, B> {
    dialect: Dialect,
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    build: B,
}

impl<'a, B: Build> Reader<'a, B> {
    fn new(dialect: Dialect, bytes: &'a [u8], build: B) -> Result<Self, InvalidJson> {
        if dialect == Dialect::Json && bytes.starts_with(BYTE_ORDER_MARK) {
            return Err(Wrong::new(0, "the file starts with a byte-order mark, which JSON does not allow; remove it (`sed -i '1s/^\\xef\\xbb\\xbf//' FILE`)").locate(bytes));
        }
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(Wrong::new(0, "the file is UTF-16, JSON files are UTF-8").locate(bytes));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Wrong::new(error.valid_up_to(), "not UTF-8").locate(bytes))?;
        Ok(Self { dialect, bytes, text, at: 0, build })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        self.at = self.dialect.trivia_end(self.bytes, self.at);
    }

    /// After the document there may be space only.
    fn end(&mut self) -> Result<(), Wrong> {
        self.space();
        match self.peek() {
            None => Ok(()),
            Some(b'{' | b'[' | b'"') => {
                Err(Wrong::new(self.at, "a second JSON document starts here, a file holds exactly one"))
            }
            Some(_) => {
                Err(Wrong::new(self.at, format!("expected the end of the file, found {}", self.found())))
            }
        }
    }

    fn found(&self) -> String {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => "the end of the file".to_owned(),
            Some('/' | '#') if self.dialect == Dialect::Json => {
                "a comment, which JSON does not allow".to_owned()
            }
            Some('/') if self.bytes.get(self.at + 1) == Some(&b'*') => {
                "a comment that does not end".to_owned()
            }
            Some(other) if other.is_control() => format!("U+{:04X}", u32::from(other)),
            Some(other) => format!("`{other}`"),
        }
    }

    fn expected(&self, what: &str) -> Wrong {
        Wrong::new(self.at, format!("expected {what}, found {}", self.found()))
    }

    /// Reads one value, with all that is in it.
    fn document(&mut self) -> Result<(), Wrong> {
        // What is open, from the outside in: true for an object.
        let mut open: Vec<bool> = Vec::new();
        loop {
            self.space();
            match self.peek() {
                Some(b'{') => {
                    self.enter(&mut open, true)?;
                    if self.peek() == Some(b'}') {
                        self.at += 1;
                        open.pop();
                        self.build.close_object(self.at);
                    } else {
                        self.key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.enter(&mut open, false)?;
                    if self.peek() == Some(b']') {
                        self.at += 1;
                        open.pop();
                        self.build.close_array(self.at);
                    } else {
                        continue;
                    }
                }
                _ => self.atom()?,
            }
            // A value has ended: what comes next depends on where it stands.
            loop {
                let Some(in_object) = open.last().copied() else {
                    return Ok(());
                };
                self.space();
                match (self.peek(), in_object) {
                    (Some(b','), true) => {
                        self.at += 1;
                        self.space();
                        match self.peek() {
                            Some(b'}') if self.dialect.has_trailing_commas() => {
                                self.build.close_object(self.at + 1);
                            }
                            Some(b'}') => return Err(Wrong::new(self.at, "a comma before `}`")),
                            _ => {
                                self.key()?;
                                break;
                            }
                        }
                    }
                    (Some(b','), false) => {
                        self.at += 1;
                        self.space();
                        match self.peek() {
                            Some(b']') if self.dialect.has_trailing_commas() => {
                                self.build.close_array(self.at + 1);
                            }
                            Some(b']') => return Err(Wrong::new(self.at, "a comma before `]`")),
                            _ => break,
                        }
                    }
                    (Some(b'}'), true) => self.build.close_object(self.at + 1),
                    (Some(b']'), false) => self.build.close_array(self.at + 1),
                    (_, true) => return Err(self.expected("`,` or `}`")),
                    (_, false) => return Err(self.expected("`,` or `]`")),
                }
                self.at += 1;
                open.pop();
            }
        }
    }

    fn enter(&mut self, open: &mut Vec<bool>, object: bool) -> Result<(), Wrong> {
        if open.len() == MAX_DEPTH {
            return Err(Wrong::new(self.at, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        open.push(object);
        self.build.open(self.at);
        self.at += 1;
        self.space();
        Ok(())
    }

    fn key(&mut self) -> Result<(), Wrong> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        let start = self.at;
        match self.string()? {
            Scanned::Plain(text) => self.build.key(start, || Text::new(text)),
            Scanned::Escaped(text) => self.build.key(start, || text.into()),
        }
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.expected("`:`"));
        }
        self.at += 1;
        Ok(())
    }

    fn atom(&mut self) -> Result<(), Wrong> {
        let rest = &self.bytes[self.at..];
        match rest.first() {
            Some(b'"') => match self.string()? {
                Scanned::Plain(text) => self.build.atom(|| Value::from_str(text)),
                Scanned::Escaped(text) => self.build.atom(|| text.into()),
            },
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'n') if rest.starts_with(b"null") => self.word(4, Value::null()),
            Some(b't') if rest.starts_with(b"true") => self.word(4, true.into()),
            Some(b'f') if rest.starts_with(b"false") => self.word(5, false.into()),
            None if self.at == 0 => {
                return Err(Wrong::new(0, "the file is empty, JSON needs a value"));
            }
            None if self.text.trim().is_empty() => {
                return Err(Wrong::new(self.at, "the file holds only blanks, JSON needs a value"));
            }
            Some(b'N' | b'I') if rest.starts_with(b"NaN") || rest.starts_with(b"Infinity") => {
                return Err(Wrong::new(self.at, "JSON has no NaN and no infinity"));
            }
            Some(b'+') => return Err(Wrong::new(self.at, "a number can't start with `+`")),
            Some(b'.') => return Err(Wrong::new(self.at, "a number can't start with `.`")),
            Some(b'\'') => return Err(Wrong::new(self.at, "strings are in double quotes")),
            _ => return Err(self.expected("a value")),
        }
        Ok(())
    }

    fn word(&mut self, length: usize, value: Value) {
        self.at += length;
        self.build.atom(|| value);
    }

    fn number(&mut self) -> Result<(), Wrong> {
        let start = self.at;
        match spelling_end(&self.bytes[start..]) {
            Ok(length) => self.at += length,
            Err((length, reason)) => return Err(Wrong::new(start + length, reason)),
        }
        let spelling = &self.text[start..self.at];
        self.build.atom(|| Value::spelled(spelling));
        Ok(())
    }

    /// Reads a string, from its opening quote to behind its closing one.
    fn string(&mut self) -> Result<Scanned<'a>, Wrong> {
        let start = self.at + 1;
        let length = plain_length(&self.bytes[start..]);
        self.at = start + length;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Scanned::Plain(&self.text[start..start + length]));
        }
        let mut text = self.text[start..self.at].to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Scanned::Escaped(text));
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                None => return Err(Wrong::new(start - 1, "a string that does not end")),
                Some(_) => {
                    return Err(Wrong::new(
                        self.at,
                        format!("{} in a string has to be escaped", self.found()),
                    ));
                }
            }
            let from = self.at;
            self.at += plain_length(&self.bytes[from..]);
            text.push_str(&self.text[from..self.at]);
        }
    }

    fn escape(&mut self) -> Result<char, Wrong> {
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(Wrong::new(self.at - 1, "an escape that JSON does not have")),
        };
        self.at += 1;
        Ok(character)
    }

    fn unicode(&mut self) -> Result<char, Wrong> {
        let start = self.at - 1;
        let lone = || Wrong::new(start, "half of a surrogate pair");
        let first = self.four_digits(start)?;
        let code = if (0xD800..0xDC00).contains(&first) {
            if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
                return Err(lone());
            }
            self.at += 1;
            let second = self.four_digits(start)?;
            if !(0xDC00..0xE000).contains(&second) {
                return Err(lone());
            }
            0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(lone)
    }

    /// Reads `uXXXX`.
    fn four_digits(&mut self, start: usize) -> Result<u32, Wrong> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 5;
        code.ok_or_else(|| Wrong::new(start, "`\\u` needs four hexadecimal digits"))
    }
}

enum Scanned<'a> {
    Plain(&'a str),
    Escaped(String),
}

/// How many bytes come before a quote, a backslash or a control character. Eight at a time.
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let mut length = 0;
    while let Some(chunk) = bytes[length..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        // The lowest top bit set is that of the first such byte; above it there may be false ones.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
        let control = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        let hits = zero(quote) | zero(backslash) | control;
        if hits != 0 {
            return length + hits.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1F);
    length + bytes[length..].iter().position(special).unwrap_or(bytes.len() - length)
}
