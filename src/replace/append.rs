//! Lines added at the end of a file, in place: as quick for ten gigabytes as for none.
//!
//! The order, all of it under the file's lock, which is the caller's business:
//!
//! 1. [`Appending::open`]: the folder's kernel lock, so that nobody with another lock root replaces
//!    the file meanwhile; then the file, for writing at its end.
//! 2. [`Appending::write`]: the path must still name this file; one write; the path must name it
//!    still. An unfinished last line, which a writer left that was killed, is ended first.
//! 3. [`Appending::unlock`], and then [`Appending::finish`], which syncs: nobody waits for that.
//!
//! A write that fails is taken back. When a file has grown too large, [`Appending::set_aside`] gives
//! it the name `FILE.1` and begins a new one, between two lines.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::folder::{Folder, PATIENCE};
use super::temporary::{NAME_LIMIT, Temporary, rename_to_new};
use super::{ReplaceError, Warning, metadata};
use crate::sys;
use crate::sys::dir::Access;
use crate::sys::failure::Op;
use crate::sys::file::Identity;
use crate::sys::path::folder_of;

/// So much of a file's end is looked at, to see how its lines end.
const TAIL: u64 = 4096;
/// So often a file may come and go while it is opened.
const MOST_LOOKS: u32 = 16;

/// When a file is set aside, and how many are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// No file gets larger than this many bytes, unless a single line is.
    pub max_size: u64,
    /// So many are kept, as `FILE.1` (the youngest), `FILE.2`, and so on; 1 at least.
    pub keep: u32,
}

/// A file that is being appended to.
#[must_use = "what was appended is not synced yet"]
#[derive(Debug)]
pub struct Appending {
    folder: Folder,
    path: PathBuf,
    file: File,
    size: u64,
    /// What the last lines end with.
    line_end: &'static [u8],
    /// The last line has no end.
    is_torn: bool,
    /// The file was made by us, and nothing is in it yet.
    is_ours: bool,
    /// How large the file was when we came to it, and what was written since.
    from: u64,
    written: Sha256,
    warnings: Vec<Warning>,
}

impl Appending {
    /// Takes the folder's kernel lock, for which nobody waits long, and opens the file, which is made
    /// where it is missing. `path` is resolved. `sleep` is called for each pause; the wait ends with
    /// what it returns, if anything.
    ///
    /// # Errors
    /// See [`ReplaceError`]; a file that was there is as it was.
    pub fn open<S>(
        path: &Path,
        sleep: impl FnMut(Duration) -> Option<S>,
    ) -> Result<Result<Appending, S>, ReplaceError> {
        let above = folder_of(path);
        let refused = |source| ReplaceError::Folder { folder: above.to_owned(), source };
        if path.file_name().is_none() {
            return Err(ReplaceError::IsDirectory(path.to_owned()));
        }
        let mut folder = Folder::open(above).map_err(refused)?;
        if let Some(by) = folder.lock(PATIENCE, sleep)? {
            return Ok(Err(by));
        }
        let (file, is_ours) = open_or_make(&folder, path)?;
        let mut appending = Appending {
            folder,
            path: path.to_owned(),
            file,
            size: 0,
            line_end: b"\n",
            is_torn: false,
            is_ours,
            from: 0,
            written: Sha256::new(),
            warnings: Vec::new(),
        };
        appending.look_at_end()?;
        Ok(Ok(appending))
    }

    /// How large the file is.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether the file was made for this, and nothing is in it yet.
    pub fn is_made(&self) -> bool {
        self.is_ours
    }

    /// What was written since the file was opened, or begun anew, and how large it was then.
    pub fn added(&self) -> (u64, String) {
        (self.from, hex::encode(self.written.clone().finalize()))
    }

    /// How many of these bytes, in whole lines, the file still takes before it must be set aside;
    /// one line at least where it is empty.
    pub fn room_for(&self, lines: &[u8], rotation: &Rotation) -> usize {
        let mut size = self.size + u64::from(self.is_torn);
        let mut fits = 0;
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            size = size.saturating_add(line.len() as u64 + 1);
            if size > rotation.max_size && !(fits == 0 && self.size == 0) {
                break;
            }
            fits += line.len();
        }
        fits
    }

    /// Writes whole lines at the end. They end as the file's own do.
    ///
    /// # Errors
    /// [`ReplaceError::Overtaken`]: the file lost its name to another one in that moment, and whether
    /// the lines are in that is unknown. [`ReplaceError::Torn`]: a part is there. Otherwise the file
    /// is as it was.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), ReplaceError> {
        let mut bytes = Vec::with_capacity(lines.len() + 2);
        if self.is_torn {
            bytes.extend_from_slice(self.line_end);
        }
        push_lines(&mut bytes, lines, self.line_end);
        self.expect_name(Op::Append)?;
        self.put(&bytes)?;
        (self.is_torn, self.is_ours) = (false, false);
        match self.has_name() {
            Ok(true) => Ok(()),
            _ => Err(ReplaceError::Overtaken { path: self.path.clone() }),
        }
    }

    /// One write in nearly all cases; where it was cut short, what is there is taken back.
    fn put(&mut self, bytes: &[u8]) -> Result<(), ReplaceError> {
        let before = self.size;
        let Err(error) = (&self.file).write_all(bytes) else {
            self.size += bytes.len() as u64;
            self.written.update(bytes);
            return Ok(());
        };
        let now = self.file.metadata().map(|meta| meta.len());
        let is_back = match now {
            Ok(now) if now == before => true,
            // Ours is the last in it, as long as it is not more than we have written.
            Ok(now) if now > before && now - before <= bytes.len() as u64 => {
                self.file.set_len(before).is_ok()
            }
            _ => false,
        };
        if is_back {
            return Err(ReplaceError::io(Op::Append, &self.path)(error));
        }
        Err(ReplaceError::Torn { path: self.path.clone(), source: error })
    }

    /// Gives the file the name `FILE.1`, those that were set aside before the next ones, and begins a
    /// new file, which has its mode, owner and attributes. To be called under the lock's guard.
    ///
    /// # Errors
    /// See [`ReplaceError`]; no line is lost.
    pub fn set_aside(&mut self, rotation: &Rotation) -> Result<(), ReplaceError> {
        if self.is_torn {
            self.put(self.line_end)?;
            self.is_torn = false;
        }
        self.expect_name(Op::Move)?;
        let place = self.folder.place().clone();
        let name = self.path.file_name().unwrap_or_default().to_owned();
        let last = numbered(&name, rotation.keep);
        if last.len() > NAME_LIMIT {
            return Err(ReplaceError::BackupName { path: self.path.clone(), length: last.len() });
        }
        let meta = self.look()?;
        let new = Temporary::create(&place, &name, true)?;
        metadata::copy(&self.file, &meta, new.file(), &self.path, &mut self.warnings)?;
        // Its last lines may be another's, who has not synced yet.
        sys::file::sync_content(&self.file).map_err(ReplaceError::io(Op::Sync, &self.path))?;
        let fail = |number| {
            let path = place.path_of(numbered(&name, number));
            move |error| ReplaceError::io(Op::Move, path)(error)
        };
        // Up to the first free number: nothing goes for whose place there is no need.
        let mut free = 1;
        while free < rotation.keep && place.look(numbered(&name, free)).map_err(fail(free))?.is_some() {
            free += 1;
        }
        for number in (1..free).rev() {
            let moved = place.rename(numbered(&name, number), &place, numbered(&name, number + 1));
            moved.map_err(fail(number))?;
        }
        place.rename(&name, &place, numbered(&name, 1)).map_err(fail(1))?;
        let (temporary, file) = new.into_parts();
        let named = rename_to_new(temporary, &name, self.folder.allows_plain_rename());
        named.map_err(ReplaceError::io(Op::Create, &self.path))?;
        // It is no temporary file any more.
        let _ = sys::file::unlock(&file);
        drop(file);
        self.file = place.open_file(&name, Access::Append).map_err(ReplaceError::io(Op::Open, &self.path))?;
        self.look_at_end()
    }

    /// Gives the folder's kernel lock back.
    pub fn unlock(&mut self) {
        self.folder.unlock();
    }

    /// Syncs the file, and its folder: its name may be another writer's who has not synced yet. No
    /// lock is needed for that.
    ///
    /// # Errors
    /// [`ReplaceError::NotDurable`]: the lines are there.
    pub fn finish(mut self, sync_folder: bool) -> Result<Vec<Warning>, ReplaceError> {
        self.unlock();
        let names = || if sync_folder { self.folder.sync(&self.file) } else { Ok(()) };
        match sys::file::sync_content(&self.file).and_then(|()| names()) {
            Ok(()) => Ok(std::mem::take(&mut self.warnings)),
            Err(source) => Err(ReplaceError::NotDurable { path: self.path.clone(), source }),
        }
    }

    fn look(&self) -> Result<Metadata, ReplaceError> {
        self.file.metadata().map_err(ReplaceError::io(Op::LookAt, &self.path))
    }

    fn look_at_end(&mut self) -> Result<(), ReplaceError> {
        let meta = self.look()?;
        if meta.is_dir() {
            return Err(ReplaceError::IsDirectory(self.path.clone()));
        }
        if !meta.is_file() {
            return Err(ReplaceError::NotAFile(self.path.clone()));
        }
        (self.size, self.from, self.written) = (meta.len(), meta.len(), Sha256::new());
        let length = self.size.min(TAIL);
        let mut tail = vec![0; usize::try_from(length).unwrap_or(0)];
        let read = self.file.read_exact_at(&mut tail, self.size - length);
        read.map_err(ReplaceError::io(Op::Read, &self.path))?;
        let end = tail.iter().rposition(|&byte| byte == b'\n');
        let is_crlf = end.is_some_and(|end| end > 0 && tail[end - 1] == b'\r');
        self.line_end = if is_crlf { b"\r\n" } else { b"\n" };
        self.is_torn = !tail.is_empty() && end != Some(tail.len() - 1);
        Ok(())
    }

    fn has_name(&self) -> io::Result<bool> {
        let ours = Identity::from(&self.file.metadata()?);
        let name = self.path.file_name().unwrap_or_default();
        Ok(self.folder.place().look(name)?.is_some_and(|named| named.identity == ours))
    }

    /// Makes sure that the path still names this file, before anything is done to it.
    fn expect_name(&self, op: Op) -> Result<(), ReplaceError> {
        if self.has_name().map_err(ReplaceError::io(Op::LookAt, &self.path))? {
            return Ok(());
        }
        let replaced = io::Error::other("another program has just replaced it");
        Err(ReplaceError::io(op, &self.path)(replaced))
    }
}

impl Drop for Appending {
    fn drop(&mut self) {
        let is_empty = || self.file.metadata().is_ok_and(|meta| meta.len() == 0);
        if self.is_ours && is_empty() && self.has_name().unwrap_or(false) {
            // Made for lines that could not be written.
            let _ = self.folder.place().remove_file(self.path.file_name().unwrap_or_default());
        }
    }
}

/// Opens a file at its end, or makes it; and whether it was made.
fn open_or_make(folder: &Folder, path: &Path) -> Result<(File, bool), ReplaceError> {
    let name = path.file_name().unwrap_or_default();
    let refused = |source| ReplaceError::Folder { folder: folder_of(path).to_owned(), source };
    let mut looks = 0;
    loop {
        looks += 1;
        match folder.place().open_file(name, Access::Append) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && looks < MOST_LOOKS => {}
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                return Err(ReplaceError::IsDirectory(path.to_owned()));
            }
            // A socket can't be opened at all.
            Err(error) if sys::is_no_file(&error) => return Err(ReplaceError::NotAFile(path.to_owned())),
            opened => return Ok((opened.map_err(ReplaceError::io(Op::Open, path))?, false)),
        }
        // The kernel takes the umask off, and folders' default ACLs are honoured.
        match folder.place().create(name, 0o666) {
            // By a program that takes no lock, and it may be a link by now.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(refused(error)),
            Ok(made) => {
                let ours = made.metadata().map(|meta| Identity::from(&meta));
                let file = folder.place().open_file(name, Access::Append);
                let file = file.map_err(ReplaceError::io(Op::Open, path))?;
                let is_ours =
                    matches!((ours, file.metadata()), (Ok(ours), Ok(meta)) if ours == Identity::from(&meta));
                return Ok((file, is_ours));
            }
        }
    }
}

/// `FILE.3`
fn numbered(name: &OsStr, number: u32) -> OsString {
    let mut numbered = name.to_owned();
    numbered.push(format!(".{number}"));
    numbered
}

/// Each line with an end like the others'.
fn push_lines(bytes: &mut Vec<u8>, lines: &[u8], line_end: &[u8]) {
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        let mut line = line.strip_suffix(b"\n").unwrap_or(line);
        if line_end.len() > 1 {
            line = line.strip_suffix(b"\r").unwrap_or(line);
        }
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(line_end);
    }
}
