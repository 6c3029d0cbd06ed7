//! The rules of the house, held by a test.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may know whom. A room may use itself and what stands behind it. Of `legacy` the scripts' names
/// are a front end, and the Python programs' files lie below the outbox.
const MAY_USE: [(&str, &[&str]); 18] = [
    ("cli", FRONT_END),
    ("mcp", FRONT_END),
    ("hook", &["hook", "clients", "edits", "sys"]),
    ("legacy/scripts", FRONT_END),
    ("library.rs", &["settings", "memory", "place", "lock", "replace"]),
    ("edits", &["edits", "place", "lock", "history", "replace", "sys"]),
    ("settings", &["settings", "place", "lock", "history", "sys"]),
    ("clients", &["clients", "memory", "place", "document", "lock", "replace", "sys"]),
    ("memory", &["memory", "merge", "place", "lock", "document", "replace", "history", "sys"]),
    ("queue", &["queue", "legacy::python", "place", "lock", "document", "replace", "sys"]),
    ("legacy/python", &["legacy::python", "lock", "document", "replace", "sys"]),
    ("place", &["place", "lock", "replace", "history", "sys"]),
    ("merge", &["merge", "document"]),
    ("lock", &["lock", "sys"]),
    ("document", &["document", "sys"]),
    ("replace", &["replace", "sys"]),
    ("history", &["history", "sys"]),
    ("sys", &["sys"]),
];

const FRONT_END: &[&str] = &[
    "cli",
    "mcp",
    "hook",
    "settings",
    "clients",
    "memory",
    "merge",
    "queue",
    "edits",
    "legacy::scripts",
    "legacy::python",
    "place",
    "lock",
    "document",
    "replace",
    "history",
    "sys",
];

/// What only a front end may do, and who reads its settings: below, the caller passes it in, or is given the result.
const FRONT_ENDS_ONLY: [&str; 9] = [
    "std::env",
    "println!",
    "print!",
    "io::stdout",
    "io::stderr",
    "Box::leak",
    ".leak(",
    "mem::forget",
    "ManuallyDrop",
];

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn sources() -> PathBuf {
    root().join("src")
}

/// What the library of jq's language is made of.
fn language() -> PathBuf {
    root().join("crates/jq/src")
}

/// The lines of code of a file: no comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The files of a room, which may be one file.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The rooms that a file uses, as `MAY_USE` names them.
fn used_in(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let rooms = text.match_indices("crate::").map(|(at, _)| {
        let mut names = text[at..].split("::").skip(1).map(|rest| {
            // `use crate::{a, b}` would hide names from this test.
            let grouped = rest.starts_with('{');
            assert!(!grouped, "{}: name each room on its own: use crate::a; use crate::b", file.display());
            rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap()
        });
        match names.next().unwrap() {
            "legacy" => format!("legacy::{}", names.next().unwrap()),
            room => room.to_owned(),
        }
    });
    rooms.collect()
}

#[test]
fn modules_use_only_what_stands_behind_them() {
    for (room, allowed) in MAY_USE {
        let files = rust_files(&sources().join(room));
        assert!(!files.is_empty(), "{room}");
        for file in files {
            for used in used_in(&file) {
                assert!(allowed.contains(&used.as_str()), "{} must not use crate::{used}", file.display());
            }
        }
    }
    // No room is left out.
    for file in rust_files(&sources()) {
        let inside = file.strip_prefix(sources()).unwrap();
        let is_in_a_room = MAY_USE.iter().any(|(room, _)| inside.starts_with(room));
        let above = ["main.rs", "lib.rs", "legacy/mod.rs"].iter().any(|map| inside == Path::new(map));
        assert!(is_in_a_room || above, "{} is in no room", file.display());
    }
}

#[test]
fn the_language_stands_alone_and_few_use_it() {
    for file in rust_files(&language()) {
        let code = code(&file);
        for foreign in ["aimem::", "rustix", "std::fs", "std::net", "std::process", "std::os", "File::"] {
            assert!(!code.contains(foreign), "{} does no I/O, and knows nobody: {foreign}", file.display());
        }
    }
    let may = ["document", "memory"].map(|room| sources().join(room));
    for file in rust_files(&sources()) {
        let uses = code(&file).contains("aimem_jq");
        assert!(
            !uses || may.iter().any(|room| file.starts_with(room)),
            "{}: use crate::document",
            file.display()
        );
    }
}

#[test]
fn below_the_front_ends_nothing_is_global() {
    let mut found = Vec::new();
    for file in rust_files(&sources()).into_iter().chain(rust_files(&language())) {
        let fronts = ["cli", "mcp", "legacy/scripts", "settings", "library.rs", "main.rs"];
        if fronts.iter().any(|front| file.starts_with(sources().join(front))) {
            continue;
        }
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let code = code(&file);
        // What tests do is their own business; they stand at a file's end.
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        found.extend(
            FRONT_ENDS_ONLY.iter().filter(|what| code.contains(*what)).map(|what| (name.clone(), *what)),
        );
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn nobody_counts_folders_upwards() {
    for folder in [sources(), language(), root().join("tests"), root().join("crates/jq/tests")] {
        for file in rust_files(&folder) {
            // Written so that this file does not find itself.
            let counts = code(&file).contains(concat!("super::", "super::"));
            // The verbs still do, for what is in `cli`.
            let is_verb = file.starts_with(sources().join("cli/commands"));
            assert!(!counts || is_verb, "{}: name the module from `crate::`", file.display());
        }
    }
}

#[test]
fn only_sys_knows_operating_systems() {
    for file in rust_files(&sources()).into_iter().chain(rust_files(&language())) {
        if file.starts_with(sources().join("sys")) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("target_os"), "{} must ask src/sys instead", file.display());
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    for file in rust_files(&sources()).into_iter().chain(rust_files(&language())) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines: something wants to leave", file.display());
    }
}
