//! Who has a lock: the living are named, and a loss is told with its file and its reason.

use std::time::Duration;

use crate::common::{Holder, STAY, TestEnv, eventually, lives, signal};

/// A `lock with` whose wrapper was killed: the PIDs of the wrapper and of its living command.
fn left_behind(env: &TestEnv) -> (Holder, u32, u32) {
    let script = format!("echo $$; {STAY}");
    let args = ["lock", "with", "f", "--client", "editor", "--", "sh", "-c", &script];
    let mut holder = Holder::launch(&mut env.aimem(args));
    let command: u32 = holder.line().parse().unwrap();
    assert_eq!(holder.line(), "in");
    let wrapper = holder.pid;
    holder.kill();
    assert!(lives(command));
    (holder, wrapper, command)
}

#[test]
fn a_killed_wrappers_command_is_named_and_not_the_dead() {
    let env = TestEnv::new();
    env.write("f", "");
    let (mut holder, wrapper, command) = left_behind(&env);
    let named =
        format!("pid {command} (cat), left behind by pid {wrapper} (editor: aimem lock with f -- sh)");
    let status = env.run(["lock", "status", "f"]).expect(1).stdout;
    assert!(status.starts_with(&format!("held: {named} for ")), "{status}");
    let report = env.status("f");
    assert_eq!((&report["pid"], &report["open_by"]), (&command.into(), &serde_json::json!([command])));
    let shown = env.run(["locks", "show"]).ok().stdout;
    assert!(shown.contains(&format!("pid {command} (cat), left behind by pid {wrapper}")), "{shown}");
    for limit in ["0", "300ms"] {
        let busy = env.run(["lock", "with", "f", "-w", limit, "--", "true"]).expect(75).stderr;
        assert!(busy.contains(&format!("is held by {named}; gave up")), "{busy}");
    }
    holder.let_go();
    env.run(["lock", "with", "f", "--", "true"]).ok();
}

#[test]
fn several_processes_left_behind_are_all_named() {
    let env = TestEnv::new();
    env.write("f", "");
    let script = "cat >/dev/null <&4 & echo $! $$; echo in; exec cat >/dev/null";
    let args = ["lock", "with", "f", "--", "sh", "-c", &format!("exec 4<&0; {script}")];
    let mut holder = Holder::launch(&mut env.aimem(args));
    let mut pids: Vec<u32> = holder.line().split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(holder.line(), "in");
    holder.kill();
    pids.sort_unstable();
    eventually("both are cats", || {
        let named = format!("held: pids {} (cat), {} (cat), left behind by pid ", pids[0], pids[1]);
        env.run(["lock", "status", "f"]).stdout.starts_with(&named)
    });
    signal(pids[1], "KILL");
    eventually("one is left", || env.status("f")["open_by"] == serde_json::json!([pids[0]]));
    holder.let_go();
}

#[test]
fn a_living_wrapper_is_named_with_what_it_runs() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    let report = env.status("f");
    assert_eq!(report["pid"], holder.pid);
    let open_by = report["open_by"].as_array().unwrap();
    assert!(open_by.len() == 2 && open_by.contains(&holder.pid.into()), "{report}");
    holder.end().ok();
}

#[test]
fn an_age_is_never_more_than_the_time_that_has_passed() {
    let env = TestEnv::new();
    env.write("f", "");
    // Whatever part of a second it is when the lock is taken.
    for _ in 0..12 {
        let start = std::time::Instant::now();
        let id = env.run(["lock", "acquire", "f", "--ttl", "1m"]).ok().stdout;
        let age = env.status("f")["age_seconds"].as_f64().unwrap();
        // The kernel's clock for files may be late by a tick.
        assert!(age <= (start.elapsed() + Duration::from_millis(20)).as_secs_f64(), "{age}");
        env.run(["lock", "release", id.trim()]).ok();
        std::thread::sleep(Duration::from_millis(87));
    }
}

/// What `aimem` says of the loss of this id, in each way to use it.
fn losses(env: &TestEnv, id: &str) -> Vec<String> {
    let ways: [&[&str]; 3] = [
        &["lock", "release", id],
        &["lock", "renew", id, "--ttl", "1m"],
        &["update", "f", ".", "--lock", id],
    ];
    ways.into_iter().map(|args| env.run(args).expect(76).stderr).collect()
}

#[test]
fn an_ended_lease_is_told_with_its_file_and_when_it_ended() {
    let env = TestEnv::new();
    let file = env.write("f", "{}\n").canonicalize().unwrap();
    let id = env.run(["lock", "acquire", "f", "--ttl", "10ms"]).ok().stdout;
    eventually("it ends", || env.verdict("f") == "stale");
    let lost = format!("error: the lock on {} is lost: its lease expired ", file.display());
    for said in losses(&env, id.trim()) {
        assert!(said.starts_with(&lost) && said.lines().next().unwrap().ends_with(" ago"), "{said}");
    }
    // Taken over by another, who is inside; then nobody is there any more.
    let holder =
        Holder::start(&mut env.aimem(["lock", "with", "f", "--client", "next", "--", "sh", "-c", STAY]));
    let pid = holder.pid;
    let taken = format!("ago, and pid {pid} (next) removed it ");
    let inside = losses(&env, id.trim());
    holder.end().ok();
    for said in inside.into_iter().chain(losses(&env, id.trim())) {
        assert!(said.starts_with(&lost) && said.contains(&taken), "{said}");
    }
    let log = env.run(["locks", "log", "--json"]).ok().stdout;
    let log: Vec<serde_json::Value> = serde_json::from_str(&log).unwrap();
    let lost: Vec<_> = log.iter().filter(|record| record["event"] == "lost").collect();
    assert_eq!(lost.len(), 9);
    for record in lost {
        assert_eq!(record["target"], file.to_str().unwrap(), "{record}");
        assert!(record["why"].as_str().unwrap().starts_with("its lease expired "), "{record}");
    }
}

#[test]
fn a_gone_owner_is_told_with_its_file() {
    let env = TestEnv::new();
    let file = env.write("f", "{}\n").canonicalize().unwrap();
    let mut owner = env.command("sleep").arg("1000").spawn().unwrap();
    let pid = owner.id();
    let id = env.run(["lock", "acquire", "f", "--pid", &pid.to_string()]).ok().stdout;
    owner.kill().unwrap();
    owner.wait().unwrap();
    let lost = format!("error: the lock on {} is lost: its owner, pid {pid}, has ended", file.display());
    let stale = losses(&env, id.trim());
    env.run(["lock", "with", "f", "--", "true"]).ok();
    for said in stale.into_iter().chain(losses(&env, id.trim())) {
        assert!(said.starts_with(&lost), "{said}");
    }
}

#[test]
fn a_broken_lock_is_told_by_whom() {
    let env = TestEnv::new();
    env.write("f", "{}\n");
    let holder = env.hold("f");
    let breaker = env.aimem(["lock", "break", "f"]).spawn().unwrap();
    let pid = breaker.id();
    crate::common::Ran::of(breaker.wait_with_output().unwrap()).ok();
    let lost = holder.end().expect(76).stderr;
    assert!(lost.contains(&format!(" is lost: pid {pid} broke it ")), "{lost}");
}

#[test]
fn an_id_that_nobody_knows_is_told_as_it_is() {
    let env = TestEnv::new();
    env.write("f", "{}\n");
    let id = env.run(["lock", "acquire", "f", "--ttl", "1m"]).ok().stdout;
    env.run(["lock", "release", id.trim()]).ok();
    for said in losses(&env, id.trim()) {
        assert!(said.contains("is lost: it ") && !said.contains("ago"), "{said}");
    }
}
