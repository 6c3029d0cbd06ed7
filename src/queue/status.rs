//! The state of the outbox: numbers from its folders, a level for monitors, and who is in the way.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::claim::{Worker, workers};
use super::state::{Health, LastError, State, Totals};
use super::{Place, QueueError, Spool, Ulid};

/// This many pending entries are a warning.
pub const MANY_PENDING: u64 = 20;
/// One that waits for longer than this is a warning.
pub const LONG_WAIT: Duration = Duration::from_secs(3600);
/// More dead entries than this are critical.
pub const MANY_DEAD: u64 = 5;

/// The level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing to do.
    #[default]
    Ok,
    /// Many entries wait, or one waits for long.
    Warning,
    /// Many entries were given up on.
    Critical,
}

impl Level {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Critical => "critical",
        }
    }

    /// The last argument says whether anything waits for a person.
    fn of(pending: u64, oldest: Option<Duration>, dead: u64, stuck: bool) -> Level {
        if dead > MANY_DEAD {
            Level::Critical
        } else if stuck || pending >= MANY_PENDING || oldest.is_some_and(|age| age > LONG_WAIT) {
            Level::Warning
        } else {
            Level::Ok
        }
    }
}

/// The outbox at one moment.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// Entries that wait.
    pub pending: u64,
    /// Entries that a worker has claimed.
    pub in_flight: u64,
    /// Entries that were given up on.
    pub dead: u64,
    /// Some of them for good: only a person brings them back.
    pub refused: bool,
    /// Deliveries of this outbox, ever.
    pub delivered: u64,
    /// The age of the oldest entry that waits or is in flight.
    pub oldest_age: Option<Duration>,
    /// The totals, those of the old programs included.
    pub totals: Totals,
    /// The last delivery.
    pub last_success: Option<Timestamp>,
    /// The last thing that went wrong.
    pub last_error: Option<LastError>,
    /// What the last health check found.
    pub health: Option<Health>,
    /// Workers that have entries, or are at work.
    pub workers: Vec<(Worker, u64)>,
    /// The level.
    pub level: Level,
}

impl Status {
    /// Looks. An outbox that does not exist yet is empty.
    ///
    /// # Errors
    /// A folder can't be read.
    pub fn of(spool: Option<&Spool>) -> Result<Status, QueueError> {
        match spool {
            Some(spool) => Status::of_open(spool),
            None => Ok(Status::default()),
        }
    }

    fn of_open(spool: &Spool) -> Result<Status, QueueError> {
        let state = State::load(spool)?;
        // In the direction that entries move, so that one may be counted twice but none is missed.
        let (pending, oldest_pending) = spool.count(&Place::New)?;
        let (mut in_flight, mut oldest) = (0, oldest_pending);
        let mut at_work = Vec::new();
        for worker in workers(spool)? {
            let (count, first) = spool.count(&Place::InFlight(worker.name.clone()))?;
            in_flight += count;
            oldest = [oldest, first].into_iter().flatten().min();
            at_work.push((worker, count));
        }
        let dead = spool.names(&Place::Dead)?;
        let refused = is_any_refused(spool, &dead);
        let dead = dead.len() as u64;
        let delivered = state.archived + spool.count(&Place::Done)?.0;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let oldest_age = oldest.map(|name| now.saturating_sub(name.since_epoch()));
        let old = &state.old;
        let ever = pending + in_flight + dead + delivered + state.cancelled;
        let totals = Totals {
            total_queued: old.totals.total_queued + ever.saturating_sub(old.queued),
            total_synced: old.totals.total_synced + delivered,
            total_failed: (old.totals.total_failed + dead).saturating_sub(old.failed),
        };
        Ok(Status {
            pending,
            in_flight,
            dead,
            refused,
            delivered,
            oldest_age,
            totals,
            last_success: state.last_success,
            last_error: state.last_error,
            health: state.health,
            workers: at_work,
            level: Level::of(pending, oldest_age, dead, refused),
        })
    }

    /// The numbers in Prometheus' text format, for a textfile collector.
    pub fn prometheus(&self) -> String {
        let seconds = |time: Timestamp| time.as_second() as f64;
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, value: Option<f64>| {
            let Some(value) = value else { return };
            text.push_str(&format!(
                "# HELP aimem_queue_{name} {help}\n# TYPE aimem_queue_{name} {kind}\naimem_queue_{name} {value}\n"
            ));
        };
        let count = |number: u64| Some(number as f64);
        metric("pending_entries", "gauge", "Memories that wait to be delivered.", count(self.pending));
        metric("in_flight_entries", "gauge", "Memories that a worker has claimed.", count(self.in_flight));
        metric("dead_entries", "gauge", "Memories that were given up on.", count(self.dead));
        metric(
            "delivered_total",
            "counter",
            "Memories that this outbox has delivered.",
            count(self.delivered),
        );
        metric(
            "queued_total",
            "counter",
            "Memories ever saved, those of the old programs included.",
            count(self.totals.total_queued),
        );
        metric(
            "synced_total",
            "counter",
            "Memories ever delivered, those of the old programs included.",
            count(self.totals.total_synced),
        );
        metric(
            "oldest_entry_age_seconds",
            "gauge",
            "Age of the oldest memory that is not delivered; 0 if there is none.",
            Some(self.oldest_age.unwrap_or_default().as_secs_f64()),
        );
        let last_success = self.last_success.map(seconds);
        metric("last_success_timestamp_seconds", "gauge", "Time of the last delivery.", last_success);
        let up = self.health.as_ref().map(|health| if health.up { 1.0 } else { 0.0 });
        metric("server_up", "gauge", "Whether the server was up at the last health check.", up);
        let checked = self.health.as_ref().map(|health| seconds(health.at));
        metric("server_check_timestamp_seconds", "gauge", "Time of the last health check.", checked);
        let level = f64::from(self.level as u8);
        metric("level", "gauge", "0 is fine, 1 is a warning, 2 is critical.", Some(level));
        text
    }
}

/// Whether no run will try one of the dead again: the server refused it, or it is malformed. With
/// many dead entries it does not matter which they are, so no more than [`MANY_DEAD`] are read.
fn is_any_refused(spool: &Spool, dead: &[Ulid]) -> bool {
    dead.iter().take(MANY_DEAD as usize).any(|&name| match spool.read(&Place::Dead, name) {
        Ok(Some(entry)) => entry.dead.is_some_and(|death| death.refused),
        // Brought back meanwhile.
        Ok(None) => false,
        Err(_) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_at_their_borders() {
        let hour = Some(LONG_WAIT);
        let longer = Some(LONG_WAIT + Duration::from_secs(1));
        for (pending, oldest, dead, stuck, level) in [
            (0, None, 0, false, Level::Ok),
            (19, hour, 5, false, Level::Ok),
            (0, None, 1, true, Level::Warning),
            (20, None, 5, false, Level::Warning),
            (1, longer, 0, false, Level::Warning),
            (0, None, 6, true, Level::Critical),
            (20, longer, 6, false, Level::Critical),
        ] {
            assert_eq!(Level::of(pending, oldest, dead, stuck), level, "{pending} {oldest:?} {dead} {stuck}");
        }
    }

    #[test]
    fn an_outbox_that_is_not_there_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::existing(&dir.path().join("none")).unwrap();
        let status = Status::of(spool.as_ref()).unwrap();
        assert_eq!((status.pending, status.delivered, status.level), (0, 0, Level::Ok));
        assert!(!dir.path().join("none").exists());
    }
}
