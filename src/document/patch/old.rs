//! The old bytes, read a second time, where something in them may have changed.
//!
//! They were read strictly before, so nothing here can be wrong with them. What may stand between
//! two values is known to [`Old::trivia_end`] alone.

use super::super::Value;
use super::super::atom::write_string;
use super::super::number::plain_whole;
use super::super::parse::{plain_length, space_end, unescaped};
use super::super::places::{Places, narrow, wide};
use super::super::stack;
use super::super::text::Text;
use super::super::value::Node;

/// What has brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Object,
}

impl Kind {
    pub(super) fn brackets(self) -> [u8; 2] {
        match self {
            Self::Array => *b"[]",
            Self::Object => *b"{}",
        }
    }
}

/// An element of an array or an entry of an object, as it stands in the old bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
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
    pub(super) fn start(self) -> usize {
        wide(self.start)
    }

    /// Behind its key.
    pub(super) fn key_end(self) -> usize {
        wide(self.key)
    }

    /// Where its value starts.
    pub(super) fn value(self) -> usize {
        wide(self.value)
    }

    /// Behind its value.
    pub(super) fn end(self) -> usize {
        wide(self.end)
    }

    /// The number of the array or object that its value is.
    pub(super) fn id(self) -> Option<u32> {
        Some(self.id).filter(|id| *id != NONE)
    }
}

/// The old bytes, and where their arrays and objects stand.
pub(super) struct Old<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) places: Places,
    /// Whether an object has two equal keys.
    pub(super) has_equal_keys: bool,
}

impl Old<'_> {
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The whole document as an item.
    pub(super) fn root(&self) -> Item {
        let start = self.trivia_end(0);
        let (id, end) = match self.byte(start) {
            b'[' | b'{' => (0, self.places.end(0)),
            _ => (NONE, self.atom_end(start)),
        };
        let start = narrow(start);
        Item { start, key: start, value: start, end: narrow(end), id }
    }

    pub(super) fn kind(&self, id: u32) -> Kind {
        if self.byte(self.places.start(id)) == b'[' { Kind::Array } else { Kind::Object }
    }

    pub(super) fn is_empty(&self, id: u32) -> bool {
        self.trivia_end(self.places.start(id) + 1) + 1 == self.places.end(id)
    }

    /// Where what stands between values ends: white space.
    pub(super) fn trivia_end(&self, at: usize) -> usize {
        space_end(self.bytes, at)
    }

    /// Behind the string that starts at `at`.
    pub(super) fn string_end(&self, at: usize) -> usize {
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
        // White space is below all that is in a number.
        let ends = |byte: &u8| *byte < b'+' || matches!(byte, b',' | b']' | b'}');
        at + rest.iter().position(ends).unwrap_or(rest.len()).max(1)
    }

    /// What an array or object holds.
    pub(super) fn items(&self, id: u32) -> Vec<Item> {
        let mut items = Vec::new();
        self.add_items(id, &mut items);
        items
    }

    /// Adds what an array or object holds.
    pub(super) fn add_items(&self, id: u32, items: &mut Vec<Item>) {
        let close = self.places.end(id) - 1;
        let has_keys = self.kind(id) == Kind::Object;
        let mut inner = id + 1;
        let mut at = self.trivia_end(self.places.start(id) + 1);
        while at < close {
            let start = at;
            let mut key = at;
            if has_keys {
                key = self.string_end(at);
                at = self.trivia_end(self.trivia_end(key) + 1);
            }
            let value = at;
            let mut id = NONE;
            if let b'[' | b'{' = self.byte(at) {
                id = inner;
                at = self.places.end(id);
                inner = self.places.next(id);
            } else {
                at = self.atom_end(at);
            }
            let [start, key, value, end] = [start, key, value, at].map(narrow);
            items.push(Item { start, key, value, end, id });
            at = self.trivia_end(at);
            if self.byte(at) == b',' {
                at = self.trivia_end(at + 1);
            }
        }
    }

    /// Whether an entry of an object has this key.
    pub(super) fn has_key(&self, item: Item, key: &Text) -> bool {
        self.is_text(item.start(), item.key_end(), key)
    }

    /// The key of an entry, without its escapes.
    pub(super) fn key(&self, item: Item) -> Text {
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
    pub(super) fn is_atom(&self, item: Item, node: &Node) -> bool {
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

    /// An item that is no array or object, spelled as [`write_atom`](super::super::atom::write_atom)
    /// would: numbers as they are.
    pub(super) fn spelling(&self, item: Item) -> Option<Vec<u8>> {
        let raw = self.bytes.get(item.value()..item.end()).filter(|_| item.id == NONE)?;
        if !raw.contains(&b'\\') {
            return Some(raw.to_vec());
        }
        let mut spelling = Vec::new();
        write_string(self.text(item.value(), item.end()).as_str(), false, true, &mut spelling);
        Some(spelling)
    }

    /// Behind what starts at `at`, if that is this value, with its keys in this order.
    pub(super) fn end_of(&self, at: usize, value: &Value) -> Option<usize> {
        let (brackets, members) = match (&value.0, self.byte(at)) {
            (Node::Array(array), b'[') => (b"[]", Members::Elements(array)),
            (Node::Object(object), b'{') => (b"{}", Members::Entries(object.entries())),
            (Node::Array(_) | Node::Object(_), _) | (_, b'[' | b'{') => return None,
            (atom, _) => {
                let end = self.atom_end(at);
                return self.is_atom_at(at, end, atom).then_some(end);
            }
        };
        if !stack::has_room() {
            return None;
        }
        let mut at = self.trivia_end(at + 1);
        for place in 0..members.len() {
            if place > 0 {
                if self.byte(at) != b',' {
                    return None;
                }
                at = self.trivia_end(at + 1);
            }
            if let Some(key) = members.key(place) {
                let end = self.string_end(at);
                if self.byte(at) != b'"' || !self.is_text(at, end, key) {
                    return None;
                }
                at = self.trivia_end(self.trivia_end(end) + 1);
            }
            at = self.trivia_end(self.end_of(at, members.value(place)?)?);
        }
        (self.byte(at) == brackets[1]).then_some(at + 1)
    }

    /// The white space that the line at `at` starts with. A value that stands far to the right is
    /// not laid out by lines, and has none.
    pub(super) fn indent(&self, at: usize) -> &[u8] {
        line_indent(self.bytes.get(..at).unwrap_or_default())
    }
}

/// How far back the start of a line is looked for.
const LONGEST_LINE: usize = 4096;

/// The white space that the last line starts with.
pub(super) fn line_indent(bytes: &[u8]) -> &[u8] {
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
pub(super) enum Members<'v> {
    Elements(&'v [Value]),
    Entries(&'v [(Text, Value)]),
}

impl<'v> Members<'v> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Elements(elements) => elements.len(),
            Self::Entries(entries) => entries.len(),
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Elements(_) => Kind::Array,
            Self::Entries(_) => Kind::Object,
        }
    }

    pub(super) fn key(self, place: usize) -> Option<&'v Text> {
        match self {
            Self::Elements(_) => None,
            Self::Entries(entries) => entries.get(place).map(|(key, _)| key),
        }
    }

    pub(super) fn value(self, place: usize) -> Option<&'v Value> {
        match self {
            Self::Elements(elements) => elements.get(place),
            Self::Entries(entries) => entries.get(place).map(|(_, value)| value),
        }
    }
}
