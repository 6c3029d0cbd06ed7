//! Whether two contenders are inside at once: a kernel lock that nobody waits for, beside the
//! lock that is raced.
//!
//! A process that was killed inside has both kernel locks until the kernel closes its files, one
//! after the other in no promised order. The next contender may get the lock while the dead one
//! still has the detector. That is not an overlap, for the dead one no longer runs anything. So a
//! contender that is inside writes its PID down, and a refusal counts only if that process still
//! has a program: the kernel takes that away before it closes the first file.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use crate::sys;
use crate::sys::file::Flock;

/// How long to leave a dying process for closing its files.
const PAUSE: Duration = Duration::from_micros(50);

pub(super) struct Detector {
    file: File,
}

impl Detector {
    pub(super) fn open(path: &Path) -> io::Result<Detector> {
        Ok(Detector { file: OpenOptions::new().read(true).write(true).open(path)? })
    }

    /// Whether nobody has the kernel lock. Takes it.
    pub(super) fn try_lock(&self) -> io::Result<bool> {
        sys::file::try_flock(&self.file, Flock::Exclusive)
    }

    /// Enters; says whether a living process is inside already.
    pub(super) fn enter(&self) -> io::Result<bool> {
        loop {
            if self.try_lock()? {
                self.file.write_all_at(mark(std::process::id()).as_bytes(), 0)?;
                return Ok(false);
            }
            // No mark yet means that the other has just entered: look again.
            if self.inside()?.is_some_and(|pid| sys::process::executable(pid).is_some()) {
                return Ok(true);
            }
            std::thread::sleep(PAUSE);
        }
    }

    pub(super) fn leave(&self) -> io::Result<()> {
        self.file.write_all_at(mark(0).as_bytes(), 0)?;
        sys::file::unlock(&self.file)
    }

    fn inside(&self) -> io::Result<Option<u32>> {
        let mut text = [0; 10];
        let length = self.file.read_at(&mut text, 0)?;
        let pid = std::str::from_utf8(&text[..length]).ok().and_then(|text| text.parse().ok());
        Ok(pid.filter(|&pid| pid != 0))
    }
}

/// Always of one width, so that each overwrites the one before.
fn mark(pid: u32) -> String {
    format!("{pid:010}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_is_inside_already_is_seen_and_one_who_has_left_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("inside");
        File::create(&path).unwrap();
        let (one, other) = (Detector::open(&path).unwrap(), Detector::open(&path).unwrap());
        assert!(!one.enter().unwrap());
        assert!(other.enter().unwrap());
        one.leave().unwrap();
        assert!(!other.enter().unwrap());
    }
}
