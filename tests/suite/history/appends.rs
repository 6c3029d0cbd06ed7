//! Lines added at the end: nothing is kept of what stood before them, and yet it can be had.

use std::fs;
use std::process::Stdio;

use super::{history, versions};
use crate::common::TestEnv;

fn append(env: &TestEnv, client: &str, line: &str) {
    env.run(["append", "log.md", "--client", client, line]).ok();
}

/// `which`, size, verb, who and state of each version, the newest first.
fn told(env: &TestEnv) -> Vec<String> {
    let one = |entry: &serde_json::Value| {
        let word = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        let size = entry["size"].as_u64().map_or("-".to_owned(), |size| size.to_string());
        [word("which"), size, word("verb"), word("who"), word("state")].join(" ")
    };
    history(env, "log.md").iter().map(one).collect()
}

#[test]
fn an_append_is_undone_and_that_too() {
    let env = TestEnv::new();
    env.write("log.md", "one\n");
    append(&env, "a:1", "two");
    append(&env, "b:1", "three");
    assert_eq!(
        told(&env),
        ["now 14 append b:1 valid", "@{-1} 8 append a:1 valid", "@{-2} 4 - - valid"],
        "who added what"
    );
    assert_eq!(versions(&env), [] as [std::path::PathBuf; 0], "no byte is kept for it");
    assert_eq!(env.run(["history", "show", "log.md", "@{-2}"]).ok().stdout, "one\n");
    let diff = env.run(["history", "diff", "log.md", "@{-2}"]).ok().stdout;
    assert!(diff.contains("+two") && diff.contains("+three"), "{diff}");
    let refused = env.run(["undo", "log.md", "--client", "a:1"]).expect(76);
    assert!(refused.stderr.contains("append by b:1"), "{}", refused.stderr);
    let said = env.run(["undo", "log.md"]).ok().stderr;
    assert!(said.contains("put back the state before the last append of log.md: 8 bytes"), "{said}");
    assert_eq!(env.read("log.md"), "one\ntwo\n");
    env.run(["undo", "log.md"]).ok();
    assert_eq!(env.read("log.md"), "one\ntwo\nthree\n", "an undo can be undone");
    env.run(["restore", "log.md", "--from", "@{-4}"]).ok();
    assert_eq!(env.read("log.md"), "one\n", "across versions that are kept");
}

#[test]
fn an_append_to_a_file_that_was_torn_or_missing_is_undone_byte_for_byte() {
    let env = TestEnv::new();
    env.write("log.md", "torn");
    append(&env, "a", "line");
    assert_eq!(env.read("log.md"), "torn\nline\n");
    env.run(["undo", "log.md"]).ok();
    assert_eq!(env.read("log.md"), "torn");
    fs::remove_file(env.path("log.md")).unwrap();
    append(&env, "a", "first");
    let refused = env.run(["undo", "log.md"]).expect(66);
    assert!(refused.stderr.contains("there was no "), "{}", refused.stderr);
    append(&env, "a", "second");
    env.run(["undo", "log.md"]).ok();
    assert_eq!(env.read("log.md"), "first\n");
}

#[test]
fn a_foreign_write_behind_appended_lines_is_never_cut_off() {
    let env = TestEnv::new();
    env.write("log.md", "one\n");
    append(&env, "a", "two");
    // One that adds lines, one that changes ours, and one of the same length.
    for foreign in ["one\ntwo\nmore\n", "one\nTWO\n", "one\n2.0\n"] {
        env.write("log.md", foreign);
        let refused = env.run(["undo", "log.md"]).expect(76);
        assert!(refused.stderr.contains("by a program that takes no lock"), "{}", refused.stderr);
        env.run(["restore", "log.md", "--from", "@{-1}"]).expect(76);
        assert_eq!(env.read("log.md"), foreign);
        let told = told(&env);
        assert!(told[0].ends_with("- - valid") && told[1].ends_with("append a lost"), "{told:?}");
    }
    // What was before our lines is there to be seen where it was changed by somebody else.
    env.write("log.md", "ONE\ntwo\n");
    assert_eq!(env.run(["history", "show", "log.md", "@{-1}"]).ok().stdout, "ONE\n");
}

#[test]
fn between_versions_that_are_kept_appended_lines_have_their_place() {
    let env = TestEnv::new();
    env.write("log.md", "a\n");
    env.run(["edit", "log.md", "--client", "x", "--old", "a", "--new", "b"]).ok();
    append(&env, "y", "c");
    append(&env, "y", "d");
    env.run(["edit", "log.md", "--client", "z", "--old", "b", "--new", "B"]).ok();
    assert_eq!(
        told(&env),
        [
            "now 6 edit z valid",
            "@{-1} 6 append y valid",
            "@{-2} 4 append y valid",
            "@{-3} 2 edit x valid",
            "@{-4} 2 - - valid"
        ]
    );
    for (which, content) in [("@{-1}", "b\nc\nd\n"), ("@{-2}", "b\nc\n"), ("@{-3}", "b\n"), ("@{-4}", "a\n")]
    {
        assert_eq!(env.run(["history", "show", "log.md", which]).ok().stdout, content, "{which}");
    }
}

#[test]
fn lines_of_eight_clients_are_all_told() {
    let env = TestEnv::new();
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let script = format!(
                "for n in 1 2 3 4 5; do \"$AIMEM\" append log.md --client c{client} \"{client} $n\" || exit; done"
            );
            env.sh(&script).stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut client in clients {
        assert!(client.wait().unwrap().success());
    }
    let told = told(&env);
    assert_eq!(told.len(), 40, "{told:?}");
    assert!(told.iter().all(|told| told.ends_with("valid") && told.contains("append c")), "{told:?}");
    env.run(["history", "show", "log.md", "@{-39}"]).ok();
}

#[test]
fn a_file_that_was_set_aside_begins_anew() {
    let env = TestEnv::new();
    for line in ["0123456789", "abcdefghij", "ABCDEFGHIJ"] {
        env.run(["append", "log.md", "--max-size", "24", line]).ok();
    }
    assert_eq!(
        (env.read("log.md.1"), env.read("log.md")),
        ("0123456789\nabcdefghij\n".into(), "ABCDEFGHIJ\n".into())
    );
    env.run(["undo", "log.md"]).expect(66);
    assert_eq!(env.read("log.md"), "ABCDEFGHIJ\n");
}

#[test]
fn without_a_history_nothing_is_written_down() {
    let env = TestEnv::new();
    let ran =
        env.sh("AIMEM_HISTORY=off \"$AIMEM\" append log.md line && \"$AIMEM\" undo log.md").output().unwrap();
    assert_eq!(ran.status.code(), Some(66));
    assert!(!env.locks().join(".history").exists());
}
