//! `memory_history`

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{locate, shown};
use crate::history::Entry;
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::memory;
use crate::place::PlaceError;
use crate::sys::text::printable;

/// So many versions are told if nothing else is asked for.
const LIMIT: u32 = 20;

/// The tool.
pub struct History;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file: absolute, or relative to a root.
    pub path: String,
    /// At most so many versions, the newest first [default: 20].
    #[serde(default)]
    pub limit: Option<u32>,
}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Versions {
    /// The file's true path.
    pub path: String,
    /// The versions, the newest first, as `aimem history --json` has them.
    pub versions: Vec<Value>,
    /// How many there are, told or not.
    pub count: u64,
}

impl Action for History {
    const NAME: &'static str = "memory_history";
    const TITLE: &'static str = "What a file was before";
    const ABOUT: &'static str = "The earlier versions of a file that are kept: when each was written, by whom and how. \
         memory_undo takes the last change back.";
    const EFFECT: Effect = Effect::Reads;
    type Args = Args;
    type Result = Versions;

    fn run(context: &Context, args: Args, _: &mut Call) -> Result<(Said, Versions), Refusal> {
        let (_, file) = locate(context, &args.path)?;
        let history = memory::history(&file.path, context.lock_roots())?;
        // The path was followed once more meanwhile.
        if history.file != crate::sys::text::shown(&file.path) {
            return Err(PlaceError::Moved { path: args.path.into() }.into());
        }
        let count = history.versions.len();
        let told = history.versions.iter().take(args.limit.unwrap_or(LIMIT) as usize);
        let mut text = match count {
            0 => "nothing is known of its past".to_owned(),
            1 => "1 version:".to_owned(),
            _ => format!("{count} versions:"),
        };
        for version in told.clone() {
            text.push('\n');
            text.push_str(&line(version));
        }
        let versions = told.filter_map(|version| serde_json::to_value(version).ok()).collect();
        Ok((text.into(), Versions { path: shown(&file), versions, count: count as u64 }))
    }
}

fn line(version: &Entry) -> String {
    let name = version.which.as_deref().unwrap_or("lost");
    let written = version.written.map_or_else(|| "?".to_owned(), |time| format!("{time:.0}"));
    let who = version.who.as_deref().unwrap_or("a program that takes no lock");
    let verb = version.verb.as_deref().unwrap_or("?");
    let size = version.size.map_or_else(|| "?".to_owned(), |size| size.to_string());
    printable(&format!("{name}  {written}  {size} bytes  {verb} by {who}")).into_owned()
}
