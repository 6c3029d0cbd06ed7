//! How much stack is left, measured by addresses.
//!
//! A filter may recurse without end, and may build values deeper than any that is read. Whatever
//! recurses on its behalf asks here first. A refusal that can't be reported on the spot (in a
//! comparison, for example) is remembered and reported when the filter gives its next result.

use crate::run::context::with;

/// What a thread of unknown stack may use: half of the least that Rust and Linux give by default.
const UNKNOWN: usize = 1 << 20;

#[inline]
fn here() -> usize {
    let local = 0u8;
    std::ptr::from_ref(std::hint::black_box(&local)).addr()
}

/// Tells how large this thread's stack is. Half of it is for recursion, half for what runs on top
/// of the deepest level (dropping its iterators, above all).
pub(crate) fn set_size(bytes: usize) {
    with(|context| {
        context.floor.set(here().saturating_sub(bytes / 2));
        context.is_large.set(true);
    });
}

/// Makes sure there is a floor: for a thread that was not started here, a modest one.
pub(crate) fn ensure() {
    with(|context| {
        if context.floor.get() == 0 {
            context.floor.set(here().saturating_sub(UNKNOWN / 2));
        }
    });
}

/// Whether there is room to recurse. A false answer is remembered.
#[inline]
pub(crate) fn has_room() -> bool {
    with(|context| {
        let room = here() > context.floor.get();
        if !room {
            context.refused.set(true);
        }
        room
    })
}

/// Whether room was refused since the last call.
pub(crate) fn take_refused() -> bool {
    with(|context| context.refused.replace(false))
}

/// Remembers a refusal that was found elsewhere.
pub(crate) fn refuse() {
    with(|context| context.refused.set(true));
}

/// Whether room was refused since [`take_refused`].
pub(crate) fn refused() -> bool {
    with(|context| context.refused.get())
}

/// Whether this thread is one of [`within`](crate::within), with a stack for deep nesting.
pub(crate) fn is_large() -> bool {
    with(|context| context.is_large.get())
}
