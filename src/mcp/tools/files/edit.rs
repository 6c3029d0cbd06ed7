//! `memory_edit`

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use super::{Changed, locate};
use crate::document::text::Replacement;
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::memory;

/// The tool.
pub struct Edit;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file: absolute, or relative to a root.
    pub path: String,
    /// The text that is there, byte for byte. It must stand in one place only, unless `all` is true.
    pub old: String,
    /// The text that takes its place.
    pub new: String,
    /// Replace it in every place.
    #[serde(default)]
    pub all: bool,
    /// Edit only if the file still has this etag, from memory_read.
    #[serde(default)]
    pub if_match: Option<String>,
    /// How long to wait for the file's lock, such as 5s; 0 tries once.
    #[serde(default)]
    pub timeout: Option<String>,
}

impl Action for Edit {
    const NAME: &'static str = "memory_edit";
    const TITLE: &'static str = "Replace a text in a memory file";
    const ABOUT: &'static str = "Replace a text that stands in a file of any kind by another, under the file's lock: changes \
         that others make elsewhere in the file at the same time are kept.";
    const EFFECT: Effect = Effect::Replaces;
    const WAITS: bool = true;
    const CHANGES_FILES: bool = true;
    type Args = Args;
    type Result = Changed;

    fn run(context: &Context, args: Args, call: &mut Call) -> Result<(Said, Changed), Refusal> {
        let (bounds, file) = locate(context, &args.path)?;
        let locker = context.locker(call, Self::NAME, args.timeout.as_deref())?;
        let mut place = context.kept_place(&file, &bounds, &locker, call, "edit")?;
        let (old, new) = (args.old.into_bytes(), args.new.into_bytes());
        let edits = vec![Replacement { old, new, all: args.all }];
        let edited =
            memory::edit(&mut place, &memory::Edit { edits, if_match: args.if_match, dry_run: false })?;
        let (said, changed) = Changed::told(&edited, None);
        let places: usize = edited.replaced.iter().sum();
        Ok((said.beside(format!("places: {places}")), changed))
    }
}
