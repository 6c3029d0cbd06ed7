//! What an installation changed: the span of the file that it put in, and what stood there.
//!
//! A note is one small file of ours. It holds nothing of the user's but white space and, where the
//! client's file lacked them, brackets. Without it an entry is removed all the same, and at worst a
//! blank or an empty table stays.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::memory::Change;
use crate::replace::{Replace, ReplaceError};
use crate::sys::path::resolve;

/// What an installation changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The file.
    pub file: PathBuf,
    /// Whether there was a file at all.
    pub existed: bool,
    /// Where the span begins.
    pub at: usize,
    /// What stood there.
    pub old: String,
    /// What has stood there since.
    pub new: String,
    /// The tables and lists that had to be made, by their keys.
    pub made: Vec<Vec<String>>,
}

impl Note {
    /// The one span in which the two versions of a file differ.
    pub fn of(change: &Change, made: Vec<Vec<String>>) -> Option<Note> {
        let (old, new) = (&change.old[..], &change.new[..]);
        let front = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let rest = old[front..].iter().rev().zip(new[front..].iter().rev());
        let back = rest.take_while(|(old, new)| old == new).count();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        Some(Note {
            file: change.file.clone(),
            existed: change.existed,
            at: front,
            old: text(&old[front..old.len() - back])?,
            new: text(&new[front..new.len() - back])?,
            made,
        })
    }

    /// The file with its first bytes in that span, if the span can still be told.
    pub fn undone(&self, now: &[u8]) -> Option<Vec<u8>> {
        let new = self.new.as_bytes();
        if new.is_empty() {
            return None;
        }
        let is_there = now.get(self.at..).is_some_and(|rest| rest.starts_with(new));
        let at = if is_there { self.at } else { only_place(now, new)? };
        let (before, after) = (&now[..at], &now[at + new.len()..]);
        Some([before, self.old.as_bytes(), after].concat())
    }
}

/// Where some bytes stand, if that is one place.
fn only_place(now: &[u8], bytes: &[u8]) -> Option<usize> {
    let mut places = now.windows(bytes.len()).enumerate().filter(|(_, window)| *window == bytes);
    let (at, _) = places.next()?;
    places.next().is_none().then_some(at)
}

/// Where notes are kept.
#[derive(Debug, Clone)]
pub struct Notes {
    /// A folder of ours.
    pub folder: PathBuf,
}

impl Notes {
    /// The file of the note for what `task` has put into a file.
    fn path(&self, task: &str, file: &Path) -> PathBuf {
        let file = resolve(file).unwrap_or_else(|_| file.to_owned());
        let digest = hex::encode(Sha256::digest(file.as_os_str().as_encoded_bytes()));
        self.folder.join(format!("{task}-{}.json", &digest[..16]))
    }

    /// The note, if there is one that can be read.
    pub fn read(&self, task: &str, file: &Path) -> Option<Note> {
        let text = std::fs::read(self.path(task, file)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps a note, durably.
    ///
    /// # Errors
    /// The folder can't be made, or the file can't be written.
    pub fn keep(&self, task: &str, note: &Note) -> Result<(), ReplaceError> {
        let path = self.path(task, &note.file);
        let mut text = serde_json::to_vec_pretty(note).unwrap_or_default();
        text.push(b'\n');
        let replace = Replace::new();
        replace.make_folders(&path)?;
        replace.write(&path, &text).map(drop)
    }

    /// Drops a note.
    pub fn drop(&self, task: &str, file: &Path) {
        let _ = std::fs::remove_file(self.path(task, file));
    }
}
