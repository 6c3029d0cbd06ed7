//! The rules of the house, held by a test.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may know whom. A module may use itself and what stands behind it.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("cli", &["cli", "settings", "memory", "queue", "place", "lock", "document", "replace", "sys"]),
    ("settings", &["settings", "lock", "sys"]),
    ("memory", &["memory", "place", "lock", "document", "replace", "sys"]),
    ("queue", &["queue", "place", "lock", "document", "replace", "sys"]),
    ("place", &["place", "lock", "replace", "sys"]),
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

#[test]
fn modules_use_only_what_stands_behind_them() {
    for (module, allowed) in MAY_USE {
        let folder = sources().join(module);
        if !folder.exists() {
            continue;
        }
        for file in rust_files(&folder) {
            let text = fs::read_to_string(&file).unwrap();
            for (at, _) in text.match_indices("crate::") {
                let rest = &text[at + "crate::".len()..];
                let names: Vec<&str> = match rest.strip_prefix('{') {
                    // `use crate::{a, b}` would hide names from this test.
                    Some(_) => {
                        panic!("{}: name each module on its own: use crate::a; use crate::b", file.display())
                    }
                    None => vec![
                        rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap(),
                    ],
                };
                for name in names {
                    assert!(allowed.contains(&name), "{} must not use crate::{name}", file.display());
                }
            }
        }
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
