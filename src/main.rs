//! aimem: many processes share files on one machine without losing a byte.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(aimem::cli::run(std::env::args_os()))
}

/// musl's own allocator asks the kernel for each few pages, and gives them back at once.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
