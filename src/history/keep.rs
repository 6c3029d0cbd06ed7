//! Keeping the version that is about to be replaced.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, Seek};
use std::os::unix::fs::MetadataExt;

use jiff::Timestamp;

use super::Shelf;
use super::versions::{TEMPORARY, Version};
use crate::sys;
use crate::sys::file::Identity;
use crate::sys::machine::FileSystem;

/// File systems that can let two files share their blocks.
const CLONING: [&str; 5] = ["btrfs", "xfs", "bcachefs", "zfs", "ocfs2"];
/// Here the first further name of a file makes another file of it.
const NO_LINKS: &str = "overlay";
/// The ACL of a file that is open, which a copy takes over.
const ACL: &[u8] = b"system.posix_acl_access";

/// How a version may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By sharing its blocks, by one more name, or by a copy.
    Any,
    /// Never by one more name: the file itself is going to be written to.
    NoLink,
}

/// A version under its temporary name. Dropping it removes it.
#[must_use = "what is kept is removed as soon as this is dropped"]
#[derive(Debug)]
pub struct Kept {
    shelf: Shelf,
    name: OsString,
    is_settled: bool,
}

impl Shelf {
    /// Keeps what an open file holds, under a temporary name that `token` makes nobody else's.
    /// `file_system` is that of the shelf.
    ///
    /// # Errors
    /// It can neither be shared nor copied.
    pub fn keep(
        self,
        old: &File,
        meta: &Metadata,
        way: Way,
        file_system: &FileSystem,
        token: &str,
    ) -> io::Result<Kept> {
        let kept = Kept { name: format!("{TEMPORARY}{token}").into(), shelf: self, is_settled: false };
        if CLONING.contains(&file_system.name.as_str())
            && kept.fill(old, meta, sys::file::clone_content).is_ok()
        {
            return Ok(kept);
        }
        // In a folder for everyone only its owner could give another user's file its lasting name.
        let is_movable = !kept.shelf.folder.is_shared() || meta.uid() == sys::process::effective_user();
        let may_link = way == Way::Any && meta.nlink() == 1 && is_movable && file_system.name != NO_LINKS;
        if may_link && kept.link(old).is_ok() {
            return Ok(kept);
        }
        kept.fill(old, meta, copy_content)?;
        Ok(kept)
    }
}

impl Kept {
    /// Gives the version its lasting name: it was replaced at that time, and its tag is this.
    ///
    /// # Errors
    /// As `rename(2)`; then it is dropped.
    pub fn settle(mut self, replaced: Timestamp, etag: &str) -> io::Result<(Shelf, Version)> {
        let stamp = self.name.as_encoded_bytes();
        let random = String::from_utf8_lossy(&stamp[TEMPORARY.len()..]).into_owned();
        let version = Version::new(replaced, &random, etag);
        let folder = &self.shelf.folder;
        folder.rename(&self.name, folder, version.file_name())?;
        self.is_settled = true;
        Ok((self.shelf.clone(), version))
    }

    /// One more name for the very file that is open.
    fn link(&self, old: &File) -> io::Result<()> {
        let link = || sys::file::link_open(old, self.shelf.folder.file(), &self.name);
        match link() {
            // A try of ours that came to nothing, or another of the same lock.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.shelf.folder.remove_file(&self.name)?;
                link()
            }
            linked => linked,
        }
    }

    /// A new file with the content that `fill` puts into it, and with the mode, the owner and the ACL
    /// of the old one. Where these can't be had, only we may read it.
    fn fill(&self, old: &File, meta: &Metadata, fill: fn(&File, &File) -> io::Result<()>) -> io::Result<()> {
        let folder = self.shelf.folder.as_dir();
        let create = || folder.create(&self.name, 0o600);
        let new = match create() {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                folder.remove_file(&self.name)?;
                create()?
            }
            created => created?,
        };
        let filled = fill(old, &new).and_then(|()| {
            if meta.len() != new.metadata()?.len() {
                return Err(io::Error::other("it was written to meanwhile"));
            }
            Ok(())
        });
        filled.inspect_err(|_| drop(folder.remove_file(&self.name)))?;
        take_after(old, meta, &new);
        if let Ok(modified) = meta.modified() {
            // When a version was written, not when it was copied.
            let _ = new.set_modified(modified);
        }
        Ok(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !self.is_settled {
            // A leftover is pruned after a minute.
            let _ = self.shelf.folder.remove_file(&self.name);
        }
    }
}

fn copy_content(mut old: &File, mut new: &File) -> io::Result<()> {
    old.seek(io::SeekFrom::Start(0))?;
    io::copy(&mut old, &mut new)?;
    Ok(())
}

/// Lets a copy be read by those who could read the original, if it can belong to the same owner.
fn take_after(old: &File, meta: &Metadata, new: &File) {
    let Ok(made) = new.metadata() else { return };
    let same_owner = made.uid() == meta.uid() && made.gid() == meta.gid();
    if !same_owner && sys::file::set_owner(new, Some(meta.uid()), Some(meta.gid())).is_err() {
        return;
    }
    if let Ok(Some(acl)) = sys::file::attribute(old, ACL)
        && sys::file::set_attribute(new, ACL, &acl).is_err()
    {
        return;
    }
    let _ = sys::file::set_mode(new, meta.mode() & 0o777);
}

impl Shelf {
    /// Removes what a dead writer has left of the file with this identity: a temporary name, which is
    /// none that anybody has given it. Only for who has the file's lock. Returns how many there were.
    pub fn remove_leftovers_of(&self, file: Identity) -> u64 {
        let names = self.folder.names().unwrap_or_default();
        let temporary = names.iter().filter(|name| name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()));
        let is_it =
            |name: &&OsString| matches!(self.folder.look(name), Ok(Some(look)) if look.identity == file);
        let removed = temporary.filter(is_it).filter(|name| self.folder.remove_file(name).is_ok());
        removed.count() as u64
    }
}
