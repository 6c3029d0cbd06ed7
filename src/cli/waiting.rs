//! What a user sees while a lock is not free, and the signals that end a wait.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::error::{CliError, show_duration};
use super::output;
use crate::lock::text::printable;
use crate::lock::{WaitReport, Waiter};
use crate::sys::signal::{ENDING, Signals};

/// A wait shorter than this is nobody's business.
const SILENCE: Duration = Duration::from_millis(250);
/// Holders may change every few milliseconds: one line a second tells as much.
const LINE_INTERVAL: Duration = Duration::from_secs(1);
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];

/// Waits with a word to the user: a line on standard error, or a spinner on a terminal.
pub struct Patient {
    signals: Option<Signals>,
    received: Option<i32>,
    spins: bool,
    last_line: Option<Instant>,
    unsaid_change: bool,
    frame: usize,
    drawn: bool,
}

impl Patient {
    /// Installs the handlers for the signals that end a wait. From now on they end nothing by
    /// themselves.
    ///
    /// # Errors
    /// No descriptors are left.
    pub fn new() -> Result<Patient, CliError> {
        Patient::with_signals(&ENDING)
    }

    /// The same for more signals than those.
    ///
    /// # Errors
    /// No descriptors are left.
    pub fn with_signals(signals: &[i32]) -> Result<Patient, CliError> {
        let signals = Signals::install(signals)
            .map_err(|error| CliError::io("cannot install signal handlers", &error))?;
        Ok(Patient {
            signals: Some(signals),
            received: None,
            spins: io::stderr().is_terminal(),
            last_line: None,
            unsaid_change: false,
            frame: 0,
            drawn: false,
        })
    }

    /// Ends the wait: the spinner goes, the signals stay caught.
    pub fn into_signals(mut self) -> (Option<Signals>, Option<i32>) {
        self.erase();
        (self.signals.take(), self.received)
    }

    fn erase(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }

    fn draw(&mut self, line: &str) {
        self.frame = (self.frame + 1) % FRAMES.len();
        // A terminal that nobody has told its size says 0.
        let known = rustix::termios::tcgetwinsize(io::stderr()).ok().filter(|size| size.ws_col > 0);
        let width = known.map_or(80, |size| usize::from(size.ws_col).max(20));
        let line: String = line.chars().take(width - 3).collect();
        let _ = write!(io::stderr().lock(), "\r\x1b[K{} {line}", FRAMES[self.frame]);
        self.drawn = true;
    }
}

impl Waiter for Patient {
    fn sleep(&mut self, pause: Duration) -> Option<i32> {
        if let Some(signals) = &mut self.signals {
            let received = signals.wait(Some(pause));
            let ending = received.iter().find(|signal| ENDING.contains(&signal.number));
            self.received = self.received.or(ending.map(|signal| signal.number));
        }
        self.received
    }

    fn waiting(&mut self, report: &WaitReport<'_>) {
        self.unsaid_change |= report.changed;
        if report.waited < SILENCE {
            return;
        }
        let interval = if self.spins { Duration::from_millis(100) } else { LINE_INTERVAL };
        let due = self.last_line.is_none_or(|last| last.elapsed() >= interval);
        if !due || !(self.spins || self.unsaid_change) {
            return;
        }
        self.last_line = Some(Instant::now());
        self.unsaid_change = false;
        let target = report.target.to_string_lossy();
        let line = format!(
            "waiting for lock on {} held by {} for {}",
            printable(&target),
            report.holder,
            show_duration(report.waited)
        );
        if self.spins {
            self.draw(&line);
        } else {
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        self.erase();
    }
}

/// A line for `LOCK_DEBUG=1`.
pub fn debug(enabled: bool, text: impl FnOnce() -> String) {
    if enabled {
        output::note("debug", &text());
    }
}
