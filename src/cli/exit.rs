//! The one place that maps what happened to an exit code. The table is part of the contract
//! with scripts, stands in `docs/exit-codes.md`, and a test compares the two.

use crate::sys::failure::Kind;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// A check found something; what, stands in its report.
    CheckFailed,
    /// A check found something serious.
    Critical,
    /// The command line or the environment makes no sense.
    Usage,
    /// Not JSON, a filter that failed, not exactly one result.
    Data,
    /// The input file does not exist, or is a directory.
    NoInput,
    /// Something can't be created.
    CantCreate,
    /// Input or output failed.
    Io,
    /// The lock was not free within the time limit.
    Busy,
    /// The lock was lost, or the file is not the one that was read.
    Lost,
    /// Permission denied.
    Permission,
    /// The file was changed, and something behind that failed: the answer, or the sync.
    Unfinished,
    /// `lock with`: failed before the command was started, for another reason than the lock.
    Own,
    /// `lock with`: the command is there but can't be executed.
    NotExecutable,
    /// `lock with`: there is no such command.
    NotFound,
    /// Ended by a signal.
    Signal(i32),
    /// A status that the user or a command has chosen.
    Status(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::CheckFailed => 1,
            Exit::Critical | Exit::Usage => 2,
            Exit::Data => 65,
            Exit::NoInput => 66,
            Exit::CantCreate => 73,
            Exit::Io => 74,
            Exit::Busy => 75,
            Exit::Lost => 76,
            Exit::Permission => 77,
            Exit::Unfinished => 79,
            Exit::Own => 125,
            Exit::NotExecutable => 126,
            Exit::NotFound => 127,
            Exit::Signal(number) => 128u8.wrapping_add(u8::try_from(number).unwrap_or(0)),
            Exit::Status(status) => status,
        }
    }
}

impl From<Kind> for Exit {
    fn from(kind: Kind) -> Exit {
        match kind {
            Kind::Usage => Exit::Usage,
            Kind::Data => Exit::Data,
            Kind::NoInput => Exit::NoInput,
            Kind::CantCreate => Exit::CantCreate,
            Kind::Io => Exit::Io,
            Kind::Busy => Exit::Busy,
            Kind::Lost => Exit::Lost,
            Kind::Permission => Exit::Permission,
            Kind::Unfinished => Exit::Unfinished,
            Kind::Interrupted(signal) => Exit::Signal(signal),
            Kind::NotExecutable => Exit::NotExecutable,
            Kind::NotFound => Exit::NotFound,
        }
    }
}

/// The table as the manual shows it.
pub const TABLE: [(&str, &str); 15] = [
    ("0", "Done; an update that changes nothing is done too."),
    ("1", "A check failed, -e with null or false, or queue work with something left or dead."),
    ("2", "Usage: the command line or the environment makes no sense; also queue status at critical."),
    ("65", "Data: not valid JSON, the filter failed, not exactly one result, the time limit."),
    ("66", "The input file does not exist, or is no file that can be read."),
    ("73", "Something can't be created."),
    (
        "74",
        "Input or output failed: the disk is full, the device reports an error, no more files can be opened. The file is as it was.",
    ),
    (
        "75",
        "The lock was not free within the time limit (-E sets another code), or a deadlock; queue work: the server is down.",
    ),
    (
        "76",
        "The lock was lost, or the file is not what was read; nothing was written, unless the message says so.",
    ),
    ("77", "Permission denied."),
    (
        "79",
        "The file was changed, but the answer could not be written, or the folder not synced: do not repeat it blindly.",
    ),
    ("125", "lock with: aimem itself failed, for another reason than the lock."),
    ("126", "The command can't be executed."),
    ("127", "There is no such command."),
    ("128+N", "Ended by signal N, or the command was."),
];
