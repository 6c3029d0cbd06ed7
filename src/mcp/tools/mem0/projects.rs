//! `mem0_list_projects`

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::outbox;
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::queue::recall::projects;

/// The tool.
pub struct Projects;

/// It needs nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Known {
    /// The projects, in the order of their names.
    pub projects: Vec<String>,
    /// How many.
    pub count: u64,
    /// Why the server's are not among them, where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Action for Projects {
    const NAME: &'static str = "mem0_list_projects";
    const TITLE: &'static str = "List projects";
    const ABOUT: &'static str = "The projects that have memories here, and the server's where it can say.";
    const EFFECT: Effect = Effect::Reads;
    const OPEN_WORLD: bool = true;
    const WAITS: bool = true;
    type Args = Args;
    type Result = Known;

    fn run(_: &Context, _: Args, _: &mut Call) -> Result<(Said, Known), Refusal> {
        let mut projects = projects(outbox::existing()?.as_ref())?;
        let problem = match outbox::client().and_then(|client| client.projects()) {
            Ok(more) => {
                projects.extend(more.unwrap_or_default());
                None
            }
            Err(problem) => Some(problem),
        };
        projects.sort();
        projects.dedup();
        let mut text = match projects.len() {
            0 => "No projects yet".to_owned(),
            1 => "1 project:".to_owned(),
            count => format!("{count} projects:"),
        };
        for project in &projects {
            text.push_str(&format!("\n- {project}"));
        }
        if let Some(problem) = &problem {
            text.push_str(&format!("\n\nThe memory server could not be asked: {problem}"));
        }
        Ok((text.into(), Known { count: projects.len() as u64, projects, problem }))
    }
}
