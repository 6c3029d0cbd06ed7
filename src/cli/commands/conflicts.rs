//! `aimem conflicts`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::compare::look;
use crate::cli::args::{LockArgs, ReplaceArgs, call};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::format::FormatArg;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::memory::{self, Conflicts as Found, MemoryError, Reading};
use crate::merge::{MergeError, Resolution, Shown, Take};
use crate::place::FilePlace;
use crate::replace::Replace;
use crate::settings;
use crate::sys::text::printable;

/// List the conflicts that a merge has left, and resolve them
#[derive(Debug, Subcommand)]
pub enum Conflicts {
    /// List the conflicts of a document; exit 1 if there are any
    List(List),
    /// Show the values of all sides
    Show(Show),
    /// Choose what the document shall hold
    Resolve(Resolve),
}

/// List the conflicts of a document; exit 1 if there are any
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem conflicts list decisions.json
  aimem conflicts list --json decisions.json")]
pub struct List {
    /// The document
    file: PathBuf,
    #[command(flatten)]
    format: FormatArg,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// Show the values of all sides
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem conflicts show decisions.json
  aimem conflicts show decisions.json 2
  aimem conflicts show decisions.json /decisions/id=ADR-001/status")]
pub struct Show {
    /// The document
    file: PathBuf,
    /// One conflict: its number or its path, as `list` has them [default: all]
    which: Option<String>,
    #[command(flatten)]
    format: FormatArg,
}

/// Choose what the document shall hold
///
/// --ours leaves what the document holds there now. The value chosen takes its place, and the conflict
/// leaves the list, in one change.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem conflicts resolve decisions.json 1 --theirs
  aimem conflicts resolve decisions.json /decisions/id=ADR-001/status --value '\"accepted\"'
  aimem conflicts resolve decisions.json --all --ours")]
pub struct Resolve {
    /// The document
    file: PathBuf,
    /// The conflict: its number or its path, as `list` has them
    #[arg(required_unless_present = "all")]
    which: Option<String>,
    /// Resolve all of them in this way
    #[arg(long, conflicts_with = "which")]
    all: bool,
    /// Keep what the document holds
    #[arg(long, group = "take")]
    ours: bool,
    /// Take their value; what they have removed is removed
    #[arg(long, group = "take")]
    theirs: bool,
    /// Take this value
    #[arg(long, value_name = "JSON", group = "take", required_unless_present_any = ["ours", "theirs"])]
    #[arg(allow_hyphen_values = true)]
    value: Option<String>,
    #[command(flatten)]
    format: FormatArg,
    /// Resolve only if the file's tag, from `read --etag`, is still this one
    #[arg(long, value_name = "TAG")]
    if_match: Option<String>,
    /// Print what would change as a diff, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long, conflicts_with = "dry_run")]
    json: bool,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    lock: LockArgs,
}

/// So much of a value is shown in a list.
const SHOWN: usize = 40;

fn find(file: &Path, format: &FormatArg) -> Result<Found, CliError> {
    let mut patient = Patient::new()?;
    let document = look(file, &mut patient)?;
    let list = memory::beside(file);
    let mut waiting = Patient::new()?;
    let mut place = FilePlace::new(&list, None, Replace::new(), &mut waiting);
    let list = memory::read(&mut place, Reading::Free)?.bytes;
    drop(place);
    Ok(memory::conflicts(&document, list, format.format, &mut patient)?)
}

/// The conflict that is meant by its number or its path.
fn path_of(found: &Found, which: &str) -> Result<String, CliError> {
    let by_number = || found.conflicts.get(which.parse::<usize>().ok()?.checked_sub(1)?);
    let named = found.conflicts.iter().find(|one| one.path == which).or_else(by_number);
    match named {
        Some(one) => Ok(one.path.clone()),
        None => Err(MemoryError::Conflicts {
            path: PathBuf::from(&found.file),
            source: MergeError::NoConflict(which.to_owned()),
        }
        .into()),
    }
}

fn exit(conflicts: &[Shown]) -> Exit {
    if conflicts.is_empty() { Exit::Done } else { Exit::CheckFailed }
}

impl Conflicts {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Conflicts::List(list) => list.run(),
            Conflicts::Show(show) => show.run(),
            Conflicts::Resolve(resolve) => {
                let (json, file) = (resolve.json, resolve.file.clone());
                resolve.run().map_err(|error| error.about(&file, json))
            }
        }
    }
}

impl List {
    fn run(self) -> Outcome {
        let found = find(&self.file, &self.format).map_err(|error| error.about(&self.file, self.json))?;
        if self.json {
            output::json(&found)?;
        } else if !found.conflicts.is_empty() {
            let head = ["NO", "PATH", "OURS", "THEIRS"].map(str::to_owned).to_vec();
            let rows = found.conflicts.iter().enumerate().map(|(place, one)| {
                vec![
                    (place + 1).to_string(),
                    printable(&one.path).into_owned(),
                    short(&one.ours),
                    short(&one.theirs),
                ]
            });
            let table: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
            output::result(output::table(&table).as_bytes())?;
        }
        Ok(exit(&found.conflicts))
    }
}

fn short(value: &Option<Box<serde_json::value::RawValue>>) -> String {
    let Some(value) = value else { return "(removed)".to_owned() };
    let text = printable(value.get());
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

impl Show {
    fn run(self) -> Outcome {
        let mut found = find(&self.file, &self.format)?;
        if let Some(which) = &self.which {
            let path = path_of(&found, which)?;
            found.conflicts.retain(|one| one.path == path);
        }
        output::json(&found.conflicts)?;
        Ok(exit(&found.conflicts))
    }
}

impl Resolve {
    fn run(self) -> Outcome {
        let which = match &self.which {
            Some(which) => Some(path_of(&find(&self.file, &self.format)?, which)?),
            None => None,
        };
        let take = match self.value {
            Some(value) => Take::Value(value.into_bytes()),
            None if self.theirs => Take::Theirs,
            None => Take::Ours,
        };
        let request = memory::Resolve {
            resolution: Resolution { which, take },
            format: self.format.format,
            if_match: self.if_match,
            dry_run: self.dry_run,
        };
        let locker = self.lock.locker(call("conflicts resolve", &[&self.file], None))?;
        let keeping = settings::keeping(&locker, "resolve")?;
        let (mut patient, mut waiting) = (Patient::new()?, Patient::new()?);
        let replace = self.replace.replace()?;
        let mut place = FilePlace::new(&self.file, Some(&locker), replace, &mut patient).history(keeping);
        let list = memory::beside(&self.file);
        let mut list = FilePlace::new(&list, Some(&locker), Replace::new(), &mut waiting);
        let resolved = memory::resolve(&mut place, &mut list, &request)
            .map_err(|error| self.lock.wait.choose_exit(error))?;
        if output::change(&self.file, &resolved, self.json, self.dry_run)? {
            let (done, left) = (resolved.resolved.len(), resolved.left.len());
            output::note("note", &format!("resolved {done}, {left} left"));
        }
        Ok(exit(&resolved.left))
    }
}
