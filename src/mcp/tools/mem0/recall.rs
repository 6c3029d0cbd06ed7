//! `mem0_recall` and `mem0_search`

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::outbox;
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::queue::question::MOST;
use crate::queue::recall::{self, Kept, Recalled};

/// `mem0_recall`
pub struct Recall;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecallArgs {
    /// Whose memories.
    pub project_id: String,
    /// At most so many.
    #[serde(default = "twenty")]
    pub limit: u32,
}

fn twenty() -> u32 {
    20
}

/// `mem0_search`
pub struct Search;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchArgs {
    /// Whose memories.
    pub project_id: String,
    /// What they should be about.
    pub query: String,
    /// At most so many.
    #[serde(default = "ten")]
    pub limit: u32,
}

fn ten() -> u32 {
    10
}

/// What they give.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Memories {
    /// Whose memories.
    pub project_id: String,
    /// How many.
    pub count: u64,
    /// The memories: first what has not reached the server yet.
    pub memories: Vec<Memory>,
    /// Whether the server answered.
    pub server_answered: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A memory.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Memory {
    /// The memory.
    pub memory: String,
    /// How well it fits, where the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Where it is, when it is not from the server: pending, in flight, dead or delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Action for Recall {
    const NAME: &'static str = "mem0_recall";
    const TITLE: &'static str = "Recall a project's memories";
    const ABOUT: &'static str = "The memories of a project. What still waits to be delivered comes first. When the server is \
         down, what this machine has kept is given instead.";
    const EFFECT: Effect = Effect::Reads;
    const OPEN_WORLD: bool = true;
    const WAITS: bool = true;
    type Args = RecallArgs;
    type Result = Memories;

    fn run(_: &Context, args: RecallArgs, _: &mut Call) -> Result<(Said, Memories), Refusal> {
        let memories = ask(&args.project_id, "", args.limit)?;
        let head = match memories.count {
            0 => format!("No memories of project {}", args.project_id),
            1 => format!("1 memory of project {}:", args.project_id),
            count => format!("{count} memories of project {}:", args.project_id),
        };
        Ok((text(head, &memories).into(), memories))
    }
}

impl Action for Search {
    const NAME: &'static str = "mem0_search";
    const TITLE: &'static str = "Search a project's memories";
    const ABOUT: &'static str = "Search the memories of a project by meaning. What still waits to be delivered is searched by \
         its words and comes first. When the server is down, so is what this machine has kept.";
    const EFFECT: Effect = Effect::Reads;
    const OPEN_WORLD: bool = true;
    const WAITS: bool = true;
    type Args = SearchArgs;
    type Result = Memories;

    fn run(_: &Context, args: SearchArgs, _: &mut Call) -> Result<(Said, Memories), Refusal> {
        if args.query.trim().is_empty() {
            return Err(
                Refusal::new("there is nothing to search for: query is empty").hint("for all: mem0_recall")
            );
        }
        let memories = ask(&args.project_id, &args.query, args.limit)?;
        let head = match memories.count {
            0 => format!("No results for '{}' in project {}", args.query, args.project_id),
            1 => format!("1 result for '{}':", args.query),
            count => format!("{count} results for '{}':", args.query),
        };
        Ok((text(head, &memories).into(), memories))
    }
}

fn ask(project: &str, query: &str, limit: u32) -> Result<Memories, Refusal> {
    if project.trim().is_empty() {
        return Err(Refusal::new("whose memories? project_id is empty"));
    }
    let request =
        recall::Recall { project: project.to_owned(), query: query.to_owned(), limit: limit.clamp(1, MOST) };
    let client = outbox::client();
    let spool = outbox::existing()?;
    let Recalled { waiting, memories, problem, delivered } =
        request.run(spool.as_ref(), client.as_ref().map_err(String::clone))?;
    let kept = |kept: Kept| Memory { memory: kept.memory, score: None, state: Some(kept.state.to_owned()) };
    let mut all: Vec<Memory> = waiting.into_iter().map(kept).collect();
    all.extend(memories.into_iter().map(|found| Memory {
        memory: found.memory,
        score: found.score,
        state: None,
    }));
    all.extend(delivered.into_iter().map(kept));
    Ok(Memories {
        project_id: project.to_owned(),
        count: all.len() as u64,
        memories: all,
        server_answered: problem.is_none(),
        problem,
    })
}

fn text(head: String, memories: &Memories) -> String {
    let mut text = head;
    if let Some(problem) = &memories.problem {
        text =
            format!("The memory server could not be asked: {problem}. This is what is kept here.\n\n{text}");
    }
    for (index, Memory { memory, score, state }) in memories.memories.iter().enumerate() {
        let mark = match state.as_deref() {
            Some("delivered") => " [delivered]".to_owned(),
            Some("dead") => " [not delivered: given up on]".to_owned(),
            Some(_) => " [waiting to be delivered]".to_owned(),
            None => String::new(),
        };
        let score = score.map(|score| format!(" (score: {score:.2})")).unwrap_or_default();
        text.push_str(&format!("\n{}. {memory}{score}{mark}", index + 1));
    }
    text
}
