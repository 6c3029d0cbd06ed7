//! How much stack is left, measured by addresses.
//!
//! A filter may recurse without end, and may build values deeper than any that is read. Whatever
//! recurses on its behalf asks here first. A refusal that can't be reported on the spot (in a
//! comparison, for example) is remembered and reported when the filter gives its next result.

use std::cell::Cell;

/// What a thread of unknown stack may use: half of the least that Rust and Linux give by default.
const UNKNOWN: usize = 1 << 20;

thread_local! {
    /// The lowest address that recursion may reach; 0 while unknown.
    static FLOOR: Cell<usize> = const { Cell::new(0) };
    static REFUSED: Cell<bool> = const { Cell::new(false) };
    static LARGE: Cell<bool> = const { Cell::new(false) };
}

#[inline]
fn here() -> usize {
    let local = 0u8;
    std::ptr::from_ref(std::hint::black_box(&local)).addr()
}

/// Tells how large this thread's stack is. Half of it is for recursion, half for what runs on top
/// of the deepest level (dropping its iterators, above all).
pub(crate) fn set_size(bytes: usize) {
    FLOOR.set(here().saturating_sub(bytes / 2));
    LARGE.set(true);
}

/// Makes sure there is a floor: for a thread that was not started here, a modest one.
pub(crate) fn ensure() {
    if FLOOR.get() == 0 {
        FLOOR.set(here().saturating_sub(UNKNOWN / 2));
    }
}

/// Whether there is room to recurse. A false answer is remembered.
#[inline]
pub(crate) fn has_room() -> bool {
    let room = here() > FLOOR.get();
    if !room {
        REFUSED.set(true);
    }
    room
}

/// Whether room was refused since the last call.
pub(crate) fn take_refused() -> bool {
    REFUSED.replace(false)
}

/// Remembers a refusal that was found elsewhere.
pub(crate) fn refuse() {
    REFUSED.set(true);
}

/// Whether room was refused since [`take_refused`].
pub(crate) fn refused() -> bool {
    REFUSED.get()
}

/// Whether this thread is one of [`within`](crate::run::within), with a stack for deep nesting.
pub(crate) fn is_large() -> bool {
    LARGE.get()
}
