//! Clocks: the wall clock for people, the boot-time clock for leases.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time since the machine started, suspend included. It never goes back, and setting the wall clock
/// does not change it. Its zero belongs to one boot and one time namespace.
pub fn since_boot() -> Duration {
    super::platform::since_boot()
}

/// Wall-clock time since 1970. Zero if the clock is set before that.
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The moment this long from now. Where the clock cannot represent it, a year from now.
pub fn deadline(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or(now + Duration::from_secs(365 * 24 * 3600))
}
