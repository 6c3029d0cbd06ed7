//! Every integration test, in one binary: real processes on real files, each in its own home.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests may panic and may write plainly"
)]

mod common;

mod acquire;
mod attacks;
mod beside_scripts;
mod break_lock;
mod chaos;
mod completions;
mod containers;
mod contender;
mod deadlock;
mod docs;
mod equal_keys;
mod exit_codes;
mod failures;
mod file_systems;
mod foreign_writer;
mod generated;
mod guests;
mod help;
mod hints;
mod house;
mod in_place;
mod info_fuzz;
mod journal;
mod kill_everywhere;
mod large;
mod leases;
mod leftovers;
mod liveness;
mod living_and_dead;
mod lock_planted;
mod lock_roots;
mod lock_with;
mod many_waiters;
mod metadata;
mod names;
mod old_scripts;
mod old_scripts_install;
mod packaging;
mod place;
mod power_cut;
mod protocol_page;
mod publish;
#[cfg(feature = "outbox")]
mod queue_add;
#[cfg(feature = "outbox")]
mod queue_clock;
#[cfg(feature = "outbox")]
mod queue_import;
#[cfg(feature = "outbox")]
mod queue_kill;
#[cfg(feature = "outbox")]
mod queue_planted;
#[cfg(feature = "outbox")]
mod queue_root;
#[cfg(feature = "outbox")]
mod queue_servers;
#[cfg(feature = "outbox")]
mod queue_service;
#[cfg(feature = "outbox")]
mod queue_status;
#[cfg(feature = "outbox")]
mod queue_worker;
mod race;
mod read;
mod replace_faults;
mod replace_full_disk;
mod replace_kill;
mod replace_library;
mod replace_order;
mod restart;
mod restore;
mod runaways;
mod scripts_lock;
mod secrets;
mod selftest;
mod shared_file;
mod signals;
mod skills;
mod takeover;
mod targets;
mod troubleshooting;
mod update;
mod waiting;
mod who;
mod write;
