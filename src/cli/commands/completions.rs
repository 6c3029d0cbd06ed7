//! `aimem completions`

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Generator;
use clap_complete::aot::{Bash, Elvish, Fish, PowerShell, Zsh};
use clap_complete_nushell::Nushell;

use super::super::error::Outcome;
use super::super::exit::Exit;
use super::super::{Cli, output};

/// Print a shell's completions
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem completions bash > ~/.local/share/bash-completion/completions/aimem
  aimem completions fish > ~/.config/fish/completions/aimem.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
    Nushell,
}

impl Completions {
    pub(crate) fn run(self) -> Outcome {
        let mut text = Vec::new();
        match self.shell {
            Shell::Bash => generate(Bash, &mut text),
            Shell::Zsh => generate(Zsh, &mut text),
            Shell::Fish => generate(Fish, &mut text),
            Shell::Elvish => generate(Elvish, &mut text),
            Shell::Powershell => generate(PowerShell, &mut text),
            Shell::Nushell => generate(Nushell, &mut text),
        }
        output::result(&text)?;
        Ok(Exit::Done)
    }
}

fn generate(shell: impl Generator, out: &mut Vec<u8>) {
    clap_complete::generate(shell, &mut Cli::command(), "aimem", out);
}
