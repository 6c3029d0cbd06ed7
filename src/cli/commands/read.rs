//! `aimem read`

mod lines;

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::super::args::{LockArgs, call};
use super::super::colour::{self, When};
use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::filter_args::FilterArgs;
use super::super::output;
use super::super::waiting::Patient;
use crate::document::{EqualKeys, Format};
use crate::memory::{self, Duplicates, Layout, Program, Reading, Subject, is_json, is_lines};
use crate::place::{FilePlace, etag};
use crate::replace::Replace;
use crate::sys::failure::{Hint, Kind};
use crate::sys::text::shown;

/// Print a file, or what a filter makes of it
///
/// No lock is taken, and nobody is waited for: what is read is one whole version all the same.
#[derive(Debug, Args)]
#[command(override_usage = "aimem read [OPTIONS] FILE [FILTER] [ARG…]")]
#[command(after_help = "\
Examples:
  aimem read --pretty sessions.json
  aimem read sessions.json '.sessions[-1].id' --raw")]
pub struct Read {
    #[command(flatten)]
    filter: FilterArgs,
    /// Indent JSON [default for .json files and for the results of a filter]
    #[arg(long, conflicts_with = "raw")]
    pretty: bool,
    /// Without a filter, the exact bytes of the file; with one, strings without quotes
    #[arg(short = 'r', long)]
    raw: bool,
    /// The same, without a line end after each result
    #[arg(short = 'j', long, conflicts_with_all = ["pretty", "json"])]
    join_output: bool,
    /// Colours, as --color always
    #[arg(short = 'C', long)]
    color_output: bool,
    /// Run the filter on the array of all documents in the file, and not on each one
    #[arg(short = 's', long)]
    slurp: bool,
    /// Print only the content's tag, for `write --if-match`
    #[arg(long, conflicts_with_all = ["pretty", "raw"])]
    etag: bool,
    /// Print this JSON when there is no such file
    #[arg(long, value_name = "JSON")]
    default: Option<String>,
    /// Print one JSON document: the path, the tag, and the document or the content, of one moment
    #[arg(long, conflicts_with_all = ["pretty", "raw", "etag"])]
    json: bool,
    /// Take the lock: wait until nobody who takes it is in the middle of anything
    #[arg(long)]
    locked: bool,
    /// Do not take the lock, as is the default
    #[arg(long, hide = true, conflicts_with_all = ["lock", "locked"])]
    no_lock: bool,
    #[command(flatten)]
    lock: LockArgs,
}

impl Read {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.filter.file());
        self.read().map_err(|error| error.about(&file, json))
    }

    fn read(mut self) -> Outcome {
        self.raw |= self.join_output;
        if self.color_output {
            colour::choose(When::Always);
        }
        let (path, program) = self.filter.program()?;
        let how = if self.locked || self.lock.lock.is_some() { Reading::Locked } else { Reading::Free };
        let locker = self.lock.locker(call("read", &[&path], None))?;
        let mut patient = Patient::new()?;
        let mut place = FilePlace::new(&path, Some(&locker), Replace::new(), &mut patient);
        let found = memory::read(&mut place, how).map_err(|error| self.lock.wait.choose_exit(error))?;
        drop(place);
        let named = || Format::of_name(&path).or_else(|| Format::of_name(&found.name));
        let mut format = self.filter.format.format.or_else(named);
        let exists = found.bytes.is_some();
        let bytes = match (found.bytes, &self.default) {
            (Some(bytes), _) => bytes,
            (None, Some(text)) => {
                format = Some(Format::Json);
                memory::validate(text.as_bytes(), Subject::Default)?;
                Arc::new(format!("{text}\n").into_bytes())
            }
            (None, None) => {
                let missing = CliError::new(Kind::NoInput, format!("{} does not exist", path.display()))
                    .advise(Hint::GiveDefault);
                return Err(self.filter.hint_at_order(missing));
            }
        };
        let program = program.map(|program| Program { format, ..program });
        if self.etag {
            output::result(format!("{}\n", etag(&bytes)).as_bytes())?;
            return Ok(Exit::Done);
        }
        if self.json {
            let etag = exists.then(|| etag(&bytes));
            // What is no plain JSON is told as its text, comments included.
            let is_plain = matches!(format, None | Some(Format::Json));
            let named = is_json(&path) || is_json(&found.name) || self.filter.format.format.is_some();
            let document = is_plain && named || program.is_some() || !exists;
            let lines = is_lines(&path) || is_lines(&found.name);
            if let Some(program) = program.as_ref().filter(|_| lines && exists) {
                return self.report_lines(program, bytes, &found.name, etag, &mut patient);
            }
            return self.report(
                &found.name,
                etag,
                bytes,
                program.filter(|_| document),
                document,
                &mut patient,
            );
        }
        let lines = is_lines(&path) || is_lines(&found.name);
        let as_json = self.slurp
            || self.pretty
            || self.filter.has_layout()
            || !self.raw && (is_json(&path) || is_json(&found.name));
        match program {
            Some(program) if lines => self.print_lines(&program, bytes, &path, &mut patient),
            None if lines && as_json => {
                self.print_lines(&self.filter.laid_out(".".to_owned()), bytes, &path, &mut patient)
            }
            Some(program) => self.print(&program, bytes, &path, &mut patient),
            None if as_json => {
                let as_it_is = Program { format, ..self.filter.laid_out(".".to_owned()) };
                self.print(&as_it_is, bytes, &path, &mut patient)
            }
            None => output::result(&bytes).map(|()| Exit::Done),
        }
    }

    fn print(&self, program: &Program, bytes: Arc<Vec<u8>>, path: &Path, patient: &mut Patient) -> Outcome {
        let out = output::json_out(self.raw);
        let what = Subject::Document(path.to_owned());
        let bytes = if self.slurp { in_brackets(&bytes, &what)? } else { bytes };
        let duplicates = self.filter.duplicates(Duplicates::Tell(warn_of_equal_keys));
        let layout = Layout { joined: self.join_output, ..program.layout };
        let program = &Program { duplicates, layout, ..program.clone() };
        let last = memory::print_results(program, bytes, what, self.raw, patient, out)?;
        let truthy = match last {
            Ok(last) => last,
            Err(error) => return output::settle(Err(error)).map(|()| Exit::Done),
        };
        let failed = self.filter.exit_status && truthy != Some(true);
        Ok(if failed { Exit::CheckFailed } else { Exit::Done })
    }

    /// All of one moment in one answer.
    fn report(
        &self,
        name: &Path,
        etag: Option<String>,
        bytes: Arc<Vec<u8>>,
        program: Option<Program>,
        is_document: bool,
        patient: &mut Patient,
    ) -> Outcome {
        let mut report = Report { path: shown(name), etag, ..Report::default() };
        let what = Subject::Document(name.to_owned());
        match program {
            Some(program) => {
                let results = memory::results(&program, bytes, what, patient)?;
                report.results =
                    Some(results.iter().map(|result| raw_json(result)).collect::<Result<_, _>>()?);
            }
            None if is_document => {
                memory::validate(&bytes, what)?;
                report.document = Some(raw_json(&bytes)?);
            }
            None => {
                let text = std::str::from_utf8(&bytes).map_err(|_| {
                    CliError::new(Kind::Data, format!("{} is not UTF-8", name.display()))
                        .hint("its exact bytes: aimem read --raw; its tag: aimem read --etag")
                })?;
                report.content = Some(text.to_owned());
            }
        }
        output::json(&report).map(|()| Exit::Done)
    }
}

/// What `--json` prints.
#[derive(Default, Serialize)]
struct Report {
    path: String,
    /// `null` for a document that does not exist.
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

/// JSON as it is spelled.
fn raw_json(text: &[u8]) -> Result<Box<RawValue>, CliError> {
    let text = String::from_utf8_lossy(text).trim().to_owned();
    RawValue::from_string(text)
        .map_err(|error| CliError::new(Kind::Data, format!("cannot print the document as JSON: {error}")))
}

/// The array of the one document.
fn in_brackets(document: &[u8], what: &Subject) -> Result<Arc<Vec<u8>>, CliError> {
    memory::validate(document, what.clone())?;
    Ok(Arc::new([b"[", document, b"]"].concat()))
}

fn warn_of_equal_keys(what: &Subject, keys: &EqualKeys) {
    output::warning(format!("{what}: {keys}; the last one counts"));
}
