//! What is in brackets or braces: elements or entries that come and go between commas and comments.

use std::ops::Range;

use super::edits::Edits;

/// What becomes of a list: members that stay, in their order, and new ones between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step<T> {
    /// The old member with this number stays, perhaps changed.
    Stays(usize),
    /// A new one.
    New(T),
}

/// Where a member stands.
struct Slot {
    at: Range<usize>,
    /// The comma behind it.
    comma: Option<usize>,
    /// Behind the comma, and behind a comment on the same line.
    end: usize,
}

/// Makes the steps' list of the one at `span`, whose members stand at `members`. At least one stays.
pub(super) fn change(
    edits: &mut Edits,
    text: &str,
    span: &Range<usize>,
    members: &[Range<usize>],
    steps: &[Step<String>],
) {
    let slots = slots(text, span, members);
    let stays = |step: &Step<String>| match step {
        Step::Stays(member) => Some(*member),
        Step::New(_) => None,
    };
    let kept: Vec<usize> = steps.iter().filter_map(stays).collect();
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else { return };
    remove(edits, text, span, &slots, &kept);
    let gap = gap(text, span, &slots);

    let mut after = None;
    let mut waiting: Vec<&str> = Vec::new();
    for step in steps {
        match step {
            Step::New(new) => waiting.push(new),
            Step::Stays(member) => {
                for new in waiting.drain(..) {
                    edits.insert(slots[*member].at.start, format!("{new},{gap}"));
                }
                after = Some(*member);
            }
        }
    }
    debug_assert!(first <= last && after == Some(*last));
    let had_comma = slots.last().is_some_and(|slot| slot.comma.is_some());
    let slot = &slots[*last];
    match (slot.comma, waiting.is_empty()) {
        (Some(comma), true) if !had_comma => edits.remove(comma..comma + 1),
        (None, false) => edits.insert(slot.at.end, ",".to_owned()),
        _ => {}
    }
    let count = waiting.len();
    for (place, new) in waiting.into_iter().enumerate() {
        let comma = if place + 1 < count || had_comma { "," } else { "" };
        edits.insert(slot.end, format!("{gap}{new}{comma}"));
    }
}

/// Takes away what does not stay.
fn remove(edits: &mut Edits, text: &str, span: &Range<usize>, slots: &[Slot], kept: &[usize]) {
    let start = |member: usize| member.checked_sub(1).map_or(span.start + 1, |before| slots[before].end);
    let first = kept.first().copied().unwrap_or(0);
    if first > 0 {
        let lead = &text[start(first)..slots[first].at.start];
        match lead.trim().is_empty() {
            true => edits.remove(slots[0].at.start..slots[first].at.start),
            false => edits.remove(start(0)..start(first)),
        }
    }
    for (member, slot) in slots.iter().enumerate().skip(first) {
        if !kept.contains(&member) {
            edits.remove(start(member)..slot.end);
        }
    }
}

/// What stands before a new member.
fn gap(text: &str, span: &Range<usize>, slots: &[Slot]) -> String {
    let lead = match slots {
        [_, .., last] => {
            let before = &slots[slots.len() - 2];
            &text[before.end..last.at.start]
        }
        [only] => &text[span.start + 1..only.at.start],
        [] => "",
    };
    let space = &lead[lead.trim_end().len()..];
    match space.rfind('\n') {
        Some(end) => space[space[..end].rfind(|letter| letter != '\r').map_or(0, |at| at + 1)..].to_owned(),
        None if slots.len() > 1 => space.to_owned(),
        None => " ".to_owned(),
    }
}

fn slots(text: &str, span: &Range<usize>, members: &[Range<usize>]) -> Vec<Slot> {
    let ends = members.iter().skip(1).map(|next| next.start).chain(std::iter::once(span.end - 1));
    let slot = |(at, until): (&Range<usize>, usize)| {
        let comma = comma(text, at.end..until);
        let from = comma.map_or(at.end, |comma| comma + 1);
        Slot { at: at.clone(), comma, end: line_end(text, from..until).unwrap_or(from) }
    };
    members.iter().zip(ends).map(slot).collect()
}

/// The comma in what stands between two members.
fn comma(text: &str, range: Range<usize>) -> Option<usize> {
    let mut in_comment = false;
    for (at, byte) in text.as_bytes()[range.clone()].iter().enumerate() {
        match byte {
            b'#' => in_comment = true,
            b'\n' => in_comment = false,
            b',' if !in_comment => return Some(range.start + at),
            _ => {}
        }
    }
    None
}

/// Where the line ends, if nothing but a comment comes before that.
fn line_end(text: &str, range: Range<usize>) -> Option<usize> {
    let rest = &text[range.clone()];
    let end = rest.find('\n')?;
    let line = rest[..end].strip_suffix('\r').unwrap_or(&rest[..end]);
    let is_free = line.trim_start().is_empty() || line.trim_start().starts_with('#');
    is_free.then_some(range.start + line.len())
}

/// The steps from old members to new ones: as few as can be seen by going along both.
pub(super) fn steps<T: Clone>(old: usize, new: &[T], same: impl Fn(usize, &T) -> bool) -> Vec<Step<T>> {
    let front = (0..old.min(new.len())).take_while(|place| same(*place, &new[*place])).count();
    let rest = old.min(new.len()) - front;
    let back = (1..=rest).take_while(|back| same(old - back, &new[new.len() - back])).count();
    let (olds, news) = (front..old - back, &new[front..new.len() - back]);
    let mut steps: Vec<Step<T>> = (0..front).map(Step::Stays).collect();
    steps.extend(between(olds, news, &same));
    steps.extend((old - back..old).map(Step::Stays));
    steps
}

fn between<T: Clone>(old: Range<usize>, new: &[T], same: impl Fn(usize, &T) -> bool) -> Vec<Step<T>> {
    // Some went, or some came.
    let mut left = old.clone();
    let found: Option<Vec<_>> =
        new.iter().map(|new| left.find(|old| same(*old, new)).map(Step::Stays)).collect();
    if let Some(steps) = found.filter(|_| old.len() != new.len()) {
        return steps;
    }
    let mut made = Vec::new();
    let mut left = old.clone().peekable();
    for new in new {
        match left.next_if(|old| same(*old, new)) {
            Some(old) => made.push(Step::Stays(old)),
            None => made.push(Step::New(new.clone())),
        }
    }
    if left.next().is_none() && old.len() < new.len() {
        return made;
    }
    // They were changed one by one.
    let pairs = old.clone().zip(new).map(|(old, _)| Step::Stays(old));
    pairs.chain(new.iter().skip(old.len()).cloned().map(Step::New)).collect()
}
