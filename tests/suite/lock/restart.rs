//! The machine was restarted, or it is another one: what the info file's BOOT and MACHINE tell.

use std::fs;

use crate::common::{Holder, Ran, TestEnv};

const OTHER: &str = "00000000-0000-0000-0000-000000000000";

/// Rewrites lines of the info file in place. `None` takes the line's value away.
fn rewrite(env: &TestEnv, lines: &[(&str, &str)]) {
    let path = env.lock_dir("f").join("info");
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.lines().map(|line| {
        let key = line.split(": ").next().unwrap().trim_end_matches(':');
        match lines.iter().find(|(name, _)| *name == key) {
            Some((name, value)) => format!("{name}: {value}\n"),
            None => format!("{line}\n"),
        }
    });
    fs::write(&path, changed.collect::<String>()).unwrap();
}

/// The kernel lock of a `lock with` is gone, as after a restart: its info stays behind.
fn killed_holders_lock(env: &TestEnv) {
    let args = ["lock", "with", "f", "--close", "--", "sh", "-c", crate::common::STAY];
    Holder::start(&mut env.aimem(args)).kill();
}

/// A lock whose owner lives.
fn owned_lock(env: &TestEnv) {
    let pid = std::process::id().to_string();
    env.run(["lock", "acquire", "f", "--pid", &pid]).ok();
}

/// One whose owner's PID is another process after the restart.
fn dead_owners_lock(env: &TestEnv) {
    owned_lock(env);
    rewrite(env, &[("STARTED", "1")]);
}

fn on_network(env: &TestEnv, args: &[&str]) -> Ran {
    Ran::of(env.aimem(args).env("AIMEM_LOCK_FS", "network").output().unwrap())
}

fn on_local(env: &TestEnv, args: &[&str]) -> Ran {
    Ran::of(env.aimem(args).env("AIMEM_LOCK_FS", "local").output().unwrap())
}

const TRY: [&str; 6] = ["lock", "with", "f", "-n", "--", "true"];

#[test]
fn a_restart_frees_local_locks_at_once() {
    for make in [killed_holders_lock, dead_owners_lock] {
        for machine in [None, Some("")] {
            let env = TestEnv::new();
            env.write("f", "");
            make(&env);
            let mut lines = vec![("BOOT", OTHER)];
            lines.extend(machine.map(|machine| ("MACHINE", machine)));
            rewrite(&env, &lines);
            let ran = on_local(&env, &["lock", "status", "f"]).ok();
            assert!(ran.stdout.contains("stale") && ran.stdout.contains("restarted"), "{}", ran.stdout);
            on_local(&env, &TRY).ok();
            assert_eq!(env.lock_names(), [""; 0]);
        }
    }
}

#[test]
fn the_same_boot_frees_no_lock_of_a_living_owner() {
    let env = TestEnv::new();
    env.write("f", "");
    owned_lock(&env);
    for run in [on_local, on_network] {
        run(&env, &TRY).expect(75);
        run(&env, &["locks", "cleanup"]).ok();
        assert_eq!(env.verdict("f"), "held");
    }
}

#[test]
fn on_a_network_file_system_another_boot_frees_nothing() {
    for make in [killed_holders_lock, owned_lock] {
        for machine in ["", "00"] {
            let env = TestEnv::new();
            env.write("f", "");
            make(&env);
            rewrite(&env, &[("BOOT", OTHER), ("MACHINE", machine)]);
            let busy = on_network(&env, &TRY).expect(75);
            assert!(busy.stderr.contains("cannot be told"), "{}", busy.stderr);
            assert!(busy.stderr.contains("aimem lock break "), "{}", busy.stderr);
            let shown = on_network(&env, &["locks", "show"]).ok();
            assert!(shown.stdout.contains("unknown") && shown.stdout.contains("another"), "{}", shown.stdout);
            on_network(&env, &["locks", "cleanup"]).ok();
            assert_eq!(env.lock_names().len(), 1, "cleanup freed it");
            // The person who knows that the other machine is gone.
            on_network(&env, &["lock", "break", "f"]).ok();
            on_network(&env, &TRY).ok();
            let log = env.run(["locks", "log"]).ok().stdout;
            assert!(log.contains("break") && log.contains("unknown"), "{log}");
        }
    }
}

#[test]
fn on_a_network_file_system_even_the_same_machines_restart_frees_nothing() {
    if aimem::sys::machine::machine_id().is_none() {
        crate::common::skip("this machine has no id");
        return;
    }
    let env = TestEnv::new();
    env.write("f", "");
    killed_holders_lock(&env);
    rewrite(&env, &[("BOOT", OTHER)]);
    on_network(&env, &TRY).expect(75);
}

/// The info file as a copy, which no kernel lock was ever on: as in a folder that is kept equal on
/// two machines.
fn copy_info(env: &TestEnv) {
    let path = env.lock_dir("f").join("info");
    fs::copy(&path, path.with_extension("copy")).unwrap();
    fs::rename(path.with_extension("copy"), path).unwrap();
}

#[test]
fn another_machines_lock_is_unknown_even_on_a_local_file_system() {
    if aimem::sys::machine::machine_id().is_none() {
        crate::common::skip("this machine has no id");
        return;
    }
    let copied = |env: &TestEnv| {
        killed_holders_lock(env);
        copy_info(env);
    };
    for make in [copied, dead_owners_lock] {
        let env = TestEnv::new();
        env.write("f", "");
        make(&env);
        rewrite(&env, &[("MACHINE", "00"), ("BOOT", OTHER)]);
        on_local(&env, &TRY).expect(75);
        assert_eq!(env.verdict("f"), "unknown");
    }
}

#[test]
fn on_a_local_file_system_the_kernel_lock_decides_whatever_ids_a_container_had() {
    let env = TestEnv::new();
    env.write("f", "");
    killed_holders_lock(&env);
    let other = [("MACHINE", "00"), ("BOOT", OTHER), ("PIDNS", "1"), ("HOSTNAME", "a-container")];
    rewrite(&env, &other);
    on_network(&env, &TRY).expect(75);
    on_local(&env, &TRY).ok();
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_boot_id_alone_frees_no_lock_of_a_living_owner() {
    let env = TestEnv::new();
    env.write("f", "");
    owned_lock(&env);
    rewrite(&env, &[("BOOT", OTHER)]);
    on_local(&env, &TRY).expect(75);
    assert_eq!(env.verdict("f"), "held");
}

#[test]
fn a_wrong_name_for_the_file_system_is_a_usage_error() {
    let env = TestEnv::new();
    env.write("f", "");
    let ran = Ran::of(env.aimem(TRY).env("AIMEM_LOCK_FS", "cloud").output().unwrap()).expect(2);
    assert!(ran.stderr.contains("AIMEM_LOCK_FS"), "{}", ran.stderr);
}

#[test]
fn without_a_machine_id_another_host_name_frees_nothing() {
    let env = TestEnv::new();
    env.write("f", "");
    dead_owners_lock(&env);
    rewrite(&env, &[("BOOT", OTHER), ("MACHINE", ""), ("HOSTNAME", "a-container")]);
    on_local(&env, &TRY).expect(75);
    rewrite(&env, &[("HOSTNAME", &aimem::sys::machine::host_name())]);
    on_local(&env, &TRY).ok();
}
