//! New bytes from old ones: what is still as it was is copied, the rest is written.
//!
//! The reader notes where the arrays and objects stand, and numbers them; a value remembers the
//! number, and whether it was changed ([`origin`](crate::json::origin)). What was not is copied whole.
//! What may have been is compared with the old bytes, member by member ([`matching`]): a member that
//! is equal is copied with its escapes and its spelling, the text between members with its white
//! space. Only what is left is written anew, laid out like what is beside it ([`layout`]).
//!
//! The comparison needs nobody's word for what a filter did. Numbers of origin only say what to
//! compare with, and which parts need none.

mod comments;
mod layout;
mod matching;
mod old;

use crate::Value;
use crate::json::atom::{write_atom, write_string};
use crate::json::dialect::Dialect;
use crate::json::equal_keys::EqualKeys;
use crate::json::origin::Origin;
use crate::json::parse::{InvalidJson, MAX_DEPTH, read_whole};
use crate::json::places;
use crate::json::print::{LONGEST_FILE, NotJson};
use crate::json::style::is_ascii_escaped;
use crate::json::text::Text;
use crate::json::tree::Tree;
use crate::json::value::Node;
use crate::run::stack;
use crate::run::within::given_up;
use layout::{Frame, Layout, Layouts, Piece, lines};
use matching::Matches;
use old::{Item, Members, Old, line_indent};
use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

/// A document as it was read: its bytes, and where in them its parts stand.
pub struct Original<'a> {
    old: Old<'a>,
    equal_keys: Option<EqualKeys>,
}

impl<'a> Original<'a> {
    /// Reads one document strictly, as [`validate`](crate::validate) does. Of equal keys in an
    /// object the last counts.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] says what is wrong and where. So does a document of 4 GiB or more.
    pub fn read(bytes: &'a [u8]) -> Result<(Self, Value), InvalidJson> {
        Self::read_as(Dialect::Json, bytes)
    }

    /// Reads one document of either dialect. Comments stay where what they are about stays.
    ///
    /// # Errors
    ///
    /// As [`Original::read`].
    pub fn read_as(dialect: Dialect, bytes: &'a [u8]) -> Result<(Self, Value), InvalidJson> {
        if bytes.len() > places::LONGEST {
            let reason = format!("the document is longer than {} bytes", places::LONGEST);
            return Err(InvalidJson { line: 1, column: 1, reason });
        }
        let mut tree = read_whole(dialect, bytes, Tree::with_places())?;
        let equal_keys = tree.repeating().map(|object| EqualKeys::locate(dialect, bytes, object));
        let old = Old { dialect, bytes, places: tree.take_places(), has_equal_keys: equal_keys.is_some() };
        Ok((Self { old, equal_keys }, tree.into_value()))
    }

    /// Two equal keys in one object, if there are any.
    #[must_use]
    pub fn equal_keys(&self) -> Option<&EqualKeys> {
        self.equal_keys.as_ref()
    }

    /// The bytes of `new` for a file. What is in it as it was in the original is copied from there.
    /// Of equal keys only the last stays.
    ///
    /// # Errors
    ///
    /// [`NotJson`]: NaN, an infinity, nested deeper than [`MAX_DEPTH`], or too large.
    pub fn replaced_by(&self, new: &Value) -> Result<Vec<u8>, NotJson> {
        stack::ensure();
        let root = self.old.root();
        let mut patch = Patch::new(&self.old);
        patch.copy(0..root.start());
        patch.value(new, Some(root), None, None)?;
        patch.copy(root.end()..self.old.bytes.len());
        patch.flush();
        Ok(patch.out)
    }
}

/// New bytes while they are made.
struct Patch<'o> {
    old: &'o Old<'o>,
    out: Vec<u8>,
    /// The old bytes that follow `out`: gathered, so that they are copied in large pieces.
    run: Range<usize>,
    /// What the old arrays and objects hold that are being compared, from the outside in.
    items: Vec<Item>,
    level: usize,
    /// What is written now has stood elsewhere, behind other white space.
    shift: Option<Rc<Shift>>,
    layouts: Layouts<'o>,
    ascii: OnceCell<bool>,
    /// Where the line comment ended, in the old bytes, that what is written next would be part of.
    line_comment: Option<usize>,
}

/// The white space that lines started with, and that they start with now.
struct Shift {
    from: Vec<u8>,
    to: Vec<u8>,
}

impl<'o> Patch<'o> {
    fn new(old: &'o Old<'o>) -> Self {
        Self {
            old,
            out: Vec::with_capacity(old.bytes.len() + old.bytes.len() / 16 + 64),
            run: 0..0,
            items: Vec::new(),
            level: 0,
            shift: None,
            layouts: Layouts::new(old),
            ascii: OnceCell::new(),
            line_comment: None,
        }
    }

    /// Writes a value. `item` is what stood in its place.
    fn value(
        &mut self,
        value: &Value,
        item: Option<Item>,
        key: Option<&Text>,
        frame: Option<&Frame<'_>>,
    ) -> Result<(), NotJson> {
        let (members, origin) = match &value.0 {
            Node::Array(array) => (Members::Elements(array), array.origin()),
            Node::Object(object) => (Members::Entries(object.entries()), object.origin()),
            atom => return self.atom(atom, item),
        };
        let there = item.and_then(Item::id).filter(|id| self.old.kind(*id) == members.kind());
        match (there, origin.id()) {
            (Some(id), _) => self.old_one(id, value, members, origin, key, frame),
            (None, Some(id)) => {
                let from = self.old.indent_of(id).map(<[u8]>::to_vec);
                self.shifted(from, |patch| patch.old_one(id, value, members, origin, key, frame))
            }
            (None, None) => self.new_one(members, key, frame),
        }
    }

    fn atom(&mut self, atom: &Node, item: Option<Item>) -> Result<(), NotJson> {
        match item {
            Some(item) if self.old.is_atom(item, atom) => {
                self.copy(item.value()..item.end());
                Ok(())
            }
            _ => {
                let ascii = self.ascii(atom);
                write_atom(atom, ascii, true, self.out())
            }
        }
    }

    /// Writes what was the old array or object with this number.
    fn old_one(
        &mut self,
        id: u32,
        value: &Value,
        members: Members<'_>,
        origin: Origin,
        key: Option<&Text>,
        frame: Option<&Frame<'_>>,
    ) -> Result<(), NotJson> {
        let (start, end) = (self.old.places.start(id), self.old.places.end(id));
        if origin.unchanged() == Some(id) && !self.old.has_equal_keys {
            debug_assert!(
                self.old.is_value(start, value, usize::MAX),
                "what counts as unchanged is as it was"
            );
            if self.level + self.old.places.height(id) > MAX_DEPTH {
                return Err(NotJson::TooDeep);
            }
            self.check_size(end - start)?;
            self.copy(start..end);
            return Ok(());
        }
        match (self.old.is_empty(id), members.len() == 0) {
            (false, false) => self.merge(id, members, frame),
            (true, false) => {
                match Self::layout_around_comments(self.old, &mut self.layouts, id, key, frame) {
                    Some((kept, layout)) => self.laid_out(members, kept, None, &layout, frame),
                    None => self.new_one(members, key, frame),
                }
            }
            (true, true) => {
                self.copy(start..end);
                Ok(())
            }
            (false, true) if self.emptied_around_comments(id) => Ok(()),
            (false, true) => self.new_one(members, key, frame),
        }
    }

    /// Writes an array or object that was the one with this number, neither of them empty.
    fn merge(&mut self, id: u32, members: Members<'_>, frame: Option<&Frame<'_>>) -> Result<(), NotJson> {
        self.enter()?;
        let (from, old) = (self.items.len(), self.old);
        self.items.extend(old.items(id));
        let items = from..self.items.len();
        let matches = Matches::of(old, &self.items[items.clone()], members);
        let frame = Frame { id: Some(id), is_new: false, around: frame };
        if comments::are_in_the_way(old, id, &self.items[items.clone()], &matches, members.len()) {
            self.merge_around_comments(id, &items, &matches, members, &frame)?;
            self.items.truncate(from);
            self.level -= 1;
            return Ok(());
        }
        let mut usual = None;
        self.copy(old.places.start(id)..self.items[from].start());
        for place in 0..members.len() {
            if place > 0 {
                match gap(old, &self.items[items.clone()], &matches, members.len(), place) {
                    Some(gap) => self.copy(gap),
                    None => {
                        let all = &self.items[items.clone()];
                        let usual = usual.get_or_insert_with(|| self.layouts.usual_gap(all));
                        self.piece(usual);
                    }
                }
            }
            self.member(&items, matches.get(place), matches.is_renamed(place), members, place, &frame)?;
        }
        self.copy(self.items[items.end - 1].end()..old.places.end(id));
        self.items.truncate(from);
        self.level -= 1;
        Ok(())
    }

    /// Writes the member at `place`, which was the old `item`, perhaps under another key.
    fn member(
        &mut self,
        items: &Range<usize>,
        item: Option<usize>,
        is_renamed: bool,
        members: Members<'_>,
        place: usize,
        frame: &Frame<'_>,
    ) -> Result<(), NotJson> {
        let item = item.map(|item| self.items[items.start + item]);
        let key = members.key(place);
        match (key, item) {
            (Some(key), Some(item)) if is_renamed => {
                self.string(key);
                self.copy(item.key_end()..item.value());
            }
            (Some(_), Some(item)) => self.copy(item.start()..item.value()),
            (Some(key), None) => {
                self.string(key);
                let colon = self.layouts.usual_colon(&self.items[items.clone()]);
                self.piece(&colon);
            }
            (None, _) => {}
        }
        match members.value(place) {
            Some(value) => self.value(value, item, key, Some(frame)),
            None => Ok(()),
        }
    }

    /// Writes an array or object that was not there.
    fn new_one(
        &mut self,
        members: Members<'_>,
        key: Option<&Text>,
        frame: Option<&Frame<'_>>,
    ) -> Result<(), NotJson> {
        match members.len() {
            0 => self.laid_out(members, 0..0, None, &Layout::default(), frame),
            _ => {
                let (model, layout) = self.layouts.of_new(members.kind(), key, frame);
                self.laid_out(members, 0..0, model, &layout, frame)
            }
        }
    }

    /// Writes an array or object in this layout, with these old bytes behind its opening bracket.
    fn laid_out(
        &mut self,
        members: Members<'_>,
        kept: Range<usize>,
        model: Option<u32>,
        layout: &Layout,
        frame: Option<&Frame<'_>>,
    ) -> Result<(), NotJson> {
        let [open, close] = members.kind().brackets();
        self.enter()?;
        self.out().push(open);
        if members.len() > 0 {
            let frame = Frame { id: model, is_new: true, around: frame };
            let from = layout.has_lines.then(|| self.old.indent(layout.start).to_vec());
            self.shifted(from, |patch| {
                patch.copy(kept);
                for place in 0..members.len() {
                    patch.piece(if place == 0 { &layout.open } else { &layout.gap });
                    let key = members.key(place);
                    if let Some(key) = key {
                        patch.string(key);
                        patch.piece(&layout.colon);
                    }
                    if let Some(value) = members.value(place) {
                        patch.value(value, None, key, Some(&frame))?;
                    }
                }
                patch.piece(&layout.close);
                Ok(())
            })?;
        }
        self.out().push(close);
        self.level -= 1;
        Ok(())
    }

    fn enter(&mut self) -> Result<(), NotJson> {
        self.check_size(0)?;
        if given_up() {
            return Err(NotJson::TooLarge);
        }
        if self.level == MAX_DEPTH || !stack::has_room() {
            return Err(NotJson::TooDeep);
        }
        self.level += 1;
        Ok(())
    }

    /// Refuses what gets too large with so many bytes more. A value that shares its parts can be
    /// larger than all memory.
    fn check_size(&self, more: usize) -> Result<(), NotJson> {
        if self.out.len() + self.run.len() + more > LONGEST_FILE { Err(NotJson::TooLarge) } else { Ok(()) }
    }

    /// Does `work`, whose lines started with `from` if it has several. They start as this one does.
    fn shifted(
        &mut self,
        from: Option<Vec<u8>>,
        work: impl FnOnce(&mut Self) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        let shift = from.map(|from| Shift { from, to: self.line_indent() });
        let shift = shift.filter(|shift| shift.from != shift.to).map(Rc::new);
        let before = std::mem::replace(&mut self.shift, shift);
        let done = work(self);
        self.shift = before;
        done
    }

    /// Copies old bytes.
    fn copy(&mut self, range: Range<usize>) {
        if self.shift.is_some() {
            let old = self.old;
            return self.put(old.bytes.get(range).unwrap_or_default());
        }
        if range.start != self.run.end {
            self.flush();
            self.run = range;
        } else {
            self.run.end = range.end;
        }
    }

    /// Writes what stands between values.
    fn piece(&mut self, piece: &Piece) {
        if !piece.0.is_empty() {
            self.put(piece.0.as_bytes());
        }
        self.copy(piece.1.clone());
    }

    /// Writes bytes that hold no new values.
    fn put(&mut self, mut bytes: &[u8]) {
        self.flush();
        let Some(shift) = self.shift.clone() else {
            return self.out.extend_from_slice(bytes);
        };
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end + 1);
            self.out.extend_from_slice(line);
            bytes = match rest.strip_prefix(&shift.from[..]) {
                Some(rest) if !rest.starts_with(b"\n") && !rest.starts_with(b"\r") => {
                    self.out.extend_from_slice(&shift.to);
                    rest
                }
                _ => rest,
            };
        }
        self.out.extend_from_slice(bytes);
    }

    fn string(&mut self, text: &Text) {
        let ascii = !text.as_bytes().is_ascii() && self.is_ascii();
        write_string(text.as_str(), ascii, true, self.out());
    }

    /// Whether a new value has to escape what is beyond ASCII, as the document does.
    fn ascii(&self, atom: &Node) -> bool {
        matches!(atom, Node::String(text) if !text.as_bytes().is_ascii()) && self.is_ascii()
    }

    fn is_ascii(&self) -> bool {
        *self.ascii.get_or_init(|| is_ascii_escaped(self.old.bytes))
    }

    /// What was written so far, to be added to.
    fn out(&mut self) -> &mut Vec<u8> {
        self.flush();
        &mut self.out
    }

    fn flush(&mut self) {
        let run = std::mem::replace(&mut self.run, 0..0);
        self.out.extend_from_slice(self.old.bytes.get(run).unwrap_or_default());
    }

    /// The white space that the line starts with that is being written.
    fn line_indent(&mut self) -> Vec<u8> {
        line_indent(self.out()).to_vec()
    }
}

/// The old gap that comes before the new member at `place`; `None` for the usual one.
fn gap(old: &Old<'_>, items: &[Item], matches: &Matches, count: usize, place: usize) -> Option<Range<usize>> {
    let behind = |item: usize| items[item].end()..items[item + 1].start();
    if count == items.len() {
        // As many as before: what is between them has not changed.
        return Some(behind(place - 1));
    }
    match (matches.get(place - 1), matches.get(place)) {
        // Something went between them. A line that ended there still ends.
        (Some(left), Some(right)) if left < right => {
            (left..right).map(behind).max_by_key(|gap| lines(old, gap))
        }
        (_, Some(right)) => right.checked_sub(1).map(behind),
        _ => None,
    }
}
