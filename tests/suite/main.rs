//! Every integration test, in one binary: real processes on real files, each in its own home.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests may panic and may write plainly"
)]

mod common;

mod acquire;
mod beside_scripts;
mod break_lock;
mod chaos;
mod containers;
mod contender;
mod deadlock;
mod exit_codes;
mod failures;
mod house;
mod journal;
mod kill_everywhere;
mod leases;
mod liveness;
mod lock_with;
mod many_waiters;
mod names;
mod protocol_page;
mod race;
mod restart;
mod scripts_lock;
mod selftest;
mod signals;
mod takeover;
mod update;
