//! aimem: many processes share files on one machine without losing a byte.

pub mod lock;
pub mod replace;
pub mod sys;
