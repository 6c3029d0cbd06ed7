//! `memory_write`

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use super::{Changed, FormatName, locate};
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::memory::{self, Validate};
use crate::settings;

/// The tool.
pub struct Write;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file: absolute, or relative to a root. Missing folders above it are made.
    pub path: String,
    /// The whole new content.
    pub content: String,
    /// Write only if the file still has this etag, from memory_read; none for a file that must not be
    /// there yet. Without it, whatever another has written meanwhile is replaced.
    #[serde(default)]
    pub if_match: Option<String>,
    /// The document's format [default: what its name says].
    #[serde(default)]
    pub format: Option<FormatName>,
    /// How long to wait for the file's lock, such as 5s; 0 tries once.
    #[serde(default)]
    pub timeout: Option<String>,
}

impl Action for Write {
    const NAME: &'static str = "memory_write";
    const TITLE: &'static str = "Write a memory file";
    const ABOUT: &'static str = "Replace a whole file, under its lock: readers see the old content or the new one. A .json, \
         .jsonc or .toml file must be one such document. With if_match nothing is overwritten that you have not read.";
    const EFFECT: Effect = Effect::Replaces;
    const IDEMPOTENT: bool = true;
    const WAITS: bool = true;
    const CHANGES_FILES: bool = true;
    type Args = Args;
    type Result = Changed;

    fn run(context: &Context, args: Args, call: &mut Call) -> Result<(Said, Changed), Refusal> {
        let (bounds, file) = locate(context, &args.path)?;
        let locker = context.locker(call, Self::NAME, args.timeout.as_deref())?;
        bounds.make_folders(&file)?;
        let mut place = context.kept_place(&file, &bounds, &locker, call, "write")?;
        let request = memory::Write {
            content: args.content.into_bytes(),
            validate: if args.format.is_some() { Validate::Always } else { Validate::ByName },
            format: args.format.map(Into::into),
            schema: settings::schema().map(memory::Schema::from),
            if_match: args.if_match,
        };
        let written = memory::write(&mut place, request)?;
        Ok(Changed::told(&written, None))
    }
}
