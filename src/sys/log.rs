//! A log that several processes append to at once, without a lock, and that is put aside when it is
//! full.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};

use super::clock::since_epoch;
use super::errno::found;
use super::file::{Flock, Identity, try_flock};
use super::folder::{Access, Folder};

/// A log's name, and how long it becomes.
#[derive(Debug, Clone)]
pub struct Log {
    /// Its name in its folder.
    pub name: String,
    /// No file of it has more bytes, except for a single longer line.
    pub limit: u64,
    /// How many full files are kept.
    pub kept: usize,
    /// What they are called.
    pub aside: Aside,
}

/// What a full file is called from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    /// `NAME.1` is the latest. The others move up by one.
    Numbered,
    /// `STEM.MILLISECONDS-PID.SUFFIX`, the stem and the suffix being the name's.
    Dated,
}

impl Log {
    /// Appends one line. `open` opens the file, or makes it if it is missing, with
    /// [`Access::Append`].
    ///
    /// # Errors
    /// The file can't be opened or written; or it is written, but could not be put aside before.
    pub fn append(
        &self,
        folder: &Folder,
        line: &str,
        open: impl Fn(&Folder, &str, Access) -> io::Result<File>,
    ) -> io::Result<()> {
        let open = || open(folder, &self.name, Access::Append);
        let mut file = open()?;
        let mut put = Ok(());
        if file.metadata()?.len() + line.len() as u64 > self.limit {
            put = self.put_aside(folder, &file);
            file = open()?;
        }
        // One write: lines of several processes never mix.
        file.write_all(line.as_bytes()).and(put)
    }

    /// Puts a full file aside, once, however many processes find it full: the one that has its
    /// kernel lock does so, and only while the file still is the log.
    fn put_aside(&self, folder: &Folder, full: &File) -> io::Result<()> {
        let named = || folder.look(&self.name).map(|look| look.map(|look| look.identity));
        if !try_flock(full, Flock::Exclusive)? || named()? != Some(Identity::from(&full.metadata()?)) {
            return Ok(());
        }
        match self.aside {
            Aside::Numbered => {
                for number in (1..=self.kept).rev() {
                    found(folder.rename(self.numbered(number - 1), folder, self.numbered(number)))?;
                }
            }
            Aside::Dated => {
                let (stem, suffix) = self.parts();
                let aside = format!("{stem}{:015}-{}{suffix}", since_epoch().as_millis(), std::process::id());
                folder.rename(&self.name, folder, aside)?;
                let files = self.dated(folder)?;
                for old in files.iter().take(files.len().saturating_sub(self.kept)) {
                    folder.remove_file(old)?;
                }
            }
        }
        Ok(())
    }

    fn numbered(&self, number: usize) -> String {
        if number == 0 { self.name.clone() } else { format!("{}.{number}", self.name) }
    }

    /// The files that were put aside by date, oldest first.
    ///
    /// # Errors
    /// The folder can't be listed.
    pub fn dated(&self, folder: &Folder) -> io::Result<Vec<OsString>> {
        let (stem, suffix) = self.parts();
        let is_aside = |name: &OsString| {
            let name = name.to_str().filter(|name| *name != self.name);
            name.is_some_and(|name| name.starts_with(stem) && name.ends_with(suffix))
        };
        let mut files: Vec<OsString> = folder.names()?.into_iter().filter(is_aside).collect();
        files.sort();
        Ok(files)
    }

    /// `journal.` and `.jsonl`
    fn parts(&self) -> (&str, &str) {
        let dot = self.name.rfind('.').unwrap_or(self.name.len());
        (&self.name[..(dot + 1).min(self.name.len())], &self.name[dot..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of a log's files after twenty lines, none of which was lost before its file went.
    fn after_twenty_lines(aside: Aside) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let log = Log { name: "a.log".to_owned(), limit: 20, kept: 3, aside };
        for number in 0..20 {
            let open = |folder: &Folder, name: &str, access| folder.open_or_create(name, access, 0o600);
            log.append(&folder, &format!("line {number:03}\n"), open).unwrap();
            // Names by date must differ.
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let names = folder.names().unwrap().into_iter().map(|name| name.into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        let text = |name: &String| std::fs::read_to_string(dir.path().join(name)).unwrap();
        let mut lines: Vec<String> =
            names.iter().flat_map(|name| text(name).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        lines.sort();
        assert_eq!(lines, (12..20).map(|number| format!("line {number:03}")).collect::<Vec<_>>());
        names
    }

    #[test]
    fn a_full_log_moves_aside_and_three_are_kept() {
        assert_eq!(after_twenty_lines(Aside::Numbered), ["a.log", "a.log.1", "a.log.2", "a.log.3"]);
        let dated = after_twenty_lines(Aside::Dated);
        assert_eq!(dated.len(), 4);
        assert!(dated.contains(&"a.log".to_owned()), "{dated:?}");
    }
}
