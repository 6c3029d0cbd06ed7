//! aimem: many processes share files on one machine without losing a byte.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(aimem::cli::run(std::env::args_os()))
}
