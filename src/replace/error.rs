//! What can go wrong while replacing a file, and whether the file was touched.

use std::io;
use std::path::PathBuf;

use crate::sys::text::{pids, shown};

use crate::sys::failure::{Hint, Kind, Op, PathError};

/// An error of this module. Unless [`ReplaceError::file_may_have_changed`], the file is as it was,
/// and no temporary file is left.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The target is a folder.
    #[error("{} is a directory", shown(.0))]
    IsDirectory(PathBuf),
    /// The target is a device, a FIFO or a socket.
    #[error("{} is not a regular file", shown(.0))]
    NotAFile(PathBuf),
    /// A name for a backup would be too long for the file system.
    #[error("no room for a backup's name beside {}: it would be {length} bytes long", shown(.path))]
    BackupName {
        /// The target.
        path: PathBuf,
        /// The length that is too much.
        length: usize,
    },
    /// The folder may not be written to, so the file can't be replaced.
    #[error("cannot create a file in {}", shown(.folder))]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The target is a mount of its own, such as a file bind-mounted into a container.
    #[error("{} is a mount point, which cannot be replaced by a rename", shown(.0))]
    MountPoint(PathBuf),
    /// Another program keeps the folder locked, on a file system that can't exchange two names. A
    /// plain rename could destroy what somebody else has just put there.
    #[error("the folder {} is locked by {}, and its file system cannot exchange two names", shown(.folder), pids(.holders))]
    FolderKept {
        /// The folder.
        folder: PathBuf,
        /// Who has it open; may be empty.
        holders: Vec<u32>,
    },
    /// Others replaced the file just before and just after us. Not all of the versions can have
    /// its name.
    #[error("{} was replaced by other programs in the very moment of its replacement; one version lost its name and is kept as {}", shown(.path), shown(.kept))]
    Displaced {
        /// The target.
        path: PathBuf,
        /// The version that lost its name.
        kept: PathBuf,
    },
    /// The file that was written in place had lost its name to another one when that was done.
    #[error("{} was replaced by another program while it was being written in place", shown(.path))]
    Overtaken {
        /// The target.
        path: PathBuf,
    },
    /// There was nothing to change, but whether that lasts is unknown: the file or its folder
    /// could not be synced.
    #[error("{} is as it should be, but whether that survives a power cut is unknown", shown(.path))]
    Unsettled {
        /// The target.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The new content is in place, but the folder could not be synced.
    #[error("{} was replaced, but whether that survives a power cut is unknown", shown(.path))]
    NotDurable {
        /// The target, which has the new content.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Writing in place was cut short, and the old content could not be put back: the file is
    /// damaged. Only `in_place` can end so.
    #[error("{} was being written in place and is damaged now", shown(.path))]
    Damaged {
        /// The target.
        path: PathBuf,
        /// The copy of the old content, if one was asked for.
        backup: Option<PathBuf>,
        /// Why.
        source: io::Error,
    },
    /// Lines were appended in part only, and that could not be taken back.
    #[error("{} was appended to in part only", shown(.path))]
    Torn {
        /// The target.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no such backup.
    #[error("{} has no backup {index}", shown(.path))]
    NoBackup {
        /// The target.
        path: PathBuf,
        /// Its number, 0 being the latest.
        index: u32,
    },
    /// Anything else that the system refused.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl ReplaceError {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        use ReplaceError as E;
        match self {
            E::IsDirectory(_) | E::NotAFile(_) | E::NoBackup { .. } => Kind::NoInput,
            E::BackupName { .. } | E::MountPoint(_) => Kind::CantCreate,
            E::FolderKept { .. } => Kind::Busy,
            E::Displaced { .. } | E::Overtaken { .. } => Kind::Lost,
            E::Unsettled { .. } => Kind::Io,
            E::NotDurable { .. } | E::Damaged { .. } | E::Torn { .. } => Kind::Unfinished,
            E::Folder { source, .. } => Kind::of_creating(source),
            E::Path(PathError { op: Op::Open | Op::Find, source, .. }) => Kind::of_reading(source),
            E::Path(error) => Kind::of_creating(&error.source),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Hint> {
        use ReplaceError as E;
        let hint = match self {
            E::BackupName { .. } => Hint::Say("work without --backup, or shorten the file's name"),
            E::Folder { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Hint::WriteInPlace
            }
            E::MountPoint(_) => Hint::MountFolder,
            E::FolderKept { folder, .. } => Hint::WaitForFolder(folder.clone()),
            E::Displaced { path, kept } => Hint::Merge(path.clone(), kept.clone()),
            E::Overtaken { .. } => Hint::Say(
                "what was written is in the replaced version, if anybody has kept that; look at the file before you try again",
            ),
            E::Unsettled { .. } => Hint::Say("nothing was changed; look after the disk"),
            E::Torn { .. } => Hint::Say("look at its last lines before you try again"),
            E::NotDurable { .. } => {
                Hint::Say("the new content is in place: do not repeat the change, but look after the disk")
            }
            E::Damaged { backup: Some(backup), .. } => Hint::OldContent(backup.clone()),
            E::Damaged { backup: None, .. } => Hint::KeepVersions,
            E::NoBackup { path, .. } => Hint::SeeVersions(path.clone()),
            E::IsDirectory(_) => Hint::Say("name a file in it"),
            E::NotAFile(_) | E::Folder { .. } | E::Path(_) => return None,
        };
        Some(hint)
    }

    /// Whether the file may be another than before. Then the same change must not be made again
    /// without a look at it.
    pub fn file_may_have_changed(&self) -> bool {
        use ReplaceError as E;
        matches!(
            self,
            E::Displaced { .. }
                | E::Overtaken { .. }
                | E::NotDurable { .. }
                | E::Damaged { .. }
                | E::Torn { .. }
        )
    }

    pub(super) fn io(op: Op, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> ReplaceError {
        PathError::of(op, path)
    }
}
