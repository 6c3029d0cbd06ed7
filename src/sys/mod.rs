//! The only place for raw system calls and `cfg(target_os)`.
//!
//! Nothing here knows what a lock or a document is: these are questions to the kernel with
//! answers in plain types. Everything above speaks through this module.

pub mod beneath;
pub mod clock;
pub mod dir;
mod errno;
pub mod failure;
pub mod file;
pub mod folder;
pub mod log;
pub mod machine;
pub mod path;
pub mod process;
pub mod signal;
pub mod temporary;
pub mod text;
pub mod users;

pub use errno::{explain, found, is_device_error, is_loop, is_no_file, is_shortage, not_permitted};

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
mod platform;

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
compile_error!("aimem runs on Linux and macOS");

/// 128 bits from the kernel's random number generator.
///
/// # Errors
/// The generator can't be read, which only happens in a broken sandbox.
pub fn random_128() -> std::io::Result<[u8; 16]> {
    let mut bytes = [0u8; 16];
    platform::fill_random(&mut bytes)?;
    Ok(bytes)
}
