//! `aimem merge-driver install`

use std::process::Command;

use clap::Args;

use crate::cli::called::program;
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::hints::quote;
use crate::cli::output;
use crate::sys::failure::Kind;

/// What the driver is for, as it stands in `.gitattributes`.
const PATTERNS: [&str; 5] = ["*.json", "*.jsonc", "*.jsonl", "*.ndjson", "*.toml"];

/// Tell git of the driver, and print the lines for .gitattributes
///
/// git learns of it for this repository, or with --global for all of the user's; which files it is for
/// stands in .gitattributes, which is part of the repository.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem merge-driver install >> .gitattributes
  aimem merge-driver install --global")]
pub struct Install {
    /// For all repositories of this user
    #[arg(long)]
    global: bool,
}

impl Install {
    pub(super) fn run(self) -> Outcome {
        let driver = format!("{} merge-driver %O %A %B %P", quote(&program()?));
        let scope = if self.global { "--global" } else { "--local" };
        for (key, value) in [("name", "aimem: documents key by key"), ("driver", &driver)] {
            let mut git = Command::new("git");
            git.args(["config", scope, &format!("merge.aimem.{key}"), value]);
            let ran = git.output().map_err(|error| CliError::io("cannot run git", &error))?;
            if !ran.status.success() {
                let said = String::from_utf8_lossy(&ran.stderr);
                let hint = "nothing was changed; run it in a repository, or with --global";
                return Err(
                    CliError::new(Kind::Data, format!("git config failed: {}", said.trim())).hint(hint)
                );
            }
        }
        let lines: String = PATTERNS.iter().map(|pattern| format!("{pattern} merge=aimem\n")).collect();
        output::result(lines.as_bytes())?;
        output::note("note", "git knows the driver; these lines belong into .gitattributes");
        Ok(Exit::Done)
    }
}
