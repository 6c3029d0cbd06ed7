//! `aimem lock wait`

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::waiting::Patient;

/// Wait until the lock of a file is free, without taking it
///
/// Another may take it a moment later: to do something while it is yours, use `lock with`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem lock wait sessions.json --timeout 5s
  aimem lock wait sessions.json && echo 'nobody is writing'")]
pub struct Wait {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    wait: WaitArgs,
}

impl Wait {
    pub(crate) fn run(self) -> Outcome {
        let locker = locker(&self.wait, None, None, call("lock wait", &[&self.file], None))?;
        let mut patient = Patient::new()?;
        let free = locker.wait_until_free(&self.file, &mut patient);
        free.map_err(|error| self.wait.choose_exit(error))?;
        Ok(Exit::Done)
    }
}
