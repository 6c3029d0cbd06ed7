//! What an agent has seen of files.
//!
//! A tool reads at some moment between the two events. Only if the file is the same at both is it known
//! what was read.

use std::path::{Path, PathBuf};

use super::look::{Look, UNKNOWN};
use super::register::{Kind, Line, Register};
use super::{Call, EditsError, Watch};
use crate::sys::path::resolve;

impl Watch<'_> {
    /// The agent is going to read these files.
    ///
    /// # Errors
    /// What is remembered can't be written, or a file not be read.
    pub fn before_read(&self, call: &Call, files: &[PathBuf]) -> Result<(), EditsError> {
        let looks = self.looks(files)?;
        if looks.is_empty() {
            return Ok(());
        }
        let mut register = self.register()?;
        for (path, look) in looks {
            let reading = Line { tag: Some(look.tag), ..self.line(Kind::Reading, &path, &call.id) };
            register.put(reading).map_err(self.failed())?;
        }
        register.close();
        Ok(())
    }

    /// The agent has read these files, or tried to.
    ///
    /// # Errors
    /// As [`Watch::before_read`].
    pub fn after_read(&self, call: &Call, files: &[PathBuf]) -> Result<(), EditsError> {
        let looks = self.looks(files)?;
        if looks.is_empty() {
            return Ok(());
        }
        let mut register = self.register()?;
        for (path, look) in looks {
            let reading = self.line(Kind::Reading, &path, &call.id);
            let before = register.get(&reading).and_then(|line| line.tag.clone());
            register.end(&reading).map_err(self.failed())?;
            let tag = if before.as_ref() == Some(&look.tag) { look.tag } else { UNKNOWN.to_owned() };
            self.remember(&mut register, &path, tag)?;
        }
        register.close();
        Ok(())
    }

    /// Remembers what the agent knows a file to be.
    pub(super) fn remember(
        &self,
        register: &mut Register,
        path: &Path,
        tag: String,
    ) -> Result<(), EditsError> {
        let seen = Line { tag: Some(tag), ..self.line(Kind::Seen, path, "") };
        if register.get(&seen).is_some_and(|known| known.tag == seen.tag) {
            return Ok(());
        }
        register.put(seen).map_err(self.failed())
    }

    /// The watched ones of these files, by their true paths. What can't be looked at, the tool can't read.
    fn looks(&self, files: &[PathBuf]) -> Result<Vec<(PathBuf, Look)>, EditsError> {
        let mut looks = Vec::new();
        for file in files {
            let Ok(path) = resolve(file) else { continue };
            if !self.options.scope.covers(&path) {
                continue;
            }
            if let Ok(Some(look)) = Look::at(&path) {
                looks.push((path, look));
            }
        }
        Ok(looks)
    }
}
