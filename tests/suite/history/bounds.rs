//! How much is kept, whatever is done.

use std::fs;
use std::path::Path;

use aimem::history::{Limits, Shelf, Way, prune_all};
use aimem::sys::folder::Folder;
use aimem::sys::machine::file_system_of;

use super::{env, history, update, versions};
use crate::common::strace::{Call, in_parallel, long, record_all, traced};
use crate::common::{Ran, TestEnv, require};

/// The room that the versions below a folder take.
fn room(folder: &Path) -> u64 {
    let files = crate::common::walk(folder).into_iter().filter(|path| path.is_file());
    files.map(|path| fs::metadata(path).unwrap().len()).sum()
}

/// Keeps a file of this size so often as a writer does, in one of so many histories.
fn keep_often(env: &TestEnv, limits: &Limits, files: usize, times: usize, size: usize, most: u64) {
    let root = env.root().join("root");
    fs::create_dir(&root).unwrap();
    let root = Folder::open(&root).unwrap();
    let file_system = file_system_of(root.file()).unwrap();
    let path = env.path("file");
    let mut largest = 0;
    for round in 0..times * files {
        // Another file each time, as after a replacement.
        let _ = fs::remove_file(&path);
        fs::write(&path, vec![b'x'; size]).unwrap();
        let file = fs::File::open(&path).unwrap();
        let key = format!("{:064x}", round % files);
        let token = hex::encode(aimem::sys::random_128().unwrap());
        let shelf = Shelf::open_or_make(&root, &key, 0o700, 0o600).unwrap();
        let kept = shelf.keep(&file, &file.metadata().unwrap(), Way::Any, &file_system, &token).unwrap();
        let (shelf, _) = kept.settle(jiff::Timestamp::now(), &format!("{round:064x}")).unwrap();
        let (one, all) = limits.is_due(size as u64, &token);
        if one {
            shelf.prune(limits).unwrap();
        }
        if all {
            prune_all(&root, limits).unwrap();
        }
        if round % 64 == 0 || round + 1 == times * files {
            largest = largest.max(room(&env.root().join("root")));
        }
    }
    assert!(largest <= most, "{largest} bytes were kept");
}

#[test]
fn many_updates_of_one_file_keep_no_more_than_a_file_may_have() {
    let times = if long() { 10_000 } else { 120 };
    // Less than twenty of them fit.
    let limits = Limits { file_bytes: 8 << 20, ..Limits::default() };
    keep_often(&TestEnv::new(), &limits, 1, times, 1 << 20, 8 << 20);
    if long() {
        keep_often(&TestEnv::new(), &Limits::default(), 1, times, 1 << 20, 32 << 20);
    }
}

#[test]
fn many_files_together_keep_no_more_than_all_may_have() {
    if long() {
        keep_often(&TestEnv::new(), &Limits::default(), 1000, 2, 1 << 20, 512 << 20);
    } else {
        let limits = Limits { total_bytes: 8 << 20, ..Limits::default() };
        keep_often(&TestEnv::new(), &limits, 40, 4, 128 << 10, 8 << 20);
    }
}

#[test]
fn of_a_very_large_file_the_last_one_is_kept() {
    let limits = Limits { large: 1 << 20, file_bytes: 4 << 20, ..Limits::default() };
    keep_often(&TestEnv::new(), &limits, 1, 8, 2 << 20, 4 << 20);
    let limits = Limits { large: 1 << 20, file_bytes: 1 << 20, ..Limits::default() };
    keep_often(&TestEnv::new(), &limits, 1, 8, 2 << 20, 2 << 20);
}

/// Killed at any call, a pruning leaves a history that reads: of each version all or nothing.
#[test]
fn a_pruning_killed_anywhere_leaves_a_history_that_reads() {
    if !require("strace") {
        return;
    }
    let set_up = || {
        let env = env();
        for n in 1..=6 {
            update(&env, "c", n);
        }
        let config = env.home().join(".config/aimem");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("config.toml"), "[history]\nkeep = 2\n").unwrap();
        env
    };
    let env = set_up();
    let (ran, calls) = record_all(&env, ["history", "prune"]);
    ran.ok();
    assert!(versions(&env).len() < 5);
    let wanted = |call: &&Call| call.changes_the_world() || call.name == "exit_group";
    let places: Vec<String> = calls
        .iter()
        .filter(wanted)
        .map(|call| format!("{}:signal=KILL:when={}", call.name, call.nth))
        .collect();
    assert!(places.len() > 3, "{places:?}");
    in_parallel(places, |place| {
        let env = set_up();
        let inject = format!("inject={place}");
        let mut command = traced(&env, &["-o", "/dev/null", "-e", &inject], ["history", "prune"]);
        assert_eq!(Ran::of(command.output().unwrap()).code, 128 + 9, "{place}");
        let told = history(&env, "doc.json");
        assert_eq!(told.len(), 7, "{place}");
        for entry in told {
            assert!(["valid", "gone"].contains(&entry["state"].as_str().unwrap()), "{place}: {entry}");
        }
        env.run(["history", "prune"]).ok();
        assert!(versions(&env).len() < 5, "{place}");
        env.run(["undo", "doc.json"]).ok();
    });
}

/// Who prunes beside us is enough; nobody waits for that one.
#[test]
fn nobody_waits_for_one_who_prunes() {
    if !require("flock") {
        return;
    }
    let env = env();
    for n in 1..=4 {
        update(&env, "c", n);
    }
    let shelf = super::shelves(&env).pop().unwrap();
    let mut holder = env.command("flock");
    holder.arg(&shelf).args(["sh", "-c", "touch ../held; exec sleep 1000"]);
    let _holder = crate::common::Killed(holder.spawn().unwrap());
    crate::common::eventually("it is kept", || env.root().join("held").exists());
    for n in 5..=40 {
        update(&env, "c", n);
    }
    env.run(["history", "prune"]).ok();
    assert_eq!(versions(&env).len(), 40);
}
