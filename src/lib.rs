//! Many processes share files on one machine without losing a byte.
//!
//! This is the library behind the program `aimem`. Both keep the same promises, and keep each other
//! out: a lock that a program takes here is one that `aimem lock with` waits for.
//!
//! Change a JSON document by a jq filter. However many processes do it at once, each change starts
//! from the last one's result:
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # aimem::lock::shared::init(folder.path(), None)?;
//! # let path = folder.path().join("sessions.json");
//! # let path = &path;
//! aimem::write(path, r#"{"sessions": []}"#)?;
//! let updated = aimem::update(path, r#".sessions += [{"id": "s1"}]"#)?;
//! assert!(updated.changed);
//! assert_eq!(aimem::read(path)?.unwrap(), br#"{"sessions": [{"id": "s1"}]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Hold a file's lock while something else works on the file:
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # aimem::lock::shared::init(folder.path(), None)?;
//! # let path = &folder.path().join("notes.md");
//! let held = aimem::lock(path)?;
//! std::fs::OpenOptions::new().create(true).append(true).open(path)?;
//! held.release()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Or say it all: how long to wait, under which name, how many versions to keep, and on what
//! condition to write:
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # aimem::lock::shared::init(folder.path(), None)?;
//! # let path = &folder.path().join("notes.md");
//! use std::time::Duration;
//! use aimem::lock::wait::Silent;
//! use aimem::memory::{self, MemoryError, Write};
//! use aimem::place::{FilePlace, Place};
//! use aimem::replace::Replace;
//!
//! # aimem::write(path, "- buy milk\n")?;
//! let mut locker = aimem::settings::locker("my-agent")?;
//! locker.patience.limit = Duration::from_secs(5);
//! let mut waiter = Silent;
//! let mut place = FilePlace::new(path, Some(&locker), Replace::new().backups(3), &mut waiter);
//!
//! let seen = place.look()?;
//! aimem::write(path, "- buy bread\n")?;
//! let request = Write { content: b"- buy eggs\n".to_vec(), if_match: seen.tag(), ..Write::default() };
//! assert!(matches!(memory::write(&mut place, request), Err(MemoryError::Mismatch { .. })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The rooms
//!
//! Data flows one way: what is typed or called becomes one transaction on one document.
//!
//! - [`cli`]: what is typed and what is shown. This page's functions: what is called.
//! - `mcp`: what agents ask by the Model Context Protocol.
//! - [`hook`]: what agents' clients say before and after their own tools' edits.
//! - [`settings`]: what the environment says.
//! - [`clients`]: the settings of agents' clients, and entries of ours in them.
//! - [`memory`]: one transaction on one document.
//! - `queue`: memories saved at once, delivered when the server can take them.
//! - [`edits`]: edits that agents make with their own tools: who holds what, and has seen what.
//! - [`place`]: where a document lives.
//! - [`document`]: a memory document without I/O; JSON and jq's language are [`aimem_jq`]'s.
//! - [`merge`]: two versions of a document made one, without I/O either.
//! - [`mod@lock`]: who may change a file now.
//! - [`replace`]: how a file is changed so that nothing can be lost.
//! - [`history`]: what a file was before.
//! - [`legacy`]: what came before: the old scripts' names, and the Python programs' files.
//! - [`sys`]: questions to the kernel.
//!
//! **The rule**: `cli, mcp, hook → settings, clients, memory, queue, edits → place, merge, document → lock, replace, history → sys`, never
//! back, and `lock`, `document`, `replace` and `history` do not know each other. Of `legacy`, the scripts' names are a
//! front end, and the Python programs' files lie below `queue`. A test holds it.

pub mod cli;
pub mod clients;
pub mod document;
pub mod edits;
pub mod history;
pub mod hook;
pub mod legacy;
mod library;
pub mod lock;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod memory;
pub mod merge;
pub mod place;
#[cfg(feature = "outbox")]
pub mod queue;
pub mod replace;
pub mod settings;
pub mod sys;

pub use library::{Error, lock, read, update, write};
