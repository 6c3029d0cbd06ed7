//! What was done is written down, and what happened all the same is told.

use std::fs;

use super::{Answer, Session};
use crate::common::{Ran, TestEnv};

fn who(env: &TestEnv, file: &str) -> Vec<(String, String)> {
    let entries = env.run(["history", file, "--json"]).ok().stdout;
    let entries: serde_json::Value = serde_json::from_str(&entries).unwrap();
    let entries = entries["versions"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    entries.iter().map(|entry| (text(&entry["who"]), text(&entry["verb"]))).collect()
}

#[test]
fn a_day_of_two_agents_reads_like_a_diary() {
    let env = TestEnv::new();
    env.write("notes.md", "# Notes\n");
    let claude = Session::claude(&env, "5f1c");
    let (codex, gemini) = (Session::new(&env, "codex", "0199"), Session::new(&env, "gemini", "3b1f"));
    claude.read("notes.md");
    claude.edits("notes.md", "# Notes\n- one\n").silent();
    claude.edits("notes.md", "# Notes\n- one\n- two\n").silent();
    codex.before_edit("notes.md").denied();
    claude.stop();
    codex.edits("notes.md", "# Notes\n- 1\n- two\n").silent();
    codex.stop();
    gemini.read("notes.md");
    gemini.writes("notes.md", "# All notes\n").silent();
    gemini.stop();
    let mut edit = env.aimem(["edit", "notes.md", "--old", "# All notes", "--new", "# All notes\n- by hand"]);
    Ran::of(edit.env("AIMEM_CLIENT", "claude-code:5f1c").output().unwrap()).ok();
    // Once it was not allowed to write over all that; then it did as the others.
    claude.before_write("notes.md").denied();
    claude.read("notes.md");
    let sub = claude.subagent("a1");
    sub.edits("notes.md", "# All notes\n- by hand\n- end\n").silent();
    sub.tell("SubagentStop", "x").silent();
    let names: Vec<(String, String)> = who(&env, "notes.md").into_iter().rev().collect();
    let diary = [
        ("-", "-"),
        ("claude-code:5f1c", "hook"),
        ("claude-code:5f1c", "hook"),
        ("codex:0199", "hook"),
        ("gemini:3b1f", "hook"),
        ("claude-code:5f1c", "edit"),
        ("claude-code:5f1c:a1", "hook"),
    ];
    assert_eq!(names, diary.map(|(who, verb)| (who.to_owned(), verb.to_owned())));
    // And each of them can be had again, and undone.
    assert_eq!(env.run(["history", "show", "notes.md", "@{-3}"]).ok().stdout, "# Notes\n- 1\n- two\n");
    env.run(["undo", "notes.md", "--client", "claude-code:5f1c:a1"]).ok();
    assert_eq!(env.read("notes.md"), "# All notes\n- by hand\n");
}

#[test]
fn a_new_file_and_one_that_is_deleted() {
    let env = TestEnv::new();
    let claude = Session::claude(&env, "1");
    claude.writes("new", "1\n").silent();
    assert_eq!(who(&env, "new"), [("claude-code:1".to_owned(), "hook".to_owned())]);
    let codex = Session::new(&env, "codex", "2");
    claude.stop();
    let delete = |name: &str| {
        let mut event = codex.event(name, "x");
        event["tool_input"]["command"] = "*** Begin Patch\n*** Delete File: new\n*** End Patch\n".into();
        codex.ask(&event)
    };
    delete("PreToolUse-apply_patch").silent();
    fs::remove_file(env.path("new")).unwrap();
    delete("PostToolUse-apply_patch").silent();
    codex.stop();
    env.run(["restore", "new", "--from", "@{-1}"]).ok();
    assert_eq!(env.read("new"), "1\n");
}

#[test]
fn what_was_kept_for_an_edit_that_has_not_come_is_no_change() {
    let env = TestEnv::new();
    env.write("f", "1");
    let one = Session::claude(&env, "1");
    one.edits("f", "2").silent();
    one.before_edit("f").silent();
    let names = [("claude-code:1", "hook"), ("-", "-")].map(|(who, verb)| (who.to_owned(), verb.to_owned()));
    assert_eq!(who(&env, "f"), names);
    assert_eq!(env.run(["history", "show", "f", "@{-1}"]).ok().stdout, "1");
}

fn told(answer: &Answer) -> String {
    format!("{}{}", answer.context(), answer.message())
}

#[test]
fn a_denial_that_a_client_has_ignored_is_told_to_both_and_nothing_is_lost() {
    let env = TestEnv::new();
    env.write("f", "before\n");
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    one.before_edit("f").silent();
    other.before_edit("f").denied();
    // It runs all the same.
    env.write("f", "other's\n");
    let answer = other.after_edit("f");
    assert!(told(&answer).contains("is held by a lease (claude-code:1"), "{answer:?}");
    assert!(told(&answer).contains("your edit was made all the same"), "{answer:?}");
    env.write("f", "one's\n");
    let answer = one.after_edit("f");
    assert!(told(&answer).contains("replaced claude-code:2's of "), "{answer:?}");
    assert!(told(&answer).contains("kept as @{-1}"), "{answer:?}");
    assert_eq!(env.run(["history", "show", "f", "@{-1}"]).ok().stdout, "other's\n");
    let names: Vec<String> = who(&env, "f").into_iter().map(|(who, _)| who).collect();
    assert_eq!(names[..2], ["claude-code:1", "claude-code:2"], "{names:?}");
    let all = env.run(["history", "f", "--json"]).ok().stdout;
    assert!(all.contains(&aimem::place::etag(b"before\n")), "{all}");
}

#[test]
fn a_lease_that_was_lost_meanwhile_is_told() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let one = Session::claude(&env, "1");
    // Somebody breaks it, and writes nothing.
    one.before_edit("f.json").silent();
    env.run(["lock", "break", "f.json"]).ok();
    env.write("f.json", "{\"a\": 1}\n");
    let answer = one.after_edit("f.json");
    assert!(told(&answer).contains("had ended before your edit was made"), "{answer:?}");
    // Or publishes before it.
    one.before_edit("f.json").silent();
    env.run(["lock", "break", "f.json"]).ok();
    env.run(["update", "f.json", ".b = 2", "--client", "codex:9"]).ok();
    env.write("f.json", "{\"a\": 3}\n");
    let answer = one.after_edit("f.json");
    assert!(
        told(&answer).contains("your edit of ") && told(&answer).contains("replaced codex:9's of "),
        "{answer:?}"
    );
    // Or after it.
    one.before_edit("f.json").silent();
    env.write("f.json", "{\"a\": 4}\n");
    env.run(["lock", "break", "f.json"]).ok();
    env.run(["update", "f.json", ".b = 5", "--client", "codex:9"]).ok();
    let answer = one.after_edit("f.json");
    assert!(told(&answer).contains("was changed by codex:9 at "), "{answer:?}");
    // What is there now is not what this session has seen.
    one.before_write("f.json").denied();
}

#[test]
fn without_a_history_the_guard_works_and_what_cannot_be_kept_is_told() {
    let env = TestEnv::new();
    env.write("f", "1");
    let one = Session::claude(&env, "1");
    let off = |name: &str| {
        let mut command = one.command();
        command.env("AIMEM_HISTORY", "off");
        super::ask(command, "claude-code", &one.event(name, "f"))
    };
    off("PreToolUse-Edit").silent();
    env.write("f", "2");
    off("PostToolUse-Edit").silent();
    assert!(!env.locks().join(".history").exists());
    one.stop();
    fs::write(env.locks().join(".history"), "in the way").unwrap();
    let answer = one.before_edit("f");
    assert_eq!(answer.denial(), None);
    assert!(answer.message().contains("no version of "), "{answer:?}");
    Session::claude(&env, "2").before_edit("f").denied();
}
