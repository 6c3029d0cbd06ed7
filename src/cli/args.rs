//! Groups of options that several verbs share.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::error::CliError;
use super::exit::Exit;
use crate::legacy::scripts::{self, LOCK_SCRIPT};
use crate::lock::info::describe_words;
use crate::lock::naming::{self, Short};
use crate::lock::{LockError, LockId, LockRoot, Locker, Patience, Session, Target, inventory};
use crate::replace::Replace;
use crate::settings::{self, duration};
use crate::sys::failure::Kind;

/// The lock root of a file, if it is there already: without one there is no lock.
///
/// # Errors
/// The file's true path can't be found, or the root can't be used.
pub fn lock_root_of(file: &Path) -> Result<Option<LockRoot>, CliError> {
    Ok(settings::lock_roots()?.existing_of(&Target::resolve(file)?.path)?)
}

/// The lock root for files in the working folder, if it is there already.
///
/// # Errors
/// As [`lock_root_of`].
pub fn lock_root_here() -> Result<Option<LockRoot>, CliError> {
    lock_root_of(Path::new("any file here"))
}

/// The lock root that a lock known by its id is in: that of the working folder, or the caller's own.
///
/// # Errors
/// The lock is lost, or a root can't be used.
pub fn lock_root_of_id(id: &LockId) -> Result<LockRoot, CliError> {
    let here = lock_root_here()?;
    let has_it = |root: &LockRoot| matches!(inventory::entry(root, &id.key), Ok(Some(_)));
    if let Some(root) = here.as_ref().filter(|root| has_it(root)) {
        return Ok(root.clone());
    }
    let own = settings::lock_roots()?.existing_own()?;
    let lost = || LockError::Lost { target: None, why: "there is no lock folder".to_owned() };
    own.filter(has_it).or(here).ok_or_else(|| lost().into())
}

/// The lock that is meant by an id, the beginning of one, or a file, and its root. What is there is
/// a file, whatever it is called.
///
/// # Errors
/// None is, or it is not this client's; or a root can't be used.
pub fn lock_named(named: &Path, client: Option<String>) -> Result<(LockRoot, LockId), CliError> {
    let text = named.to_str().map(str::trim).unwrap_or_default();
    if let Some(id) = text.parse::<LockId>().ok().filter(LockId::is_whole) {
        return Ok((lock_root_of_id(&id)?, id));
    }
    let client = match client {
        Some(client) => Some(client),
        None => settings::client()?,
    };
    let session = client.as_deref().and_then(Session::of);
    let roots = settings::lock_roots()?;
    match text.parse::<Short>() {
        Ok(short) if named.symlink_metadata().is_err() => {
            let mut all: Vec<LockRoot> = lock_root_here()?.into_iter().collect();
            all.extend(roots.existing_own()?.filter(|own| all.iter().all(|root| root.path() != own.path())));
            Ok(short.find(&all, session.as_ref())?)
        }
        _ => Ok(naming::by_file(&roots, named, session.as_ref(), &settings::lock_ids()?)?),
    }
}

/// How long to wait for a lock.
#[derive(Debug, Clone, Args)]
pub struct WaitArgs {
    /// Give up after this long; 0 tries once, inf never gives up [default: 30s, or $LOCK_TIMEOUT]
    #[arg(help_heading = "Locking", short = 'w', long, value_name = "DUR", value_parser = duration::parse_limit)]
    pub timeout: Option<Duration>,
    /// Do not wait: the same as --timeout 0
    #[arg(help_heading = "Locking", short = 'n', long, conflicts_with = "timeout")]
    pub nonblock: bool,
    /// The exit code when the lock was not free in time [default: 75]
    #[arg(help_heading = "Locking", short = 'E', long, value_name = "N")]
    pub conflict_exit_code: Option<u8>,
    /// Keep waiting even if others wait for what this process holds
    #[arg(help_heading = "Locking", long)]
    pub no_deadlock_check: bool,
}

impl WaitArgs {
    /// The flags, else what the environment says.
    fn patience(&self, from_env: Patience) -> Patience {
        let limit = match self.timeout {
            _ if self.nonblock => Duration::ZERO,
            limit => limit.unwrap_or(from_env.limit),
        };
        Patience { limit, ..from_env }
    }

    /// Gives a wait that ended in vain the exit code that the user has chosen.
    pub fn choose_exit(&self, error: impl Into<CliError>) -> CliError {
        let mut error = error.into();
        if let (Exit::Failed(Kind::Busy), Some(code)) = (error.exit, self.conflict_exit_code) {
            error.exit = Exit::Status(code);
        }
        error
    }
}

/// How a verb that works on a file takes its lock.
#[derive(Debug, Clone, Args)]
pub struct LockArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a flattened group takes its heading from this comment")]
    pub wait: WaitArgs,
    /// Work under this lock, which is already held, instead of taking one
    #[arg(help_heading = "Locking", long, value_name = "ID", value_parser = parse_lock_id)]
    pub lock: Option<LockId>,
    /// Call yourself NAME in what others see of the lock [default: $AIMEM_CLIENT]
    #[arg(help_heading = "Locking", long, value_name = "NAME")]
    pub client: Option<String>,
}

impl LockArgs {
    /// The flags and the environment as a way to take locks for what [`call`] describes.
    ///
    /// # Errors
    /// An unusable variable, or a lock root that can't be used.
    pub fn locker(&self, call: String) -> Result<Locker, CliError> {
        locker(&self.wait, self.client.clone(), self.lock.clone(), call)
    }
}

/// See [`LockArgs::locker`].
///
/// # Errors
/// An unusable variable, or a lock root that can't be used.
pub fn locker(
    wait: &WaitArgs,
    client: Option<String>,
    under: Option<LockId>,
    call: String,
) -> Result<Locker, CliError> {
    let from_env = settings::locker(call)?;
    Ok(Locker {
        patience: wait.patience(from_env.patience),
        under,
        client: client.or(from_env.client),
        deadlock_check: !wait.no_deadlock_check,
        ..from_env
    })
}

/// What others see of a command line: the verb, its files, and the name of the command that it runs.
/// Never arguments, a filter or content, for these may hold secrets.
pub fn call(verb: &str, files: &[impl AsRef<Path>], command: Option<&OsString>) -> String {
    let program = std::env::args_os().next().unwrap_or_default();
    let script = scripts::name_of(&program);
    let verb = match script {
        None => format!("aimem {verb}"),
        Some(LOCK_SCRIPT) => format!("{LOCK_SCRIPT} {}", verb.trim_start_matches("lock ")),
        Some(script) => script.to_owned(),
    };
    // The other scripts' command is our own way to call a function of the shell.
    let command = command.filter(|_| script.is_none_or(|script| script == LOCK_SCRIPT));
    let name = command.map(|command| Path::new(command).file_name().unwrap_or(command));
    let words = verb.split(' ').map(OsStr::new).chain(files.iter().map(|file| file.as_ref().as_os_str()));
    describe_words(words.chain(name.into_iter().flat_map(|name| [OsStr::new("--"), name])))
}

/// The words by which this program was called, up to this one.
pub fn own_words(last: &str) -> Vec<OsString> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let end = words.iter().position(|word| word == last).unwrap_or(0);
    words.into_iter().take(end + 1).collect()
}

/// Refuses `-` where there is no such file: it would not stand for standard input or output.
///
/// # Errors
/// That, with what may have been meant.
pub fn refuse_dash(file: &Path) -> Result<(), CliError> {
    if file != Path::new("-") || file.exists() {
        return Ok(());
    }
    Err(CliError::new(Kind::NoInput, "there is no file named -")
        .hint("aimem works on files; `aimem write FILE` takes the content from standard input. For a file of that name: ./-"))
}

/// A lock id as `lock acquire` prints it.
///
/// # Errors
/// It is none.
pub fn parse_lock_id(text: &str) -> Result<LockId, String> {
    text.trim()
        .parse()
        .map_err(|()| "not a lock id; it is the one word that `aimem lock acquire` prints".to_owned())
}

/// How a verb that writes replaces the file.
#[derive(Debug, Clone, Args)]
pub struct ReplaceArgs {
    /// Keep the last K versions as FILE.bak, FILE.bak.1, … [default K: $AIMEM_BACKUP, or as many as
    /// there are, at least 1]
    #[arg(help_heading = "Writing", long, value_name = "K", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    backup: Option<String>,
    /// Do not sync the folder: quicker, and a power cut may bring the old file back
    #[arg(help_heading = "Writing", long)]
    no_sync: bool,
    /// Overwrite the file itself instead of replacing it, for a bind-mounted file; a crash can tear it
    #[arg(help_heading = "Writing", long)]
    in_place: bool,
}

impl ReplaceArgs {
    /// The flags and the environment as a way to replace.
    ///
    /// # Errors
    /// An unusable number of backups.
    pub fn replace(&self) -> Result<Replace, CliError> {
        let from_env = settings::backup()?;
        let replace = Replace::new();
        let replace = match self.backup.as_deref() {
            None => replace.backups(from_env.unwrap_or(0)),
            Some("") => match from_env.filter(|&count| count > 0) {
                Some(count) => replace.backups(count),
                None => replace.rotate(),
            },
            Some(text) => replace.backups(
                text.parse()
                    .map_err(|_| CliError::usage(format!("--backup={text}: not a number of backups")))?,
            ),
        };
        Ok(replace.sync(!self.no_sync).in_place(self.in_place))
    }
}
