//! aimem: many processes share files on one machine without losing a byte.

pub mod document;
