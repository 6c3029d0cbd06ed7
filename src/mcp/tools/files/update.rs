//! `memory_update`

use std::collections::BTreeMap;
use std::time::Duration;

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde_json::Value;

use super::{Changed, FormatName, locate};
use crate::document::Limits;
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::memory::{self, Binding, Program};
use crate::settings;

/// A filter that runs for longer is given up: nobody watches it.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// The tool.
pub struct Update;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file: absolute, or relative to a root.
    pub path: String,
    /// A jq filter that makes the new document from the old one, such as: .sessions += [$new]
    pub filter: String,
    /// The filter's variables: {"name": value} is $name. Put what you have to say here, and not into
    /// the filter's text.
    #[serde(default)]
    pub args: BTreeMap<String, Value>,
    /// The document to start from when there is no such file, such as {}.
    #[serde(default)]
    pub create: Option<Value>,
    /// Change it only if it still has this etag, from memory_read.
    #[serde(default)]
    pub if_match: Option<String>,
    /// A jq filter for the new document, whose results come back.
    #[serde(default)]
    pub returns: Option<String>,
    /// Let the document become one of another kind, such as an object a number.
    #[serde(default)]
    pub any_kind: bool,
    /// The document's format [default: what its name says].
    #[serde(default)]
    pub format: Option<FormatName>,
    /// How long to wait for the file's lock, such as 5s; 0 tries once.
    #[serde(default)]
    pub timeout: Option<String>,
}

impl Action for Update {
    const NAME: &'static str = "memory_update";
    const TITLE: &'static str = "Change a memory file";
    const ABOUT: &'static str = "Change a JSON or TOML document by a jq filter, under its lock: no other change is lost, \
         however many agents change it at once. What the filter does not touch keeps its bytes.";
    const EFFECT: Effect = Effect::Replaces;
    const WAITS: bool = true;
    const CHANGES_FILES: bool = true;
    type Args = Args;
    type Result = Changed;

    fn run(context: &Context, args: Args, call: &mut Call) -> Result<(Said, Changed), Refusal> {
        let (bounds, file) = locate(context, &args.path)?;
        let locker = context.locker(call, Self::NAME, args.timeout.as_deref())?;
        let create = args.create.as_ref().map(|start| start.to_string().into_bytes());
        if create.is_some() {
            bounds.make_folders(&file)?;
        }
        let format = args.format.map(Into::into);
        let mut program = Program { format, ..program(&args.filter, &args.args, &args.path) };
        let mut place = context.kept_place(&file, &bounds, &locker, call, "update")?;
        let returns = args.returns.as_ref();
        let returns =
            returns.map(|filter| Program { format, ..self::program(filter, &args.args, &args.path) });
        let request = memory::Update {
            create,
            if_match: args.if_match,
            any_kind: args.any_kind,
            format,
            schema: settings::schema().map(memory::Schema::from),
            returns,
            dry_run: false,
        };
        let updated = memory::update(&mut place, &request, &mut program)?;
        Ok(Changed::told(&updated, updated.returned.as_deref()))
    }
}

/// A filter with its variables. It sees nothing of the environment.
pub fn program(filter: &str, args: &BTreeMap<String, Value>, path: &str) -> Program {
    let bind = |(name, value): (&String, &Value)| Binding::Json(name.clone(), value.to_string().into_bytes());
    Program {
        source: filter.to_owned(),
        bindings: args.iter().map(bind).collect(),
        file_name: Some(path.to_owned()),
        limits: Limits { max_time: Some(LONGEST_RUN) },
        ..Program::default()
    }
}
