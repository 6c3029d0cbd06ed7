//! `aimem read` of lines of JSON.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{Read, warn_of_equal_keys};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::memory::{self, Duplicates, Program, ReadLines, Subject};
use crate::sys::failure::Kind;

impl Read {
    /// Prints what the filter makes of each line.
    pub(super) fn print_lines(
        &self,
        program: &Program,
        bytes: Arc<Vec<u8>>,
        path: &Path,
        patient: &mut Patient,
    ) -> Outcome {
        let duplicates = self.filter.duplicates(Duplicates::Tell(warn_of_equal_keys));
        let out = io::BufWriter::with_capacity(1 << 16, io::stdout());
        let how = ReadLines {
            program: Program { duplicates, ..program.clone() },
            path: path.to_owned(),
            raw: self.raw,
            slurp: self.slurp,
            tell: warn_of_line,
        };
        let read = memory::print_lines(&how, bytes, patient, out)?;
        let read = match read {
            Ok(read) => read,
            Err(error) => return output::settle(Err(error)).map(|()| Exit::Done),
        };
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

fn warn_of_line(line: &Subject, why: &str) {
    output::warning(format!("{line}: {why}; it is left out"));
}
