//! What is said of a command line that makes no sense: what is wrong with it, and the line that was meant.

use std::error::Error;
use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use super::error::CliError;
use super::hints::quote_text;

/// Options that people try, for a verb or for all, and what is meant.
const MEANT: [(&str, &str, &str); 17] = [
    ("", "--wait", "how long to wait is --timeout, or -w"),
    ("", "--wait-for", "how long to wait is --timeout, or -w"),
    ("", "--no-wait", "not to wait is --nonblock, or -n"),
    ("", "--no-block", "not to wait is --nonblock, or -n"),
    ("lock with", "--shared", "there is no shared lock: readers need none, since files are replaced whole"),
    ("lock with", "-s", "there is no shared lock: readers need none, since files are replaced whole"),
    ("lock with", "-x", "every lock is exclusive, without an option"),
    ("read", "-i", "a read changes nothing; to change the file: aimem update FILE FILTER"),
    ("read", "--in-place", "a read changes nothing; to change the file: aimem update FILE FILTER"),
    ("", "--force", "nothing is forced here; see who is in the way: aimem lock status FILE"),
    ("lock with", "-c", "a shell command stands behind --: aimem lock with FILE -- sh -c 'COMMAND'"),
    ("", "-v", "to see locks being taken and given back: LOCK_DEBUG=1"),
    ("", "--verbose", "to see locks being taken and given back: LOCK_DEBUG=1"),
    (
        "update",
        "--no-lock",
        "an update without the lock would lose others' updates; under one that you hold: --lock ID",
    ),
    ("append", "--no-lock", "lines of others could be lost; under a lock that you hold: --lock ID"),
    (
        "edit",
        "--no-lock",
        "an edit without the lock would lose others' edits; under one that you hold: --lock ID",
    ),
    ("write", "--create", "a file that is missing is made anyway"),
];

/// A usage error in the form that all errors have; `None` where help is shown instead.
pub fn told(error: &clap::Error, words: &[OsString]) -> Option<CliError> {
    let line = Line::of(error, words);
    let invalid = text(error, ContextKind::InvalidArg);
    let told = match error.kind() {
        ErrorKind::MissingRequiredArgument => line.missing(&strings(error, ContextKind::InvalidArg)),
        ErrorKind::UnknownArgument if invalid.starts_with('-') => line.no_option(&invalid, error),
        ErrorKind::UnknownArgument => line.too_many(&invalid),
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            let (option, value) = (line.option(&invalid), text(error, ContextKind::InvalidValue));
            CliError::usage(format!("{option} {}: {}", quote_text(&value), plain(&why))).hint(line.help())
        }
        ErrorKind::InvalidValue if text(error, ContextKind::InvalidValue).is_empty() => {
            let option = line.option(&invalid);
            CliError::usage(format!("{option}: its value is missing"))
                .hint(format!("write {invalid}; {}", line.help()))
        }
        ErrorKind::InvalidValue => {
            let (option, value) = (line.option(&invalid), text(error, ContextKind::InvalidValue));
            let known = strings(error, ContextKind::ValidValue).join(", ");
            CliError::usage(format!("{option} {}: there is no such one", quote_text(&value)))
                .hint(format!("use one of {known}"))
        }
        ErrorKind::WrongNumberOfValues => {
            CliError::usage(format!("{}: a value is missing", line.option(&invalid)))
                .hint(format!("it takes two: {}", invalid.replace(['<', '>'], "")))
        }
        ErrorKind::ArgumentConflict => {
            let other = strings(error, ContextKind::PriorArg).join(", ");
            let message = match invalid == other {
                true => format!("{} is there twice", line.option(&invalid)),
                false => format!("{} and {} exclude each other", line.option(&invalid), line.option(&other)),
            };
            CliError::usage(message).hint(line.help())
        }
        _ => return None,
    };
    Some(told)
}

/// The command line, as far as it was understood.
struct Line<'a> {
    /// The verb, such as `lock with`.
    verb: String,
    /// What follows it.
    words: &'a [OsString],
    /// How the verb is written.
    usage: String,
}

impl Line<'_> {
    fn of<'a>(error: &clap::Error, words: &'a [OsString]) -> Line<'a> {
        let usage = match error.get(ContextKind::Usage) {
            Some(ContextValue::StyledStr(usage)) => usage.to_string(),
            _ => String::new(),
        };
        let usage = usage.trim_start_matches("Usage:").lines();
        let usage = usage.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        let usage = usage.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", or ");
        let usage = usage.replace(['<', '>'], "").replace("...", "…");
        let mut tree = Cli::command();
        tree.build();
        let (mut verb, mut command, mut rest) = (Vec::new(), &tree, words);
        while let [word, after @ ..] = rest {
            match command.find_subcommand(word) {
                Some(next) => verb.push(next.get_name().to_owned()),
                None if word.to_string_lossy().starts_with('-') => {}
                None => break,
            }
            command = command.find_subcommand(word).unwrap_or(command);
            rest = after;
        }
        Line { words: rest, verb: verb.join(" "), usage }
    }

    fn name(&self) -> String {
        format!("aimem {}", self.verb).trim_end().to_owned()
    }

    fn help(&self) -> String {
        format!("see {} --help", self.name())
    }

    /// The name of an option, of which more is known than that.
    fn option(&self, described: &str) -> String {
        let name = described.trim_start_matches('[').split([' ', '=', '[', ']']).next().unwrap_or_default();
        name.trim_matches(['<', '>']).to_owned()
    }

    /// The words before `--` that are no options.
    fn operands(&self) -> Vec<String> {
        let before = self.words.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
        before.filter(|word| !word.starts_with('-')).map(|word| word.into_owned()).collect()
    }

    fn missing(&self, what: &[String]) -> CliError {
        let names = what.iter().map(|name| name.replace(['<', '>'], "").replace("...", ""));
        let one_of = |name: String| match name.contains("|--") {
            true => format!("one of {}", name.replace('|', ", ")),
            false => name.replace('|', " or "),
        };
        let mut names: Vec<String> = names.map(one_of).collect();
        if self.verb == "lock with" && names.iter().any(|name| name == "COMMAND") {
            let operands = self.operands();
            if let Some((file, command)) = operands.split_first().filter(|(_, command)| !command.is_empty()) {
                let command = command.iter().map(|word| quote_text(word)).collect::<Vec<_>>().join(" ");
                return CliError::usage("the command is missing: it stands behind --")
                    .hint(format!("aimem lock with {} -- {command}", quote_text(file)));
            }
        }
        let last = names.pop().unwrap_or_default();
        let message = match names.is_empty() {
            true => format!("{last} is missing"),
            false => format!("{} and {last} are missing", names.join(", ")),
        };
        let usage = if self.usage.is_empty() { self.help() } else { self.usage.clone() };
        CliError::usage(message).hint(usage)
    }

    fn no_option(&self, option: &str, error: &clap::Error) -> CliError {
        let is_meant =
            |row: &&(&str, &str, &str)| row.1 == option && (row.0.is_empty() || row.0 == self.verb);
        let near = text(error, ContextKind::SuggestedArg);
        let number =
            option.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let hint = match MEANT.iter().rev().find(is_meant) {
            Some(row) => row.2.to_owned(),
            None if number => {
                "no value here is negative; a word that begins with a dash stands behind --".to_owned()
            }
            None if !near.is_empty() => format!("did you mean {near}? Otherwise {}", self.help()),
            None => self.help(),
        };
        CliError::usage(format!("{} has no option {option}", self.name())).hint(hint)
    }

    fn too_many(&self, word: &str) -> CliError {
        let file = self.operands().first().map_or_else(|| "FILE".to_owned(), |file| quote_text(file));
        let word = quote_text(word);
        let hint = match self.verb.as_str() {
            "write" => {
                format!("what to write stands on standard input, or: aimem write {file} --content {word}")
            }
            "edit" => format!("aimem edit {file} --old TEXT --new TEXT"),
            "locks show" | "locks cleanup" | "locks check" => {
                format!("it is about all locks; for one: aimem lock status {word}")
            }
            verb if verb.starts_with("lock ") && self.after_a_number(&word) => {
                "a duration is one word: 10m, 1h30m".to_owned()
            }
            verb if verb.starts_with("lock ") => {
                format!("one file at a time; several together: aimem lock with {file} {word} -- COMMAND")
            }
            _ => self.usage.clone(),
        };
        CliError::usage(format!("one word too many: {word}")).hint(hint)
    }

    /// Whether a word follows a number, as a unit does.
    fn after_a_number(&self, word: &str) -> bool {
        let words: Vec<_> = self.words.iter().map(|word| word.to_string_lossy()).collect();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        words.windows(2).any(|pair| pair[1] == word && is_number(&pair[0]))
    }
}

/// A sentence of Rust's own, in other words.
fn plain(why: &str) -> String {
    match why {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "not a number".to_owned()
        }
        "number too large to fit in target type" => "too large a number".to_owned(),
        why => why.to_owned(),
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    }
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}
