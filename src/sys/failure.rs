//! What errors of all rooms have in common: of which kind they are, and what to do about them.
//!
//! An error's room chooses both by a `match` on the error. A front end maps the kind to an exit
//! code, and says the hint in its own terms.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::text::shown;
use super::{explain, is_device_error, is_loop, is_shortage};

/// Of which kind an error is, whatever room it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for makes no sense, or a setting of the environment.
    Usage,
    /// A content is not what it must be, or can't be made.
    Data,
    /// What should be read does not exist, or is no file.
    NoInput,
    /// Something can't be created.
    CantCreate,
    /// Input or output failed. Nothing was changed.
    Io,
    /// Somebody else has it. Later it may be free.
    Busy,
    /// The lock was lost, or the document is not what was read.
    Lost,
    /// Permission denied.
    Permission,
    /// The document was changed, and something behind that failed. Whoever repeats a change because
    /// of any other kind makes it once; so what fails too late is told apart. A lost lock stays
    /// [`Kind::Lost`]: its message says what was written.
    Unfinished,
    /// A signal asked us to end.
    Interrupted(i32),
    /// A command can't be executed.
    NotExecutable,
    /// There is no such command.
    NotFound,
}

impl Kind {
    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Usage => "usage",
            Kind::Data => "data",
            Kind::NoInput => "no_input",
            Kind::CantCreate => "cant_create",
            Kind::Io => "io",
            Kind::Busy => "busy",
            Kind::Lost => "lost",
            Kind::Permission => "permission",
            Kind::Unfinished => "unfinished",
            Kind::Interrupted(_) => "interrupted",
            Kind::NotExecutable => "not_executable",
            Kind::NotFound => "not_found",
        }
    }

    /// The kind of a refusal to open or to read.
    pub fn of_reading(error: &io::Error) -> Kind {
        match error.kind() {
            ErrorKind::PermissionDenied => Kind::Permission,
            ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory => Kind::NoInput,
            ErrorKind::InvalidFilename => Kind::NoInput,
            _ if is_loop(error) || super::path::is_elsewhere(error) => Kind::NoInput,
            _ => Kind::Io,
        }
    }

    /// The kind of a refusal to create or to write.
    pub fn of_creating(error: &io::Error) -> Kind {
        match error.kind() {
            ErrorKind::PermissionDenied => Kind::Permission,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Kind::Io,
            ErrorKind::Interrupted | ErrorKind::FileTooLarge => Kind::Io,
            _ if is_device_error(error) || is_shortage(error) => Kind::Io,
            _ => Kind::CantCreate,
        }
    }
}

/// One row an operation: what it is called, and how a message says it.
macro_rules! operations {
    ($($name:ident: $words:literal,)*) => {
        /// What was being done to a path when the system refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Op {
            $(#[doc = concat!("To ", $words, ".")] $name,)*
        }

        impl fmt::Display for Op {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(match self {
                    $(Op::$name => $words,)*
                })
            }
        }
    };
}

operations! {
    Append: "append to",
    Claim: "claim",
    Clear: "clear",
    Create: "create",
    Find: "find",
    FindFolder: "find the folder of",
    Join: "take a guest's place in",
    List: "list",
    ListAttributes: "list the attributes of",
    Lock: "lock",
    LookAt: "look at",
    LookAtGuest: "look at a guest of",
    MakeBackup: "make the backup",
    MakeFolder: "create the folder",
    Move: "move",
    MoveBackup: "move the backup",
    Name: "find a new name in",
    Open: "open",
    OpenFolder: "open the folder",
    PassOn: "pass on the lock of",
    PrepareLock: "prepare a lock in",
    Probe: "probe the lock of",
    PutBack: "put back",
    Read: "read",
    ReadAttribute: "read an attribute of",
    ReadCredential: "read the credential in",
    ReadEntry: "read the entry",
    ReadHistory: "read the history of",
    Remove: "remove",
    Renew: "renew the lease in",
    Replace: "replace",
    Save: "save",
    SetAside: "set aside",
    SetMode: "set the permissions of",
    Sync: "sync",
    SyncAbove: "sync the folder above",
    Take: "take",
    Trust: "trust",
    Unlock: "unlock",
    Write: "write",
    WriteLog: "write the log",
}

/// Something that the system refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {op} {}", shown(.path))]
pub struct PathError {
    /// What we were doing.
    pub op: Op,
    /// To which file or folder.
    pub path: PathBuf,
    /// Why it was refused.
    pub source: io::Error,
}

impl PathError {
    /// A way from the system's answer to the error, or to one that is made of it.
    pub fn of<E: From<PathError>>(op: Op, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> E {
        let path = path.into();
        move |source| PathError { op, path, source }.into()
    }

    /// Whether we may not do it.
    pub fn is_denied(&self) -> bool {
        self.source.kind() == ErrorKind::PermissionDenied
    }
}

/// What to do about an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// These words, in every front end.
    Say(&'static str),
    /// Wait longer for the lock of this file, or look who has it.
    WaitLonger(PathBuf),
    /// Wait longer for the other guests of a lock, or work in the place that was taken.
    TakeTurns,
    /// Break the lock of this file, if its holder is surely dead, which cannot be told for a reason.
    BreakIfSure(PathBuf, String),
    /// Take several locks in one order, or together.
    TakeTogether,
    /// Name the lock of this very file.
    NameOwnLock,
    /// The lock ends with its command, if nobody breaks it.
    EndsWithCommand,
    /// Give the lock's whole id, or say which session has it.
    NameSession,
    /// Name an owner of the lock, or bound it by time.
    NameOwner,
    /// Make a lock root for all who share this folder's files; `None` for one that is not known.
    ShareRoot(Option<PathBuf>),
    /// Replacing needs a right on the folder, writing in place only on the file.
    WriteInPlace,
    /// Mount this file's folder instead of the file, or write in place.
    MountFolder,
    /// Wait until another program lets go of this folder.
    WaitForFolder(PathBuf),
    /// Bring two versions of a file together.
    Merge(PathBuf, PathBuf),
    /// The old content is in this file.
    OldContent(PathBuf),
    /// See which earlier versions of this file there are.
    SeeVersions(PathBuf),
    /// See what is known of this file's past.
    SeeHistory(PathBuf),
    /// See this document as it is, and go back to this earlier version, which was whole.
    GoBack(PathBuf, String),
    /// Do it all the same.
    Force,
    /// Keep versions next time.
    KeepVersions,
    /// Make the document that does not exist.
    Create,
    /// Say what stands for the document that does not exist.
    GiveDefault,
    /// See this document as it is, and go back to an earlier version.
    SeeOrRestore(PathBuf),
    /// This file holds no JSON, and may be fine as it is: change it as text.
    WorkOnText(PathBuf),
    /// The same for YAML.
    WorkOnYaml(PathBuf),
    /// Name the format of this document, which is JSON with comments.
    ReadAsCommented(PathBuf),
    /// Rename equal keys of this document, or let the last one count.
    LastKeyCounts(PathBuf),
    /// A filter that looks like a question about this document was given where its result would be
    /// stored: ask by reading, or store it all the same. `compares`: perhaps a comparison was
    /// written where a value should be set.
    AskOrStore {
        /// The document.
        file: PathBuf,
        /// The filter, if it was one.
        filter: Option<String>,
        /// Whether it compares.
        compares: bool,
    },
    /// Let it run longer.
    RunLonger,
    /// These words, which go for this error alone.
    Tell(String),
    /// Give this variable of the filter a value.
    NameVariable(String),
    /// Look at what this document has at this path of the filter language.
    LookAt(PathBuf, String),
}

impl From<&'static str> for Hint {
    fn from(words: &'static str) -> Hint {
        Hint::Say(words)
    }
}

/// An error's message, with the system's refusal behind it in words.
pub fn message(error: &impl Error) -> String {
    match error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        Some(source) => format!("{error}: {}", explain(source)),
        None => error.to_string(),
    }
}
