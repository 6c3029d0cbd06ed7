//! A client's own command for the same thing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{NAME, Scope};
use crate::lock::Waiter;

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two looks at it.
const POLL: Duration = Duration::from_millis(10);

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    /// It says that it was done.
    Done,
    /// There is no such command.
    NoCommand,
    /// It failed, or did not end in time: in these words.
    Failed(String),
}

/// Lets Claude Code add the server itself: it knows best where its settings are.
pub fn add_by_claude(
    scope: Scope,
    command: &str,
    project: &Path,
    path: Option<std::ffi::OsString>,
    waiter: &mut dyn Waiter,
) -> Added {
    let scope = if scope == Scope::User { "user" } else { "project" };
    let mut claude = Command::new("claude");
    claude.args(["mcp", "add", "--scope", scope, NAME, "--", command, "mcp"]).current_dir(project);
    if let Some(path) = path {
        claude.env("PATH", path);
    }
    claude.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = match claude.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Added::NoCommand,
        Err(error) => return Added::Failed(format!("cannot be run: {error}")),
    };
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Added::Done,
            Ok(Some(status)) => return Added::Failed(format!("failed with {status}")),
            Err(error) => return Added::Failed(format!("failed: {error}")),
            Ok(None) if started.elapsed() < LIMIT && waiter.sleep(POLL).is_none() => {}
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Added::Failed("did not end".to_owned());
            }
        }
    }
}
