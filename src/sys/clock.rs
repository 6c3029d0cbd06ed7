//! Clocks: the wall clock for people, the boot-time clock for leases.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since the machine started, suspend included. It never goes back and does not follow
/// changes of the wall clock. Its zero belongs to one boot and one time namespace.
pub fn since_boot() -> Duration {
    super::platform::since_boot()
}

/// Wall-clock time since 1970. Zero if the clock stands before that.
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
