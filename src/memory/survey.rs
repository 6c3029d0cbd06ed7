//! A look at all documents of a folder: is each whole, as its schema wants it, and without conflicts;
//! and what has been left beside it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::copies::{DEEPEST, walk};
use super::merge::{BESIDE, kind_of};
use super::{MemoryError, Reading, Schema, is_lines, obeys, read};
use crate::document::schema::SchemaError;
use crate::document::{self, Format, parse_as};
use crate::lock::{Keep, Locker, Waiter};
use crate::merge::copies::original_of;
use crate::merge::{Kind, Vector, conflicts_of};
use crate::place::FilePlace;
use crate::replace::{Replace, leftovers_in, leftovers_of, sweep_leftovers_of};
use crate::sys::text::shown;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Problem {
    /// No document in its format.
    Invalid,
    /// It breaks its schema, or the schema can't be used.
    Schema,
    /// Conflicts that a merge has left, or a list of them that is none.
    Conflict,
    /// Another program's copy of a file that was changed in two places.
    Copy,
    /// What a dead writer has left.
    Leftover,
    /// A version that was kept on purpose.
    Backup,
    /// A lock.
    Lock,
    /// The outbox.
    Outbox,
    /// It can't be read.
    Unreadable,
}

impl Problem {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Problem::Invalid => "invalid",
            Problem::Schema => "schema",
            Problem::Conflict => "conflict",
            Problem::Copy => "copy",
            Problem::Leftover => "leftover",
            Problem::Backup => "backup",
            Problem::Lock => "lock",
            Problem::Outbox => "outbox",
            Problem::Unreadable => "unreadable",
        }
    }
}

/// Who has to do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody: it is only told.
    Fine,
    /// It was mended.
    Fixed,
    /// It can be mended safely.
    Fixable,
    /// A person has to look at it.
    Open,
}

/// One thing that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Where.
    pub path: String,
    /// What.
    pub problem: Problem,
    /// What of it, in one line.
    pub what: String,
    /// Who has to do something about it.
    pub state: State,
}

/// How to look.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The schema that every document must obey; by default its own.
    pub schema: Option<Schema>,
    /// Takes leftovers of dead writers away, under the locks of their files.
    pub fix: Option<Locker>,
}

/// What was seen.
#[derive(Debug, Default, Serialize)]
pub struct Seen {
    /// How many documents.
    pub documents: usize,
    /// Everything that there is to tell.
    pub findings: Vec<Finding>,
}

impl Seen {
    fn tell(&mut self, path: &Path, problem: Problem, what: impl Into<String>, state: State) {
        let what = what.into().replace('\n', " ");
        self.findings.push(Finding { path: shown(path), problem, what, state });
    }
}

/// Looks at a file, or at all files in a folder and below it.
///
/// # Errors
/// It is not there, or the folder can't be listed.
pub fn survey(path: &Path, how: &Survey, waiter: &mut dyn Waiter) -> Result<Seen, MemoryError> {
    let mut seen = Seen::default();
    if !path.is_dir() {
        if !path.exists() {
            return Err(MemoryError::Missing { path: path.to_owned() });
        }
        look_at(path, how, &mut seen, waiter);
        return Ok(seen);
    }
    walk(path, DEEPEST, &mut |folder, names| {
        for name in names {
            look_at_name(folder, name, names, how, &mut seen, waiter);
        }
        leftovers(folder, names, how, &mut seen, waiter);
    })?;
    Ok(seen)
}

fn look_at_name(
    folder: &Path,
    name: &OsStr,
    names: &[OsString],
    how: &Survey,
    seen: &mut Seen,
    waiter: &mut dyn Waiter,
) {
    let (path, text) = (folder.join(name), name.to_string_lossy());
    let is_there = |other: &str| names.iter().any(|name| name == other);
    if let Some((original, maker)) = original_of(&text).filter(|(original, _)| is_there(original)) {
        let what = format!("a copy of {original}, by {}: aimem merge --sync-conflicts", maker.name());
        return seen.tell(&path, Problem::Copy, what, State::Open);
    }
    if let Some(at) = text.find(".bak").filter(|at| is_there(&text[..*at])) {
        return seen.tell(&path, Problem::Backup, format!("a backup of {}", &text[..at]), State::Fine);
    }
    let is_list = text.strip_suffix(BESIDE).is_some_and(is_there);
    if !is_list && path.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
        look_at(&path, how, seen, waiter);
    }
}

/// Looks at one document; what is none by its name is nobody's business.
fn look_at(path: &Path, how: &Survey, seen: &mut Seen, waiter: &mut dyn Waiter) {
    if Format::of_name(path).is_none() && !is_lines(path) {
        return;
    }
    seen.documents += 1;
    let bytes = |path: &Path, waiter: &mut dyn Waiter| {
        let mut place = FilePlace::new(path, None, Replace::new(), waiter);
        read(&mut place, Reading::Free).map(|content| content.bytes)
    };
    let found = match bytes(path, waiter) {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => return seen.tell(path, Problem::Unreadable, said(&error), State::Open),
    };
    let Ok(kind) = kind_of(path, path, None) else { return };
    if let Some(wrong) = wrong_with(kind, &found) {
        return seen.tell(path, Problem::Invalid, wrong, State::Open);
    }
    if let Kind::Document(format) = kind {
        let own = Schema::Own;
        let schema = Some(how.schema.as_ref().unwrap_or(&own));
        match obeys(schema, Some(format), path, &found, waiter) {
            Ok(_) => {}
            // Without schemas only who names one must be refused.
            Err(MemoryError::Schema { source: SchemaError::NotBuilt, .. }) if how.schema.is_none() => {}
            Err(MemoryError::Schema { source: SchemaError::Violated { violations, count }, .. }) => {
                for one in &violations {
                    let what = format!("{}: {} {} (rule {})", one.pointer, one.value, one.why, one.rule);
                    seen.tell(path, Problem::Schema, what, State::Open);
                }
                if count > violations.len() {
                    let what = format!("and {} more", count - violations.len());
                    seen.tell(path, Problem::Schema, what, State::Open);
                }
            }
            Err(error) => seen.tell(path, Problem::Schema, said(&error), State::Open),
        }
    }
    let list = bytes(&super::beside(path), waiter).ok().flatten();
    match conflicts_of(kind, &found, list.as_deref().map(Vec::as_slice)) {
        Ok(conflicts) => {
            for one in &conflicts {
                let what = format!("at {}: aimem conflicts resolve", one.path);
                seen.tell(path, Problem::Conflict, what, State::Open);
            }
        }
        Err(error) => seen.tell(path, Problem::Conflict, error.to_string(), State::Open),
    }
}

/// What is wrong with a document, if anything is.
fn wrong_with(kind: Kind, bytes: &[u8]) -> Option<String> {
    let format = match kind {
        Kind::Lines => {
            let mut lines = bytes.split(|&byte| byte == b'\n').enumerate();
            return lines.find_map(|(at, line)| {
                let is_blank = line.trim_ascii().is_empty();
                let wrong = document::validate(line).err().filter(|_| !is_blank)?;
                Some(format!("line {}: {wrong}", at + 1))
            });
        }
        Kind::Document(format) => format,
    };
    match document::find_equal_keys_as(format, bytes) {
        Err(wrong) => return Some(wrong.to_string()),
        Ok(Some(keys)) => return Some(keys.to_string()),
        Ok(None) => {}
    }
    let value = parse_as(format, bytes).ok()?;
    // What is no object is another program's.
    let says = value.get(crate::merge::VERSION).filter(|says| says.entries().is_some())?;
    Vector::read(says).err().map(|error| error.to_string())
}

fn said(error: &MemoryError) -> String {
    crate::sys::failure::message(error)
}

/// What dead writers have left in a folder, and who may take it away: the holder of the file's lock.
fn leftovers(folder: &Path, names: &[OsString], how: &Survey, seen: &mut Seen, waiter: &mut dyn Waiter) {
    for left in leftovers_in(folder).unwrap_or_default() {
        let what = "left by a writer that died";
        let fixed = how.fix.as_ref().and_then(|locker| {
            let target = target_of(folder, &left, names)?;
            let held = locker.acquire(&target, Keep::Running, waiter).ok()?;
            let swept = sweep_leftovers_of(&target);
            held.release().ok()?;
            Some((swept.kept, !left.exists()))
        });
        match fixed {
            Some((kept, true)) if kept.is_empty() => seen.tell(&left, Problem::Leftover, what, State::Fixed),
            Some((kept, true)) => {
                let kept: Vec<String> = kept.iter().map(|path| shown(path)).collect();
                let what = format!("a version that nobody else has; it is kept as {}", kept.join(", "));
                seen.tell(&left, Problem::Leftover, what, State::Open);
            }
            _ => seen.tell(&left, Problem::Leftover, what, State::Fixable),
        }
    }
}

/// The file that a leftover is of.
fn target_of(folder: &Path, left: &Path, names: &[OsString]) -> Option<PathBuf> {
    let name = left.file_name()?.to_str()?.strip_prefix('.')?;
    let known = names.iter().filter_map(|name| name.to_str()).filter(|other| name.starts_with(*other));
    // A file may be gone, and its leftovers there.
    let cuts = name.match_indices('.').map(|(at, _)| &name[..at]);
    let mut all: Vec<&str> = known.chain(cuts).filter(|name| !name.is_empty()).collect();
    all.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let is_its =
        |target: &PathBuf| leftovers_of(target).is_ok_and(|found| found.iter().any(|one| one == left));
    all.into_iter().map(|name| folder.join(name)).find(is_its)
}
