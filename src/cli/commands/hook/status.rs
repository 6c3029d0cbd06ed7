//! `aimem hook status`

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::clients::homes;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::clients::{Homes, HookClient, Scope};
use crate::lock::wait::Silent;
use crate::memory::{self, Program, Subject};
use crate::settings;
use crate::sys::text::show_duration;

/// A hook that takes longer than this would have been given up by its client.
const LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(1);

/// Say where hooks are installed, and try them
///
/// Each installation is tried: two sessions that exist for this only want to edit the same new file, in a
/// folder of their own, through the very command that stands in the settings. The first one must be let in,
/// and the second one denied. Exit code 1 says that something is wrong with what is installed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem hook status
  aimem hook status --client claude-code --json")]
pub struct Status {
    /// This client only
    #[arg(long, value_name = "NAME")]
    client: Option<HookClient>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What is known of one settings file.
#[derive(Debug, Serialize)]
struct Report {
    client: &'static str,
    scope: &'static str,
    file: PathBuf,
    /// Whether the hooks are there, all of them.
    installed: bool,
    /// The events that are not asked for.
    missing: Vec<String>,
    /// The command.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    /// Whether it does what it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    works: Option<bool>,
    /// What was seen.
    said: String,
}

impl Status {
    pub(crate) fn run(self) -> Outcome {
        let homes = homes()?;
        let mut reports = Vec::new();
        for client in
            HookClient::ALL.into_iter().filter(|client| self.client.is_none_or(|one| one == *client))
        {
            for scope in [Scope::User, Scope::Project] {
                let report = look(client, scope, &homes)?;
                // Both may be one file, as in a home that is a project.
                if reports.iter().all(|other: &Report| other.file != report.file) {
                    reports.push(report);
                }
            }
        }
        let is_wrong = |report: &Report| report.command.is_some() && report.works != Some(true);
        let exit = if reports.iter().any(is_wrong) { Exit::CheckFailed } else { Exit::Done };
        if self.json {
            output::json(&reports)?;
            return Ok(exit);
        }
        for Report { client, scope, file, said, .. } in &reports {
            output::result(format!("{client} ({scope}), {}: {said}\n", file.display()).as_bytes())?;
        }
        Ok(exit)
    }
}

fn look(client: HookClient, scope: Scope, homes: &Homes) -> Result<Report, CliError> {
    let file = client.file(scope, homes);
    let scope = if scope == Scope::User { "user" } else { "project" };
    let mut report = Report {
        client: client.word(),
        scope,
        file,
        installed: false,
        missing: Vec::new(),
        command: None,
        works: None,
        said: "not installed".to_owned(),
    };
    let found = match read(client, &report.file) {
        Ok(Some(settings)) => client.installed(&settings),
        Ok(None) => return Ok(report),
        Err(why) => {
            report.said = format!("cannot be read: {why}");
            return Ok(report);
        }
    };
    let has = |event: &str| found.iter().any(|(found, _)| found == event);
    report.missing = client.events().filter(|event| !has(event)).map(str::to_owned).collect();
    let Some((_, command)) =
        found.iter().find(|(event, _)| event == client.before_tool()).or(found.first()).cloned()
    else {
        return Ok(report);
    };
    report.installed = report.missing.is_empty();
    let tried = try_out(client, &command);
    report.works = Some(tried.is_ok() && report.installed);
    report.said = match tried {
        Ok(said) => said,
        Err(why) => format!("installed, but {why}: {command}"),
    };
    if !report.installed {
        report.said = format!("incomplete, without {}; {}", report.missing.join(", "), report.said);
    }
    report.command = Some(command);
    Ok(report)
}

/// The settings as JSON; `None` where there is no such file.
fn read(client: HookClient, file: &Path) -> Result<Option<Value>, String> {
    let text = match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| crate::sys::explain(&error))?,
    };
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let program = Program { source: ".".to_owned(), format: Some(client.format()), ..Program::default() };
    let what = Subject::Document(file.to_owned());
    let results =
        memory::results(&program, text.into(), what, &mut Silent).map_err(|error| error.to_string())?;
    Ok(results.first().and_then(|result| serde_json::from_slice(result).ok()))
}

/// Runs two sessions through an installed command.
fn try_out(client: HookClient, command: &str) -> Result<String, String> {
    let folder = tempfile_folder().map_err(|error| format!("it cannot be tried: {error}"))?;
    let probe = folder.0.join("probe.md");
    let first = event(client, &folder.0, "status-1", client.before_tool(), &probe);
    let second = event(client, &folder.0, "status-2", client.before_tool(), &probe);
    let begun = Instant::now();
    let allowed = ask(command, &first, &folder.0)?;
    let took = begun.elapsed();
    let denied = ask(command, &second, &folder.0);
    for session in ["status-1", "status-2"] {
        let end = event(client, &folder.0, session, "SessionEnd", &probe);
        ask(command, &end, &folder.0)?;
    }
    if is_denial(&allowed) {
        return Err(format!("it denied an edit that nobody stood in the way of, with {allowed}"));
    }
    if let Some(message) = allowed["systemMessage"].as_str() {
        return Err(format!("it said: {message}"));
    }
    if is_denial(&denied?) {
        return Ok(format!(
            "installed; tried: it answers in {}, and lets one session in at a time",
            show_duration(took)
        ));
    }
    match settings::hook() {
        Ok(hook) if !hook.paths.is_empty() => Ok(format!(
            "installed; tried: it answers in {}; whether it denies was not tried, for [hook] paths covers no temporary folder",
            show_duration(took)
        )),
        _ => Err("it let a second session in".to_owned()),
    }
}

/// An event of a session that exists for this only.
fn event(client: HookClient, folder: &Path, session: &str, name: &str, file: &Path) -> Value {
    let (tool, input) = match client {
        HookClient::ClaudeCode => ("Write", json!({"file_path": file, "content": ""})),
        HookClient::Codex => {
            let patch = format!("*** Begin Patch\n*** Add File: {}\n*** End Patch\n", file.display());
            ("apply_patch", json!({"command": patch}))
        }
        HookClient::Gemini => ("write_file", json!({"file_path": file, "content": ""})),
    };
    let session = format!("{session}-{}", std::process::id());
    json!({
        "session_id": session, "cwd": folder, "hook_event_name": name, "tool_name": tool,
        "tool_input": input, "tool_use_id": "status",
    })
}

fn is_denial(answer: &Value) -> bool {
    answer["hookSpecificOutput"]["permissionDecision"] == "deny" || answer["decision"] == "deny"
}

/// Runs the command as a client does, and reads its answer.
fn ask(command: &str, event: &Value, folder: &Path) -> Result<Value, String> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    // The client's own, if this runs in one.
    for variable in ["CLAUDE_PROJECT_DIR", "GEMINI_PROJECT_DIR", "CLAUDE_ENV_FILE", "CODEX_ENV_FILE"] {
        shell.env_remove(variable);
    }
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = shell.spawn().map_err(|error| format!("cannot be run ({error})"))?;
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(event.to_string().as_bytes());
    }
    let status = wait(&mut child)?;
    let mut text = String::new();
    let read = child.stdout.take().map(|mut output| output.read_to_string(&mut text));
    if !status.success() {
        return Err(format!("it ends with {status}"));
    }
    match (read, serde_json::from_str(&text)) {
        (Some(Ok(_)), Ok(answer @ Value::Object(_))) => Ok(answer),
        _ => Err(format!("its answer is no JSON object: {text:?}")),
    }
}

fn wait(child: &mut Child) -> Result<std::process::ExitStatus, String> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if begun.elapsed() < LIMIT => std::thread::sleep(PAUSE),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err("it does not end".to_owned());
            }
        }
    }
}

/// A folder for a moment.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tempfile_folder() -> std::io::Result<Folder> {
    use std::os::unix::fs::DirBuilderExt;
    let name = format!("aimem-hook-status-{}", hex::encode(&crate::sys::random_128()?[..8]));
    let path = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new().mode(0o700).create(&path)?;
    Ok(Folder(std::fs::canonicalize(path)?))
}
