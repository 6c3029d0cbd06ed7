//! Memories: the tools of the Python server that came before, by their names, arguments and results.

pub mod health;
pub mod outbox;
pub mod projects;
pub mod recall;
pub mod save;
pub mod status;
