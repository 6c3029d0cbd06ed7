//! `memory_undo`

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use super::{Changed, locate};
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::memory;

/// The tool.
pub struct Undo;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file: absolute, or relative to a root.
    pub path: String,
    /// Only if the last change is that of the client of this name.
    #[serde(default)]
    pub client: Option<String>,
    /// Put back what is broken, or was altered since it was kept.
    #[serde(default)]
    pub force: bool,
    /// How long to wait for the file's lock, such as 5s; 0 tries once.
    #[serde(default)]
    pub timeout: Option<String>,
}

impl Action for Undo {
    const NAME: &'static str = "memory_undo";
    const TITLE: &'static str = "Undo the last change of a file";
    const ABOUT: &'static str = "Put back what a file was before its last change, as one more change: undone again, the first \
         one is back. See memory_history for what it was.";
    const EFFECT: Effect = Effect::Replaces;
    const WAITS: bool = true;
    const CHANGES_FILES: bool = true;
    type Args = Args;
    type Result = Changed;

    fn run(context: &Context, args: Args, call: &mut Call) -> Result<(Said, Changed), Refusal> {
        let (bounds, file) = locate(context, &args.path)?;
        let locker = context.locker(call, Self::NAME, args.timeout.as_deref())?;
        let mut place = context.kept_place(&file, &bounds, &locker, call, "undo")?;
        let undone = memory::undo(&mut place, args.client, args.force, false)?;
        let (said, changed) = Changed::told(&undone, None);
        Ok((said.beside(format!("put back: {}", undone.which)), changed))
    }
}
