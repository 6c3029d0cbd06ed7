//! `mem0_health`

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::outbox;
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::queue::question::SelfDescription;

/// The tool.
pub struct Health;

/// It needs nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct State {
    /// Whether the server is up.
    pub up: bool,
    /// Its URL, where one is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it counts as down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Its version, where it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who runs its language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_provider: Option<String>,
    /// Its language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_model: Option<String>,
    /// Where it keeps its vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector_store: Option<String>,
    /// Whether it makes backups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_enabled: Option<bool>,
}

impl Action for Health {
    const NAME: &'static str = "mem0_health";
    const TITLE: &'static str = "Ask the memory server how it is";
    const ABOUT: &'static str =
        "Whether the memory server is up, and what it says of itself. Saving works without it.";
    const EFFECT: Effect = Effect::Reads;
    const OPEN_WORLD: bool = true;
    const WAITS: bool = true;
    type Args = Args;
    type Result = State;

    fn run(_: &Context, _: Args, _: &mut Call) -> Result<(Said, State), Refusal> {
        let (url, answer) = match outbox::client() {
            Ok(client) => (Some(client.url()), client.describe()),
            Err(problem) => (None, Err(problem)),
        };
        let (about, problem) = match answer {
            Ok(about) => (about, None),
            Err(problem) => (SelfDescription::default(), Some(problem)),
        };
        let mut text = match (&problem, &url) {
            (None, Some(url)) => format!("The memory server at {url} is up"),
            (Some(problem), Some(url)) => format!("The memory server at {url} is down: {problem}"),
            (problem, None) => format!(
                "There is no memory server to ask: {}. Saving works without",
                problem.as_deref().unwrap_or("no server is set")
            ),
        };
        let backup = about.backup_enabled.map(|yes| if yes { "yes" } else { "no" }.to_owned());
        let rows = [
            ("version", &about.version),
            ("llm_provider", &about.llm_provider),
            ("llm_model", &about.llm_model),
            ("vector_store", &about.vector_store),
            ("backup_enabled", &backup),
        ];
        for (name, value) in rows {
            if let Some(value) = value {
                text.push_str(&format!("\n{name}: {value}"));
            }
        }
        let state = State {
            up: problem.is_none(),
            url,
            problem,
            version: about.version,
            llm_provider: about.llm_provider,
            llm_model: about.llm_model,
            vector_store: about.vector_store,
            backup_enabled: about.backup_enabled,
        };
        Ok((text.into(), state))
    }
}
