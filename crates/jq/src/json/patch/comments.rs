//! Comments: each stays with what it is about, and goes with it.
//!
//! In JSONC what stands between two members is more than white space. A comment on the line of a
//! member's end is that member's, and so are those on the lines directly above it. A comment with
//! an empty line below it, above the first member or below the last one is about the whole: it
//! stays. Where nothing was added, removed or moved, this is not asked: all gaps are copied.

use super::layout::{Layout, Layouts, Piece, lines};
use super::matching::Matches;
use super::old::{Item, Members, Old};
use super::{Frame, NotJson, Patch};
use crate::json::dialect::{Mark, Trivia, space_end};
use crate::json::text::Text;
use std::ops::Range;

/// What stands between two members, or between one and a bracket.
#[derive(Debug, Clone)]
struct Stretch {
    /// What belongs to the member before: a comma, and comments up to the end of the line.
    head: Range<usize>,
    /// The comma in it.
    comma: Option<usize>,
    /// Comments about the whole.
    detached: Range<usize>,
    /// The white space before the next member, with the comments above that.
    attached: Range<usize>,
}

/// Where a stretch is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Behind the opening bracket.
    Open,
    /// Between two members.
    Between,
    /// Before the closing bracket.
    Close,
}

impl Stretch {
    fn of(old: &Old<'_>, range: Range<usize>, side: Side) -> Self {
        let marks = marks(old, &range);
        let comma = marks.iter().find(|(mark, _)| mark.is_none()).map(|(_, at)| at.start);
        let from = comma.map_or(range.start, |comma| comma + 1);
        let mut head = from;
        for (mark, at) in marks.iter().filter(|(_, at)| at.start >= from) {
            match (mark, line_end(old, at)) {
                (Some(Mark::Space), Some(end)) => {
                    head = end;
                    break;
                }
                (Some(Mark::Space) | None, _) => {}
                // A comment that the next member follows on the same line is that member's.
                _ if side == Side::Close || !is_last_on_line(old, &marks, at) => head = at.end,
                _ => {}
            }
        }
        if side == Side::Open {
            head = range.start;
        }
        let comments = marks.iter().filter(|(mark, at)| is_comment(*mark) && at.start >= head);
        let detached = match side {
            Side::Between => {
                let blank = |at: &Range<usize>| at.start >= head && lines(old, at) > 1;
                let spaces = marks.iter().filter(|(mark, _)| *mark == Some(Mark::Space));
                spaces.filter(|(_, at)| blank(at)).map(|(_, at)| at.start).next_back().unwrap_or(head)
            }
            Side::Open | Side::Close => comments.map(|(_, at)| at.end).next_back().unwrap_or(head),
        };
        Self {
            head: range.start..head,
            comma,
            detached: head..detached.max(head),
            attached: detached.max(head)..range.end,
        }
    }
}

/// The pieces of a stretch; `None` for a comma.
fn marks(old: &Old<'_>, range: &Range<usize>) -> Vec<(Option<Mark>, Range<usize>)> {
    let mut marks = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let (mark, end) = match Trivia::new(old.bytes, at).next() {
            Some((mark, end)) => (Some(mark), end.min(range.end)),
            None => (None, at + 1),
        };
        marks.push((mark, at..end));
        at = end;
    }
    marks
}

fn is_comment(mark: Option<Mark>) -> bool {
    matches!(mark, Some(Mark::LineComment | Mark::BlockComment))
}

/// Where the first line in a stretch of white space ends.
fn line_end(old: &Old<'_>, range: &Range<usize>) -> Option<usize> {
    let text = old.bytes.get(range.clone())?;
    text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map(|at| range.start + at)
}

/// Whether no line ends between a comment and the next member.
fn is_last_on_line(old: &Old<'_>, marks: &[(Option<Mark>, Range<usize>)], comment: &Range<usize>) -> bool {
    let mut behind = marks.iter().filter(|(_, at)| at.start >= comment.end);
    !behind.any(|(mark, at)| *mark == Some(Mark::Space) && line_end(old, at).is_some())
}

/// Whether there is a comment.
pub(super) fn has_comment(old: &Old<'_>, range: &Range<usize>) -> bool {
    // Between values a slash is nothing else.
    old.bytes.get(range.clone()).is_some_and(|text| text.contains(&b'/'))
}

/// Whether what is written next would be part of a line comment.
fn ends_in_line_comment(old: &Old<'_>, range: &Range<usize>) -> bool {
    matches!(marks(old, range).last(), Some((Some(Mark::LineComment), _)))
}

/// The last line end in white space, with the indent behind it.
fn last_line(old: &Old<'_>, space: &Range<usize>) -> Range<usize> {
    let text = old.bytes.get(space.clone()).unwrap_or_default();
    match text.iter().rposition(|byte| *byte == b'\n') {
        Some(at) if at > 0 && text[at - 1] == b'\r' => space.start + at - 1..space.end,
        Some(at) => space.start + at..space.end,
        // A carriage return alone ends a comment too.
        None => space.clone(),
    }
}

/// The white space at the end of a stretch, from the first line end in it on.
pub(super) fn last_space(old: &Old<'_>, range: &Range<usize>) -> Range<usize> {
    match marks(old, range).last() {
        Some((Some(Mark::Space), at)) => line_end(old, at).unwrap_or(at.start)..at.end,
        _ => range.end..range.end,
    }
}

/// A stretch as a piece of a layout: without its comments.
pub(super) fn without_comments(old: &Old<'_>, range: Range<usize>) -> Piece {
    if !has_comment(old, &range) {
        return Piece::old(range);
    }
    let has_comma = marks(old, &range).iter().any(|(mark, _)| mark.is_none());
    Piece(if has_comma { "," } else { "" }, last_space(old, &range))
}

/// The stretches of an array or object whose members come and go: one before each member, and one
/// behind the last.
struct Stretches(Vec<Stretch>);

impl Stretches {
    fn of(old: &Old<'_>, id: u32, items: &[Item]) -> Self {
        let (mut start, mut side) = (old.places.start(id) + 1, Side::Open);
        let mut all = Vec::with_capacity(items.len() + 1);
        for item in items {
            all.push(Stretch::of(old, start..item.start(), side));
            (start, side) = (item.end(), Side::Between);
        }
        all.push(Stretch::of(old, start..old.places.end(id) - 1, Side::Close));
        Self(all)
    }
}

/// Whether what stands between the members needs more than to be copied.
pub(super) fn are_in_the_way(
    old: &Old<'_>,
    id: u32,
    items: &[Item],
    matches: &Matches,
    count: usize,
) -> bool {
    let as_before = count == items.len() && (0..count).all(|place| matches.get(place) == Some(place));
    if as_before || !old.dialect.has_trailing_commas() {
        return false;
    }
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return false };
    has_comment(old, &(old.places.start(id)..first.start()))
        || are_between(old, items)
        || has_comment(old, &(last.end()..old.places.end(id)))
}

/// Whether there are comments between members.
pub(super) fn are_between(old: &Old<'_>, items: &[Item]) -> bool {
    items.windows(2).any(|pair| has_comment(old, &(pair[0].end()..pair[1].start())))
}

impl Patch<'_> {
    /// Writes an array or object that was the one with this number, neither of them empty, whose
    /// comments stand between members that are not all where they were.
    pub(super) fn merge_around_comments(
        &mut self,
        id: u32,
        items: &Range<usize>,
        matches: &Matches,
        members: Members<'_>,
        frame: &Frame<'_>,
    ) -> Result<(), NotJson> {
        let old = self.old;
        let Stretches(stretches) = Stretches::of(old, id, &self.items[items.clone()]);
        let Some((close, between)) = stretches.split_last() else { return Ok(()) };
        let usual = self.layouts.usual_gap(&self.items[items.clone()]);
        let usual = match usual.0.strip_prefix(',') {
            Some(space) => Piece(space, usual.1),
            None => Piece::old(Stretch::of(old, usual.1, Side::Between).attached),
        };
        let start = old.places.start(id);
        self.copy(start..start + 1);
        self.trivia(stretches[0].detached.clone());
        // Up to which stretch what is about the whole has been written.
        let mut told = 0;
        let mut before = None;
        for place in 0..members.len() {
            let item = matches.get(place);
            if place > 0 {
                self.end_member(before.map(|item: usize| &stretches[item + 1]), true);
            }
            if let Some(item) = item.filter(|item| *item > told) {
                self.detached(&between[told + 1..=item]);
                told = item;
            }
            match item {
                Some(item) if item > 0 || place == 0 => self.trivia(stretches[item].attached.clone()),
                _ if place == 0 => self.trivia(stretches[0].attached.clone()),
                _ => {
                    self.end_line_comment(&usual);
                    self.piece(&usual);
                }
            }
            self.end_line_comment(&Piece::default());
            self.member(items, item, matches.is_renamed(place), members, place, frame)?;
            before = item;
        }
        self.end_member(before.map(|item| &stretches[item + 1]), close.comma.is_some());
        self.detached(&between[(told + 1).min(between.len())..]);
        self.trivia(close.detached.clone());
        self.trivia(close.attached.clone());
        self.end_line_comment(&Piece::default());
        self.copy(old.places.end(id) - 1..old.places.end(id));
        Ok(())
    }

    /// What follows a member: its comma, if it shall have one, and the comments of its line.
    fn end_member(&mut self, stretch: Option<&Stretch>, comma: bool) {
        let Some(Stretch { head, comma: at, .. }) = stretch else {
            if comma {
                self.put(b",");
            }
            return;
        };
        match (at, comma) {
            (Some(at), false) => {
                self.trivia(head.start..*at);
                self.trivia(at + 1..head.end);
            }
            (None, true) => {
                self.put(b",");
                self.trivia(head.clone());
            }
            _ => self.trivia(head.clone()),
        }
    }

    /// The comments about the whole that stood in stretches between members.
    fn detached(&mut self, stretches: &[Stretch]) {
        for Stretch { detached, .. } in stretches {
            if has_comment(self.old, detached) {
                self.trivia(detached.clone());
            }
        }
    }

    /// Copies what stands between values.
    fn trivia(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let text = self.old.bytes.get(range.clone()).unwrap_or_default();
        let is_blank = text.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        if self.line_comment.is_some() && is_blank {
            return;
        }
        self.end_line_comment(&Piece::old(range.clone()));
        if ends_in_line_comment(self.old, &range) {
            self.line_comment = Some(range.end);
        }
        self.copy(range);
    }

    /// Ends the line if it ends in a comment, unless `next` does.
    fn end_line_comment(&mut self, next: &Piece) {
        let Some(end) = self.line_comment.take() else { return };
        let text = self.old.bytes.get(next.1.clone()).unwrap_or_default().trim_ascii_start();
        let blank = next.1.end - text.len();
        if next.0.is_empty() && line_end(self.old, &(next.1.start..blank)).is_some() {
            return;
        }
        // As it ended in the old bytes.
        let space = end..space_end(self.old.bytes, end);
        self.copy(last_line(self.old, &space));
    }

    /// How an empty array or object is laid out that gets members, and the comments in it, which
    /// stay; `None` without any.
    pub(super) fn layout_around_comments(
        old: &Old<'_>,
        layouts: &mut Layouts<'_>,
        id: u32,
        key: Option<&Text>,
        frame: Option<&Frame<'_>>,
    ) -> Option<(Range<usize>, Layout)> {
        let (start, end) = (old.places.start(id), old.places.end(id));
        let inside = start + 1..end - 1;
        if !has_comment(old, &inside) {
            return None;
        }
        let (_, mut layout) = layouts.of_new(old.kind(id), key, frame);
        let space = last_space(old, &inside);
        let marks = marks(old, &inside);
        // The line that a comment starts shows how far members are indented.
        let above = marks.windows(2).find(|two| is_comment(two[1].0) && lines(old, &two[0].1) > 0);
        if let Some(above) = above {
            let at = &above[0].1;
            let indent = line_end(old, at).unwrap_or(at.start)..at.end;
            layout.open = Piece::old(indent.clone());
            layout.gap = Piece(",", indent);
            layout.close = Piece::old(space.clone());
            layout.has_lines = true;
            layout.start = start;
        }
        let kept = marks.iter().filter(|(mark, _)| is_comment(*mark)).map(|(_, at)| at.end).next_back();
        let kept = inside.start..kept.unwrap_or(inside.start);
        if above.is_none() && ends_in_line_comment(old, &kept) {
            layout.open = Piece::old(space.clone());
            layout.close = Piece::old(space);
        } else if !layout.has_lines {
            layout.open = Piece::plain(" ");
            layout.close = Piece::old(space);
        }
        Some((kept, layout))
    }

    /// Writes the brackets and the comments about the whole of what has lost all its members. Returns
    /// false if there are none.
    pub(super) fn emptied_around_comments(&mut self, id: u32) -> bool {
        let old = self.old;
        let (start, end) = (old.places.start(id), old.places.end(id));
        if !old.dialect.has_trailing_commas() {
            return false;
        }
        let items: Vec<Item> = old.items(id).collect();
        let Stretches(stretches) = Stretches::of(old, id, &items);
        let Some(close) = stretches.last() else { return false };
        let kept = stretches.iter().any(|stretch| has_comment(old, &stretch.detached));
        if !kept {
            return false;
        }
        self.copy(start..start + 1);
        self.detached(&stretches);
        self.trivia(close.attached.clone());
        self.end_line_comment(&Piece::default());
        self.copy(end - 1..end);
        true
    }
}
