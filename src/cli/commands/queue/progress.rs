//! What a user sees of a run: a bar on a terminal, and one line for what went wrong.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use jiff::Timestamp;

use super::import;
use crate::cli::error::show_duration;
use crate::cli::output;
use crate::queue::QueueError;
use crate::queue::event::Event;
use crate::sys::failure::message;

/// Watches a run. May be told of events from several threads.
pub(super) struct Progress {
    watched: Mutex<Watched>,
}

/// What was seen so far.
struct Watched {
    /// Drawn on a terminal only.
    bar: ProgressBar,
    /// What was told of parked entries: a service says it once.
    parked: Option<(u64, Timestamp)>,
}

impl Progress {
    pub(super) fn new() -> Progress {
        Progress { watched: Mutex::new(Watched { bar: ProgressBar::hidden(), parked: None }) }
    }

    pub(super) fn see(&self, event: &Event<'_>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let Watched { bar, parked } = &mut *watched;
        let line = |kind: &str, text: &str| bar.suspend(|| output::note(kind, text));
        // Somebody must see to it, `--quiet` or not.
        let loud = |text: &str| bar.suspend(|| output::say("warning", text));
        match event {
            Event::Begun(total) => {
                bar.finish_and_clear();
                *bar = match total {
                    _ if output::is_quiet() => ProgressBar::hidden(),
                    0 => ProgressBar::hidden(),
                    total => ProgressBar::new(*total).with_style(style()),
                };
            }
            Event::Delivered(_) => bar.inc(1),
            Event::Again(..) => {}
            Event::Left(entry) => {
                bar.inc(1);
                if let (Some(why), Some(time)) = (&entry.last_error, entry.not_before) {
                    line("note", &format!("{} waits until {time:.0}: {why}", entry.id));
                }
            }
            Event::Parked(count, until) if *parked != Some((*count, *until)) => {
                *parked = Some((*count, *until));
                let (entries, them) =
                    if *count == 1 { ("entry waits", "it") } else { ("entries wait", "them") };
                line(
                    "note",
                    &format!(
                        "{count} {entries} for a later time, the first until {until:.0}; \
                         to try {them} before: aimem queue retry --all"
                    ),
                );
            }
            Event::Parked(..) => {}
            Event::Dead(entry) => {
                bar.inc(1);
                let refused = entry.dead.as_ref().is_some_and(|death| death.refused);
                let then =
                    if refused { "it stays dead until you retry it" } else { "a later run tries it again" };
                let why = entry.last_error.as_deref().unwrap_or_default();
                loud(&format!("{} is given up on: {why}; {then}", entry.id));
            }
            Event::Unreadable(name, error) => {
                loud(&format!("{name} is put among the dead: {}", message(error)));
            }
            Event::Down(problem, since) => {
                line("note", &format!("the server is down since {since:.0}: {problem}; nothing was sent"));
            }
            Event::Credential(why) => line("error", why),
            Event::Reclaimed(count) => {
                line("note", &format!("{count} entries of a worker that died are taken back"));
            }
            Event::Imported(imported) => bar.suspend(|| import::say(imported)),
            // It is what the next run is for.
            Event::Trouble(error @ QueueError::OldBusy { .. }) => line("note", &error.to_string()),
            Event::Trouble(error) => line("warning", &message(error)),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).bar.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    let elapsed = |state: &ProgressState, out: &mut dyn Write| {
        // What can't be drawn is not missed.
        let _ = out.write_str(&show_duration(state.elapsed()));
    };
    let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len} {time}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("# ").with_key("time", elapsed)
}
