//! How agents' own edits are watched: `[hook]` in `config.toml`.

use std::time::Duration;

use serde::Deserialize;

use super::{SettingError, duration, file, folder};
use crate::history::Pattern;

/// A longer wait would keep an agent from doing something else, and its client may kill the hook.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// A lease that nobody needs any more keeps others out for no longer than this.
const LONGEST_LINGER: Duration = Duration::from_secs(15 * 60);
/// What tools make and remake, and what is git's own.
const EXCLUDED: [&str; 3] = ["node_modules/**", "target/**", ".git/**"];

/// The table `[hook]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    /// How long a lease runs on after an edit.
    linger: Option<String>,
    /// How long to wait for somebody else's lock.
    wait: Option<String>,
    /// Which files are watched, instead of those in the project's folder.
    paths: Vec<String>,
    /// Which are not.
    exclude: Option<Vec<String>>,
}

/// How agents' own edits are watched.
#[derive(Debug, Clone)]
pub struct Hook {
    /// How long a lease runs on after an edit.
    pub linger: Duration,
    /// How long to wait for somebody else's lock.
    pub wait: Duration,
    /// Which files are watched; none stands for those in the project's folder.
    pub paths: Vec<Pattern>,
    /// Which are not.
    pub exclude: Vec<Pattern>,
}

/// What the file of the settings says of it.
///
/// # Errors
/// It can't be used.
pub fn hook() -> Result<Hook, SettingError> {
    let table = file::read()?.hook.try_into::<Table>();
    let table =
        table.map_err(|error| SettingError::Table { name: "[hook]", why: error.message().to_owned() })?;
    let time = |name: &'static str, text: Option<&String>, default: Duration, most: Duration| {
        let Some(text) = text else { return Ok(default) };
        let time = duration::parse(text).map_err(|why| SettingError::Table { name, why })?;
        Ok::<_, SettingError>(time.min(most))
    };
    let linger = time("hook.linger", table.linger.as_ref(), Duration::from_secs(120), LONGEST_LINGER)?;
    let wait = time("hook.wait", table.wait.as_ref(), Duration::ZERO, LONGEST_WAIT)?;
    let home = folder("HOME")?;
    let pattern = |text: &str| match (text.strip_prefix("~/"), &home) {
        (Some(rest), Some(home)) => Pattern::new(&format!("{}/{rest}", home.display())),
        _ => Pattern::new(text),
    };
    let exclude = match &table.exclude {
        Some(exclude) => exclude.iter().map(|text| pattern(text)).collect(),
        None => EXCLUDED.iter().map(|text| pattern(text)).collect(),
    };
    Ok(Hook { linger, wait, paths: table.paths.iter().map(|text| pattern(text)).collect(), exclude })
}
