//! Waits that can't end: A has x and wants y, B has y and wants x.
//!
//! A process that waits while it holds something leaves a trace: a file in `ROOT/.waiting`, under a
//! kernel lock, with what it wants and what it holds. The trace dies with its maker. Whoever waits
//! follows the traces from its own wish: who holds it, what that process waits for, and so on. If
//! this leads back to itself, it is a cycle, and its youngest waiter gives up. A process that holds
//! nothing can't be part of a cycle, leaves no trace, and looks at none.
//!
//! For what a process holds see [`super::holdings`]. A guest that waits for another guest's place
//! is such a waiter too.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::id::{LockId, Token};
use super::info::MAX_BYTES;
use super::key::{Key, Target};
use super::liveness::Judge;
use super::nest::Nest;
use super::removal::is_old;
use super::root::LockRoot;
use crate::sys;
use crate::sys::folder::Folder;
use crate::sys::text::{escape, unescape};

/// The folder of traces.
const WAITING: &str = ".waiting";

/// A wait shorter than this leaves no trace.
const FIRST_LOOK: Duration = Duration::from_millis(100);
/// The pause before the second look; each later one is twice as long. A cycle is closed by its
/// youngest waiter, which finds all the others' traces at its first looks.
const SECOND_LOOK: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// More waits than this in one chain are not followed.
const LONGEST_CHAIN: usize = 64;

/// One wait's look-out for a cycle.
pub(super) struct LookOut {
    next: Instant,
    pause: Duration,
    /// On the boot-time clock.
    since: Duration,
    trace: Option<Trace>,
    off: bool,
}

impl LookOut {
    pub(super) fn new(enabled: bool) -> LookOut {
        LookOut {
            next: Instant::now() + FIRST_LOOK,
            pause: SECOND_LOOK,
            since: sys::clock::since_boot(),
            trace: None,
            off: !enabled,
        }
    }

    /// Called at every look that found the lock taken. Describes the cycle when this process is the
    /// one to give up. A failure of this check is not a reason to end a wait.
    pub(super) fn look(
        &mut self,
        root: &LockRoot,
        target: &Target,
        wish: &Wish,
        holdings: impl FnOnce(&mut Judge) -> Vec<Token>,
        judge: &mut Judge,
    ) -> Option<String> {
        if self.off || Instant::now() < self.next {
            return None;
        }
        self.next = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LAST_PAUSE);
        let wait = Wait {
            pid: std::process::id(),
            wish: wish.clone(),
            target: target.path.clone(),
            // Determined anew each time: a process that did not wait for us may do so now.
            holds: holdings(judge),
            since: self.since,
        };
        if self.trace.as_ref().is_none_or(|trace| trace.wait != wait) {
            self.trace = None;
            if !wait.holds.is_empty() {
                self.trace = Trace::leave(root, wait).ok();
            }
        }
        let trace = self.trace.as_ref()?;
        let mine = &trace.wait;
        let others = read_all(trace).unwrap_or_default();
        let cycle = find_cycle(mine, &others, &mut |wish| wish.whose(root, judge))?;
        let youngest = cycle.iter().all(|other| (other.since, other.pid) <= (mine.since, mine.pid));
        youngest.then(|| describe(mine, &cycle))
    }
}

/// What somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// The lock of a file.
    Lock(Key),
    /// A guest's place under this id.
    Place(LockId),
}

impl Wish {
    /// The token of whoever has it.
    fn whose(&self, root: &LockRoot, judge: &mut Judge) -> Option<Token> {
        match self {
            Wish::Lock(key) => judge.judge(key).ok()?.info.token,
            Wish::Place(host) => Nest::look(root, host).ok()??.read().ok()?.token,
        }
    }
}

/// A wait as its trace tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wait {
    pid: u32,
    wish: Wish,
    target: PathBuf,
    holds: Vec<Token>,
    since: Duration,
}

/// Follows the waits from `mine` until one holds what closes the cycle.
fn find_cycle(
    mine: &Wait,
    others: &[Wait],
    whose: &mut dyn FnMut(&Wish) -> Option<Token>,
) -> Option<Vec<Wait>> {
    fn follow(
        mine: &Wait,
        others: &[Wait],
        chain: &mut Vec<Wait>,
        whose: &mut dyn FnMut(&Wish) -> Option<Token>,
    ) -> bool {
        let wish = chain.last().map_or(&mine.wish, |last| &last.wish).clone();
        let Some(token) = whose(&wish) else { return false };
        if mine.holds.contains(&token) {
            // Waiting for what we hold ourselves is a matter between guests, not a cycle.
            return !chain.is_empty();
        }
        if chain.len() == LONGEST_CHAIN {
            return false;
        }
        for other in others.iter().filter(|other| other.holds.contains(&token)) {
            if chain.iter().any(|seen| seen.since == other.since && seen.pid == other.pid) {
                continue;
            }
            chain.push(other.clone());
            if follow(mine, others, chain, whose) {
                return true;
            }
            chain.pop();
        }
        false
    }
    let mut chain = Vec::new();
    follow(mine, others, &mut chain, whose).then_some(chain)
}

fn describe(mine: &Wait, cycle: &[Wait]) -> String {
    let mut text = format!("this process, pid {}, waits for {}", mine.pid, mine.target.display());
    for other in cycle {
        text.push_str(&format!(", whose holder, pid {}, waits for {}", other.pid, other.target.display()));
    }
    text.push_str(", which this process holds");
    text
}

/// A trace that was left. It goes with its maker.
struct Trace {
    folder: Folder,
    name: String,
    _locked: File,
    wait: Wait,
}

impl Trace {
    fn leave(root: &LockRoot, wait: Wait) -> io::Result<Trace> {
        let folder = root.common_folder(WAITING)?;
        let name = Token::fresh()?.to_string();
        let unborn = format!(".{name}");
        let mut file = root.create_file(&folder, &unborn)?;
        let mut unborn = folder.temporary(unborn);
        // Locked before it has its name, or it could be taken for a dead one's.
        sys::file::lock_new(&file)?;
        file.write_all(wait.render().as_bytes())?;
        // Its name is fresh: nothing is there to be replaced.
        unborn.rename_to(&folder, &name)?;
        Ok(Trace { folder, name, _locked: file, wait })
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let _ = self.folder.remove_file(&self.name);
    }
}

impl Wait {
    fn render(&self) -> String {
        let holds: Vec<&str> = self.holds.iter().map(Token::as_str).collect();
        // Earlier versions know only the first kind, and skip what they do not understand.
        let wish = match &self.wish {
            Wish::Lock(key) => format!("WANTS: {key}"),
            Wish::Place(host) => format!("WANTS-PLACE: {host}"),
        };
        format!(
            "PID: {}\n{wish}\nHOLDS: {}\nSINCE: {}\nTARGET: {}\n",
            self.pid,
            holds.join(","),
            self.since.as_nanos(),
            escape(self.target.as_os_str().as_encoded_bytes())
        )
    }

    fn parse(text: &str) -> Option<Wait> {
        let value = |key: &str| {
            text.lines().find_map(|line| line.strip_prefix(key).and_then(|rest| rest.strip_prefix(": ")))
        };
        let wish = match (value("WANTS"), value("WANTS-PLACE")) {
            (Some(key), _) => Wish::Lock(key.parse().ok()?),
            (None, host) => Wish::Place(host?.parse().ok()?),
        };
        Some(Wait {
            pid: value("PID")?.parse().ok()?,
            wish,
            holds: value("HOLDS")?.split(',').map(str::parse).collect::<Result<_, _>>().ok()?,
            since: Duration::from_nanos(value("SINCE")?.parse().ok()?),
            target: String::from_utf8_lossy(&unescape(value("TARGET")?)).into_owned().into(),
        })
    }
}

/// The waits of all living processes but this one. Traces of dead ones are removed on the way.
fn read_all(mine: &Trace) -> io::Result<Vec<Wait>> {
    let mut waits = Vec::new();
    let folder = &mine.folder;
    for name in folder.names()? {
        if name == mine.name.as_str() {
            continue;
        }
        let Ok(file) = folder.open_readable(&name) else { continue };
        let mut text = String::new();
        if !sys::file::is_locked(&file)? {
            // One without its name may be about to be locked.
            let is_named = !name.as_encoded_bytes().starts_with(b".");
            if is_named || folder.look(&name)?.is_some_and(|look| is_old(&look)) {
                let _ = folder.remove_file(&name);
            }
            continue;
        }
        if (&file).take(MAX_BYTES as u64).read_to_string(&mut text).is_ok() {
            waits.extend(Wait::parse(&text));
        }
    }
    Ok(waits)
}
