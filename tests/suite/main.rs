//! Every integration test, in one binary: real processes on real files, each in its own home.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests may panic and may write plainly"
)]

mod common;

mod docs;
mod house;
#[cfg(feature = "outbox")]
mod queue_add;
#[cfg(feature = "outbox")]
mod queue_import;
#[cfg(feature = "outbox")]
mod queue_kill;
#[cfg(feature = "outbox")]
mod queue_servers;
#[cfg(feature = "outbox")]
mod queue_service;
#[cfg(feature = "outbox")]
mod queue_status;
#[cfg(feature = "outbox")]
mod queue_worker;
mod update;
