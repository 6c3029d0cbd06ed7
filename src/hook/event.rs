//! The events of each client, read.
//!
//! A client's event is foreign data: fields may be missing or of another kind, and more of them come
//! with each version. Nothing is required but what is needed to answer, and what is not known is none of
//! our business.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::patch;
use crate::clients::HookClient;
use crate::edits::{Call, Edit};

/// No event is longer, in bytes: a file's whole content may be in it, and what it was before.
pub const LONGEST: u64 = 256 << 20;
/// More files are not written by one call.
const MOST_FILES: usize = 1000;

/// Why an event can't be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It is no JSON, or not an object with the fields of an event.
    #[error("the event cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It does not say of which session it is.
    #[error("the event names no {0}")]
    Missing(&'static str),
    /// A path is relative, and the event does not say to which folder.
    #[error("the event has the relative path {0:?} and no folder")]
    Relative(String),
    /// It names more files than one call can write.
    #[error("the event names more than {MOST_FILES} files")]
    TooMany,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub client: HookClient,
    /// What that one calls it.
    pub name: String,
    /// The session.
    pub session: String,
    /// The subagent, where the client names one.
    pub agent: Option<String>,
    /// The working folder.
    pub folder: Option<PathBuf>,
    /// The tool's call.
    pub call: Call,
    /// What it means.
    pub moment: Moment,
}

/// What an event means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A session begins, or goes on.
    SessionStart,
    /// It is over.
    SessionEnd,
    /// The person has said something.
    Prompt,
    /// The main agent has finished.
    Stop,
    /// A subagent has.
    SubagentStop,
    /// A tool is going to run.
    Before(Tool),
    /// It has run, or failed.
    After(Tool),
    /// Nothing of interest.
    Other,
}

/// A tool, and what it works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// It writes these files.
    Edit(Vec<Edit>),
    /// It reads these files.
    Read(Vec<PathBuf>),
    /// It runs this command line.
    Shell(String),
    /// It does something else.
    Other,
}

/// What a client calls its events.
pub(super) struct Names {
    start: &'static str,
    end: &'static str,
    prompt: &'static str,
    stop: &'static str,
    subagent_stop: &'static str,
    before: &'static str,
    after: &'static [&'static str],
    /// Events whose answer may hold words for the agent. Such words at the end of a turn would begin
    /// another one.
    pub(super) takes_context: &'static [&'static str],
}

const CLAUDE: Names = Names {
    start: "SessionStart",
    end: "SessionEnd",
    prompt: "UserPromptSubmit",
    stop: "Stop",
    subagent_stop: "SubagentStop",
    before: "PreToolUse",
    after: &["PostToolUse", "PostToolUseFailure"],
    takes_context: &["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure"],
};
const GEMINI: Names = Names {
    start: "SessionStart",
    end: "SessionEnd",
    prompt: "BeforeAgent",
    stop: "AfterAgent",
    // It has none.
    subagent_stop: "SubagentStop",
    before: "BeforeTool",
    after: &["AfterTool"],
    takes_context: &["SessionStart", "BeforeAgent", "AfterTool"],
};

/// Codex has taken over Claude Code's names.
pub(super) fn names(client: HookClient) -> &'static Names {
    match client {
        HookClient::ClaudeCode | HookClient::Codex => &CLAUDE,
        HookClient::Gemini => &GEMINI,
    }
}

impl HookClient {
    /// The event before a tool runs.
    pub fn before_tool(self) -> &'static str {
        names(self).before
    }

    /// Whether it has a tool for reading files, and tells of it.
    pub fn tells_of_reads(self) -> bool {
        self != HookClient::Codex
    }
}

/// What a tool does with the files that its input names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Edit,
    Write,
    Read,
    Patch,
    Shell,
}

/// The tools of all clients: no two mean different things by one name. The fields are those that hold
/// the path, the patch or the command line; the first that is there counts.
const TOOLS: [(&str, Kind, &[&str]); 13] = [
    ("Edit", Kind::Edit, &["file_path"]),
    ("MultiEdit", Kind::Edit, &["file_path"]),
    ("Write", Kind::Write, &["file_path"]),
    ("NotebookEdit", Kind::Edit, &["notebook_path"]),
    ("Read", Kind::Read, &["file_path"]),
    ("Bash", Kind::Shell, &["command"]),
    ("apply_patch", Kind::Patch, &["command", "input", "patch"]),
    ("shell", Kind::Shell, &["command"]),
    ("replace", Kind::Edit, &["file_path"]),
    ("edit", Kind::Edit, &["file_path"]),
    ("write_file", Kind::Write, &["file_path"]),
    ("read_file", Kind::Read, &["file_path", "absolute_path"]),
    ("run_shell_command", Kind::Shell, &["command"]),
];

#[derive(Deserialize)]
struct Raw<'a> {
    hook_event_name: Option<String>,
    session_id: Option<String>,
    agent_id: Option<String>,
    cwd: Option<String>,
    tool_name: Option<String>,
    tool_use_id: Option<String>,
    /// Large, and read only for a tool that is known.
    #[serde(borrow)]
    tool_input: Option<&'a RawValue>,
}

/// Only what may be needed of a tool's input: its content is not.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Input {
    file_path: Value,
    absolute_path: Value,
    notebook_path: Value,
    command: Value,
    input: Value,
    patch: Value,
}

impl Input {
    /// A field's text. A command may also be a list of words, the last of which is for a shell.
    fn text(&self, field: &str) -> Option<&str> {
        let value = match field {
            "file_path" => &self.file_path,
            "absolute_path" => &self.absolute_path,
            "notebook_path" => &self.notebook_path,
            "command" => &self.command,
            "input" => &self.input,
            "patch" => &self.patch,
            _ => return None,
        };
        let value = value.as_array().map_or(value, |words| words.last().unwrap_or(&Value::Null));
        value.as_str().filter(|text| !text.is_empty())
    }
}

impl Event {
    /// Reads an event of a client. `home` is what `~` stands for.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(client: HookClient, text: &[u8], home: Option<&Path>) -> Result<Event, EventError> {
        let raw: Raw<'_> = serde_json::from_slice(text)?;
        let name = raw.hook_event_name.ok_or(EventError::Missing("event"))?;
        let session = raw.session_id.filter(|id| !id.is_empty()).ok_or(EventError::Missing("session"))?;
        let folder = raw.cwd.map(PathBuf::from).filter(|folder| folder.is_absolute());
        let tool_name = raw.tool_name.unwrap_or_default();
        let names = names(client);
        let tool = || read_tool(&tool_name, raw.tool_input, folder.as_deref(), home);
        let moment = match name.as_str() {
            name if name == names.start => Moment::SessionStart,
            name if name == names.end => Moment::SessionEnd,
            name if name == names.prompt => Moment::Prompt,
            name if name == names.stop => Moment::Stop,
            name if name == names.subagent_stop => Moment::SubagentStop,
            name if name == names.before => Moment::Before(tool()?),
            name if names.after.contains(&name) => Moment::After(tool()?),
            _ => Moment::Other,
        };
        let call = Call { id: raw.tool_use_id.unwrap_or_default(), tool: tool_name };
        let agent = raw.agent_id.filter(|id| !id.is_empty());
        Ok(Event { client, name, session, agent, folder, call, moment })
    }
}

fn read_tool(
    name: &str,
    input: Option<&RawValue>,
    folder: Option<&Path>,
    home: Option<&Path>,
) -> Result<Tool, EventError> {
    let Some((_, kind, fields)) = TOOLS.iter().find(|(tool, ..)| *tool == name) else {
        return Ok(Tool::Other);
    };
    // Another form than ours is a later version's.
    let input: Input = input.and_then(|input| serde_json::from_str(input.get()).ok()).unwrap_or_default();
    let Some(text) = fields.iter().find_map(|field| input.text(field)) else { return Ok(Tool::Other) };
    let edit = |path: &str, whole| Ok(Edit { path: absolute(path, folder, home)?, whole });
    Ok(match kind {
        Kind::Shell => Tool::Shell(text.to_owned()),
        Kind::Read => Tool::Read(vec![absolute(text, folder, home)?]),
        Kind::Edit => Tool::Edit(vec![edit(text, false)?]),
        Kind::Write => Tool::Edit(vec![edit(text, true)?]),
        Kind::Patch => {
            let files = patch::files(text);
            if files.len() > MOST_FILES {
                return Err(EventError::TooMany);
            }
            let edits = files.into_iter().map(|(path, whole)| edit(path, whole));
            Tool::Edit(edits.collect::<Result<_, EventError>>()?)
        }
    })
}

fn absolute(text: &str, folder: Option<&Path>, home: Option<&Path>) -> Result<PathBuf, EventError> {
    let relative = || EventError::Relative(text.to_owned());
    if let Some(rest) = text.strip_prefix("~/") {
        return Ok(home.ok_or_else(relative)?.join(rest));
    }
    let path = Path::new(text);
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    Ok(folder.ok_or_else(relative)?.join(path))
}
