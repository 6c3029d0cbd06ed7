//! Results on standard output, everything else on standard error.

use std::io::{self, Write};
use std::ops::Deref;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::error::{CliError, Outcome};
use super::exit::Exit;
use super::{colour, diff};
use crate::memory::Change;
use crate::sys::failure::Kind;
use crate::sys::text::{is_unsafe, printable, shown};

/// Whether nothing but errors shall be said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Says for the rest of this command line whether nothing but errors goes to standard error.
pub fn be_quiet(yes: bool) {
    QUIET.store(yes, Ordering::Relaxed);
}

/// Whether nothing but errors goes to standard error.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Which word stands before a line of a kind: `error`, `warning`, `hint`, `note` and so on.
pub type Labels = fn(&str) -> &'static str;

/// Other words than the kinds themselves.
static LABELS: OnceLock<Labels> = OnceLock::new();

/// Says by which words lines on standard error begin from now on.
pub fn use_labels(labels: Labels) {
    let _ = LABELS.set(labels);
}

/// Writes a result whole. A reader that has gone away is no error: it has seen enough.
///
/// # Errors
/// Standard output can't be written to.
pub fn result(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    settle(out.write_all(bytes).and_then(|()| out.flush()))
}

/// The same for what tells of a change that was made: after that, an answer which cannot be written
/// is told apart.
///
/// # Errors
/// As [`result`].
pub fn answer(bytes: &[u8], changed: bool) -> Result<(), CliError> {
    result(bytes).map_err(|error| match changed {
        true => CliError { exit: Exit::Failed(Kind::Unfinished), ..error }
            .hint("the file was changed: do not repeat it, but look: aimem read"),
        false => error,
    })
}

/// A report of such a change.
///
/// # Errors
/// As [`answer`].
pub fn answer_json(report: &impl Serialize, changed: bool) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(report).map_err(no_report)?;
    answer(safe_json(&text).as_bytes(), changed)
}

/// What a change came to: for a program the report and nothing else; for a person the warnings and,
/// where nothing was to be written, the difference. Says whether a person may want to hear more.
///
/// # Errors
/// As [`answer`].
pub fn change(
    file: &Path,
    done: &(impl Deref<Target = Change> + Serialize),
    json: bool,
    dry_run: bool,
) -> Result<bool, CliError> {
    if json {
        answer_json(done, done.changed)?;
        return Ok(false);
    }
    done.warnings.iter().for_each(warning);
    if dry_run {
        diff(file, &done.old, &done.new)?;
    }
    Ok(!dry_run)
}

/// Turns the end of writing to standard output into the verb's.
///
/// # Errors
/// As [`result`].
pub fn settle(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| {
            CliError::new(
                Kind::Io,
                format!("cannot write to standard output: {}", super::error::explain(&error)),
            )
        }),
    }
}

/// A text on standard output, at once. Says whether there is still a reader.
///
/// # Errors
/// As [`result`].
pub fn at_once(text: &str) -> Result<bool, CliError> {
    match write_out(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => settle(written).map(|()| true),
    }
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// One line on standard output, for a word that must arrive: here a reader that has gone away
/// is an error.
///
/// # Errors
/// Standard output can't be written to.
pub fn line_or_fail(line: &str) -> Result<(), CliError> {
    let written = write_out(&format!("{line}\n"));
    written.map_err(|error| CliError::io("cannot write to standard output", &error))
}

/// One JSON document on standard output.
///
/// # Errors
/// As [`result`].
pub fn json(report: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(report).map_err(no_report)?;
    result(safe_json(&text).as_bytes())
}

/// A JSON document without line breaks.
///
/// # Errors
/// It can't be said in JSON.
pub fn one_line(report: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string(report).map_err(no_report)?;
    Ok(safe_json(&text).trim_end().to_owned())
}

/// One JSON document on one line of standard error.
///
/// # Errors
/// It can't be said in JSON.
pub fn json_note(report: &impl Serialize) -> Result<(), CliError> {
    let line = one_line(report)?;
    // Nowhere is left to say that standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{line}");
    Ok(())
}

fn no_report(error: serde_json::Error) -> CliError {
    CliError::new(Kind::Io, format!("cannot write the report: {error}"))
}

fn safe_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        // Any but the line ends stands inside a string, where the escape means the same. A
        // terminal obeys some that JSON lets through, such as DEL and the C1 controls.
        if letter != '\n' && is_unsafe(letter) {
            safe.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            safe.push(letter);
        }
    }
    safe.push('\n');
    safe
}

/// A line on standard error: an error, or what is none and goes unsaid with `--quiet`.
pub fn note(kind: &str, text: &str) {
    if kind == "error" || !is_quiet() {
        say(kind, text);
    }
}

/// The same, whatever `--quiet` says.
pub fn say(kind: &str, text: &str) {
    let (label, colon) = match LABELS.get() {
        Some(labels) => (labels(kind), ""),
        None => (kind, ":"),
    };
    // Nowhere is left to say that standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{}{colon} {}", paint(kind, label), printable(text));
}

/// A text on standard error that is its own.
pub fn aside(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Something that went well but not as one might think.
pub fn warning(text: impl std::fmt::Display) {
    note("warning", &text.to_string());
}

/// Says what went wrong and returns the exit code.
pub fn finish(outcome: Outcome) -> u8 {
    let error = match outcome {
        Ok(exit) => return exit.code(),
        Err(error) => error,
    };
    // With `-E 0` a busy lock is no error.
    if is_quiet() && error.exit.code() == 0 {
        return 0;
    }
    // Whoever sent the signal knows.
    if !matches!(error.exit, Exit::Failed(Kind::Interrupted(_))) {
        if error.facts.as_json {
            let _ = json_note(&Failure::of(&error));
            return error.exit.code();
        }
        say("error", &error.message);
        for line in error.details.iter().flat_map(|details| details.lines()) {
            let _ = writeln!(io::stderr().lock(), "  {}", printable(line));
        }
        if let Some(hint) = error.what_to_do() {
            say("hint", &hint);
        }
    }
    error.exit.code()
}

/// An error for programs.
#[derive(Serialize)]
struct Failure<'a> {
    error: &'a str,
    kind: &'a str,
    exit: u8,
    file: Option<String>,
    holder: Option<&'a str>,
    expires: Option<&'a str>,
    hint: Option<String>,
    details: Option<&'a str>,
}

impl Failure<'_> {
    fn of(error: &CliError) -> Failure<'_> {
        Failure {
            error: &error.message,
            kind: error.facts.kind.map_or("other", Kind::name),
            exit: error.exit.code(),
            file: error.facts.file.as_deref().map(shown),
            holder: error.facts.holder.as_deref(),
            expires: error.facts.expires.as_deref(),
            hint: error.what_to_do(),
            details: error.details.as_deref(),
        }
    }
}

/// A difference as a result, coloured where it may be.
///
/// # Errors
/// As [`result`].
pub fn diff(file: &Path, old: &[u8], new: &[u8]) -> Result<(), CliError> {
    let text = diff::unified(file, old, new);
    let text = if colour::on(&io::stdout()) { colour::diff(&text) } else { text };
    result(text.as_bytes())
}

/// Where JSON is printed as it is made, coloured where it may be.
pub fn json_out(plain: bool) -> Box<dyn Write + Send> {
    let out = io::BufWriter::with_capacity(1 << 16, io::stdout());
    match !plain && colour::on(&io::stdout()) {
        true => Box::new(colour::Json::new(out)),
        false => Box::new(out),
    }
}

fn paint(kind: &str, label: &str) -> String {
    let colour = match kind {
        _ if !colour::on(&io::stderr()) => return label.to_owned(),
        "error" => "1;31",
        "warning" => "1;33",
        "hint" => "1;36",
        "ok" => "1;32",
        _ => "2",
    };
    format!("\x1b[{colour}m{label}\x1b[0m")
}

/// A table for people: columns as wide as their widest cell, two spaces between, the last one
/// free.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
