//! `docs/history.md`: what is kept of what is replaced, who may see it, and how it comes back.

mod appends;
mod bounds;
mod cost;
mod faults;
mod owners;
mod past;
mod undo;

use std::path::PathBuf;

use crate::common::TestEnv;

/// The folders of histories in a lock root.
pub fn shelves(env: &TestEnv) -> Vec<PathBuf> {
    let all = env.locks().join(".history");
    TestEnv::names_in(&all).into_iter().map(|name| all.join(name)).collect()
}

/// The versions in the one history there is, the oldest first.
pub fn versions(env: &TestEnv) -> Vec<PathBuf> {
    let shelves = shelves(env);
    assert!(shelves.len() < 2, "{shelves:?}");
    let shelf = shelves.into_iter().next().unwrap_or_default();
    let names = TestEnv::names_in(&shelf)
        .into_iter()
        .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()));
    names.map(|name| shelf.join(name)).collect()
}

/// What `history --json` says, the newest first.
pub fn history(env: &TestEnv, file: &str) -> Vec<serde_json::Value> {
    let text = env.run(["history", file, "--json"]).ok().stdout;
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    report["versions"].as_array().unwrap().clone()
}

/// A file's content as `{"n": N}`.
pub fn doc(n: i64) -> String {
    format!("{{\"n\": {n}}}\n")
}

pub fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", doc(0));
    env
}

pub fn update(env: &TestEnv, client: &str, n: i64) {
    env.run(["update", "doc.json", "--client", client, &format!(".n = {n}")]).ok();
}
