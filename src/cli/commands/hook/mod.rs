//! `aimem hook`: a guard at the tools by which agents edit files themselves.

mod install;
mod run;
mod status;

use clap::Subcommand;

use crate::cli::error::Outcome;

pub use run::answer_at_once;

/// Guard what agents edit with their own tools, as a hook of their client
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Hook {
    /// Read one event of a client on standard input, and answer it
    Run(run::Run),
    /// Put the hooks into the settings of an agent's client
    Install(install::Install),
    /// Take the hooks out of the settings of an agent's client
    Uninstall(install::Uninstall),
    /// Say where hooks are installed, and try them
    Status(status::Status),
}

impl Hook {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Hook::Run(run) => run.run(),
            Hook::Install(install) => install.run(),
            Hook::Uninstall(uninstall) => uninstall.run(),
            Hook::Status(status) => status.run(),
        }
    }
}
