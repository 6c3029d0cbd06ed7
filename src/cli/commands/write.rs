//! `aimem write`

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use clap::Args;

use super::super::args::{LockArgs, ReplaceArgs, call, refuse_dash};
use super::super::error::Outcome;
use super::super::exit::Exit;
use super::super::format::FormatArg;
use super::super::schema_arg::SchemaArg;
use super::super::waiting::Patient;
use super::super::{input, output};
use crate::memory::{self, Validate};
use crate::place::FilePlace;
use crate::settings;

/// Replace a file by what stands on standard input
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo '{\"theme\": \"dark\"}' | aimem write preferences.json
  aimem write notes.txt --content 'nothing yet' --backup")]
pub struct Write {
    /// The file; missing folders above it are made
    file: PathBuf,
    /// Write this instead of standard input
    #[arg(long, value_name = "TEXT")]
    content: Option<OsString>,
    /// Refuse what is not one document in the file's format [always for .json, .jsonc and .toml]
    #[arg(long)]
    validate: bool,
    #[command(flatten)]
    format: FormatArg,
    #[command(flatten)]
    schema: SchemaArg,
    /// Write only if the file's tag, from `read --etag`, is still this one; none: if there is no file
    #[arg(long, value_name = "TAG")]
    if_match: Option<String>,
    /// Do not take the lock: what another writes at the same time may be overwritten unseen
    #[arg(long, conflicts_with = "lock")]
    no_lock: bool,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    lock: LockArgs,
}

impl Write {
    pub(crate) fn run(self) -> Outcome {
        let (json, file) = (self.json, self.file.clone());
        self.write().map_err(|error| error.about(&file, json))
    }

    fn write(self) -> Outcome {
        refuse_dash(&self.file)?;
        // Before the lock: whoever feeds us may be slow.
        let content = match self.content {
            Some(text) => text.into_vec(),
            None => input::standard()?,
        };
        let validate = if self.validate { Validate::Always } else { Validate::ByName };
        let (format, schema) = (self.format.format, self.schema.choice()?);
        let request = memory::Write { content, validate, format, schema, if_match: self.if_match };
        let locker = self.lock.locker(call("write", &[&self.file], None))?;
        let keeping = settings::keeping(&locker, "write")?;
        let locker = Some(&locker).filter(|_| !self.no_lock);
        let replace = self.replace.replace()?;
        let mut patient = Patient::new()?;
        let place = FilePlace::new(&self.file, locker, replace, &mut patient).make_folders(true);
        let mut place = place.history(keeping);
        let written =
            memory::write(&mut place, request).map_err(|error| self.lock.wait.choose_exit(error))?;
        output::change(&self.file, &written, self.json, false)?;
        Ok(Exit::Done)
    }
}
