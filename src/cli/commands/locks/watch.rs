//! A view that is drawn again and again, until somebody ends it.

use std::io::IsTerminal;
use std::time::Duration;

use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::lock::Waiter;
use crate::sys::failure::Kind;

/// The cursor goes to the upper left corner, long lines are cut, and what was below is erased.
const BEGIN: &str = "\x1b[H\x1b[?7l";
const LINE_END: &str = "\x1b[K\r\n";
const END: &str = "\x1b[J\x1b[?7h";
/// A screen of its own, and back to what was there before.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// Shows what `look` returns, so often, unless it is the same as before, until a signal comes. On a
/// terminal it stands alone there; else each text follows the one before.
///
/// # Errors
/// What `look` says, or standard output is gone.
pub(super) fn watch(every: Duration, mut look: impl FnMut() -> Result<String, CliError>) -> Outcome {
    let mut patient = Patient::new()?;
    let alone = std::io::stdout().is_terminal();
    let every = every.max(Duration::from_millis(50));
    if alone {
        output::at_once(ENTER)?;
    }
    let mut shown = None;
    let ended = loop {
        let text = match look() {
            Ok(text) => text,
            Err(error) => break Err(error),
        };
        if shown.as_ref() != Some(&text) {
            let drawn = if alone { drawn(&text) } else { text.clone() };
            match output::at_once(&drawn) {
                Ok(true) => {}
                Ok(false) => break Ok(Exit::Done),
                Err(error) => break Err(error),
            }
            shown = Some(text);
        }
        if let Some(signal) = patient.sleep(every) {
            break Ok(Exit::Failed(Kind::Interrupted(signal)));
        }
    };
    if alone {
        output::at_once(LEAVE)?;
    }
    ended
}

fn drawn(text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("{line}{LINE_END}")).collect();
    format!("{BEGIN}{lines}{END}")
}
