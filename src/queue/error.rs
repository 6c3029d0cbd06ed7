//! What can go wrong with the outbox, with the path and the cause in each.

use std::io;
use std::path::PathBuf;

use crate::lock::LockError;
use crate::sys::failure::{Hint, Kind, Op, PathError};
use crate::sys::text::{printable, shown};

/// An error of this module. Unless it says otherwise nothing was saved, moved or sent.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Neither an environment variable nor HOME says where the outbox is.
    #[error("no folder for the outbox: HOME is not set")]
    NoHome,
    /// A memory without content.
    #[error("there is nothing to save: the content is empty")]
    Empty,
    /// A memory that belongs to no project.
    #[error("there is no project to save for: its name is empty")]
    NoProject,
    /// The outbox has reached a limit that was asked for.
    #[error("the outbox is full: {what}")]
    Full {
        /// Which limit, and by how much.
        what: String,
    },
    /// A memory whose file would be too long to be read again.
    #[error("the memory is too long: its file would have more than {0} bytes")]
    TooLong(u64),
    /// There is no entry of that name, or none in a state that allows this.
    #[error("{} in the outbox: {}", .what, printable(.id))]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// The name.
        id: String,
    },
    /// A file of the outbox is not what it should be.
    #[error("cannot make sense of {}: {reason}", shown(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting can't be used.
    #[error("{setting}: {reason}")]
    Setting {
        /// Which one: a variable, or a file with its table and key.
        setting: String,
        /// What is wrong with it. Never its value, where that could be the secret.
        reason: String,
    },
    /// No server is configured.
    #[error("no server is set")]
    NoServer,
    /// Another process keeps the outbox's own small lock.
    #[error("{} is kept by another process", shown(.0))]
    Busy(PathBuf),
    /// An old program is using its queue file now.
    #[error("the old queue is in use: {holder}")]
    OldBusy {
        /// Who, as far as that can be known.
        holder: String,
    },
    /// The saved file is in place, but its folder could not be synced.
    #[error("saved in {}, but whether that survives a power cut is unknown", shown(.folder))]
    NotDurable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A lock could not be had or was lost.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Anything else that the system refused.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl QueueError {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        use QueueError as E;
        match self {
            E::Lock(error) => error.kind(),
            E::NoHome | E::NoProject | E::Setting { .. } | E::NoServer => Kind::Usage,
            E::Empty | E::TooLong(_) | E::Unreadable { .. } => Kind::Data,
            E::Full { .. } => Kind::CantCreate,
            E::NotFound { .. } => Kind::NoInput,
            E::Busy(_) | E::OldBusy { .. } => Kind::Busy,
            E::NotDurable { .. } => Kind::Io,
            E::Path(PathError { op: Op::Read | Op::ReadEntry | Op::ReadCredential, source, .. }) => {
                Kind::of_reading(source)
            }
            E::Path(error) => Kind::of_creating(&error.source),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        use QueueError as E;
        let words = match self {
            E::Lock(error) => return error.hint(),
            E::NoHome => "set AIMEM_QUEUE",
            E::Empty => "give it as an argument, or on standard input",
            E::NoProject => "name one with --project",
            E::Full { .. } => "nothing was saved; deliver what waits (aimem queue work), or raise the limit",
            E::TooLong(_) => "nothing was saved",
            E::NotFound { .. } => {
                "see what there is: aimem queue list; older deliveries are in the outbox's archive/"
            }
            E::NoServer => {
                "set url and preset in [mem0] of ~/.config/aimem/config.toml, or AIMEM_MEM0_URL and \
                 AIMEM_MEM0_PRESET; saving works without"
            }
            E::Busy(_) => {
                "it is kept for milliseconds: some process that uses it is stopped; continue it or end it"
            }
            E::OldBusy { .. } => "nothing was taken; try again, or let the next run do it",
            E::Unreadable { .. } | E::Setting { .. } | E::NotDurable { .. } | E::Path(_) => return None,
        };
        Some(Hint::Say(words))
    }

    pub(super) fn io(op: Op, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> QueueError {
        PathError::of(op, path)
    }

    /// Whether it is about one entry's file, and says nothing about the others: it makes no
    /// sense, or it is another user's.
    pub fn is_of_one_entry(&self) -> bool {
        match self {
            QueueError::Unreadable { .. } => true,
            QueueError::Path(error) => error.op == Op::ReadEntry && error.is_denied(),
            _ => false,
        }
    }

    pub(super) fn setting(setting: impl Into<String>, reason: impl Into<String>) -> QueueError {
        QueueError::Setting { setting: setting.into(), reason: reason.into() }
    }
}

/// What is wrong with a file, without a word of it: it may hold a memory, or a secret.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() {
        return text;
    }
    let ours = ["missing field", "duplicate field"].iter().any(|begin| text.starts_with(begin));
    let what = match without_value(&text) {
        Some(expected) => expected,
        None if ours => &text,
        None => "a value in it makes no sense",
    };
    let what = what.split(" at line ").next().unwrap_or_default();
    format!("{what}, at line {} column {}", error.line(), error.column())
}

/// The end of `invalid type: string "…", expected …`.
pub(super) fn without_value(text: &str) -> Option<&str> {
    let quotes = ["invalid type: ", "invalid value: "].iter().any(|begin| text.starts_with(begin));
    text.rfind("expected ").filter(|_| quotes).map(|at| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Entry;

    #[test]
    fn what_is_wrong_with_a_file_is_told_without_its_words() {
        for (text, wanted) in [
            (r#""hunter2""#, "expected struct Entry, at line 1 column 9"),
            (r#"{"id": "hunter2"}"#, "missing field `project_id`, at line 1 column 17"),
            (
                r#"{"id": "a", "project_id": "b", "content": "c", "timestamp": "hunter2"}"#,
                "a value in it makes no sense, at line 1 column 69",
            ),
            ("hunter2", "expected value at line 1 column 1"),
        ] {
            let error = serde_json::from_str::<Entry>(text).unwrap_err();
            assert_eq!(reason(&error), wanted);
        }
    }
}
