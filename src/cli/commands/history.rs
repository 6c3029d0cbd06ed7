//! `aimem history`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::history::{Entry, Pruned, State, Which};
use crate::memory;
use crate::settings;
use crate::sys::failure::Kind;
use crate::sys::text::printable;

/// So many digits of a tag tell versions apart.
const TAG_DIGITS: usize = 12;

/// Show what a file was before: when, who, by which verb, how large
///
/// Each version that aimem replaces is kept for a while, in the lock folder. A version is named
/// @{-1} for the one before the last change, @{yesterday}, @{2h}, a date, or by the first digits of
/// its tag.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(override_usage = "aimem history [OPTIONS] FILE\n       aimem history <COMMAND>")]
#[command(after_help = "\
Examples:
  aimem history sessions.json
  aimem history diff sessions.json @{-2}")]
pub struct History {
    /// The file
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// One JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(Show),
    Diff(Diff),
    Forget(Forget),
    Prune(Prune),
}

/// Print a version, byte for byte
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem history show sessions.json @{-2}
  aimem history show sessions.json @{-1} > before.json")]
struct Show {
    /// The file
    file: PathBuf,
    /// Which version
    #[arg(value_name = "WHICH", default_value = "@{-1}")]
    which: String,
    /// Print it even if it was altered since it was kept
    #[arg(long)]
    force: bool,
}

/// Print what differs between two versions
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem history diff sessions.json
  aimem history diff sessions.json @{-2} @{-1}")]
struct Diff {
    /// The file
    file: PathBuf,
    /// The older version
    #[arg(value_name = "FROM", default_value = "@{-1}")]
    from: String,
    /// The newer one
    #[arg(value_name = "TO", default_value = "@{now}")]
    to: String,
    /// Take versions even if they were altered since they were kept
    #[arg(long)]
    force: bool,
}

/// Remove all that is known of a file's past
///
/// No version, no name and no line of the log is left. Backups made by --backup stay.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem history forget secrets.json
  aimem history forget secrets.json --json")]
struct Forget {
    /// The file
    file: PathBuf,
    /// One JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Remove versions beyond what is to be kept, of all files
///
/// Writers do so now and then; this does it at once, as after a change of the settings.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem history prune
  aimem history prune --json")]
struct Prune {
    /// A file, whose lock folder is meant [default: the working folder's]
    #[arg(default_value = "any file here", hide_default_value = true)]
    file: PathBuf,
    /// One JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
}

impl History {
    pub(crate) fn run(self) -> Outcome {
        match self.command {
            Some(Command::Show(show)) => show.run(),
            Some(Command::Diff(diff)) => diff.run(),
            Some(Command::Forget(forget)) => forget.run(),
            Some(Command::Prune(prune)) => prune.run(),
            None => {
                let (file, json) = (self.file.unwrap_or_default(), self.json);
                list(&file, json).map_err(|error| error.about(&file, json))
            }
        }
    }
}

fn list(file: &std::path::Path, json: bool) -> Outcome {
    let history = memory::history(file, &settings::lock_roots()?)?;
    if json {
        output::json(&history)?;
        return Ok(Exit::Done);
    }
    if history.versions.is_empty() {
        return Err(CliError::new(Kind::NoInput, format!("nothing is known of the past of {}", file.display()))
            .hint("versions are kept from the first update or write by aimem on, unless AIMEM_HISTORY or config.toml says otherwise"));
    }
    let head = ["VERSION", "WRITTEN", "BYTES", "STATE", "BY", "WHO", "TAG"].map(str::to_owned).to_vec();
    let table: Vec<Vec<String>> = std::iter::once(head).chain(history.versions.iter().map(row)).collect();
    output::result(output::table(&table).as_bytes())?;
    Ok(Exit::Done)
}

fn row(entry: &Entry) -> Vec<String> {
    let none = || "-".to_owned();
    let state = match entry.state {
        State::Valid => "valid",
        State::Broken => "broken",
        State::Altered => "altered",
        State::Gone => "gone",
        State::Lost => "lost",
    };
    let tag = entry.etag.as_deref().map(|tag| tag.chars().take(TAG_DIGITS).collect());
    // What nobody has written down was written by a program that takes no lock; or, if it is the
    // oldest, before anything was written down.
    vec![
        entry.which.clone().unwrap_or_else(none),
        entry.written.map_or_else(none, local),
        entry.size.map_or_else(none, |size| size.to_string()),
        state.to_owned(),
        entry.verb.as_deref().map_or_else(none, |verb| printable(verb).into_owned()),
        entry.who.clone().unwrap_or_else(|| "unknown".to_owned()),
        tag.unwrap_or_else(none),
    ]
}

fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn which(text: &str) -> Result<Which, CliError> {
    Which::parse(text, Timestamp::now()).map_err(|error| CliError::of(&error, error.kind(), error.hint()))
}

impl Show {
    fn run(self) -> Outcome {
        let roots = settings::lock_roots()?;
        let bytes = memory::version(&self.file, &roots, &which(&self.which)?, self.force)?;
        output::result(&bytes).map(|()| Exit::Done)
    }
}

impl Diff {
    fn run(self) -> Outcome {
        let roots = settings::lock_roots()?;
        let version = |text: &str| -> Result<Vec<u8>, CliError> {
            Ok(memory::version(&self.file, &roots, &which(text)?, self.force)?)
        };
        let (from, to) = (version(&self.from)?, version(&self.to)?);
        output::diff(&self.file, &from, &to).map(|()| Exit::Done)
    }
}

impl Forget {
    fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.forget().map_err(|error| error.about(&file, json))
    }

    fn forget(self) -> Outcome {
        let locker = locker(&self.wait, None, None, call("history forget", &[&self.file], None))?;
        let mut patient = Patient::new()?;
        let pruned = memory::forget(&self.file, &locker, &mut patient)
            .map_err(|error| self.wait.choose_exit(error))?;
        told(self.json, None, pruned)
    }
}

impl Prune {
    fn run(self) -> Outcome {
        let json = self.json;
        let roots = settings::lock_roots();
        let pruned = roots
            .map_err(CliError::from)
            .and_then(|roots| Ok(memory::prune(&self.file, &roots, &settings::limits()?)?));
        let (root, pruned) = pruned.map_err(|error| error.as_json(json))?;
        told(json, Some(root), pruned)
    }
}

#[derive(Serialize)]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    #[serde(flatten)]
    pruned: Pruned,
}

fn told(json: bool, folder: Option<String>, pruned: Pruned) -> Outcome {
    if json {
        output::json(&Report { folder, pruned })?;
    } else {
        let Pruned { versions, bytes } = pruned;
        let place = folder.map(|folder| format!(" of the files in {folder}")).unwrap_or_default();
        output::note("note", &format!("removed {versions} versions{place}, {bytes} bytes"));
    }
    Ok(Exit::Done)
}
