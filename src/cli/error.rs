//! Errors as a person meets them: what happened, to which file, and what to do.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::hints;
use crate::lock::LockError;
use crate::memory::MemoryError;
use crate::place::PlaceError;
use crate::replace::ReplaceError;
use crate::settings::SettingError;
pub use crate::sys::explain;
use crate::sys::failure::{Hint, Kind, message};
pub use crate::sys::text::show_duration;

/// An error on its way to standard error.
#[derive(Debug)]
pub struct CliError {
    /// How the program shall end.
    pub exit: Exit,
    /// What happened, in one line.
    pub message: String,
    /// More lines that belong to the message, such as a filter with a caret.
    pub details: Option<String>,
    /// What to do about it, if it is one of the errors that all front ends know.
    pub advice: Option<Box<Hint>>,
    /// What to do about it, in words; these go before the advice.
    pub hint: Option<String>,
    /// What a program wants to know besides.
    pub facts: Box<Facts>,
}

/// What is known of an error, for those who asked for JSON.
#[derive(Debug, Default)]
pub struct Facts {
    /// Of which kind it is, whatever exit code was chosen for it.
    pub kind: Option<Kind>,
    /// The file.
    pub file: Option<PathBuf>,
    /// Who has the lock.
    pub holder: Option<String>,
    /// When the holder's lease ends.
    pub expires: Option<String>,
    /// Whether the error is told as JSON.
    pub as_json: bool,
}

/// What every verb returns.
pub type Outcome = Result<Exit, CliError>;

impl CliError {
    /// An error with neither details nor a hint.
    pub fn new(exit: impl Into<Exit>, message: impl Into<String>) -> CliError {
        let exit = exit.into();
        let kind = if let Exit::Failed(kind) = exit { Some(kind) } else { None };
        let facts = Box::new(Facts { kind, ..Facts::default() });
        CliError { exit, message: message.into(), details: None, advice: None, hint: None, facts }
    }

    /// A command line or an environment that makes no sense.
    pub fn usage(message: impl Into<String>) -> CliError {
        CliError::new(Kind::Usage, message)
    }

    /// A system's refusal, said in words.
    pub fn io(what: impl std::fmt::Display, error: &io::Error) -> CliError {
        CliError::new(Kind::of_reading(error), format!("{what}: {}", explain(error)))
    }

    /// An error of a room below.
    pub fn of(error: &impl Error, kind: Kind, advice: Option<Hint>) -> CliError {
        CliError { advice: advice.map(Box::new), ..CliError::new(kind, message(error)) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> CliError {
        self.hint = Some(hint.into());
        self
    }

    /// The same for what all front ends know, each in its own terms.
    #[must_use]
    pub fn advise(mut self, advice: Hint) -> CliError {
        self.advice = Some(Box::new(advice));
        self
    }

    /// Says whether to tell the error as JSON.
    #[must_use]
    pub fn as_json(mut self, yes: bool) -> CliError {
        self.facts.as_json = yes;
        self
    }

    /// Names the file, if that is not known already, and says whether to tell the error as JSON.
    #[must_use]
    pub fn about(mut self, file: &Path, as_json: bool) -> CliError {
        self.facts.as_json = as_json;
        self.facts.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// What to do, in the terms of the command line.
    pub fn what_to_do(&self) -> Option<String> {
        self.hint.clone().or_else(|| self.advice.as_deref().map(hints::in_words))
    }
}

impl From<LockError> for CliError {
    fn from(error: LockError) -> CliError {
        let told = CliError::of(&error, error.kind(), error.hint());
        match &error {
            LockError::Busy(busy) => {
                let message = format!("{}; gave up after {}", told.message, show_duration(busy.waited));
                let facts = Box::new(Facts {
                    file: Some(busy.target.clone()),
                    holder: Some(busy.holder.to_string()),
                    expires: busy.expires.map(|end| end.to_string()),
                    ..*told.facts
                });
                CliError { message, facts, ..told }
            }
            _ => told,
        }
    }
}

impl From<SettingError> for CliError {
    fn from(error: SettingError) -> CliError {
        CliError::usage(error.to_string())
    }
}

impl From<ReplaceError> for CliError {
    fn from(error: ReplaceError) -> CliError {
        CliError::of(&error, error.kind(), error.hint())
    }
}

impl From<PlaceError> for CliError {
    fn from(error: PlaceError) -> CliError {
        match error {
            PlaceError::Lock(error) => error.into(),
            error => CliError::of(&error, error.kind(), error.hint()),
        }
    }
}

impl From<MemoryError> for CliError {
    fn from(error: MemoryError) -> CliError {
        match error {
            MemoryError::Place(error) => error.into(),
            error => {
                let details = error.details().map(str::to_owned);
                CliError { details, ..CliError::of(&error, error.kind(), error.hint()) }
            }
        }
    }
}

#[cfg(feature = "outbox")]
impl From<crate::queue::QueueError> for CliError {
    fn from(error: crate::queue::QueueError) -> CliError {
        match error {
            crate::queue::QueueError::Lock(error) => error.into(),
            error => CliError::of(&error, error.kind(), error.hint()),
        }
    }
}
