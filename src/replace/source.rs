//! The file as it was read: its bytes, and what tells it from every other version.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::ReplaceError;
use crate::sys;
use crate::sys::file::Identity;

/// A file that was opened to be read and then replaced. It is kept open, so that its inode
/// can't be given to another file meanwhile.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    open: Option<(File, Metadata)>,
}

impl Source {
    /// Opens `path`, symbolic links followed. A file that does not exist is an empty source.
    ///
    /// # Errors
    /// It may not be read, or is not a regular file.
    pub fn open(path: &Path) -> Result<Source, ReplaceError> {
        let path = sys::path::resolve(path).map_err(ReplaceError::io("find", path))?;
        // Without O_NONBLOCK a FIFO would wait for somebody to write to it.
        let file = match sys::file::unblocking_options().read(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Source { path, open: None }),
            // A socket can't be opened at all.
            Err(error) if sys::is_no_file(&error) => {
                return Err(ReplaceError::NotAFile(path));
            }
            Err(error) => return Err(ReplaceError::io("open", path)(error)),
        };
        let meta = file.metadata().map_err(ReplaceError::io("look at", &path))?;
        if meta.is_dir() {
            return Err(ReplaceError::IsDirectory(path));
        }
        if !meta.is_file() {
            return Err(ReplaceError::NotAFile(path));
        }
        Ok(Source { path, open: Some((file, meta)) })
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
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
        let mut file = file;
        file.seek(io::SeekFrom::Start(0)).map_err(ReplaceError::io("read", &self.path))?;
        file.read_to_end(&mut bytes).map_err(ReplaceError::io("read", &self.path))?;
        Ok(bytes)
    }

    /// Whether the path still names this version: the same file, not written to since.
    ///
    /// # Errors
    /// The path can't be looked at.
    pub fn is_current(&self) -> io::Result<bool> {
        let now = match fs::symlink_metadata(&self.path) {
            Ok(meta) => Some(meta),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(match (&self.open, now) {
            (None, None) => true,
            (Some((_, then)), Some(now)) => version(then) == version(&now),
            _ => false,
        })
    }

    pub(super) fn file(&self) -> Option<&File> {
        self.open.as_ref().map(|(file, _)| file)
    }

    pub(super) fn metadata(&self) -> Option<&Metadata> {
        self.open.as_ref().map(|(_, meta)| meta)
    }
}

/// The time of the last change to the inode is left out: a backup's hard link moves it.
fn version(meta: &Metadata) -> (Identity, u64, i64, i64) {
    (Identity::from(meta), meta.len(), meta.mtime(), meta.mtime_nsec())
}
