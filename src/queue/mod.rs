//! The outbox: memories are saved at once, and reach a server that may be slow or down.
//!
//! One file for each memory, delivered as Maildir delivers mail: there is no lock that a save could
//! time out on.
//!
//! ```text
//! tmp/       being written
//! new/       durable, waiting          <ULID>.json
//! inflight/  claimed by a worker       <worker>/<ULID>.json
//! done/      delivered, the last 100 as files
//! archive/   older deliveries, JSON lines by month
//! dead/      given up on, with the reason
//! ```
//!
//! - [`ulid`], [`entry`]: what a memory is called, and what is kept of it.
//! - [`spool`]: the folders, and saving. [`contents`]: what is in them. [`claim`]: how a worker comes to own an entry.
//! - [`worker`]: one run: health, uploads, pauses, outcomes. [`server`]: the HTTP side of it.
//! - [`config`], [`preset`]: which server, and what it expects. [`question`]: what it can be asked.
//! - [`recall`]: memories back again, from the server and from what is kept here.
//! - [`archive`], [`state`]: what is kept of the past. [`status`]: how it is now, and [`report`]: for programs.
//! - [`event`], [`log`]: what happens, one line each. `sweep`: what killed processes leave behind.
//! - [`import`], `staging`, [`export`]: from and to the files of the programs before this one.
//!
//! **The invariant**: an entry is one file, and every step of its life is one `rename` of that
//! file, so at any moment it is in exactly one place. Saving returns after file and folder are
//! synced. The steps after that are not synced one by one: a power cut may undo a claim or a
//! delivery, which sends the memory again under the same idempotency key, but never loses it.
//!
//! Nobody holds a lock while talking to the network. A worker's folder is marked by a file that
//! the worker keeps under `flock`: what lies in the folder of a dead worker goes back to `new/`.

pub mod archive;
pub mod claim;
pub mod config;
pub mod contents;
pub mod entry;
mod error;
pub mod event;
pub mod export;
pub mod import;
pub mod log;
pub mod places;
pub mod preset;
pub mod question;
pub mod recall;
pub mod report;
mod schedule;
pub mod server;
pub mod spool;
mod staging;
pub mod state;
pub mod status;
mod sweep;
pub mod ulid;
pub mod worker;

/// The environment's variables, as whoever calls has them. An empty one counts as not set.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<std::ffi::OsString>;

pub use entry::Entry;
pub use error::QueueError;
pub use spool::{Place, Spool};
pub use ulid::Ulid;
