//! The outbox as these tools use it: opened anew for each call, for anything may have happened to it
//! meanwhile, and looked over beside a save and not before it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::mcp::answer::Refusal;
use crate::queue::config::Server;
use crate::queue::places::Places;
use crate::queue::server::Client;
use crate::queue::status::{Level, Status};
use crate::queue::ulid::Ulids;
use crate::queue::{Entry, QueueError, Spool, Ulid};
use crate::settings;
use crate::sys::failure::message;
use crate::sys::text::show_duration;

/// A look at the outbox counts for so long.
const FRESH: Duration = Duration::from_secs(2);
/// A save waits for no look for longer than this: an outbox may hold 100,000 memories.
const PATIENCE: Duration = Duration::from_millis(5);

/// What is shared by the calls.
#[derive(Default)]
pub struct Outbox {
    ulids: Mutex<Ulids>,
    look: Arc<Look>,
}

/// The last look at the outbox.
#[derive(Default)]
struct Look {
    last: Mutex<Last>,
    changed: Condvar,
}

#[derive(Default)]
struct Last {
    alert: Option<String>,
    at: Option<Instant>,
    running: bool,
}

impl Outbox {
    /// Saves a memory. When this returns, it is on disk.
    ///
    /// # Errors
    /// It is not.
    pub fn save(&self, project: &str, content: &str) -> Result<(Spool, Ulid), Refusal> {
        let place = places()?.spool;
        let name = self.ulids.lock().unwrap_or_else(PoisonError::into_inner).make();
        let name = name.map_err(|error| Refusal::new(format!("cannot name the memory: {error}")))?;
        let entry =
            Entry::new(name, project, content, serde_json::Map::new()).map_err(|error| match error {
                QueueError::Empty => Refusal::new("there is nothing to save: the content is empty"),
                QueueError::NoProject => Refusal::new("there is no project to save for: project_id is empty"),
                error => error.into(),
            })?;
        let spool = Spool::open(&place)?;
        spool.save(&[(name, entry)])?;
        Ok((spool, name))
    }

    /// Starts a look at the outbox where the last one is old.
    pub fn look_over(&self) {
        let mut last = self.look.lock();
        if last.running || last.at.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        last.running = true;
        drop(last);
        let look = self.look.clone();
        let started = std::thread::Builder::new().name("outbox".to_owned()).spawn(move || {
            let alert = existing()
                .and_then(|spool| Status::of(spool.as_ref()))
                .ok()
                .and_then(|status| alert(&status));
            let mut last = look.lock();
            *last = Last { alert, at: Some(Instant::now()), running: false };
            look.changed.notify_all();
        });
        if started.is_err() {
            self.look.lock().running = false;
        }
    }

    /// What the last look found that somebody should know. A look that is under way is waited for, but
    /// not for long.
    pub fn alert(&self) -> Option<String> {
        let last = self.look.lock();
        let (last, _) = self
            .look
            .changed
            .wait_timeout_while(last, PATIENCE, |last| last.running)
            .unwrap_or_else(PoisonError::into_inner);
        last.alert.clone()
    }
}

impl Look {
    fn lock(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The line before an answer, where the outbox is not well.
pub fn alert(status: &Status) -> Option<String> {
    match status.level {
        Level::Ok => None,
        Level::Critical => Some(format!(
            "CRITICAL: {} memories were given up on; see mem0_queue_status, and aimem queue dead",
            status.dead
        )),
        Level::Warning if status.pending == 0 => {
            Some(format!("WARNING: {} memories need a person; see aimem queue dead", status.dead))
        }
        Level::Warning => {
            let oldest = status.oldest_age.unwrap_or_default();
            let hours = oldest.as_secs_f64() / 3600.0;
            let since = if hours >= 1.0 { format!("{hours:.1} hours") } else { show_duration(oldest) };
            Some(format!("WARNING: {} memories wait, the oldest for {since}", status.pending))
        }
    }
}

/// Where the environment says that the outbox is.
pub fn places() -> Result<Places, QueueError> {
    Places::from_variables(&settings::variable)
}

/// The outbox as it is; `None` when there is none yet.
pub fn existing() -> Result<Option<Spool>, QueueError> {
    Spool::existing(&places()?.spool)
}

/// The server that is set, or why there is none that can be asked, in one line.
pub fn client() -> Result<Client, String> {
    let in_words = |error: QueueError| message(&error);
    let places = places().map_err(in_words)?;
    let server = Server::from_settings(places.config.as_deref(), &settings::variable).map_err(in_words)?;
    Client::new(server.ok_or("no server is set")?, 1, &settings::variable).map_err(in_words)
}
