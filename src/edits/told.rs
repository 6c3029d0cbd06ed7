//! What an agent is told, in words that it can act on.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::EditsError;
use crate::history::Record;
use crate::sys::text::{show_duration, shown};

/// Why an edit is not to be made.
#[derive(Debug)]
pub enum Refusal {
    /// Somebody else has the file.
    Held {
        /// The file.
        path: PathBuf,
        /// Who.
        holder: String,
        /// Since when.
        since: Option<Timestamp>,
        /// When a lease ends at the latest, and how long that is.
        until: Option<(Timestamp, Duration)>,
    },
    /// The file is another than this agent has last seen, and would be replaced as a whole.
    Stale {
        /// The file.
        path: PathBuf,
        /// What became of it.
        change: Change,
    },
    /// An error of our own.
    Failed(EditsError),
}

/// What became of a file since it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was changed: by whom, where that one has said so, and when.
    Changed(Option<String>, Option<Timestamp>),
    /// It was made.
    Made(Option<String>, Option<Timestamp>),
    /// It was deleted.
    Deleted,
    /// It was being written while it was read.
    Torn,
}

/// What has happened all the same, or besides.
#[derive(Debug)]
pub enum Told {
    /// This edit has replaced somebody else's change.
    Replaced {
        /// The file.
        path: PathBuf,
        /// Whose, when, and what it had left there.
        other: Box<Record>,
        /// Whether that is kept.
        kept: bool,
    },
    /// Somebody else has changed the file after this edit.
    Followed {
        /// The file.
        path: PathBuf,
        /// Who, and when.
        other: Box<Record>,
    },
    /// The lease had ended before the edit was made.
    Unprotected {
        /// The file.
        path: PathBuf,
        /// Who has the file now.
        holder: Option<String>,
    },
    /// The old version could not be kept, or the change not be written down.
    Forgotten {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Held { path, holder, since, until } => {
                write!(out, "{} is held by {holder}", shown(path))?;
                if let Some(since) = since {
                    write!(out, " since {}", clock(*since))?;
                }
                match until {
                    Some((until, left)) => {
                        write!(out, ", until {} at the latest (in {})", clock(*until), show_duration(*left))?;
                    }
                    None => out.write_str(", until it has finished")?,
                }
                out.write_str(
                    ". Do something else first, then read the file again and try again. Do not write it in \
                     another way, such as by a shell command. Who has what: aimem locks show",
                )
            }
            Refusal::Stale { path, change } => {
                let path = shown(path);
                match change {
                    Change::Changed(who, when) => write!(
                        out,
                        "{path} is not what you last read: changed{}. Read it again, and write what both of you want",
                        by(who.as_ref(), *when)
                    ),
                    Change::Made(who, when) => write!(
                        out,
                        "{path} was not there when you last looked: made{}. Read it first",
                        by(who.as_ref(), *when)
                    ),
                    Change::Deleted => write!(
                        out,
                        "{path} was deleted since you read it. If it shall be there again, write it once more"
                    ),
                    Change::Torn => {
                        write!(
                            out,
                            "{path} was being written while you read it. Read it again before you write it"
                        )
                    }
                }
            }
            Refusal::Failed(error) => out.write_str(&crate::sys::failure::message(error)),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Replaced { path, other, kept } => {
                let (path, who) = (shown(path), other.who());
                write!(out, "your edit of {path} replaced {who}'s of {}, ", clock(other.time))?;
                if *kept {
                    return write!(out, "kept as @{{-1}}: aimem history show {path} '@{{-1}}'");
                }
                write!(out, "which is not kept; what was there before both is: aimem history {path}")
            }
            Told::Followed { path, other } => write!(
                out,
                "{} was changed by {} at {}, after your edit: read it again before you go on",
                shown(path),
                other.who(),
                clock(other.time)
            ),
            Told::Unprotected { path, holder: Some(holder) } => write!(
                out,
                "{} is held by {holder}, and your edit was made all the same: tell the person, and look what it \
                 replaced: aimem history {}",
                shown(path),
                shown(path)
            ),
            Told::Unprotected { path, holder: None } => write!(
                out,
                "the lease on {} had ended before your edit was made; nobody has written down a change in between",
                shown(path)
            ),
            Told::Forgotten { path, why } => write!(out, "no version of {} is kept: {why}", shown(path)),
        }
    }
}

fn by(who: Option<&String>, when: Option<Timestamp>) -> String {
    let who = who.map_or("a program that takes no lock", String::as_str);
    match when {
        Some(when) => format!(" by {who} at {}", clock(when)),
        None => format!(" by {who}"),
    }
}

/// The time of day, and of another day the date too.
fn clock(time: Timestamp) -> String {
    let zone = TimeZone::system();
    let (time, now) = (time.to_zoned(zone.clone()), Timestamp::now().to_zoned(zone));
    let form = if time.date() == now.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    time.strftime(form).to_string()
}
