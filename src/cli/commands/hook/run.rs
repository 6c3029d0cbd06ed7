//! `aimem hook run`
//!
//! A client waits for this before each call of a tool, so it does nothing that is not needed, and its few
//! words are read without the tree of all verbs. And a client may take a failure for a denial: so there is
//! an answer whatever happens, with exit code 0.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Read, stdin};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::args::own_words;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::clients::HookClient;
use crate::edits::{Options, Scope};
use crate::hook::{self, Answer, Event, event};
use crate::settings::{self, SettingError};
use crate::sys;
use crate::sys::dir::{Access, Dir};
use crate::sys::path::{folder_of, resolve};

/// Read one event of a client on standard input, and answer it
///
/// The client starts this before and after its tools, at the beginning and the end of a session and of a
/// turn, as `hook install` has asked it to. The answer is one line of JSON in the client's own form, and the
/// exit code is 0. An error of aimem's own denies nothing, and the person is told, unless --strict is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo '{\"hook_event_name\": \"Stop\", \"session_id\": \"5f1c\"}' | aimem hook run --client claude-code
  echo '{\"hook_event_name\": \"Stop\", \"session_id\": \"5f1c\"}' | aimem hook run --client codex --strict")]
pub struct Run {
    /// The client
    #[arg(long, value_name = "NAME")]
    client: HookClient,
    /// Deny an edit that cannot be protected
    #[arg(long)]
    strict: bool,
}

impl Run {
    pub(crate) fn run(self) -> Outcome {
        if stdin().is_terminal() {
            output::note("note", "this reads one event as JSON; an agent's client starts it. Ctrl-D ends it");
        }
        let answer = answer(self.client, self.strict);
        if let Some(name) = &answer.exported
            && let Err(why) = export(name)
        {
            let mut answer = answer.clone();
            answer.tell_person(&format!("aimem cannot name this session to its commands: {why}"));
            return print(&answer);
        }
        print(&answer)
    }
}

/// Answers an event if that is what these words ask for. Words that are not understood, as of a later
/// version, must not look like a denial.
pub fn answer_at_once(words: &[OsString]) -> Option<Outcome> {
    let mut words = words.iter().map(|word| word.to_str().unwrap_or_default());
    if (words.next(), words.next()) != (Some("hook"), Some("run")) {
        return None;
    }
    let (mut client, mut strict, mut unknown) = (None, false, None);
    while let Some(word) = words.next() {
        match word {
            "--help" | "-h" | "--version" | "-V" => return None,
            "--strict" => strict = true,
            "--quiet" | "-q" => {}
            "--client" => client = words.next(),
            word => match word.strip_prefix("--client=") {
                Some(name) => client = Some(name),
                None => unknown = Some(word),
            },
        }
    }
    let known = client.and_then(HookClient::of_word);
    Some(match (known, unknown) {
        (Some(client), None) => Run { client, strict }.run(),
        // A person has typed it.
        _ if stdin().is_terminal() => return None,
        (client, unknown) => {
            let what = unknown.map_or_else(
                || "--client claude-code, codex or gemini is missing".to_owned(),
                |word| format!("{word:?} is not understood by this version of `aimem hook run`"),
            );
            print(&hook::give_up(client.unwrap_or(HookClient::ClaudeCode), &what, strict))
        }
    })
}

fn print(answer: &Answer) -> Outcome {
    output::result(answer.render().as_bytes())?;
    Ok(Exit::Done)
}

fn answer(client: HookClient, strict: bool) -> Answer {
    let mut text = Vec::new();
    if let Err(error) = stdin().lock().take(event::LONGEST + 1).read_to_end(&mut text) {
        return hook::give_up(client, &format!("the event cannot be read: {}", sys::explain(&error)), strict);
    }
    if text.len() as u64 > event::LONGEST {
        return hook::give_up(client, "the event is too long", strict);
    }
    let home = settings::folder("HOME").ok().flatten();
    let event = match Event::read(client, &text, home.as_deref()) {
        Ok(event) => event,
        Err(error) => return hook::give_up(client, &error.to_string(), strict),
    };
    match options(client, &event) {
        Ok(options) => hook::respond(&event, &options, strict),
        Err(error) => hook::give_up_on(&event, &error.message, strict),
    }
}

/// How this client's agents are watched, as the environment and the file of the settings say.
fn options(client: HookClient, event: &Event) -> Result<Options, CliError> {
    let hook = settings::hook()?;
    let folder = settings::state_folder()?.ok_or_else(|| CliError::usage("HOME is not set"))?;
    let locker = settings::locker("aimem hook run")?;
    Ok(Options {
        limits: settings::limits()?,
        locker,
        folder: folder.join("sessions"),
        linger: hook.linger,
        wait: hook.wait,
        scope: Scope { project: project(client, event)?, paths: hook.paths, exclude: hook.exclude },
        call: own_words("run"),
    })
}

/// The project's folder, by its true path: the one that the client names, else the repository that the
/// working folder is in, else that folder.
fn project(client: HookClient, event: &Event) -> Result<PathBuf, SettingError> {
    let named = match client {
        HookClient::ClaudeCode => settings::folder("CLAUDE_PROJECT_DIR")?,
        HookClient::Gemini => settings::folder("GEMINI_PROJECT_DIR")?,
        HookClient::Codex => None,
    };
    let folder = event.folder.as_deref();
    let project = named.or_else(|| {
        let repository = folder?.ancestors().find(|above| above.join(".git").exists());
        repository.or(folder).map(Path::to_owned)
    });
    let project = project.unwrap_or_default();
    Ok(resolve(&project).unwrap_or(project))
}

/// Adds the session's name to what the client sets for the agent's commands, where it has a file for
/// that.
fn export(name: &str) -> Result<(), String> {
    let file = ["CLAUDE_ENV_FILE", "CODEX_ENV_FILE"].into_iter().find_map(settings::variable);
    let Some(file) = file.map(PathBuf::from) else { return Ok(()) };
    let line = format!("export AIMEM_CLIENT='{name}'\n");
    let written = resolve(folder_of(&file)).and_then(|folder| {
        let folder = Dir::open(&folder)?;
        let name = file.file_name().unwrap_or_default();
        let opened = match folder.open_file(name, Access::Append) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => folder.create(name, 0o600),
            opened => opened,
        };
        std::io::Write::write_all(&mut opened?, line.as_bytes())
    });
    written.map_err(|error| format!("{}: {}", file.display(), sys::explain(&error)))
}
