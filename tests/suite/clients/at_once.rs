//! A client that writes its settings at the same moment, and several of us.

use std::process::{Child, Command};

use super::{CLIENTS, get, mcp, put};
use crate::common::{TestEnv, long_tests, require};

/// Counts in the client's file: reads it, adds one, replaces it. With a lock as Claude Code takes it,
/// by a folder; else as a program that takes none, and writes only what it has read a moment ago.
const COUNTER: &str = r#"
import os, sys, time, re
path, times, locks = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "lock"
for _ in range(times):
    while locks:
        try:
            os.mkdir(path + ".lock")
            break
        except FileExistsError:
            time.sleep(0.001)
    text = open(path, newline="").read()
    made = re.sub(r'(count"? *[:=] *)(\d+)', lambda m: m[1] + str(int(m[2]) + 1), text)
    assert made != text, text
    temporary = path + ".tmp%d" % os.getpid()
    with open(temporary, "w", newline="") as out:
        out.write(made)
    os.rename(temporary, path)
    if locks:
        os.rmdir(path + ".lock")
    time.sleep(0.0005 if locks else 0.005)
"#;

fn count(env: &TestEnv, file: &str, times: u32, lock: &str) -> Child {
    let mut python = Command::new("python3");
    python.arg("-c").arg(COUNTER).arg(env.home().join(file)).arg(times.to_string()).arg(lock);
    python.spawn().unwrap()
}

/// Installs and uninstalls again and again while a client counts. Returns how often. A client with a
/// lock never overwrites what we have written.
fn in_turns(env: &TestEnv, client: &str, file: &str, counter: &mut Child) -> u32 {
    let has_lock = client == "claude-code";
    let mut turns = 0;
    while counter.try_wait().unwrap().is_none() {
        for verb in ["install", "uninstall"] {
            let done = mcp(env, &[verb, "--client", client]).output().unwrap();
            // On a busy machine a client without a lock may be quicker at every try: that is told.
            let gave_up = done.status.code() == Some(76) && !has_lock;
            assert!(gave_up || done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            if has_lock {
                assert_eq!(get(env, file).contains("aimem"), verb == "install", "after {verb}");
            }
        }
        turns += 1;
    }
    assert!(counter.wait().unwrap().success());
    turns
}

#[test]
fn a_client_that_takes_its_lock_loses_nothing_and_neither_do_we() {
    if !require("python3") {
        return;
    }
    let env = TestEnv::new();
    let text = "{\n  // of all\n  \"count\": 0, // starts\n  \"x\": [1, 2]\n}\n";
    put(&env, ".claude.json", text);
    let times = if long_tests() { 5000 } else { 150 };
    let mut counters =
        [count(&env, ".claude.json", times, "lock"), count(&env, ".claude.json", times, "lock")];
    let turns = in_turns(&env, "claude-code", ".claude.json", &mut counters[0])
        + in_turns(&env, "claude-code", ".claude.json", &mut counters[1]);
    assert!(turns > 2, "{turns}");
    assert_eq!(get(&env, ".claude.json"), text.replace("0,", &format!("{},", 2 * times)));
    assert!(!env.home().join(".claude.json.lock").exists());
}

/// A client without a lock may overwrite what we have written. What it has written is never lost.
#[test]
fn what_a_client_without_a_lock_writes_is_not_overwritten() {
    if !require("python3") {
        return;
    }
    let times = if long_tests() { 3000 } else { 100 };
    for (client, file, ..) in CLIENTS.into_iter().filter(|(client, ..)| ["codex", "vscode"].contains(client))
    {
        let env = TestEnv::new();
        let text = if client == "codex" { "count = 0 # of all\n" } else { "{ \"count\": 0 } // of all\n" };
        put(&env, file, text);
        let mut counter = count(&env, file, times, "no lock");
        assert!(in_turns(&env, client, file, &mut counter) > 0, "{client}");
        let found = get(&env, file);
        assert!(found.contains(&times.to_string()) && found.contains("of all"), "{client}: {found}");
    }
}

#[test]
fn several_installations_at_once_are_one() {
    let env = TestEnv::new();
    for (client, file, ..) in CLIENTS {
        put(&env, file, "");
        let children: Vec<Child> = (0..if long_tests() { 24 } else { 8 })
            .map(|_| mcp(&env, &["install", "--client", client]).spawn().unwrap())
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success(), "{client}");
        }
        let installed = get(&env, file);
        assert_eq!(installed.matches("\"mcp\"").count(), 1, "{installed}");
        assert!(mcp(&env, &["uninstall", "--client", client]).status().unwrap().success());
        assert_eq!(get(&env, file), "", "{client}");
    }
}
