//! What is remembered of a session between two of its events: one small file.
//!
//! Each line says what is so of one thing from now on, or that it is over; of several about the same
//! thing the last one counts. A client runs its hooks in parallel, so whoever reads the file has its
//! kernel lock until all is done. That lock ends with the process, so a killed hook keeps nobody out.
//! A line is one write at the end: what a kill leaves is whole lines, and what a crash cuts short is
//! left out. When most lines are out of date the file is written anew beside itself and renamed;
//! whoever has waited for the old one's lock sees that it has lost its name, and opens the new one.
//!
//! Nothing is synced: after a power cut all locks are over, and files that nobody has seen may be
//! written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Agent;
use crate::sys;
use crate::sys::file::{Flock, Identity, read_whole, try_flock};
use crate::sys::folder::{Access, Folder};
use crate::sys::found;
use crate::sys::text::{escape, unescape};

/// How long another hook of the session may have the file. It needs milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_micros(300);
/// How often the file may be written anew while we wait for it.
const MOST_TURNS: usize = 50;
/// A longer file is not one of ours.
const LONGEST: u64 = 16 << 20;
/// A file that is shorter is not written anew.
const SHORT: usize = 64 << 10;
/// So many files at most are remembered as seen; the ones seen longest ago are forgotten first.
const MOST_SEEN: usize = 4000;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// The client's process.
    Client,
    /// What a file was when this holder last read or wrote it.
    Seen,
    /// A reading that has begun.
    Reading,
    /// An edit that has begun.
    Editing,
    /// An edit that was refused.
    Refused,
    /// A lease.
    Held,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) kind: Kind,
    /// The subagent; empty for the main agent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) agent: String,
    /// The file's true path, escaped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) path: String,
    /// The id of the client's call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) call: String,
    /// Since when, in milliseconds since 1970; absent when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<i64>,
    /// What the file was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tag: Option<String>,
    /// The version that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// The tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tool: Option<String>,
    /// The client's process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) process: Option<Process>,
}

/// A process, as it is known in one PID namespace of one boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) started: u64,
    pub(super) namespace: Option<u64>,
    pub(super) boot: Option<String>,
}

type Key = (Kind, String, String, String);

impl Line {
    /// One about a file, from now on.
    pub(super) fn of(kind: Kind, agent: &Agent, path: &Path, call: &str) -> Line {
        let now = i64::try_from(sys::clock::since_epoch().as_millis()).unwrap_or(i64::MAX);
        Line {
            kind,
            agent: agent.subagent().to_owned(),
            path: escape(path.as_os_str().as_encoded_bytes()),
            call: call.to_owned(),
            at: Some(now),
            tag: None,
            version: None,
            tool: None,
            process: None,
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        use std::os::unix::ffi::OsStringExt;
        PathBuf::from(std::ffi::OsString::from_vec(unescape(&self.path)))
    }

    fn key(&self) -> Key {
        (self.kind, self.agent.clone(), self.path.clone(), self.call.clone())
    }
}

/// The file of a session, under its kernel lock.
#[derive(Debug)]
pub(super) struct Register {
    folder: Folder,
    name: String,
    file: File,
    lines: BTreeMap<Key, Line>,
    /// How many bytes and lines the file has.
    length: usize,
    count: usize,
}

/// Opens the folder of all sessions, and makes it if that is wanted.
///
/// # Errors
/// It can't be made, or others could write to it.
pub(super) fn folder(path: &Path, make: bool) -> io::Result<Folder> {
    let folder = if make { Folder::walk_to_or_make(path, Some(0o700)) } else { Folder::walk_to(path) }?;
    let me = sys::process::effective_user();
    if folder.is_shared() || folder.owner() != me && me != 0 {
        let why = format!("{} is not to be trusted: others may write to it", path.display());
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    Ok(folder)
}

impl Register {
    /// Opens the file of this agent's session, and makes it when it is missing.
    ///
    /// # Errors
    /// It can't be opened, made or read, or another hook keeps it.
    pub(super) fn open(path: &Path, agent: &Agent) -> io::Result<Register> {
        let folder = match folder(path, false) {
            Err(error) if error.kind() == ErrorKind::NotFound => self::folder(path, true),
            opened => opened,
        }?;
        let name = agent.file_name();
        for _ in 0..MOST_TURNS {
            let file = folder.open_or_create(&name, Access::Append, 0o600)?;
            if let Some(register) = Register::lock(&folder, &name, file, PATIENCE)? {
                return Ok(register);
            }
        }
        Err(busy(&folder, &name))
    }

    /// The same where there is one; `None` also where another hook has it for longer than `patience`.
    ///
    /// # Errors
    /// As [`Register::open`].
    pub(super) fn existing(folder: &Folder, name: &str, patience: Duration) -> io::Result<Option<Register>> {
        for _ in 0..MOST_TURNS {
            let Some(file) = found(folder.open_file(name, Access::Append))? else { return Ok(None) };
            match Register::lock(folder, name, file, patience) {
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                locked => return locked,
            }
        }
        Ok(None)
    }

    /// `None` when the file has lost its name meanwhile.
    fn lock(folder: &Folder, name: &str, file: File, patience: Duration) -> io::Result<Option<Register>> {
        let deadline = sys::clock::deadline(patience);
        while !try_flock(&file, Flock::Exclusive)? {
            if Instant::now() >= deadline {
                return Err(busy(folder, name));
            }
            std::thread::sleep(PAUSE);
        }
        let meta = file.metadata()?;
        if !folder.is(name, Identity::from(&meta))? {
            return Ok(None);
        }
        if meta.len() > LONGEST {
            let path = folder.path_of(name);
            return Err(io::Error::other(format!("{} is larger than {LONGEST} bytes", path.display())));
        }
        let text = read_whole(&file, meta.len())?;
        let (mut lines, mut count) = (BTreeMap::new(), 0);
        for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            count += 1;
            let Ok(line) = serde_json::from_slice::<Line>(line) else { continue };
            match line.at {
                Some(_) => lines.insert(line.key(), line),
                None => lines.remove(&line.key()),
            };
        }
        let mut register = Register {
            folder: folder.clone(),
            name: name.to_owned(),
            file,
            lines,
            length: text.len(),
            count,
        };
        if text.last().is_some_and(|&last| last != b'\n') {
            // What a crash cut short must not swallow the next line.
            register.append(b"\n")?;
        }
        Ok(Some(register))
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len();
        self.count += 1;
        Ok(())
    }

    /// Says what is so from now on.
    ///
    /// # Errors
    /// It can't be written.
    pub(super) fn put(&mut self, line: Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.append(&text)?;
        match line.at {
            Some(_) => self.lines.insert(line.key(), line),
            None => self.lines.remove(&line.key()),
        };
        Ok(())
    }

    /// Says that something is over, if it is so.
    ///
    /// # Errors
    /// It can't be written.
    pub(super) fn end(&mut self, line: &Line) -> io::Result<()> {
        if !self.lines.contains_key(&line.key()) {
            return Ok(());
        }
        let over = Line { at: None, tag: None, version: None, tool: None, process: None, ..line.clone() };
        self.put(over)
    }

    /// What is so of one thing.
    pub(super) fn get(&self, about: &Line) -> Option<&Line> {
        self.lines.get(&about.key())
    }

    /// All of a kind, of one holder or of all.
    pub(super) fn all(&self, kind: Kind, agent: Option<&str>) -> Vec<Line> {
        let lines = self.lines.values().filter(|line| line.kind == kind);
        lines.filter(|line| agent.is_none_or(|agent| line.agent == agent)).cloned().collect()
    }

    /// Whether the holder has a call of this kind in progress on a file, besides this one.
    pub(super) fn has_other(&self, about: &Line) -> bool {
        let same =
            |line: &&Line| line.kind == about.kind && line.agent == about.agent && line.path == about.path;
        self.lines.values().filter(same).any(|line| line.call != about.call)
    }

    /// Gives the file back, and writes it anew if most of it is out of date.
    pub(super) fn close(mut self) {
        if self.length > SHORT && self.count > 4 * self.lines.len() || self.lines.len() > 2 * MOST_SEEN {
            // It stays as it is where that fails.
            let _ = self.rewrite();
        }
        let _ = sys::file::unlock(&self.file);
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let mut seen: Vec<&Line> = self.lines.values().filter(|line| line.kind == Kind::Seen).collect();
        seen.sort_by_key(|line| std::cmp::Reverse(line.at));
        let forgotten: Vec<Key> = seen.iter().skip(MOST_SEEN).map(|line| line.key()).collect();
        forgotten.iter().for_each(|key| drop(self.lines.remove(key)));
        let mut text = Vec::new();
        for line in self.lines.values() {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        // Nobody else makes it: we have the session's lock. A killed one may have left it.
        let name = format!(".{}.new", self.name);
        let _ = self.folder.remove_file(&name);
        let mut fresh = self.folder.create_file(&name, 0o600)?;
        let mut temporary = self.folder.temporary(&name);
        fresh.write_all(&text)?;
        temporary.rename_to(&self.folder, &self.name)
    }

    /// Removes the file: the session is over.
    pub(super) fn remove(self) -> io::Result<()> {
        let removed = found(self.folder.remove_file(&self.name));
        let _ = sys::file::unlock(&self.file);
        removed.map(drop)
    }
}

fn busy(folder: &Folder, name: &str) -> io::Error {
    let path = folder.path_of(name);
    io::Error::new(ErrorKind::WouldBlock, format!("another hook of this session keeps {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(dir: &Path) -> Register {
        Register::open(dir, &Agent::new("c", "1", None)).unwrap()
    }

    fn seen(path: &str, tag: &str) -> Line {
        let line = Line::of(Kind::Seen, &Agent::new("c", "1", None), Path::new(path), "");
        Line { tag: Some(tag.to_owned()), ..line }
    }

    #[test]
    fn the_last_line_counts_and_half_a_line_does_not() {
        let top = tempfile::tempdir().unwrap();
        let dir = top.path().canonicalize().unwrap().join("a/sessions");
        let mut register = open(&dir);
        register.put(seen("/f\n", "1")).unwrap();
        register.put(seen("/f\n", "2")).unwrap();
        register.put(seen("/g", "1")).unwrap();
        register.end(&seen("/g", "")).unwrap();
        register.close();
        let file = dir.join("c@1.jsonl");
        let mut text = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
        text.write_all(br#"{"kind":"seen","path":"/f\\n","at"#).unwrap();
        let mut register = open(&dir);
        assert_eq!(register.all(Kind::Seen, None).len(), 1);
        assert_eq!(register.get(&seen("/f\n", "")).unwrap().tag.as_deref(), Some("2"));
        register.put(seen("/h", "1")).unwrap();
        register.close();
        assert_eq!(open(&dir).all(Kind::Seen, None).len(), 2);
    }

    #[test]
    fn a_file_that_is_mostly_out_of_date_is_written_anew_for_those_who_wait_too() {
        let top = tempfile::tempdir().unwrap();
        let dir = top.path().canonicalize().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let dir = &dir;
                scope.spawn(move || {
                    for number in 0..100 {
                        let mut register = open(dir);
                        register.put(seen(&format!("/{thread}"), &format!("{number:0>40}"))).unwrap();
                        register.close();
                    }
                });
            }
        });
        let register = open(&dir);
        let tags: Vec<String> =
            register.all(Kind::Seen, None).into_iter().filter_map(|line| line.tag).collect();
        assert_eq!(tags, vec![format!("{:0>40}", 99); 8]);
        assert!(register.count < 800, "{}", register.count);
    }
}
