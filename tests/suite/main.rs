//! Every integration test, in one binary: real processes on real files, each in its own home.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests may panic and may write plainly"
)]

mod common;

mod clients;
mod docs;
mod documents;
mod formats;
mod history;
mod hook;
mod legacy;
mod lock;
#[cfg(feature = "mcp")]
mod mcp;
mod merge;
mod packages;
#[cfg(feature = "outbox")]
mod queue;
mod replace;
mod text;
mod verbs;
