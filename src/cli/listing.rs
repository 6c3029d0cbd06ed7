//! The verbs as `aimem --help` lists them: those that belong together in one line, so that all fit on
//! a screen.

/// Verbs, and what they are for.
const LISTING: &[(&str, &str)] = &[
    ("read, update, write", "Read, change or replace a document: JSON, JSONC, TOML, any text"),
    ("edit, insert, append", "Change any text file where something stands in it, or at its end"),
    ("history, undo, restore", "Show what a file was before, and put it back"),
    ("init, check", "Make a project's memory; look at memory files, their locks and the outbox"),
    ("merge, compare", "Make one document of two versions of it, or say which one is newer"),
    ("conflicts", "List the conflicts that a merge has left, and resolve them"),
    ("merge-driver", "Merge for git and jj"),
    ("lock", "Act on one lock: run a command under it, take it, release it"),
    ("locks", "Look at all locks, and remove stale ones"),
    #[cfg(feature = "outbox")]
    ("queue", "Save memories at once, and deliver them when the server can take them"),
    #[cfg(feature = "mcp")]
    ("mcp", "Serve files, locks and memories to an agent, by the Model Context Protocol"),
    ("hook", "Guard what agents edit with their own tools"),
    ("scripts", "Stand in for the old bash scripts"),
    ("completions, man", "Print a shell's completions, or the manual pages"),
];

/// What stands below.
const MORE: &str = "\
Help for each: aimem VERB --help. Exit codes: 0 done, 65 bad data, 75 lock not free in time,
76 lock lost or file not what was read; all of them: aimem man. Version: aimem --version.";

/// The list, and what stands below it.
pub fn listing() -> String {
    let width = LISTING.iter().map(|(verbs, _)| verbs.len()).max().unwrap_or(0);
    let lines = LISTING.iter().map(|(verbs, about)| format!("  {verbs:<width$}  {about}\n"));
    format!("Commands:\n{}\n{MORE}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::LISTING;
    use clap::CommandFactory;

    #[test]
    fn every_verb_is_listed_once() {
        let tree = crate::cli::Cli::command();
        let mut verbs: Vec<&str> =
            tree.get_subcommands().filter(|verb| !verb.is_hide_set()).map(clap::Command::get_name).collect();
        let mut listed: Vec<&str> = LISTING.iter().flat_map(|(verbs, _)| verbs.split(", ")).collect();
        verbs.sort_unstable();
        listed.sort_unstable();
        assert_eq!(verbs, listed);
    }
}
