//! Dead locks and a crowd behind them: one gets in at a time, and soon.
//!
//! `AIMEM_LONG_TESTS=1` makes it 200 rounds for every kind of dead lock; the short form has 200
//! for the kinds that can be judged at once and 15 for those that must be watched for 2 s.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::common::{TestEnv, dead_pid, long_tests, script_info};
use crate::lock::contender::Contender;

const CONTENDERS: usize = 8;

/// Sends eight contenders after dead locks, some files at a time. `bury` leaves dead locks on
/// the files. Nobody may meet another inside, everybody must come to enter, and the first one
/// within `bound` of the first try.
fn race(rounds: usize, at_a_time: usize, bound: Duration, bury: impl Fn(&TestEnv, &[PathBuf])) -> Duration {
    let env = TestEnv::new();
    env.make_root();
    let mut contenders: Vec<Contender> = (0..CONTENDERS).map(|_| Contender::new(&env)).collect();
    let mut slowest = Duration::ZERO;
    let folder = env.path("").canonicalize().unwrap();
    let files: Vec<PathBuf> = (0..rounds).map(|round| folder.join(format!("file-{round}"))).collect();
    for files in files.chunks(at_a_time) {
        bury(&env, files);
        let start = Instant::now();
        contenders.iter_mut().for_each(|contender| contender.send(files));
        let mut first = None;
        for contender in &mut contenders {
            for _ in files {
                let (path, how) = contender.answer();
                first.get_or_insert_with(|| start.elapsed());
                assert_eq!(how, "ok", "{}", path.display());
            }
        }
        slowest = slowest.max(first.unwrap());
    }
    assert!(slowest < bound, "the first one was inside after {slowest:?}");
    assert_eq!(env.lock_names(), [""; 0]);
    slowest
}

/// The design's bound is 100 ms for these; ten seconds tell a takeover from a wait for nothing.
const AT_ONCE: Duration = Duration::from_secs(10);
/// The design's bound is 2.5 s for locks that must be watched; the same slack.
const WATCHED: Duration = Duration::from_millis(12_500);

fn watched_rounds() -> usize {
    if long_tests() { 200 } else { 15 }
}

#[test]
fn eight_behind_a_killed_holder() {
    let slowest = race(200, 5, AT_ONCE, |env, files| {
        let mut victim = Contender::victim(env);
        victim.send(files);
        for _ in files {
            assert_eq!(victim.answer().1, "ok");
        }
        // Dropping it kills it with SIGKILL and reaps it.
        drop(victim);
        for file in files {
            assert!(env.lock_dir(file).join("info").exists(), "a killed holder leaves its lock");
        }
    });
    eprintln!("behind a killed holder: first inside after {slowest:?} at most");
}

#[test]
fn eight_behind_a_script_that_died() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let slowest = race(200, 5, AT_ONCE, |env, files| {
        for file in files {
            env.forge(file, Some(script_info(dead_pid()).as_bytes()));
        }
    });
    eprintln!("behind a dead script: first inside after {slowest:?} at most");
}

#[test]
fn eight_behind_an_empty_lock_directory() {
    let start = Instant::now();
    let slowest = race(watched_rounds(), 25, WATCHED, |env, files| {
        for file in files {
            env.forge(file, None);
        }
    });
    // Younger, it could be a script between its mkdir and its write.
    assert!(start.elapsed() >= Duration::from_secs(2), "not watched for 2 s");
    eprintln!("behind an empty lock: first inside after {slowest:?} at most");
}

#[test]
fn eight_behind_an_info_that_says_nothing() {
    let start = Instant::now();
    let slowest = race(watched_rounds(), 25, WATCHED, |env, files| {
        for file in files {
            env.forge(file, Some(b"\xff\xfe\x00no lines of ours\n"));
        }
    });
    assert!(start.elapsed() >= Duration::from_secs(2), "not watched for 2 s");
    eprintln!("behind an unreadable info: first inside after {slowest:?} at most");
}

#[test]
fn a_taker_learns_that_it_took_over_and_from_whom() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let env = TestEnv::new();
    env.make_root();
    env.forge("f", Some(script_info(dead_pid()).as_bytes()));
    let shown = "echo reclaimed=$AIMEM_LOCK_RECLAIMED";
    assert_eq!(env.run(["lock", "with", "f", "--", "sh", "-c", shown]).ok().stdout, "reclaimed=1\n");
    assert_eq!(env.run(["lock", "with", "f", "--", "sh", "-c", shown]).ok().stdout, "reclaimed=\n");
}

#[test]
fn cleanup_removes_stale_locks_and_only_those() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let env = TestEnv::new();
    let mut holder = env.hold("held");
    env.forge("dead", Some(script_info(dead_pid()).as_bytes()));
    env.forge("empty", None);
    env.forge("live-script", Some(script_info(std::process::id()).as_bytes()));
    let names = env.lock_names();

    let shown = env.run(["locks", "cleanup", "--dry-run"]).ok();
    assert!(shown.stderr.contains("would remove 2 stale, kept 2"), "{}", shown.stderr);
    assert_eq!(env.lock_names(), names, "a dry run removes nothing");

    let cleaned = env.run(["locks", "cleanup", "--json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&cleaned.stdout).unwrap();
    assert_eq!(report["removed"].as_array().unwrap().len(), 2, "{report}");
    assert!(!env.lock_dir("dead").exists() && !env.lock_dir("empty").exists());
    assert!(env.lock_dir("live-script").exists());
    assert_eq!(env.verdict("held"), "held");

    holder.let_go();
    holder.wait().ok();
    assert_eq!(env.run(["locks", "check"]).expect(0).stdout, "");
    std::fs::remove_dir_all(env.lock_dir("live-script")).unwrap();
    env.forge("dead", Some(script_info(dead_pid()).as_bytes()));
    let checked = env.run(["locks", "check"]).expect(1);
    assert!(checked.stdout.contains("stale"), "{}", checked.stdout);
}
