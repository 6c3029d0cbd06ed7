//! `aimem queue health`

use clap::Args;
use serde_json::json;

use super::{places, server};
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::queue::server::Client;
use crate::settings;

/// Ask the server now: exit 0 when it is up, 1 when it is down
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem queue health
  aimem queue health --json")]
pub struct Health {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

impl Health {
    pub(crate) fn run(self) -> Outcome {
        let client = Client::new(server(&places()?)?, 1, &settings::variable)?;
        let answer = client.health();
        let (up, problem) = (answer.is_ok(), answer.err());
        if self.json {
            output::json(&json!({"up": up, "url": client.url(), "problem": problem}))?;
        } else {
            let line = match &problem {
                None => format!("{} is up\n", client.url()),
                Some(problem) => format!("{} is down: {problem}\n", client.url()),
            };
            output::result(line.as_bytes())?;
        }
        Ok(if up { Exit::Done } else { Exit::CheckFailed })
    }
}
