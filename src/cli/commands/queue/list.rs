//! `aimem queue list`

use clap::Args;
use serde_json::Value;

use super::entries::{State, content, rows};
use super::existing;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;

/// List what is on its way
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem queue list
  aimem queue list --state delivered --project web --json")]
pub struct List {
    /// Only entries in this state; may be given several times [default: all but delivered]
    #[arg(long, value_enum, value_name = "STATE")]
    state: Vec<State>,
    /// Only this project's
    #[arg(short = 'p', long, value_name = "NAME")]
    project: Option<String>,
    /// Only the oldest N
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

impl List {
    pub(crate) fn run(self) -> Outcome {
        let wanted = match &self.state[..] {
            [] => &[State::Pending, State::InFlight, State::Dead],
            chosen => chosen,
        };
        let mut rows = rows(existing()?.as_ref(), wanted)?;
        if let Some(project) = &self.project {
            rows.retain(|row| row.entry.as_ref().is_ok_and(|entry| entry.project_id == *project));
        }
        rows.truncate(self.limit.unwrap_or(usize::MAX));
        if self.json {
            output::json(&rows.iter().map(|row| row.json()).collect::<Vec<Value>>())?;
            return Ok(Exit::Done);
        }
        if rows.is_empty() {
            output::note("note", "no entries");
            return Ok(Exit::Done);
        }
        let head = ["ID", "STATE", "PROJECT", "AGE", "TRIES", "CONTENT"].map(str::to_owned).to_vec();
        let body = rows.iter().map(|row| {
            let mut cells = row.cells();
            cells.push(
                row.entry.as_ref().map_or_else(|reason| content(reason), |entry| content(&entry.content)),
            );
            cells
        });
        let table: Vec<_> = std::iter::once(head).chain(body).collect();
        output::result(output::table(&table).as_bytes())?;
        Ok(Exit::Done)
    }
}
