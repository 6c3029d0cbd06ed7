//! `file-lock.sh`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::{Words, taken_by_this_shell, tell, wait_args};
use crate::cli::args::{call, lock_root_here, lock_root_of, locker, own_words};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::waiting::Patient;
use crate::cli::{self, output};
use crate::lock::inventory::{self, Entry};
use crate::lock::{LockRoot, Target, Verdict, manage, owner};
use crate::sys::failure::Kind;
use crate::sys::text::printable;

const USAGE: &str = "\
Usage: file-lock.sh COMMAND
  acquire FILE            take the lock of FILE, print the lock directory
  release LOCK_DIR        give it back
  with FILE [--] CMD…     run CMD while holding the lock
  cleanup                 remove stale locks
  show                    list the locks
  help                    this text
Environment: LOCK_TIMEOUT (30), LOCK_RETRY, LOCK_DEBUG=1, AICONFIG_PATH
";

/// The scripts' answer to a question for help was 1 as well.
pub(super) fn file_lock(mut words: Words) -> u8 {
    match words.next_text().as_deref() {
        Some("with") => with(words),
        Some("acquire") => tell(words.operand("file-lock.sh acquire FILE").and_then(|file| acquire(&file))),
        Some("release") => {
            tell(words.operand("file-lock.sh release LOCK_DIR").and_then(|path| release(&path)))
        }
        Some("cleanup") => tell(cleanup()),
        Some("show") => tell(show()),
        other => {
            if let Some(other) = other.filter(|word| !["", "help", "--help", "-h"].contains(word)) {
                output::say("error", &format!("Unknown command: {other}"));
            }
            output::aside(USAGE);
            1
        }
    }
}

/// The command's own status is passed on, whatever it is; our own failures are 1.
fn with(mut words: Words) -> u8 {
    let file = match words.operand("file-lock.sh with FILE -- COMMAND") {
        Ok(file) => file,
        Err(error) => return tell(Err(error)),
    };
    if words.0.front().is_some_and(|word| word == "--") {
        words.next();
    }
    if words.0.is_empty() {
        return tell(Err(
            CliError::usage("No command provided").hint("Usage: file-lock.sh with FILE -- COMMAND")
        ));
    }
    let mut line = ["lock", "with"].map(OsString::from).to_vec();
    line.extend([plain(&file), "--".into()]);
    line.extend(words.0);
    match cli::outcome_of(line) {
        Ok(exit) => exit.code(),
        Err(error) if matches!(error.exit, Exit::Failed(Kind::NotFound | Kind::NotExecutable)) => {
            output::finish(Err(error))
        }
        Err(error) => tell(Err(error)),
    }
}

/// A file's name that can't be taken for an option.
pub(super) fn plain(file: &Path) -> OsString {
    if file.as_os_str().as_bytes().starts_with(b"-") { Path::new(".").join(file).into() } else { file.into() }
}

fn acquire(file: &Path) -> Outcome {
    let keep = owner::nearest(&own_words("acquire"))?.keep;
    let locker = locker(&wait_args(), None, None, call("lock acquire", &[file], None))?;
    let mut patient = Patient::new()?;
    let held = locker.acquire(file, keep, &mut patient)?;
    let mut line = held.directory().into_os_string().into_vec();
    line.push(b'\n');
    output::result(&line)?;
    held.leave();
    Ok(Exit::Done)
}

/// The scripts named a lock by its directory, without a token: what makes it ours is its owner.
fn release(path: &Path) -> Outcome {
    let lost = || {
        CliError::new(Kind::Lost, format!("{} is not a lock that this shell took", path.display()))
            .hint("see whose it is: aimem locks show")
    };
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let (root, key) = match name.strip_suffix(".lock").and_then(|key| key.parse().ok()) {
        Some(key) => (LockRoot::existing(crate::sys::path::folder_of(path))?, key),
        None => (lock_root_of(path)?, Target::resolve(path)?.key),
    };
    let root = root.ok_or_else(lost)?;
    let id = taken_by_this_shell(&root, &key)?.ok_or_else(lost)?;
    manage::release(&root, &id)?;
    Ok(Exit::Done)
}

fn cleanup() -> Outcome {
    let root = lock_root_here()?;
    output::say("info", &format!("Checking for stale locks in: {}", folder(root.as_ref())));
    let done = match &root {
        Some(root) => inventory::cleanup(root, false)?,
        None => inventory::Cleanup::default(),
    };
    for entry in &done.removed {
        let of =
            entry.judgement.info.pid.map_or_else(String::new, |pid| format!(" from dead process PID {pid}"));
        output::say("info", &format!("Removed stale lock{of}"));
    }
    match done.removed.len() {
        0 => output::say("info", "No stale locks found"),
        count => output::say("ok", &format!("Cleaned {count} stale lock(s)")),
    }
    done.failed.into_iter().next().map_or(Ok(Exit::Done), |(_, error)| Err(error.into()))
}

fn show() -> Outcome {
    let root = lock_root_here()?;
    let entries = root.as_ref().map_or_else(|| Ok(Vec::new()), inventory::list)?;
    let mut text = format!("Current locks in: {}\n\n", folder(root.as_ref()));
    entries.iter().for_each(|entry| text.push_str(&shown(entry)));
    if entries.is_empty() {
        text.push_str("No locks found\n");
    }
    output::result(text.as_bytes())?;
    Ok(Exit::Done)
}

fn folder(root: Option<&LockRoot>) -> String {
    root.map_or_else(|| "(there is no lock folder)".to_owned(), |root| root.path().display().to_string())
}

/// What the script showed, and the file, which it did not know. Never all of the info: it has the token.
fn shown(entry: &Entry) -> String {
    let info = &entry.judgement.info;
    let facts = [
        ("PID", info.pid.map(|pid| pid.to_string())),
        ("ACQUIRED", info.acquired.map(|time| format!("{time:.0}"))),
        ("HOSTNAME", info.host.clone()),
        ("CLIENT", info.client.clone()),
        ("TARGET", info.target.as_ref().map(|path| path.to_string_lossy().into_owned())),
    ];
    let mut text = format!("Lock: {}\n", printable(&entry.directory.to_string_lossy()));
    if facts.iter().any(|(_, value)| value.is_some()) {
        text.push_str("  Info:\n");
    }
    for (name, value) in facts {
        if let Some(value) = value {
            text.push_str(&format!("    {name}: {}\n", printable(&value)));
        }
    }
    let status = match entry.judgement.verdict {
        Verdict::Stale => "STALE",
        Verdict::Held => "ACTIVE",
        _ => "UNKNOWN",
    };
    text.push_str(&format!("  Status: {status} ({})\n\n", printable(&entry.judgement.reason)));
    text
}
