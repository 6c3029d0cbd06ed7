//! Ownership: what may be read in, and left to, another user's folder.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::{Access, Folder};
use crate::sys::dir::single;
use crate::sys::errno::found;
use crate::sys::file::{Identity, set_mode};
use crate::sys::process::effective_user;

/// How often a new folder's content is examined before the folder stays the superuser's: for half a
/// second.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);
/// The bit of a mode that lets everyone read.
const READABLE_BY_ALL: u32 = 0o004;

impl Folder {
    /// The same as [`Folder::folder`], but anything that is not a folder is refused as
    /// `PermissionDenied`, with the reason.
    pub fn own_folder(&self, name: impl AsRef<OsStr>) -> io::Result<Folder> {
        let name = name.as_ref();
        match self.folder(name) {
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Err(self.distrust(name, "it is not a directory"))
            }
            opened => opened,
        }
    }

    /// Opens a regular file whose content will be shown or sent: it must be one that the folder's
    /// owner could read as well. A hard link or a renamed file can be another user's secret.
    ///
    /// # Errors
    /// As [`Folder::open_file`]; `PermissionDenied` with the reason.
    pub fn open_readable(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        self.open_told(name, |_| Ok(false))
    }

    /// The same for a file that may have a second name, if `knows` that name.
    ///
    /// # Errors
    /// As [`Folder::open_readable`], or what `knows` meets.
    pub fn open_told(
        &self,
        name: impl AsRef<OsStr>,
        knows: impl FnOnce(Identity) -> io::Result<bool>,
    ) -> io::Result<File> {
        let name = name.as_ref();
        let (file, meta) = self.open_known(name, Access::Read)?;
        let known = meta.nlink() == 2 && knows(Identity::from(&meta))?;
        match unreadable(&meta, self.owner, self.shared, known) {
            Some(why) => Err(self.distrust(name, why)),
            None => Ok(file),
        }
    }

    /// Reads such a file whole. The outer `None` is for one that is not there, the inner one for one
    /// that is larger than `limit`.
    pub fn read_file(&self, name: impl AsRef<OsStr>, limit: u64) -> io::Result<Option<Option<Vec<u8>>>> {
        let Some(file) = found(self.open_readable(name))? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        Ok(Some((bytes.len() as u64 <= limit).then_some(bytes)))
    }

    /// Creates a file as [`Folder::create_file`] does. One that the superuser may not give to the
    /// folder's owner gets the permissions `kept`: with those of a private file nobody could tell
    /// it from a secret that was moved here.
    pub fn create_shown(&self, name: impl AsRef<OsStr>, mode: u32, kept: u32) -> io::Result<File> {
        let name = single(name.as_ref())?;
        let file = self.create_file(name, mode)?;
        self.show(&file, kept).inspect_err(|_| drop(self.remove_file(name)))?;
        Ok(file)
    }

    /// Makes a folder as [`Folder::make_folder`] does, with `kept` in the same case.
    pub fn make_shown(&self, name: impl AsRef<OsStr>, mode: u32, kept: u32) -> io::Result<Folder> {
        let name = single(name.as_ref())?;
        let (made, ours) = self.make(name, Some(mode))?;
        if ours {
            self.show(made.file(), kept).inspect_err(|_| drop(self.remove_folder(name)))?;
        }
        Ok(made)
    }

    /// Gives a folder that was just made, and opened by its name afterwards, to this folder's owner.
    /// That one may have given the name to another folder of the superuser's in between, which has
    /// something in it that is not the owner's: it stays as it is, and the answer is no. Another
    /// process of the superuser's that works in the new one already has given its things away soon.
    pub(super) fn give_made(&self, made: &Folder) -> io::Result<bool> {
        if self.owner == 0 || effective_user() != 0 {
            return Ok(true);
        }
        for _ in 0..LOOKS {
            let is_owners =
                |name| made.look(name).is_ok_and(|look| look.is_none_or(|look| look.user == self.owner));
            if made.names()?.into_iter().all(is_owners) {
                self.give(made.file())?;
                return Ok(true);
            }
            std::thread::sleep(PAUSE);
        }
        Ok(false)
    }

    fn show(&self, made: &File, kept: u32) -> io::Result<()> {
        if self.owner != 0 && effective_user() == 0 && made.metadata()?.uid() != self.owner {
            set_mode(made, kept)?;
        }
        Ok(())
    }
}

/// Why the content of a file in a folder of that owner may not be shown.
pub(super) fn unreadable(
    meta: &Metadata,
    owner: u32,
    shared: bool,
    second_name_is_known: bool,
) -> Option<&'static str> {
    // Users other than the owner can make a second name.
    if meta.nlink() > 1 && !second_name_is_known && (shared || meta.uid() != owner) {
        return Some("it has another name besides this one");
    }
    let ours_alone = meta.uid() == 0 && meta.mode() & READABLE_BY_ALL == 0;
    (ours_alone && owner != 0 && effective_user() == 0)
        .then_some("only the superuser may read it, and the folder is another's")
}
