//! How an array or object that was not there before is laid out: as its neighbours are.
//!
//! A model is looked for, from near to far: what the same key holds in the object beside this one,
//! the last one of its kind in the same array or object, what it stands in, and so on outwards.
//! What stands in something on one line is on that line too.

use super::super::style::{Style, blanks_after};
use super::super::text::Text;
use super::old::{Item, Kind, Old};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

/// An array or object that is being written, as a place for new ones.
pub(super) struct Frame<'f> {
    /// The old one that it was, or is laid out like.
    pub(super) id: Option<u32>,
    /// Whether it is only laid out like that.
    pub(super) is_new: bool,
    /// What it stands in.
    pub(super) around: Option<&'f Frame<'f>>,
}

/// The text between brackets and members.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Between the opening bracket and the first member.
    pub(super) open: Vec<u8>,
    /// Between two members, with the comma.
    pub(super) gap: Vec<u8>,
    /// Between the last member and the closing bracket.
    pub(super) close: Vec<u8>,
    /// Between a key and its value.
    pub(super) colon: Vec<u8>,
    /// The white space that the line starts with on which the opening bracket stands.
    pub(super) indent: Vec<u8>,
    /// The last array and the last object in it that are not empty.
    last: [Option<u32>; 2],
}

impl Layout {
    pub(super) fn has_lines(&self) -> bool {
        [&self.open, &self.gap, &self.close].iter().any(|text| text.contains(&b'\n'))
    }
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

/// The layouts of a document, each found when it is first asked for.
pub(super) struct Layouts<'o> {
    old: &'o Old<'o>,
    known: HashMap<u32, Rc<Layout>>,
    blanks: OnceCell<(bool, bool)>,
}

/// How far into the document commas and colons are looked for.
const BEGINNING: usize = 64 * 1024;

/// How many gaps are compared to find the usual one.
const SAMPLE: usize = 64;

/// How many keys are looked at to find a model.
const KEYS: usize = 64;

/// How far outwards a model is looked for.
const FAR: usize = 64;

impl<'o> Layouts<'o> {
    pub(super) fn new(old: &'o Old<'o>) -> Self {
        Self { old, known: HashMap::new(), blanks: OnceCell::new() }
    }

    /// The layout for a new array or object, and the old one that it is from, if that is of the same
    /// kind.
    pub(super) fn of_new(
        &mut self,
        kind: Kind,
        key: Option<&Text>,
        frame: Option<&Frame<'_>>,
    ) -> (Option<u32>, Rc<Layout>) {
        match self.model(kind, key, frame) {
            Model::Like(id) => (Some(id), self.of(id)),
            Model::Around(id) => (None, Rc::new(self.adapted(id))),
            Model::None => (None, Rc::new(self.of_first())),
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
            if !layout.has_lines() {
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
        let items = self.old.items(beside);
        let item = items.iter().take(KEYS).find(|item| self.old.has_key(**item, key))?;
        item.id().filter(|id| self.old.kind(*id) == kind && !self.old.is_empty(*id))
    }

    /// The layout of an old array or object that is not empty.
    fn of(&mut self, id: u32) -> Rc<Layout> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let items = self.old.items(id);
        let (first, last) = (items.first(), items.last());
        let (start, end) = (self.old.places.start(id), self.old.places.end(id));
        let text = |from: usize, to: usize| self.old.bytes.get(from..to).unwrap_or_default().to_vec();
        let last_of = |kind: Kind| {
            let ids = items.iter().rev().filter_map(|item| item.id());
            ids.filter(|id| self.old.kind(*id) == kind).find(|id| !self.old.is_empty(*id))
        };
        let layout = Rc::new(Layout {
            open: text(start + 1, first.map_or(start + 1, |first| first.start())),
            gap: self.usual_gap(&items),
            close: text(last.map_or(end - 1, |last| last.end()), end - 1),
            colon: self.usual_colon(&items),
            indent: self.old.indent(start).to_vec(),
            last: [last_of(Kind::Array), last_of(Kind::Object)],
        });
        self.known.insert(id, layout.clone());
        layout
    }

    /// One of the other kind than what it stands in: by lines like that, else without blanks inside
    /// its brackets.
    fn adapted(&mut self, id: u32) -> Layout {
        let around = self.of(id);
        let colon = if self.old.kind(id) == Kind::Object { around.colon.clone() } else { self.plain_colon() };
        let blank = |text: &Vec<u8>| if around.has_lines() { text.clone() } else { Vec::new() };
        Layout { open: blank(&around.open), close: blank(&around.close), colon, ..(*around).clone() }
    }

    /// The first one of a document that had none, or only an empty one.
    fn of_first(&self) -> Layout {
        let style = Style::detect(self.old.bytes);
        let end = style.line_end();
        let line = format!("{end}{}", style.indent_text().unwrap_or_default());
        Layout {
            gap: format!(",{line}").into(),
            open: line.into(),
            close: end.into(),
            colon: style.colon().into(),
            indent: Vec::new(),
            last: [None; 2],
        }
    }

    /// The most frequent gap of the last ones; with one member only, what it would be.
    pub(super) fn usual_gap(&self, items: &[Item]) -> Vec<u8> {
        let gaps = items.windows(2).rev().take(SAMPLE);
        let mut counts: Vec<(&[u8], usize)> = Vec::new();
        for pair in gaps {
            let gap = self.old.bytes.get(pair[0].end()..pair[1].start()).unwrap_or_default();
            match counts.iter_mut().find(|(known, _)| *known == gap) {
                Some((_, count)) => *count += 1,
                None => counts.push((gap, 1)),
            }
        }
        // Of those that are equally frequent, the last one.
        if let Some((gap, _)) = counts.iter().rev().max_by_key(|(_, count)| *count) {
            return gap.to_vec();
        }
        let open = items.first().map(|only| self.space_before(only.start())).unwrap_or_default();
        match open.contains(&b'\n') {
            true => [b",", open].concat(),
            false => {
                if self.blanks().0 {
                    b", ".to_vec()
                } else {
                    b",".to_vec()
                }
            }
        }
    }

    /// The text between key and value that the last entry has.
    pub(super) fn usual_colon(&self, items: &[Item]) -> Vec<u8> {
        let colon = items
            .last()
            .filter(|item| item.start() < item.value())
            .and_then(|last| self.old.bytes.get(last.key_end()..last.value()));
        match colon {
            Some(colon) if !colon.contains(&b'\n') => colon.to_vec(),
            _ => self.plain_colon(),
        }
    }

    fn plain_colon(&self) -> Vec<u8> {
        if self.blanks().1 { b": ".to_vec() } else { b":".to_vec() }
    }

    /// The white space in front of a place.
    fn space_before(&self, at: usize) -> &[u8] {
        let before = self.old.bytes.get(..at).unwrap_or_default();
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        &before[before.len() - before.iter().rev().take_while(blank).count()..]
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

/// The number of line ends.
pub(super) fn lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}
