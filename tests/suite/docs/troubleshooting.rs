//! Every message that the program can print is explained in `docs/troubleshooting.md`.

use std::fs;
use std::path::Path;

use crate::docs::house::{rust_files, sources};

/// Where messages begin in the sources.
const MARKS: [&str; 6] =
    ["#[error(", "CliError::usage(", "CliError::new(", "CliError::io(", "output::warning(", "write!(out, "];

/// A message's longest stretch of its own words, between what is filled in.
fn stretch(message: &str) -> String {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in message.replace("\\\n", "").replace("{{", "(").chars() {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                parts.push(String::new());
            }
            _ if depth == 0 => parts.last_mut().unwrap().push(letter),
            _ => {}
        }
    }
    parts.into_iter().max_by_key(String::len).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The string that follows a mark soon.
fn literal(after: &str) -> Option<&str> {
    let start = after.find('"').filter(|&at| {
        // A message that is made elsewhere, and the hint that follows it.
        at < 90 && !after[..at].contains(';') && !after[..at].contains("message")
    })? + 1;
    let mut end = start;
    while !after[end..].starts_with('"') {
        end += if after[end..].starts_with('\\') { 2 } else { after[end..].chars().next()?.len_utf8() };
    }
    Some(&after[start..end])
}

#[test]
fn every_message_is_explained() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md");
    let page = fs::read_to_string(page).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut found, mut missing) = (0, Vec::new());
    for file in rust_files(&sources()) {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let is_warning = file.ends_with("replace/warning.rs");
        for mark in MARKS {
            if mark.starts_with("write!") && !is_warning {
                continue;
            }
            for (at, _) in text.match_indices(mark) {
                let Some(message) = literal(&text[at + mark.len()..]) else { continue };
                let message = stretch(message);
                if message.len() < 8 {
                    continue;
                }
                found += 1;
                if !page.contains(&message) {
                    missing.push(message);
                }
            }
        }
    }
    assert!(found > 60, "this test no longer finds the messages");
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "not in docs/troubleshooting.md:\n{}", missing.join("\n"));
}
