//! SIGKILL at every system call of every verb that writes: the file is the old or the new one,
//! the backups are whole and none is lost, and the next update neither waits nor leaves anything.
//!
//! The short form kills before each call that changes something outside the process, and at the
//! end: between two such calls a killed process leaves the same behind. `AIMEM_LONG_TESTS=1`
//! kills at every call from the first to the last.

use std::collections::BTreeSet;
use std::fs;

use crate::common::strace::{Call, in_parallel, long, record_all, traced};
use crate::common::{Ran, TestEnv, require};

const OLD: &str = "{\n  \"n\": 1\n}\n";
const NEW: &str = "{\n  \"n\": 2\n}\n";
/// The backups at the beginning, the latest first.
const KEPT: [&str; 3] = ["{\"n\": 0}\n", "{\"n\": -1}\n", "{\"n\": -2}\n"];
const AFTER: &str = ".after = true";

fn set_up(backups: &[&str]) -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", OLD);
    for (index, content) in backups.iter().enumerate() {
        env.write(backup(index), content);
    }
    env
}

fn backup(index: usize) -> String {
    if index == 0 { "doc.json.bak".to_owned() } else { format!("doc.json.bak.{index}") }
}

/// What the backups hold, and that each of them is a whole version.
fn versions(env: &TestEnv, backups: &[&str], at: &str) -> BTreeSet<String> {
    let names = TestEnv::names_in(&env.path(""));
    let contents = names.iter().filter(|name| name.starts_with("doc.json.bak")).map(|name| env.read(name));
    contents
        .inspect(|content| {
            let whole = content == OLD || content == NEW || backups.contains(&content.as_str());
            assert!(whole, "killed at {at}, a backup is no whole version: {content:?}");
        })
        .collect()
}

/// Kills the command at one place and looks at what is left.
fn kill(args: &[&str], backups: &[&str], keeps: bool, inject: &str) {
    let env = set_up(backups);
    let option = format!("inject={inject}");
    let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", &option], args).output().unwrap());
    assert_eq!(ran.code, 128 + 9, "{inject} did not kill: {}", ran.stderr);

    let now = env.read("doc.json");
    assert!(now == OLD || now == NEW, "killed at {inject}: {now:?}");
    let kept = versions(&env, backups, inject);
    // Only the oldest may go, and only when the new one is there.
    let must_be_kept = if keeps && now == NEW { backups.iter().take(2) } else { backups.iter().take(3) };
    for version in must_be_kept {
        assert!(kept.contains(*version), "killed at {inject}, this backup is gone: {version}");
    }
    if keeps && now == NEW {
        assert!(kept.contains(OLD), "killed at {inject}: the replaced version was not kept");
    }

    // Its own time limit is what is promised.
    let next: &[&str] = if keeps { &["--backup=3"] } else { &[] };
    let args = ["update", "-w", "2.5", "doc.json", AFTER].iter().chain(next);
    let next = env.run(args);
    assert_eq!(next.code, 0, "after a kill at {inject}: {}", next.stderr);
    // It may have to say that it waits: a lock that was not furnished yet is given two seconds.
    assert!(!next.stderr.contains("warning"), "after a kill at {inject}: {}", next.stderr);
    assert_eq!(env.read("doc.json"), now.replace("\n}", ",\n  \"after\": true\n}"));
    let ours = |name: &String| name == "doc.json" || keeps && (0..3).any(|index| *name == backup(index));
    let names = TestEnv::names_in(&env.path(""));
    assert!(names.iter().all(ours), "left after a kill at {inject}: {names:?}");
    if keeps {
        assert_eq!(fs::read_to_string(env.path("doc.json.bak")).unwrap(), now, "after a kill at {inject}");
    }
    let locks: Vec<String> = env.lock_names().into_iter().filter(|name| name.ends_with(".lock")).collect();
    assert_eq!(locks, [""; 0], "left after a kill at {inject}");
}

fn kill_everywhere(args: &[&str], backups: &[&str], keeps: bool) {
    if !require("strace") {
        return;
    }
    let env = set_up(backups);
    let (ran, calls) = record_all(&env, args);
    ran.ok();
    let wanted = |call: &&Call| match call.name.as_str() {
        // How often one of these is called depends on the other thread and on chance.
        "futex" | "ppoll" | "recvfrom" | "brk" | "mmap" | "munmap" | "mprotect" | "madvise" | "execve" => {
            false
        }
        "exit_group" => true,
        _ => long() || call.changes_the_world(),
    };
    let places = calls.iter().filter(wanted);
    let places: Vec<String> =
        places.map(|call| format!("{}:signal=KILL:when={}", call.name, call.nth)).collect();
    assert!(places.len() > 15, "too few places: {places:?}");
    in_parallel(places, |place| kill(args, backups, keeps, &place));
}

#[test]
fn an_update_killed_anywhere_leaves_the_old_or_the_new_file() {
    kill_everywhere(&["update", "doc.json", ".n = 2"], &[], false);
}

#[test]
fn an_update_with_backups_killed_anywhere_loses_none() {
    kill_everywhere(&["update", "--backup=3", "doc.json", ".n = 2"], &KEPT, true);
}

#[test]
fn a_write_with_backups_killed_anywhere_loses_none() {
    kill_everywhere(&["write", "--backup=3", "doc.json", "--content", NEW], &KEPT[..2], true);
}

#[test]
fn a_write_killed_anywhere_leaves_the_old_or_the_new_file() {
    kill_everywhere(&["write", "doc.json", "--content", NEW], &[], false);
}

#[test]
fn a_restoration_killed_anywhere_leaves_the_old_or_the_new_file() {
    let backups = [KEPT[0], NEW, KEPT[2]];
    kill_everywhere(&["restore", "doc.json", "--from", "1"], &backups, true);
}
