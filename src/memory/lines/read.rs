//! A filter run on each line of a document, or on all of them as one array.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use super::reader::{Next, Reader, parted};
use crate::document::{Filter, FilterError, InvalidJson, Style, Value, print};
use crate::lock::Waiter;
use crate::memory::{MemoryError, Program, Subject};

/// How lines are read.
#[derive(Debug, Clone)]
pub struct ReadLines {
    /// The filter.
    pub program: Program,
    /// The document's name, for messages.
    pub path: PathBuf,
    /// Strings without quotes.
    pub raw: bool,
    /// The filter gets the array of all documents.
    pub slurp: bool,
    /// Who is told of a line that is left out, and why.
    pub tell: fn(&Subject, &str),
}

/// What a reader of lines has met.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinesRead {
    /// Whether the last result was neither false nor null; `None` without a result.
    pub truthy: Option<bool>,
    /// How many lines are not JSON, or were no input for the filter. All of them were told.
    pub skipped: u64,
}

/// Runs a filter on each line of a document, or on the array of all, and hands every result to `out`
/// as soon as it is there. Lines that are not JSON, or that the filter fails on, are told and left
/// out; blank ones are left out.
///
/// # Errors
/// The filter itself, the time limit, or, for the array, the filter's failure. What came before has
/// been handed out. An error of `out` ends the run and is returned inside.
pub fn print_lines(
    how: &ReadLines,
    document: Arc<Vec<u8>>,
    waiter: &mut dyn Waiter,
    out: impl Write + Send + 'static,
) -> Result<io::Result<LinesRead>, MemoryError> {
    let lines = how.clone();
    how.program.bounded(&document.clone(), waiter, move |program| {
        let filter = program.compile()?;
        let style = program.layout.apply(Style::pretty());
        let printer = Printer { filter: &filter, style, raw: lines.raw, out, failed: Ok(()) };
        Ok((all(&lines, program, &document, printer)?, ()))
    })
}

fn all(
    how: &ReadLines,
    program: &Program,
    document: &[u8],
    mut printer: Printer<'_, impl Write>,
) -> Result<io::Result<LinesRead>, MemoryError> {
    let mut read = LinesRead::default();
    let mut slurped = Vec::new();
    let mut reader = Reader::new(document);
    // Memory can be read.
    while let Ok(next @ (Next::Line | Next::TooLong)) = reader.next() {
        let line = Subject::Line(how.path.clone(), reader.number);
        let mut leave_out = |why: &str| {
            read.skipped += 1;
            (how.tell)(&line, why);
        };
        if matches!(next, Next::TooLong) {
            leave_out("it is too long");
            let _ = reader.copy_rest(io::sink());
            continue;
        }
        let content = parted(reader.line()).0;
        if content.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match program.read_value(content, &line) {
            Ok(value) if how.slurp => slurped.push(value),
            Ok(value) => {
                if let Err(error) = printer.print(value, &mut read.truthy) {
                    leave_out(&error.to_string());
                }
            }
            Err(MemoryError::InvalidJson { source, .. }) => leave_out(&why(&source)),
            Err(error) => return Err(error),
        }
        if printer.failed.is_err() {
            break;
        }
    }
    let ended = if how.slurp { printer.print(Value::array(slurped), &mut read.truthy) } else { Ok(()) };
    // What was there before an error is handed out first.
    let flushed = printer.failed.and_then(|()| printer.out.flush());
    ended.map_err(|source| MemoryError::Filter { on: Some(Subject::Document(how.path.clone())), source })?;
    Ok(flushed.map(|()| read))
}

/// Prints what a filter makes of values.
struct Printer<'f, W> {
    filter: &'f Filter,
    style: Style,
    raw: bool,
    out: W,
    failed: io::Result<()>,
}

impl<W: Write> Printer<'_, W> {
    /// Prints the results, until `out` fails.
    fn print(&mut self, value: Value, truthy: &mut Option<bool>) -> Result<(), FilterError> {
        self.filter.run_each(value, |value| {
            *truthy = Some(value.is_truthy());
            self.failed = print(&value, &self.style, self.raw, &mut self.out);
            if self.failed.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }
}

/// Without a line: there is only one.
fn why(invalid: &InvalidJson) -> String {
    format!("column {}: {}", invalid.column, invalid.reason)
}
