//! `aimem read` of lines of JSON.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Read, Report, raw_json, warn_of_equal_keys};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::memory::{self, Duplicates, Layout, LinesRead, Program, ReadLines, Subject};
use crate::sys::failure::Kind;
use crate::sys::text::shown;

impl Read {
    /// Prints what the filter makes of each line.
    pub(super) fn print_lines(
        &self,
        program: &Program,
        bytes: Arc<Vec<u8>>,
        path: &Path,
        patient: &mut Patient,
    ) -> Outcome {
        let out = output::json_out(self.raw);
        let read = memory::print_lines(&self.each_line(program, path), bytes, patient, out)?;
        match read {
            Ok(read) => self.ended(&read, path),
            Err(error) => output::settle(Err(error)).map(|()| Exit::Done),
        }
    }

    /// The same as one JSON document.
    pub(super) fn report_lines(
        &self,
        program: &Program,
        bytes: Arc<Vec<u8>>,
        path: &Path,
        etag: Option<String>,
        patient: &mut Patient,
    ) -> Outcome {
        let layout = Layout { compact: true, ..Layout::default() };
        let how = self.each_line(&Program { layout, ..program.clone() }, path);
        let printed = Shared::default();
        let read = memory::print_lines(&ReadLines { raw: false, ..how }, bytes, patient, printed.clone())?;
        let printed = std::mem::take(&mut *printed.lock());
        let results =
            printed.split_inclusive(|&byte| byte == b'\n').map(raw_json).collect::<Result<_, _>>()?;
        output::json(&Report { path: shown(path), etag, results: Some(results), ..Report::default() })?;
        // Writing to memory does not fail.
        self.ended(&read.unwrap_or_default(), path)
    }

    fn each_line(&self, program: &Program, path: &Path) -> ReadLines {
        let duplicates = self.filter.duplicates(Duplicates::Tell(warn_of_equal_keys));
        let layout = Layout { joined: self.join_output, ..program.layout };
        ReadLines {
            program: Program { duplicates, layout, ..program.clone() },
            path: path.to_owned(),
            raw: self.raw,
            slurp: self.slurp,
            tell: warn_of_line,
        }
    }

    fn ended(&self, read: &LinesRead, path: &Path) -> Outcome {
        match read.skipped {
            0 if self.filter.exit_status && read.truthy != Some(true) => Ok(Exit::CheckFailed),
            0 => Ok(Exit::Done),
            skipped => {
                let lines = if skipped == 1 { "line was" } else { "lines were" };
                let message = format!("{}: {skipped} {lines} left out", path.display());
                Err(CliError::new(Kind::Data, message)
                    .hint("the others were printed; `aimem update` keeps such lines as they are"))
            }
        }
    }
}

/// What is printed by another thread.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn warn_of_line(line: &Subject, why: &str) {
    output::warning(format!("{line}: {why}; it is left out"));
}
