//! Errors as a person meets them: what happened, to which file, and what to do.

use std::io;

use super::exit::Exit;
use crate::document::{FilterErrorKind, Stopped};
use crate::lock::{LockError, Verdict};
use crate::memory::MemoryError;
use crate::replace::ReplaceError;
use crate::sys;
pub use crate::sys::explain;
pub use crate::sys::text::show_duration;

/// An error on its way to standard error.
#[derive(Debug)]
pub struct CliError {
    /// How the program shall end.
    pub exit: Exit,
    /// What happened, in one line.
    pub message: String,
    /// More lines that belong to the message, such as a filter with a caret.
    pub details: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What every verb returns.
pub type Outcome = Result<Exit, CliError>;

impl CliError {
    /// An error with neither details nor a hint.
    pub fn new(exit: Exit, message: impl Into<String>) -> CliError {
        CliError { exit, message: message.into(), details: None, hint: None }
    }

    /// A command line or an environment that makes no sense.
    pub fn usage(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Usage, message)
    }

    /// A system's refusal, said in words.
    pub fn io(what: impl std::fmt::Display, error: &io::Error) -> CliError {
        CliError::new(exit_of(error), format!("{what}: {}", explain(error)))
    }

    /// The same for an error that happened when the file was changed already.
    #[must_use]
    pub fn after_a_change(mut self) -> CliError {
        self.exit = self.exit.after_a_change();
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> CliError {
        self.hint = Some(hint.into());
        self
    }
}

/// The exit code for a system's refusal of input or output.
fn exit_of(error: &io::Error) -> Exit {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Exit::Permission,
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => Exit::NoInput,
        io::ErrorKind::InvalidFilename => Exit::NoInput,
        _ if sys::is_loop(error) || sys::path::is_elsewhere(error) => Exit::NoInput,
        _ => Exit::Io,
    }
}

/// The exit code for something that can't be created.
pub(super) fn exit_of_creating(error: &io::Error) -> Exit {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Exit::Permission,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Exit::Io,
        io::ErrorKind::Interrupted | io::ErrorKind::FileTooLarge => Exit::Io,
        _ if sys::is_device_error(error) || sys::is_shortage(error) => Exit::Io,
        _ => Exit::CantCreate,
    }
}

impl From<LockError> for CliError {
    fn from(error: LockError) -> CliError {
        let message = error.to_string();
        match &error {
            LockError::Busy(busy) => {
                let message = format!(
                    "{message}; gave up after {}",
                    show_duration(busy.waited)
                );
                let hint = match busy.verdict {
                    _ if busy.holder.inside.is_some() => {
                        "commands under one lock take turns: wait longer with --timeout; to work in a place that was acquired: --lock ID".to_owned()
                    }
                    Verdict::Unknown => format!(
                        "whether its holder lives cannot be told: {}. If you are sure that it does not: aimem lock break {}",
                        busy.reason,
                        quote(&busy.target)
                    ),
                    _ => format!(
                        "wait longer with --timeout, or see who it is: aimem lock status {}",
                        quote(&busy.target)
                    ),
                };
                CliError::new(Exit::Busy, message).hint(hint)
            }
            LockError::Deadlock { .. } => CliError::new(Exit::Busy, message).hint(
                "take such locks in one order, or together: aimem lock with A B -- COMMAND; to wait all the same: --no-deadlock-check",
            ),
            LockError::GuardBusy { .. } => CliError::new(Exit::Busy, message)
                .hint("a guard is held for microseconds: that process is stopped or hangs; continue it (kill -CONT) or end it"),
            LockError::Lost { .. } => {
                CliError::new(Exit::Lost, message).hint("nothing was written; take the lock and try again")
            }
            LockError::Uprooted { .. } => CliError::new(Exit::Lost, message)
                .hint("nothing was written; let the `aimem lock with` around this command end, and find what removes things in the lock folder"),
            LockError::WrongLock { .. } => CliError::usage(message)
                .hint("each file has a lock of its own: name the id that was printed for this one, or leave --lock out"),
            LockError::Running { .. } => CliError::usage(message)
                .hint("it is released when its command ends; to take it away by force: aimem lock break FILE"),
            LockError::NotALease { .. } => CliError::usage(message)
                .hint("it needs no renewal: it lasts until it is released or its owner ends"),
            LockError::NoOwner { .. } => {
                CliError::usage(message).hint("name the owner with --pid, or bound the lock by time with --ttl")
            }
            LockError::NoHome => CliError::usage(message).hint("set AIMEM_LOCK_DIR"),
            LockError::Relative { .. } => CliError::usage(message),
            LockError::Untrusted { .. } => CliError::new(Exit::Permission, message)
                .hint("set AIMEM_LOCK_DIR to a folder of your own"),
            LockError::Unusable { path, source } => {
                let shared = path.parent().and_then(std::path::Path::parent);
                let folder = shared.map_or_else(|| "DIR".to_owned(), quote);
                CliError::new(Exit::Permission, format!("{message}: {}", explain(source))).hint(format!(
                    "the locks of files there live in it, and another folder would keep nobody out; its owner can make one for all who share the files: aimem locks init {folder} [--group GROUP]; for files that nobody else locks, AIMEM_LOCK_DIR may name a folder of your own"
                ))
            }
            LockError::NoFlock { source, .. } => CliError::new(Exit::CantCreate, format!("{message}: {}", explain(source)))
                .hint("set AIMEM_LOCK_DIR to a folder on a local file system"),
            LockError::Interrupted(signal) => CliError::new(Exit::Signal(*signal), message),
            LockError::Resolve { source, .. } => {
                CliError::new(exit_of(source), format!("{message}: {}", explain(source)))
            }
            LockError::Remove { source, .. } => {
                CliError::new(exit_of_creating(source), format!("{message}: {}", explain(source)))
                    .hint("remove it by hand, or set AIMEM_LOCK_DIR to a folder of your own")
            }
            LockError::Io { source, .. } => {
                let error = CliError::new(exit_of_creating(source), format!("{message}: {}", explain(source)));
                if source.kind() == io::ErrorKind::PermissionDenied {
                    return error.hint("set AIMEM_LOCK_DIR to a folder that you may write to");
                }
                error
            }
        }
    }
}

impl From<ReplaceError> for CliError {
    fn from(error: ReplaceError) -> CliError {
        let message = error.to_string();
        match &error {
            ReplaceError::IsDirectory(_) | ReplaceError::NotAFile(_) => CliError::new(Exit::NoInput, message),
            ReplaceError::BackupName { .. } => CliError::new(Exit::CantCreate, message)
                .hint("work without --backup, or shorten the file's name"),
            ReplaceError::Folder { source, .. } => {
                let error =
                    CliError::new(exit_of_creating(source), format!("{message}: {}", explain(source)));
                match source.kind() {
                    io::ErrorKind::PermissionDenied => error.hint(
                        "a file is replaced by a new one beside it, which needs write permission on its folder; --in-place needs it on the file only",
                    ),
                    _ => error,
                }
            }
            ReplaceError::MountPoint(_) => CliError::new(Exit::CantCreate, message)
                .hint("mount its folder instead, or use --in-place, which a crash can tear"),
            ReplaceError::FolderKept { folder, .. } => CliError::new(Exit::Busy, message)
                .hint(format!("nothing was written; wait until that program lets go of {}", quote(folder))),
            ReplaceError::Displaced { path, kept } => CliError::new(Exit::Lost, message).hint(format!(
                "bring what is missing from one into the other, then remove it: diff {} {}",
                quote(path),
                quote(kept)
            )),
            ReplaceError::Overtaken { .. } => CliError::new(Exit::Lost, message)
                .hint("what was written is in the replaced version, if anybody has kept that; look at the file before you try again"),
            ReplaceError::Unsettled { source, .. } => {
                CliError::new(Exit::Io, format!("{message}: {}", explain(source)))
                    .hint("nothing was changed; look after the disk")
            }
            ReplaceError::NotDurable { source, .. } => {
                CliError::new(exit_of(source), format!("{message}: {}", explain(source)))
                    .after_a_change()
                    .hint("the new content is in place: do not repeat the change, but look after the disk")
            }
            ReplaceError::Damaged { backup, source, .. } => {
                let error = CliError::new(exit_of(source), format!("{message}: {}", explain(source)));
                let error = error.after_a_change();
                match backup {
                    Some(backup) => error.hint(format!("the old content is in {}", backup.display())),
                    None => error
                        .hint("there was no backup; write the file anew, and use --backup with --in-place"),
                }
            }
            ReplaceError::NoBackup { path, .. } => CliError::new(Exit::NoInput, message)
                .hint(format!("see what there is: aimem restore --list {}", quote(path))),
            ReplaceError::Io { source, action, .. } => {
                let exit = if *action == "open" || *action == "find" {
                    exit_of(source)
                } else {
                    exit_of_creating(source)
                };
                CliError::new(exit, format!("{message}: {}", explain(source)))
            }
        }
    }
}

impl From<MemoryError> for CliError {
    fn from(error: MemoryError) -> CliError {
        let message = error.to_string();
        match error {
            MemoryError::Lock(error) => error.into(),
            MemoryError::Replace(error) => error.into(),
            MemoryError::Missing { .. } => CliError::new(Exit::NoInput, message)
                .hint("start a new document with --create"),
            MemoryError::InvalidJson { what, .. } => {
                let path = std::path::Path::new(&what);
                let error = CliError::new(Exit::Data, message);
                if path.is_file() {
                    let path = quote(path);
                    error.hint(format!("see it as it is: aimem read --raw {path}; go back, if backups were kept: aimem restore {path}"))
                } else {
                    error.hint("nothing was written")
                }
            }
            MemoryError::EqualKeys { what, .. } => {
                let path = quote(std::path::Path::new(&what));
                CliError::new(Exit::Data, message).hint(format!("rename or remove one of them, or let the last one count: aimem update --duplicate-keys last {path} …"))
            }
            MemoryError::Filter { source } => {
                let mut error = CliError::new(Exit::Data, message);
                error.details = source.details().map(str::to_owned);
                match source.kind() {
                    FilterErrorKind::NoResult => error.hint("an update needs exactly one document, for example: . + {…}"),
                    FilterErrorKind::SeveralResults => error.hint("collect them in an array: [ … ]"),
                    _ => error,
                }
            }
            MemoryError::Unwritable { .. } => CliError::new(Exit::Data, message)
                .hint("nothing was written; let the filter make something that JSON has, such as null"),
            MemoryError::Stopped { source: Stopped::TimeLimit(_) } => {
                CliError::new(Exit::Data, message).hint("raise --max-time, or look for an endless recursion")
            }
            MemoryError::Stopped { .. } => CliError::new(Exit::Data, message),
            MemoryError::Empty { .. } => CliError::new(Exit::Data, message)
                .hint("the file was left as it was; to empty it on purpose, write what an empty document is, such as {}"),
            MemoryError::Mismatch { .. } => CliError::new(Exit::Lost, message)
                .hint("nothing was written; read the file again and start from what it holds now"),
            MemoryError::Moved { .. } | MemoryError::Changing { .. } => CliError::new(Exit::Lost, message).hint("nothing was written; try again when that has come to rest"),
            MemoryError::Unlocked { .. } => CliError::new(Exit::Lost, message)
                .hint("somebody else may have written it at the same time: look at it before you try again"),
            MemoryError::Spawn { source, .. } => {
                let exit = match source.kind() {
                    io::ErrorKind::NotFound => Exit::NotFound,
                    _ => Exit::NotExecutable,
                };
                CliError::new(exit, format!("{message}: {}", explain(&source)))
            }
            MemoryError::CommandFailed { .. } => CliError::new(Exit::Data, message),
        }
    }
}

/// A path for a command line in a hint.
pub fn quote(path: &std::path::Path) -> String {
    let text = crate::sys::text::shown(path);
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+@:,%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
