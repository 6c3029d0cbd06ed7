//! One contender: a process that takes the lock again and again until it is killed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::detector::Detector;
use super::{RaceError, Rule, detector_path, target};
use crate::lock::wait::Silent;
use crate::lock::{Held, Keep, LockRoot, Locker, Patience, Roots};
use crate::sys;

/// One contender of a race, in a process of its own.
#[derive(Debug, Clone)]
pub struct Contender {
    /// How it takes the lock.
    pub rule: Rule,
    /// The race's folder.
    pub folder: PathBuf,
    /// It does not race, but only says whether the kernel lock on the detector is refused.
    pub probe: bool,
}

/// One hold of the lock, as a contender reports it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) entered: Duration,
    pub(super) left: Duration,
    pub(super) took_over: bool,
    pub(super) overlapped: bool,
}

impl Entry {
    fn render(&self) -> String {
        let (entered, left) = (self.entered.as_nanos(), self.left.as_nanos());
        format!("{entered} {left} {} {}\n", u8::from(self.took_over), u8::from(self.overlapped))
    }

    pub(super) fn parse(line: &str) -> Option<Entry> {
        let mut numbers = line.split(' ').map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        Some(Entry {
            entered: Duration::from_nanos(next()?),
            left: Duration::from_nanos(next()?),
            took_over: next()? == 1,
            overlapped: next()? == 1,
        })
    }
}

impl Contender {
    /// Races until it is killed, or until nobody reads any more what it reports to `out`. A probe
    /// comes back, and says whether the lock is refused.
    ///
    /// # Errors
    /// The lock failed, or a file of the race.
    pub fn run(self, out: &mut dyn Write) -> Result<bool, RaceError> {
        let detector = Detector::open(&detector_path(&self.folder))?;
        if self.probe {
            return Ok(!detector.try_lock()?);
        }
        let mut way: Box<dyn Way> = match self.rule {
            Rule::Aimem => Box::new(Ours::new(&self.folder)?),
            Rule::Script => Box::new(Script { lock: self.folder.join("script.lock") }),
        };
        let mut random = fastrand::Rng::new();
        loop {
            let took_over = way.take()?;
            let entered = sys::clock::since_boot();
            let overlapped = detector.enter()?;
            let dies = random.bool();
            if !dies && !overlapped {
                detector.leave()?;
            }
            let entry = Entry { entered, left: sys::clock::since_boot(), took_over, overlapped };
            // One write, so that the lines of several contenders do not mix. When the race is
            // over nobody reads any more, and this ends us.
            out.write_all(entry.render().as_bytes())?;
            out.flush()?;
            if dies {
                let _ = sys::process::send_signal(std::process::id(), sys::signal::KILL);
            }
            way.release()?;
        }
    }
}

/// A way to take and release the lock.
pub(super) trait Way {
    /// Takes it; says whether a dead holder's was in the way.
    fn take(&mut self) -> Result<bool, RaceError>;
    fn release(&mut self) -> Result<(), RaceError>;
}

/// aimem's.
pub(super) struct Ours {
    locker: Locker,
    target: PathBuf,
    held: Option<Held>,
}

impl Ours {
    pub(super) fn new(folder: &Path) -> Result<Ours, RaceError> {
        let locker = Locker {
            roots: Roots::fixed(LockRoot::open(&folder.join("locks"))?),
            inherited: Vec::new(),
            under: None,
            patience: Patience { limit: Duration::from_secs(60), ..Patience::default() },
            client: None,
            command: "aimem locks selftest".to_owned(),
            deadlock_check: false,
            ..Locker::default()
        };
        Ok(Ours { locker, target: target(folder), held: None })
    }
}

impl Way for Ours {
    fn take(&mut self) -> Result<bool, RaceError> {
        let held = self.locker.acquire(&self.target, Keep::Running, &mut Silent)?;
        let took_over = held.reclaimed().is_some();
        self.held = Some(held);
        Ok(took_over)
    }

    fn release(&mut self) -> Result<(), RaceError> {
        self.held.take().map_or(Ok(()), |held| Ok(held.release()?))
    }
}

/// The old scripts' rule: a lock whose PID is gone is removed, whatever it is by then.
struct Script {
    lock: PathBuf,
}

impl Way for Script {
    fn take(&mut self) -> Result<bool, RaceError> {
        let mut took_over = false;
        loop {
            match fs::create_dir(&self.lock) {
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
            let info = fs::read_to_string(self.lock.join("info")).unwrap_or_default();
            let pid = info.lines().find_map(|line| line.strip_prefix("PID: ")?.parse().ok());
            if pid.is_some_and(sys::process::exists) {
                std::thread::sleep(Duration::from_millis(1));
            } else {
                let _ = fs::remove_dir_all(&self.lock);
                took_over = true;
            }
        }
        let text = format!("PID: {}\nHOSTNAME: {}\n", std::process::id(), sys::machine::host_name());
        // Somebody may have removed the directory already: the script does not look.
        let _ = File::create(self.lock.join("info")).and_then(|mut info| info.write_all(text.as_bytes()));
        Ok(took_over)
    }

    fn release(&mut self) -> Result<(), RaceError> {
        let _ = fs::remove_dir_all(&self.lock);
        Ok(())
    }
}
