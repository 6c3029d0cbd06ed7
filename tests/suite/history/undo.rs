//! Going back: what an undo puts back, and what it refuses to.

use std::fs;
use std::process::Stdio;

use super::{doc, env, history, update, versions};
use crate::common::strace::{Call, Stopped, record_all};
use crate::common::{TestEnv, require};

#[test]
fn an_undo_is_a_change_and_can_be_undone() {
    let env = env();
    update(&env, "a", 1);
    update(&env, "b", 2);
    let ran = env.run(["undo", "doc.json"]).ok();
    assert!(ran.stderr.contains("note: put back the version"), "{}", ran.stderr);
    assert_eq!((ran.stdout.as_str(), env.read("doc.json")), ("", doc(1)));
    env.run(["undo", "doc.json"]).ok();
    assert_eq!(env.read("doc.json"), doc(2));
    let ran = env.run(["undo", "doc.json", "--dry-run"]).ok();
    assert!(ran.stdout.contains("+{\"n\": 1}"), "{}", ran.stdout);
    assert_eq!(env.read("doc.json"), doc(2));
    let report = env.run(["undo", "doc.json", "--json"]).ok().stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["changed"], true);
    assert_eq!(report["etag_before"], history(&env, "doc.json")[1]["etag"]);
    assert!(report["history"].is_string() && report["written"].is_string(), "{report}");
    // Into a new file, which is no other name of what is kept.
    use std::os::unix::fs::MetadataExt;
    assert_eq!(fs::metadata(env.path("doc.json")).unwrap().nlink(), 1);
    assert_eq!(versions(&env).len(), 5);
}

#[test]
fn a_clients_change_is_undone_only_if_nothing_came_after_it() {
    let env = env();
    update(&env, "agent-1", 1);
    update(&env, "agent-2", 2);
    let ran = env.run(["undo", "doc.json", "--client", "agent-1"]).expect(76);
    assert!(ran.stderr.contains("was changed since: update by agent-2 at 2"), "{}", ran.stderr);
    let ran = env.run(["undo", "doc.json", "--client", "agent-3"]).expect(66);
    assert!(ran.stderr.contains("no change of ") && ran.stderr.contains("by agent-3"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), doc(2));
    env.run(["undo", "doc.json", "--client", "agent-2"]).ok();
    assert_eq!(env.read("doc.json"), doc(1));
}

#[test]
fn what_a_program_without_a_lock_wrote_is_not_undone() {
    let env = env();
    update(&env, "a", 1);
    env.write("doc.json", doc(50));
    for args in [&["undo", "doc.json"][..], &["undo", "doc.json", "--client", "a"]] {
        let ran = env.run(args).expect(76);
        assert!(ran.stderr.contains("by a program that takes no lock"), "{}", ran.stderr);
    }
    assert_eq!(env.read("doc.json"), doc(50));
    env.run(["restore", "doc.json", "--from", "@{-1}"]).ok();
    assert_eq!(env.read("doc.json"), doc(0));
    env.run(["undo", "doc.json"]).ok();
    assert_eq!(env.read("doc.json"), doc(50), "what the editor wrote is kept by the restoration");
}

#[test]
fn there_may_be_nothing_to_undo() {
    let env = env();
    env.run(["undo", "doc.json"]).expect(66);
    env.run(["write", "new.json", "--content", "{}"]).ok();
    let ran = env.run(["undo", "new.json"]).expect(66);
    assert!(ran.stderr.contains("there was no ") && env.path("new.json").exists(), "{}", ran.stderr);
}

#[test]
fn a_document_broken_by_hand_comes_back_by_the_command_that_update_names() {
    let env = env();
    update(&env, "a", 1);
    update(&env, "a", 2);
    env.write("doc.json", "{\"n\": ");
    let ran = env.run(["update", "doc.json", ".n = 3"]).expect(65);
    let hint = ran.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap();
    let command = hint.rsplit(": ").next().unwrap().replace("aimem ", "\"$AIMEM\" ");
    assert!(command.contains("restore doc.json --from"), "{hint}");
    let ran = crate::common::Ran::of(env.sh(&command).output().unwrap()).ok();
    assert!(ran.stderr.contains("put back"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), doc(1));
    // A broken version is not put back by accident: the last one was.
    assert_eq!(history(&env, "doc.json")[1]["state"], "broken");
    let ran = env.run(["undo", "doc.json"]).expect(65);
    assert!(ran.stderr.contains("is not valid JSON") && ran.stderr.contains("--force"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), doc(1));
    env.run(["undo", "doc.json", "--force"]).ok();
    assert_eq!(env.read("doc.json"), "{\"n\": ");
    // With a backup only, that one is named.
    let other = super::env();
    let off = |args: &[&str]| other.aimem(args).env("AIMEM_HISTORY", "off").output().unwrap();
    off(&["update", "doc.json", ".n = 1", "--backup"]);
    other.write("doc.json", "[");
    let ran = other.run(["update", "doc.json", ".n = 3"]).expect(65);
    assert!(ran.stderr.contains("aimem restore doc.json --from 0"), "{}", ran.stderr);
    other.run(["restore", "doc.json", "--from", "0"]).ok();
    assert_eq!(other.read("doc.json"), doc(0));
    // Nor is a broken backup.
    other.write("doc.json.bak", "{");
    other.run(["restore", "doc.json", "--from", "0"]).expect(65);
    other.run(["restore", "doc.json", "--from", "0", "--force"]).ok();
}

/// The lock is given back together with the publication, and what is noted follows.
#[test]
fn who_is_stopped_behind_the_release_has_the_earlier_time() {
    if !require("strace") {
        return;
    }
    let env = env();
    update(&env, "first", 1);
    // Behind the removal of its lock's info, which is the first thing after the release.
    let args = ["update", "doc.json", ".n = 2", "--client", "slow"];
    let nth = unlink_of_info(&env);
    let stopped = Stopped::behind(&env, ("unlinkat", nth), args, Stdio::null());
    assert_eq!(env.read("doc.json"), doc(2));
    update(&env, "quick", 3);
    stopped.go_on().0.ok();
    let told = history(&env, "doc.json");
    assert_eq!((&told[0]["who"], &told[1]["who"]), (&"quick".into(), &"slow".into()), "{told:?}");
    env.run(["undo", "doc.json"]).ok();
    assert_eq!(env.read("doc.json"), doc(2));
}

/// How many names an update has removed when it has removed its lock's info.
fn unlink_of_info(env: &TestEnv) -> usize {
    let (ran, calls) = record_all(env, ["update", "doc.json", ".n = 1.5"]);
    ran.ok();
    let is_info = |call: &&Call| call.name == "unlinkat" && call.path(1).file_name() == Some("info".as_ref());
    calls.iter().find(is_info).expect("the info is removed").nth
}
