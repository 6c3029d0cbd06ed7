//! By which path this program was called.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::CliError;
use crate::settings;

/// The absolute path by which this program was called: a link as such, for a package manager or
/// an update moves what it leads to. Where the name that was called leads elsewhere by now, or
/// never was a path, the program's own.
///
/// # Errors
/// The program's own path can't be found.
pub fn program() -> Result<PathBuf, CliError> {
    let own = env::current_exe().map_err(|error| CliError::io("cannot find aimem itself", &error))?;
    let called = env::args_os().next().and_then(|name| find(&name));
    Ok(called.filter(|path| is_same(path, &own).unwrap_or(false)).unwrap_or(own))
}

/// Whether a path leads to this program.
pub fn is_this(path: &Path) -> bool {
    env::current_exe().is_ok_and(|own| is_same(path, &own).unwrap_or(false))
}

/// Looks a name up as a shell would have.
fn find(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return std::path::absolute(name).ok();
    }
    let folders = settings::variable("PATH")?;
    let there = env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())?;
    std::path::absolute(there).ok()
}

fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (fs::metadata(one)?, fs::metadata(other)?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}
