//! Hooks in the settings of agents' clients: which events of which client, and where they are asked for.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Client, Entry, Homes, Scope};
use crate::document::Format;

/// A client that tells of its tools' calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are named after what they are")]
pub enum HookClient {
    ClaudeCode,
    Codex,
    Gemini,
}

struct Row {
    hooks: HookClient,
    client: Client,
    /// Where a user's settings are, below the folder of that client's settings.
    user: &'static str,
    project: &'static str,
    /// How long a hook may take, in the client's unit.
    timeout: u32,
    /// Which events, and of which tools.
    events: &'static [(&'static str, Option<&'static str>)],
}

/// The clients' own pages: code.claude.com/docs/en/hooks, developers.openai.com/codex/hooks,
/// geminicli.com/docs/hooks/reference. A client passes over an event that it does not know.
const ROWS: [Row; 3] = [
    Row {
        hooks: HookClient::ClaudeCode,
        client: Client::ClaudeCode,
        user: "settings.json",
        project: ".claude/settings.json",
        timeout: 30,
        events: &[
            ("SessionStart", None),
            ("UserPromptSubmit", None),
            ("PreToolUse", Some("^(Edit|MultiEdit|Write|NotebookEdit|Read|Bash|mcp__.*)$")),
            ("PostToolUse", Some("Edit|MultiEdit|Write|NotebookEdit|Read")),
            ("PostToolUseFailure", Some("Edit|MultiEdit|Write|NotebookEdit|Read")),
            ("Stop", None),
            ("SubagentStop", None),
            ("SessionEnd", None),
        ],
    },
    Row {
        hooks: HookClient::Codex,
        client: Client::Codex,
        user: "hooks.json",
        project: ".codex/hooks.json",
        timeout: 30,
        events: &[
            ("SessionStart", None),
            ("UserPromptSubmit", None),
            ("PreToolUse", Some("^(apply_patch|Bash|mcp__.*)$")),
            ("PostToolUse", Some("^apply_patch$")),
            ("Stop", None),
            ("SubagentStop", None),
            ("SessionEnd", None),
        ],
    },
    Row {
        hooks: HookClient::Gemini,
        client: Client::Gemini,
        user: ".gemini/settings.json",
        project: ".gemini/settings.json",
        timeout: 30_000,
        events: &[
            ("SessionStart", None),
            ("BeforeAgent", None),
            ("BeforeTool", Some("^(write_file|replace|edit|read_file|run_shell_command|mcp_.*)$")),
            ("AfterTool", Some("^(write_file|replace|edit|read_file)$")),
            ("AfterAgent", None),
            ("SessionEnd", None),
        ],
    },
];

impl HookClient {
    /// Every one.
    pub const ALL: [HookClient; ROWS.len()] = [HookClient::ClaudeCode, HookClient::Codex, HookClient::Gemini];

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.hooks == self).unwrap_or(&ROWS[0])
    }

    /// The word for it that is typed, and the first part of its sessions' names.
    pub fn word(self) -> &'static str {
        self.row().client.word()
    }

    /// What it calls itself.
    pub fn name(self) -> &'static str {
        self.row().client.name()
    }

    /// The client that is meant by a word.
    pub fn of_word(word: &str) -> Option<HookClient> {
        HookClient::ALL.into_iter().find(|client| client.word() == word)
    }

    /// The file in which hooks are asked for.
    pub fn file(self, scope: Scope, homes: &Homes) -> PathBuf {
        let row = self.row();
        let folder = match (scope, self) {
            (Scope::Project, _) => return homes.project.join(row.project),
            (_, HookClient::ClaudeCode) => homes.claude.clone().unwrap_or_else(|| homes.home.join(".claude")),
            (_, HookClient::Codex) => homes.codex.clone().unwrap_or_else(|| homes.home.join(".codex")),
            (_, HookClient::Gemini) => homes.home.clone(),
        };
        folder.join(row.user)
    }

    /// The format of that file. Comments are left as they are, and none is made.
    pub fn format(self) -> Format {
        Format::Jsonc
    }

    /// The events that are asked for.
    pub fn events(self) -> impl Iterator<Item = &'static str> {
        self.row().events.iter().map(|(event, _)| *event)
    }

    /// The command line of a hook, for a shell. It stays the same from version to version: a client may
    /// trust it by its hash.
    pub fn command(self, program: &str) -> String {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@%:,".contains(letter);
        let quoted = match program.chars().all(is_plain) {
            true => program.to_owned(),
            false => format!("'{}'", program.replace('\'', r"'\''")),
        };
        format!("{quoted}{}", self.ending())
    }

    /// What such a command line ends with, whatever the program's path is.
    fn ending(self) -> String {
        format!(" hook run --client {}", self.word())
    }

    /// What is put into the settings: one element for each event.
    pub fn entries(self, program: &str) -> Vec<Entry> {
        let row = self.row();
        let command = self.command(program);
        let entry = |(event, matcher): &(&str, Option<&str>)| {
            let mut value = serde_json::Map::new();
            if let Some(matcher) = matcher {
                value.insert("matcher".to_owned(), (*matcher).into());
            }
            let hook = json!({"type": "command", "command": command, "timeout": row.timeout});
            value.insert("hooks".to_owned(), Value::Array(vec![hook]));
            Entry {
                path: vec!["hooks".to_owned(), (*event).to_owned()],
                value: value.into(),
                is_element: true,
                ending: Some(self.ending()),
            }
        };
        row.events.iter().map(entry).collect()
    }

    /// The commands in parsed settings that are ours, with their events.
    pub fn installed(self, settings: &Value) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for event in self.events() {
            let groups = settings["hooks"][event].as_array().into_iter().flatten();
            let hooks = groups.flat_map(|group| group["hooks"].as_array().into_iter().flatten());
            let commands = hooks.filter_map(|hook| hook["command"].as_str());
            let ours = commands.filter(|command| command.contains(self.ending().as_str()));
            found.extend(ours.map(|command| (event.to_owned(), command.to_owned())));
        }
        found
    }
}
