//! What one event of an agent's client costs: process start to answer, with a thousand leases alive,
//! beside a hook of bash and jq that only reads the event.
//!
//! `cargo bench --bench hook`. Each figure stands beside what it must stay under. Nothing fails: a
//! machine under load is no fault of the program.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench may panic")]

#[allow(dead_code, reason = "not every bench uses all")]
#[path = "common/measure.rs"]
mod measure;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use measure::installed;
use serde_json::{Value, json};

/// What an event may take, in milliseconds: the median, and one of a hundred.
const BOUNDS: (f64, f64) = (4.0, 15.0);
const ROUNDS: usize = 400;
const LEASES: usize = 1000;

/// A hook that reads the event and does nothing.
const BASH: &str = r#"input=$(cat); tool=$(jq -r .tool_name <<<"$input"); file=$(jq -r .tool_input.file_path <<<"$input"); echo '{}'"#;

struct World {
    home: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        // Beside the program, not in a /tmp that may be memory.
        let beside = PathBuf::from(env!("CARGO_BIN_EXE_aimem"));
        let home = tempfile::tempdir_in(beside.parent().unwrap()).unwrap();
        fs::create_dir(home.path().join("work")).unwrap();
        World { home }
    }

    fn event(&self, name: &str, tool: &str, file: &str, call: usize) -> Value {
        let path = self.home.path().join("work").join(file);
        let input = match tool {
            "Bash" => json!({"command": "cargo test --workspace 2>&1 | tail -n 20"}),
            "Write" => json!({"file_path": path, "content": "x".repeat(8000)}),
            _ => json!({"file_path": path, "old_string": "a", "new_string": "b"}),
        };
        json!({
            "session_id": "00893aaf-19fa-41d2-8238-13269b9b3ca0", "transcript_path": "/tmp/t.jsonl",
            "cwd": self.home.path().join("work"), "permission_mode": "default", "hook_event_name": name,
            "tool_name": tool, "tool_input": input, "tool_use_id": format!("toolu_{call}"),
        })
    }

    fn time(&self, words: &[&str], event: &Value) -> Duration {
        let text = event.to_string();
        let begun = Instant::now();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear().env("HOME", self.home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let took = begun.elapsed();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer, json!({}), "{event}");
        took
    }
}

fn main() {
    let world = World::new();
    let aimem = [env!("CARGO_BIN_EXE_aimem"), "hook", "run", "--client", "claude-code"];
    for number in 0..LEASES {
        let file = world.home.path().join("work").join(format!("leased{number}"));
        let mut lease = Command::new(aimem[0]);
        lease.args(["lock", "acquire", "--ttl", "1h", "--client", &format!("other:{number}")]).arg(file);
        assert!(
            lease
                .env_clear()
                .env("HOME", world.home.path())
                .stdout(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
    }
    for file in ["f", "g"] {
        fs::write(world.home.path().join("work").join(file), "a line of text\n".repeat(1000)).unwrap();
    }
    println!("one event, process start included, with {LEASES} leases alive and files of 15 KB;");
    println!("bounds: median {} ms, 99 of 100 within {} ms\n", BOUNDS.0, BOUNDS.1);
    let events = [
        ("before an Edit", "PreToolUse", "Edit"),
        ("after an Edit", "PostToolUse", "Edit"),
        ("before a Write", "PreToolUse", "Write"),
        ("after a Write", "PostToolUse", "Write"),
        ("before a Read", "PreToolUse", "Read"),
        ("after a Read", "PostToolUse", "Read"),
        ("before Bash", "PreToolUse", "Bash"),
        ("the end of a turn", "Stop", ""),
    ];
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); events.len()];
    for round in 0..ROUNDS {
        for (index, (_, name, tool)) in events.iter().enumerate() {
            let event = world.event(name, tool, "f", round * 10 + index / 2);
            times[index].push(world.time(&aimem, &event));
        }
    }
    for ((label, ..), times) in events.iter().zip(times) {
        show(&format!("aimem, {label}"), times);
    }
    if installed("bash") && installed("jq") {
        let event = world.event("PreToolUse", "Edit", "f", 0);
        let times = (0..ROUNDS / 4).map(|_| world.time(&["bash", "-c", BASH], &event)).collect();
        show("bash + jq, read only", times);
    }
}

fn show(label: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!("{label:<26} {:>7.2} ms median  {:>7.2} ms of 99 in 100", at(0.5), at(0.99));
}
