//! The vector of a document that has one, raised by whoever changes the document.

use std::path::Path;
use std::sync::Arc;

use super::check::format_of;
use crate::document::Format;
use crate::merge::version;
use crate::place::Place;
use crate::sys::machine;

/// The new content, with its vector raised, if it is one of a document that has a vector. Content that
/// is not new stays as it is.
pub(super) fn raised(
    place: &impl Place,
    format: Option<Format>,
    name: &Path,
    old: Option<&Arc<Vec<u8>>>,
    new: Vec<u8>,
) -> Vec<u8> {
    if old.is_some_and(|old| **old == new) {
        return new;
    }
    let Some(format) = format.or_else(|| format_of(place.name(), name)) else { return new };
    let old = old.map_or(&[][..], |old| old.as_slice());
    version::raise(format, old, &new, &client(place)).unwrap_or(new)
}

/// Under which name this client is counted: its own up to the colon behind which its session stands.
/// One without a name is counted under the machine's: two machines must not have one name.
fn client(place: &impl Place) -> String {
    let name = place.client().and_then(|client| client.split(':').next()).filter(|name| !name.is_empty());
    name.map_or_else(machine::host_name, str::to_owned)
}
