//! All integration tests, in one runner.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod document;
mod filter;
mod filter_differential;
mod filter_fuzz;
mod filter_limits;
