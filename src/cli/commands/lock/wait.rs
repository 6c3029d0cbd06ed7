//! `aimem lock wait`

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::report::{LockReport, millis};
use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::lock::Target;
use crate::settings::{self, duration};
use crate::sys::text::shown;

/// Wait until the lock of a file is free, without taking it
///
/// As long as that takes, unless --timeout or LOCK_TIMEOUT says otherwise. Another may take it a moment
/// later: to do something while it is yours, use `lock with`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem lock wait sessions.json --timeout 5s
  aimem lock wait sessions.json && echo 'nobody is writing'")]
pub struct Wait {
    /// The file
    file: PathBuf,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

impl Wait {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.wait().map_err(|error| error.about(&file, json))
    }

    fn wait(mut self) -> Outcome {
        // Nothing is held up meanwhile, and nothing is to be done after a shorter time.
        if self.wait.timeout.is_none() && !self.wait.nonblock && settings::lock_timeout()?.is_none() {
            self.wait.timeout = Some(duration::FOREVER);
        }
        let locker = locker(&self.wait, None, None, call("lock wait", &[&self.file], None))?;
        let mut patient = Patient::new()?;
        let begun = Instant::now();
        let free = locker.wait_until_free(&self.file, &mut patient);
        free.map_err(|error| self.wait.choose_exit(error))?;
        if self.json {
            let file = Some(shown(&Target::resolve(&self.file)?.path));
            output::json(&LockReport {
                file,
                waited_ms: Some(millis(begun.elapsed())),
                ..LockReport::default()
            })?;
        }
        Ok(Exit::Done)
    }
}
