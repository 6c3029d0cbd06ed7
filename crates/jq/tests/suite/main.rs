//! Every integration test of the library, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests may panic and may write plainly"
)]

mod common;

mod cases;
mod differential;
mod equal_keys;
mod json;
mod jsonc;
mod limits;
mod parts;
mod places;
mod programs;
mod random;
mod spans;
