//! `aimem mcp`

use std::io::{IsTerminal as _, stdin};
use std::path::PathBuf;

use clap::Args;

use super::installer::Installer;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::mcp::{self, Options, ServeError};

/// Serve files, locks and memories to an agent, by the Model Context Protocol
///
/// An agent's client starts this and speaks with it over standard input and output, as after `claude
/// mcp add aimem -- aimem mcp`, or as `install` has written it into the client's settings. It ends with
/// its input.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Examples:
  aimem mcp
  aimem mcp --root . --read-only")]
pub struct Mcp {
    /// Serve the files in this folder; may be repeated [default: $AICONFIG_PATH, or ~/aiconfig]
    #[arg(long, value_name = "DIR")]
    root: Vec<PathBuf>,
    /// Serve files for reading only
    #[arg(long)]
    read_only: bool,
    #[command(subcommand)]
    installer: Option<Installer>,
}

impl Mcp {
    pub(crate) fn run(self) -> Outcome {
        if let Some(installer) = self.installer {
            return installer.run();
        }
        if stdin().is_terminal() {
            output::note(
                "note",
                "this speaks the Model Context Protocol, one JSON message a line; an agent's client starts it. Ctrl-D ends it",
            );
        }
        mcp::serve(Options { roots: self.root, read_only: self.read_only }).map_err(|error| match error {
            ServeError::Setting(error) => error.into(),
            ServeError::Place(error) => error.into(),
            ServeError::Start(source) => CliError::io("cannot start the server", &source),
        })?;
        Ok(Exit::Done)
    }
}
