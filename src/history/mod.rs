//! What a file was before: each version that aimem replaces is kept for a while.
//!
//! The versions of one file lie in a folder of the lock root, `.history/KEY`, and beside them a log
//! of what was done. So they are where everybody meets who shares the file, and nobody else looks.
//! Keeping one costs hardly anything where the file system can share its bytes: a clone, or one more
//! name for the old file, which a replacement leaves as it is. Elsewhere it is copied.
//!
//! 1. [`Shelf::keep`]: before the replacement, under a temporary name.
//! 2. [`Kept::settle`]: after it, the lasting name, which says when it was replaced and what its tag
//!    is. A replacement that came to nothing drops what was kept.
//! 3. [`Shelf::record`]: one line in the log.
//! 4. [`Shelf::prune`]: now and then, by whoever gets the folder's kernel lock at once.
//!
//! Nothing here is promised as the file itself is: a version that can't be kept is no reason to
//! refuse an update, and nothing is synced. And nothing here is believed: a version that another
//! program has written into through a descriptor from before no longer has its tag, and the log of
//! a shared root may hold anybody's lines.

mod error;
mod exclude;
mod keep;
mod log;
mod prune;
mod shelf;
mod tally;
mod versions;
mod which;

pub use error::HistoryError;
pub use exclude::Pattern;
pub use keep::{Kept, Way};
pub use log::{Added, Record};
pub use prune::{Limits, Pruned, prune_all};
pub use shelf::{Shelf, may_warn};
pub use tally::{Entry, Found, State, Tally, UNKNOWN};
pub use versions::Version;
pub use which::Which;
