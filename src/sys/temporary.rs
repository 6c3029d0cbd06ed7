//! Names that last only while their maker is at work.
//!
//! What others must find complete is made under such a name, locked, written, and only then given
//! its final name. So nobody finds it incomplete, and the kernel lock on a leftover tells whether
//! its maker is gone.

use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::Arc;

use super::dir::Dir;

/// The name of a file or a folder of ours. Dropping it removes what has the name, unless it has
/// been given a lasting name. A struct that also holds the open file should declare it before the
/// name, so that it is closed first: some file systems do not remove the folder of an open file.
#[must_use = "what has the name is removed as soon as this is dropped"]
#[derive(Debug)]
pub struct TemporaryName {
    dir: Arc<Dir>,
    name: OsString,
    ours: bool,
}

impl TemporaryName {
    /// Takes charge of what was made under that name.
    pub fn new(dir: &Arc<Dir>, name: impl Into<OsString>) -> TemporaryName {
        TemporaryName { dir: dir.clone(), name: name.into(), ours: true }
    }

    /// The folder that it is in.
    pub fn dir(&self) -> &Arc<Dir> {
        &self.dir
    }

    /// The name as it is now.
    pub fn as_os_str(&self) -> &OsStr {
        &self.name
    }

    /// Gives it another temporary name, which nobody else has.
    pub fn turn_into(&mut self, other: OsString) -> io::Result<()> {
        self.dir.rename(&self.name, &self.dir, &other)?;
        self.name = other;
        Ok(())
    }

    /// Gives it a lasting name, replacing whatever has that one.
    ///
    /// # Errors
    /// As `rename(2)`; it keeps its temporary name.
    pub fn rename_to(&mut self, to: &Dir, name: impl AsRef<OsStr>) -> io::Result<()> {
        self.dir.rename(&self.name, to, name)?;
        self.ours = false;
        Ok(())
    }

    /// Gives it a lasting name in its folder, unless something has that one: see
    /// [`Dir::rename_new`].
    ///
    /// # Errors
    /// `AlreadyExists`; `Unsupported`; it keeps its temporary name.
    pub fn rename_new(&mut self, name: impl AsRef<OsStr>) -> io::Result<()> {
        self.dir.rename_new(&self.name, &self.dir, name)?;
        self.ours = false;
        Ok(())
    }

    /// The same for a file, on any file system that has hard links: see [`Dir::move_new`].
    ///
    /// # Errors
    /// `AlreadyExists`; it keeps its temporary name.
    pub fn move_new(&mut self, name: impl AsRef<OsStr>) -> io::Result<()> {
        self.dir.move_new(&self.name, name)?;
        self.ours = false;
        Ok(())
    }

    /// Leaves the name to whoever finds it.
    pub fn leave(mut self) {
        self.ours = false;
    }
}

impl Drop for TemporaryName {
    fn drop(&mut self) {
        if self.ours && self.dir.remove_file(&self.name).is_err() {
            let _ = self.dir.remove_tree(&self.name);
        }
    }
}
