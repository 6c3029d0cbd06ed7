//! `aimem completions`

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::{Arg, Args, Command, CommandFactory, ValueEnum};
use clap_complete::Generator;
use clap_complete::aot::{Bash, Elvish, Fish, PowerShell, Zsh};
use clap_complete_nushell::Nushell;

use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::{Cli, output};

/// Print a shell's completions, or write all of them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem completions bash > aimem.bash
  aimem completions --out completions")]
pub struct Completions {
    /// The shell
    #[arg(required_unless_present = "out")]
    shell: Option<Shell>,
    /// Write the completions of every shell into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "shell")]
    out: Option<PathBuf>,
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
        if let Some(folder) = &self.out {
            let fail =
                |error| CliError::io(format!("cannot write completions into {}", folder.display()), &error);
            fs::create_dir_all(folder).map_err(fail)?;
            for shell in Shell::value_variants() {
                let file = fs::File::create(folder.join(shell.file_name()));
                file.and_then(|mut file| file.write_all(&shell.completions())).map_err(fail)?;
            }
        }
        if let Some(shell) = self.shell {
            output::result(&shell.completions())?;
        }
        Ok(Exit::Done)
    }
}

impl Shell {
    /// What the shell looks for.
    fn file_name(self) -> &'static str {
        match self {
            Shell::Bash => "aimem.bash",
            Shell::Zsh => "_aimem",
            Shell::Fish => "aimem.fish",
            Shell::Elvish => "aimem.elv",
            Shell::Powershell => "_aimem.ps1",
            Shell::Nushell => "aimem.nu",
        }
    }

    /// Verbs and options from the command tree; in the first three shells ids from the live
    /// state as well.
    fn completions(self) -> Vec<u8> {
        match self {
            Shell::Bash => {
                let verbs = verbs_below(&|verb, below| {
                    format!("                {verb}) COMPREPLY=($(compgen -W \"{below}\" -- \"$2\")) ;;\n")
                });
                let ours = include_str!("ids.bash").replace("                @VERBS@\n", &verbs);
                [&generate(Bash)[..], ours.as_bytes()].concat()
            }
            Shell::Zsh => zsh_with_ids(&String::from_utf8_lossy(&generate(Zsh))).into_bytes(),
            Shell::Fish => {
                let verbs = verbs_below(&|verb, below| {
                    let last = format!("test (commandline -opc)[-1] = {verb}");
                    format!(
                        "complete -c aimem -n \"__fish_seen_subcommand_from man help; and {last}\" -f -a \"{below}\"\n"
                    )
                });
                [&generate(Fish)[..], include_bytes!("ids.fish"), verbs.as_bytes()].concat()
            }
            Shell::Elvish => generate(Elvish),
            Shell::Powershell => generate(PowerShell),
            Shell::Nushell => generate(Nushell),
        }
    }
}

/// An id is what is completed by nothing yet and is called so. The function comes before the
/// script's last lines, which are the call.
fn zsh_with_ids(script: &str) -> String {
    let script = script.replace(":ID:_default'", ":ID:_aimem_ids'");
    let with_ids = script.lines().map(|line| {
        let is_id =
            ["':id -- ", "':ID -- ", "'*::ids -- ", "'*::ID -- "].iter().any(|start| line.starts_with(start));
        if is_id {
            line.replace(":_default'", ":_aimem_ids'")
        } else if line.starts_with("':lock -- ") || line.starts_with("'::lock -- ") {
            // An id or a file.
            line.replace(":_files'", ":{_aimem_ids || _files}'")
        } else if line.starts_with("'*::verb -- ") {
            // Two colons would start a command line anew, of any command.
            line.replace("'*::verb", "'*:verb").replace(":_default'", ":_aimem_verbs'")
        } else if line.matches(":_default").count() > 1 || line.matches(":_files").count() > 1 {
            // An option of two words takes none of them behind `=`.
            line.replacen("=[", "[", 1)
        } else {
            line.to_owned()
        }
    });
    let script: String = with_ids.flat_map(|line| [line, "\n".to_owned()]).collect();
    let call = "if [ \"$funcstack[1]\"";
    let verbs = verbs_below(&|verb, below| format!("        {verb}) compadd -- {below} ;;\n"));
    let ours = include_str!("ids.zsh").replace("        @VERBS@\n", &verbs);
    script.replacen(call, &format!("{ours}\n{call}"), 1)
}

/// Lines for what `man` and `help` complete: the word before, and the verbs below it.
fn verbs_below(line: &dyn Fn(&str, &str) -> String) -> String {
    let mut tree = Cli::command();
    tree.build();
    let tree = without_hidden(&tree);
    let names = |command: &Command| {
        command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let mut lines = ["man", "help"].map(|word| line(word, &names(&tree))).concat();
    for verb in tree.get_subcommands().filter(|verb| verb.has_subcommands()) {
        lines.push_str(&line(verb.get_name(), &names(verb)));
    }
    lines
}

fn generate(shell: impl Generator) -> Vec<u8> {
    let mut text = Vec::new();
    let mut tree = Cli::command();
    tree.build();
    clap_complete::generate(shell, &mut without_hidden(&tree), "aimem", &mut text);
    text
}

/// Whether the arguments that every command gets when the tree is built include this one.
fn is_made(arg: &Arg) -> bool {
    ["help", "version"].contains(&arg.get_id().as_str())
}

/// The same tree without what is hidden from `--help`: the generators show all.
fn without_hidden(command: &Command) -> Command {
    let mut shown = Command::new(command.get_name().to_owned())
        .disable_help_subcommand(true)
        .propagate_version(true)
        .args(command.get_arguments().filter(|arg| !arg.is_hide_set() && !is_made(arg)))
        .subcommands(command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(without_hidden));
    if let Some(version) = command.get_version() {
        shown = shown.version(version.to_owned());
    }
    match command.get_about() {
        Some(about) => shown.about(about.clone()),
        None => shown,
    }
}
