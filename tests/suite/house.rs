//! The rules of the house, held by a test.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may know whom. A room may use itself and what stands behind it. Of `legacy` the scripts' names
/// are a front end, and the Python programs' files lie below the outbox.
const MAY_USE: [(&str, &[&str]); 9] = [
    (
        "cli",
        &[
            "cli",
            "mcp",
            "memory",
            "queue",
            "legacy::scripts",
            "legacy::python",
            "lock",
            "document",
            "replace",
            "sys",
        ],
    ),
    ("legacy/scripts", &["cli", "memory", "lock", "document", "replace", "sys"]),
    ("memory", &["memory", "lock", "document", "replace", "sys"]),
    ("queue", &["queue", "memory", "legacy::python", "lock", "document", "replace", "sys"]),
    ("legacy/python", &["legacy::python", "lock", "document", "replace", "sys"]),
    ("lock", &["lock", "sys"]),
    ("document", &["document", "sys"]),
    ("replace", &["replace", "sys"]),
    ("sys", &["sys"]),
];

pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
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
fn only_sys_knows_operating_systems() {
    for file in rust_files(&sources()) {
        if file.starts_with(sources().join("sys")) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("target_os"), "{} must ask src/sys instead", file.display());
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    for file in rust_files(&sources()) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines: something wants to leave", file.display());
    }
}
