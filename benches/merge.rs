//! What a merge costs: `cargo bench --bench merge`.
//!
//! Two versions of a document of 100,000 sessions, each with a thousand new ones and a thousand
//! changed ones, and the version that both come from. Prints the time of the merge alone, from bytes
//! to bytes; that of the whole command, with its lock and its syncs; and the most memory that the
//! process had, as a multiple of what it was given.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench may panic and may write plainly")]

#[path = "common/measure.rs"]
mod measure;

use std::fs;
use std::process::Command;
use std::sync::Arc;

use aimem::document::Format;
use aimem::merge::{Kind, Rules, Texts, merge_texts};
use measure::{Spread, time};

const SESSIONS: usize = 100_000;
const CHANGED: usize = 1000;
const RUNS: usize = 7;

/// A document in which the sessions from `changed` on have another summary, and with so many new ones.
fn document(changed: usize, new: usize, side: &str) -> Vec<u8> {
    let mut text = String::from("{\n  \"project\": \"p\",\n  \"sessions\": [\n");
    for number in 0..SESSIONS {
        let is_changed = (changed..changed + CHANGED).contains(&number) && new > 0;
        let summary = if is_changed { side } else { "as it was" };
        text.push_str(&format!(
            "    {{\"id\": \"session-20260101-{number:06}\", \"date\": \"2026-01-01\", \"summary\": \"{summary} {number}\"}},\n"
        ));
    }
    for number in 0..new {
        text.push_str(&format!(
            "    {{\"id\": \"{side}-{number}\", \"date\": \"2026-01-02\", \"summary\": \"new\"}},\n"
        ));
    }
    text.truncate(text.len() - 2);
    text.push_str("\n  ]\n}\n");
    text.into_bytes()
}

fn main() {
    let versions = [document(0, 0, ""), document(10, CHANGED, "ours"), document(50_000, CHANGED, "theirs")];
    let given: usize = versions.iter().map(Vec::len).sum();
    let [base, ours, theirs] = versions.map(Arc::new);
    println!("{SESSIONS} sessions, {:.1} MB each", ours.len() as f64 / 1e6);

    let texts = Texts {
        kind: Kind::Document(Format::Json),
        base: Some(base.clone()),
        ours: ours.clone(),
        theirs: theirs.clone(),
        beside: None,
    };
    let once = || time(|| assert!(merge_texts(&texts, &Rules::default()).unwrap().conflicts.is_empty()));
    let alone: Vec<_> = (0..RUNS).map(|_| once()).collect();
    println!("merge alone     {}", Spread::of(alone));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    if let Some(peak) = peak {
        println!(
            "memory at most  {:>9.2} MB  ({:.1} times what was given)",
            peak / 1e3,
            peak * 1024.0 / given as f64
        );
    }

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("base.json"), &*base).unwrap();
    fs::write(path("theirs.json"), &*theirs).unwrap();
    let whole: Vec<_> = (0..RUNS)
        .map(|_| {
            fs::write(path("ours.json"), &*ours).unwrap();
            let mut merge = Command::new(env!("CARGO_BIN_EXE_aimem"));
            merge.args(["-q", "merge", "ours.json", "theirs.json", "--base", "base.json", "--write"]);
            merge.current_dir(folder.path()).env("HOME", folder.path());
            time(|| assert!(merge.status().unwrap().success()))
        })
        .collect();
    println!("aimem merge     {}", Spread::of(whole));
}
