//! A power cut at every point of a replacement: the file is the old or the new one, whole, and what
//! was confirmed is there.
//!
//! The calls are recorded from the real binary; the disk is the model in `common/disk.rs`.

use crate::common::disk::{Disk, Found};
use crate::common::strace::{Call, record};
use crate::common::{TestEnv, require};

const OLD: &str = "{\n  \"n\": 1\n}\n";
const NEW: &str = "{\n  \"n\": 2\n}\n";
const KEPT: [&str; 3] = ["{\"n\": 0}\n", "{\"n\": -1}\n", "{\"n\": -2}\n"];

/// What was found after the worst cuts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cuts {
    /// Cuts after which the file was neither the old nor the new one.
    torn: usize,
    /// Cuts after which a backup was no whole version.
    torn_backups: usize,
    /// Whether the file may still be the old one after the command has reported success.
    undone: bool,
}

/// Runs a command, cuts the power at every point of it, and counts what is wrong afterwards.
fn cuts(env: &TestEnv, target: &str, exists: bool, args: &[&str]) -> Cuts {
    let mut disk = Disk::of(&env.path(""));
    let (ran, calls) = record(env, args);
    ran.ok();
    let target = env.path(target);
    let mut cuts = Cuts::default();
    let whole = |content: &Vec<u8>| content == OLD.as_bytes() || content == NEW.as_bytes();
    let kept = |content: &Vec<u8>| whole(content) || KEPT.iter().any(|kept| content == kept.as_bytes());
    let mut look = |found: &Found| {
        cuts.torn += usize::from(found.get(&target).map_or(exists, |contents| !contents.iter().all(whole)));
        let backups = found.iter().filter(|(path, _)| path.to_string_lossy().contains(".bak"));
        cuts.torn_backups += backups.filter(|(_, contents)| !contents.iter().all(kept)).count();
    };
    let mut steps = 0;
    disk.crashes(&mut look);
    for call in &calls {
        if disk.apply(call) {
            steps += 1;
            disk.crashes(&mut look);
        }
    }
    assert!(steps > 4, "the trace shows no replacement");
    disk.crashes(|found| {
        let is_new = |contents: &Vec<Vec<u8>>| contents.iter().all(|content| content == NEW.as_bytes());
        cuts.undone |= !found.get(&target).is_some_and(is_new);
    });
    cuts
}

fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", OLD);
    env
}

fn env_with_backups() -> TestEnv {
    let env = env();
    env.write("doc.json.bak", KEPT[0]);
    env.write("doc.json.bak.1", KEPT[1]);
    env.write("doc.json.bak.2", KEPT[2]);
    env
}

#[test]
fn an_update_survives_a_power_cut_at_any_point() {
    if require("strace") {
        let found = cuts(&env(), "doc.json", true, &["update", "doc.json", ".n = 2"]);
        assert_eq!(found, Cuts::default());
    }
}

#[test]
fn an_update_with_backups_survives_a_power_cut_at_any_point() {
    if require("strace") {
        let args = ["update", "--backup=3", "doc.json", ".n = 2"];
        assert_eq!(cuts(&env_with_backups(), "doc.json", true, &args), Cuts::default());
    }
}

#[test]
fn a_restoration_survives_a_power_cut_at_any_point() {
    if require("strace") {
        let env = env_with_backups();
        env.write("doc.json.bak.1", NEW);
        assert_eq!(cuts(&env, "doc.json", true, &["restore", "doc.json", "--from", "1"]), Cuts::default());
    }
}

#[test]
fn a_new_file_is_there_whole_or_not_at_all() {
    if require("strace") {
        let env = TestEnv::new();
        let args = ["write", "deep/er/new.json", "--content", NEW];
        assert_eq!(cuts(&env, "deep/er/new.json", false, &args), Cuts::default());
    }
}

/// Only the folder's sync is left out: the old file may be back after a cut, but never a torn one.
#[test]
fn without_sync_the_old_file_may_be_back_and_the_new_one_is_whole() {
    if require("strace") {
        let found = cuts(&env(), "doc.json", true, &["update", "--no-sync", "doc.json", ".n = 2"]);
        assert_eq!(found, Cuts { undone: true, ..Cuts::default() });
    }
}

#[test]
fn the_model_sees_that_writing_in_place_can_tear() {
    if require("strace") {
        let found = cuts(&env(), "doc.json", true, &["update", "--in-place", "doc.json", ".n = 2"]);
        assert!(found.torn > 0 && !found.undone, "{found:?}");
    }
}

/// The next writer comes as soon as the lock is free, and so before the folder is synced. What it
/// says is done must be there whenever the first one's sync comes, if at all.
fn cuts_behind_the_second(first: &[&str], second: &[&str], wanted: &str) {
    let env = env_with_backups();
    let before = Disk::of(&env.path(""));
    let (ran, calls) = record(&env, first);
    ran.ok();
    assert_eq!(env.read("doc.json"), NEW);
    let (ran, later) = record(&env, second);
    ran.ok();
    assert_eq!(env.read("doc.json"), wanted);
    let target = env.path("doc.json");
    let written = |call: &Call| call.name == "write" && call.on.as_ref() == Some(&target);
    let changed = calls.iter().position(|call| call.is_exchange() || written(call)).unwrap();
    let mut disk = before;
    for call in &calls[..changed] {
        disk.apply(call);
    }
    let mut stops = 0;
    for (end, call) in calls.iter().enumerate().skip(changed) {
        if !disk.apply(call) {
            continue;
        }
        stops += 1;
        let mut disk = disk.clone();
        disk.next_process();
        for call in &later {
            disk.apply(call);
        }
        disk.crashes(|found| {
            let contents = &found[&target];
            let is_wanted = contents.iter().all(|content| content == wanted.as_bytes());
            assert!(is_wanted, "{second:?} behind call {end} of {first:?}: {:?}", shown(contents));
        });
    }
    assert!(stops > 1, "the trace shows no replacement");
}

fn shown(contents: &[Vec<u8>]) -> Vec<String> {
    contents.iter().map(|content| String::from_utf8_lossy(content).into_owned()).collect()
}

#[test]
fn what_a_second_writer_confirms_survives_a_power_cut_before_the_first_ones_sync() {
    if !require("strace") {
        return;
    }
    let both = "{\n  \"n\": 2,\n  \"m\": 3\n}\n";
    for first in [&["update", "doc.json", ".n = 2"][..], &["update", "--backup=3", "doc.json", ".n = 2"]] {
        cuts_behind_the_second(first, &["update", "doc.json", ".m = 3"], both);
        cuts_behind_the_second(first, &["update", "--backup=2", "doc.json", ".m = 3"], both);
        cuts_behind_the_second(first, &["update", "--in-place", "doc.json", ".m = 3"], both);
        // One that changes nothing confirms what it has seen.
        cuts_behind_the_second(first, &["update", "doc.json", ".n = 2"], NEW);
        cuts_behind_the_second(first, &["write", "doc.json", "--content", NEW], NEW);
    }
    let first = ["update", "--in-place", "doc.json", ".n = 2"];
    cuts_behind_the_second(&first, &["update", "doc.json", ".n = 2"], NEW);
    cuts_behind_the_second(&first, &["update", "doc.json", ".m = 3"], both);
}
