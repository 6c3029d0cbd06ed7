//! `docs/protocol.md`: who is inside, who waits, and what the dead leave behind.

mod attacks;
mod beside_scripts;
mod chaos;
mod containers;
pub mod contender;
mod deadlock;
mod file_systems;
mod guests;
mod info_fuzz;
mod kill_everywhere;
mod leases;
mod liveness;
mod living_and_dead;
mod many_waiters;
mod names;
mod planted;
mod race;
mod restart;
pub mod roots;
mod scripts_lock;
mod secrets;
mod shells;
mod signals;
mod takeover;
mod turns;
mod waiting;
