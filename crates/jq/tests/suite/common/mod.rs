mod fuzz;
mod options;
pub mod written;

pub use fuzz::fuzz;
pub use options::{long_tests, require};
