//! The parts of a value, and values made of the parts of others.

use crate::Value;
use crate::json::array::Array;
use crate::json::object::Object;
use crate::json::origin::Origin;
use crate::json::shape::Shape;
use crate::json::text::Text;
use crate::json::value::Node;

/// Up to here a float holds every whole number.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_991.0;

impl Value {
    /// The elements of an array.
    #[must_use]
    pub fn elements(&self) -> Option<&[Self]> {
        self.as_array()
    }

    /// The entries of an object, in order.
    pub fn entries(&self) -> Option<impl ExactSizeIterator<Item = (&str, &Self)> + Clone> {
        let entries = self.as_object()?.entries().iter();
        Some(entries.map(|(key, value)| (key.as_str(), value)))
    }

    /// What an object has under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(&Text::new(key))
    }

    /// A whole number that is not negative, if it is one and below 2⁵³, however it is spelled.
    #[must_use]
    pub fn whole(&self) -> Option<u64> {
        let number = self.as_f64().filter(|number| self.is_number() && number.fract() == 0.0)?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and in these bounds"
        )]
        (0.0..=LARGEST_WHOLE).contains(&number).then_some(number as u64)
    }

    /// How a number is spelled; empty for anything else.
    #[must_use]
    pub fn spelling_text(&self) -> String {
        match self.shape() {
            Shape::Number(spelling, _) => spelling,
            _ => String::new(),
        }
    }

    /// Whether two numbers are spelled alike.
    #[must_use]
    pub fn is_spelled_as(&self, other: &Self) -> bool {
        match (self.spelling(), other.spelling()) {
            (None, None) => self == other,
            (one, other) => one == other,
        }
    }

    /// An array of these. If this is an array, the new one counts as made from it: a document that is
    /// written anew keeps what stands around its elements.
    #[must_use]
    pub fn with_elements(&self, elements: Vec<Self>) -> Self {
        let origin = if let Node::Array(array) = &self.0 { array.origin() } else { Origin::default() };
        Array::read(elements, changed(origin)).into()
    }

    /// The same with the entries of an object, whose keys are distinct.
    #[must_use]
    pub fn with_entries<'k>(&self, entries: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        let origin = if let Node::Object(object) = &self.0 { object.origin() } else { Origin::default() };
        let entries = entries.into_iter().map(|(key, value)| (Text::new(key), value)).collect();
        Self::object(Object::read(entries, changed(origin)))
    }
}

fn changed(mut origin: Origin) -> Origin {
    origin.change();
    origin
}
