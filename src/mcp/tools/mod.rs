//! The tools: one table of them, and what each of its rows is made of.

pub mod files;
pub mod locks;
#[cfg(feature = "outbox")]
pub mod mem0;
#[cfg(test)]
mod panics;

use std::sync::Arc;

use rmcp::handler::server::tool::{schema_for_input, schema_for_output};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use rmcp::schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{Answer, Refusal, Said};
use super::call::Call;
use super::context::Context;

/// What a tool may do to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// It adds something, and destroys nothing.
    Adds,
    /// It may replace what was there.
    Replaces,
}

/// A tool.
pub trait Action {
    /// What it is called.
    const NAME: &'static str;
    /// The same for people.
    const TITLE: &'static str;
    /// What it does, for the model.
    const ABOUT: &'static str;
    /// What it may do.
    const EFFECT: Effect;
    /// Doing it twice is doing it once.
    const IDEMPOTENT: bool = false;
    /// It asks a server.
    const OPEN_WORLD: bool = false;
    /// It may wait for a lock, or for a server.
    const WAITS: bool = false;
    /// It changes files, which a server that only reads does not.
    const CHANGES_FILES: bool = false;
    /// What it is given.
    type Args: DeserializeOwned + JsonSchema + 'static;
    /// What it gives back.
    type Result: Serialize + JsonSchema + 'static;

    /// Does it, and puts the result into words too.
    ///
    /// # Errors
    /// Why it was not done.
    fn run(context: &Context, args: Self::Args, call: &mut Call) -> Result<(Said, Self::Result), Refusal>;
}

/// What a tool does with its arguments.
pub type Run = fn(&Context, JsonObject, &mut Call) -> Result<Answer, Refusal>;

/// One row of the table.
pub struct Row {
    /// The tool's name.
    pub name: &'static str,
    /// It may wait for a lock, or for a server.
    pub waits: bool,
    changes_files: bool,
    describe: fn() -> Tool,
    /// What it does.
    pub run: Run,
}

const fn row<A: Action>() -> Row {
    Row {
        name: A::NAME,
        waits: A::WAITS,
        changes_files: A::CHANGES_FILES,
        describe: describe::<A>,
        run: run::<A>,
    }
}

/// All tools.
pub const TABLE: &[Row] = &[
    #[cfg(feature = "outbox")]
    row::<mem0::save::Save>(),
    #[cfg(feature = "outbox")]
    row::<mem0::recall::Recall>(),
    #[cfg(feature = "outbox")]
    row::<mem0::recall::Search>(),
    #[cfg(feature = "outbox")]
    row::<mem0::projects::Projects>(),
    #[cfg(feature = "outbox")]
    row::<mem0::health::Health>(),
    #[cfg(feature = "outbox")]
    row::<mem0::status::QueueStatus>(),
    row::<files::read::Read>(),
    row::<files::update::Update>(),
    row::<files::write::Write>(),
    row::<files::edit::Edit>(),
    row::<files::append::Append>(),
    row::<files::list::List>(),
    row::<files::history::History>(),
    row::<files::undo::Undo>(),
    row::<locks::Acquire>(),
    row::<locks::Renew>(),
    row::<locks::Release>(),
    row::<locks::Show>(),
    #[cfg(test)]
    row::<panics::Panics>(),
];

/// The tools that are served.
pub fn served(read_only: bool) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| !(read_only && row.changes_files))
}

/// The tool of that name.
pub fn named(name: &str, read_only: bool) -> Option<&'static Row> {
    served(read_only).find(|row| row.name == name)
}

impl Row {
    /// The tool as it is listed.
    pub fn tool(&self) -> Tool {
        (self.describe)()
    }
}

fn run<A: Action>(context: &Context, args: JsonObject, call: &mut Call) -> Result<Answer, Refusal> {
    let args = serde_json::from_value(Value::Object(args)).map_err(|error| {
        Refusal::new(format!("the arguments of {} are not as they should be: {error}", A::NAME))
    })?;
    let (said, result) = A::run(context, args, call)?;
    Answer::new(said, &result)
}

fn describe<A: Action>() -> Tool {
    let hints = ToolAnnotations::with_title(A::TITLE)
        .read_only(A::EFFECT == Effect::Reads)
        .destructive(A::EFFECT == Effect::Replaces)
        .idempotent(A::IDEMPOTENT || A::EFFECT == Effect::Reads)
        .open_world(A::OPEN_WORLD);
    let input = schema_for_input::<A::Args>().unwrap_or_default();
    Tool::new(A::NAME, A::ABOUT, plain(&input))
        .with_title(A::TITLE)
        .with_annotations(hints)
        .with_raw_output_schema(plain(&schema_for_output::<A::Result>()))
}

/// A schema without the formats of numbers: some clients refuse those that JSON Schema does not have,
/// such as `uint32`.
fn plain(schema: &Arc<JsonObject>) -> Arc<JsonObject> {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(map) => {
                let is_number = |format: &str| {
                    ["int", "uint", "double", "float"].iter().any(|begin| format.starts_with(begin))
                };
                if map.get("format").and_then(Value::as_str).is_some_and(is_number) {
                    map.remove("format");
                }
                map.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    let mut value = Value::Object(schema.as_ref().clone());
    strip(&mut value);
    match value {
        Value::Object(map) => Arc::new(map),
        _ => schema.clone(),
    }
}
