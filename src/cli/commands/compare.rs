//! `aimem compare`

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::error::CliError;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::format::FormatArg;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::memory::{self, MemoryError, Reading};
use crate::merge::Relation;
use crate::place::{Content, FilePlace};
use crate::replace::Replace;
use crate::settings;
use crate::sys::failure::Kind;

/// Say whether a version of a document is older than another, newer, or neither
///
/// Prints equal, before, after, concurrent or alarm: by the vectors in _version, where both have one, else
/// by what they hold. An alarm is two versions with equal vectors and different content.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem compare sessions.json /mnt/laptop/sessions.json
  aimem compare --json decisions.json old/decisions.json")]
pub struct Compare {
    /// A version
    one: PathBuf,
    /// Another one
    other: PathBuf,
    #[command(flatten)]
    format: FormatArg,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// Reads one whole version of a file that nothing is going to be done to.
pub(super) fn look(path: &Path, patient: &mut Patient) -> Result<Content, CliError> {
    let locker = settings::locker("aimem")?;
    let mut place = FilePlace::new(path, Some(&locker), Replace::new(), patient);
    let found = memory::read(&mut place, Reading::Free)?;
    if found.bytes.is_none() {
        // Nothing here makes it.
        return Err(CliError::of(&MemoryError::Missing { path: path.to_owned() }, Kind::NoInput, None));
    }
    Ok(found)
}

impl Compare {
    pub(crate) fn run(self) -> Outcome {
        let json = self.json;
        let mut patient = Patient::new()?;
        let compared = look(&self.one, &mut patient).and_then(|one| {
            let other = look(&self.other, &mut patient)?;
            Ok(memory::compare(&one, &other, self.format.format, &mut patient)?)
        });
        let compared = compared.map_err(|error| error.about(&self.one, json))?;
        if json {
            output::json(&compared)?;
        } else {
            output::result(format!("{}\n", compared.relation.word()).as_bytes())?;
            if compared.relation == Relation::Alarm {
                output::warning("both versions have the same _version, and different content");
            } else if !compared.has_vectors {
                output::note("note", "not both have a _version: only their content was compared");
            }
        }
        Ok(if compared.relation == Relation::Equal { Exit::Done } else { Exit::CheckFailed })
    }
}
