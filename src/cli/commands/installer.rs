//! `aimem mcp install` and `aimem mcp uninstall`

use std::path::Path;

use clap::{Args, Subcommand};

use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::clients::{homes, program, tell};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::clients::note::Notes;
use crate::clients::{self, Added, Client, ClientError, Done, Entry, Homes, NAME, Room, Scope, Task};
use crate::document::{self, Format};
use crate::lock::Locker;
use crate::memory::{self, Reading};
use crate::place::{FilePlace, Keeping};
use crate::replace::Replace;
use crate::settings;

/// Put the server into the settings of an agent's client, and take it out again
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Installer {
    /// Put the server into the settings of an agent's client
    Install(Install),
    /// Take the server out of the settings of an agent's client
    Uninstall(Uninstall),
}

impl Installer {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Installer::Install(install) => install.run(),
            Installer::Uninstall(uninstall) => uninstall.run(),
        }
    }
}

/// Which settings of which client.
#[derive(Debug, Clone, Args)]
struct Where {
    /// The client
    #[arg(long, value_name = "NAME")]
    client: Client,
    /// Whose settings: yours, or those of the project in the working folder
    #[arg(long, default_value = "user")]
    scope: Scope,
    /// Show what would change as a diff, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Put the server into the settings of an agent's client
///
/// One entry is added, and no other byte of the file changes. Where the server is there already,
/// nothing is written. A file that cannot be read is left alone, and the entry is printed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem mcp install --client codex
  aimem mcp install --client vscode --scope project --dry-run")]
pub struct Install {
    #[command(flatten)]
    at: Where,
    /// Print the entry and the file that it belongs into, and change nothing
    #[arg(long, conflicts_with = "dry_run")]
    print: bool,
}

/// Take the server out of the settings of an agent's client
///
/// What `install` has put in is taken out, and no other byte of the file changes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem mcp uninstall --client codex
  aimem mcp uninstall --client vscode --scope project --dry-run")]
pub struct Uninstall {
    #[command(flatten)]
    at: Where,
}

impl Install {
    fn run(self) -> Outcome {
        let homes = homes()?;
        let command = program(self.at.scope)?;
        let entry = Entry::server(self.at.client, &command);
        let file = self.at.client.file(self.at.scope, &homes);
        if self.print {
            output::note("note", &format!("this belongs into {}", file.display()));
            return print(&entry, self.at.client.format());
        }
        let mut patient = Patient::new()?;
        if self.by_itself(&file, &entry, &command, &homes, &mut patient)? {
            output::note("note", &format!("{} has added the server to its settings", self.at.client.name()));
            return Ok(Exit::Done);
        }
        let locker = self.at.locker("mcp install", &file)?;
        let keeping = settings::keeping(&locker, "mcp install")?;
        match self.at.change((&locker, keeping), Task::Install, &file, &entry, &homes, &mut patient) {
            Ok(done) => tell(
                &done,
                self.at.dry_run,
                ["has the server now", "has the server already", "would get the server"],
            ),
            Err(error) => {
                if error.is_about_the_file() {
                    output::note("note", &format!("to add it by hand, this belongs into {}", file.display()));
                    print(&entry, self.at.client.format())?;
                }
                Err(self.at.wait.choose_exit(error))
            }
        }
    }

    /// Whether Claude Code has added the server by its own command, after which the file has it.
    fn by_itself(
        &self,
        file: &Path,
        entry: &Entry,
        command: &str,
        homes: &Homes,
        patient: &mut Patient,
    ) -> Result<bool, CliError> {
        let Where { client, scope, dry_run, .. } = &self.at;
        if *client != Client::ClaudeCode || *dry_run || has(file, entry, client.format(), patient) {
            return Ok(false);
        }
        match clients::add_by_claude(*scope, command, &homes.project, settings::variable("PATH"), patient) {
            Added::Done => Ok(has(file, entry, client.format(), patient)),
            Added::NoCommand => Ok(false),
            Added::Failed(why) => {
                output::warning(format!("`claude mcp add` {why}; the settings are changed without it"));
                Ok(false)
            }
        }
    }
}

impl Uninstall {
    fn run(self) -> Outcome {
        let homes = homes()?;
        let entry = Entry::server(self.at.client, NAME);
        let file = self.at.client.file(self.at.scope, &homes);
        if !file.exists() {
            output::note("note", &format!("{} does not exist", file.display()));
            return Ok(Exit::Done);
        }
        let mut patient = Patient::new()?;
        let locker = self.at.locker("mcp uninstall", &file)?;
        let keeping = settings::keeping(&locker, "mcp uninstall")?;
        match self.at.change((&locker, keeping), Task::Uninstall, &file, &entry, &homes, &mut patient) {
            Ok(done) => tell(
                &done,
                self.at.dry_run,
                ["does not have the server any more", "does not have the server", "would lose the server"],
            ),
            Err(error) => Err(self.at.wait.choose_exit(error)),
        }
    }
}

impl Where {
    fn locker(&self, verb: &str, file: &Path) -> Result<Locker, CliError> {
        locker(&self.wait, None, None, call(verb, &[file], None))
    }

    fn change(
        &self,
        (locker, keeping): (&Locker, Keeping),
        task: Task,
        file: &Path,
        entry: &Entry,
        homes: &Homes,
        patient: &mut Patient,
    ) -> Result<Done, ClientError> {
        let room = Room {
            file: file.to_owned(),
            format: self.client.format(),
            has_lock: self.client.has_lock(self.scope),
            locker,
            keeping,
            label: "mcp",
            notes: Notes { folder: homes.state.join("clients") },
            dry_run: self.dry_run,
        };
        room.change(task, std::slice::from_ref(entry), patient)
    }
}

/// Prints an entry as it stands in a file that has nothing else.
fn print(entry: &Entry, format: Format) -> Outcome {
    output::result(document::alone(format, &entry.path, &entry.value).as_bytes())?;
    Ok(Exit::Done)
}

/// Whether a file has anything in the place of an entry.
fn has(file: &Path, entry: &Entry, format: Format, patient: &mut Patient) -> bool {
    let mut place = FilePlace::new(file, None, Replace::new(), patient);
    let found = memory::read(&mut place, Reading::Free).ok().and_then(|content| content.bytes);
    found.is_some_and(|text| document::has(format, &text, &entry.path))
}
