//! `mem0_save`

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::queue::Place;

/// The tool.
pub struct Save;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Whose memory it is.
    pub project_id: String,
    /// The memory.
    pub content: String,
}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Saved {
    /// Always: an error is none of this.
    pub success: bool,
    /// Its id in the outbox.
    pub id: String,
    /// Whose memory it is.
    pub project_id: String,
    /// queued, or delivered when a worker was that quick.
    pub state: String,
    /// What is wrong with the outbox, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
}

impl Action for Save {
    const NAME: &'static str = "mem0_save";
    const TITLE: &'static str = "Save a memory";
    const ABOUT: &'static str = "Save a memory of a project. It is on disk when this answers; a worker delivers it to the \
         memory server, which is not waited for.";
    const EFFECT: Effect = Effect::Adds;
    type Args = Args;
    type Result = Saved;

    fn run(context: &Context, args: Args, _: &mut Call) -> Result<(Said, Saved), Refusal> {
        context.outbox.look_over();
        let (spool, name) = context.outbox.save(&args.project_id, &args.content)?;
        let is_delivered = !matches!(spool.read(&Place::New, name), Ok(Some(_)))
            && matches!(spool.read(&Place::Done, name), Ok(Some(_)));
        let (state, words) = match is_delivered {
            true => ("delivered", "Saved and delivered"),
            false => ("queued", "Saved: queued for delivery"),
        };
        let alert = context.outbox.alert();
        let mut text = alert.as_ref().map(|alert| format!("{alert}\n\n")).unwrap_or_default();
        text.push_str(&format!("{words}, for project {} ({name})", args.project_id));
        let id = name.to_string();
        Ok((
            text.into(),
            Saved { success: true, id, project_id: args.project_id, state: state.to_owned(), alert },
        ))
    }
}
