//! `memory_append`

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::{locate, shown};
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::memory;
use crate::replace::Warning;

/// The tool.
pub struct Append;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file: absolute, or relative to a root. One that is missing is made, with its folders.
    pub path: String,
    /// One or more whole lines. A last one without a line end gets one.
    pub content: String,
    /// How long to wait for the file's lock, such as 5s; 0 tries once.
    #[serde(default)]
    pub timeout: Option<String>,
}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Appended {
    /// The file's true path.
    pub path: String,
    /// How many lines were added.
    pub lines: u64,
    /// How large the file is now, in bytes.
    pub size: Option<u64>,
    /// What should be told.
    pub warnings: Vec<String>,
}

impl Action for Append {
    const NAME: &'static str = "memory_append";
    const TITLE: &'static str = "Add lines to a memory file";
    const ABOUT: &'static str = "Add whole lines at a file's end, under its lock: as quick for a large file as for a small one. A \
         .jsonl file takes one JSON document a line.";
    const EFFECT: Effect = Effect::Adds;
    const WAITS: bool = true;
    const CHANGES_FILES: bool = true;
    type Args = Args;
    type Result = Appended;

    fn run(context: &Context, args: Args, call: &mut Call) -> Result<(Said, Appended), Refusal> {
        let (bounds, file) = locate(context, &args.path)?;
        let locker = context.locker(call, Self::NAME, args.timeout.as_deref())?;
        bounds.make_folders(&file)?;
        let lines = memory::whole_lines(args.content.into_bytes());
        let mut place = context.kept_place(&file, &bounds, &locker, call, "append")?;
        let done = memory::append(&mut place, &memory::Append { lines, lines_before: 0, rotation: None })?;
        let result = Appended {
            path: shown(&file),
            lines: done.lines as u64,
            size: done.size_after,
            warnings: done.warnings.iter().map(Warning::to_string).collect(),
        };
        let mut text = format!("{} line(s) added to {}", result.lines, result.path);
        for warning in &result.warnings {
            text.push_str(&format!("\nwarning: {warning}"));
        }
        Ok((text.into(), result))
    }
}
