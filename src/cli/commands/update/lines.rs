//! `aimem update` of lines of JSON.

use std::path::Path;

use super::Update;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::memory::{self, Foreign, Lines, MemoryError, Program, Whole};
use crate::place::FilePlace;
use crate::sys::text::shown;

impl Update {
    /// Changes each line.
    pub(super) fn lines(
        &self,
        path: &Path,
        program: Program,
        request: &memory::Update,
        place: &mut FilePlace<'_>,
    ) -> Outcome {
        if request.returns.is_some() {
            return Err(CliError::usage("--return is for one document, and not for lines"));
        }
        if self.schema.schema.is_some() {
            return Err(CliError::usage("--schema is for one document, and not for lines"));
        }
        let updated = memory::update_lines(place, request, &mut Lines::new(program), self.print);
        let updated = updated.map_err(|error| match error {
            MemoryError::Missing { .. } | MemoryError::Filter { .. } => {
                self.filter.hint_at_order(error.into())
            }
            error => self.lock.wait.choose_exit(error),
        })?;
        if self.json {
            output::answer_json(&updated, updated.changed)?;
        } else {
            updated.warnings.iter().for_each(output::warning);
            tell(path, &updated.foreign);
        }
        if let Some(Whole { old, new }) = &updated.whole {
            if self.dry_run {
                output::diff(path, old, new)?;
            } else if self.print {
                output::answer(new, updated.changed)?;
            }
        }
        let failed = self.filter.exit_status && !updated.truthy;
        Ok(if failed { Exit::CheckFailed } else { Exit::Done })
    }
}

/// Names the lines that were kept as they are. When the lock has been given back: whoever reads
/// this may be slow.
fn tell(path: &Path, foreign: &Foreign) {
    if foreign.count == 0 {
        return;
    }
    let file = shown(path);
    for range in &foreign.ranges {
        match range.end() - range.start() {
            0 => output::warning(format!("{file}: line {} is not valid JSON; it was kept", range.start())),
            _ => output::warning(format!(
                "{file}: lines {} to {} are not valid JSON; they were kept",
                range.start(),
                range.end()
            )),
        }
    }
    if foreign.count > 1 {
        output::warning(format!("{file}: {} lines in all are not valid JSON", foreign.count));
    }
}
