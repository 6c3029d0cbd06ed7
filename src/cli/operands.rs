//! The words of a command line that are no options.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// What a word on the command line is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Operand,
    Text,
    Json,
}

/// A word and what it is there for.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: OsString,
    pub(super) role: Role,
}

/// The words that are no options, in their order. As in jq, what `--args` or `--jsonargs` make of
/// a word depends on which of them came last before it, which derived arguments can't tell.
#[derive(Debug, Clone, Default)]
pub struct Operands {
    pub(super) words: Vec<Word>,
    /// What stood behind `--`: words like the others, or a command where the verb wants one.
    behind_dashes: usize,
}

impl Operands {
    /// How many words stand before `--`.
    pub fn before_dashes(&self) -> usize {
        self.words.len() - self.behind_dashes
    }

    /// Takes what stood behind `--` away, as a command.
    pub fn take_command(&mut self) -> Vec<OsString> {
        let command = self.words.split_off(self.before_dashes());
        self.behind_dashes = 0;
        command.into_iter().map(|word| word.text).collect()
    }
}

impl Args for Operands {
    fn augment_args(command: Command) -> Command {
        let words = clap::builder::ValueParser::os_string();
        command
            .arg(Arg::new("operands").value_name("FILE").num_args(0..).value_parser(words.clone()).hide(true))
            .arg(Arg::new("behind").last(true).num_args(0..).value_parser(words).hide(true))
            .arg(
                Arg::new("args")
                    .long("args")
                    .help_heading("Filter")
                    .action(ArgAction::Count)
                    .help("The words that follow are texts in $ARGS.positional"),
            )
            .arg(
                Arg::new("jsonargs")
                    .long("jsonargs")
                    .help_heading("Filter")
                    .action(ArgAction::Count)
                    .help("The words that follow are JSON values in $ARGS.positional"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Operands::augment_args(command)
    }
}

impl FromArgMatches for Operands {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Operands, clap::Error> {
        let places = |name: &str| matches.indices_of(name).into_iter().flatten().collect::<Vec<_>>();
        let (texts, jsons) = if matches.get_count("args") + matches.get_count("jsonargs") == 0 {
            (Vec::new(), Vec::new())
        } else {
            let given = |name: &str| if matches.get_count(name) > 0 { places(name) } else { Vec::new() };
            (given("args"), given("jsonargs"))
        };
        let role = |place: usize| {
            let last = |flags: &[usize]| flags.iter().copied().filter(|&flag| flag < place).max();
            match (last(&texts), last(&jsons)) {
                (None, None) => Role::Operand,
                (text, json) if text > json => Role::Text,
                _ => Role::Json,
            }
        };
        let mut words = Vec::new();
        let mut behind_dashes = 0;
        for name in ["operands", "behind"] {
            let texts = matches.get_many::<OsString>(name).into_iter().flatten();
            for (text, place) in texts.zip(places(name)) {
                words.push(Word { text: text.clone(), role: role(place) });
                behind_dashes += usize::from(name == "behind");
            }
        }
        Ok(Operands { words, behind_dashes })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Operands::from_arg_matches(matches)?;
        Ok(())
    }
}
