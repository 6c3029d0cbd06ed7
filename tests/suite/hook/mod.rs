//! `aimem hook`, driven as agents' clients drive it: by their events, as they are documented.

mod attacks;
mod broken;
mod ends;
mod history;
mod install;
mod killed;
mod processes;
mod race;
mod sessions;
mod stale;
mod status;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::{Ran, TestEnv};

pub const CLIENTS: [&str; 3] = ["claude-code", "codex", "gemini"];

/// A recorded event.
pub fn recorded(client: &str, name: &str) -> Value {
    let file = data().join(client).join(format!("{name}.json"));
    serde_json::from_slice(&fs::read(&file).unwrap_or_else(|_| panic!("{}", file.display()))).unwrap()
}

pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hook")
}

/// A session of a client, or a subagent in it.
#[derive(Clone)]
pub struct Session<'e> {
    pub env: &'e TestEnv,
    pub client: &'static str,
    pub id: String,
    pub agent: Option<&'static str>,
    pub options: &'static [&'static str],
}

/// What a client is answered.
#[derive(Debug)]
pub struct Answer(pub Value);

impl Answer {
    pub fn denial(&self) -> Option<&str> {
        let output = &self.0["hookSpecificOutput"];
        let claude = output["permissionDecision"].as_str().map(|decision| {
            assert_eq!((decision, &output["hookEventName"]), ("deny", &json!("PreToolUse")), "{self:?}");
            output["permissionDecisionReason"].as_str().unwrap()
        });
        let gemini = self.0["decision"].as_str().map(|decision| {
            assert_eq!(decision, "deny");
            self.0["reason"].as_str().unwrap()
        });
        claude.or(gemini)
    }

    #[track_caller]
    pub fn denied(&self) -> &str {
        self.denial().unwrap_or_else(|| panic!("let in: {self:?}"))
    }

    /// Let in, without a word.
    #[track_caller]
    pub fn silent(&self) {
        assert_eq!(self.0, json!({}));
    }

    pub fn message(&self) -> &str {
        self.0["systemMessage"].as_str().unwrap_or_default()
    }

    pub fn context(&self) -> &str {
        self.0["hookSpecificOutput"]["additionalContext"].as_str().unwrap_or_default()
    }
}

/// Fails unless a client accepts this answer to this event. Codex refuses fields that it does not know,
/// and all of them some that others accept.
#[track_caller]
pub fn check(client: &str, event: &str, answer: &Value) {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for key in keys(answer) {
        let known: &[&str] = match client {
            "gemini" => &["decision", "reason", "systemMessage", "hookSpecificOutput"],
            _ => &["systemMessage", "hookSpecificOutput"],
        };
        assert!(known.contains(&key.as_str()), "{client} {event}: {answer}");
    }
    if let Some(output) = answer.get("hookSpecificOutput") {
        assert_eq!(output["hookEventName"], event, "{client}: {answer}");
        assert!(!["Stop", "SubagentStop", "SessionEnd", "AfterAgent"].contains(&event), "{client}: {answer}");
        for key in keys(output) {
            let denies = ["permissionDecision", "permissionDecisionReason"].contains(&key.as_str());
            let fits = if denies { event == "PreToolUse" } else { true };
            let known = denies || key == "hookEventName" || key == "additionalContext";
            let gemini = client != "gemini" || event != "BeforeTool";
            assert!(fits && known && gemini, "{client} {event}: {answer}");
        }
    }
}

impl<'e> Session<'e> {
    pub fn new(env: &'e TestEnv, client: &'static str, id: &str) -> Session<'e> {
        Session { env, client, id: id.to_owned(), agent: None, options: &[] }
    }

    pub fn claude(env: &'e TestEnv, id: &str) -> Session<'e> {
        Session::new(env, "claude-code", id)
    }

    pub fn subagent(&self, agent: &'static str) -> Session<'e> {
        Session { agent: Some(agent), ..self.clone() }
    }

    /// A recorded event as one of this session's, about this file.
    pub fn event(&self, name: &str, file: &str) -> Value {
        let mut event = recorded(self.client, name);
        let old = event["cwd"].as_str().unwrap().to_owned();
        let folder = self.env.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        event["session_id"] = self.id.as_str().into();
        if let Some(agent) = self.agent {
            event["agent_id"] = agent.into();
        }
        let path = match file.starts_with(['/', '~']) {
            true => file.to_owned(),
            false => format!("{folder}/{file}"),
        };
        let patch_path = file.to_owned();
        fn replace(value: &mut Value, from: &str, to: &str) {
            match value {
                Value::String(text) if text == from => to.clone_into(text),
                Value::Object(fields) => fields.values_mut().for_each(|value| replace(value, from, to)),
                _ => {}
            }
        }
        replace(&mut event, &format!("{old}/notes.md"), &path);
        event["cwd"] = folder.into();
        if let Some(patch) = event["tool_input"]["command"].as_str() {
            let patch = patch.replace("File: notes.md", &format!("File: {patch_path}"));
            event["tool_input"]["command"] = patch.into();
        }
        event
    }

    /// The command that the client would start.
    pub fn command(&self) -> Command {
        let mut command = self.env.aimem(["hook", "run", "--client", self.client].iter().chain(self.options));
        // The words of the tests' own client are none of ours.
        for variable in ["CLAUDE_PROJECT_DIR", "GEMINI_PROJECT_DIR", "CLAUDE_ENV_FILE"] {
            command.env_remove(variable);
        }
        command
    }

    #[track_caller]
    pub fn ask(&self, event: &Value) -> Answer {
        ask(self.command(), self.client, event)
    }

    #[track_caller]
    pub fn tell(&self, name: &str, file: &str) -> Answer {
        self.ask(&self.event(name, file))
    }

    /// Before an edit of a part of the file.
    #[track_caller]
    pub fn before_edit(&self, file: &str) -> Answer {
        self.tell(self.word(["PreToolUse-Edit", "PreToolUse-apply_patch", "BeforeTool-replace"]), file)
    }

    #[track_caller]
    pub fn after_edit(&self, file: &str) -> Answer {
        self.tell(self.word(["PostToolUse-Edit", "PostToolUse-apply_patch", "AfterTool-replace"]), file)
    }

    /// Before the whole file is written.
    #[track_caller]
    pub fn before_write(&self, file: &str) -> Answer {
        self.tell(
            self.word(["PreToolUse-Write", "PreToolUse-apply_patch-add", "BeforeTool-write_file"]),
            file,
        )
    }

    #[track_caller]
    pub fn after_write(&self, file: &str) -> Answer {
        self.tell(
            self.word(["PostToolUse-Write", "PostToolUse-apply_patch-add", "AfterTool-write_file"]),
            file,
        )
    }

    /// Reads the file by the client's own tool.
    #[track_caller]
    pub fn read(&self, file: &str) {
        self.tell(self.word(["PreToolUse-Read", "", "BeforeTool-read_file"]), file).silent();
        self.tell(self.word(["PostToolUse-Read", "", "AfterTool-read_file"]), file).silent();
    }

    /// Edits the file, with what comes before and after.
    #[track_caller]
    pub fn edits(&self, file: &str, content: &str) -> Answer {
        self.before_edit(file).silent();
        self.env.write(file, content);
        self.after_edit(file)
    }

    /// Writes the file whole.
    #[track_caller]
    pub fn writes(&self, file: &str, content: &str) -> Answer {
        self.before_write(file).silent();
        self.env.write(file, content);
        self.after_write(file)
    }

    #[track_caller]
    pub fn stop(&self) {
        self.tell(self.word(["Stop", "Stop", "AfterAgent"]), "x").silent();
    }

    #[track_caller]
    pub fn prompt(&self) {
        self.tell(self.word(["UserPromptSubmit", "UserPromptSubmit", "BeforeAgent"]), "x").silent();
    }

    #[track_caller]
    pub fn end(&self) {
        self.tell("SessionEnd", "x").silent();
    }

    #[track_caller]
    pub fn shell(&self, command: &str) -> Answer {
        let name = self.word(["PreToolUse-Bash", "PreToolUse-Bash", "BeforeTool-run_shell_command"]);
        let mut event = self.event(name, "x");
        event["tool_input"]["command"] = command.into();
        self.ask(&event)
    }

    fn word(&self, words: [&'static str; 3]) -> &'static str {
        words[CLIENTS.iter().position(|client| *client == self.client).unwrap()]
    }

    /// What is remembered of the session.
    pub fn file(&self) -> PathBuf {
        self.env.home().join(format!(".local/state/aimem/sessions/{}@{}.jsonl", self.client, self.id))
    }
}

/// Starts a hook with this event, and reads its answer as its client does.
#[track_caller]
pub fn ask(command: Command, client: &str, event: &Value) -> Answer {
    let ran = run(command, event.to_string().as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    check(client, event["hook_event_name"].as_str().unwrap_or("PreToolUse"), &answer);
    Answer(answer)
}

pub fn run(mut command: Command, input: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // One that ends early does not read on.
    let _ = child.stdin.take().unwrap().write_all(input);
    Ran::of(child.wait_with_output().unwrap())
}

/// Settings of the user.
pub fn settings(env: &TestEnv, text: &str) {
    let folder = env.home().join(".config/aimem");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), text).unwrap();
}
