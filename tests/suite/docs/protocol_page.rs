//! `docs/protocol.md` names the test that shows each of its statements; here is whether it exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `file::name` of every test in the suite, and of the unit tests beside the code.
fn tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    rust_files(&here("tests/suite"), &mut files);
    rust_files(&here("src/lock"), &mut files);
    rust_files(&here("src/sys"), &mut files);
    let mut names = BTreeSet::new();
    for file in files {
        // The tests of a module that has files of its own are called after the module.
        let stem = match file.file_stem().unwrap().to_str().unwrap() {
            "tests" => file.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned(),
            stem => stem.to_owned(),
        };
        let text = fs::read_to_string(&file).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line == "#[test]" {
                is_test = true;
            } else if let Some(rest) = line.strip_prefix("fn ") {
                let name = rest.split('(').next().unwrap();
                if std::mem::take(&mut is_test) {
                    names.insert(format!("{stem}::{name}"));
                }
            }
        }
    }
    names
}

/// What stands between backquotes and looks like a test's name.
fn mentioned(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c))
    };
    quoted
        .filter(|text| text.split_once("::").is_some_and(|(file, name)| is_word(file) && is_word(name)))
        .collect()
}

#[test]
fn every_test_that_the_protocols_page_names_exists() {
    let page = fs::read_to_string(here("docs/protocol.md")).unwrap();
    let mentioned = mentioned(&page);
    assert!(mentioned.len() > 40, "only {} tests are named", mentioned.len());
    let tests = tests();
    let missing: Vec<&&str> = mentioned.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(missing.is_empty(), "docs/protocol.md names tests that are not there: {missing:#?}");
}

#[test]
fn every_section_of_the_protocols_page_names_a_test() {
    let page = fs::read_to_string(here("docs/protocol.md")).unwrap();
    for section in page.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap();
        assert!(!mentioned(section).is_empty(), "«{title}» names no test");
    }
}
