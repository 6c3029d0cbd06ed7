//! One lock as it is shown: to people as a row or a sentence, to programs as an object.

use std::time::Duration;

use serde::Serialize;

use super::inventory::{self, Entry};
use super::openers::Waiting;
use super::{Holder, Target};
use crate::sys::text::{printable, shorten, show_duration};

/// A command line may be long; `--json` has it whole.
const WIDEST_HOLDER: usize = 60;
/// More of those who wait are counted, not named.
const MOST_WAITING: usize = 3;

/// A lock's report. The field names are part of the contract with programs.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The locked file; `null` where the lock does not say.
    target: Option<String>,
    key: String,
    verdict: &'static str,
    why: String,
    pid: Option<u32>,
    client: Option<String>,
    command: Option<String>,
    host: Option<String>,
    acquired: Option<String>,
    age_seconds: f64,
    expires: Option<String>,
    /// The processes that have the lock open: its holder and the commands that inherited it.
    open_by: Vec<u32>,
    /// The processes that wait for it, the longest first.
    waiting: Vec<Waiting>,
    directory: Option<String>,
    #[serde(skip)]
    holder: Option<Holder>,
    #[serde(skip)]
    age: Duration,
}

impl Report {
    /// The reports of locks that were found, with one look at all processes.
    pub fn all(entries: &[&Entry]) -> Vec<Report> {
        let (open_by, waiting) = (inventory::who_has_open(entries), inventory::who_waits(entries));
        let each = entries.iter().zip(open_by).zip(waiting);
        each.map(|((entry, open_by), waiting)| Report { waiting, ..Report::new(entry, open_by) }).collect()
    }

    fn new(entry: &Entry, open_by: Vec<u32>) -> Report {
        let info = &entry.judgement.info;
        let holder = entry.holder(&open_by);
        Report {
            target: info.target.as_ref().map(|path| path.to_string_lossy().into_owned()),
            key: entry.key.to_string(),
            verdict: entry.judgement.verdict.name(),
            why: entry.judgement.reason.clone(),
            // Not one that has ended while a command of it has the lock.
            pid: if holder.left.is_some() { open_by.first().copied() } else { holder.pid },
            client: info.client.clone(),
            command: info.command.clone(),
            host: info.host.clone(),
            acquired: info.acquired.map(|time| time.to_string()),
            age_seconds: (entry.age.as_secs_f64() * 1000.0).round() / 1000.0,
            expires: info.expires.map(|time| time.to_string()),
            open_by,
            waiting: Vec::new(),
            directory: Some(entry.directory.to_string_lossy().into_owned()),
            holder: Some(holder),
            age: entry.age,
        }
    }

    /// The report of a file that nobody has locked.
    pub fn free(target: &Target) -> Report {
        Report {
            target: Some(target.path.to_string_lossy().into_owned()),
            key: target.key.to_string(),
            verdict: "free",
            why: "no lock".to_owned(),
            pid: None,
            client: None,
            command: None,
            host: None,
            acquired: None,
            age_seconds: 0.0,
            expires: None,
            open_by: Vec::new(),
            waiting: Vec::new(),
            directory: None,
            holder: None,
            age: Duration::ZERO,
        }
    }

    /// `held: pid 123 (…) for 5s; its holder has the kernel lock`
    pub fn sentence(&self) -> String {
        match &self.holder {
            None => self.verdict.to_owned(),
            Some(holder) => {
                let age = show_duration(self.age);
                let why = printable(&self.why);
                format!("{}: {holder} for {age}; {why}{}{}", self.verdict, self.open_by(), self.waited_for())
            }
        }
    }

    fn open_by(&self) -> String {
        if self.holder.as_ref().is_some_and(|holder| holder.left.is_some()) {
            return String::new();
        }
        let others: Vec<String> =
            self.open_by.iter().filter(|&&pid| Some(pid) != self.pid).map(u32::to_string).collect();
        if others.is_empty() { String::new() } else { format!("; open in pid {}", others.join(", ")) }
    }

    fn waited_for(&self) -> String {
        let one = |waiting: &Waiting| match waiting.age_seconds {
            Some(age) => format!("pid {} for {}", waiting.pid, show_duration(Duration::from_secs_f64(age))),
            None => format!("pid {}", waiting.pid),
        };
        let names: Vec<String> = self.waiting.iter().take(MOST_WAITING).map(one).collect();
        match self.waiting.len() {
            0 => String::new(),
            1 => format!("; {} waits", names.concat()),
            count if count <= MOST_WAITING => format!("; {count} wait: {}", names.join(", ")),
            count => format!("; {count} wait: {}, …", names.join(", ")),
        }
    }

    /// Its verdict, age, how many wait and for how long the first one has, file and holder: what changes
    /// while one looks on.
    pub fn brief_row(&self) -> Vec<String> {
        let [verdict, age, file, holder, _] = <[String; 5]>::try_from(self.row()).unwrap_or_default();
        let longest = self.waiting.first().and_then(|waiting| waiting.age_seconds);
        let longest = longest.map(|age| format!(" for {}", show_duration(Duration::from_secs_f64(age))));
        let waiting = match self.waiting.len() {
            0 => "-".to_owned(),
            count => format!("{count}{}", longest.unwrap_or_default()),
        };
        vec![verdict, age, waiting, file, holder]
    }

    /// Its verdict, age, file, holder and reason, for a table.
    pub fn row(&self) -> Vec<String> {
        let file = self.target.as_deref().map_or_else(|| format!("(key {}…)", &self.key[..12]), safe);
        let holder = self.holder.as_ref().map(Holder::to_string).unwrap_or_default();
        let holder = shorten(&holder, WIDEST_HOLDER).into_owned();
        let why = format!("{}{}{}", printable(&self.why), self.open_by(), self.waited_for());
        vec![self.verdict.to_owned(), show_duration(self.age), file, holder, why]
    }
}

fn safe(text: &str) -> String {
    printable(text).into_owned()
}
