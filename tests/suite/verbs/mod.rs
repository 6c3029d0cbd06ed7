//! What is typed, what is printed, and the exit code: one file a verb or a habit that all verbs share.

mod acquire;
mod break_lock;
mod calls;
mod completions;
mod equal_keys;
mod exit_codes;
mod failures;
mod help;
mod hints;
mod intent;
mod journal;
mod json;
mod lock_with;
// Its mistakes are with all verbs.
#[cfg(all(feature = "mcp", feature = "outbox"))]
mod mistakes;
mod quiet;
mod read;
mod restore;
mod runaways;
mod screens;
mod selftest;
mod update;
mod views;
mod who;
mod write;
