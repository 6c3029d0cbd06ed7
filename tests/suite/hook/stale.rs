//! A whole file is written only by who has seen what it is.

use std::fs;
use std::process::Command;

use super::Session;
use crate::common::TestEnv;

type Change = fn(&TestEnv);

/// Who else writes: with aimem, with a shell, as an editor does.
const OTHERS: [(&str, Change); 4] = [
    ("pid ", |env| drop(env.run_with_input(["write", "f"], b"theirs\n").ok())),
    ("a program that takes no lock", |env| drop(env.write("f", "theirs\n"))),
    ("a program that takes no lock", |env| {
        fs::write(env.path("f~"), "theirs\n").unwrap();
        fs::rename(env.path("f~"), env.path("f")).unwrap();
    }),
    ("claude-code:other", |env| {
        Session::claude(env, "other").edits("f", "theirs\n").silent();
        Session::claude(env, "other").stop();
    }),
];

#[test]
fn a_whole_write_over_what_it_has_not_seen_is_denied_until_it_reads_again() {
    for client in ["claude-code", "gemini"] {
        for (who, change) in OTHERS {
            let env = TestEnv::new();
            env.write("f", "mine\n");
            let session = Session::new(&env, client, "1");
            session.read("f");
            change(&env);
            let answer = session.before_write("f");
            let why = answer.denied();
            assert!(why.contains("is not what you last read: changed by ") && why.contains(who), "{why}");
            assert!(why.contains(" at ") && why.contains("Read it again"), "{why}");
            // Nothing is held, and nothing is forgotten.
            assert_eq!(env.lock_names(), [""; 0]);
            session.before_write("f").denied();
            // An edit of a part finds by itself whether its part is there.
            session.before_edit("f").silent();
            session.stop();
            session.read("f");
            session.writes("f", "both\n").silent();
        }
    }
}

#[test]
fn what_was_never_seen_and_what_is_new_passes() {
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    session.before_write("f").silent();
    session.stop();
    session.before_edit("f").silent();
    session.stop();
    session.writes("new", "1").silent();
    // Its own writes are seen.
    session.writes("new", "2").silent();
    session.edits("new", "3").silent();
    session.writes("new", "4").silent();
}

#[test]
fn a_file_that_was_deleted_meanwhile_is_told_once() {
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    session.read("f");
    fs::remove_file(env.path("f")).unwrap();
    let answer = session.before_write("f");
    assert!(answer.denied().contains("was deleted since you read it"), "{answer:?}");
    session.writes("f", "again").silent();
    // One that has come since, where there was none.
    fs::remove_file(env.path("f")).unwrap();
    session.tell("PreToolUse-Read", "f").silent();
    session.tell("PostToolUseFailure-Read", "f").silent();
    env.write("f", "theirs");
    let answer = session.before_write("f");
    assert!(answer.denied().contains("was not there when you last looked: made by "), "{answer:?}");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_not_seen() {
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    session.tell("PreToolUse-Read", "f").silent();
    env.write("f", "2");
    session.tell("PostToolUse-Read", "f").silent();
    let answer = session.before_write("f");
    assert!(answer.denied().contains("was being written while you read it"), "{answer:?}");
    // Nor is one of whose reading only the end was told.
    env.write("g", "1");
    session.tell("PostToolUse-Read", "g").silent();
    session.before_write("g").denied();
    for file in ["f", "g"] {
        session.read(file);
        session.before_write(file).silent();
    }
}

#[test]
fn a_client_that_tells_of_no_reading_is_told_once() {
    let env = TestEnv::new();
    let session = Session::new(&env, "codex", "1");
    session.writes("f", "mine\n").silent();
    env.write("f", "theirs\n");
    assert!(session.before_write("f").denied().contains("is not what you last read"));
    // It has no tool that could say that it has read the file again.
    session.before_write("f").silent();
}

#[test]
fn a_large_file_is_known_by_its_size_and_time() {
    let env = TestEnv::new();
    let large = vec![b'x'; 9 << 20];
    env.write("f", &large);
    let session = Session::claude(&env, "1");
    session.read("f");
    session.before_write("f").silent();
    session.stop();
    // The same bytes, written again.
    assert!(Command::new("touch").args(["-d", "2001-01-01"]).arg(env.path("f")).status().unwrap().success());
    session.before_write("f").denied();
    assert!(!env.locks().join(".history").exists() || env.run(["history", "f"]).stdout.lines().count() <= 1);
}
