//! `mem0_queue_status`

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::outbox::{alert, existing, places};
use crate::legacy::python::{OldLock, look_at_lock};
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;
use crate::mcp::tools::{Action, Effect};
use crate::queue::report::report;
use crate::queue::status::Status;
use crate::sys::text::show_duration;

/// The tool.
pub struct QueueStatus;

/// It needs nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {}

/// What it gives: the object of `aimem queue status --json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Numbers {
    /// ok, warning or critical.
    pub level: String,
    /// How many memories wait.
    pub pending: u64,
    /// How many were given up on.
    pub dead: u64,
    /// The rest of what `aimem queue status --json` tells.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Action for QueueStatus {
    const NAME: &'static str = "mem0_queue_status";
    const TITLE: &'static str = "How the outbox is";
    const ABOUT: &'static str = "How many memories wait to be delivered or were given up on, since when, and what went wrong \
         last.";
    const EFFECT: Effect = Effect::Reads;
    type Args = Args;
    type Result = Numbers;

    fn run(_: &Context, _: Args, _: &mut Call) -> Result<(Said, Numbers), Refusal> {
        let status = Status::of(existing()?.as_ref())?;
        let lock = match places()?.old {
            Some(folder) => look_at_lock(&folder).map_err(crate::queue::QueueError::from)?,
            None => OldLock::Free,
        };
        let mut rest = match report(&status, &lock) {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        for named in ["level", "pending", "dead"] {
            rest.shift_remove(named);
        }
        let oldest = status.oldest_age.map_or_else(|| "none".to_owned(), show_duration);
        let success = status.last_success.map_or_else(|| "never".to_owned(), |time| format!("{time:.0}"));
        let totals = &status.totals;
        let mut text = alert(&status).map(|alert| format!("{alert}\n\n")).unwrap_or_default();
        text.push_str(&format!(
            "level: {}\nwaiting: {}\nin flight: {}\nfailed: {}\noldest: {oldest}\nlast success: {success}\n\
             total: {} queued, {} synced, {} failed",
            status.level.name(),
            status.pending,
            status.in_flight,
            status.dead,
            totals.total_queued,
            totals.total_synced,
            totals.total_failed,
        ));
        if let Some(error) = &status.last_error {
            text.push_str(&format!("\nlast error: {} ({:.0})", error.message, error.at));
        }
        let level = status.level.name().to_owned();
        Ok((text.into(), Numbers { level, pending: status.pending, dead: status.dead, rest }))
    }
}
