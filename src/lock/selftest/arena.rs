//! Where contenders race: starts them, kills and stops some, and collects their reports.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::contender::{Contender, Entry, Ours, Way};
use super::detector::Detector;
use super::{RaceError, Races, Rule, detector_path, target};
use crate::sys;
use crate::sys::signal::{CONT, KILL, STOP};

/// How often dead contenders are replaced.
const TICK: Duration = Duration::from_millis(1);
/// Every so many ticks one contender is killed, wherever it is. Not more often: contenders kill
/// themselves besides.
const KILL_EVERY: usize = 300;
/// Every so many ticks one contender is stopped, wherever it is.
const STOP_EVERY: usize = 300;
const LONGEST_STOP_MILLIS: u64 = 60;

/// Makes the command of a contender.
type Start<'a> = &'a dyn Fn(&Contender) -> io::Result<Command>;

/// A folder for races, removed when it is dropped.
pub(super) struct Arena<'a> {
    path: PathBuf,
    start: Start<'a>,
}

/// The outcome of a race.
pub(super) struct Outcome {
    pub(super) entries: Vec<Entry>,
    pub(super) killed: usize,
    pub(super) stopped: usize,
    pub(super) took: Duration,
    /// The first thing that a contender said on standard error.
    pub(super) complaint: Option<String>,
}

impl<'a> Arena<'a> {
    pub(super) fn new(folder: &Path, start: Start<'a>) -> io::Result<Arena<'a>> {
        let name = hex::encode(&sys::random_128()?[..6]);
        let path = fs::canonicalize(folder)?.join(format!(".selftest-{name}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        let arena = Arena { path, start };
        File::create(target(&arena.path))?;
        File::create(detector_path(&arena.path))?;
        Ok(arena)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a kernel lock of one process is seen by another.
    pub(super) fn flock_works(&self) -> io::Result<bool> {
        let detector = Detector::open(&detector_path(&self.path))?;
        match detector.try_lock() {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) if sys::file::no_flock(&error) => return Ok(false),
            Err(error) => return Err(error),
        }
        let refused = self.contender(Rule::Aimem, true)?.status()?.success();
        detector.leave()?;
        let granted = !self.contender(Rule::Aimem, true)?.status()?.success();
        Ok(refused && granted)
    }

    /// Takes the lock once and gives it back, without contention.
    pub(super) fn try_lock(&self) -> Result<(), RaceError> {
        let mut way = Ours::new(&self.path)?;
        way.take()?;
        way.release()
    }

    fn contender(&self, rule: Rule, probe: bool) -> io::Result<Command> {
        let mut command = (self.start)(&Contender { rule, folder: self.path.clone(), probe })?;
        command.stdin(Stdio::null());
        Ok(command)
    }

    pub(super) fn race(&self, rule: Rule, contenders: usize, races: &Races) -> io::Result<Outcome> {
        let (read, write) = io::pipe()?;
        let entries = Arc::new(Mutex::new(Vec::new()));
        let taken_over = Arc::new(AtomicUsize::new(0));
        let listener = {
            let (entries, taken_over) = (entries.clone(), taken_over.clone());
            std::thread::spawn(move || {
                for entry in
                    BufReader::new(read).lines().map_while(Result::ok).filter_map(|line| Entry::parse(&line))
                {
                    taken_over.fetch_add(usize::from(entry.took_over), Ordering::Relaxed);
                    entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
                }
            })
        };
        let (said, say) = io::pipe()?;
        // Read to its end, so that no contender is held up by what another has said.
        let hearer = std::thread::spawn(move || {
            let mut lines = BufReader::new(said).lines().map_while(Result::ok);
            let first = lines.next();
            lines.for_each(drop);
            first
        });
        let started = Instant::now();
        let mut field =
            Field { children: Vec::new(), random: fastrand::Rng::new(), killed: 0, stopped: 0, asleep: None };
        let outcome = (|| {
            while taken_over.load(Ordering::Relaxed) < races.takeovers && started.elapsed() < races.limit {
                field.fill(contenders, || {
                    let (out, err) = (write.try_clone()?, say.try_clone()?);
                    self.contender(rule, false)?.stdout(out).stderr(err).spawn()
                })?;
                field.disturb();
                std::thread::sleep(TICK);
            }
            Ok(())
        })();
        let (killed, stopped) = field.end();
        drop((write, say));
        // Every writer is gone, so both come to the end.
        let _ = listener.join();
        let complaint = hearer.join().ok().flatten();
        let _ = fs::remove_dir_all(self.path.join("script.lock"));
        outcome.map(|()| {
            let entries = std::mem::take(&mut *entries.lock().unwrap_or_else(PoisonError::into_inner));
            Outcome { entries, killed, stopped, took: started.elapsed(), complaint }
        })
    }
}

impl Drop for Arena<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The contenders of one race.
struct Field {
    children: Vec<Child>,
    random: fastrand::Rng,
    killed: usize,
    stopped: usize,
    asleep: Option<(u32, Instant)>,
}

impl Field {
    /// Replaces those that have died.
    fn fill(&mut self, wanted: usize, start: impl Fn() -> io::Result<Child>) -> io::Result<()> {
        let before = self.children.len();
        let asleep = self.asleep.map(|(pid, _)| pid);
        self.children.retain_mut(|child| Some(child.id()) == asleep || matches!(child.try_wait(), Ok(None)));
        self.killed += before - self.children.len();
        while self.children.len() < wanted {
            self.children.push(start()?);
        }
        Ok(())
    }

    /// Kills or stops one of them now and then, wherever it stands.
    fn disturb(&mut self) {
        if let Some((pid, _)) = self.asleep.filter(|(_, until)| Instant::now() >= *until) {
            let _ = sys::process::send_signal(pid, CONT);
            self.asleep = None;
        }
        let victim = self.children[self.random.usize(..self.children.len())].id();
        if self.random.usize(..KILL_EVERY) == 0 {
            let _ = sys::process::send_signal(victim, KILL);
        } else if self.asleep.is_none() && self.random.usize(..STOP_EVERY) == 0 {
            let _ = sys::process::send_signal(victim, STOP);
            let millis = self.random.u64(1..=LONGEST_STOP_MILLIS);
            self.asleep = Some((victim, Instant::now() + Duration::from_millis(millis)));
            self.stopped += 1;
        }
    }

    fn end(self) -> (usize, usize) {
        (self.killed, self.stopped)
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
