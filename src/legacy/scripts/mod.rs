//! `file-lock.sh` and the other old names: what the four bash scripts took, said and returned.
//!
//! Under these names exit codes are 0 and 1 only, except that `file-lock.sh with` returns its
//! command's. Between `file-lock.sh acquire` and `release`, the other scripts work under the
//! lock that their shell has taken. Everything else is the new verbs' work.

pub mod install;

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::cli::args::{WaitArgs, call, lock_root_here, lock_root_of, locker, own_words};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::hints::quote;
use crate::cli::waiting::Patient;
use crate::cli::{self, output};
use crate::lock::key::Key;
use crate::lock::{Keep, LockId, LockRoot, Target, inventory, manage, owner};
use crate::memory::{self, Validate};
use crate::place::FilePlace;
use crate::replace::Replace;
use crate::settings;
use crate::sys::failure::{Hint, Kind};

/// The one of them that knows verbs, and runs commands.
pub const LOCK_SCRIPT: &str = "file-lock.sh";

/// The scripts that this program stands in for.
pub const NAMES: [&str; 4] = [LOCK_SCRIPT, "memory-read.sh", "memory-update.sh", "atomic-write.sh"];

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

const READ_USAGE: &str = "memory-read.sh FILE [--no-lock] [--raw]";
const UPDATE_USAGE: &str = "memory-update.sh FILE EXPRESSION [--backup], or: FILE --function NAME";
const WRITE_USAGE: &str = "atomic-write.sh FILE [--validate] [--backup] [--content TEXT] [--no-lock]";

/// A hint in the scripts' terms, where it names what they do not have.
fn in_script_terms(hint: &Hint) -> Option<String> {
    let words = match hint {
        Hint::WaitLonger(file) => {
            return Some(format!(
                "wait longer with LOCK_TIMEOUT=60, or see who it is: aimem lock status {}",
                quote(file)
            ));
        }
        Hint::TakeTurns => {
            "commands under one lock take turns: wait longer with LOCK_TIMEOUT=60; to work in a place that was acquired: --lock ID"
        }
        Hint::Create => "start a new document: atomic-write.sh FILE --content '{}'",
        Hint::GiveDefault => "write it first: atomic-write.sh FILE --content '{}'",
        Hint::WriteInPlace => {
            "a file is replaced by a new one beside it, which needs write permission on its folder; aimem update --in-place needs it on the file only"
        }
        Hint::MountFolder => {
            "mount its folder instead, or use aimem update --in-place, which a crash can tear"
        }
        Hint::NameOwner => "say whose lock it is: aimem lock acquire FILE --pid PID, or --ttl DURATION",
        _ => return None,
    };
    Some(words.to_owned())
}

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
            Some("acquire") => words.operand("FILE").and_then(|file| acquire(&file)),
            Some("release") => words.operand("the lock directory").and_then(|path| release(&path)),
            Some("cleanup") => cli::outcome_of(["locks", "cleanup"].map(OsString::from)),
            Some("show") => show(),
            _ => output::result(LOCK_USAGE.as_bytes()).map(|()| Exit::CheckFailed),
        },
    };
    tell(outcome)
}

/// Says what went wrong as a script would, and returns 0 or 1.
fn tell(outcome: Outcome) -> u8 {
    let outcome = outcome.map_err(|mut error| {
        error.hint = error.hint.or_else(|| error.advice.as_deref().and_then(in_script_terms));
        error
    });
    match output::finish(outcome) {
        0 => 0,
        code @ 128.. => code,
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

fn unknown(word: &OsStr, usage: &str) -> CliError {
    CliError::usage(format!("unknown argument: {}", word.to_string_lossy())).hint(usage)
}

fn missing(usage: &str) -> CliError {
    CliError::usage("FILE is missing").hint(usage)
}

/// Whether this looks like an option, and can't be meant as a file.
fn is_option(word: &OsStr) -> bool {
    word == "-h" || word.as_bytes().starts_with(b"--")
}

/// The command's own status is passed on, whatever it is; our own failures are 1.
fn with(mut words: Words) -> u8 {
    let file = match words.operand("FILE") {
        Ok(file) => file,
        Err(error) => return tell(Err(error)),
    };
    if words.0.front().is_some_and(|word| word == "--") {
        words.next();
    }
    if words.0.is_empty() {
        return tell(Err(CliError::usage("which command?").hint("file-lock.sh with FILE -- COMMAND")));
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
fn plain(file: &Path) -> OsString {
    if file.as_os_str().as_bytes().starts_with(b"-") { Path::new(".").join(file).into() } else { file.into() }
}

fn wait_args() -> WaitArgs {
    WaitArgs { timeout: None, nonblock: false, conflict_exit_code: None, no_deadlock_check: false }
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

/// The id of a lock that `file-lock.sh acquire` took in the shell that runs us. A shell that has
/// only one command left may become it: then the lock's owner is this very process.
fn taken_by_this_shell(root: &LockRoot, key: &Key) -> Result<Option<LockId>, CliError> {
    let words: Vec<OsString> = std::env::args_os().take(2).collect();
    let nearest = owner::nearest(&words).map(|owner| owner.keep);
    let owners = [nearest, owner::by_pid(std::process::id())];
    let owners: Vec<Keep> = owners.into_iter().flatten().collect();
    Ok(manage::acquired_by(root, key, &settings::lock_ids()?, &owners)?)
}

/// How a script takes the lock of a file: not at all when its shell has it already.
fn lock_for(file: &Path) -> Result<Option<LockId>, CliError> {
    let Some(root) = lock_root_of(file)? else { return Ok(None) };
    taken_by_this_shell(&root, &Target::resolve(file)?.key)
}

fn lock_options(file: &OsStr) -> Result<Vec<OsString>, CliError> {
    let id = lock_for(Path::new(file))?;
    Ok(id.map_or_else(Vec::new, |id| vec!["--lock".into(), id.to_string().into()]))
}

fn show() -> Outcome {
    let entries = lock_root_here()?.map_or_else(|| Ok(Vec::new()), |root| inventory::list(&root))?;
    if entries.is_empty() {
        output::result(b"No active locks\n")?;
        return Ok(Exit::Done);
    }
    cli::outcome_of(["locks", "show"].map(OsString::from))
}

fn memory_read(words: &mut Words) -> Outcome {
    let (mut file, mut no_lock, mut raw) = (None, false, false);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--no-lock") => no_lock = true,
            Some("--raw") => raw = true,
            _ if file.is_none() && !is_option(&word) => file = Some(word),
            _ => return Err(unknown(&word, READ_USAGE)),
        }
    }
    let file = file.ok_or_else(|| missing(READ_USAGE))?;
    let mut line = vec![OsString::from("read"), if raw { "--raw" } else { "--pretty" }.into()];
    // The script read under the lock.
    if !no_lock {
        line.push("--locked".into());
        line.extend(lock_options(&file)?);
    }
    line.extend(["--".into(), file]);
    cli::outcome_of(line)
}

fn memory_update(words: &mut Words) -> Outcome {
    let (mut operands, mut function) = (Vec::new(), None);
    // The script stored whatever the filter made.
    let mut line = ["update", "--any-kind"].map(OsString::from).to_vec();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--backup") => line.push(word),
            Some("--function") => function = Some(words.operand("NAME")?.into_os_string()),
            _ if operands.len() == 1 || operands.is_empty() && !is_option(&word) => operands.push(word),
            _ => return Err(unknown(&word, UPDATE_USAGE)),
        }
    }
    if let Some(file) = operands.first() {
        line.extend(lock_options(file)?);
    }
    match (operands.as_slice(), function) {
        ([file], Some(name)) => update_by_function(line, file, name),
        ([file, filter], None) => {
            line.extend(["--".into(), file.clone(), filter.clone()]);
            cli::outcome_of(line)
        }
        ([], _) => Err(missing(UPDATE_USAGE)),
        ([_], None) => Err(CliError::usage("EXPRESSION is missing").hint(UPDATE_USAGE)),
        _ => Err(CliError::usage("EXPRESSION and --function exclude each other").hint(UPDATE_USAGE)),
    }
}

fn update_by_function(mut line: Vec<OsString>, file: &OsStr, name: OsString) -> Outcome {
    let mut exported = OsString::from("BASH_FUNC_");
    exported.push(&name);
    exported.push("%%");
    let is_exported = std::env::var_os(exported).is_some();
    line.extend([plain(Path::new(file)), "--pipe".into(), "--".into()]);
    // The name goes in as a word of its own: it is called, not parsed.
    line.extend(["bash", "-c", "\"$1\"", "bash"].map(OsString::from));
    line.push(name.clone());
    cli::outcome_of(line).map_err(|error| match error.what_to_do() {
        None if !is_exported && error.exit == Exit::Failed(Kind::Data) => {
            error.hint(format!("a function must be exported: export -f {}", name.to_string_lossy()))
        }
        _ => error,
    })
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
            _ if file.is_none() && !is_option(&word) => file = Some(PathBuf::from(word)),
            _ => return Err(unknown(&word, WRITE_USAGE)),
        }
    }
    let file = file.ok_or_else(|| missing(WRITE_USAGE))?;
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
    let under = if no_lock { None } else { lock_for(&file)? };
    let locker = locker(&wait_args(), None, under, call("write", &[&file], None))?;
    let keeping = settings::keeping(&locker, "write")?;
    let locker = Some(&locker).filter(|_| !no_lock);
    let mut patient = Patient::new()?;
    let replace = if backup { Replace::new().rotate() } else { Replace::new() };
    // The script ran jq over what was named .json, asked or not.
    let is_json = file.as_os_str().as_bytes().ends_with(b".json");
    let validate = if validate || is_json { Validate::Always } else { Validate::Never };
    let request = memory::Write { content, validate, ..memory::Write::default() };
    let place = FilePlace::new(&file, locker, replace, &mut patient).make_folders(true);
    let mut place = place.history(keeping);
    memory::write(&mut place, request)?.warnings.iter().for_each(output::warning);
    Ok(Exit::Done)
}
