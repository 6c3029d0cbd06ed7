//! The file as it was read: its bytes, and what tells it from every other version.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ReplaceError;
use super::folder::{Folder, PATIENCE};
use super::leftovers::{Swept, sweep};
use crate::sys;
use crate::sys::dir::{Access, Version};
use crate::sys::failure::{Op, PathError};
use crate::sys::path::folder_of;

/// So often a path is resolved anew because it turned while it was followed.
const MOST_TURNS: u32 = 16;

/// A file that was opened to be read and then replaced. It is kept open, so that its inode
/// can't be given to another file meanwhile.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    /// `None` as long as there is no such folder.
    folder: Option<Folder>,
    open: Option<(File, Metadata)>,
}

/// A content as it is read piece by piece, with a place of its own in it.
#[derive(Debug)]
pub struct Pieces {
    file: Option<File>,
    at: u64,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(file) = &self.file else { return Ok(0) };
        let length = file.read_at(buffer, self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

impl Source {
    /// Opens `path`, symbolic links followed. A file that does not exist is an empty source.
    ///
    /// # Errors
    /// It may not be read, or is not a regular file.
    pub fn open(path: &Path) -> Result<Source, ReplaceError> {
        let mut turns = 0;
        loop {
            match Source::open_resolved(path) {
                Err(error) if Source::is_turned(&error) && turns < MOST_TURNS => turns += 1,
                opened => return opened,
            }
        }
    }

    /// A file that is open already, to lend another one its owner, attributes and mode.
    ///
    /// # Errors
    /// It can't be looked at.
    pub fn opened(path: &Path, file: File) -> Result<Source, ReplaceError> {
        let meta = file.metadata().map_err(ReplaceError::io(Op::LookAt, path))?;
        Ok(Source { path: path.to_owned(), folder: None, open: Some((file, meta)) })
    }

    fn open_resolved(path: &Path) -> Result<Source, ReplaceError> {
        let path = sys::path::resolve(path).map_err(ReplaceError::io(Op::Find, path))?;
        let mut source = Source::unread(&path)?;
        source.open_file()?;
        Ok(source)
    }

    /// The file of a path that has been resolved already, not opened yet: only its folder is.
    ///
    /// # Errors
    /// As [`Source::open`]; for a link that is on the path by now see [`Source::is_turned`].
    pub fn unread(path: &Path) -> Result<Source, ReplaceError> {
        if path.file_name().is_none() {
            return Err(ReplaceError::IsDirectory(path.to_owned()));
        }
        let folder = sys::found(Folder::open(folder_of(path))).map_err(ReplaceError::io(Op::Open, path))?;
        Ok(Source { path: path.to_owned(), folder, open: None })
    }

    /// Whether an error means that there is a link where there was none when the path was resolved.
    pub fn is_turned(error: &ReplaceError) -> bool {
        matches!(error, ReplaceError::Path(PathError { op: Op::Open, source, .. }) if sys::is_loop(source))
    }

    /// Deletes what dead writers have left beside the file: see
    /// [`sweep_leftovers_of`](super::sweep_leftovers_of). Unless it is to be done thoroughly, some
    /// may stay in a large folder for a while.
    pub fn sweep(&self, thoroughly: bool) -> Swept {
        let place = self.folder.as_ref().map(Folder::place);
        place.map_or_else(Swept::default, |place| sweep(place, self.name(), thoroughly))
    }

    /// Opens the file as it is now. If there is none, the source is empty.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_file(&mut self) -> Result<(), ReplaceError> {
        self.open = None;
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = || self.path.clone();
        let file = match folder.place().open_file(self.name(), Access::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            // A socket can't be opened at all.
            Err(error) if sys::is_no_file(&error) => return Err(ReplaceError::NotAFile(path())),
            Err(error) => return Err(ReplaceError::io(Op::Open, path())(error)),
        };
        let meta = file.metadata().map_err(ReplaceError::io(Op::LookAt, path()))?;
        if meta.is_dir() {
            return Err(ReplaceError::IsDirectory(path()));
        }
        if !meta.is_file() {
            return Err(ReplaceError::NotAFile(path()));
        }
        self.open = Some((file, meta));
        Ok(())
    }

    /// The true path, every link resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there was a file.
    pub fn exists(&self) -> bool {
        self.open.is_some()
    }

    /// The whole content; empty where there was no file.
    ///
    /// # Errors
    /// The read failed.
    pub fn read(&self) -> Result<Vec<u8>, ReplaceError> {
        let Some((file, meta)) = &self.open else { return Ok(Vec::new()) };
        sys::file::read_whole(file, meta.len()).map_err(ReplaceError::io(Op::Read, &self.path))
    }

    /// Whether the path still names this version: the same file, not written to since.
    ///
    /// # Errors
    /// The path can't be looked at.
    pub fn is_current(&self) -> io::Result<bool> {
        let now = match &self.folder {
            Some(folder) => folder.place().version_of(self.name())?,
            None => sys::found(fs::symlink_metadata(&self.path))?.as_ref().map(Version::from),
        };
        Ok(now == self.version())
    }

    /// Takes the kernel lock of the file's folder before the file is replaced, so that no other
    /// aimem can be faster, and opens the file again as it is then. For a short time only: others
    /// do not wait long. Where the lock can't be had, nothing is different from before.
    ///
    /// `sleep` is called for each pause; the wait ends with what it returns, if anything.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn lock_folder<S>(
        &mut self,
        sleep: impl FnMut(Duration) -> Option<S>,
    ) -> Result<Option<S>, ReplaceError> {
        let Some(folder) = &mut self.folder else { return Ok(None) };
        let interrupted = folder.lock(PATIENCE, sleep)?;
        if interrupted.is_none() {
            self.open_file()?;
        }
        Ok(interrupted)
    }

    /// The folder, which must be there by now, for whoever is going to change something in it.
    pub(super) fn take_folder(&mut self) -> Result<Folder, ReplaceError> {
        let path = folder_of(&self.path);
        let refused = |source| ReplaceError::Folder { folder: path.to_owned(), source };
        self.folder.take().map_or_else(|| Folder::open(path).map_err(refused), Ok)
    }

    /// Undoes [`Source::take_folder`].
    pub(super) fn put_folder_back(&mut self, folder: Folder) {
        self.folder = Some(folder);
    }

    /// The content piece by piece, from its beginning.
    ///
    /// # Errors
    /// No descriptors are left.
    pub fn pieces(&self) -> Result<Pieces, ReplaceError> {
        let copy = self.file().map(File::try_clone).transpose();
        Ok(Pieces { file: copy.map_err(ReplaceError::io(Op::Open, &self.path))?, at: 0 })
    }

    /// The last name of the path.
    pub(super) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    pub(super) fn version(&self) -> Option<Version> {
        self.metadata().map(Version::from)
    }

    /// The open file.
    pub fn file(&self) -> Option<&File> {
        self.open.as_ref().map(|(file, _)| file)
    }

    /// What it looked like when it was opened.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.open.as_ref().map(|(_, meta)| meta)
    }
}
