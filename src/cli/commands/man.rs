//! `aimem man`

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, bold, roman};

use super::super::error::{CliError, Outcome};
use super::super::exit::Exit;
use super::super::{Cli, exit, output, words};
use crate::settings;

/// Print the manual page of a verb, or write all of them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem man update | man -l -
  aimem man --out ~/.local/share/man/man1")]
pub struct Man {
    /// The verb, such as `lock with`; without one, aimem itself
    verb: Vec<String>,
    /// Write a page for every verb into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    out: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self) -> Outcome {
        let mut tree = Cli::command();
        tree.build();
        if let Some(folder) = &self.out {
            let fail = |error| CliError::io(format!("cannot write pages into {}", folder.display()), &error);
            fs::create_dir_all(folder).and_then(|()| write_all(&tree, &[], folder)).map_err(fail)?;
            return Ok(Exit::Done);
        }
        let mut command = &tree;
        for (index, word) in self.verb.iter().enumerate() {
            let near = |other: &&str| other.starts_with(word.as_str()) || word.starts_with(*other);
            let below =
                || command.get_subcommands().map(Command::get_name).filter(near).map(str::to_owned).collect();
            let unknown = || words::unknown(&self.verb[..index].join(" "), word, below());
            command = command.find_subcommand(word).ok_or_else(unknown)?;
        }
        let mut text = Vec::new();
        let rendered = render(command, &self.verb, &mut text);
        rendered.map_err(|error| CliError::io("cannot make the page", &error))?;
        output::result(&text)?;
        Ok(Exit::Done)
    }
}

/// A page for this command and for every one below it that is not hidden.
fn write_all(command: &Command, path: &[String], folder: &Path) -> io::Result<()> {
    let name: Vec<&str> = std::iter::once("aimem").chain(path.iter().map(String::as_str)).collect();
    let mut file = File::create(folder.join(format!("{}.1", name.join("-"))))?;
    render(command, path, &mut file)?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        let mut below = path.to_vec();
        below.push(verb.get_name().to_owned());
        write_all(verb, &below, folder)?;
    }
    Ok(())
}

fn render(command: &Command, path: &[String], out: &mut dyn Write) -> io::Result<()> {
    let name = std::iter::once("aimem").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    // No date: the same source gives the same page.
    let page = Page::new(command.clone()).title(name.clone()).date("").manual("aimem manual");
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(out)?;
    }
    let mut rest = Roff::new();
    let extra = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if let Some((notes, examples)) = extra.split_once("Examples:\n") {
        if !notes.trim().is_empty() {
            rest.control("SH", ["NOTES"]);
            rest.text([roman(notes.trim())]);
        }
        rest.control("SH", ["EXAMPLES"]);
        rest.control("nf", []);
        rest.text([roman(examples)]);
        rest.control("fi", []);
    }
    table(&mut rest, "EXIT STATUS", &exit::TABLE);
    table(&mut rest, "ENVIRONMENT", &settings::TABLE);
    rest.control("SH", ["SEE ALSO"]);
    let others = if path.is_empty() {
        "aimem-lock-with(1), aimem-update(1), flock(1), jq(1)"
    } else {
        "aimem(1), flock(1), jq(1)"
    };
    rest.text([roman(others)]);
    rest.to_writer(out)
}

fn table(page: &mut Roff, title: &str, rows: &[(&str, &str)]) {
    page.control("SH", [title]);
    for (term, meaning) in rows {
        page.control("TP", ["8"]);
        page.text([bold(*term)]);
        page.text([roman(*meaning)]);
    }
}
