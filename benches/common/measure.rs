//! What the benches share.

use std::time::{Duration, Instant};

/// A JSON document of about `size` bytes: a counter and a list of sessions.
pub fn document(size: usize) -> String {
    let mut text = String::from("{\n  \"count\": 0,\n  \"sessions\": [\n");
    let mut number = 0;
    while text.len() < size.saturating_sub(100) {
        text.push_str(&format!(
            "    {{ \"id\": \"s{number}\", \"weight\": {number}.25, \"tags\": [\"a\", \"b\"] }},\n"
        ));
        number += 1;
    }
    text.push_str("    { \"id\": \"last\", \"weight\": 1, \"tags\": [] }\n  ]\n}\n");
    text
}

pub fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub fn installed(tool: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()))
}
