//! Verbs that there are not, and which ones are meant.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::error::CliError;
use super::hints::quote_text;

/// Words that people try, below which verb, and what is meant.
const MEANT: [(&str, &str, &str); 38] = [
    ("", "with", "aimem lock with FILE -- COMMAND"),
    ("", "acquire", "aimem lock acquire FILE"),
    ("", "release", "aimem lock release ID"),
    ("", "renew", "aimem lock renew ID"),
    ("", "unlock", "aimem lock release ID"),
    ("", "wait", "aimem lock wait FILE"),
    ("", "break", "aimem lock break FILE"),
    ("", "status", "aimem lock status FILE for one lock, aimem queue status for the outbox"),
    ("", "show", "aimem locks show for the locks, aimem read FILE for a file"),
    ("", "list", "aimem locks show for the locks, aimem queue list for the outbox"),
    ("", "cleanup", "aimem locks cleanup"),
    ("", "get", "aimem read FILE [FILTER]"),
    ("", "cat", "aimem read FILE"),
    ("", "set", "aimem update FILE '.key = \"value\"'"),
    ("", "jq", "aimem read FILE FILTER, or to change it aimem update FILE FILTER"),
    ("", "add", "aimem queue add for a memory, aimem append FILE for a line"),
    ("", "work", "aimem queue work"),
    ("", "diff", "aimem history diff FILE, or aimem update FILE FILTER --dry-run"),
    ("", "rm", "nothing removes a file; while nobody writes to it: aimem lock with FILE -- rm FILE"),
    ("", "delete", "a key: aimem update FILE 'del(.key)'; a file: aimem lock with FILE -- rm FILE"),
    ("", "mv", "nothing moves a file; while nobody writes to either: aimem lock with A B -- mv A B"),
    ("", "cp", "nothing copies a file; a whole version of it: aimem read --raw A | aimem write B"),
    ("", "push", "aimem update FILE '.list += [\"element\"]', or aimem append FILE for a line"),
    ("", "run", "aimem lock with FILE -- COMMAND; for the outbox: aimem queue work"),
    ("", "revert", "aimem undo FILE, or aimem restore FILE for an earlier version"),
    ("", "log", "aimem locks log for the locks, aimem history FILE for a file"),
    ("lock", "show", "aimem locks show for all locks, aimem lock status FILE for one"),
    ("lock", "list", "aimem locks show"),
    ("lock", "cleanup", "aimem locks cleanup"),
    ("lock", "log", "aimem locks log"),
    ("lock", "get", "aimem lock acquire FILE"),
    ("locks", "list", "aimem locks show"),
    ("locks", "status", "aimem locks show, or for one aimem lock status FILE"),
    ("locks", "with", "aimem lock with FILE -- COMMAND"),
    ("locks", "acquire", "aimem lock acquire FILE"),
    ("locks", "release", "aimem lock release ID"),
    ("locks", "break", "aimem lock break FILE"),
    ("queue", "run", "aimem queue work"),
];

/// `help VERB…` as `VERB… --help`, which is what clap knows.
pub fn without_help(mut words: Vec<OsString>) -> Vec<OsString> {
    if words.first().is_some_and(|word| word == "help") {
        words.remove(0);
        words.push("--help".into());
    }
    words
}

/// What to say of a verb that there is not; `None` for any other mistake.
pub fn no_such_verb(error: &clap::Error, words: &[OsString]) -> Option<CliError> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let before = words.iter().take_while(|other| *other != word.as_str());
    let below: Vec<_> =
        before.map(|word| word.to_string_lossy()).filter(|word| !word.starts_with('-')).collect();
    Some(unknown(&below.join(" "), word, suggested(error)))
}

/// The same for a word below a verb, with the verbs that are spelled nearly so, the nearest first.
pub fn unknown(below: &str, word: &str, near: Vec<String>) -> CliError {
    let under = if below.is_empty() { String::new() } else { format!("{below} ") };
    let hint = match (MEANT.iter().find(|row| (row.0, row.1) == (below, word)), near.first()) {
        (Some((.., meant)), _) => meant.to_string(),
        (None, None) if below == "lock" && (word.contains(['.', '/']) || Path::new(word).exists()) => {
            let file = quote_text(word);
            format!("aimem lock with {file} -- COMMAND, or to hold it longer: aimem lock acquire {file}")
        }
        (None, Some(near)) => format!("did you mean aimem {under}{near}?"),
        (None, None) => format!("aimem {under}--help lists them"),
    };
    CliError::usage(format!("there is no verb {under}{word}")).hint(hint)
}

fn suggested(error: &clap::Error) -> Vec<String> {
    match error.get(ContextKind::SuggestedSubcommand) {
        // clap has the nearest last.
        Some(ContextValue::Strings(words)) => words.iter().rev().cloned().collect(),
        Some(ContextValue::String(word)) => vec![word.clone()],
        _ => Vec::new(),
    }
}
