//! One run of the worker: health, then every due entry once, each until its outcome.
//!
//! | answer | then |
//! |---|---|
//! | success | `done/` |
//! | none, 408, 425, 429, 5xx, not JSON, `success: false` | again after a pause; `Retry-After` over a minute: `new/` |
//! | after the last try | `dead/`, and the next run tries it again |
//! | 3xx, other 4xx | `dead/`, until somebody asks for it |
//! | 401, 403 | `new/`, and the run ends |
//!
//! If the server stops answering in the middle of a run, its health is checked; if it is down, the
//! run ends and no try is counted.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::claim::{Claims, reclaim};
use super::entry::Death;
pub use super::event::Event;
use super::import::import;
use super::log::Log;
use super::schedule::{Board, Job, Rest, Task, lock, pause, rest};
pub use super::schedule::{Halt, Stop};
use super::server::{Answer, Client};
use super::state::{LastError, State, later};
use super::sweep::sweep;
use super::{Entry, Place, QueueError, Spool, Ulid, archive};
use crate::legacy::python::files::OldFiles;

/// If the server asks for a longer pause, the entry waits for another run.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);
/// How often the state is written while a run goes on.
const STATE_INTERVAL: Duration = Duration::from_secs(1);
/// Deliveries between two looks at how full `done/` is.
const TRIM_INTERVAL: u64 = 500;

/// How to work.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Uploads at a time.
    pub concurrency: usize,
    /// Tries of an entry in one run before it is given up on.
    pub tries: u32,
    /// Whether the dead are tried again.
    pub revive: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { concurrency: 4, tries: 3, revive: true }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that the server has now.
    pub delivered: u64,
    /// Entries that this run gave up on.
    pub died: u64,
    /// Entries that this run found due and could not deliver, and that wait for a later run.
    pub undelivered: u64,
    /// Entries that wait for a time that has not come.
    pub parked: u64,
    /// All the entries that wait or are in some worker's hands at the end, due or not.
    pub left: u64,
    /// All dead entries.
    pub dead: u64,
    /// Why the run ended early.
    pub halt: Option<Halt>,
}

/// A worker with everything that it needs.
pub struct Worker<'a> {
    /// The outbox.
    pub spool: &'a Spool,
    /// The server.
    pub client: &'a Client,
    /// How to work.
    pub options: Options,
    /// Where events are written.
    pub log: &'a Log,
    /// The old programs' files, if there are any.
    pub old: Option<&'a OldFiles>,
    /// Asked between any two steps.
    pub stop: &'a Stop,
    /// Told of every event, from several threads.
    pub watch: &'a (dyn Fn(&Event<'_>) + Sync),
}

impl Worker<'_> {
    /// Works once through what is due.
    ///
    /// # Errors
    /// The disk failed, or the file system has no locks. Entries that were claimed go back at the
    /// next run.
    pub fn run(&self) -> Result<Report, QueueError> {
        sweep(self.spool);
        if let Some(old) = self.old {
            match import(old, self.spool) {
                Ok(imported) if imported.is_empty() => {}
                Ok(imported) => self.tell(&Event::Imported(&imported)),
                Err(error) => self.tell(&Event::Trouble(&error)),
            }
        }
        match reclaim(self.spool, |error| self.tell(&Event::Trouble(&error)))? {
            0 => {}
            count => self.tell(&Event::Reclaimed(count)),
        }
        if let Err(problem) = self.check_health() {
            return self.report(Report { halt: Some(Halt::Down(problem)), ..Report::default() });
        }
        let claims = Claims::open(self.spool)?;
        let run = Run {
            worker: self,
            claims: &claims,
            board: Board::new(self.stop.clone()),
            skipped: Mutex::new(HashSet::new()),
            delivered: AtomicU64::new(0),
            died: AtomicU64::new(0),
            undelivered: AtomicU64::new(0),
            parked: Mutex::new((0, Timestamp::MAX)),
            news: Mutex::new(News { written: Instant::now(), state: State::default() }),
            asked: Mutex::new(Instant::now()),
        };
        run.go()
    }

    fn report(&self, report: Report) -> Result<Report, QueueError> {
        // In the direction that entries go: one that another worker moves meanwhile is not missed.
        let mut left = self.spool.count(&Place::New)?.0;
        for worker in self.spool.workers()? {
            left += self.spool.count(&Place::InFlight(worker))?.0;
        }
        Ok(Report { left, dead: self.spool.count(&Place::Dead)?.0, ..report })
    }

    /// Asks the server, and remembers the answer.
    fn check_health(&self) -> Result<(), String> {
        let answer = self.client.health();
        let problem = answer.as_ref().err().cloned();
        let since = State::update(self.spool, |state| {
            state.note_health(problem);
            state.health.as_ref().map(|health| health.since)
        });
        let since = since.unwrap_or_else(|error| {
            self.tell(&Event::Trouble(&error));
            None
        });
        if let Err(problem) = &answer {
            self.tell(&Event::Down(problem, since.unwrap_or_else(Timestamp::now)));
        }
        answer
    }

    fn tell(&self, event: &Event<'_>) {
        let (name, fields) = event.line();
        if let Err(error) = self.log.line(name, &fields) {
            (self.watch)(&Event::Trouble(&error));
        }
        (self.watch)(event);
    }
}

/// What the threads of one run share.
struct Run<'a> {
    worker: &'a Worker<'a>,
    claims: &'a Claims,
    board: Board,
    /// Not to be looked at again in this run.
    skipped: Mutex<HashSet<Ulid>>,
    delivered: AtomicU64,
    died: AtomicU64,
    undelivered: AtomicU64,
    /// How many entries were found not to be due, and when the first of them is.
    parked: Mutex<(u64, Timestamp)>,
    news: Mutex<News>,
    /// When the server was last asked whether it is up, and said so.
    asked: Mutex<Instant>,
}

/// What is to be written into the state, and when that was last done.
struct News {
    written: Instant,
    state: State,
}

impl Run<'_> {
    fn go(self) -> Result<Report, QueueError> {
        let spool = self.worker.spool;
        let new = spool.names(&Place::New)?.into_iter().map(|name| (Place::New, name));
        let dead = if self.worker.options.revive { spool.names(&Place::Dead)? } else { Vec::new() };
        let first: Vec<_> = new.chain(dead.into_iter().map(|name| (Place::Dead, name))).collect();
        self.worker.tell(&Event::Begun(first.len() as u64));
        if !first.is_empty() {
            self.board.refill(first);
            let upload = || {
                while let Some(task) = self.board.next() {
                    self.board.done(self.perform(task));
                }
            };
            std::thread::scope(|scope| {
                for _ in 1..self.worker.options.concurrency {
                    scope.spawn(upload);
                }
                upload();
            });
        }
        self.finish()
    }

    fn finish(mut self) -> Result<Report, QueueError> {
        let Rest { paused, waiting, halt, failure } = std::mem::take(&mut self.board).into_rest();
        for job in paused {
            self.put_back(job)?;
        }
        self.write_news(true);
        if let Err(error) = archive::trim(self.worker.spool) {
            self.worker.tell(&Event::Trouble(&error));
        }
        if let Some(error) = failure {
            return Err(error);
        }
        if let Some(Halt::Credential(why)) = &halt {
            self.worker.tell(&Event::Credential(why));
        }
        let (parked, until) = *lock(&self.parked);
        if parked > 0 {
            self.worker.tell(&Event::Parked(parked, until));
        }
        self.worker.report(Report {
            parked,
            delivered: self.delivered.load(Ordering::Relaxed),
            died: self.died.load(Ordering::Relaxed),
            undelivered: self.undelivered.load(Ordering::Relaxed) + waiting,
            halt,
            ..Report::default()
        })
    }

    fn perform(&self, task: Task) -> Result<(), QueueError> {
        match task {
            Task::Refill => {
                let skipped = lock(&self.skipped);
                let names = self.worker.spool.names(&Place::New)?.into_iter();
                let fresh = names.filter(|name| !skipped.contains(name)).map(|name| (Place::New, name));
                self.board.refill(fresh.collect());
                Ok(())
            }
            Task::Again(job) => self.try_once(*job),
            Task::Claim(from, name) => match self.claim(from, name) {
                Ok(Some(job)) => self.try_once(job),
                Ok(None) => Ok(()),
                Err(error) if error.is_of_one_entry() => {
                    self.died.fetch_add(1, Ordering::Relaxed);
                    self.worker.tell(&Event::Unreadable(name, &error));
                    Ok(())
                }
                Err(error) => Err(error),
            },
        }
    }

    /// Claims an entry, if it is due and nobody else was faster.
    fn claim(&self, from: Place, name: Ulid) -> Result<Option<Job>, QueueError> {
        let due = match self.worker.spool.read(&from, name) {
            Ok(Some(entry)) if from == Place::New && !entry.is_due(Timestamp::now()) => {
                let mut parked = lock(&self.parked);
                *parked = (parked.0 + 1, entry.not_before.map_or(parked.1, |time| time.min(parked.1)));
                false
            }
            Ok(Some(entry)) => {
                let refused = entry.dead.as_ref().is_some_and(|death| death.refused);
                from == Place::New || !refused && entry.is_due(Timestamp::now())
            }
            Ok(None) => false,
            // It is among the dead, where it belongs.
            Err(error) if error.is_of_one_entry() => from == Place::New,
            Err(error) => return Err(error),
        };
        if !due {
            lock(&self.skipped).insert(name);
            return Ok(None);
        }
        // Read again by the claim: somebody may have changed it in between.
        let Some(mut entry) = self.claims.claim(&from, name)? else { return Ok(None) };
        if entry.dead.take().is_some() {
            entry.retries = 0;
            entry.not_before = None;
        }
        Ok(Some(Job { name, entry, from, tries: 0 }))
    }

    fn try_once(&self, mut job: Job) -> Result<(), QueueError> {
        match self.worker.client.send(&job.entry) {
            Answer::Delivered => {
                self.claims.deliver(job.name)?;
                let count = self.delivered.fetch_add(1, Ordering::Relaxed) + 1;
                lock(&self.news).state.last_success = Some(Timestamp::now());
                self.worker.tell(&Event::Delivered(&job.entry));
                self.write_news(false);
                if count.is_multiple_of(TRIM_INTERVAL)
                    && let Err(error) = archive::trim(self.worker.spool)
                {
                    self.worker.tell(&Event::Trouble(&error));
                }
                Ok(())
            }
            Answer::Again { silent: true, .. } if let Err(problem) = self.still_up() => {
                self.board.halt(Halt::Down(problem));
                self.put_back(job)
            }
            Answer::Again { why, after, .. } => {
                job.tries += 1;
                job.entry.retries += 1;
                self.note_error(&mut job.entry, why);
                match after {
                    Some(after) if after > LONGEST_RETRY_AFTER => {
                        job.entry.not_before = Some(later(Timestamp::now(), after));
                        job.from = Place::New;
                        self.put_back(job)
                    }
                    _ if job.tries >= self.worker.options.tries => self.bury(job, false),
                    after => {
                        let pause = after.unwrap_or_else(|| pause(job.tries));
                        self.worker.tell(&Event::Again(&job.entry, pause));
                        self.board.pause(job, pause);
                        Ok(())
                    }
                }
            }
            Answer::Refused { why } => {
                job.entry.retries += 1;
                self.note_error(&mut job.entry, why);
                self.bury(job, true)
            }
            Answer::Credential { why } => {
                self.note_error(&mut job.entry, why.clone());
                self.board.halt(Halt::Credential(why));
                self.put_back(job)
            }
        }
    }

    /// Asks for the server's health after an upload that nobody answered. Threads that wait here
    /// share the answer that came after their own upload had failed.
    fn still_up(&self) -> Result<(), String> {
        let failed = Instant::now();
        let mut asked = lock(&self.asked);
        if *asked < failed {
            let now = Instant::now();
            self.worker.check_health()?;
            *asked = now;
        }
        Ok(())
    }

    /// Returns an entry to where it came from, for a later run.
    fn put_back(&self, job: Job) -> Result<(), QueueError> {
        lock(&self.skipped).insert(job.name);
        self.undelivered.fetch_add(1, Ordering::Relaxed);
        let is_changed = job.entry.last_error.is_some() && job.from == Place::New;
        if is_changed {
            self.claims.rewrite(job.name, &job.entry, &job.from)?;
        } else {
            // One of the dead has its reason in its file, and keeps it.
            self.claims.pass(job.name, &job.from)?;
        }
        self.worker.tell(&Event::Left(&job.entry));
        Ok(())
    }

    fn bury(&self, mut job: Job, refused: bool) -> Result<(), QueueError> {
        let now = Timestamp::now();
        job.entry.deaths += 1;
        job.entry.dead = Some(Death { at: now, refused });
        job.entry.not_before = rest(job.entry.deaths).filter(|_| !refused).map(|rest| later(now, rest));
        self.claims.rewrite(job.name, &job.entry, &Place::Dead)?;
        self.died.fetch_add(1, Ordering::Relaxed);
        self.worker.tell(&Event::Dead(&job.entry));
        Ok(())
    }

    fn note_error(&self, entry: &mut Entry, why: String) {
        lock(&self.news).state.last_error =
            Some(LastError { at: Timestamp::now(), id: Some(entry.id.clone()), message: why.clone() });
        entry.last_error = Some(why);
    }

    /// Writes what is new into the state, now and then or now. If that fails, only the status is
    /// out of date.
    fn write_news(&self, now: bool) {
        let mut news = lock(&self.news);
        if !now && news.written.elapsed() < STATE_INTERVAL {
            return;
        }
        news.written = Instant::now();
        let State { last_success, last_error, .. } = std::mem::take(&mut news.state);
        drop(news);
        let written = State::update(self.worker.spool, |state| {
            state.last_success = last_success.or(state.last_success);
            state.last_error = last_error.or(state.last_error.take());
        });
        if let Err(error) = written {
            self.worker.tell(&Event::Trouble(&error));
        }
    }
}
