//! Locks on files: `docs/protocol.md` in code.
//!
//! **The directory is the lock. The guard protects changes to it.** A lock is a directory made
//! by one atomic `mkdir`, which anyone can see with `ls` and the old scripts understand. Every
//! change to it happens while holding a kernel lock, the guard, so that judging it stale, taking
//! it over and releasing it can't race.
//!
//! - [`key`], [`id`]: what a lock is called. [`root`]: where locks live.
//! - [`info`], `claim`: what a holder writes down. [`liveness`], [`verdict`]: whether it is alive.
//! - `guard`, `anchor`, `removal`: how a lock changes. `attempt`: taking it. [`held`]: publish,
//!   release.
//! - [`take`], [`wait`], `turn`, `guest`, `nest`: how a process comes to have one.
//! - `deadlock`, `holdings`: waits that can't end. [`journal`], [`loss`]: what should not happen often.
//! - [`session`], [`naming`]: locks that are known by who has them, by their file, by half an id. [`manage`], [`inventory`], `openers`, [`owner`]: locks seen from outside; [`report`]: as
//!   they are shown. [`selftest`]: races.
//!
//! Order within a take: a folder with its locked info file, guard, rename, judge, set aside,
//! rename, guard given back. Nothing here is synced: after a power cut every lock is stale by its
//! boot id.

mod anchor;
mod attempt;
mod claim;
mod deadlock;
pub mod error;
mod guard;
mod guest;
pub mod held;
pub mod holder;
mod holdings;
pub mod id;
pub mod info;
pub mod inventory;
pub mod journal;
pub mod key;
pub mod liveness;
pub mod loss;
pub mod manage;
pub mod naming;
mod nest;
mod openers;
pub mod owner;
mod removal;
pub mod report;
pub mod root;
pub mod roots;
pub mod selftest;
pub mod session;
pub mod shared;
pub mod take;
mod turn;
pub mod verdict;
pub mod wait;

pub use claim::Keep;
pub use error::LockError;
pub use held::Held;
pub use holder::Holder;
pub use id::LockId;
pub use key::Target;
pub use liveness::{Judge, Judgement};
pub use root::LockRoot;
pub use roots::Roots;
pub use session::Session;
pub use take::Locker;
pub use verdict::Verdict;
pub use wait::{Patience, WaitReport, Waiter};
