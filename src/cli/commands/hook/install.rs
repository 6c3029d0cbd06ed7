//! `aimem hook install` and `aimem hook uninstall`

use clap::Args;

use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::clients::{homes, program, tell};
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::clients::note::Notes;
use crate::clients::{HookClient, NAME, Room, Scope, Task};
use crate::document;
use crate::settings;

/// Which settings of which client.
#[derive(Debug, Clone, Args)]
struct Where {
    /// The client
    #[arg(long, value_name = "NAME")]
    client: HookClient,
    /// Whose settings: yours, or those of the project in the working folder
    #[arg(long, default_value = "user")]
    scope: Scope,
    /// Show what would change as a diff, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Put the hooks into the settings of an agent's client
///
/// One hook for each event is added behind those that are there, and no other byte of the file changes.
/// Where they are there already, nothing is written. Codex asks you to trust them when it starts.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem hook install --client claude-code
  aimem hook install --client gemini --scope project --dry-run")]
pub struct Install {
    #[command(flatten)]
    at: Where,
    /// Print the hooks and the file that they belong into, and change nothing
    #[arg(long, conflicts_with = "dry_run")]
    print: bool,
}

/// Take the hooks out of the settings of an agent's client
///
/// What `install` has put in is taken out, and no other byte of the file changes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem hook uninstall --client claude-code
  aimem hook uninstall --client gemini --scope project --dry-run")]
pub struct Uninstall {
    #[command(flatten)]
    at: Where,
}

impl Install {
    pub(crate) fn run(self) -> Outcome {
        if self.print {
            let file = self.at.client.file(self.at.scope, &homes()?);
            output::note("note", &format!("this belongs into {}", file.display()));
            return self.at.print();
        }
        self.at.change(Task::Install, ["has the hooks now", "has the hooks already", "would get the hooks"])
    }
}

impl Uninstall {
    pub(crate) fn run(self) -> Outcome {
        let told = ["does not have the hooks any more", "does not have the hooks", "would lose the hooks"];
        let file = self.at.client.file(self.at.scope, &homes()?);
        if !file.exists() {
            output::note("note", &format!("{} does not exist", file.display()));
            return Ok(Exit::Done);
        }
        self.at.change(Task::Uninstall, told)
    }
}

impl Where {
    fn change(&self, task: Task, told: [&str; 3]) -> Outcome {
        let homes = homes()?;
        let file = self.client.file(self.scope, &homes);
        let verb = if task == Task::Install { "hook install" } else { "hook uninstall" };
        let locker = locker(&self.wait, None, None, call(verb, &[&file], None))?;
        let room = Room {
            file: file.clone(),
            format: self.client.format(),
            has_lock: false,
            keeping: settings::keeping(&locker, verb)?,
            locker: &locker,
            label: "hook",
            notes: Notes { folder: homes.state.join("clients") },
            dry_run: self.dry_run,
        };
        let name = if task == Task::Install { program(self.scope)? } else { NAME.to_owned() };
        match room.change(task, &self.client.entries(&name), &mut Patient::new()?) {
            Ok(done) => tell(&done, self.dry_run, told),
            Err(error) => {
                if task == Task::Install && error.is_about_the_file() {
                    output::note(
                        "note",
                        &format!("to add them by hand, this belongs into {}", file.display()),
                    );
                    self.print()?;
                }
                Err(self.wait.choose_exit(error))
            }
        }
    }

    /// Prints the hooks as they stand in a file that has nothing else.
    fn print(&self) -> Outcome {
        let mut events = serde_json::Map::new();
        for entry in self.client.entries(&program(self.scope)?) {
            if let Some(event) = entry.path.last() {
                events.insert(event.clone(), vec![entry.value].into());
            }
        }
        let text = document::alone(self.client.format(), &["hooks".to_owned()], &events.into());
        output::result(text.as_bytes())?;
        Ok(Exit::Done)
    }
}
