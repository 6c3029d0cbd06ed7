//! The elements of an array.

use crate::json::origin::Origin;
use crate::json::value::{Children, Value, drop_children};
use std::ops::Deref;

/// The elements of an array. Dropped without recursion.
#[derive(Clone, Default)]
pub(crate) struct Array {
    elements: Vec<Value>,
    origin: Origin,
}

impl Array {
    pub(crate) fn new(elements: Vec<Value>) -> Self {
        Self::read(elements, Origin::default())
    }

    /// An array as it stood in the document.
    pub(crate) fn read(elements: Vec<Value>, origin: Origin) -> Self {
        Self { elements, origin }
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// The elements, to be changed.
    pub(crate) fn elements_mut(&mut self) -> &mut Vec<Value> {
        self.origin.change();
        &mut self.elements
    }

    pub(crate) fn into_elements(mut self) -> Vec<Value> {
        std::mem::take(&mut self.elements)
    }
}

impl Deref for Array {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.elements
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if !self.elements.is_empty() {
            drop_children(Children::Elements(std::mem::take(&mut self.elements)));
        }
    }
}
