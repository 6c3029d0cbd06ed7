//! `file-lock.sh` and the other old names: what the four bash scripts took, said and returned.
//!
//! Under these names exit codes are 0 and 1 only, except that `file-lock.sh with` returns its
//! command's. Everything else is the new verbs' work.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::args::{WaitArgs, existing_lock_root, locker};
use super::error::{CliError, Outcome};
use super::exit::Exit;
use super::output;
use super::waiting::Patient;
use crate::lock::{Judge, Keep, LockId, Target, inventory, manage, owner};
use crate::memory::{self, Session};
use crate::replace::Replace;

/// The scripts that this program stands in for.
pub const NAMES: [&str; 4] = ["file-lock.sh", "memory-read.sh", "memory-update.sh", "atomic-write.sh"];

const LOCK_USAGE: &str = "\
Usage: file-lock.sh COMMAND
  acquire FILE            take the lock of FILE, print the lock directory
  release LOCK_DIR        give it back
  with FILE [--] CMD…     run CMD while holding the lock
  cleanup                 remove stale locks
  show                    list the locks
  help                    this text
Environment: LOCK_TIMEOUT (30), LOCK_RETRY, LOCK_DEBUG=1, AICONFIG_PATH
";

/// The script's name, if the program was started under one.
pub fn name_of(program: &OsStr) -> Option<&'static str> {
    let name = Path::new(program).file_name()?;
    NAMES.into_iter().find(|known| name == *known)
}

/// Runs a script's command line to its end, and returns the exit code.
pub fn run(name: &str, words: Vec<OsString>) -> u8 {
    let mut words = Words(words.into());
    let outcome = match name {
        "memory-read.sh" => memory_read(&mut words),
        "memory-update.sh" => memory_update(&mut words),
        "atomic-write.sh" => atomic_write(&mut words),
        _ => match words.next_text().as_deref() {
            Some("with") => return with(words),
            Some("acquire") => words.operand("the file").and_then(|file| acquire(&file)),
            Some("release") => words.operand("the lock directory").and_then(|path| release(&path)),
            Some("cleanup") => return old_code(super::run_words(["locks", "cleanup"].map(OsString::from))),
            Some("show") => show(),
            _ => output::result(LOCK_USAGE.as_bytes()).map(|()| Exit::CheckFailed),
        },
    };
    old_code(output::finish(outcome))
}

fn old_code(code: u8) -> u8 {
    match code {
        0 => 0,
        128.. => code,
        _ => 1,
    }
}

/// A script's words, taken from the front.
struct Words(std::collections::VecDeque<OsString>);

impl Words {
    fn next(&mut self) -> Option<OsString> {
        self.0.pop_front()
    }

    fn next_text(&mut self) -> Option<String> {
        self.next().map(|word| word.to_string_lossy().into_owned())
    }

    fn operand(&mut self, what: &str) -> Result<PathBuf, CliError> {
        self.next().map(PathBuf::from).ok_or_else(|| CliError::usage(format!("{what} is missing")))
    }
}

fn unknown(word: &OsStr) -> CliError {
    CliError::usage(format!("unknown argument: {}", word.to_string_lossy()))
}

/// The command's own status is passed on, so 75 and the like are told apart by what was run.
fn with(mut words: Words) -> u8 {
    let file = match words.operand("the file") {
        Ok(file) => file,
        Err(error) => return old_code(output::finish(Err(error))),
    };
    if words.0.front().is_some_and(|word| word == "--") {
        words.next();
    }
    if words.0.is_empty() {
        return old_code(output::finish(Err(CliError::usage("which command?"))));
    }
    let mut line: Vec<OsString> = ["lock", "with", "-E", "1"].map(OsString::from).to_vec();
    line.extend([plain(&file), "--".into()]);
    line.extend(words.0);
    super::run_words(line)
}

/// A file's name that can't be taken for an option.
fn plain(file: &Path) -> OsString {
    if file.as_os_str().as_bytes().starts_with(b"-") { Path::new(".").join(file).into() } else { file.into() }
}

fn wait_args() -> WaitArgs {
    WaitArgs { timeout: None, nonblock: false, conflict_exit_code: None, no_deadlock_check: false }
}

fn acquire(file: &Path) -> Outcome {
    let keep = owner::nearest()?;
    let locker = locker(&wait_args(), None, None)?;
    let mut patient = Patient::new()?;
    let held = locker.acquire(file, keep, &mut patient)?;
    let mut line = locker.root.lock_dir(&held.target().key).into_os_string().into_vec();
    line.push(b'\n');
    output::result(&line)?;
    held.leave();
    Ok(Exit::Done)
}

/// The scripts named a lock by its directory, without a token: what makes it ours is its owner.
fn release(path: &Path) -> Outcome {
    let lost = || CliError::new(Exit::Lost, format!("{} is not a lock of this shell", path.display()));
    let root = existing_lock_root()?.ok_or_else(lost)?;
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let key = match name.strip_suffix(".lock").and_then(|key| key.parse().ok()) {
        Some(key) => key,
        None => Target::resolve(path)?.key,
    };
    let info = Judge::new(&root).judge(&key).info;
    let Keep::Owner { pid, started } = owner::nearest()? else { return Err(lost()) };
    match info.token {
        Some(token) if info.pid == Some(pid) && info.started == Some(started) => {
            manage::release(&root, &LockId { key, token, inner: Vec::new() })?;
            Ok(Exit::Done)
        }
        _ => Err(lost()),
    }
}

fn show() -> Outcome {
    let entries = existing_lock_root()?.map_or_else(|| Ok(Vec::new()), |root| inventory::list(&root))?;
    if entries.is_empty() {
        output::result(b"No active locks\n")?;
        return Ok(Exit::Done);
    }
    super::run_words(["locks", "show"].map(OsString::from));
    Ok(Exit::Done)
}

fn memory_read(words: &mut Words) -> Outcome {
    let (mut file, mut line) = (None, vec![OsString::from("read")]);
    let mut pretty = true;
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--no-lock") => line.push(word),
            Some("--raw") => pretty = false,
            _ if file.is_none() => file = Some(word),
            _ => return Err(unknown(&word)),
        }
    }
    let file = file.ok_or_else(|| CliError::usage("FILE is missing"))?;
    line.push(if pretty { "--pretty" } else { "--raw" }.into());
    line.extend(["--".into(), file]);
    Ok(Exit::Status(super::run_words(line)))
}

fn memory_update(words: &mut Words) -> Outcome {
    let (mut operands, mut function) = (Vec::new(), None);
    let mut line = vec![OsString::from("update")];
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--backup") => line.push(word),
            Some("--function") => function = Some(words.operand("NAME")?.into_os_string()),
            _ if operands.len() < 2 => operands.push(word),
            _ => return Err(unknown(&word)),
        }
    }
    match (operands.as_slice(), function) {
        // The name goes in as a word of its own: it is called, not parsed.
        ([file], Some(name)) => {
            line.extend([plain(Path::new(file)), "--pipe".into(), "--".into()]);
            line.extend(["bash", "-c", "\"$1\"", "bash"].map(OsString::from));
            line.push(name);
        }
        ([file, filter], None) => line.extend(["--".into(), file.clone(), filter.clone()]),
        _ => {
            return Err(CliError::usage(
                "memory-update.sh FILE EXPRESSION | FILE --function NAME [--backup]",
            ));
        }
    }
    Ok(Exit::Status(super::run_words(line)))
}

fn atomic_write(words: &mut Words) -> Outcome {
    let (mut file, mut content) = (None, None);
    let (mut validate, mut backup, mut no_lock) = (false, false, false);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--validate") => validate = true,
            Some("--backup") => backup = true,
            Some("--no-lock") => no_lock = true,
            Some("--content") => content = Some(words.operand("the content")?.into_os_string().into_vec()),
            _ if file.is_none() => file = Some(PathBuf::from(word)),
            _ => return Err(unknown(&word)),
        }
    }
    let file = file.ok_or_else(|| CliError::usage("FILE is missing"))?;
    let mut content = match content {
        Some(content) => content,
        None => {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| CliError::io("cannot read standard input", &error))?;
            bytes
        }
    };
    // `$(cat)` drops the newlines at the end, and `echo` adds one.
    while content.last() == Some(&b'\n') {
        content.pop();
    }
    if !content.is_empty() {
        content.push(b'\n');
    }
    let locker = if no_lock { None } else { Some(locker(&wait_args(), None, None)?) };
    let mut patient = Patient::new()?;
    let replace = Replace::new().backups(u32::from(backup));
    let session = Session { locker: locker.as_ref(), replace, waiter: &mut patient };
    let request = memory::Write { content, validate, if_match: None };
    memory::write(session, &file, &request)?.warnings.iter().for_each(output::warning);
    Ok(Exit::Done)
}
