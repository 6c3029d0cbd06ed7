//! `aimem scripts`

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{LOCK_SCRIPT, NAMES, READ_USAGE, UPDATE_USAGE, WRITE_USAGE};
use crate::cli::called;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::replace::Replace;
use crate::sys::failure::Kind;

/// What tells our wrappers from everything else.
const MARK: &str = "# A stand-in installed by `aimem scripts install`.";

/// Stand in for the old bash scripts
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Scripts {
    /// Put file-lock.sh, memory-read.sh, memory-update.sh and atomic-write.sh into a folder
    Install(Install),
}

impl Scripts {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Scripts::Install(install) => install.run(),
        }
    }
}

/// Put file-lock.sh, memory-read.sh, memory-update.sh and atomic-write.sh into a folder
///
/// They take the old scripts' arguments, so that their callers run unchanged. Files that are not
/// stand-ins already are left alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem scripts install ~/aiconfig/scripts
  aimem scripts install ./scripts --link --force")]
pub struct Install {
    /// The folder; it is made when it is missing
    folder: PathBuf,
    /// Make symbolic links to aimem instead of wrappers: quicker by one shell
    #[arg(long)]
    link: bool,
    /// Replace what is there, the old scripts included
    #[arg(long)]
    force: bool,
}

impl Install {
    pub(crate) fn run(self) -> Outcome {
        let fail = |path: &Path, error: &io::Error| {
            CliError::io(format!("cannot install {}", path.display()), error)
        };
        let program = called::program()?;
        fs::create_dir_all(&self.folder).map_err(|error| fail(&self.folder, &error))?;
        let paths = NAMES.map(|name| self.folder.join(name));
        // All or nothing: half a set of stand-ins would mix two kinds of client.
        for path in &paths {
            if !self.force && !is_ours(path, &program) {
                return Err(CliError::new(Kind::CantCreate, format!("{} is there already", path.display()))
                    .hint("keep a copy of it if you need one, then say --force"));
            }
        }
        for (path, name) in paths.iter().zip(NAMES) {
            self.put(path, name, &program)?;
            output::note("note", &format!("installed {}", path.display()));
        }
        Ok(Exit::Done)
    }

    fn put(&self, path: &Path, name: &str, program: &Path) -> Result<(), CliError> {
        let fail = |error: io::Error| CliError::io(format!("cannot install {}", path.display()), &error);
        // A link would be followed, and what it points to replaced.
        if fs::symlink_metadata(path).is_ok_and(|meta| self.link || meta.is_symlink()) {
            fs::remove_file(path).map_err(fail)?;
        }
        if self.link {
            return symlink(program, path).map_err(fail);
        }
        let script = format!("#!/usr/bin/env bash\n{MARK}\n{}exec -a {name} ", unless_sourced(name));
        let mut script = script.into_bytes();
        script.extend(shell_word(program));
        script.extend(b" \"$@\"\n");
        Replace::new().write(path, &script)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(fail)
    }
}

/// Whether nothing would be lost by replacing this.
fn is_ours(path: &Path, program: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(meta) if meta.is_symlink() => {
            let leads_here = || Some(fs::canonicalize(path).ok()? == fs::canonicalize(program).ok()?);
            fs::read_link(path).is_ok_and(|target| target.file_name() == program.file_name())
                || leads_here().unwrap_or(false)
        }
        Ok(_) => {
            fs::read(path).is_ok_and(|text| text.split(|&byte| byte == b'\n').nth(1) == Some(MARK.as_bytes()))
        }
    }
}

/// Lines that end a wrapper which a shell has sourced: its `exec` would replace the caller. Other shells
/// than bash and zsh, which tell that, could not run the `exec` either.
fn unless_sourced(name: &str) -> String {
    let instead = match name {
        LOCK_SCRIPT => {
            "DIR=$(file-lock.sh acquire FILE), then file-lock.sh release \"$DIR\"; or file-lock.sh with FILE -- COMMAND"
        }
        "memory-read.sh" => READ_USAGE,
        "memory-update.sh" => UPDATE_USAGE,
        _ => WRITE_USAGE,
    };
    format!(
        "case ${{ZSH_EVAL_CONTEXT-${{BASH_SOURCE-}}}} in\n\
         \"$0\" | */\"$0\" | toplevel) ;;\n\
         *)\n\
         \x20   printf '%s\\n' >&2 'error: {name} is a command for bash, and has no functions to source' \\\n\
         \x20       'hint: call it instead: {instead}'\n\
         \x20   return 1 ;;\n\
         esac\n"
    )
}

/// A path as one word of a shell script, whatever bytes it has.
fn shell_word(path: &Path) -> Vec<u8> {
    let mut word = vec![b'\''];
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'\'' => word.extend(b"'\\''"),
            byte => word.push(byte),
        }
    }
    word.push(b'\'');
    word
}
