//! Removing a folder with all that is in it.

use std::ffi::OsStr;
use std::io;
use std::sync::Arc;

use rustix::fs::OFlags;

use super::{Folder, open_at, single};

/// Deeper than anything of ours: below this, [`Folder::remove_tree`] gives up.
const DEEPEST: usize = 8;

impl Folder {
    /// Removes a folder with all that is in it, or a file. Links are removed, never followed.
    ///
    /// # Errors
    /// Something can't be removed, or is nested deeper than anything of ours.
    pub fn remove_tree(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        self.remove_levels(single(name.as_ref())?, DEEPEST)
    }

    fn remove_levels(&self, name: &OsStr, levels: usize) -> io::Result<()> {
        let is_folder = self.look(name)?.is_some_and(|look| look.is_folder);
        if !is_folder {
            return self.remove_file(name);
        }
        // Another's folder may be in there: opened without asking whose, for it is only emptied.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        if let Ok(file) = open_at(&*self.file, name, flags, 0) {
            let inner = Folder { file: Arc::new(file), path: self.path.join(name).into(), ..self.clone() };
            for name in inner.names()? {
                if levels == 0 {
                    return Err(io::Error::other("folders are nested too deeply in it"));
                }
                inner.remove_levels(&name, levels - 1)?;
            }
        }
        self.remove_folder(name)
    }
}
