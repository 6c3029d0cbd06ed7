//! What a user sees while a lock is not free, and the signals that end a wait.

use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::error::{CliError, show_duration};
use super::output;
use crate::lock::{Held, WaitReport, Waiter};
use crate::settings;
use crate::sys::signal::{CHILD, ENDING, Received, Signals};
use crate::sys::text::printable;

/// A wait shorter than this is nobody's business.
const SILENCE: Duration = Duration::from_millis(250);
/// Holders may change every few milliseconds: one line a second tells as much.
const LINE_INTERVAL: Duration = Duration::from_secs(1);
/// The last one is that of a spinner that has stopped.
const FRAMES: &str = "|/-\\ ";

/// Waits with a word to the user: a line on standard error, or a spinner on a terminal.
pub struct Patient {
    signals: Signals,
    received: Option<i32>,
    /// On a terminal.
    spinner: Option<Spinner>,
    last_line: Option<Instant>,
    unsaid_change: bool,
    /// Say when a lock is taken and given back.
    debugging: bool,
}

impl Patient {
    /// Installs the handlers for the signals that end a wait. From now on they end nothing by
    /// themselves.
    ///
    /// # Errors
    /// No descriptors are left, or `LOCK_DEBUG` is unusable.
    pub fn new() -> Result<Patient, CliError> {
        Patient::with_signals(&[])
    }

    /// The same, and for more signals than those.
    ///
    /// # Errors
    /// As [`Patient::new`].
    pub fn with_signals(more: &[i32]) -> Result<Patient, CliError> {
        let debugging = settings::lock_debug()?;
        // CHILD among them: where it is ignored, nobody could wait for a command.
        let signals: Vec<i32> = ENDING.iter().chain(&[CHILD]).chain(more).copied().collect();
        let signals = Signals::install(&signals)
            .map_err(|error| CliError::io("cannot install signal handlers", &error))?;
        let spinner = (io::stderr().is_terminal() && !output::is_quiet()).then(Spinner::new);
        Ok(Patient { signals, received: None, spinner, last_line: None, unsaid_change: false, debugging })
    }

    /// Sleeps until something can be read from `file`, its end too. Returns a signal's number to end
    /// the wait.
    pub fn wait_for_input(&mut self, file: impl AsFd) -> Option<i32> {
        let received = self.signals.wait_for_input(file);
        self.received = self.received.or_else(|| first_ending(&received));
        self.received
    }

    /// Ends the wait: the spinner goes, the signals stay caught. With them comes the first one
    /// that has arrived and that asks us to end.
    pub fn into_signals(mut self) -> (Signals, Option<i32>) {
        let received = self.sleep(Duration::ZERO);
        (self.signals, received)
    }
}

impl Waiter for Patient {
    fn sleep(&mut self, pause: Duration) -> Option<i32> {
        let received = self.signals.wait(Some(pause));
        self.received = self.received.or_else(|| first_ending(&received));
        self.received
    }

    fn sleep_or(&mut self, pause: Duration, bell: BorrowedFd<'_>) -> Option<i32> {
        let received = self.signals.wait_or(Some(pause), Some(bell));
        self.received = self.received.or_else(|| first_ending(&received));
        self.received
    }

    fn waiting(&mut self, report: &WaitReport<'_>) {
        self.unsaid_change |= report.changed;
        if report.waited < SILENCE || output::is_quiet() {
            return;
        }
        let due = self.last_line.is_none_or(|last| last.elapsed() >= LINE_INTERVAL);
        if self.spinner.is_none() {
            if !due || !self.unsaid_change {
                return;
            }
            self.last_line = Some(Instant::now());
            self.unsaid_change = false;
        }
        let target = report.target.to_string_lossy();
        let line = format!(
            "waiting for lock on {} held by {} for {}",
            printable(&target),
            report.holder,
            show_duration(report.waited)
        );
        match &self.spinner {
            Some(Spinner(bar)) => {
                bar.set_message(line);
                bar.tick();
            }
            None => drop(writeln!(io::stderr().lock(), "{line}")),
        }
    }

    fn taken(&mut self, held: &Held) {
        if self.debugging {
            let file = held.target().path.display();
            output::note("debug", &format!("took the lock of {file} as {}", held.id()));
        }
    }

    fn released(&mut self, target: &Path) {
        if self.debugging {
            note_release(target);
        }
    }
}

/// Says for `LOCK_DEBUG=1` that a lock was given back.
pub fn note_release(target: &Path) {
    output::note("debug", &format!("released the lock of {}", target.display()));
}

/// The first signal that asks us to end.
pub fn first_ending(received: &[Received]) -> Option<i32> {
    received.iter().map(|signal| signal.number).find(|number| ENDING.contains(number))
}

/// A line that is drawn over and over, and erased in the end.
struct Spinner(ProgressBar);

impl Spinner {
    fn new() -> Spinner {
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        Spinner(ProgressBar::new_spinner().with_style(style.tick_chars(FRAMES)))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
