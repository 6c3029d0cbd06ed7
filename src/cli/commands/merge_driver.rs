//! `aimem merge-driver`

mod install;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::merge::tell;
use crate::cli::args::call;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::waiting::Patient;
use crate::cli::{input, output};
use crate::document::{Format, validate_as};
use crate::lock::Locker;
use crate::memory::{self, Combined};
use crate::merge::Rules;
use crate::place::{Content, FilePlace};
use crate::replace::Replace;
use crate::settings;
use crate::sys::failure::Kind;

/// Merge for git and jj
///
/// Called by git as `aimem merge-driver %O %A %B %P`: base, ours and theirs; the merged document takes
/// the place of ours. What can't be merged leaves exit code 1, and is in `aimem conflicts list PATH`.
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
#[command(override_usage = "aimem merge-driver BASE OURS THEIRS [PATH]\n       \
                            aimem merge-driver --jj OUTPUT BASE LEFT RIGHT\n       \
                            aimem merge-driver install [--global]")]
#[command(after_help = "\
Examples:
  aimem merge-driver install >> .gitattributes
  aimem merge-driver %O %A %B %P")]
pub struct MergeDriver {
    #[command(subcommand)]
    install: Option<Sub>,
    /// The files, in the caller's order; an empty BASE stands for none
    #[arg(value_name = "FILE", num_args = 3..=4, required = true)]
    files: Vec<PathBuf>,
    /// The files are OUTPUT BASE LEFT RIGHT, as jj names them
    #[arg(long)]
    jj: bool,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Tell git of the driver, and print the lines for .gitattributes
    Install(install::Install),
}

impl MergeDriver {
    pub(crate) fn run(self) -> Outcome {
        match self.install {
            Some(Sub::Install(install)) => install.run(),
            None if self.jj => {
                let [output, base, left, right] = &self.files[..] else {
                    return Err(CliError::usage("--jj wants four files: OUTPUT BASE LEFT RIGHT"));
                };
                drive(base, left, right, output, output)
            }
            None => {
                let [base, ours, theirs, path @ ..] = &self.files[..] else {
                    return Err(CliError::usage("which files? BASE OURS THEIRS [PATH]"));
                };
                let path = path.first().unwrap_or(ours);
                drive(base, ours, theirs, ours, path).or_else(|error| as_text(base, ours, theirs, error))
            }
        }
    }
}

/// Merges, and writes what comes out to `output`. `path` is the file that it is about.
fn drive(base: &Path, ours: &Path, theirs: &Path, output: &Path, path: &Path) -> Outcome {
    let mut patient = Patient::new()?;
    let [mut base, ours, theirs] = [input::file(base)?, input::file(ours)?, input::file(theirs)?];
    let format = format_of(path, [&base, &ours, &theirs]);
    if base.trim_ascii().is_empty() {
        // Both sides have added the file: nothing was removed.
        base = format.map_or("", Format::empty).into();
    }
    let content = |bytes| Content { name: path.to_owned(), bytes: Some(Arc::new(bytes)) };
    let request = memory::Merge {
        theirs: content(theirs),
        base: Some(Arc::new(base)),
        roots: None,
        rules: Rules::default(),
        format,
        if_match: None,
        dry_run: false,
    };
    let Combined { bytes, conflicts, beside, .. } =
        memory::combine(&content(ours), None, &request, &mut patient)?;
    if let Some(list) = beside {
        let locker = settings::locker(call("merge-driver", &[path], None))?;
        store(&memory::beside(path), list, Some(&locker), &mut patient)?;
    }
    // A file of git's own, which nobody else knows.
    store(output, bytes.to_vec(), None, &mut patient)?;
    tell(path, &conflicts);
    Ok(if conflicts.is_empty() { Exit::Done } else { Exit::CheckFailed })
}

/// The format that the name tells. Settings of editors are called `.json`, and hold comments.
fn format_of(path: &Path, versions: [&[u8]; 3]) -> Option<Format> {
    let has_comments =
        |bytes: &&[u8]| !bytes.trim_ascii().is_empty() && validate_as(Format::Json, bytes).is_err();
    match Format::of_name(path) {
        Some(Format::Json) if versions.iter().any(has_comments) => Some(Format::Jsonc),
        format => format,
    }
}

/// What is no document, or says of itself what we don't understand, is merged as git does it without
/// us: line by line, with marks where that fails.
fn as_text(base: &Path, ours: &Path, theirs: &Path, error: CliError) -> Outcome {
    /// git counts the conflicts; a failure is more than it counts.
    const MOST: i32 = 127;
    if error.exit != Exit::Failed(Kind::Data) {
        return Err(error);
    }
    let mut git = Command::new("git");
    git.args(["merge-file", "-q", "-L", "ours", "-L", "base", "-L", "theirs"]).args([ours, base, theirs]);
    match git.status().ok().and_then(|status| status.code()) {
        Some(count) if (0..=MOST).contains(&count) => {
            output::warning(format!("{}; merged as text", error.message));
            Ok(if count == 0 { Exit::Done } else { Exit::CheckFailed })
        }
        _ => Err(error),
    }
}

fn store(
    path: &Path,
    content: Vec<u8>,
    locker: Option<&Locker>,
    patient: &mut Patient,
) -> Result<(), CliError> {
    let mut place = FilePlace::new(path, locker, Replace::new(), patient);
    memory::store(&mut place, content)?;
    Ok(())
}
