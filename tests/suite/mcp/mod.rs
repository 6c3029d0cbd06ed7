//! `aimem mcp`, asked as agents ask it.

mod clients;
mod ends;
mod files;
mod hostile;
mod leases;
#[cfg(feature = "outbox")]
mod mem0;
mod protocol;
mod resources;
mod roots;
