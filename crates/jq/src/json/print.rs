//! Writing values: for files, where only JSON will do, and for people, as jq prints.

use crate::json::atom::{write_atom, write_string};
use crate::json::parse::MAX_DEPTH;
use crate::json::style::Style;
use crate::json::text::Text;
use crate::json::value::{Node, Value};
use crate::run::stack;
use crate::run::within::given_up;
use std::io::{self, Write};

/// Why a value can't be written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    /// A number that JSON can't spell.
    #[error("the result holds {0}, which JSON can't spell")]
    NotFinite(&'static str),
    /// Nested deeper than anything that would be read again.
    #[error("the result is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Larger than any document that is meant to be: a value that shares its parts can be.
    #[error("the result is larger than {LONGEST_FILE} bytes")]
    TooLarge,
}

/// The largest file, in bytes.
pub(crate) const LONGEST_FILE: usize = 1 << 32;

/// The longest text that `tojson` gives, in bytes.
const LONGEST_TEXT: usize = 1 << 30;

/// The bytes of `value` for a file in `style`.
///
/// # Errors
///
/// [`NotJson`]: NaN, an infinity, nested deeper than [`MAX_DEPTH`], or too large.
pub fn serialise(value: &Value, style: &Style) -> Result<Vec<u8>, NotJson> {
    let mut writer = Writer { strict: true, longest: LONGEST_FILE, ..Writer::new(style) };
    writer.node(&value.0).map_err(|stop| match stop {
        Stop::Refused(why) => why,
        // There is no flush, so there is no I/O.
        Stop::Io(_) => NotJson::TooDeep,
    })?;
    if style.final_newline {
        writer.out.extend_from_slice(style.line_end().as_bytes());
    }
    Ok(writer.out)
}

/// Prints `value` for a person as jq does: NaN as `null`, an infinity as the largest number. Ends
/// with a newline when `style` has one. With `raw_strings` a string is printed as it is.
///
/// # Errors
///
/// Those of `out`; [`io::ErrorKind::InvalidData`] for a value nested deeper than [`MAX_DEPTH`].
pub fn print(value: &Value, style: &Style, raw_strings: bool, out: &mut impl Write) -> io::Result<()> {
    if let (Node::String(text), true) = (&value.0, raw_strings) {
        out.write_all(text.as_bytes())?;
    } else {
        let mut writer = Writer { flush: Some(&mut *out), ..Writer::new(style) };
        let done = writer.node(&value.0);
        let rest = std::mem::take(&mut writer.out);
        match done {
            Ok(()) => out.write_all(&rest)?,
            Err(Stop::Io(error)) => return Err(error),
            Err(Stop::Refused(why)) => return Err(io::Error::new(io::ErrorKind::InvalidData, why)),
        }
    }
    if style.final_newline { out.write_all(style.line_end().as_bytes()) } else { Ok(()) }
}

/// One line of JSON, as the filter `tojson` gives it. Empty when the stack does not suffice, which
/// [`stack`] remembers.
pub(crate) fn to_json(node: &Node) -> String {
    let style = Style::compact();
    let mut writer = Writer { longest: LONGEST_TEXT, ..Writer::new(&style) };
    match writer.node(node) {
        Ok(()) => String::from_utf8(writer.out).unwrap_or_default(),
        Err(_) => {
            stack::refuse();
            String::new()
        }
    }
}

/// The first `limit` or so bytes of the JSON.
pub(crate) fn to_json_start(node: &Node, limit: usize) -> String {
    let style = Style::compact();
    let mut start = Limited { room: limit + 8, bytes: Vec::new() };
    let mut writer = Writer { chunk: 1, flush: Some(&mut start), ..Writer::new(&style) };
    let whole = match node {
        Node::String(text) if text.len() > 2 * limit => {
            let cut = text.as_str().floor_char_boundary(2 * limit);
            write_string(&text.as_str()[..cut], false, false, &mut writer.out);
            Ok(())
        }
        _ => writer.node(node),
    };
    let rest = std::mem::take(&mut writer.out);
    drop(writer);
    if whole.is_ok() {
        start.bytes.extend_from_slice(&rest);
    }
    String::from_utf8_lossy(&start.bytes).into_owned()
}

/// Takes so many bytes, then refuses.
struct Limited {
    room: usize,
    bytes: Vec<u8>,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > self.room { Err(io::ErrorKind::StorageFull.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How much is gathered before it is handed on.
const CHUNK: usize = 64 * 1024;

enum Stop {
    Refused(NotJson),
    Io(io::Error),
}

struct Writer<'a> {
    style: &'a Style,
    strict: bool,
    level: usize,
    out: Vec<u8>,
    /// The longest output: a value that shares its parts can be larger than all memory.
    longest: usize,
    /// How much is gathered before `flush`.
    chunk: usize,
    flush: Option<&'a mut dyn Write>,
}

impl<'a> Writer<'a> {
    fn new(style: &'a Style) -> Self {
        Self {
            style,
            strict: false,
            level: 0,
            out: Vec::new(),
            longest: usize::MAX,
            chunk: CHUNK,
            flush: None,
        }
    }

    fn node(&mut self, node: &Node) -> Result<(), Stop> {
        match node {
            Node::Array(array) => self.array(array)?,
            Node::Object(object) if self.style.sort_keys => {
                self.object(object.sorted().into_iter())?;
            }
            Node::Object(object) => self.object(object.entries().iter())?,
            _ => write_atom(node, self.style.ascii, self.strict, &mut self.out).map_err(Stop::Refused)?,
        }
        Ok(())
    }

    fn array(&mut self, elements: &[Value]) -> Result<(), Stop> {
        if elements.is_empty() {
            self.out.extend_from_slice(b"[]");
            return Ok(());
        }
        self.open(b'[')?;
        for (place, element) in elements.iter().enumerate() {
            self.separate(place > 0)?;
            self.node(&element.0)?;
        }
        self.close(b']');
        Ok(())
    }

    fn object<'v>(&mut self, entries: impl ExactSizeIterator<Item = &'v (Text, Value)>) -> Result<(), Stop> {
        if entries.len() == 0 {
            self.out.extend_from_slice(b"{}");
            return Ok(());
        }
        self.open(b'{')?;
        for (place, (key, value)) in entries.enumerate() {
            self.separate(place > 0)?;
            write_string(key.as_str(), self.style.ascii, self.strict, &mut self.out);
            self.out.extend_from_slice(self.style.colon().as_bytes());
            self.node(&value.0)?;
        }
        self.close(b'}');
        Ok(())
    }

    fn open(&mut self, bracket: u8) -> Result<(), Stop> {
        // `tojson` of an overly deep value is refused like any other: it could not be read again.
        if self.out.len() > self.longest || given_up() {
            return Err(Stop::Refused(NotJson::TooLarge));
        }
        if self.level == MAX_DEPTH || !stack::has_room() {
            return Err(Stop::Refused(NotJson::TooDeep));
        }
        self.level += 1;
        self.out.push(bracket);
        Ok(())
    }

    fn separate(&mut self, comma: bool) -> Result<(), Stop> {
        if let Some(flush) = self.flush.as_mut().filter(|_| self.out.len() >= self.chunk) {
            flush.write_all(&self.out).map_err(Stop::Io)?;
            self.out.clear();
        }
        if comma {
            self.out.extend_from_slice(self.style.comma().as_bytes());
        }
        self.break_line();
        Ok(())
    }

    fn close(&mut self, bracket: u8) {
        self.level -= 1;
        self.break_line();
        self.out.push(bracket);
    }

    fn break_line(&mut self) {
        if let Some(indent) = self.style.indent_text() {
            self.out.extend_from_slice(self.style.line_end().as_bytes());
            for _ in 0..self.level {
                self.out.extend_from_slice(indent.as_bytes());
            }
        }
    }
}
