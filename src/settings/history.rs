//! How much of a file's past is kept: `AIMEM_HISTORY`, and `[history]` in `config.toml`.

use serde::Deserialize;

use super::{SettingError, file, parsed};
use crate::history::{Limits, Pattern};
use crate::lock::Locker;
use crate::place::Keeping;

const VARIABLE: &str = "AIMEM_HISTORY";
const MIB: u64 = 1 << 20;
/// More of one file than anybody wants to look through.
const MOST_VERSIONS: usize = 10_000;

/// The table `[history]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
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
    let table = file::read()?.history;
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
