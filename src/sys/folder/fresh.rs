//! Replacing a file in a folder of trust: written beside it, synced, then renamed over it.

use std::fs::File;
use std::io::{self, Write};

use super::Folder;
use crate::sys;
use crate::sys::temporary::TemporaryName;

/// What the names of temporary files end with.
const SUFFIX: &str = ".aimem-tmp";

/// New content, on disk under a name of its own. Dropping it removes it.
#[derive(Debug)]
#[must_use = "it is removed as soon as it is dropped"]
pub struct Fresh<'a> {
    folder: &'a Folder,
    file: File,
    name: TemporaryName,
}

impl<'a> Fresh<'a> {
    /// Writes and syncs the future content of `target`. The last number is for a file that the
    /// superuser may not give to the folder's owner.
    pub fn write(
        folder: &'a Folder,
        target: &str,
        bytes: &[u8],
        mode: u32,
        kept: u32,
    ) -> io::Result<Fresh<'a>> {
        loop {
            let name = format!(".{target}.{}{SUFFIX}", hex::encode(&sys::random_128()?[..3]));
            let file = match folder.create_shown(&name, mode, kept) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                created => created?,
            };
            let mut fresh = Fresh { folder, file, name: folder.temporary(name) };
            // A sweep leaves a locked file alone.
            let _ = sys::file::lock_new(&fresh.file);
            fresh.file.write_all(bytes)?;
            fresh.file.sync_all()?;
            return Ok(fresh);
        }
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Gives it its name. The folder is not synced yet.
    pub fn rename_to(mut self, target: &str) -> io::Result<()> {
        self.name.rename_to(self.folder, target)
    }

    /// Removes what killed processes left beside `target`. Only for a caller that keeps all others
    /// out.
    pub fn sweep(folder: &Folder, target: &str) {
        let begin = format!(".{target}.");
        let is_ours = |name: &str| name.starts_with(&begin) && name.ends_with(SUFFIX);
        for name in folder.names().unwrap_or_default() {
            if name.to_str().is_some_and(is_ours) {
                let _ = folder.remove_file(&name);
            }
        }
    }
}
