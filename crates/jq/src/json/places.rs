//! Where the arrays and objects of a document stand in its bytes.
//!
//! One entry each, in the order in which they open, so that what is inside one follows it. What is
//! no array or object is found again by reading between them.

use crate::json::origin::Origin;

/// The longest document whose places are noted, in bytes.
pub(crate) const LONGEST: usize = u32::MAX as usize;

/// Where an array or object stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u32,
    /// Behind its closing bracket.
    end: u32,
    /// The number of the first one that opens behind it.
    next: u32,
}

/// The places of all arrays and objects, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Places(Vec<Place>);

impl Places {
    /// One more opens.
    pub(crate) fn open(&mut self, at: usize) -> Origin {
        let id = narrow(self.0.len());
        self.0.push(Place { start: narrow(at), end: 0, next: 0 });
        Origin::new(id)
    }

    /// It closes.
    pub(crate) fn close(&mut self, id: u32, end: usize) {
        let next = narrow(self.0.len());
        if let Some(place) = self.0.get_mut(wide(id)) {
            (place.end, place.next) = (narrow(end), next);
        }
    }

    pub(crate) fn start(&self, id: u32) -> usize {
        self.0.get(wide(id)).map_or(0, |place| wide(place.start))
    }

    pub(crate) fn end(&self, id: u32) -> usize {
        self.0.get(wide(id)).map_or(0, |place| wide(place.end))
    }

    /// The number of the first one that opens behind it.
    pub(crate) fn next(&self, id: u32) -> u32 {
        self.0.get(wide(id)).map_or(0, |place| place.next)
    }

    /// How many levels it is deep: 1 for one without others in it.
    pub(crate) fn height(&self, id: u32) -> usize {
        if self.next(id) == id + 1 {
            return 1;
        }
        let inside = self.0.get(wide(id)..wide(self.next(id))).unwrap_or_default();
        let mut open: Vec<u32> = Vec::new();
        let levels = inside.iter().map(|place| {
            while open.last().is_some_and(|end| *end <= place.start) {
                open.pop();
            }
            open.push(place.end);
            open.len()
        });
        levels.max().unwrap_or(0)
    }
}

/// An offset or a number for a table; [`LONGEST`] bounds both.
pub(crate) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(crate) fn wide(number: u32) -> usize {
    number as usize
}
