//! Hints in the terms of the command line.

use std::path::Path;

use crate::sys::failure::Hint;
use crate::sys::text::shown;

/// What to do, with the options and verbs that do it.
pub fn in_words(hint: &Hint) -> String {
    match hint {
        Hint::Say(words) => (*words).to_owned(),
        Hint::Tell(words) => words.clone(),
        Hint::NameVariable(name) => {
            format!("give it a value: --arg {name} TEXT, or --argjson {name} JSON")
        }
        Hint::LookAt(file, path) => {
            format!("see what it works on: aimem read {} {}", quote(file), quote_text(path))
        }
        Hint::TakeTurns => "commands under one lock take turns: wait longer with --timeout; to work in a place that was acquired: --lock ID".to_owned(),
        Hint::TakeTogether => "take such locks in one order, or together: aimem lock with A B -- COMMAND; to wait all the same: --no-deadlock-check".to_owned(),
        Hint::NameOwnLock => "each file has a lock of its own: name the id that was printed for this one, or leave --lock out".to_owned(),
        Hint::EndsWithCommand => "it is released when its command ends; to take it away by force: aimem lock break FILE".to_owned(),
        Hint::NameSession => "give the id that `aimem lock acquire` printed; or, for a lease that was taken so, the name of this session: --client NAME:SESSION, or AIMEM_CLIENT".to_owned(),
        Hint::NameOwner => "name the owner with --pid, or bound the lock by time with --ttl".to_owned(),
        Hint::WriteInPlace => "a file is replaced by a new one beside it, which needs write permission on its folder; --in-place needs it on the file only".to_owned(),
        Hint::MountFolder => "mount its folder instead, or use --in-place, which a crash can tear".to_owned(),
        Hint::KeepVersions => "there was no backup; write the file anew, and use --backup with --in-place".to_owned(),
        Hint::Create => "start a new document with --create".to_owned(),
        Hint::GiveDefault => "name what to print instead with --default".to_owned(),
        Hint::RunLonger => "raise --max-time, or look for an endless recursion".to_owned(),
        Hint::WaitLonger(file) => {
            format!("wait longer with --timeout, or see who it is: aimem lock status {}", quote(file))
        }
        Hint::BreakIfSure(file, why) => format!(
            "whether its holder lives cannot be told: {why}. If you are sure that it does not: aimem lock break {}",
            quote(file)
        ),
        Hint::ShareRoot(folder) => {
            let folder = folder.as_deref().map_or_else(|| "DIR".to_owned(), quote);
            format!(
                "the locks of files there live in it, and another folder would keep nobody out; its owner can make one for all who share the files: aimem locks init {folder} [--group GROUP]; for files that nobody else locks, AIMEM_LOCK_DIR may name a folder of your own"
            )
        }
        Hint::WaitForFolder(folder) => {
            format!("nothing was written; wait until that program lets go of {}", quote(folder))
        }
        Hint::Merge(file, kept) => format!(
            "bring what is missing from one into the other, then remove it: diff {} {}",
            quote(file),
            quote(kept)
        ),
        Hint::OldContent(backup) => format!("the old content is in {}", quote(backup)),
        Hint::SeeVersions(file) => format!("see what there is: aimem restore --list {}", quote(file)),
        Hint::SeeHistory(file) => format!("see what there is: aimem history {}", quote(file)),
        Hint::GoBack(file, from) => {
            let file = quote(file);
            format!(
                "see it as it is: aimem read --raw {file}; go back to the last version that was whole: aimem restore {file} --from {}",
                quote_text(from)
            )
        }
        Hint::Force => "nothing was written; to take it as it is: --force".to_owned(),
        Hint::SeeOrRestore(file) => {
            let file = quote(file);
            format!(
                "see it as it is: aimem read --raw {file}; go back, if backups were kept: aimem restore {file}"
            )
        }
        Hint::WorkOnText(file) => {
            let file = quote(file);
            format!(
                "filters work on JSON, JSONC (--format jsonc), TOML, and each line of .jsonl and .ndjson; for any other text: aimem edit {file}, aimem insert, aimem append, or aimem update {file} --pipe --text -- COMMAND"
            )
        }
        Hint::WorkOnYaml(file) => {
            let file = quote(file);
            format!(
                "change it as text: aimem edit {file} --old TEXT --new TEXT; or by a program that knows YAML: aimem update {file} --pipe --text -- yq '.key = 1'"
            )
        }
        Hint::ReadAsCommented(file) => format!(
            "it has comments or trailing commas, as editors' settings have; with --format jsonc they stay as they are: aimem read --format jsonc {}",
            quote(file)
        ),
        Hint::AskOrStore { file, filter, compares } => {
            let file = quote(file);
            let filter = filter.as_deref().map(quote_text);
            let question = match &filter {
                Some(filter) if *compares => format!(
                    "{filter} compares, and `=` would set; to ask: aimem read {file} {filter}"
                ),
                Some(filter) => format!("{filter} is a question: aimem read {file} {filter}"),
                None => "nothing was written".to_owned(),
            };
            format!("{question}; to store the result all the same: --any-kind")
        }
        Hint::LastKeyCounts(file) => format!(
            "rename or remove one of them, or let the last one count: aimem update --duplicate-keys last {} …",
            quote(file)
        ),
    }
}

/// A path for a command line in a hint.
pub fn quote(path: &Path) -> String {
    quote_text(&shown(path))
}

/// A word for a command line in a hint.
pub fn quote_text(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+@:,%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
