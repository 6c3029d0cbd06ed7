//! Lines of JSON: an array, if every line is an object with an id of its own. Otherwise the lines are
//! texts, and the merged file has those of both sides, in order.

use std::collections::HashMap;

use similar::DiffOp;

use super::array::common_key;
use super::path::Id;
use super::plain::difference;
use super::text::{Resolution, Resolved, list_text, listed, read_list, resolve_in, to_text};
use super::{Conflict, MergeError, Rules, Side, Sides, Texts, Written, read_side};
use crate::document::{Format, Original, Style, Value, serialise};

/// The lines of a file without their ends; blank ones are none.
fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let lines = bytes.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.filter(|line| !line.trim_ascii().is_empty()).collect()
}

/// How the lines of our file end.
fn end_of(bytes: &[u8]) -> &'static [u8] {
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(at) if bytes[..at].ends_with(b"\r") => b"\r\n",
        _ => b"\n",
    }
}

fn joined<'l>(lines: impl Iterator<Item = &'l [u8]>, end: &[u8]) -> Vec<u8> {
    lines.flat_map(|line| [line, end]).flatten().copied().collect()
}

/// What the lines hold, if each is one document.
fn values(lines: &[&[u8]]) -> Option<Vec<Value>> {
    lines.iter().map(|line| read_side(Side::Ours, Format::Json, line).ok()).collect()
}

pub(super) fn merge(texts: &Texts, rules: &Rules) -> Result<Written, MergeError> {
    let (ours, theirs) = (split(&texts.ours), split(&texts.theirs));
    let base = texts.base.as_ref().map(|base| split(base));
    let end = end_of(&texts.ours);
    let parsed = (values(&ours), values(&theirs), base.as_deref().map(values));
    if let (Some(own), Some(others), known @ (None | Some(Some(_)))) = parsed {
        let known = known.flatten();
        let sides: Vec<&[Value]> =
            [Some(&own), Some(&others), known.as_ref()].into_iter().flatten().map(Vec::as_slice).collect();
        if let Some(key) = common_key(&rules.id_keys, &sides) {
            let known = known.map(Value::array);
            let (own, others) = (Value::array(own), Value::array(others));
            let sides = Sides { base: known.as_ref(), ours: &own, theirs: &others };
            let merged = super::merge(sides, rules)?;
            let (own, others) = (written(&own, &ours, key), written(&others, &theirs, key));
            let mut bytes = Vec::with_capacity(texts.ours.len() + texts.theirs.len() / 8);
            for element in merged.value.elements().unwrap_or_default() {
                let id = Id::under(element, key);
                let (own, other) = (id.and_then(|id| own.get(&id)), id.and_then(|id| others.get(&id)));
                bytes.extend(line_of(element, own.copied(), other.copied())?);
                bytes.extend_from_slice(end);
            }
            let conflicts = listed(texts, merged.conflicts)?;
            let beside = list_text(&conflicts, texts);
            return Ok(Written { bytes, conflicts: conflicts.iter().map(Conflict::shown).collect(), beside });
        }
    }
    let merged = match &base {
        Some(base) => three_ways(base, &ours, &theirs),
        None => union(&ours, &theirs),
    };
    let conflicts = listed(texts, Vec::new())?;
    let beside = texts.beside.as_ref().map(|list| list.to_vec());
    let bytes = joined(merged.into_iter(), end);
    Ok(Written { bytes, conflicts: conflicts.iter().map(Conflict::shown).collect(), beside })
}

/// A document, and the line that it stands on.
type Line<'l> = (&'l Value, &'l [u8]);

/// The lines of a side by the ids of what they hold.
fn written<'l>(array: &'l Value, lines: &[&'l [u8]], key: &str) -> HashMap<Id<'l>, Line<'l>> {
    let each = array.elements().unwrap_or_default().iter().zip(lines);
    each.filter_map(|(value, line)| Some((Id::under(value, key)?, (value, *line)))).collect()
}

/// The line of an element: as one of the sides has it, or ours changed.
fn line_of(element: &Value, ours: Option<Line<'_>>, theirs: Option<Line<'_>>) -> Result<Vec<u8>, MergeError> {
    let same = |side: &Line<'_>| side.0 == element;
    if let Some((_, line)) = ours.filter(same).or(theirs.filter(same)) {
        return Ok(line.to_vec());
    }
    let written = match ours {
        Some((_, line)) => Original::read(Format::Json, line)
            .map_err(|source| MergeError::Invalid { side: Side::Ours, source })?
            .0
            .replaced_by(element)?,
        None => serialise(element, &Style::compact().final_newline(false))
            .map_err(crate::document::NotStorable::from)?,
    };
    Ok(written)
}

/// The lines of both sides; those that only theirs has stand where they stood there.
fn union<'l>(ours: &[&'l [u8]], theirs: &[&'l [u8]]) -> Vec<&'l [u8]> {
    let mut lines = Vec::with_capacity(ours.len());
    for step in difference(ours, theirs) {
        lines.extend_from_slice(&ours[step.old_range()]);
        if !matches!(step, DiffOp::Equal { .. }) {
            lines.extend_from_slice(&theirs[step.new_range()]);
        }
    }
    lines
}

/// What a side has made of the lines of the base.
struct Changes<'l> {
    /// Which of them it still has.
    has: Vec<bool>,
    /// What it has put before each, and behind the last.
    before: Vec<Vec<&'l [u8]>>,
}

fn changes<'l>(base: &[&[u8]], side: &[&'l [u8]]) -> Changes<'l> {
    let mut changes = Changes { has: vec![false; base.len()], before: vec![Vec::new(); base.len() + 1] };
    for step in difference(base, side) {
        match step {
            DiffOp::Equal { .. } => changes.has[step.old_range()].fill(true),
            _ => changes.before[step.old_range().end].extend_from_slice(&side[step.new_range()]),
        }
    }
    changes
}

/// The lines of the base that nobody has removed, and what both sides have added, ours first. What
/// both added is there once.
fn three_ways<'l>(base: &[&'l [u8]], ours: &[&'l [u8]], theirs: &[&'l [u8]]) -> Vec<&'l [u8]> {
    let (own, other) = (changes(base, ours), changes(base, theirs));
    let mut both: HashMap<&[u8], usize> = HashMap::new();
    for line in own.before.iter().flatten() {
        *both.entry(line).or_default() += 1;
    }
    let mut lines = Vec::with_capacity(ours.len() + theirs.len());
    for at in 0..=base.len() {
        lines.extend_from_slice(&own.before[at]);
        for line in &other.before[at] {
            match both.get_mut(line) {
                Some(count) if *count > 0 => *count -= 1,
                _ => lines.push(line),
            }
        }
        if at < base.len() && own.has[at] && other.has[at] {
            lines.push(base[at]);
        }
    }
    lines
}

/// Resolves conflicts, which stand beside the file.
pub(super) fn resolve(
    bytes: &[u8],
    beside: Option<&[u8]>,
    resolution: &Resolution,
) -> Result<Resolved, MergeError> {
    let lines = split(bytes);
    let elements: Vec<Value> =
        lines.iter().map(|line| read_side(Side::Ours, Format::Json, line)).collect::<Result<_, _>>()?;
    let list = beside.map_or_else(|| Ok(Vec::new()), read_list)?;
    let before = Value::array(elements);
    let (after, _, left, resolved) = resolve_in(before.clone(), Vec::new(), list, resolution)?;
    let (mut new, end) = (Vec::with_capacity(bytes.len()), end_of(bytes));
    let mut old = before.elements().unwrap_or_default().iter().zip(&lines).peekable();
    let after = after.elements().unwrap_or_default();
    let (count, kept) = (before.elements().unwrap_or_default().len(), after.len());
    for element in after {
        // One was changed in its place, removed, or added at the end.
        if kept < count
            && let Some((value, _)) = old.peek()
            && *value != element
        {
            old.next();
        }
        let line = old.next().map(|(value, line)| (value, *line));
        new.extend(line_of(element, line, None)?);
        new.extend_from_slice(end);
    }
    let left_shown = left.iter().map(Conflict::shown).collect();
    let beside = beside.map(|_| to_text(&left));
    Ok(Resolved { bytes: new, beside, resolved, left: left_shown })
}
