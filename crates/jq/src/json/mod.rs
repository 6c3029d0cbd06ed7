//! JSON: values, reading them strictly, writing them, and what a change leaves of a text.

pub(crate) mod array;
mod atom;
pub(crate) mod dialect;
pub(crate) mod equal_keys;
pub(crate) mod number;
pub(crate) mod object;
mod order;
pub(crate) mod origin;
pub(crate) mod parse;
mod parts;
pub(crate) mod patch;
mod places;
pub(crate) mod print;
pub(crate) mod shape;
pub(crate) mod style;
pub(crate) mod text;
mod tree;
pub(crate) mod value;
