//! What is written: whole lines, in the order in which they were handed over, by one thread.
//!
//! A client that does not read must not stop the server, and must not fill its memory either: lines
//! wait here, and when there are many, no further request is read ([`Output::room`]).

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::ending::Ending;

/// With more bytes than this waiting, requests wait too.
const FULL: usize = 32 << 20;

/// Lines on their way out. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Output(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    lines: Mutex<Lines>,
    changed: Condvar,
    room: Notify,
}

#[derive(Debug, Default)]
struct Lines {
    waiting: VecDeque<Vec<u8>>,
    bytes: usize,
    /// A line is being written.
    busy: bool,
    /// Nobody reads any more.
    broken: bool,
}

impl Output {
    /// Starts the thread that writes. When nobody reads any more, the server ends.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(to: impl Write + Send + 'static, ending: Ending) -> std::io::Result<Output> {
        let output = Output(Arc::default());
        let shared = output.0.clone();
        std::thread::Builder::new().name("output".to_owned()).spawn(move || shared.write(to, &ending))?;
        Ok(output)
    }

    /// Hands a line over, its end included.
    pub fn push(&self, line: Vec<u8>) {
        let mut lines = self.0.lock();
        if !lines.broken {
            lines.bytes += line.len();
            lines.waiting.push_back(line);
            self.0.changed.notify_all();
        }
    }

    /// Waits until not too much is waiting.
    pub async fn room(&self) {
        loop {
            let notified = self.0.room.notified();
            if self.0.lock().bytes < FULL {
                return;
            }
            notified.await;
        }
    }

    /// Waits until everything is written, or nobody reads, or the time is over.
    pub fn finish(&self, deadline: Instant) {
        let mut lines = self.0.lock();
        while (lines.busy || !lines.waiting.is_empty()) && !lines.broken {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.0.changed.wait_timeout(lines, left.min(Duration::from_secs(1)));
            lines = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    /// Nothing is done under this lock that could panic.
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut to: impl Write, ending: &Ending) {
        loop {
            let mut lines = self.lock();
            lines.busy = false;
            self.changed.notify_all();
            let line = loop {
                match lines.waiting.pop_front() {
                    Some(line) => break line,
                    None => lines = self.changed.wait(lines).unwrap_or_else(PoisonError::into_inner),
                }
            };
            lines.busy = true;
            drop(lines);
            let written = to.write_all(&line).and_then(|()| to.flush());
            let mut lines = self.lock();
            lines.bytes -= line.len();
            if written.is_err() {
                lines.broken = true;
                lines.waiting.clear();
                lines.bytes = 0;
                self.changed.notify_all();
                self.room.notify_waiters();
                ending.begin();
                return;
            }
            self.room.notify_waiters();
        }
    }
}
