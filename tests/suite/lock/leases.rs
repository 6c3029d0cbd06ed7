//! Leases: locks that live by the clock and not by a process.

use std::fs;
use std::process::Command;
use std::time::Duration;

use aimem::lock::info::Info;
use aimem::sys::clock::since_boot;

use crate::common::{FAKETIME, Ran, TestEnv, eventually, require};

fn lease(env: &TestEnv, ttl: &str) -> String {
    if !env.path("f").exists() {
        env.write("f", "{\"n\": 1}\n");
    }
    env.run(["lock", "acquire", "f", "--ttl", ttl]).ok().stdout.trim_end().to_owned()
}

fn info(env: &TestEnv) -> Info {
    Info::parse(&fs::read(env.lock_dir("f").join("info")).unwrap())
}

/// Rewrites lines of the info file in place: the same inode, as it would be after a restart.
fn rewrite(env: &TestEnv, change: impl Fn(&str) -> String) {
    let path = env.lock_dir("f").join("info");
    let text = fs::read_to_string(&path).unwrap();
    let text: String = text.lines().map(|line| change(line) + "\n").collect();
    fs::write(path, text).unwrap();
}

/// aimem under a wall clock that is off by so much. `None` where that can't be done.
fn at_another_time(env: &TestEnv, offset: &str, args: &[&str]) -> Option<Command> {
    if !require("faketime") {
        return None;
    }
    let mut command = env.command(FAKETIME[0]);
    command.args(&FAKETIME[1..]).arg(offset).arg(crate::common::aimem_path()).args(args);
    // Only the wall clock is set back and forth; the monotonic one never is.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
    Some(command)
}

#[test]
fn a_lease_outlives_every_process_and_is_taken_over_at_its_end_and_not_before() {
    let env = TestEnv::new();
    let id = lease(&env, "2s");
    let end = info(&env).expires_boot.unwrap();
    assert_eq!(info(&env).pid, Some(0));
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    let report = env.status("f");
    assert!(report["why"].as_str().unwrap().contains("lease"), "{report}");
    assert_eq!(report["open_by"], serde_json::json!([]), "no process has it");

    // The waiter that takes it over notes the time as the first thing.
    let boot_time = "cut -d' ' -f1 /proc/uptime";
    let ran = env.run(["lock", "with", "f", "--", "sh", "-c", boot_time]).ok();
    let taken = Duration::from_secs_f64(ran.stdout.trim().parse().unwrap());
    // That clock shows hundredths.
    assert!(taken + Duration::from_millis(10) > end, "taken over at {taken:?}, before {end:?}");
    eprintln!("taken over {:?} after its end", taken.saturating_sub(end));

    // All three ways to use the lost lease say so, and the file is untouched.
    let other = env.hold("f");
    let before = env.read("f");
    for args in [
        &["lock", "renew", &id, "--ttl", "1m"][..],
        &["lock", "release", &id],
        &["update", "f", ".n = 2", "--lock", &id],
        &["write", "f", "--content", "{}", "--lock", &id],
    ] {
        let ran = env.run(args).expect(76);
        assert!(ran.stderr.contains("lost"), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(env.read("f"), before);
    assert_eq!(env.status("f")["pid"], other.pid, "the other's lock was left alone");
}

#[test]
fn an_expired_lease_is_nobodys_even_before_it_is_taken_over() {
    let env = TestEnv::new();
    let id = lease(&env, "50ms");
    eventually("it expires", || env.verdict("f") == "stale");
    let before = env.read("f");
    env.run(["lock", "renew", &id, "--ttl", "1m"]).expect(76);
    env.run(["update", "f", ".n = 2", "--lock", &id]).expect(76);
    env.run(["lock", "release", &id]).expect(76);
    assert_eq!(env.read("f"), before);
}

#[test]
fn the_holders_commands_work_under_their_lease_and_a_renewed_one_lasts() {
    let env = TestEnv::new();
    let id = lease(&env, "400ms");
    let first = info(&env);
    env.run(["lock", "renew", &id, "--ttl", "1m"]).ok();
    let second = info(&env);
    assert!(second.expires_boot > first.expires_boot && second.expires > first.expires);
    assert_eq!(second.token, first.token);
    let end = first.expires_boot.unwrap();
    eventually("the first end has passed", || since_boot() > end);
    assert_eq!(env.verdict("f"), "held");
    env.run(["update", "f", ".n = 2", "--lock", &id]).ok();
    assert_eq!(env.json("f")["n"], 2);
    env.run(["update", "f", ".n = 3", "--timeout", "0"]).expect(75);
    env.run(["lock", "release", &id]).ok();
    assert_eq!(env.lock_names(), [""; 0]);
    env.run(["update", "f", ".n = 3", "--lock", &id]).expect(76);
}

#[test]
fn a_lease_that_ends_while_an_update_runs_stops_it_before_it_writes() {
    // The command outlasts the lease; another has had the lock by then, or nobody.
    for until in ["\"$AIMEM\" lock with f -w 20 -- true", "until \"$AIMEM\" lock status f >&2; do :; done"] {
        let env = TestEnv::new();
        let id = lease(&env, "600ms");
        let end = info(&env).expires_boot.unwrap();
        let before = env.read("f");
        let slow = format!("cat >/dev/null; {until}; echo '{{\"n\": 9}}'");
        let ran = env.run(["update", "f", "--lock", &id, "--pipe", "--", "sh", "-c", &slow]);
        assert!(since_boot() >= end, "{ran:?}");
        ran.expect(76);
        assert_eq!(env.read("f"), before);
    }
}

#[test]
fn the_wall_clock_an_hour_forth_and_back_changes_nothing() {
    for offset in ["+3600s", "-3600s"] {
        let env = TestEnv::new();
        let Some(mut status) = at_another_time(&env, offset, &["lock", "status", "f"]) else { return };
        let id = lease(&env, "60s");
        let ran = Ran::of(status.output().unwrap()).expect(1);
        assert!(ran.stdout.contains("lease runs for another"), "{offset}: {}", ran.stdout);
        let try_it = ["lock", "with", "f", "-n", "--", "true"];
        Ran::of(at_another_time(&env, offset, &try_it).unwrap().output().unwrap()).expect(75);

        // Made under the other clock, judged under ours: over at its end, and not before.
        let renew = ["lock", "renew", &id, "--ttl", "300ms"];
        Ran::of(at_another_time(&env, offset, &renew).unwrap().output().unwrap()).ok();
        let wall = info(&env).expires.unwrap().as_second();
        let off = wall - jiff::Timestamp::now().as_second();
        assert!(off.abs() > 3000, "the clock was not moved: {off}");
        let end = info(&env).expires_boot.unwrap();
        env.run(["lock", "with", "f", "-w", "20", "--", "true"]).ok();
        assert!(since_boot() >= end, "{offset}");
    }
}

#[test]
fn a_lease_from_another_boot_lasts_thirty_seconds_longer_by_the_wall_clock() {
    let env = TestEnv::new();
    if !require("faketime") {
        return;
    }
    lease(&env, "50ms");
    eventually("it expires", || env.verdict("f") == "stale");
    rewrite(&env, |line| match line.split_once(": ") {
        Some(("BOOT", _)) => "BOOT: 00000000-0000-0000-0000-000000000000".to_owned(),
        Some(("MACHINE", _)) => "MACHINE: 00".to_owned(),
        _ => line.to_owned(),
    });
    assert_eq!(env.verdict("f"), "held", "clocks of two machines differ");
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    let later = |offset| {
        let status = ["lock", "with", "f", "-n", "--", "true"];
        Ran::of(at_another_time(&env, offset, &status).unwrap().output().unwrap())
    };
    later("+20s").expect(75);
    later("+40s").ok();
}

#[test]
fn only_leases_are_renewed_and_no_lease_is_endless_or_empty() {
    let env = TestEnv::new();
    env.write("f", "");
    for args in [["lock", "acquire", "f", "--ttl", "0"], ["lock", "renew", "00:00", "--ttl", "0"]] {
        env.run(args).expect(2);
    }
    let holder = env.hold("f");
    let token = info(&env).token.unwrap();
    let key = env.lock_dir("f").file_stem().unwrap().to_str().unwrap().to_owned();
    let ran = env.run(["lock", "renew", &format!("{key}:{token}"), "--ttl", "1m"]);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("only a lock made with --ttl"), "{}", ran.stderr);
    holder.end().ok();
}
