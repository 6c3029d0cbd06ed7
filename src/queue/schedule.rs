//! What is to be done next in a run, shared by the threads that do it.
//!
//! Oldest first, but an entry that pauses holds nobody up: the next one goes on, and the paused
//! one comes back when its time has come.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Entry, Place, QueueError, Ulid};
use crate::sys;

/// A waiting thread checks at least this often whether it should stop.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// The first pause is up to this long, and each further one up to twice as long as the last.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A dead entry is left alone for this long after its second death, then for twice as long.
const FIRST_REST: Duration = Duration::from_secs(60);
const LONGEST_REST: Duration = Duration::from_secs(3600);

/// The pause after a number of failed tries: full jitter, so that many workers spread out.
pub(super) fn pause(tries: u32) -> Duration {
    let cap = (FIRST_PAUSE * 2u32.saturating_pow(tries.saturating_sub(1).min(16))).min(LONGEST_PAUSE);
    let random = sys::random_128().unwrap_or_default();
    let random = random[..8].iter().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte));
    cap.mul_f64((random >> 11) as f64 / (1u64 << 53) as f64)
}

/// How long an entry that has died so often is left alone. The first time: until the next run.
pub(super) fn rest(deaths: u32) -> Option<Duration> {
    let doublings = deaths.checked_sub(2)?;
    Some((FIRST_REST * 2u32.saturating_pow(doublings.min(16))).min(LONGEST_REST))
}

/// A request to stop, from a signal for instance. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<(Mutex<Option<i32>>, Condvar)>);

impl Stop {
    /// Asks to stop, because of that signal.
    pub fn request(&self, signal: i32) {
        *lock(&self.0.0) = Some(signal);
        self.0.1.notify_all();
    }

    /// The signal that asked, if one has.
    pub fn requested(&self) -> Option<i32> {
        *lock(&self.0.0)
    }

    /// Sleeps until somebody asks or the time is over.
    pub fn wait(&self, limit: Duration) -> Option<i32> {
        let asked = self.0.1.wait_timeout_while(lock(&self.0.0), limit, |signal| signal.is_none());
        *asked.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Why a run ended before everything was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// A signal asked.
    Signal(i32),
    /// The server does not answer any more.
    Down(String),
    /// The server does not accept the credential.
    Credential(String),
}

/// A claimed entry that is being tried.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) name: Ulid,
    pub(super) entry: Entry,
    /// Where it was claimed from.
    pub(super) from: Place,
    /// Failed tries in this run.
    pub(super) tries: u32,
}

/// What a thread is to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Claim this entry and try it.
    Claim(Place, Ulid),
    /// Try this one again.
    Again(Box<Job>),
    /// Look whether something has come in.
    Refill,
}

struct Paused {
    until: Instant,
    job: Box<Job>,
}

impl PartialEq for Paused {
    fn eq(&self, other: &Paused) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Paused {}
impl PartialOrd for Paused {
    fn partial_cmp(&self, other: &Paused) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Paused {
    fn cmp(&self, other: &Paused) -> std::cmp::Ordering {
        (self.until, self.job.name).cmp(&(other.until, other.job.name))
    }
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<(Place, Ulid)>,
    paused: BinaryHeap<Reverse<Paused>>,
    active: usize,
    halt: Option<Halt>,
    failure: Option<QueueError>,
    finished: bool,
}

/// The list of a run.
#[derive(Default)]
pub(super) struct Board {
    inner: Mutex<Inner>,
    wake: Condvar,
    stop: Stop,
}

impl Board {
    pub(super) fn new(stop: Stop) -> Board {
        Board { stop, ..Board::default() }
    }

    /// Puts entries at the end of the list. With nothing to put, the run is over.
    pub(super) fn refill(&self, names: Vec<(Place, Ulid)>) {
        let mut inner = lock(&self.inner);
        inner.finished = names.is_empty();
        inner.waiting.extend(names);
        self.wake.notify_all();
    }

    /// The next thing to do; waits for it. `None` when the run is over. What is taken counts as in
    /// progress until [`Board::done`].
    pub(super) fn next(&self) -> Option<Task> {
        let mut inner = lock(&self.inner);
        loop {
            if let Some(signal) = self.stop.requested() {
                inner.halt.get_or_insert(Halt::Signal(signal));
            }
            if inner.halt.is_some() || inner.failure.is_some() || inner.finished {
                return None;
            }
            let now = Instant::now();
            let first = inner.paused.peek().map(|Reverse(paused)| paused.until);
            let task = if first.is_some_and(|until| until <= now) {
                inner.paused.pop().map(|Reverse(paused)| Task::Again(paused.job))
            } else if let Some((place, name)) = inner.waiting.pop_front() {
                Some(Task::Claim(place, name))
            } else if first.is_none() && inner.active == 0 {
                Some(Task::Refill)
            } else {
                None
            };
            if task.is_some() {
                inner.active += 1;
                return task;
            }
            let limit = first.map_or(LONGEST_WAIT, |until| (until - now).min(LONGEST_WAIT));
            let waited = self.wake.wait_timeout(inner, limit);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What [`Board::next`] gave has been done.
    pub(super) fn done(&self, result: Result<(), QueueError>) {
        let mut inner = lock(&self.inner);
        inner.active -= 1;
        if let Err(error) = result {
            inner.failure.get_or_insert(error);
        }
        self.wake.notify_all();
    }

    /// Lets an entry come back later.
    pub(super) fn pause(&self, job: Job, pause: Duration) {
        let until = Instant::now() + pause;
        lock(&self.inner).paused.push(Reverse(Paused { until, job: Box::new(job) }));
        self.wake.notify_all();
    }

    /// Ends the run. The first reason counts.
    pub(super) fn halt(&self, halt: Halt) {
        lock(&self.inner).halt.get_or_insert(halt);
        self.wake.notify_all();
    }

    /// What is left when all threads have come back.
    pub(super) fn into_rest(self) -> Rest {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        Rest {
            paused: inner.paused.into_iter().map(|Reverse(paused)| *paused.job).collect(),
            waiting: inner.waiting.len() as u64,
            halt: inner.halt,
            failure: inner.failure,
        }
    }
}

/// What a run leaves behind.
pub(super) struct Rest {
    pub(super) paused: Vec<Job>,
    pub(super) waiting: u64,
    pub(super) halt: Option<Halt>,
    pub(super) failure: Option<QueueError>,
}

/// A thread that panicked has left this data consistent.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_spread_up_to_their_caps() {
        for (tries, cap) in [(1, 2), (2, 4), (3, 8), (20, 60)] {
            let pauses: Vec<_> = (0..200).map(|_| pause(tries)).collect();
            let cap = Duration::from_secs(cap);
            assert!(pauses.iter().all(|&pause| pause < cap));
            assert!(pauses.iter().any(|&pause| pause < cap / 4));
            assert!(pauses.iter().any(|&pause| pause > cap / 4 * 3));
        }
    }

    #[test]
    fn the_dead_rest_for_longer_and_longer() {
        let minutes = |deaths| rest(deaths).map(|rest| rest.as_secs() / 60);
        assert_eq!([1, 2, 3, 4, 8, 50].map(minutes), [None, Some(1), Some(2), Some(4), Some(60), Some(60)]);
    }

    #[test]
    fn a_paused_entry_comes_back_and_an_empty_board_asks_for_more() {
        let board = Board::new(Stop::default());
        let name: Ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        board.refill(vec![(Place::New, name)]);
        assert!(matches!(board.next(), Some(Task::Claim(Place::New, given)) if given == name));
        let entry = Entry::new(name, "web", "x", serde_json::Map::new()).unwrap();
        board.pause(Job { name, entry, from: Place::New, tries: 1 }, Duration::from_millis(1));
        board.done(Ok(()));
        assert!(matches!(board.next(), Some(Task::Again(job)) if job.tries == 1));
        board.done(Ok(()));
        assert!(matches!(board.next(), Some(Task::Refill)));
        board.refill(Vec::new());
        board.done(Ok(()));
        assert!(board.next().is_none());
    }

    #[test]
    fn a_request_to_stop_ends_the_run_and_leaves_the_rest() {
        let stop = Stop::default();
        let board = Board::new(stop.clone());
        board.refill(vec![(Place::New, "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap())]);
        stop.request(15);
        assert!(board.next().is_none());
        let rest = board.into_rest();
        assert_eq!((rest.halt, rest.waiting), (Some(Halt::Signal(15)), 1));
    }
}
