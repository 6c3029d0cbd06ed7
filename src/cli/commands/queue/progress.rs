//! What a user sees of a run: a bar on a terminal, and one line for what went wrong.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::import;
use crate::cli::error::show_duration;
use crate::cli::output;
use crate::queue::QueueError;
use crate::queue::event::Event;
use crate::sys::failure::message;

const REDRAW: Duration = Duration::from_millis(100);
const WIDTH: usize = 30;

/// Watches a run. May be told of events from several threads.
pub(super) struct Progress {
    terminal: bool,
    bar: Mutex<Bar>,
}

#[derive(Default)]
struct Bar {
    total: u64,
    finished: u64,
    begun: Option<Instant>,
    drawn: Option<Instant>,
    /// What was told of parked entries: a service says it once.
    parked: Option<(u64, Timestamp)>,
}

impl Progress {
    pub(super) fn new() -> Progress {
        Progress { terminal: io::stderr().is_terminal(), bar: Mutex::default() }
    }

    pub(super) fn see(&self, event: &Event<'_>) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Begun(total) => {
                *bar =
                    Bar { total: *total, begun: Some(Instant::now()), parked: bar.parked, ..Bar::default() }
            }
            Event::Delivered(_) => bar.finished += 1,
            Event::Again(..) => {}
            Event::Left(entry) => {
                bar.finished += 1;
                if let (Some(why), Some(time)) = (&entry.last_error, entry.not_before) {
                    bar.line("note", &format!("{} waits until {time:.0}: {why}", entry.id));
                }
            }
            Event::Parked(count, until) if bar.parked != Some((*count, *until)) => {
                bar.parked = Some((*count, *until));
                let (entries, them) =
                    if *count == 1 { ("entry waits", "it") } else { ("entries wait", "them") };
                bar.line(
                    "note",
                    &format!(
                        "{count} {entries} for a later time, the first until {until:.0}; \
                         to try {them} before: aimem queue retry --all"
                    ),
                );
            }
            Event::Parked(..) => {}
            Event::Dead(entry) => {
                bar.finished += 1;
                let refused = entry.dead.as_ref().is_some_and(|death| death.refused);
                let then =
                    if refused { "it stays dead until you retry it" } else { "a later run tries it again" };
                let why = entry.last_error.as_deref().unwrap_or_default();
                bar.line("warning", &format!("{} is given up on: {why}; {then}", entry.id));
            }
            Event::Unreadable(name, error) => {
                bar.line("warning", &format!("{name} is put among the dead: {}", message(error)));
            }
            Event::Down(problem, since) => {
                bar.line(
                    "note",
                    &format!("the server is down since {since:.0}: {problem}; nothing was sent"),
                );
            }
            Event::Credential(why) => bar.line("error", why),
            Event::Reclaimed(count) => {
                bar.line("note", &format!("{count} entries of a worker that died are taken back"));
            }
            Event::Imported(imported) => {
                bar.erase();
                import::say(imported);
            }
            // It is what the next run is for.
            Event::Trouble(error @ QueueError::OldBusy { .. }) => bar.line("note", &error.to_string()),
            Event::Trouble(error) => bar.line("warning", &message(error)),
        }
        if self.terminal {
            bar.draw();
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).erase();
    }
}

impl Bar {
    fn line(&mut self, kind: &str, text: &str) {
        self.erase();
        output::note(kind, text);
    }

    fn erase(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }

    fn draw(&mut self) {
        let Some(begun) = self.begun.filter(|_| self.total > 0) else { return };
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) {
            return;
        }
        self.drawn = Some(Instant::now());
        let finished = self.finished.min(self.total);
        let filled = usize::try_from(finished * WIDTH as u64 / self.total).unwrap_or(WIDTH);
        let _ = write!(
            io::stderr().lock(),
            "\r\x1b[K[{}{}] {finished}/{} {}",
            "#".repeat(filled),
            " ".repeat(WIDTH - filled),
            self.total,
            show_duration(begun.elapsed()),
        );
    }
}
