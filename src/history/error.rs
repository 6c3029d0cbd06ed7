//! What can go wrong with the versions of a file.

use std::path::PathBuf;

use crate::sys::failure::{Hint, Kind, PathError};
use crate::sys::text::shown;

/// An error of this module. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// This is no way to name a version.
    #[error("{0:?} names no version")]
    Spelling(String),
    /// There is no such version.
    #[error("{} has no version {which}{}", shown(.path), oldest_one(.oldest))]
    NoVersion {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        which: String,
        /// The oldest one there is.
        oldest: Option<String>,
    },
    /// Several versions are meant.
    #[error("{} has several versions {which}…: {}", shown(.path), .found.join(", "))]
    Several {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        which: String,
        /// Their tags.
        found: Vec<String>,
    },
    /// Another program has written into the version since it was kept.
    #[error("the version {which} of {} was altered since it was kept", shown(.path))]
    Altered {
        /// The file.
        path: PathBuf,
        /// Which one.
        which: String,
    },
    /// There is no change to be undone.
    #[error("no change of {} is on record{}", shown(.path), by(.client))]
    Nothing {
        /// The file.
        path: PathBuf,
        /// Whose change was meant.
        client: Option<String>,
    },
    /// The change to be undone has made the file: before, there was none.
    #[error("there was no {} before that change", shown(.path))]
    Made {
        /// The file.
        path: PathBuf,
    },
    /// Something came after the change that is to be undone.
    #[error("{} was changed since: {what}", shown(.path))]
    Since {
        /// The file.
        path: PathBuf,
        /// By whom and when.
        what: String,
    },
    /// Anything else that the system refused.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl HistoryError {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        use HistoryError as E;
        match self {
            E::Spelling(_) | E::Several { .. } => Kind::Usage,
            E::NoVersion { .. } | E::Nothing { .. } | E::Made { .. } => Kind::NoInput,
            E::Altered { .. } => Kind::Data,
            E::Since { .. } => Kind::Lost,
            E::Path(error) => Kind::of_reading(&error.source),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        use HistoryError as E;
        let hint = match self {
            E::Spelling(_) => Hint::Say(
                "versions are @{-1}, @{-2} and so on, @{yesterday}, @{2h}, @{2026-01-25 10:30}, or the first digits of a tag",
            ),
            E::NoVersion { path, .. } | E::Several { path, .. } | E::Nothing { path, .. } => {
                Hint::SeeHistory(path.clone())
            }
            E::Altered { .. } => Hint::Force,
            E::Made { .. } => Hint::Say("nothing was written; to go back to no file at all, remove it"),
            E::Since { path, .. } => Hint::SeeHistory(path.clone()),
            E::Path(_) => return None,
        };
        Some(hint)
    }
}

fn oldest_one(oldest: &Option<String>) -> String {
    oldest.as_ref().map_or_else(String::new, |oldest| format!("; the oldest one is {oldest}"))
}

fn by(client: &Option<String>) -> String {
    client.as_ref().map_or_else(String::new, |client| format!(" by {client}"))
}
