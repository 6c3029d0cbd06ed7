//! The old bytes, read a second time, where something in them may have changed.
//!
//! They were read strictly before, so nothing here can be wrong with them. What may stand between
//! two values is known to [`Old::trivia_end`] alone.

use crate::Value;
use crate::json::dialect::Dialect;
use crate::json::number::plain_whole;
use crate::json::parse::{plain_length, unescaped};
use crate::json::places::{Places, narrow, wide};
use crate::json::text::Text;
use crate::json::value::Node;
use crate::run::stack;

/// What has brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Array,
    Object,
}

impl Kind {
    pub(crate) fn brackets(self) -> [u8; 2] {
        match self {
            Self::Array => *b"[]",
            Self::Object => *b"{}",
        }
    }
}

/// An element of an array or an entry of an object, as it stands in the old bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    start: u32,
    /// Behind its key.
    key: u32,
    value: u32,
    end: u32,
    id: u32,
}

/// Of an item that is no array or object.
const NONE: u32 = u32::MAX;

impl Item {
    /// Where its key starts; without one, its value.
    pub(crate) fn start(self) -> usize {
        wide(self.start)
    }

    /// Behind its key.
    pub(crate) fn key_end(self) -> usize {
        wide(self.key)
    }

    /// Where its value starts.
    pub(crate) fn value(self) -> usize {
        wide(self.value)
    }

    /// Behind its value.
    pub(crate) fn end(self) -> usize {
        wide(self.end)
    }

    /// The number of the array or object that its value is.
    pub(crate) fn id(self) -> Option<u32> {
        Some(self.id).filter(|id| *id != NONE)
    }
}

/// Why old bytes are not known to be a value.
enum Unequal {
    Differs,
    /// It was not looked at to the end.
    Unknown,
}

/// The old bytes, and where their arrays and objects stand.
pub(crate) struct Old<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) bytes: &'a [u8],
    pub(crate) places: Places,
    /// Whether an object has two equal keys.
    pub(crate) has_equal_keys: bool,
}

impl Old<'_> {
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The whole document as an item.
    pub(crate) fn root(&self) -> Item {
        let start = self.trivia_end(0);
        let (id, end) = match self.byte(start) {
            b'[' | b'{' => (0, self.places.end(0)),
            _ => (NONE, self.atom_end(start)),
        };
        let start = narrow(start);
        Item { start, key: start, value: start, end: narrow(end), id }
    }

    pub(crate) fn kind(&self, id: u32) -> Kind {
        if self.byte(self.places.start(id)) == b'[' { Kind::Array } else { Kind::Object }
    }

    pub(crate) fn is_empty(&self, id: u32) -> bool {
        self.trivia_end(self.places.start(id) + 1) + 1 == self.places.end(id)
    }

    /// Where what stands between values ends: white space and, in JSONC, comments.
    pub(crate) fn trivia_end(&self, at: usize) -> usize {
        self.dialect.trivia_end(self.bytes, at)
    }

    /// Behind the string that starts at `at`.
    pub(crate) fn string_end(&self, at: usize) -> usize {
        let mut at = at + 1;
        loop {
            at += plain_length(self.bytes.get(at..).unwrap_or_default());
            match self.bytes.get(at) {
                Some(b'\\') => at += 2,
                Some(_) => return at + 1,
                None => return self.bytes.len(),
            }
        }
    }

    /// Behind the value that starts at `at` and is no array or object.
    fn atom_end(&self, at: usize) -> usize {
        if self.byte(at) == b'"' {
            return self.string_end(at);
        }
        let rest = self.bytes.get(at..).unwrap_or_default();
        // White space is below all that is in a number. A slash starts a comment.
        let ends = |byte: &u8| *byte < b'+' || matches!(byte, b',' | b'/' | b']' | b'}');
        at + rest.iter().position(ends).unwrap_or(rest.len()).max(1)
    }

    /// What an array or object holds.
    pub(crate) fn items(&self, id: u32) -> Items<'_> {
        Items {
            old: self,
            has_keys: self.kind(id) == Kind::Object,
            at: self.trivia_end(self.places.start(id) + 1),
            close: self.places.end(id) - 1,
            inner: id + 1,
        }
    }

    /// Whether an entry of an object has this key.
    pub(crate) fn has_key(&self, item: Item, key: &Text) -> bool {
        self.is_text(item.start(), item.key_end(), key)
    }

    /// The key of an entry, without its escapes.
    pub(crate) fn key(&self, item: Item) -> Text {
        self.text(item.start(), item.key_end())
    }

    /// The string from its opening quote to behind its closing one, without its escapes.
    fn text(&self, start: usize, end: usize) -> Text {
        let raw =
            self.bytes.get(start..end).and_then(|raw| std::str::from_utf8(raw).ok()).unwrap_or_default();
        if raw.contains('\\') {
            unescaped(raw).into()
        } else {
            Text::new(raw.get(1..raw.len() - 1).unwrap_or_default())
        }
    }

    fn is_text(&self, start: usize, end: usize, text: &Text) -> bool {
        let raw = self.bytes.get(start + 1..end - 1).unwrap_or_default();
        // An escape is longer than what it stands for.
        match raw.len() == text.len() {
            true => raw == text.as_bytes() && !raw.contains(&b'\\'),
            false => raw.len() > text.len() && raw.contains(&b'\\') && self.text(start, end) == *text,
        }
    }

    /// Whether an item is a value that is no array or object: for a number, in this spelling.
    pub(crate) fn is_atom(&self, item: Item, node: &Node) -> bool {
        item.id == NONE && self.is_atom_at(item.value(), item.end(), node)
    }

    fn is_atom_at(&self, start: usize, end: usize, node: &Node) -> bool {
        let raw = self.bytes.get(start..end).unwrap_or_default();
        match (node, self.byte(start)) {
            (Node::String(text), b'"') => self.is_text(start, end, text),
            (Node::Null, _) => raw == b"null",
            (Node::Bool(value), _) => raw == if *value { &b"true"[..] } else { b"false" },
            (Node::Spelled(spelling), _) => raw == spelling.as_bytes(),
            (Node::SpelledLong(spelling), _) => raw == spelling.as_bytes(),
            (Node::Number(new), b'-' | b'0'..=b'9') => {
                plain_whole(raw).is_some_and(|old| old.to_bits() == new.to_bits())
            }
            _ => false,
        }
    }

    /// A string with escapes that nobody needs, without them.
    pub(crate) fn escaped_string(&self, item: Item) -> Option<Text> {
        let raw = self.bytes.get(item.value()..item.end()).filter(|_| item.id == NONE)?;
        let mut escapes = raw.split(|byte| *byte == b'\\').skip(1);
        while let Some(escape) = escapes.next() {
            match escape.first() {
                Some(b'/' | b'u') => return Some(self.text(item.value(), item.end())),
                // A backslash that is escaped: what follows is none.
                None => drop(escapes.next()),
                Some(_) => {}
            }
        }
        None
    }

    /// Whether what starts at `at` is this value, with its keys in this order. At most so many values
    /// in it are looked at: beyond them it is taken for equal.
    pub(crate) fn is_value(&self, at: usize, value: &Value, mut values: usize) -> bool {
        !matches!(self.compare(at, value, &mut values), Err(Unequal::Differs))
    }

    /// Behind the value that starts at `at`, if it is this one.
    fn compare(&self, at: usize, value: &Value, values: &mut usize) -> Result<usize, Unequal> {
        *values = values.checked_sub(1).ok_or(Unequal::Unknown)?;
        let members = match &value.0 {
            Node::Array(array) => Members::Elements(array),
            Node::Object(object) => Members::Entries(object.entries()),
            atom => {
                let end = self.atom_end(at);
                return self.is_atom_at(at, end, atom).then_some(end).ok_or(Unequal::Differs);
            }
        };
        if !stack::has_room() {
            return Err(Unequal::Unknown);
        }
        let [open, close] = members.kind().brackets();
        let mut at = self.expect(at, open)?;
        for place in 0..members.len() {
            if place > 0 {
                at = self.expect(at, b',')?;
            }
            if let Some(key) = members.key(place) {
                let end = self.string_end(at);
                if self.byte(at) != b'"' || !self.is_text(at, end, key) {
                    return Err(Unequal::Differs);
                }
                at = self.expect(self.trivia_end(end), b':')?;
            }
            if let Some(value) = members.value(place) {
                at = self.trivia_end(self.compare(at, value, values)?);
            }
        }
        if members.len() > 0 && self.dialect.has_trailing_commas() && self.byte(at) == b',' {
            at = self.trivia_end(at + 1);
        }
        if self.byte(at) == close { Ok(at + 1) } else { Err(Unequal::Differs) }
    }

    /// Behind this byte and the white space that follows it.
    fn expect(&self, at: usize, byte: u8) -> Result<usize, Unequal> {
        if self.byte(at) == byte { Ok(self.trivia_end(at + 1)) } else { Err(Unequal::Differs) }
    }

    /// The white space that the line starts with on which an array or object opens; `None` if it has
    /// no other lines, or a first one that is far too long for a layout by lines.
    pub(crate) fn indent_of(&self, id: u32) -> Option<&[u8]> {
        let (start, end) = (self.places.start(id), self.places.end(id));
        let beginning = self.bytes.get(start..end.min(start + FIRST_LINE)).unwrap_or_default();
        beginning.contains(&b'\n').then(|| self.indent(start))
    }

    /// The white space that the line at `at` starts with. A value that stands far to the right is
    /// not laid out by lines, and has none.
    pub(crate) fn indent(&self, at: usize) -> &[u8] {
        line_indent(self.bytes.get(..at).unwrap_or_default())
    }
}

/// What an old array or object holds, one after another.
pub(crate) struct Items<'o> {
    old: &'o Old<'o>,
    has_keys: bool,
    /// Where the next one starts, or the closing bracket.
    at: usize,
    close: usize,
    /// The number of the next array or object.
    inner: u32,
}

impl Iterator for Items<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let (old, start) = (self.old, self.at);
        if start >= self.close {
            return None;
        }
        let (mut key, mut value) = (start, start);
        if self.has_keys {
            key = old.string_end(start);
            value = old.trivia_end(old.trivia_end(key) + 1);
        }
        let (id, end) = match old.byte(value) {
            b'[' | b'{' => {
                let id = self.inner;
                self.inner = old.places.next(id);
                (id, old.places.end(id))
            }
            _ => (NONE, old.atom_end(value)),
        };
        self.at = old.trivia_end(end);
        if old.byte(self.at) == b',' {
            self.at = old.trivia_end(self.at + 1);
        }
        let [start, key, value, end] = [start, key, value, end].map(narrow);
        Some(Item { start, key, value, end, id })
    }
}

/// How far the end of the first line is looked for.
const FIRST_LINE: usize = 64 * 1024;

/// How far back the start of a line is looked for.
const LONGEST_LINE: usize = 4096;

/// The white space that the last line starts with.
pub(crate) fn line_indent(bytes: &[u8]) -> &[u8] {
    let from = bytes.len().saturating_sub(LONGEST_LINE);
    let start = match bytes[from..].iter().rposition(|byte| *byte == b'\n') {
        Some(line) => from + line + 1,
        None if from == 0 => 0,
        None => bytes.len(),
    };
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    &bytes[start..start + bytes[start..].iter().take_while(blank).count()]
}

/// What a new array or object holds.
#[derive(Clone, Copy)]
pub(crate) enum Members<'v> {
    Elements(&'v [Value]),
    Entries(&'v [(Text, Value)]),
}

impl<'v> Members<'v> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Elements(elements) => elements.len(),
            Self::Entries(entries) => entries.len(),
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Elements(_) => Kind::Array,
            Self::Entries(_) => Kind::Object,
        }
    }

    pub(crate) fn key(self, place: usize) -> Option<&'v Text> {
        match self {
            Self::Elements(_) => None,
            Self::Entries(entries) => entries.get(place).map(|(key, _)| key),
        }
    }

    pub(crate) fn value(self, place: usize) -> Option<&'v Value> {
        match self {
            Self::Elements(elements) => elements.get(place),
            Self::Entries(entries) => entries.get(place).map(|(_, value)| value),
        }
    }
}
