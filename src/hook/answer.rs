//! What a client understands as an answer.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use super::event::names;
use crate::clients::HookClient;
use crate::sys::text::{is_unsafe, shorten};

/// More is cut: a model has to read it.
const LONGEST: usize = 4000;

/// An answer to one event.
#[derive(Debug, Clone)]
pub struct Answer {
    client: HookClient,
    /// The event's name in the client's words.
    event: String,
    denied: Option<String>,
    context: Vec<String>,
    message: Vec<String>,
    /// What the session's commands shall call themselves.
    pub exported: Option<String>,
}

impl Answer {
    /// The tool may run, and there is nothing to say.
    pub fn new(client: HookClient, event: &str) -> Answer {
        let event = event.to_owned();
        Answer { client, event, denied: None, context: Vec::new(), message: Vec::new(), exported: None }
    }

    /// It is the answer to this event.
    pub(super) fn is_for(&mut self, event: &str) {
        event.clone_into(&mut self.event);
    }

    /// The tool shall not run, and the agent reads why.
    pub fn deny(&mut self, why: &impl Display) {
        self.denied = Some(plain(why));
    }

    /// Whether the tool shall not run.
    pub fn is_denial(&self) -> bool {
        self.denied.is_some()
    }

    /// The agent reads this.
    pub fn tell_agent(&mut self, what: &impl Display) {
        self.context.push(plain(what));
    }

    /// The person reads this.
    pub fn tell_person(&mut self, what: &impl Display) {
        self.message.push(plain(what));
    }

    /// An error of our own, which stops nobody.
    pub(super) fn tell_error(&mut self, error: &crate::edits::EditsError) {
        let why = crate::sys::failure::message(error);
        self.tell_person(&format!("aimem does not protect this session's edits: {why}"));
    }

    /// The answer as one line of JSON.
    pub fn render(&self) -> String {
        let mut answer = Map::new();
        let mut message = self.message.clone();
        let mut output = Map::new();
        let takes_context = names(self.client).takes_context.contains(&self.event.as_str());
        if !self.context.is_empty() {
            match takes_context {
                true => drop(output.insert("additionalContext".into(), self.context.join("\n").into())),
                false => message.extend(self.context.iter().cloned()),
            }
        }
        match (&self.denied, self.client) {
            (None, _) => {}
            (Some(why), HookClient::Gemini) => {
                answer.insert("decision".into(), "deny".into());
                answer.insert("reason".into(), why.as_str().into());
            }
            (Some(why), HookClient::ClaudeCode | HookClient::Codex) => {
                output.insert("permissionDecision".into(), "deny".into());
                output.insert("permissionDecisionReason".into(), why.as_str().into());
            }
        }
        if !output.is_empty() {
            let mut named = Map::new();
            named.insert("hookEventName".into(), json!(self.event));
            named.append(&mut output);
            answer.insert("hookSpecificOutput".into(), Value::Object(named));
        }
        if !message.is_empty() {
            answer.insert("systemMessage".into(), message.join("\n").into());
        }
        let mut line = Value::Object(answer).to_string();
        line.push('\n');
        line
    }
}

/// Text that a terminal and a model can be given.
fn plain(what: &impl Display) -> String {
    let text: String =
        what.to_string().chars().map(|letter| if is_unsafe(letter) { ' ' } else { letter }).collect();
    shorten(&text, LONGEST).into_owned()
}
