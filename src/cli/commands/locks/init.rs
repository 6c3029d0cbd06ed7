//! `aimem locks init`

use std::path::PathBuf;

use clap::Args;

use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::shared;
use crate::sys;

/// Make a lock folder for all who share DIR
///
/// The locks of all files below DIR then live in DIR/aiconfig/.locks, whoever asks. Without it they
/// live in the home of whoever owns the file's folder, where others can't go. Only the owner of DIR
/// or the superuser can make one. It is made again after DIR was copied or its disk was changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem locks init . --group $(id -g)
  aimem locks init .")]
pub struct Init {
    /// The folder that is shared
    dir: PathBuf,
    /// Whose members may use it: a name or a number; without it, everyone may
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

impl Init {
    pub(crate) fn run(self) -> Outcome {
        let group = self.group.as_deref().map(number_of).transpose()?;
        let shared = shared::init(&self.dir, group)?;
        output::result(format!("{}\n", shared.root.path().display()).as_bytes())?;
        Ok(Exit::Done)
    }
}

fn number_of(group: &str) -> Result<u32, CliError> {
    let unknown = || CliError::usage(format!("there is no group {group:?} in /etc/group"));
    sys::users::group_number(group).ok_or_else(unknown)
}
