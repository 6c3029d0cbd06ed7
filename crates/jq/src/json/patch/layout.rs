//! How an array or object that was not there before is laid out: as its neighbours are.
//!
//! A model is looked for, from near to far: what the same key holds in the object beside this one,
//! the last one of its kind in the same array or object, what it stands in, and so on outwards.
//! What stands in something on one line is on that line too.

use super::comments::{has_comment, without_comments};
use super::old::{Item, Kind, Old};
use crate::json::style::{Style, blanks_after};
use crate::json::text::Text;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

/// An array or object that is being written, as a place for new ones.
pub(crate) struct Frame<'f> {
    /// The old one that it was, or is laid out like.
    pub(crate) id: Option<u32>,
    /// Whether it is only laid out like that.
    pub(crate) is_new: bool,
    /// What it stands in.
    pub(crate) around: Option<&'f Frame<'f>>,
}

/// White space, or what stands with it: a text of our own, and one from the old bytes behind it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Piece(pub(crate) &'static str, pub(crate) Range<usize>);

impl Piece {
    pub(super) fn plain(text: &'static str) -> Self {
        Self(text, 0..0)
    }

    pub(super) fn old(range: Range<usize>) -> Self {
        Self("", range)
    }
}

/// What stands between brackets and members.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    /// Between the opening bracket and the first member.
    pub(crate) open: Piece,
    /// Between two members, with the comma.
    pub(crate) gap: Piece,
    /// Between the last member and the closing bracket.
    pub(crate) close: Piece,
    /// Between a key and its value.
    pub(crate) colon: Piece,
    /// Whether any of them but the colon ends a line.
    pub(crate) has_lines: bool,
    /// Where the opening bracket stands.
    pub(crate) start: usize,
    /// The last array and the last object in it that are not empty.
    last: [Option<u32>; 2],
}

/// What to go by.
enum Model {
    /// One of the same kind.
    Like(u32),
    /// One of the other kind.
    Around(u32),
    /// There is none: the whole document is new.
    None,
}

/// Finds layouts in the old bytes.
pub(crate) struct Layouts<'o> {
    old: &'o Old<'o>,
    /// Those of large arrays and objects.
    known: HashMap<u32, Layout>,
    /// The last one that was asked for.
    recent: Option<(u32, Layout)>,
    blanks: OnceCell<(bool, bool)>,
}

/// From how many members on a layout is remembered.
const LARGE: usize = 64;

/// How many gaps are compared to find the usual one.
const SAMPLE: usize = 64;

/// How many keys are looked at to find a model.
const KEYS: usize = 64;

/// How far outwards a model is looked for.
const FAR: usize = 64;

/// How far into the document commas and colons are looked for.
const BEGINNING: usize = 64 * 1024;

impl<'o> Layouts<'o> {
    pub(crate) fn new(old: &'o Old<'o>) -> Self {
        Self { old, known: HashMap::new(), recent: None, blanks: OnceCell::new() }
    }

    /// The layout for a new array or object, and the old one that it is from, if that is of the same
    /// kind.
    pub(crate) fn of_new(
        &mut self,
        kind: Kind,
        key: Option<&Text>,
        frame: Option<&Frame<'_>>,
    ) -> (Option<u32>, Layout) {
        match self.model(kind, key, frame) {
            Model::Like(id) => (Some(id), self.of(id)),
            Model::Around(id) => (None, self.adapted(id)),
            Model::None => (None, self.of_first()),
        }
    }

    fn model(&mut self, kind: Kind, key: Option<&Text>, frame: Option<&Frame<'_>>) -> Model {
        if let Some(model) = key.and_then(|key| self.at_same_key(kind, key, frame?)) {
            return Model::Like(model);
        }
        let mut nearest = None;
        for frame in std::iter::successors(frame, |frame| frame.around).take(FAR) {
            let Some(id) = frame.id else { continue };
            let layout = self.of(id);
            if let Some(last) = layout.last[kind as usize] {
                return Model::Like(last);
            }
            if self.old.kind(id) == kind {
                return Model::Like(id);
            }
            nearest.get_or_insert(id);
            if !layout.has_lines {
                break;
            }
        }
        nearest.map_or(Model::None, Model::Around)
    }

    /// What the key has in the object beside this one, or in the one that this one is laid out like.
    fn at_same_key(&mut self, kind: Kind, key: &Text, frame: &Frame<'_>) -> Option<u32> {
        let beside = match frame.around.and_then(|around| around.id) {
            _ if frame.is_new => frame.id?,
            Some(around) => self.of(around).last[Kind::Object as usize]?,
            None => return None,
        };
        let item = self.old.items(beside).take(KEYS).find(|item| self.old.has_key(*item, key))?;
        item.id().filter(|id| self.old.kind(*id) == kind && !self.old.is_empty(*id))
    }

    /// The layout of an old array or object that is not empty.
    fn of(&mut self, id: u32) -> Layout {
        if let Some((_, recent)) = self.recent.as_ref().filter(|(recent, _)| *recent == id) {
            return recent.clone();
        }
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let items: Vec<Item> = self.old.items(id).collect();
        let (start, end) = (self.old.places.start(id), self.old.places.end(id));
        let open = start + 1..items.first().map_or(start + 1, |first| first.start());
        let close = items.last().map_or(end - 1, |last| last.end())..end - 1;
        let gap = self.usual_gap(&items);
        let has_lines = [&open, &gap.1, &close].iter().any(|range| lines(self.old, range) > 0);
        let last_of = |kind: Kind| {
            let ids = items.iter().rev().filter_map(|item| item.id());
            ids.filter(|id| self.old.kind(*id) == kind).find(|id| !self.old.is_empty(*id))
        };
        let layout = Layout {
            open: without_comments(self.old, open),
            gap,
            close: without_comments(self.old, close),
            colon: self.usual_colon(&items),
            has_lines,
            start,
            last: [last_of(Kind::Array), last_of(Kind::Object)],
        };
        if items.len() >= LARGE {
            self.known.insert(id, layout.clone());
        }
        self.recent = Some((id, layout.clone()));
        layout
    }

    /// One of the other kind than what it stands in: by lines like that, else without blanks inside
    /// its brackets.
    fn adapted(&mut self, id: u32) -> Layout {
        let mut layout = self.of(id);
        if self.old.kind(id) == Kind::Array {
            layout.colon = self.plain_colon();
        }
        if !layout.has_lines {
            (layout.open, layout.close) = (Piece::default(), Piece::default());
        }
        layout
    }

    /// The first one of a document that had none, or only an empty one.
    fn of_first(&self) -> Layout {
        let [open, gap, close] = match Style::detect(self.old.bytes).line_end() {
            "\r\n" => ["\r\n  ", ",\r\n  ", "\r\n"],
            _ => ["\n  ", ",\n  ", "\n"],
        };
        Layout {
            open: Piece::plain(open),
            gap: Piece::plain(gap),
            close: Piece::plain(close),
            colon: Piece::plain(": "),
            has_lines: true,
            start: 0,
            last: [None; 2],
        }
    }

    /// The most frequent gap of the last ones; with one member only, what it would be.
    pub(crate) fn usual_gap(&self, items: &[Item]) -> Piece {
        let text = |range: &Range<usize>| self.old.bytes.get(range.clone()).unwrap_or_default();
        let mut gaps = items.windows(2).rev().take(SAMPLE).map(|pair| pair[0].end()..pair[1].start());
        if let Some(last) = gaps.next() {
            let mut counts = vec![(last, 1)];
            for gap in gaps {
                match counts.iter_mut().find(|(known, _)| text(known) == text(&gap)) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((gap, 1)),
                }
            }
            // Of those that are equally frequent, the last one in the document.
            let usual = counts.into_iter().rev().max_by_key(|(_, count)| *count);
            return without_comments(self.old, usual.map(|(gap, _)| gap).unwrap_or_default());
        }
        let open = items.first().map(|only| self.space_before(only.start())).unwrap_or_default();
        match lines(self.old, &open) {
            0 => Piece::plain(if self.blanks().0 { ", " } else { "," }),
            _ => Piece(",", open),
        }
    }

    /// What the last entry has between its key and its value.
    pub(crate) fn usual_colon(&self, items: &[Item]) -> Piece {
        let colon = items.last().filter(|last| last.start() < last.value());
        match colon.map(|last| last.key_end()..last.value()) {
            Some(colon) if lines(self.old, &colon) == 0 && !has_comment(self.old, &colon) => {
                Piece::old(colon)
            }
            _ => self.plain_colon(),
        }
    }

    fn plain_colon(&self) -> Piece {
        Piece::plain(if self.blanks().1 { ": " } else { ":" })
    }

    /// The white space in front of a place.
    fn space_before(&self, at: usize) -> Range<usize> {
        let before = self.old.bytes.get(..at).unwrap_or_default();
        at - before.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count()..at
    }

    /// Whether blanks follow commas within a line, and colons. Where that can't be seen, they do in
    /// a document of several lines.
    fn blanks(&self) -> (bool, bool) {
        *self.blanks.get_or_init(|| {
            let bytes = self.old.bytes.trim_ascii();
            let beginning = &bytes[..bytes.len().min(BEGINNING)];
            blanks_after(beginning, beginning.contains(&b'\n'))
        })
    }
}

/// How many lines end in a stretch of the old bytes.
pub(crate) fn lines(old: &Old<'_>, range: &Range<usize>) -> usize {
    old.bytes.get(range.clone()).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count()
}
