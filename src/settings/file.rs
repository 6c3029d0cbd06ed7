//! The file of the settings: `config.toml`, one table for each part of the program.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{SettingError, folder, history};
use crate::sys;
use crate::sys::folder::walk_to_file;

/// What stands in it. Other tables are a later version's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) history: history::Table,
    /// Read only by who needs it: what is wrong in it is none of the others' business.
    pub(super) hook: toml::Table,
}

/// Reads it. Without one, and without a home, nothing is set.
pub(super) fn read() -> Result<File, SettingError> {
    match config()? {
        Some(path) => read_at(&path),
        None => Ok(File::default()),
    }
}

/// `$XDG_CONFIG_HOME/aimem/config.toml`, else under `~/.config`.
fn config() -> Result<Option<PathBuf>, SettingError> {
    let named = match folder("XDG_CONFIG_HOME")? {
        None => folder("HOME")?.map(|home| home.join(".config")),
        set => set,
    };
    Ok(named.map(|folder| folder.join("aimem/config.toml")))
}

/// A file that is not there sets nothing. One that can't be trusted is an error: what it excludes
/// would be kept.
fn read_at(path: &Path) -> Result<File, SettingError> {
    let unusable = |why: String| SettingError::File { path: path.to_owned(), why };
    match sys::path::is_there(path) {
        Ok(true) => {}
        // Nearly always. Where the way there is no folder, there is none either.
        Ok(false) => return Ok(File::default()),
        // Another user's HOME: what stands there is that one's.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(File::default()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(File::default()),
        Err(error) => return Err(unusable(sys::explain(&error))),
    }
    let text = walk_to_file(path).and_then(|reached| reached.text());
    let text = text.map_err(|error| unusable(sys::explain(&error)))?;
    toml::from_str(&text).map_err(|error| unusable(error.message().to_owned()))
}
