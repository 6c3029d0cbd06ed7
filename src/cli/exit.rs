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
    /// It failed, or was ended by a signal.
    Failed(Kind),
    /// `lock with`: failed before the command was started, for another reason than the lock.
    Own,
    /// A status that the user or a command has chosen.
    Status(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::CheckFailed => 1,
            Exit::Critical => 2,
            Exit::Failed(kind) => code_of(kind),
            Exit::Own => 125,
            Exit::Status(status) => status,
        }
    }
}

fn code_of(kind: Kind) -> u8 {
    match kind {
        Kind::Usage => 2,
        Kind::Data => 65,
        Kind::NoInput => 66,
        Kind::CantCreate => 73,
        Kind::Io => 74,
        Kind::Busy => 75,
        Kind::Lost => 76,
        Kind::Permission => 77,
        Kind::Unfinished => 79,
        Kind::NotExecutable => 126,
        Kind::NotFound => 127,
        Kind::Interrupted(signal) => 128u8.wrapping_add(u8::try_from(signal).unwrap_or(0)),
    }
}

impl From<Kind> for Exit {
    fn from(kind: Kind) -> Exit {
        Exit::Failed(kind)
    }
}

/// The table as the manual shows it.
pub const TABLE: [(&str, &str); 15] = [
    ("0", "Done; an update that changes nothing is done too."),
    (
        "1",
        "A check failed, -e with null or false, queue work with something left or dead, a conflict left, compare of two that differ.",
    ),
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
