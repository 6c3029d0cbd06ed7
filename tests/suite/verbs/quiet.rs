//! `-q`: nothing but errors on standard error.

use crate::common::{Ran, TestEnv, eventually};

fn is_silent(ran: Ran) {
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

/// What the recipe for cron says, which would mail every line.
#[test]
fn a_busy_lock_is_no_error_where_its_exit_code_is_0() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let holder = env.hold("f.json");
    for line in [
        "lock with f.json --nonblock -E 0 -q -- touch ran",
        "lock with f.json -w 0.4 -E 0 --quiet --json -- touch ran",
        "-q lock acquire f.json -n -E 0 --ttl 1m",
        "update f.json .a=1 -n -E 0 -q",
        "-q write f.json --content {} -w 0.4 -E 0",
        "append -q f.json text -n -E 0",
    ] {
        is_silent(env.run(line.split(' ')).ok());
    }
    assert!(!env.path("ran").exists());
    // Any other exit code is one that somebody asks about.
    for (line, code) in [("update f.json .a=1 -n -q", 75), ("update f.json .a=1 -n -q -E 9", 9)] {
        let ran = env.run(line.split(' ')).expect(code);
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains("\nhint: "), "{}", ran.stderr);
    }
    holder.end().ok();
    assert_eq!(env.read("f.json"), "{}\n");
}

#[test]
fn waiting_notes_and_warnings_go_unsaid() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": 1, \"a\": 2}\n");
    assert!(env.run(["read", "f.json", ".a"]).ok().stderr.starts_with("warning: "));
    let ran = env.run(["read", "f.json", ".a", "-q"]).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("2\n", ""));
    for line in
        ["locks show -q", "locks cleanup -q", "queue list -q", "scripts install s -q", "lock break f.json -q"]
    {
        let ran = env.run(line.split(' ')).ok();
        assert_eq!(ran.stderr, "", "{line}");
    }
    let holder = env.hold("f.json");
    let line = "aimem() { \"$AIMEM\" \"$@\"; }
        aimem lock wait f.json 2>loud & aimem lock wait f.json -q 2>quiet; wait";
    let mut waiting = env.sh(line).spawn().unwrap();
    eventually("the other one says that it waits", || {
        std::fs::read_to_string(env.path("loud")).is_ok_and(|said| said.contains("waiting for lock"))
    });
    holder.end().ok();
    assert!(waiting.wait().unwrap().success());
    assert_eq!(env.read("quiet"), "");
}

#[test]
fn errors_are_told_all_the_same() {
    let env = TestEnv::new();
    let ran = env.run(["read", "none.json", "-q"]).expect(66);
    assert!(ran.stderr.starts_with("error: none.json does not exist"), "{}", ran.stderr);
    let ran = env.run(["read", "none.json", "-q", "--json"]).expect(66);
    assert!(ran.stderr.starts_with('{'), "{}", ran.stderr);
    // Behind the dashes it is the command's.
    assert_eq!(env.run(["lock", "with", "f", "--", "echo", "-q"]).ok().stdout, "-q\n");
    assert_eq!(env.run(["frobnicate", "-q"]).expect(2).stderr.lines().count(), 2);
}
