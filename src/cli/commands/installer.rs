//! `aimem mcp install` and `aimem mcp uninstall`

use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::called;
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
use crate::sys;
use crate::sys::text::shown;

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
        let command = command(self.at.scope)?;
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
            Ok(done) => {
                self.at.tell(&done, ["has the server now", "has the server already", "would get the server"])
            }
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
            Ok(done) => self.at.tell(
                &done,
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
            notes: Notes { folder: homes.state.join("aimem/clients") },
            dry_run: self.dry_run,
        };
        room.change(task, std::slice::from_ref(entry), patient)
    }

    /// Says what was done: with a change, without one, and what would be.
    fn tell(&self, done: &Done, [changed, same, would]: [&str; 3]) -> Outcome {
        done.change.warnings.iter().for_each(output::warning);
        if let Some(why) = &done.no_note {
            output::warning(format!(
                "{why}: what was installed could not be noted, so that its removal may leave a blank behind"
            ));
        }
        let file = shown(&done.change.file);
        let told = match (done.change.changed, self.dry_run) {
            (true, true) => would,
            (true, false) => changed,
            (false, _) => same,
        };
        output::note("note", &format!("{file} {told}"));
        if self.dry_run {
            output::diff(&done.change.file, &done.change.old, &done.change.new)?;
        }
        Ok(Exit::Done)
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

/// What a client shall start. In a project's settings it is the name, for every user's has its own
/// path; in one's own the path, if the name would not be found.
fn command(scope: Scope) -> Result<String, CliError> {
    let path = settings::variable("PATH").unwrap_or_default();
    let is_found = std::env::split_paths(&path).any(|folder| folder.join(NAME).is_file());
    if scope == Scope::Project || is_found {
        return Ok(NAME.to_owned());
    }
    let program = called::program()?;
    Ok(program.to_str().map_or_else(|| NAME.to_owned(), str::to_owned))
}

/// Where clients keep their settings, as the environment says.
fn homes() -> Result<Homes, CliError> {
    let home = settings::folder("HOME")?.ok_or_else(|| CliError::usage("HOME is not set"))?;
    let project =
        std::env::current_dir().map_err(|error| CliError::io("cannot find the working folder", &error))?;
    let config = settings::folder("XDG_CONFIG_HOME")?;
    let applications = sys::machine::application_settings(&home, config.as_deref());
    let below = |folder: Option<PathBuf>, default: &str| folder.unwrap_or_else(|| home.join(default));
    Ok(Homes {
        config: below(config, ".config"),
        applications,
        claude: settings::folder("CLAUDE_CONFIG_DIR")?,
        codex: settings::folder("CODEX_HOME")?,
        state: below(settings::folder("XDG_STATE_HOME")?, ".local/state"),
        project,
        home,
    })
}

impl ValueEnum for Client {
    fn value_variants<'a>() -> &'a [Client] {
        &Client::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()).help(self.name()))
    }
}

impl ValueEnum for Scope {
    fn value_variants<'a>() -> &'a [Scope] {
        &[Scope::User, Scope::Project]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Scope::User => PossibleValue::new("user").help("Your own, for everything that you do"),
            Scope::Project => {
                PossibleValue::new("project").help("Those of the project in the working folder")
            }
        })
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> CliError {
        match error {
            ClientError::Memory(error) => error.into(),
            error => CliError::of(&error, error.kind(), error.hint()),
        }
    }
}
