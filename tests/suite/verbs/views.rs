//! What is drawn for people: views that go on, who waits, and colours.

use crate::common::{Holder, Ran, TestEnv, aimem_path, eventually, require};

const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/common/terminal.py");

/// All that a command writes on a terminal until it has shown these texts, one after another.
fn on_terminal(env: &TestEnv, words: &[&str], shown: &[&str]) -> String {
    let steps: Vec<(&str, &str)> = shown.iter().map(|text| ("", *text)).collect();
    let mut command = env.command("python3");
    command.arg(DRIVER).arg(serde_json::to_string(&steps).unwrap()).arg(aimem_path()).args(words);
    Ran::of(command.env("TERM", "xterm").output().unwrap()).ok().stdout
}

/// A process that waits for the lock of a file, in the queue by now.
fn waiter(env: &TestEnv, file: &str) -> Holder {
    let waiter = Holder::launch(&mut env.aimem(["update", file, ".n += 1", "-w", "inf"]));
    eventually("it waits", || waits(env, file).contains(&waiter.pid.into()));
    waiter
}

fn waits(env: &TestEnv, file: &str) -> Vec<serde_json::Value> {
    let status = env.status(file);
    status["waiting"].as_array().unwrap().iter().map(|one| one["pid"].clone()).collect()
}

#[test]
fn who_waits_is_listed_and_no_longer_when_the_wait_is_over() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let holder = env.hold("f.json");
    let (first, second) = (waiter(&env, "f.json"), waiter(&env, "f.json"));
    let status = env.status("f.json");
    assert_eq!(status["waiting"].as_array().unwrap().len(), 2, "{status}");
    assert!(status["waiting"][0]["age_seconds"].as_f64().unwrap() < 60.0, "{status}");
    let said = env.run(["lock", "status", "f.json"]).expect(1).stdout;
    assert!(said.contains("; 2 wait: pid "), "{said}");
    assert!(env.run(["locks", "show"]).ok().stdout.contains(&format!("pid {} for ", second.pid)));
    holder.end().ok();
    first.wait().ok();
    second.wait().ok();
    let next = env.hold("f.json");
    assert_eq!(waits(&env, "f.json"), [serde_json::Value::Null; 0]);
    next.end().ok();
}

#[test]
fn the_view_of_all_locks_goes_on() {
    if !require("python3") {
        return;
    }
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let holder = env.hold("f.json");
    let waiting = waiter(&env, "f.json");
    let line = format!("pid {} (aimem lock with f.json", holder.pid);
    let seen =
        on_terminal(&env, &["locks", "show", "--watch=100ms"], &["1 locks in", "1 for ", &line, "1 for "]);
    assert!(seen.starts_with("\u{1b}[?1049h"), "on a screen of its own: {seen:?}");
    // Into a pipe, one line of JSON after another; and it ends with its reader.
    let piped = env.sh("\"$AIMEM\" locks show --watch=50ms --json | head -n 2").output().unwrap();
    let piped = Ran::of(piped).ok();
    assert_eq!(piped.stderr, "");
    for line in piped.stdout.lines() {
        let locks: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(locks[0]["pid"], holder.pid, "{line}");
    }
    assert_eq!(piped.stdout.lines().count(), 2);
    holder.end().ok();
    waiting.wait().ok();
}

#[test]
fn the_log_is_followed_until_a_signal_comes() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let holder = env.hold("f.json");
    env.run(["update", "f.json", ".a=1", "-w", "10ms"]).expect(75);
    let mut follower = Holder::launch(&mut env.aimem(["locks", "log", "--follow", "--json"]));
    let mut next = || -> serde_json::Value { serde_json::from_str(&follower.line()).unwrap() };
    assert_eq!(next()["event"], "timeout", "what was there before");
    env.run(["lock", "break", "f.json"]).ok();
    assert_eq!(next()["event"], "break", "what comes");
    follower.signal("TERM");
    assert_eq!(follower.wait().code, 143);
    drop(holder);
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    if !require("python3") {
        return;
    }
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": [null, \"b\"]}\n");
    let coloured = "\u{1b}[34;1m\"a\"\u{1b}[0m";
    assert!(on_terminal(&env, &["read", "f.json"], &["\"b\""]).contains(coloured));
    assert!(!on_terminal(&env, &["read", "f.json", "--color", "never"], &["\"b\""]).contains('\u{1b}'));
    let diff = on_terminal(&env, &["update", "f.json", ".a = 1", "--dry-run"], &["+{"]);
    assert!(diff.contains("\u{1b}[32m+{"), "{diff:?}");
    for (words, has) in [(&["read", "f.json"][..], false), (&["read", "f.json", "-C"], true)] {
        assert_eq!(env.run(words).ok().stdout.contains(coloured), has, "{words:?}");
    }
    // What is no JSON any more has none.
    assert_eq!(env.run(["read", "f.json", "-C", "-r", ".a[1]"]).ok().stdout, "b\n");
    let mut quiet = env.command("python3");
    let steps = r#"[["", "\"b\""]]"#;
    quiet.arg(DRIVER).arg(steps).arg(aimem_path()).args(["read", "f.json"]).env("NO_COLOR", "1");
    assert!(!Ran::of(quiet.output().unwrap()).ok().stdout.contains('\u{1b}'));
}

#[test]
fn results_are_joined_without_line_ends() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": [\"x\", 1]}\n");
    assert_eq!(env.run(["read", "f.json", "-j", ".a[]"]).ok().stdout, "x1");
    env.write("l.jsonl", "\"x\"\n[1]\n");
    assert_eq!(env.run(["read", "l.jsonl", "-j", "-c", "."]).ok().stdout, "x[1]");
}

/// A wait of this verb holds up nobody, and so has no limit of its own.
#[test]
fn waiting_for_a_free_lock_is_bounded_by_request_only() {
    let env = TestEnv::new();
    let holder = env.hold("f");
    env.run(["lock", "wait", "f", "-n"]).expect(75);
    Ran::of(env.aimem(["lock", "wait", "f"]).env("LOCK_TIMEOUT", "10ms").output().unwrap()).expect(75);
    let waiter = Holder::launch(&mut env.aimem(["lock", "wait", "f", "--json"]));
    holder.end().ok();
    waiter.wait().ok();
    assert!(env.run(["lock", "wait", "--help"]).ok().stdout.contains("As long as that takes"));
}
