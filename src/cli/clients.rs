//! What the verbs that change the settings of agents' clients have in common.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::error::{CliError, Outcome};
use super::exit::Exit;
use super::{called, output};
use crate::clients::{Client, ClientError, Done, Homes, HookClient, NAME, Scope};
use crate::settings;
use crate::sys;
use crate::sys::text::shown;

/// Says what was done: with a change, without one, and what would be.
///
/// # Errors
/// Standard output can't be written to.
pub fn tell(done: &Done, dry_run: bool, [changed, same, would]: [&str; 3]) -> Outcome {
    done.change.warnings.iter().for_each(output::warning);
    if let Some(why) = &done.no_note {
        output::warning(format!(
            "{why}: what was installed could not be noted, so that its removal may leave a blank behind"
        ));
    }
    let file = shown(&done.change.file);
    let told = match (done.change.changed, dry_run) {
        (true, true) => would,
        (true, false) => changed,
        (false, _) => same,
    };
    output::note("note", &format!("{file} {told}"));
    if dry_run {
        output::diff(&done.change.file, &done.change.old, &done.change.new)?;
    }
    Ok(Exit::Done)
}

/// What a client shall start. In a project's settings it is the name, for every user's has its own
/// path; in one's own the path, if the name would not be found.
///
/// # Errors
/// The program's own path can't be found.
pub fn program(scope: Scope) -> Result<String, CliError> {
    let path = settings::variable("PATH").unwrap_or_default();
    let is_found = std::env::split_paths(&path).any(|folder| folder.join(NAME).is_file());
    if scope == Scope::Project || is_found {
        return Ok(NAME.to_owned());
    }
    let program = called::program()?;
    Ok(program.to_str().map_or_else(|| NAME.to_owned(), str::to_owned))
}

/// Where clients keep their settings, as the environment says.
///
/// # Errors
/// There is no home, or a variable can't be used.
pub fn homes() -> Result<Homes, CliError> {
    let home = settings::folder("HOME")?.ok_or_else(|| CliError::usage("HOME is not set"))?;
    let project =
        std::env::current_dir().map_err(|error| CliError::io("cannot find the working folder", &error))?;
    let config = settings::folder("XDG_CONFIG_HOME")?;
    let applications = sys::machine::application_settings(&home, config.as_deref());
    Ok(Homes {
        config: config.unwrap_or_else(|| home.join(".config")),
        applications,
        claude: settings::folder("CLAUDE_CONFIG_DIR")?,
        codex: settings::folder("CODEX_HOME")?,
        state: settings::state_folder()?.unwrap_or_else(|| home.join(".local/state/aimem")),
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

impl ValueEnum for HookClient {
    fn value_variants<'a>() -> &'a [HookClient] {
        &HookClient::ALL
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
