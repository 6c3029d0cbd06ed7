//! Every integration test, in one binary: real processes on real files, each in its own home.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests may panic and may write plainly"
)]

mod common;

mod acquire;
mod contender;
mod docs;
mod exit_codes;
mod failures;
mod foreign_writer;
mod house;
mod large;
mod leftovers;
mod liveness;
mod metadata;
mod names;
mod power_cut;
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
mod race;
mod replace_faults;
mod replace_full_disk;
mod replace_kill;
mod replace_order;
mod restore;
mod scripts_lock;
mod signals;
mod takeover;
mod targets;
mod update;
