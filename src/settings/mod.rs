//! What the environment says: the only place, besides the command line, that asks it.
//!
//! A value that can't be used is an error that names its variable. The front ends hand the answers
//! down: below them nothing depends on who has started the process.

pub mod duration;
mod file;
mod history;
mod hook;
pub mod size;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::lock::{LockId, Locker, Patience, Roots};
use crate::sys::machine::Reach;

pub use history::{keeping, limits};
pub use hook::{Hook, hook};

/// A variable that can't be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SettingError {
    /// Its value is no text.
    #[error("the environment variable {0} is not UTF-8")]
    NotText(&'static str),
    /// The file of the settings can't be used.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A value in that file makes no sense.
    #[error("{name} in config.toml: {why}")]
    Table {
        /// Its table and its name.
        name: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Its value makes no sense.
    #[error("the environment variable {variable} is {value:?}: {why}")]
    Value {
        /// Its name.
        variable: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A variable's value; an empty one counts as unset.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A folder that a variable names.
///
/// # Errors
/// Its path is relative: it would be another folder in every working folder.
pub fn folder(variable: &'static str) -> Result<Option<PathBuf>, SettingError> {
    match self::variable(variable).map(PathBuf::from) {
        Some(path) if path.is_relative() => {
            let value = path.to_string_lossy().into_owned();
            Err(SettingError::Value { variable, value, why: "not an absolute path".to_owned() })
        }
        path => Ok(path),
    }
}

/// Where programs keep what they remember: `XDG_STATE_HOME`, else `~/.local/state`; ours is in `aimem` there.
/// `None` without a home.
///
/// # Errors
/// A relative path.
pub fn state_folder() -> Result<Option<PathBuf>, SettingError> {
    let named = match folder("XDG_STATE_HOME")? {
        None => folder("HOME")?.map(|home| home.join(".local/state")),
        set => set,
    };
    Ok(named.map(|folder| folder.join("aimem")))
}

fn text(variable: &'static str) -> Result<Option<String>, SettingError> {
    let value = self::variable(variable)
        .map(|value| value.into_string().map_err(|_| SettingError::NotText(variable)));
    value.transpose()
}

fn parsed<T>(
    variable: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, SettingError> {
    let Some(value) = text(variable)? else { return Ok(None) };
    parse(&value).map(Some).map_err(|why| SettingError::Value { variable, value, why })
}

/// `LOCK_TIMEOUT`.
///
/// # Errors
/// It can't be used.
pub fn lock_timeout() -> Result<Option<Duration>, SettingError> {
    parsed("LOCK_TIMEOUT", duration::parse_limit)
}

/// `LOCK_RETRY`: the longest pause between two looks; zero would be a busy loop.
///
/// # Errors
/// It can't be used.
pub fn lock_retry() -> Result<Option<Duration>, SettingError> {
    parsed("LOCK_RETRY", |text| match duration::parse(text)? {
        Duration::ZERO => Err("it must be more than 0".to_owned()),
        retry => Ok(retry),
    })
}

/// `LOCK_DEBUG=1`.
///
/// # Errors
/// It can't be used.
pub fn lock_debug() -> Result<bool, SettingError> {
    let flag = parsed("LOCK_DEBUG", |text| match text {
        "0" | "false" | "no" => Ok(false),
        "1" | "true" | "yes" => Ok(true),
        _ => Err("use 0 or 1".to_owned()),
    })?;
    Ok(flag.unwrap_or(false))
}

/// `AIMEM_CLIENT`.
///
/// # Errors
/// It can't be used.
pub fn client() -> Result<Option<String>, SettingError> {
    text("AIMEM_CLIENT")
}

/// `AIMEM_BACKUP`: how many backups to keep.
///
/// # Errors
/// It can't be used.
pub fn backup() -> Result<Option<u32>, SettingError> {
    parsed("AIMEM_BACKUP", |text| text.parse().map_err(|_| "not a number of backups".to_owned()))
}

/// `AIMEM_LOCK_FS`: overrules what the lock folder's file system says of itself.
///
/// # Errors
/// It can't be used.
pub fn lock_reach() -> Result<Option<Reach>, SettingError> {
    parsed("AIMEM_LOCK_FS", |text| match text {
        "local" => Ok(Reach::Local),
        "network" => Ok(Reach::Network),
        _ => Err("use local or network".to_owned()),
    })
}

/// Where locks live: `AIMEM_LOCK_DIR`, else `$AICONFIG_PATH/.locks`, else as each file's place says,
/// with `HOME` for files that lie in nobody's home.
///
/// # Errors
/// It can't be used.
pub fn lock_roots() -> Result<Roots, SettingError> {
    let named = match set_path("AIMEM_LOCK_DIR")? {
        None => set_path("AICONFIG_PATH")?.map(|path| path.join(".locks")),
        named => named,
    };
    let home = if named.is_some() { None } else { set_path("HOME")? };
    Ok(Roots::new(named, home).with_reach(lock_reach()?))
}

/// The folder of the shared configuration, where memory files are: `AICONFIG_PATH`, else
/// `~/aiconfig`. `None` without a home.
///
/// # Errors
/// A relative path.
pub fn memory_folder() -> Result<Option<PathBuf>, SettingError> {
    match set_path("AICONFIG_PATH")? {
        None => Ok(set_path("HOME")?.map(|home| home.join("aiconfig"))),
        named => Ok(named),
    }
}

/// A variable's value as a path.
fn set_path(variable: &'static str) -> Result<Option<PathBuf>, SettingError> {
    match self::variable(variable).map(PathBuf::from) {
        // It would mean another folder in every working folder: other locks, and two processes
        // inside at once.
        Some(path) if path.is_relative() => {
            let value = path.to_string_lossy().into_owned();
            Err(SettingError::Value { variable, value, why: "not an absolute path".to_owned() })
        }
        path => Ok(path),
    }
}

/// `AIMEM_LOCK_ID`: the locks that we may be running under, outermost first.
///
/// # Errors
/// It can't be used.
pub fn lock_ids() -> Result<Vec<LockId>, SettingError> {
    let ids = parsed("AIMEM_LOCK_ID", |text| {
        let ids = text.split(',').map(|id| id.trim().parse::<LockId>());
        ids.collect::<Result<Vec<_>, ()>>().map_err(|()| "not a list of lock ids".to_owned())
    })?;
    Ok(ids.unwrap_or_default())
}

/// How to take locks as the environment says, for one who is called `command` in what others see.
///
/// # Errors
/// An unusable variable.
pub fn locker(command: impl Into<String>) -> Result<Locker, SettingError> {
    let default = Patience::default();
    Ok(Locker {
        roots: lock_roots()?,
        inherited: lock_ids()?,
        patience: Patience {
            limit: lock_timeout()?.unwrap_or(default.limit),
            retry: lock_retry()?.unwrap_or(default.retry),
        },
        client: client()?,
        command: command.into(),
        ..Locker::default()
    })
}

/// `AIMEM_SCHEMA`: the schema that documents must obey; `auto` is each one's own.
pub fn schema() -> Option<PathBuf> {
    variable("AIMEM_SCHEMA").map(PathBuf::from)
}

/// Whether colours are unwanted whatever the terminal can do.
pub fn no_color() -> bool {
    variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|term| term == "dumb")
}

/// The variables as the manual shows them.
pub const TABLE: [(&str, &str); 24] = [
    ("AIMEM_LOCK_DIR", "The folder for locks, for all files; must be the same for everyone who shares them."),
    (
        "AICONFIG_PATH",
        "The folder of the shared configuration: locks are in .locks there, for all files, and mcp serves \
         what is in it.",
    ),
    (
        "HOME",
        "Where aiconfig/.locks is when neither is set, for files that lie in nobody's home and below no \
         shared lock folder.",
    ),
    ("LOCK_TIMEOUT", "How long to wait for a lock; default 30s; inf: as long as it takes."),
    ("LOCK_RETRY", "The longest pause between two looks at a lock while a wait is young; default 20ms."),
    ("LOCK_DEBUG", "1 says on standard error when a lock is taken and released."),
    ("AIMEM_CLIENT", "What you call yourself in what others see of a lock."),
    ("AIMEM_BACKUP", "How many backups update, write and restore keep; default 0."),
    ("AIMEM_HISTORY", "How many of a file's last versions are kept; off keeps none. Default 20."),
    (
        "AIMEM_SCHEMA",
        "The JSON Schema that documents must obey which update and write make; auto: the one that each names itself.",
    ),
    ("AIMEM_LOCK_FS", "local or network: overrules what the lock folder's file system says of itself."),
    ("AIMEM_LOCK_ID", "Set by lock with for its command: the locks that it runs under."),
    ("AIMEM_LOCK_TARGET", "Set by lock with for its command: the locked files, one a line."),
    (
        "AIMEM_LOCK_RECLAIMED",
        "Set to 1 by lock with for its command when a lock was taken over from a dead holder.",
    ),
    ("AIMEM_QUEUE", "The folder of the outbox; default ~/.claude/mem0_queue.d."),
    ("AIMEM_MEM0_PRESET", "The kind of memory server: private (the default), mem0-oss, mem0-cloud, custom."),
    ("AIMEM_MEM0_URL", "The memory server's URL."),
    ("AIMEM_MEM0_TOKEN_FILE", "A file with the memory server's credential."),
    ("AIMEM_MEM0_TOKEN", "The credential itself, which goes before a file."),
    ("CLAUDE_CONFIG_DIR", "Where Claude Code keeps its settings, if they were moved."),
    ("CODEX_HOME", "Where Codex keeps its settings, if they were moved; default ~/.codex."),
    ("XDG_CONFIG_HOME", "Where programs keep their settings; default ~/.config."),
    (
        "XDG_STATE_HOME",
        "Below it, in aimem, is noted what mcp install and hook install have changed, and what sessions have \
         seen; default ~/.local/state.",
    ),
    ("NO_COLOR", "No colours on a terminal."),
];
