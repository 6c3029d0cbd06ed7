//! Programs that take no lock and replace the file at the same time: they are noticed, and no
//! update is applied to content that it did not read.
//!
//! The short form of the storm lets a program replace the file 60 times under ten updaters, that of
//! the editor saves 10 times; `AIMEM_LONG_TESTS=1` 1,000 times each.

use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use crate::common::strace::{Stopped, long, place_of};
use crate::common::{TestEnv, require};

const FOREIGN: &str = "{\"n\": 7}\n";

fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", "{\"n\": 1}\n");
    fs::write(env.root().join("foreign"), FOREIGN).unwrap();
    env
}

/// A command for `--pipe` that lets another program act first, and then marks what it was given.
fn marking(act: &str) -> Vec<String> {
    vec!["sh".to_owned(), "-c".to_owned(), format!("{act}; sed 's/}}/, \"marked\": true}}/'")]
}

const REPLACE: &str = "cp ../foreign ../moving && mv ../moving doc.json";

fn update_through(env: &TestEnv, options: &[&str], act: &str) -> crate::common::Ran {
    let command = marking(act);
    let args = ["update", "doc.json", "--pipe"].iter().chain(options).copied();
    env.run(args.chain(["--"]).chain(command.iter().map(String::as_str)))
}

#[test]
fn an_update_starts_again_from_what_another_program_wrote() {
    let env = env();
    env.write("doc.json.bak", "{\"n\": 0}\n");
    let once = format!("[ -e ../done ] || {{ touch ../done; {REPLACE}; }}");
    update_through(&env, &["--backup=2"], &once).ok();
    assert_eq!(env.read("doc.json"), "{\"n\": 7, \"marked\": true}\n");
    // The version that was replaced is kept; the older ones moved up only once.
    assert_eq!(env.read("doc.json.bak"), FOREIGN);
    assert_eq!(env.read("doc.json.bak.1"), "{\"n\": 0}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "doc.json.bak", "doc.json.bak.1"]);
}

#[test]
fn a_file_written_in_place_by_another_program_is_noticed_too() {
    // As many bytes as before: only the time tells. The clock that files are stamped with ticks
    // slowly, so the old version's time is put back.
    let once = "[ -e ../done ] || { touch ../done; echo '{\"n\": 5}' > doc.json; }";
    for options in [&[][..], &["--in-place"], &["--backup"]] {
        let env = env();
        let old = fs::File::options().write(true).open(env.path("doc.json")).unwrap();
        old.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        update_through(&env, options, once).ok();
        assert_eq!(env.read("doc.json"), "{\"n\": 5, \"marked\": true}\n", "{options:?}");
    }
}

/// In place there is no rename that would go to the right file by itself: the one that was opened
/// to be overwritten must be the one that was read.
#[test]
fn a_file_replaced_before_it_is_opened_to_be_written_in_place_is_noticed() {
    if !require("strace") {
        return;
    }
    let args = ["update", "--in-place", "doc.json", ".n += 1"];
    let twin = env();
    let document = twin.path("doc.json");
    let (open, nth) = place_of(&twin, args, |call| call.name == "openat" && call.path(1) == document);
    let env = env();
    let stopped = Stopped::behind(&env, (&open, nth), args, Stdio::null());
    fs::rename(env.root().join("foreign"), env.path("doc.json")).unwrap();
    stopped.go_on().0.ok();
    assert_eq!(env.read("doc.json"), FOREIGN.replace('7', "8"));
}

/// Between the last look and the write nothing can be done about it, but it is told.
#[test]
fn a_file_replaced_while_it_is_written_in_place_is_told() {
    if !require("strace") {
        return;
    }
    let args = ["update", "--in-place", "doc.json", ".n += 1"];
    let twin = env();
    let (cut, nth) = place_of(&twin, args, |call| call.name == "ftruncate");
    let env = env();
    let stopped = Stopped::behind(&env, (&cut, nth), args, Stdio::null());
    fs::rename(env.root().join("foreign"), env.path("doc.json")).unwrap();
    let ran = stopped.go_on().0.expect(76);
    assert!(ran.stderr.contains("while it was being written in place"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), FOREIGN);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_file_that_changes_all_the_time_ends_the_update() {
    let env = env();
    env.write("doc.json.bak", "{\"n\": 0}\n");
    let ran = update_through(&env, &["--backup=2"], REPLACE).expect(76);
    assert!(ran.stderr.contains("replaced again and again"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), FOREIGN);
    // Nothing was replaced, so nothing was moved.
    assert_eq!(env.read("doc.json.bak"), "{\"n\": 0}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "doc.json.bak"]);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_file_that_another_program_deletes_is_not_made_again() {
    let env = env();
    update_through(&env, &[], "rm -f doc.json").expect(66);
    assert_eq!(TestEnv::names_in(&env.path("")), [""; 0]);
}

#[test]
fn a_file_that_another_program_creates_is_not_overwritten() {
    let env = env();
    fs::remove_file(env.path("doc.json")).unwrap();
    let create = "[ -e doc.json ] || cp ../foreign doc.json";
    update_through(&env, &["--create={\"n\": 0}"], create).ok();
    assert_eq!(env.read("doc.json"), "{\"n\": 7, \"marked\": true}\n");
}

#[test]
fn the_condition_of_a_write_holds_at_the_rename() {
    if !require("strace") {
        return;
    }
    let env = env();
    let etag = env.run(["read", "doc.json", "--etag"]).ok().stdout;
    let args = ["write", "doc.json", "--content", "{\"n\": 2}", "--if-match", etag.trim()];
    let stopped = Stopped::behind(&env, ("fsync", 1), args, Stdio::null());
    fs::rename(env.root().join("foreign"), env.path("doc.json")).unwrap();
    let (ran, _) = stopped.go_on();
    assert_eq!(ran.code, 76, "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), FOREIGN);
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
}

#[test]
fn a_restoration_that_starts_again_restores_the_version_that_was_asked_for() {
    if !require("strace") {
        return;
    }
    let env = env();
    env.write("doc.json.bak", "{\"n\": 0}\n");
    env.write("doc.json.bak.1", "{\"n\": -1}\n");
    let args = ["restore", "doc.json", "--from", "1"];
    let twin = self::env();
    twin.write("doc.json.bak", "{\"n\": 0}\n");
    twin.write("doc.json.bak.1", "{\"n\": -1}\n");
    // The older backups have moved up and the new one is in place.
    let backup = twin.path("doc.json.bak");
    let (rename, nth) = place_of(&twin, args, |call| {
        call.is_rename() && call.old_and_new_name().is_some_and(|(_, to)| to == backup)
    });
    let stopped = Stopped::behind(&env, (&rename, nth), args, Stdio::null());
    assert_eq!(env.read("doc.json.bak.2"), "{\"n\": -1}\n");
    fs::rename(env.root().join("foreign"), env.path("doc.json")).unwrap();
    stopped.go_on().0.ok();
    assert_eq!(env.read("doc.json"), "{\"n\": -1}\n");
    assert_eq!(env.read("doc.json.bak"), FOREIGN);
    assert_eq!(env.read("doc.json.bak.1"), "{\"n\": 0}\n");
}

/// Ten updaters note in the document which version they were given; another program replaces it
/// by `mv` all the while. Every version there ever is must be made of one foreign version and of
/// updates of that very version, and no foreign version may be replaced unseen: the next one comes
/// only when an update of this one is there.
#[test]
fn a_storm_of_replacements_mixes_no_versions_and_loses_none() {
    let env = TestEnv::new();
    let rounds = if long() { 1_000 } else { 60 };
    env.write("doc.json", "{\"base\": 0, \"seen\": []}\n");
    let over = AtomicBool::new(false);
    let look = || {
        let text = env.read("doc.json");
        let document: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| {
            over.store(true, Ordering::Relaxed);
            panic!("torn: {error}: {text}")
        });
        let base = document["base"].clone();
        assert!(document["seen"].as_array().unwrap().iter().all(|seen| *seen == base), "mixed: {text}");
        (base.as_u64().unwrap(), document["seen"].as_array().unwrap().len())
    };
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let ran = env.run(["update", "--no-sync", "doc.json", ".seen += [.base]"]);
                    // 76: replaced at every try. Nothing was written.
                    assert!([0, 76].contains(&ran.code), "{}", ran.stderr);
                }
            });
        }
        let all = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for base in 1..=rounds {
                let moving = env.root().join("moving");
                fs::write(&moving, format!("{{\"base\": {base}, \"seen\": []}}\n")).unwrap();
                fs::rename(&moving, env.path("doc.json")).unwrap();
                crate::common::eventually("an update of the version that was saved", || {
                    let (now, updates) = look();
                    now == base && updates > 0
                });
            }
        }));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = all {
            std::panic::resume_unwind(panic);
        }
    });
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
}

/// How another program saves what it has.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Save {
    ByRename,
    InPlace,
}

/// A program that reads the file, thinks, and saves what it has takes away what was confirmed in
/// between, and no lock of ours can help there. But it takes away nothing else.
#[test]
fn an_editor_takes_away_only_what_was_confirmed_while_it_had_the_file_open() {
    for save in [Save::ByRename, Save::InPlace] {
        let env = TestEnv::new();
        env.write("doc.json", "{\"ids\":{}}\n");
        let (saves, workers) = if long() { (1_000, 4) } else { (10, 4) };
        let (confirmed, over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let updates = std::sync::Mutex::new(Vec::new());
        let mut open_times = Vec::new();
        std::thread::scope(|scope| {
            for worker in 0..workers {
                let (env, confirmed, over, updates) = (&env, &confirmed, &over, &updates);
                scope.spawn(move || {
                    for round in 0.. {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        let id = format!("{worker}-{round}");
                        let start = Instant::now();
                        let args = ["update", "--no-sync", "doc.json", "--arg", "id", &id, ".ids[$id] = 0"];
                        let ran = env.run(args);
                        match ran.code {
                            0 => {
                                updates.lock().unwrap().push((id, start, Instant::now()));
                                confirmed.fetch_add(1, Ordering::Relaxed);
                            }
                            // Half of what is just written in place is no document.
                            65 if save == Save::InPlace => {}
                            76 => {}
                            code => panic!("{code}: {}", ran.stderr),
                        }
                    }
                });
            }
            let some_more = |count: usize| {
                let enough = confirmed.load(Ordering::Relaxed) + count;
                crate::common::eventually("updates", || confirmed.load(Ordering::Relaxed) >= enough);
            };
            for _ in 0..saves {
                some_more(6);
                let opened = Instant::now();
                let content = fs::read(env.path("doc.json")).unwrap();
                some_more(3);
                match save {
                    Save::ByRename => {
                        fs::write(env.root().join("saved"), content).unwrap();
                        fs::rename(env.root().join("saved"), env.path("doc.json")).unwrap();
                    }
                    Save::InPlace => fs::write(env.path("doc.json"), content).unwrap(),
                }
                open_times.push((opened, Instant::now()));
            }
            over.store(true, Ordering::Relaxed);
        });
        let ids = env.json("doc.json")["ids"].clone();
        let updates = updates.into_inner().unwrap();
        let lost: Vec<_> = updates.iter().filter(|(id, ..)| ids.get(id).is_none()).collect();
        eprintln!(
            "{save:?}: {} of {} confirmed updates were taken away by {saves} saves of a file read before",
            lost.len(),
            updates.len()
        );
        let unexplained = lost.iter().filter(|(_, start, end)| {
            !open_times.iter().any(|(opened, saved)| start <= saved && opened <= end)
        });
        assert_eq!(unexplained.count(), 0, "{save:?}");
        assert!(!lost.is_empty(), "{save:?}: this test does not show what it says");
    }
}
