//! `memory-read.sh`, `memory-update.sh` and `atomic-write.sh`.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{
    READ_USAGE, UPDATE_USAGE, WRITE_USAGE, Words, is_option, lock_for, superfluous, usage, wait_args,
};
use crate::cli::args::{call, locker};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::filter_args::{own_environment, to_standard_error};
use crate::cli::waiting::Patient;
use crate::cli::{self, output};
use crate::document::Limits;
use crate::memory::{self, Change, Duplicates, Pipe, Program, Transform, Validate};
use crate::place::FilePlace;
use crate::replace::Replace;
use crate::settings;
use crate::sys::failure::{Hint, Kind};

/// The script ran jq over what was named .json, and nothing else.
fn is_json(file: &OsStr) -> bool {
    file.as_bytes().ends_with(b".json")
}

fn must_exist(file: &OsStr) -> Result<(), CliError> {
    match Path::new(file).is_file() {
        true => Ok(()),
        false => {
            let message = format!("File not found: {}", file.to_string_lossy());
            Err(CliError::new(Kind::NoInput, message).advise(Hint::Create))
        }
    }
}

pub(super) fn memory_read(words: &mut Words) -> Outcome {
    let (mut file, mut no_lock, mut raw) = (None, false, false);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--no-lock") => no_lock = true,
            Some("--raw") => raw = true,
            _ if file.is_none() && !is_option(&word) => file = Some(word),
            _ => return Err(superfluous(&word, READ_USAGE)),
        }
    }
    let file = file.filter(|file| !file.is_empty()).ok_or_else(|| usage(READ_USAGE))?;
    must_exist(&file)?;
    let layout = if is_json(&file) && !raw { "--pretty" } else { "--raw" };
    let mut line = ["read", layout].map(OsString::from).to_vec();
    // The script read under the lock.
    if !no_lock {
        line.push("--locked".into());
        if let Some(id) = lock_for(Path::new(&file))? {
            line.extend(["--lock".into(), id.to_string().into()]);
        }
    }
    line.extend(["--".into(), file]);
    cli::outcome_of(line)
}

pub(super) fn memory_update(words: &mut Words) -> Outcome {
    let (mut file, mut expression, mut function, mut backup) = (None, None, None, false);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--backup") => backup = true,
            Some("--function") => function = Some(words.operand(UPDATE_USAGE)?.into_os_string()),
            _ if is_option(&word) => return Err(superfluous(&word, UPDATE_USAGE)),
            _ if file.is_none() => file = Some(word),
            _ if expression.is_none() && function.is_none() => expression = Some(word),
            _ => return Err(superfluous(&word, UPDATE_USAGE)),
        }
    }
    let file = file.filter(|file| !file.is_empty()).ok_or_else(|| usage(UPDATE_USAGE))?;
    let expression = expression.filter(|expression| !expression.is_empty());
    let mut transform: Box<dyn Transform> = match (&expression, &function) {
        (None, None) => {
            return Err(CliError::usage("Must provide either jq expression or --function")
                .hint(format!("Usage: {UPDATE_USAGE}")));
        }
        (Some(_), Some(_)) => {
            return Err(CliError::usage("EXPRESSION and --function exclude each other")
                .hint(format!("Usage: {UPDATE_USAGE}")));
        }
        (None, Some(name)) => Box::new(by_function(name)?),
        (Some(expression), None) => {
            let text = |word: &OsStr| word.to_str().map(str::to_owned);
            let source = text(expression).ok_or_else(|| CliError::usage("the expression is not UTF-8"))?;
            Box::new(Program {
                source,
                environment: own_environment(),
                file_name: text(&file),
                messages: Some(to_standard_error),
                ..Program::default()
            })
        }
    };
    must_exist(&file)?;
    if !is_json(&file) {
        return Err(CliError::new(Kind::Data, format!("File must be .json: {}", file.to_string_lossy())));
    }
    let path = PathBuf::from(&file);
    let locker = locker(&wait_args(), None, lock_for(&path)?, call("update", &[&path], None))?;
    let mut patient = Patient::new()?;
    let mut place = FilePlace::new(&path, Some(&locker), replace(backup), &mut patient)
        .history(settings::keeping(&locker, "update")?);
    // The script stored whatever the filter made.
    let request = memory::Update { any_kind: true, ..memory::Update::default() };
    let updated = memory::update(&mut place, &request, transform.as_mut())
        .map_err(|error| name_function(error.into(), function.as_deref()))?;
    written(&file, &updated.change, backup);
    output::say("ok", &format!("Updated: {}", file.to_string_lossy()));
    Ok(Exit::Done)
}

/// A function of the shell, which is called by its name.
fn by_function(name: &OsStr) -> Result<Pipe, CliError> {
    // The name goes in as a word of its own: it is called, not parsed.
    let mut command = ["bash", "-c", "\"$1\"", "bash"].map(OsString::from).to_vec();
    command.push(name.to_owned());
    Ok(Pipe {
        command,
        inherited: settings::lock_ids()?,
        text: false,
        format: None,
        duplicates: Duplicates::Refuse,
        limits: Limits::default(),
    })
}

fn name_function(error: CliError, function: Option<&OsStr>) -> CliError {
    let Some(name) = function else { return error };
    let mut exported = OsString::from("BASH_FUNC_");
    exported.push(name);
    exported.push("%%");
    let is_exported = std::env::var_os(exported).is_some();
    match error.what_to_do() {
        None if !is_exported && error.exit == Exit::Failed(Kind::Data) => {
            error.hint(format!("a function must be exported: export -f {}", name.to_string_lossy()))
        }
        _ => error,
    }
}

fn replace(backup: bool) -> Replace {
    if backup { Replace::new().rotate() } else { Replace::new() }
}

/// What the scripts said of a file that they had written.
fn written(file: &OsStr, change: &Change, backup: bool) {
    change.warnings.iter().for_each(output::warning);
    let name = file.to_string_lossy();
    if change.changed && backup && change.existed {
        output::say("info", &format!("Created backup: {name}.bak"));
    }
    output::say("ok", &format!("Wrote: {name}"));
}

pub(super) fn atomic_write(words: &mut Words) -> Outcome {
    let (mut file, mut content) = (None, Vec::new());
    let (mut validate, mut backup, mut no_lock) = (false, false, false);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--validate") => validate = true,
            Some("--backup") => backup = true,
            Some("--no-lock") => no_lock = true,
            // An empty one is none.
            Some("--content") => content = words.next().ok_or_else(|| usage(WRITE_USAGE))?.into_vec(),
            _ if file.is_none() && !is_option(&word) => file = Some(word),
            _ => return Err(superfluous(&word, WRITE_USAGE)),
        }
    }
    let file = file.filter(|file| !file.is_empty()).ok_or_else(|| usage(WRITE_USAGE))?;
    if content.is_empty() {
        let read = io::stdin().lock().read_to_end(&mut content);
        read.map_err(|error| CliError::io("cannot read standard input", &error))?;
    }
    // `$(cat)` drops the newlines at the end, and `echo` adds one.
    while content.last() == Some(&b'\n') {
        content.pop();
    }
    if content.is_empty() {
        return Err(CliError::new(Kind::Data, "No content provided").hint(format!("Usage: {WRITE_USAGE}")));
    }
    content.push(b'\n');
    let path = PathBuf::from(&file);
    let under = if no_lock { None } else { lock_for(&path)? };
    let locker = locker(&wait_args(), None, under, call("write", &[&path], None))?;
    let keeping = settings::keeping(&locker, "write")?;
    let locker = Some(&locker).filter(|_| !no_lock);
    let mut patient = Patient::new()?;
    let validate = if validate || is_json(&file) { Validate::Always } else { Validate::Never };
    let request = memory::Write { content, validate, ..memory::Write::default() };
    let place = FilePlace::new(&path, locker, replace(backup), &mut patient).make_folders(true);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    let done = memory::write(&mut place.history(keeping), request)?;
    if let Some(folder) = folder {
        output::say("info", &format!("Created directory: {}", folder.display()));
    }
    written(&file, &done.change, backup);
    Ok(Exit::Done)
}
