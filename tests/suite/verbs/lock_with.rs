//! `aimem lock with`: a bounded run, and what is told to a command whose lock was taken over.

use std::time::{Duration, Instant};

use crate::common::{Holder, Ran, STAY, TestEnv, eventually, lives};

fn code(env: &TestEnv, args: &[&str]) -> i32 {
    env.run(["lock", "with", "f"].iter().chain(args)).code
}

/// Leaves a lock whose holder was killed.
fn dead_lock(env: &TestEnv) {
    env.write("f", "");
    // With --close the command does not keep the lock alive.
    let mut holder = Holder::start(&mut env.aimem(["lock", "with", "f", "--close", "--", "sh", "-c", STAY]));
    holder.kill();
    eventually("the killed holder's lock is stale", || env.verdict("f") == "stale");
}

#[test]
fn ttl_ends_the_command_with_term_and_its_code_is_told() {
    let env = TestEnv::new();
    env.write("f", "");
    let ended = env.run(["lock", "with", "f", "--ttl", "100ms", "--", "sleep", "60"]).expect(128 + 15);
    let limit = "has run for 100ms, the limit of --ttl; sent TERM\n";
    assert!(
        ended.stderr.starts_with("warning: sleep (pid ") && ended.stderr.ends_with(limit),
        "{}",
        ended.stderr
    );
    let trap = "trap 'exit 7' TERM; while :; do sleep 0.01; done";
    assert_eq!(code(&env, &["--ttl", "200ms", "--", "sh", "-c", trap]), 7);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn ttl_leaves_a_quick_command_alone() {
    let env = TestEnv::new();
    env.write("f", "");
    let start = Instant::now();
    assert_eq!(code(&env, &["--ttl", "60s", "--", "sh", "-c", "exit 3"]), 3);
    assert!(start.elapsed() < Duration::from_secs(50));
}

#[test]
fn kill_after_ends_a_command_that_ignores_term_and_the_lock_lasts_until_then() {
    let env = TestEnv::new();
    env.write("f", "");
    let stubborn = "trap '' TERM; echo in; while :; do sleep 0.01; done";
    let args = ["lock", "with", "f", "--ttl", "100ms", "--kill-after", "600ms", "--", "sh", "-c", stubborn];
    let start = Instant::now();
    let holder = Holder::start(&mut env.aimem(args));
    // TERM has come and gone; the command is there, and so is the lock.
    while start.elapsed() < Duration::from_millis(300) {
        assert_eq!(env.verdict("f"), "held");
    }
    let ended = holder.wait().expect(128 + 9);
    assert!(ended.stderr.contains("lives 600ms after TERM; sent KILL"), "{}", ended.stderr);
    assert!(start.elapsed() >= Duration::from_millis(700), "TERM after 100 ms, KILL 600 ms later");
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn kill_after_without_ttl_is_a_usage_error() {
    let env = TestEnv::new();
    assert_eq!(code(&env, &["--kill-after", "1s", "--", "true"]), 2);
}

#[test]
fn a_lock_that_was_taken_over_is_told_to_the_command_and_only_then() {
    let env = TestEnv::new();
    dead_lock(&env);
    let show = "echo reclaimed=${AIMEM_LOCK_RECLAIMED-no}";
    let run = || env.run(["lock", "with", "f", "--", "sh", "-c", show]).ok().stdout;
    assert_eq!(run(), "reclaimed=1\n");
    assert_eq!(run(), "reclaimed=no\n");
    // Not even where an outer command was told.
    let mut inner = env.aimem(["lock", "with", "f", "--", "sh", "-c", show]);
    assert_eq!(Ran::of(inner.env("AIMEM_LOCK_RECLAIMED", "1").output().unwrap()).stdout, "reclaimed=no\n");
}

#[test]
fn on_reclaimed_runs_first_and_under_the_lock() {
    let env = TestEnv::new();
    dead_lock(&env);
    let recovery = "echo recover $AIMEM_LOCK_RECLAIMED; \"$AIMEM\" lock status f >/dev/null || echo locked";
    let run = || env.run(["lock", "with", "f", "--on-reclaimed", recovery, "--", "echo", "work"]).ok().stdout;
    assert_eq!(run(), "recover 1\nlocked\nwork\n");
    assert_eq!(run(), "work\n", "nothing to recover from");
}

#[test]
fn the_command_is_not_run_when_on_reclaimed_fails() {
    let env = TestEnv::new();
    dead_lock(&env);
    let ran = env.run(["lock", "with", "f", "--on-reclaimed", "exit 4", "--", "echo", "work"]).expect(125);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("--on-reclaimed failed"), "{}", ran.stderr);
    // What was not recovered is still to be recovered by the next one.
    env.run(["lock", "status", "f"]).ok();
    let next = env.run(["lock", "with", "f", "--on-reclaimed", "echo recovered", "--", "echo", "work"]).ok();
    assert_eq!(next.stdout, "recovered\nwork\n");
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_lock_lost_on_the_way_turns_success_into_76_and_leaves_other_codes() {
    let env = TestEnv::new();
    env.write("f", "");
    for (own, told) in [(0, 76), (5, 5)] {
        let script = format!("{STAY}; exit {own}");
        let script = script.replace("exec cat", "cat");
        let holder = Holder::start(&mut env.aimem(["lock", "with", "f", "--", "sh", "-c", &script]));
        env.run(["lock", "break", "f"]).ok();
        let other = env.hold("f");
        let ran = holder.end().expect(told);
        assert!(ran.stderr.contains("is lost"), "{}", ran.stderr);
        assert_eq!(env.verdict("f"), "held", "the other's lock was not removed");
        assert!(lives(other.pid));
        other.end().ok();
    }
}
