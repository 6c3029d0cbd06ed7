//! `aimem queue dead`

use clap::Args;
use serde_json::Value;

use super::entries::{State, one_line, rows};
use super::existing;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;

/// List what was given up on, and why
#[derive(Debug, Args)]
#[command(after_help = "\
An entry that the server refused stays here until somebody retries it; the others are tried again
by the next runs.

Examples:
  aimem queue dead
  aimem queue dead --json | jq '.[].last_error'")]
pub struct Dead {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

impl Dead {
    pub(crate) fn run(self) -> Outcome {
        let rows = rows(existing()?.as_ref(), &[State::Dead])?;
        if self.json {
            output::json(&rows.iter().map(|row| row.json()).collect::<Vec<Value>>())?;
            return Ok(Exit::Done);
        }
        if rows.is_empty() {
            output::note("note", "no dead entries");
            return Ok(Exit::Done);
        }
        let head = ["ID", "PROJECT", "AGE", "TRIES", "TRIED AGAIN", "WHY"].map(str::to_owned).to_vec();
        let body = rows.iter().map(|row| {
            let mut cells = row.cells();
            cells.remove(1);
            let (again, why) = match &row.entry {
                Ok(entry) => {
                    let refused = entry.dead.as_ref().is_some_and(|death| death.refused);
                    let again = match entry.not_before {
                        _ if refused => "never".to_owned(),
                        Some(time) => format!("after {time:.0}"),
                        None => "next run".to_owned(),
                    };
                    (again, one_line(entry.last_error.as_deref().unwrap_or("not known"), 200))
                }
                Err(reason) => ("never".to_owned(), one_line(reason, 200)),
            };
            cells.extend([again, why]);
            cells
        });
        let table: Vec<_> = std::iter::once(head).chain(body).collect();
        output::result(output::table(&table).as_bytes())?;
        Ok(Exit::Done)
    }
}
