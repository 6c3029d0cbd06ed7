//! Where the outbox, its log, its settings and the old programs' files are.

use std::path::PathBuf;

use super::{QueueError, Variables};

/// The paths that follow from the environment.
#[derive(Debug, Clone)]
pub struct Places {
    /// The outbox: `AIMEM_QUEUE`, else `~/.claude/mem0_queue.d`.
    pub spool: PathBuf,
    /// The folder of the old programs' files: `~/.claude`. `None` without a home.
    pub old: Option<PathBuf>,
    /// The worker's log: `~/.claude/logs/mem0_worker.log`, or in the outbox without a home.
    pub log: PathBuf,
    /// The settings: `$XDG_CONFIG_HOME/aimem/config.toml`, else under `~/.config`.
    pub config: Option<PathBuf>,
}

impl Places {
    /// What the environment's variables say.
    ///
    /// # Errors
    /// [`QueueError::NoHome`] when neither `AIMEM_QUEUE` nor `HOME` is set; [`QueueError::Setting`]
    /// for a relative path.
    pub fn from_variables(variables: Variables<'_>) -> Result<Places, QueueError> {
        let set = |name| set(name, variables);
        let home = set("HOME")?;
        let claude = home.as_deref().map(|home| home.join(".claude"));
        let spool = set("AIMEM_QUEUE")?
            .or_else(|| claude.as_deref().map(|claude| claude.join("mem0_queue.d")))
            .ok_or(QueueError::NoHome)?;
        let log = match &claude {
            Some(claude) => claude.join("logs/mem0_worker.log"),
            None => spool.join("worker.log"),
        };
        let config = set("XDG_CONFIG_HOME")?.or_else(|| home.as_deref().map(|home| home.join(".config")));
        Ok(Places { spool, old: claude, log, config: config.map(|config| config.join("aimem/config.toml")) })
    }
}

/// A variable's value as a path. A relative one is refused: a worker under cron and a save in a
/// terminal must mean the same folder.
fn set(name: &str, variables: Variables<'_>) -> Result<Option<PathBuf>, QueueError> {
    match variables(name).map(PathBuf::from) {
        Some(path) if path.is_relative() => Err(QueueError::setting(name, "not an absolute path")),
        path => Ok(path),
    }
}
