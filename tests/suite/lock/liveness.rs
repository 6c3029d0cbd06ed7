//! A holder that lives is never reaped, and what cannot be told counts as alive.
//!
//! `AIMEM_LONG_TESTS=1` stops a holder for the 10 s that the design names; the short form for 3 s,
//! which is longer than any grace in the code.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use aimem::sys::machine;

use crate::common::{
    Holder, Ran, STAY, TestEnv, dead_pid, long_tests, nobodys_env, require, require_root, script_info,
    script_time, set_mode,
};

/// The info of a lock of ours, held by nobody: its lines can be changed before it is forged.
struct Forged(Vec<(&'static str, String)>);

impl Forged {
    fn kernel() -> Forged {
        Forged(vec![
            ("PID", dead_pid().to_string()),
            ("ACQUIRED", script_time(0)),
            ("HOSTNAME", machine::host_name()),
            ("TOKEN", "ab".repeat(16)),
            ("LIVENESS", "kernel".to_owned()),
            ("BOOT", machine::boot_id().unwrap()),
            ("MACHINE", machine::machine_id().unwrap_or_default()),
        ])
    }

    fn process(pid: u32, started: u64) -> Forged {
        Forged::kernel()
            .with("LIVENESS", "process")
            .with("PID", pid)
            .with("STARTED", started)
            .with("PIDNS", machine::pid_namespace().unwrap())
            .with("TIMENS", machine::time_namespace().unwrap())
    }

    fn lease(left: f64) -> Forged {
        let boot = aimem::sys::clock::since_boot().as_secs_f64() + left;
        let wall = jiff::Timestamp::now() + jiff::SignedDuration::from_secs_f64(left);
        Forged::kernel()
            .with("LIVENESS", "lease")
            .with("PID", 0)
            .with("TIMENS", machine::time_namespace().unwrap())
            .with("EXPIRES", format!("{wall:.3}"))
            .with("EXPIRES_BOOT", format!("{:014.3}", boot.max(0.0)))
    }

    fn with(mut self, key: &'static str, value: impl ToString) -> Forged {
        self.0.retain(|(there, _)| *there != key);
        self.0.push((key, value.to_string()));
        self
    }

    fn without(mut self, key: &'static str) -> Forged {
        self.0.retain(|(there, _)| *there != key);
        self
    }

    fn text(&self) -> String {
        self.0.iter().map(|(key, value)| format!("{key}: {value}\n")).collect()
    }
}

#[track_caller]
fn assert_verdict(env: &TestEnv, info: &str, network: bool, wanted: &str) {
    let lock = env.forge("f", Some(info.as_bytes()));
    let reach = if network { "network" } else { "local" };
    let ran =
        Ran::of(env.aimem(["lock", "status", "f", "--json"]).env("AIMEM_LOCK_FS", reach).output().unwrap());
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    assert_eq!(report["verdict"], wanted, "{report}\nof\n{info}");
    assert_eq!(ran.code, i32::from(wanted != "stale"), "{info}");
    // What is not stale is not taken; what is stale, is.
    let mut take = env.aimem(["lock", "with", "f", "-n", "--", "true"]);
    let taken = Ran::of(take.env("AIMEM_LOCK_FS", reach).output().unwrap());
    assert_eq!(taken.code, if wanted == "stale" { 0 } else { 75 }, "{info}{}", taken.stderr);
    assert_eq!(lock.exists(), wanted != "stale", "{info}");
    let _ = fs::remove_dir_all(lock);
}

#[test]
fn every_row_of_the_judges_table() {
    let env = TestEnv::new();
    env.make_root();
    let me = std::process::id();
    let mine = aimem::sys::process::look_up(me).unwrap().started;
    let local = |info: &Forged, wanted: &str| assert_verdict(&env, &info.text(), false, wanted);
    let network = |info: &Forged, wanted: &str| assert_verdict(&env, &info.text(), true, wanted);
    let other_boot = "11111111-2222-3333-4444-555555555555";

    // Leases, whatever else they say.
    local(&Forged::lease(60.0), "held");
    local(&Forged::lease(-1.0), "stale");
    local(&Forged::lease(60.0).with("MACHINE", "00"), "held");
    local(&Forged::lease(-10.0).with("BOOT", other_boot), "held");
    local(&Forged::lease(-40.0).with("BOOT", other_boot), "stale");
    local(&Forged::lease(-40.0).with("TIMENS", 1), "stale");
    local(&Forged::lease(-10.0).with("TIMENS", 1), "held");
    local(&Forged::lease(60.0).without("EXPIRES").without("EXPIRES_BOOT"), "unknown");
    local(&Forged::lease(60.0).with("EXPIRES_BOOT", "soon"), "unknown");

    // One kernel serves a local file system, whatever the machine-id and the host name say.
    local(&Forged::kernel().with("MACHINE", "00").with("HOSTNAME", "a-container"), "stale");
    local(&Forged::process(me, mine).with("MACHINE", "00").with("HOSTNAME", "a-container"), "held");
    local(&Forged::process(me, mine + 1).with("MACHINE", "00"), "stale");

    // Another machine, another boot.
    if machine::machine_id().is_some() {
        network(&Forged::kernel().with("MACHINE", "00"), "unknown");
        network(&Forged::process(me, mine + 1).with("MACHINE", "00"), "unknown");
        local(&Forged::process(me, mine + 1).with("MACHINE", "00").with("BOOT", other_boot), "unknown");
        local(&Forged::kernel().with("MACHINE", "00").with("BOOT", other_boot), "unknown");
        network(&Forged::kernel().with("BOOT", other_boot), "unknown");
    }
    local(&Forged::kernel().with("BOOT", other_boot), "stale");
    local(&Forged::kernel().with("MACHINE", "").with("BOOT", other_boot), "stale");
    network(&Forged::kernel().with("MACHINE", "").with("BOOT", other_boot), "unknown");
    // A container with a boot id of its own, or this machine before its restart.
    local(&Forged::kernel().with("BOOT", other_boot).with("PIDNS", 1), "unknown");
    local(&Forged::process(me, mine + 1).with("BOOT", other_boot), "stale");
    local(&Forged::process(dead_pid(), mine).with("BOOT", other_boot), "stale");
    local(&Forged::process(dead_pid(), mine).with("BOOT", other_boot).with("PIDNS", 1), "unknown");
    local(&Forged::process(me, mine).with("BOOT", other_boot), "held");
    local(&Forged::process(me, mine).with("BOOT", other_boot).with("TIMENS", 1), "unknown");
    network(&Forged::process(me, mine).with("BOOT", other_boot), "unknown");

    // A kernel lock that nobody holds.
    local(&Forged::kernel(), "stale");
    network(&Forged::kernel(), "stale");
    network(&Forged::kernel().without("BOOT"), "unknown");
    local(&Forged::kernel().with("LIVENESS", "telepathy"), "unknown");
    // It would not be seen by another way to the folder, and a copy was never locked.
    let elsewhere = Forged::kernel().with("MACHINE", "00").with("BOOT", other_boot);
    local(&elsewhere.with("INODE", "1 virtiofs"), "unknown");
    local(&Forged::kernel().with("INODE", "1 virtiofs"), "unknown");
    network(&Forged::kernel().with("INODE", "1 virtiofs"), "unknown");
    let fs = machine::file_system(&env.locks()).unwrap().name;
    if machine::machine_id().is_some() {
        let elsewhere = Forged::kernel().with("MACHINE", "00").with("BOOT", other_boot);
        local(&elsewhere.with("INODE", format!("1 {fs}")), "unknown");
    }

    // A process.
    local(&Forged::process(me, mine), "held");
    local(&Forged::process(me, mine + 1), "stale");
    local(&Forged::process(me, mine.saturating_sub(1)), "stale");
    local(&Forged::process(dead_pid(), mine), "stale");
    local(&Forged::process(me, mine).with("PIDNS", 1), "unknown");
    local(&Forged::process(dead_pid(), mine).with("PIDNS", 1), "unknown");
    local(&Forged::process(me, mine).with("TIMENS", 1), "unknown");
    local(&Forged::process(me, mine).without("STARTED"), "unknown");
    local(&Forged::process(me, mine).without("PIDNS"), "unknown");

    // A script.
    let script = |pid: u32| {
        Forged(vec![
            ("PID", pid.to_string()),
            ("ACQUIRED", script_time(0)),
            ("HOSTNAME", machine::host_name()),
        ])
    };
    local(&script(me), "held");
    if !crate::common::require_dead_scripts() {
        return;
    }
    local(&script(dead_pid()), "stale");
    local(&script(dead_pid()).with("HOSTNAME", "elsewhere"), "unknown");
    local(&script(me).with("ACQUIRED", script_time(20 * 3600)), "held");
    local(&script(me).with("ACQUIRED", script_time(30 * 3600)), "stale");
    local(&script(me).with("ACQUIRED", "a while ago"), "held");
    local(&script(0), "unknown");
}

#[test]
fn what_is_no_lock_of_any_kind_is_left_alone() {
    let env = TestEnv::new();
    env.make_root();
    let lock = env.lock_dir("f");
    fs::write(&lock, "a file").unwrap();
    assert_eq!(env.verdict("f"), "unknown");
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    assert_eq!(fs::read_to_string(&lock).unwrap(), "a file");
    fs::remove_file(&lock).unwrap();

    let elsewhere = env.root().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("info"), script_info(dead_pid())).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &lock).unwrap();
    assert_eq!(env.verdict("f"), "unknown");
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    assert!(elsewhere.join("info").exists());
    fs::remove_file(&lock).unwrap();

    fs::create_dir_all(lock.join("info")).unwrap();
    assert_eq!(env.verdict("f"), "unknown");
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    assert!(lock.join("info").is_dir());
}

#[test]
fn a_lock_held_by_the_kernel_is_held_whatever_its_info_says() {
    let env = TestEnv::new();
    let holder = env.hold("f");
    let info = env.lock_dir("f").join("info");
    let lies = Forged::kernel().with("BOOT", "another").text();
    for text in [lies.as_str(), "", "PID: 1", &script_info(dead_pid())] {
        fs::write(&info, text).unwrap();
        assert_eq!(env.verdict("f"), "held", "{text}");
        let cleaned = env.run(["locks", "cleanup"]).ok();
        assert_eq!(cleaned.stdout, "", "{text}");
    }
    assert!(info.exists());
    holder.end();
}

#[test]
fn a_stopped_holder_is_not_reaped() {
    let env = TestEnv::new();
    let stop = Duration::from_secs(if long_tests() { 10 } else { 3 });
    // One whose command lives, one that has the lock all alone, one that owns it by PID.
    let with = env.hold("f1");
    let alone = Holder::start(&mut env.aimem(["lock", "with", "f2", "--close", "--", "sh", "-c", STAY]));
    let owner = Holder::start(&mut env.sh("\"$AIMEM\" lock acquire f3 >id; echo in; exec cat >/dev/null"));
    let holders = [with, alone, owner];
    holders.iter().for_each(|holder| holder.signal("STOP"));
    let start = Instant::now();
    let waiters = ["f1", "f2", "f3"].map(|file| {
        env.aimem(["lock", "with", file, "-w", &format!("{}", stop.as_secs()), "--", "true"]).spawn().unwrap()
    });
    for waiter in waiters {
        let ran = Ran::of(waiter.wait_with_output().unwrap());
        assert_eq!(ran.code, 75, "{}", ran.stderr);
    }
    assert!(start.elapsed() >= stop);
    assert_eq!(env.run(["locks", "cleanup"]).ok().stdout, "");
    for (holder, file) in holders.into_iter().zip(["f1", "f2", "f3"]) {
        assert_eq!(env.status(file)["pid"], holder.pid, "{file}");
        holder.signal("CONT");
        holder.end().ok();
        env.run(["lock", "with", file, "-n", "--", "true"]).ok();
    }
}

#[test]
fn another_users_holder_is_alive() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let Some(env) = nobodys_env() else { return };
    set_mode(&env.home(), 0o777);
    let run = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    run(&["lock", "with", "root-maker", "--", "true"]).ok();
    // Root's process: nobody may not signal it, and gets EPERM.
    let me = std::process::id();
    env.run(["lock", "acquire", "owned", "--pid", &me.to_string()]).ok();
    env.forge("script", Some(script_info(me).as_bytes()));
    let kernel = env.hold("kernel");
    for file in ["owned", "script", "kernel"] {
        let report = run(&["lock", "status", file]).expect(1).stdout;
        assert!(report.starts_with("held: pid "), "{file}: {report}");
        let busy = run(&["lock", "with", file, "-n", "--", "true"]).expect(75);
        assert!(busy.stderr.contains("held by pid "), "{file}: {}", busy.stderr);
    }
    run(&["locks", "cleanup"]).ok();
    assert!(["owned", "script", "kernel"].iter().all(|file| env.lock_dir(file).exists()));
    kernel.end().ok();
    // And a dead one of another user is taken over: the folder is nobody's.
    env.forge("dead", Some(script_info(dead_pid()).as_bytes()));
    run(&["lock", "with", "dead", "-n", "--", "true"]).ok();
}

#[test]
fn an_info_that_may_not_be_opened_is_not_a_missing_one() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let Some(env) = nobodys_env() else { return };
    let run = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    run(&["lock", "with", "root-maker", "--", "true"]).ok();
    let lock = env.forge("f", Some(script_info(dead_pid()).as_bytes()));
    set_mode(&lock.join("info"), 0o600);
    let report = run(&["lock", "status", "f"]).expect(1).stdout;
    assert!(report.starts_with("unknown: "), "{report}");
    // Longer than the two seconds after which a lock without an info is stale.
    let busy = run(&["lock", "with", "f", "-w", "2.5", "--", "true"]).expect(75);
    assert!(
        busy.stderr.contains("permission denied") || busy.stderr.contains("Permission denied"),
        "{}",
        busy.stderr
    );
    run(&["locks", "cleanup"]).ok();
    assert!(lock.join("info").exists());
    set_mode(&lock, 0o700);
    run(&["lock", "with", "f", "-w", "2.5", "--", "true"]).expect(75);
    assert!(lock.join("info").exists());
}

#[test]
fn without_descriptors_nothing_is_reaped() {
    let env = TestEnv::new();
    let holder = env.hold("f");
    let owner = std::process::id();
    env.run(["lock", "acquire", "g", "--pid", &owner.to_string()]).ok();
    // Every limit from «nothing can be opened» to «just enough», each long enough for a judge
    // that took a refusal for a missing info to call the lock stale.
    let children: Vec<_> = (3..14)
        .flat_map(|limit| {
            let script =
                |file: &str| format!("ulimit -n {limit}; exec \"$AIMEM\" lock with {file} -w 2.2 -- true");
            ["f", "g"].map(|file| (limit, env.sh(&script(file)).spawn().unwrap()))
        })
        .collect();
    let mut waited = 0;
    for (limit, child) in children {
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_ne!(ran.code, 0, "with {limit} descriptors the lock was taken: {}", ran.stderr);
        waited += usize::from(ran.code == 75);
    }
    assert!(waited > 0, "no limit was enough to wait with");
    assert_eq!(env.verdict("f"), "held");
    assert_eq!(env.verdict("g"), "held");
    holder.end().ok();
}

#[test]
fn a_holder_in_another_pid_namespace_is_not_reaped() {
    if !require_root() || !require("unshare") {
        return;
    }
    let env = TestEnv::new();
    let inside = |script: &str| -> Command {
        let mut command = env.command("unshare");
        // The shell in between reaps, as a container's first process should.
        command
            .args(["-pf", "--kill-child", "--mount-proc", "sh", "-c"])
            .arg(format!("sh -c '{script}'; exit $?"));
        command
    };
    let with =
        Holder::start(&mut inside("\"$AIMEM\" lock with f1 -- sh -c \"echo in; exec cat >/dev/null\""));
    let owner =
        Holder::start(&mut inside("\"$AIMEM\" lock acquire f2 >/dev/null && echo in && exec cat >/dev/null"));
    assert_eq!(env.verdict("f1"), "held", "kernel locks know no namespaces");
    assert_eq!(env.verdict("f2"), "unknown");
    for file in ["f1", "f2"] {
        let busy = env.run(["lock", "with", file, "-w", "2.2", "--", "true"]).expect(75);
        assert!(busy.stderr.contains("hint: "), "{}", busy.stderr);
    }
    let hint = env.run(["lock", "with", "f2", "-n", "--", "true"]).expect(75).stderr;
    assert!(hint.contains("aimem lock break"), "{hint}");
    assert_eq!(env.run(["locks", "cleanup"]).ok().stdout, "");
    // And the other way round: our locks, seen from inside.
    let ours = env.hold("f3");
    env.run(["lock", "acquire", "f4", "--pid", &std::process::id().to_string()]).ok();
    for file in ["f3", "f4"] {
        let mut command = inside(&format!("\"$AIMEM\" lock with {file} -n -- true"));
        Ran::of(command.output().unwrap()).expect(75);
    }
    ours.end().ok();
    with.end().ok();
    env.run(["lock", "with", "f1", "-n", "--", "true"]).ok();
    owner.end().ok();
    assert_eq!(env.verdict("f2"), "unknown", "it cannot be told from here that its owner has ended");
    env.run(["lock", "break", "f2"]).ok();
    env.run(["lock", "with", "f2", "-n", "--", "true"]).ok();
}

#[test]
fn without_a_process_table_of_our_own_nothing_is_told_of_processes() {
    if !require_root() || !require("unshare") {
        return;
    }
    let env = TestEnv::new();
    // A new PID namespace with the old /proc: its numbers are those of other processes.
    let mut command = env.command("unshare");
    let script = "ID=$(\"$AIMEM\" lock acquire f 2>err) ; echo \"code $?\"; cat err";
    command.args(["-pf", "sh", "-c"]).arg(format!("sh -c '{script}'; :"));
    let ran = Ran::of(command.output().unwrap());
    assert!(ran.stdout.contains("code 2") && ran.stdout.contains("--ttl"), "{} {}", ran.stdout, ran.stderr);
    // The kernel's lock needs no process table.
    let mut command = env.command("unshare");
    command.args(["-pf", "sh", "-c", "\"$AIMEM\" lock with f -- true; exit $?"]);
    Ran::of(command.output().unwrap()).ok();
}

#[test]
fn many_locks_are_listed_and_cleaned_with_few_descriptors() {
    let env = TestEnv::new();
    for number in 0..60 {
        env.forge(format!("stale-{number}"), Some(script_info(dead_pid()).as_bytes()));
    }
    let with_few =
        |verb: &str| env.sh(&format!("ulimit -n 32; exec \"$AIMEM\" locks {verb}")).output().unwrap();
    let shown = Ran::of(with_few("show"));
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert_eq!(shown.stdout.lines().filter(|line| line.starts_with("stale")).count(), 60);
    let cleaned = Ran::of(with_few("cleanup"));
    assert_eq!(cleaned.code, 0, "{}", cleaned.stderr);
    assert!(cleaned.stderr.contains("removed 60 stale, kept 0"), "{}", cleaned.stderr);
}
