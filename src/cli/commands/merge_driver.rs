//! `aimem merge-driver`

mod install;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::merge::tell;
use crate::cli::args::call;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::waiting::Patient;
use crate::document::Format;
use crate::lock::Locker;
use crate::memory::{self, Combined};
use crate::merge::Rules;
use crate::place::{Content, FilePlace};
use crate::replace::Replace;
use crate::settings;

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
                drive(base, ours, theirs, ours, path.first().unwrap_or(ours))
            }
        }
    }
}

/// Merges, and writes what comes out to `output`. `path` is the file that it is about.
fn drive(base: &Path, ours: &Path, theirs: &Path, output: &Path, path: &Path) -> Outcome {
    let mut patient = Patient::new()?;
    let content = |file: &Path| -> Result<Content, CliError> {
        Ok(Content { name: path.to_owned(), bytes: Some(Arc::new(input::file(file)?)) })
    };
    let mut base = input::file(base)?;
    if base.trim_ascii().is_empty() {
        // Both sides have added the file: nothing was removed.
        base = Format::of_name(path).map_or("", Format::empty).into();
    }
    let request = memory::Merge {
        theirs: content(theirs)?,
        base: Some(Arc::new(base)),
        roots: None,
        rules: Rules::default(),
        format: None,
        if_match: None,
        dry_run: false,
    };
    let Combined { bytes, conflicts, beside, .. } =
        memory::combine(&content(ours)?, None, &request, &mut patient)?;
    if let Some(list) = beside {
        let locker = settings::locker(call("merge-driver", &[path], None))?;
        store(&memory::beside(path), list, Some(&locker), &mut patient)?;
    }
    // A file of git's own, which nobody else knows.
    store(output, bytes.to_vec(), None, &mut patient)?;
    tell(path, &conflicts);
    Ok(if conflicts.is_empty() { Exit::Done } else { Exit::CheckFailed })
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
