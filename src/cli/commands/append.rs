//! `aimem append`

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use clap::Args;

use super::super::args::{LockArgs, call, refuse_dash};
use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::input::{Lines, Next};
use super::super::output;
use super::super::waiting::Patient;
use crate::lock::LockError;
use crate::memory::{self, Appended, MemoryError};
use crate::place::FilePlace;
use crate::replace::{Replace, Rotation};
use crate::settings::{self, size};

/// Add lines at the end of any file
///
/// The file is written in place, which takes as long for ten gigabytes as for none, and is made when
/// it is missing. What is added to .jsonl and .ndjson files must be one JSON document a line.
#[derive(Debug, Args)]
#[command(override_usage = "aimem append [OPTIONS] FILE [TEXT|-]")]
#[command(after_help = "\
Examples:
  aimem append TODO.md '- [ ] ship it'
  aimem append log.jsonl '{\"event\": \"start\"}' --max-size 10m --keep 5
  printf 'one\\ntwo\\n' | aimem append notes.txt -")]
pub struct Append {
    /// The file; missing folders above it are made
    file: PathBuf,
    /// The lines; standard input when there are none, or for -: then each line is written as it comes
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<OsString>,
    /// Let no file grow beyond this: set it aside as FILE.1, FILE.2, … at a line's end
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_size: Option<u64>,
    /// With --max-size: keep so many of those that are set aside
    #[arg(long, value_name = "K", default_value_t = 5, requires = "max_size")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    keep: u32,
    /// Do not sync the folder: quicker, and a power cut may take a new file away
    #[arg(long)]
    no_sync: bool,
    /// Say what was done as one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lock: LockArgs,
}

impl Append {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.append().map_err(|error| error.about(&file, json))
    }

    fn append(mut self) -> Outcome {
        refuse_dash(&self.file)?;
        let rotation = self.max_size.map(|max_size| Rotation { max_size, keep: self.keep });
        let locker = self.lock.locker(call("append", &[&self.file], None))?;
        let replace = Replace::new().sync(!self.no_sync);
        let mut patient = Patient::new()?;
        let keeping = settings::keeping(&locker, "append")?;
        let mut put = |lines: Vec<u8>, lines_before: usize, patient: &mut Patient| {
            let place =
                FilePlace::new(&self.file, Some(&locker), replace.clone(), patient).make_folders(true);
            let mut place = place.history(keeping.clone());
            memory::append(&mut place, &memory::Append { lines, lines_before, rotation })
        };
        let done = match self.text.take() {
            Some(text) if text != "-" => put(memory::whole_lines(text.into_vec()), 0, &mut patient),
            _ => {
                let mut total = Total::default();
                let ended = stream(&mut patient, &mut total, &mut put);
                if let Err(error) = ended {
                    return Err(total.add_to(error, |error| self.lock.wait.choose_exit(error)));
                }
                Ok(total.0.unwrap_or_default())
            }
        };
        let appended = done.map_err(|error| self.lock.wait.choose_exit(error))?;
        if self.json {
            output::answer_json(&appended, appended.lines > 0)?;
        } else {
            appended.warnings.iter().for_each(output::warning);
        }
        Ok(Exit::Done)
    }
}

/// What the pieces of standard input came to.
#[derive(Default)]
struct Total(Option<Appended>);

/// How a stream of lines ended before its end.
enum Ended {
    Input(CliError),
    Memory(MemoryError),
}

/// Appends the lines on standard input as they come. Between them nobody is kept waiting.
fn stream(
    patient: &mut Patient,
    total: &mut Total,
    put: &mut impl FnMut(Vec<u8>, usize, &mut Patient) -> Result<Appended, MemoryError>,
) -> Result<(), Ended> {
    let mut input = Lines::new().map_err(Ended::Input)?;
    loop {
        let lines = match input.next(patient).map_err(Ended::Input)? {
            Next::Lines(lines) => lines,
            Next::End => return Ok(()),
            Next::Interrupted(signal) => return Err(Ended::Memory(LockError::Interrupted(signal).into())),
        };
        let before = total.lines();
        match put(lines.clone(), before, patient) {
            Ok(done) => total.add(done),
            Err(MemoryError::InvalidLine { path, line, source }) => {
                // Those before it are whole, and have come earlier.
                let fine = lines.split_inclusive(|&byte| byte == b'\n').take(line - before - 1);
                let fine = fine.collect::<Vec<_>>().concat();
                if !fine.is_empty() {
                    total.add(put(fine, before, patient).map_err(Ended::Memory)?);
                }
                return Err(Ended::Memory(MemoryError::InvalidLine { path, line, source }));
            }
            Err(error) => return Err(Ended::Memory(error)),
        }
    }
}

impl Total {
    fn lines(&self) -> usize {
        self.0.as_ref().map_or(0, |total| total.lines)
    }

    fn add(&mut self, done: Appended) {
        match &mut self.0 {
            None => self.0 = Some(done),
            Some(total) => {
                total.lines += done.lines;
                total.size_after = done.size_after;
                total.waited_ms += done.waited_ms;
                total.taken_over = total.taken_over.take().or(done.taken_over);
                total.set_aside += done.set_aside;
                total.warnings.extend(done.warnings);
            }
        }
    }

    /// An error, and how many lines were there before it.
    fn add_to(&self, ended: Ended, told: impl Fn(MemoryError) -> CliError) -> CliError {
        let error = match ended {
            Ended::Input(error) => error,
            Ended::Memory(error) => told(error),
        };
        match (self.lines(), error.what_to_do()) {
            (0, _) => error,
            (lines, None) => error.hint(format!("the {lines} lines before that are in the file")),
            (lines, Some(hint)) => {
                error.hint(format!("the {lines} lines before that are in the file; {hint}"))
            }
        }
    }
}
