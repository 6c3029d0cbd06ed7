//! What a tool answers: a text for the model, and the same for programs; or why not.

use std::error::Error;

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::Value;

use super::hints;
use crate::lock::LockError;
use crate::memory::MemoryError;
use crate::place::PlaceError;
#[cfg(feature = "outbox")]
use crate::queue::QueueError;
use crate::settings::SettingError;
use crate::sys::failure::{Hint, message};
use crate::sys::text::show_duration;

/// A result in words, for the model.
#[derive(Debug)]
pub struct Said {
    text: String,
    /// What is about the text, and no part of it.
    beside: Option<String>,
}

impl From<String> for Said {
    fn from(text: String) -> Said {
        Said { text, beside: None }
    }
}

impl Said {
    /// Adds something that is no part of the text.
    #[must_use]
    pub fn beside(self, words: String) -> Said {
        Said { beside: Some(words), ..self }
    }
}

/// What a tool has to say.
#[derive(Debug)]
pub struct Answer {
    said: Said,
    /// The same for programs.
    structured: Value,
}

impl Answer {
    /// A result and its text.
    ///
    /// # Errors
    /// The result can't be written as JSON.
    pub fn new(said: Said, result: &impl Serialize) -> Result<Answer, Refusal> {
        match serde_json::to_value(result) {
            Ok(structured) => Ok(Answer { said, structured }),
            Err(error) => Err(Refusal::new(format!("cannot write the answer: {error}"))),
        }
    }
}

/// Why a tool did not do what was asked, and what to do.
#[derive(Debug)]
pub struct Refusal {
    message: String,
    details: Option<String>,
    hint: Option<String>,
}

impl Refusal {
    /// One without a hint.
    pub fn new(message: impl Into<String>) -> Refusal {
        Refusal { message: message.into(), details: None, hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Refusal {
        self.hint = Some(hint.into());
        self
    }

    /// All of it, line by line.
    pub fn text(self) -> String {
        let lines = [Some(self.message), self.details, self.hint];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    fn of(error: &impl Error, hint: Option<Hint>) -> Refusal {
        Refusal { hint: hint.as_ref().and_then(hints::in_words), ..Refusal::new(message(error)) }
    }
}

impl From<LockError> for Refusal {
    fn from(error: LockError) -> Refusal {
        let told = Refusal::of(&error, error.hint());
        match &error {
            LockError::Busy(busy) => {
                let message = format!("{}; gave up after {}", told.message, show_duration(busy.waited));
                Refusal { message, ..told }
            }
            LockError::Interrupted(_) => Refusal::new("the call was ended before it changed anything"),
            _ => told,
        }
    }
}

impl From<PlaceError> for Refusal {
    fn from(error: PlaceError) -> Refusal {
        match error {
            PlaceError::Lock(error) => error.into(),
            error => Refusal::of(&error, error.hint()),
        }
    }
}

impl From<MemoryError> for Refusal {
    fn from(error: MemoryError) -> Refusal {
        match error {
            MemoryError::Place(error) => error.into(),
            error => {
                let details = error.details().map(str::to_owned);
                Refusal { details, ..Refusal::of(&error, error.hint()) }
            }
        }
    }
}

impl From<SettingError> for Refusal {
    fn from(error: SettingError) -> Refusal {
        Refusal::new(error.to_string())
    }
}

#[cfg(feature = "outbox")]
impl From<QueueError> for Refusal {
    fn from(error: QueueError) -> Refusal {
        Refusal::of(&error, error.hint())
    }
}

/// A tool's answer or refusal in the protocol's terms.
pub fn result(outcome: Result<Answer, Refusal>) -> CallToolResult {
    match outcome {
        Ok(answer) => {
            let Said { text, beside } = answer.said;
            let blocks = std::iter::once(text).chain(beside).map(ContentBlock::text);
            let mut result = CallToolResult::success(blocks.collect());
            result.structured_content = Some(answer.structured);
            result
        }
        Err(refusal) => CallToolResult::error(vec![ContentBlock::text(refusal.text())]),
    }
}
