//! Errors of the outbox, with their exit codes and what to do.

use crate::cli::error::{CliError, exit_of_creating, explain, quote};
use crate::cli::exit::Exit;
use crate::queue::QueueError;

impl From<QueueError> for CliError {
    fn from(error: QueueError) -> CliError {
        let message = error.to_string();
        match error {
            QueueError::Lock(error) => error.into(),
            QueueError::NoHome => CliError::usage(message).hint("set AIMEM_QUEUE"),
            QueueError::Empty => {
                CliError::new(Exit::Data, message).hint("give it as an argument, or on standard input")
            }
            QueueError::NoProject => CliError::usage(message).hint("name one with --project"),
            QueueError::Full { .. } => CliError::new(Exit::CantCreate, message)
                .hint("nothing was saved; deliver what waits (aimem queue work), or raise the limit"),
            QueueError::TooLong(_) => CliError::new(Exit::Data, message).hint("nothing was saved"),
            QueueError::NotFound { .. } => CliError::new(Exit::NoInput, message)
                .hint("see what there is: aimem queue list; older deliveries are in the outbox's archive/"),
            QueueError::Unreadable { .. } => CliError::new(Exit::Data, message),
            QueueError::Setting { .. } => CliError::usage(message),
            QueueError::NoServer => CliError::usage(message).hint(
                "set url and preset in [mem0] of ~/.config/aimem/config.toml, or AIMEM_MEM0_URL and \
                 AIMEM_MEM0_PRESET; saving works without",
            ),
            QueueError::Busy(path) => CliError::new(Exit::Busy, message).hint(format!(
                "it is kept for milliseconds: some process that uses {} is stopped; continue it or end it",
                quote(&path)
            )),
            QueueError::OldBusy { .. } => CliError::new(Exit::Busy, message)
                .hint("nothing was taken; try again, or let the next run do it"),
            QueueError::NotDurable { ref source, .. } => {
                CliError::new(Exit::Io, format!("{message}: {}", explain(source)))
            }
            QueueError::Io { action, ref source, .. } if action.starts_with("read") => {
                CliError::io(message, source)
            }
            QueueError::Io { ref source, .. } => {
                CliError::new(exit_of_creating(source), format!("{message}: {}", explain(source)))
            }
        }
    }
}
