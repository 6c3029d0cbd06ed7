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
mod exit_codes;
mod failures;
mod house;
mod liveness;
mod names;
mod race;
mod scripts_lock;
mod signals;
mod takeover;
mod update;
