//! How much of a file's past is kept: `AIMEM_HISTORY`, and `[history]` in `config.toml`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{SettingError, folder, parsed};
use crate::history::{Limits, Pattern};
use crate::lock::Locker;
use crate::place::Keeping;
use crate::sys;
use crate::sys::folder::walk_to_file;

const VARIABLE: &str = "AIMEM_HISTORY";
const MIB: u64 = 1 << 20;
/// More of one file than anybody wants to look through.
const MOST_VERSIONS: usize = 10_000;

/// What stands in `config.toml`. Other tables are for other parts of the program.
#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    history: Table,
}

/// The table `[history]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    /// How many of a file's last versions; 0 keeps none.
    keep: Option<usize>,
    /// How much of one file, in MiB.
    max_file_mib: Option<u64>,
    /// How much of all files, in MiB.
    max_total_mib: Option<u64>,
    /// Files of which none is kept.
    #[serde(default)]
    exclude: Vec<String>,
}

/// How much is kept: the variable, else the file of the settings, else the default.
///
/// # Errors
/// One of them can't be used.
pub fn limits() -> Result<Limits, SettingError> {
    let from_variable = parsed(VARIABLE, |text| match text {
        "off" => Ok(0),
        text => text.parse().map_err(|_| "use off, or how many versions to keep".to_owned()),
    })?;
    let default = Limits::default();
    if from_variable == Some(0) {
        return Ok(Limits { keep: 0, ..default });
    }
    let table = match config()? {
        Some(path) => read(&path)?,
        None => Table::default(),
    };
    let mib = |number: Option<u64>, default: u64| number.map_or(default, |mib| mib.saturating_mul(MIB));
    Ok(Limits {
        keep: from_variable.or(table.keep).unwrap_or(default.keep).min(MOST_VERSIONS),
        file_bytes: mib(table.max_file_mib, default.file_bytes),
        total_bytes: mib(table.max_total_mib, default.total_bytes),
        exclude: table.exclude.iter().map(|text| Pattern::new(text)).collect(),
        ..default
    })
}

/// What one who takes locks in this way keeps of what it replaces.
///
/// # Errors
/// As [`limits`].
pub fn keeping(locker: &Locker, verb: &'static str) -> Result<Keeping, SettingError> {
    Ok(Keeping {
        limits: limits()?,
        roots: locker.roots.clone(),
        client: locker.client.clone(),
        command: locker.command.clone(),
        verb,
    })
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
fn read(path: &Path) -> Result<Table, SettingError> {
    let unusable = |why: String| SettingError::File { path: path.to_owned(), why };
    match sys::path::is_there(path) {
        Ok(true) => {}
        // Nearly always. Where the way there is no folder, there is none either.
        Ok(false) => return Ok(Table::default()),
        // Another user's HOME: what stands there is that one's.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(Table::default()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(Table::default()),
        Err(error) => return Err(unusable(sys::explain(&error))),
    }
    let text = walk_to_file(path).and_then(|reached| reached.text());
    let text = text.map_err(|error| unusable(sys::explain(&error)))?;
    let file: File = toml::from_str(&text).map_err(|error| unusable(error.message().to_owned()))?;
    Ok(file.history)
}
