//! Which array or object of the document that was read a value is, or was made from.
//!
//! The reader numbers them as they open; the writer asks, to copy what it can from the old bytes.
//! An array or object that is changed remembers where it came from, and that it was changed. Only
//! [`Array`](crate::json::array::Array) and [`Object`](crate::json::object::Object) can change what they hold,
//! and say so here each time. What is inside an unchanged one is unchanged too: the way to it leads
//! through them.

/// Where an array or object comes from: nowhere, or from one of the document, changed or not.
///
/// Its number, from 1, and below it one bit for «changed».
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Origin(u32);

impl Origin {
    /// That of the array or object with this number, from 0, as it was read.
    pub(crate) fn new(id: u32) -> Self {
        Self((id + 1) << 1)
    }

    /// The number of what it was made from.
    pub(crate) fn id(self) -> Option<u32> {
        (self.0 >> 1).checked_sub(1)
    }

    /// The number of what it still is.
    pub(crate) fn unchanged(self) -> Option<u32> {
        if self.0 & 1 == 0 { self.id() } else { None }
    }

    /// Something in it may change now.
    pub(crate) fn change(&mut self) {
        self.0 |= 1;
    }
}
