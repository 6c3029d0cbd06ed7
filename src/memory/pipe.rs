//! A command as a transaction's way from the old content to the new one.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::check::{refuse_yaml, stays_valid};
use super::{Duplicates, Kinds, Made, MemoryError, Subject, Transform};
use crate::document::{Format, Limits, Stopped, find_equal_keys_as, parse_as};
use crate::lock::{LockError, LockId, Target, Waiter};
use crate::sys;

/// How often a running command and our own signals are looked at.
const POLL: Duration = Duration::from_millis(5);
/// A command that was asked to end gets this long.
const GRACE: Duration = Duration::from_secs(5);

/// A command that gets the document on standard input and gives the new one on standard output.
#[derive(Debug, Clone)]
pub struct Pipe {
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// The locks that we run under ourselves. The command is told of all but this file's: it
    /// must not become a guest in the middle of our own transaction.
    pub inherited: Vec<LockId>,
    /// Whether the document may be any bytes. One that is valid in the format of its name must stay
    /// so.
    pub text: bool,
    /// The document's format; by default what its name says, else JSON.
    pub format: Option<Format>,
    /// What equal keys in the document are. The command gets the document as it is.
    pub duplicates: Duplicates,
    /// How long it may run.
    pub limits: Limits,
}

impl Transform for Pipe {
    fn apply(
        &mut self,
        path: &Path,
        old: &Arc<Vec<u8>>,
        waiter: &mut dyn Waiter,
    ) -> Result<Made, MemoryError> {
        let what = Subject::Document(path.to_owned());
        if !self.text && self.format.is_none() {
            refuse_yaml(&what)?;
        }
        let format = self.format.or_else(|| Format::of_name(path)).unwrap_or_default();
        match (!self.text).then(|| find_equal_keys_as(format, old)) {
            None => {}
            Some(Ok(found)) => self.duplicates.judge(&what, found.as_ref())?,
            Some(Err(source)) => return Err(MemoryError::malformed(format, old, what, source)),
        }
        let name = self.command.first().cloned().unwrap_or_default();
        let shown = name.to_string_lossy().into_owned();
        let spawn = |source| MemoryError::Spawn { command: shown.clone(), source };
        let own = Target::resolve(path)?.key;
        let ids: Vec<String> =
            self.inherited.iter().filter(|id| id.key != own).map(LockId::to_string).collect();
        let mut command = Command::new(&name);
        command.args(&self.command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
        if ids.is_empty() {
            command.env_remove("AIMEM_LOCK_ID");
        } else {
            command.env("AIMEM_LOCK_ID", ids.join(","));
        }
        let mut child = command.spawn().map_err(spawn)?;

        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let document = old.clone();
        thread::spawn(move || {
            // A command that does not read to the end is free not to.
            let _ = stdin.map(|mut stdin| stdin.write_all(&document));
        });
        let reader = thread::spawn(move || {
            let mut bytes = Vec::new();
            stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut bytes)).map(|_| bytes)
        });
        let status = self.supervise(&mut child, || reader.is_finished(), waiter)?;
        let failed = |status: String| MemoryError::CommandFailed { command: shown.clone(), status };
        if !status.success() {
            return Err(failed(status.to_string()));
        }
        let bytes = match reader.join() {
            Ok(bytes) => bytes.map_err(|error| failed(format!("an unreadable output ({error})")))?,
            Err(_) => return Err(failed("an unreadable output".to_owned())),
        };
        if self.text {
            if bytes.is_empty() && !old.is_empty() {
                return Err(MemoryError::Empty { path: path.to_owned() });
            }
            stays_valid(path, old, &bytes)?;
            return Ok(Made { truthy: true, bytes, kinds: None });
        }
        let what = Subject::Output(shown);
        // As strict as the check of the old content, and says besides what the document is.
        let new = parse_as(format, &bytes)
            .map_err(|source| MemoryError::malformed(format, &bytes, what, source))?;
        let kinds = parse_as(format, old).ok().map(|old| Kinds {
            old: old.type_name(),
            new: new.type_name(),
            filter: None,
        });
        Ok(Made { truthy: new.is_truthy(), bytes, kinds })
    }
}

impl Pipe {
    /// Waits for the command and for the end of its output. A signal is passed on, and the
    /// command is reaped before this returns.
    fn supervise(
        &self,
        child: &mut Child,
        output_ended: impl Fn() -> bool,
        waiter: &mut dyn Waiter,
    ) -> Result<ExitStatus, MemoryError> {
        let started = Instant::now();
        let wait = |source| MemoryError::Spawn { command: "the command of --pipe".to_owned(), source };
        let mut ended = None;
        loop {
            if ended.is_none() {
                ended = child.try_wait().map_err(wait)?;
            }
            if let Some(status) = ended.filter(|_| output_ended()) {
                return Ok(status);
            }
            if let Some(limit) = self.limits.max_time.filter(|&limit| started.elapsed() >= limit) {
                stop(child, ended.is_some(), sys::signal::TERM);
                return Err(MemoryError::Stopped { source: Stopped::TimeLimit(limit) });
            }
            if let Some(signal) = waiter.sleep(POLL) {
                stop(child, ended.is_some(), signal);
                return Err(LockError::Interrupted(signal).into());
            }
        }
    }
}

/// Ends a command politely, then not at all. One that was reaped has no PID any more: by now it
/// may be a stranger's.
fn stop(child: &mut Child, reaped: bool, signal: i32) {
    if reaped {
        return;
    }
    let _ = sys::process::send_signal(child.id(), signal);
    let deadline = Instant::now() + GRACE;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
        thread::sleep(POLL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
