//! `aimem lock break`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::args::lock_root_of;
use crate::cli::error::Outcome;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::lock::{Holder, Judgement, Verdict, manage};

/// How long to wait for the guard.
const PATIENCE: Duration = Duration::from_secs(5);

/// Take the lock of a file away from whoever holds it
///
/// For a lock whose holder is known to be gone although aimem cannot tell, as on another machine.
/// A holder that lives learns of it: its next update or release ends with exit 76.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem lock status sessions.json; aimem lock break sessions.json
  aimem lock break /mnt/shared/sessions.json")]
pub struct Break {
    /// The file
    file: PathBuf,
}

impl Break {
    pub(crate) fn run(self) -> Outcome {
        let Some(root) = lock_root_of(&self.file)? else { return Ok(Exit::Done) };
        let (target, judgement) = manage::break_lock(&root, &self.file, PATIENCE)?;
        let file = target.path.display();
        let Some(judgement) = judgement else {
            output::note("note", &format!("there was no lock on {file}"));
            return Ok(Exit::Done);
        };
        tell(&file, &judgement);
        Ok(Exit::Done)
    }
}

/// Says from whom the lock of a file was taken.
pub fn tell(file: impl std::fmt::Display, broken: &Judgement) {
    let (holder, reason) = (Holder::of(&broken.info), &broken.reason);
    if broken.verdict == Verdict::Held {
        output::warning(format_args!(
            "the lock on {file} was taken from {holder}, which was alive: {reason}"
        ));
    } else {
        output::note("note", &format!("the lock on {file} was taken from {holder}"));
    }
}
