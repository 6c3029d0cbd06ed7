//! Each line of a document changed by a filter.

use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Foreign;
use super::reader::{Next, Reader, parted};
use crate::document::{Filter, Format, NotStorable, Original, Style, Value, serialise};
use crate::lock::Waiter;
use crate::memory::transaction::{TRIES, other_version};
use crate::memory::{Change, Made, MemoryError, Program, Subject, Transform, Update, update};
use crate::place::{Place, PlaceError, Published, Remade, Rewritten, Told};
use crate::replace::{ReplaceError, Warning};
use crate::sys::failure::{Op, PathError};
use crate::sys::text::shown;

/// So much is written at a time.
const PIECE: usize = 1 << 18;

/// A filter for each line of a document.
///
/// Every result becomes a line: a filter without a result drops the line, one with several makes
/// several of it. What the filter does not change is copied byte for byte, and so are blank lines and
/// those that are not JSON.
#[derive(Debug, Clone)]
pub struct Lines {
    program: Program,
    tally: Tally,
}

/// What was found on the way.
#[derive(Debug, Clone, Default)]
struct Tally {
    lines: u64,
    foreign: Foreign,
    is_changed: bool,
    truthy: bool,
    /// The tags of the content before and after.
    tags: (String, String),
    /// The size of the content after.
    size: u64,
}

impl Tally {
    fn remade(&self) -> Remade {
        let (before, after) = self.tags.clone();
        Remade { changed: self.is_changed, before, after, size: self.size }
    }
}

/// What an update of lines did.
#[derive(Debug, Serialize)]
pub struct LinesUpdated {
    /// The document's true path.
    #[serde(serialize_with = "as_shown")]
    pub file: PathBuf,
    /// Whether the document was replaced, or would be.
    pub changed: bool,
    /// The tag of the content before.
    pub etag_before: String,
    /// The tag of the content after.
    pub etag_after: String,
    /// For how long others kept us out, in milliseconds.
    pub waited_ms: u64,
    /// The dead holder whose lock was taken over.
    pub taken_over: Option<String>,
    /// The id under which the history keeps the content before.
    pub history: Option<String>,
    /// What should be told.
    pub warnings: Vec<Warning>,
    /// How many lines it had.
    pub lines: u64,
    /// Those that are not JSON, and were kept as they are.
    pub foreign: Foreign,
    /// Whether the last result is neither false nor null.
    pub truthy: bool,
    /// The contents before and after, for a dry run and where the document was in memory anyhow.
    #[serde(skip)]
    pub whole: Option<Whole>,
}

fn as_shown<S: serde::Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&shown(path))
}

/// Both contents of a document.
#[derive(Debug)]
pub struct Whole {
    /// Before.
    pub old: Arc<Vec<u8>>,
    /// After.
    pub new: Arc<Vec<u8>>,
}

impl Lines {
    /// Lines changed by this.
    pub fn new(program: Program) -> Lines {
        Lines { program, tally: Tally::default() }
    }
}

/// Changes a document line by line. `in_memory` is for one who wants both contents. Otherwise no more
/// than a line is in memory, however large the document is, where its place can do that.
///
/// # Errors
/// As [`update`]; a filter that fails names the line. The document is as it was.
pub fn update_lines(
    place: &mut impl Place,
    request: &Update,
    lines: &mut Lines,
    in_memory: bool,
) -> Result<LinesUpdated, MemoryError> {
    if !in_memory && !request.dry_run {
        let streamed = stream(place, request, lines).inspect_err(|_| drop(place.leave()))?;
        if let Some(updated) = streamed {
            return Ok(updated);
        }
    }
    let updated = update(place, request, lines)?;
    let Change { file, old, new, changed, warnings, waited, taken_over, history, .. } = updated.change;
    let told = Told { warnings, waited, taken_over, kept: history };
    Ok(lines.updated(file, changed, Some(Whole { old, new }), told))
}

/// `None` where there is no document, or its place can't do this.
fn stream(
    place: &mut impl Place,
    request: &Update,
    lines: &mut Lines,
) -> Result<Option<LinesUpdated>, MemoryError> {
    for _ in 0..TRIES {
        let Some((path, version)) = place.open_pieces()? else { return Ok(None) };
        let mut made = Ok(Tally::default());
        let (program, given) = (&lines.program, place.name().to_owned());
        let rewritten = place.rewrite(version, &mut |input, output, waiter| {
            let path = path.clone();
            made = program.apart(waiter, move |program| {
                let mut work = Work::new(program, &path)?;
                let tally = work.all(input, output)?;
                Ok((tally, work))
            });
            if let (Ok(tally), Some(wanted)) = (&made, &request.if_match)
                && tally.tags.0 != *wanted
            {
                made = Err(other_version(&given, wanted, &tally.tags.0));
            }
            made.as_ref().ok().map(Tally::remade)
        })?;
        let told = match rewritten {
            Rewritten::Made(Published::Changed) => continue,
            Rewritten::Made(Published::Done(told)) | Rewritten::Same(told) => told,
            Rewritten::GivenUp => Told::default(),
        };
        lines.tally = made?;
        let is_changed = lines.tally.is_changed;
        return Ok(Some(lines.updated(path, is_changed, None, told)));
    }
    Err(MemoryError::Changing { path: place.name().to_owned() })
}

impl Lines {
    fn updated(&mut self, file: PathBuf, changed: bool, whole: Option<Whole>, told: Told) -> LinesUpdated {
        let Tally { lines, foreign, truthy, tags, .. } = std::mem::take(&mut self.tally);
        let (etag_before, etag_after) = tags;
        let waited_ms = u64::try_from(told.waited.as_millis()).unwrap_or(u64::MAX);
        let Told { warnings, taken_over, kept: history, .. } = told;
        LinesUpdated {
            file,
            changed,
            etag_before,
            etag_after,
            waited_ms,
            taken_over,
            history,
            warnings,
            lines,
            foreign,
            truthy,
            whole,
        }
    }
}

impl Transform for Lines {
    fn apply(
        &mut self,
        path: &Path,
        old: &Arc<Vec<u8>>,
        waiter: &mut dyn Waiter,
    ) -> Result<Made, MemoryError> {
        let (old, path) = (old.clone(), path.to_owned());
        let (bytes, tally) = self.program.bounded(&old.clone(), waiter, move |program| {
            let mut work = Work::new(program, &path)?;
            let mut bytes = Vec::with_capacity(old.len());
            let tally = work.all(&old[..], &mut bytes)?;
            Ok(((bytes, tally), work))
        })?;
        self.tally = tally;
        Ok(Made { truthy: self.tally.truthy, bytes, kinds: None })
    }
}

/// The filter at work.
struct Work {
    program: Program,
    filter: Filter,
    path: PathBuf,
}

impl Work {
    fn new(program: &Program, path: &Path) -> Result<Work, MemoryError> {
        Ok(Work { program: program.clone(), filter: program.compile()?, path: path.to_owned() })
    }

    fn all(&mut self, input: impl Read, output: impl Write) -> Result<Tally, MemoryError> {
        let fail = |op| {
            let path = self.path.clone();
            move |error: io::Error| -> MemoryError {
                PlaceError::from(PathError::of::<ReplaceError>(op, path)(error)).into()
            }
        };
        let mut reader = Reader::new(Tagged::new(input));
        let mut out = BufWriter::with_capacity(PIECE, Tagged::new(output));
        let mut tally = Tally::default();
        let mut made = Vec::new();
        loop {
            match reader.next().map_err(fail(Op::Read))? {
                Next::End => break,
                Next::TooLong => {
                    tally.foreign.add(reader.number);
                    out.write_all(reader.line()).map_err(fail(Op::Write))?;
                    reader.copy_rest(&mut out).map_err(fail(Op::Write))?;
                }
                Next::Line => {
                    made.clear();
                    let line = reader.line();
                    self.line(line, reader.number, &mut made, &mut tally)?;
                    tally.is_changed |= made != line;
                    out.write_all(&made).map_err(fail(Op::Write))?;
                }
            }
        }
        tally.lines = reader.number;
        let written = out.into_inner().map_err(|error| fail(Op::Write)(error.into_error()))?;
        tally.size = written.size;
        tally.tags = (reader.into_inner().tag(), written.tag());
        Ok(tally)
    }

    /// What becomes of one line.
    fn line(
        &self,
        line: &[u8],
        number: u64,
        made: &mut Vec<u8>,
        tally: &mut Tally,
    ) -> Result<(), MemoryError> {
        let (content, end) = parted(line);
        let blank = content.iter().all(u8::is_ascii_whitespace);
        let read = if blank { None } else { Original::read(Format::Json, content).ok() };
        let Some((original, input)) = read else {
            if !blank {
                tally.foreign.add(number);
            }
            made.extend_from_slice(line);
            return Ok(());
        };
        let named = |error: MemoryError| MemoryError::OnLine {
            path: self.path.clone(),
            line: number,
            source: Box::new(error),
        };
        let what = Subject::Line(self.path.clone(), number);
        self.program.duplicates.judge(&what, original.equal_keys())?;
        let mut stored = Ok(());
        let mut is_first = true;
        let ran = self.filter.run_each(input, |result| {
            if !is_first {
                made.extend_from_slice(if end.is_empty() { b"\n" } else { end });
            }
            is_first = false;
            tally.truthy = result.is_truthy();
            stored = self.put(&original, &result, content, made);
            if stored.is_err() {
                std::ops::ControlFlow::Break(())
            } else {
                std::ops::ControlFlow::Continue(())
            }
        });
        ran.map_err(|source| named(MemoryError::Filter { on: None, source }))?;
        stored.map_err(named)?;
        if !is_first {
            made.extend_from_slice(end);
        }
        Ok(())
    }

    /// Writes a result on one line.
    fn put(
        &self,
        original: &Original<'_>,
        result: &Value,
        content: &[u8],
        made: &mut Vec<u8>,
    ) -> Result<(), MemoryError> {
        let layout = self.program.layout;
        let bytes = match layout.is_set() {
            // Whatever else was asked for, a line is a line.
            true => serialise(result, &Style::compact().sort_keys(layout.sort_keys).final_newline(false))
                .map_err(NotStorable::from),
            false => original.replaced_by(result),
        };
        let bytes = match bytes {
            Ok(bytes) if bytes.contains(&b'\n') => {
                serialise(result, &Style::detect(content).indent(0).final_newline(false))
                    .map_err(NotStorable::from)
            }
            bytes => bytes,
        };
        made.extend_from_slice(&bytes.map_err(|source| MemoryError::Unwritable { source })?);
        Ok(())
    }
}

/// What is read or written, and its tag.
struct Tagged<T> {
    inner: T,
    digest: Sha256,
    size: u64,
}

impl<T> Tagged<T> {
    fn new(inner: T) -> Tagged<T> {
        Tagged { inner, digest: Sha256::new(), size: 0 }
    }

    fn tag(self) -> String {
        hex::encode(self.digest.finalize())
    }
}

impl<R: Read> Read for Tagged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.digest.update(&buffer[..length]);
        self.size += length as u64;
        Ok(length)
    }
}

impl<W: Write> Write for Tagged<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let length = self.inner.write(buffer)?;
        self.digest.update(&buffer[..length]);
        self.size += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
