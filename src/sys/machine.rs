//! Which machine, which boot and which namespaces this process lives in.
//!
//! A value that can't be read is `None`, never a guess: the lock's judge treats missing
//! knowledge as doubt.

use std::fs::File;
use std::path::Path;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::platform;

/// The running kernel's own random id. A new one at every start, so unlike a boot *time* it
/// does not move when the clock is set.
pub fn boot_id() -> Option<String> {
    platform::boot_id().filter(|id| !id.is_empty())
}

/// A hash of the machine's permanent id, which systemd asks programs not to show in the clear.
/// `None` if there is none, as in many container images.
pub fn machine_id() -> Option<String> {
    let id = platform::machine_id()?;
    let id = id.trim();
    if id.is_empty() || id == "uninitialized" {
        return None;
    }
    let digest = Sha256::digest(format!("aimem machine {id}").as_bytes());
    Some(hex::encode(&digest[..16]))
}

/// Where desktop applications keep a user's settings. `config` is `XDG_CONFIG_HOME`, if it is set.
pub fn application_settings(home: &Path, config: Option<&Path>) -> std::path::PathBuf {
    platform::application_settings(home, config)
}

/// The network name of this machine.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether nobody outside our PID namespace can have our host name: we are in a container that has
/// it from its own random id. A name alone proves nothing: sandboxes share or copy the host's, and
/// the containers of a pod share one.
pub fn host_name_is_ours_alone() -> bool {
    platform::host_name_is_ours_alone()
}

/// The PID namespace's inode number (Linux); `Some(0)` where the system has no such thing. A process
/// never leaves its own, so it is asked for once.
pub fn pid_namespace() -> Option<u64> {
    static OURS: OnceLock<Option<u64>> = OnceLock::new();
    *OURS.get_or_init(|| platform::namespace("pid"))
}

/// The time namespace's inode number (Linux); `Some(0)` where the kernel has no such thing.
pub fn time_namespace() -> Option<u64> {
    platform::namespace("time")
}

/// Whether that number can never be another time namespace's in this boot. The kernel reuses the
/// numbers of namespaces that have ended; only its first one never ends.
pub fn is_lasting_time_namespace(number: Option<u64>) -> bool {
    platform::is_first_time_namespace(number)
}

/// Where a file system's blocks are kept, as far as locks care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only this machine's kernel serves it, so another boot id means a restart.
    Local,
    /// Another machine may be using it at this moment.
    Network,
}

/// A file system's type and reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// The type's name as `mount` shows it, or its number in hex where the name is not known.
    pub name: String,
    /// Local or shared with other machines. An unknown type counts as shared.
    pub reach: Reach,
}

/// Asks what file system `path` is on.
///
/// # Errors
/// The path can't be opened or `statfs` fails.
pub fn file_system(path: &Path) -> std::io::Result<FileSystem> {
    file_system_of(&File::open(path)?)
}

/// Asks what file system an open file or folder is on.
///
/// # Errors
/// `statfs` fails.
pub fn file_system_of(file: &File) -> std::io::Result<FileSystem> {
    platform::file_system(file)
}
