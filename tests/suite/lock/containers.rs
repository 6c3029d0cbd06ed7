//! Two containers with one lock root: two PID, mount and host-name namespaces, made by `unshare`.

use std::fs;
use std::process::Command;

use crate::common::{
    Holder, Inside, Killed, Ran, STAY, TestEnv, aimem_path, dead_pid, eventually, require, require_root,
    script_info, script_time, skip,
};

/// A command in a container of its own: its own process table, mounts and host name, the same
/// files. When the program that is started ends, so does all that it started.
fn container(env: &TestEnv, name: &str, script: &str) -> Command {
    let mut command = env.command("unshare");
    command.args(["--pid", "--mount", "--uts", "--fork", "--mount-proc", "--kill-child"]);
    command.args(["sh", "-c", &format!("hostname {name} 2>/dev/null; {script}")]);
    command
}

fn possible(env: &TestEnv) -> bool {
    if !require_root() || !require("unshare") || !require("hostname") {
        return false;
    }
    let works = container(env, "a", "test $$ -eq 1").status().is_ok_and(|status| status.success());
    works || skip("no namespaces can be made here")
}

#[test]
fn two_containers_exclude_each_other() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    env.write("f", "");
    let inside = Inside::new(&env, "race");
    let rounds = 8;
    let children: Vec<_> = ["a", "b"]
        .into_iter()
        .map(|name| {
            // Four of each, all at once.
            let one = format!(
                "i=0; while [ $i -lt {rounds} ]; do i=$((i+1)); \
                 \"$AIMEM\" lock with f -w 60 -- {} || echo failed >&2; done",
                inside.words(name, "0.002")
            );
            let script = format!("for n in 1 2 3 4; do ({one}) & done; wait");
            container(&env, name, &script).env("STRICT", "1").spawn().unwrap()
        })
        .collect();
    for child in children {
        let ran = Ran::of(child.wait_with_output().unwrap()).ok();
        assert!(!ran.stderr.contains("failed"), "{}", ran.stderr);
    }
    inside.assert_exclusive(2 * 4 * rounds);
    let entries = inside.entries();
    // Not one after the other: each had its turn while the other was there.
    let turns = entries.windows(2).filter(|pair| pair[0][..1] != pair[1][..1]).count();
    assert!(turns >= 2, "{entries:?}");
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_live_holder_in_another_container_is_never_reaped_and_a_killed_one_is() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    env.write("f", "");
    let hold = format!("exec \"$AIMEM\" lock with f -- sh -c '{STAY}'");
    let mut holder = Holder::start(&mut container(&env, "a", &hold));
    // The holder is PID 1 over there. Another PID 1 here is somebody else.
    let attempt =
        "\"$AIMEM\" lock with f -n -- true; echo $?; \"$AIMEM\" locks cleanup; \"$AIMEM\" lock status f";
    let ran = Ran::of(container(&env, "b", attempt).output().unwrap()).expect(1);
    assert!(ran.stdout.starts_with("75\nheld: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("; its holder has the kernel lock"), "{}", ran.stdout);
    assert!(ran.stdout.contains("held: pid 1 (aimem lock with f -- sh) in another PID namespace on a for "));
    assert_eq!(env.lock_names().len(), 1);

    // Its whole container goes.
    holder.kill();
    let ran =
        Ran::of(container(&env, "b", "exec \"$AIMEM\" lock with f -w 30 -- echo mine").output().unwrap());
    assert_eq!(ran.ok().stdout, "mine\n");
}

#[test]
fn a_process_of_another_container_is_unknown_and_keeps_its_lock() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    env.write("f", "");
    let hold = format!("\"$AIMEM\" lock acquire f --pid 1 >/dev/null && {STAY}");
    let holder = Holder::start(&mut container(&env, "a", &hold));
    // There is a PID 1 in each of them, and it is never the owner.
    let look =
        "\"$AIMEM\" lock with f -n -- true; echo $?; \"$AIMEM\" locks cleanup; \"$AIMEM\" lock status f";
    for ran in [container(&env, "b", look).output().unwrap(), env.sh(look).output().unwrap()] {
        let ran = Ran::of(ran).expect(1);
        assert!(ran.stdout.starts_with("75\nunknown: "), "{}", ran.stdout);
        assert!(ran.stdout.contains("in another namespace"), "{}", ran.stdout);
    }
    // A lease does without processes, and is the same everywhere.
    holder.end().ok();
    assert_eq!(env.verdict("f"), "unknown");
    env.run(["lock", "break", "f"]).ok();
    let lease = "exec \"$AIMEM\" lock acquire f --ttl 60s";
    let id = Ran::of(container(&env, "a", lease).output().unwrap()).ok().stdout;
    assert_eq!(env.verdict("f"), "held");
    env.run(["lock", "renew", id.trim(), "--ttl", "50ms"]).ok();
    eventually("it expires for the other container too", || {
        container(&env, "b", "exec \"$AIMEM\" lock status f").output().unwrap().status.success()
    });
}

#[test]
fn a_process_table_from_outside_decides_nothing() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    env.write("f", "");
    let pid = std::process::id().to_string();
    env.run(["lock", "acquire", "f", "--pid", &pid]).ok();
    // A new PID namespace that still sees the old /proc: every number in it is a lie.
    let mut command = env.command("unshare");
    command.args(["--pid", "--fork"]).arg(aimem_path()).args(["lock", "status", "f"]);
    let ran = Ran::of(command.output().unwrap()).expect(1);
    assert!(ran.stdout.starts_with("unknown"), "{}", ran.stdout);
    for owner in [&["--pid", "1"][..], &[]] {
        let mut command = env.command("unshare");
        command.args(["--pid", "--fork"]).arg(aimem_path()).args(["lock", "acquire", "other"]).args(owner);
        let ran = Ran::of(command.output().unwrap()).expect(2);
        assert!(ran.stderr.contains("--pid") && ran.stderr.contains("--ttl"), "{}", ran.stderr);
    }
}

#[test]
fn a_lease_of_another_time_namespace_ends_by_the_wall_clock_with_time_to_spare() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    env.write("f", "");
    let mut command = env.command("unshare");
    command.args(["--time", "--boottime", "100000", "--fork"]).arg(aimem_path());
    let ran = command.args(["lock", "acquire", "f", "--ttl", "1ms"]).output().unwrap();
    if !ran.status.success() {
        skip("no time namespaces here");
        return;
    }
    // Its boot-time clock is a day ahead of ours, and its lease has expired: not for us yet.
    assert_eq!(env.verdict("f"), "held");
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
}

#[test]
fn a_time_namespace_that_has_anothers_number_frees_nothing() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    env.make_root();
    let info = |lines: &str| {
        let lock = env.lock_dir("f");
        format!(
            "mkdir -p {lock}; printf 'PID: %s\\nTOKEN: ab\\nBOOT: %s\\nTIMENS: %s\\nPIDNS: %s\\n{lines}' \
             \"$PID\" $(cat /proc/sys/kernel/random/boot_id) $(stat -Lc %i /proc/self/ns/time) \
             $(stat -Lc %i /proc/self/ns/pid) >{lock}/info; exec \"$AIMEM\" lock with f -n -- true",
            lock = lock.display()
        )
    };
    let there = |pid: u32, script: &str| {
        let mut command = env.command("unshare");
        command.args(["--time", "--boottime", "100000", "--fork", "sh", "-c", script]);
        Ran::of(command.env("PID", pid.to_string()).output().unwrap())
    };
    // By that clock it has ended long ago, by the one that all share it runs.
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(600);
    let lease = |end| format!("LIVENESS: lease\\nEXPIRES: {end:.3}\\nEXPIRES_BOOT: 0000000001.000\\n");
    there(0, &info(&lease(end))).expect(75);
    // A living owner with another start time than is noted.
    let owner = info("LIVENESS: process\\nSTARTED: 1\\n");
    let busy = there(std::process::id(), &owner).expect(75);
    assert!(busy.stderr.contains("in this time namespace"), "{}", busy.stderr);
    // What has ended by both clocks, and an owner that is gone, are known.
    let past = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(1);
    there(0, &info(&lease(past))).ok();
    there(dead_pid(), &owner).ok();
}

#[test]
fn one_file_under_two_mount_points_has_two_locks() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    env.write("f", "");
    fs::create_dir(env.path("there")).unwrap();
    let script =
        "mount --bind . there && exec \"$AIMEM\" lock with f -- \"$AIMEM\" lock with there/f -n -- true";
    Ran::of(container(&env, "a", script).output().unwrap()).ok();
}

/// Ways to be in a sandbox that shares the host's files and its name.
fn sandboxes() -> Vec<Vec<&'static str>> {
    let mut ways = vec![
        vec!["unshare", "--pid", "--fork", "--mount-proc"],
        // The name is copied into the new namespace.
        vec!["unshare", "--pid", "--uts", "--ipc", "--fork", "--mount-proc"],
        vec!["unshare", "--pid", "--fork"],
    ];
    if require("bwrap") {
        ways.push(vec!["bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc"]);
        ways.push(vec!["bwrap", "--dev-bind", "/", "/", "--unshare-all", "--proc", "/proc"]);
    }
    ways
}

#[test]
fn in_a_sandbox_nobody_can_tell_whose_pid_a_script_has_noted() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    env.make_root();
    let alive = Killed(env.command("sleep").arg("1000").spawn().unwrap());
    for pid in [alive.0.id(), dead_pid()] {
        env.forge("f", Some(script_info(pid).as_bytes()));
        for way in sandboxes() {
            let look = "$AIMEM lock with f -n -- true; echo $?; $AIMEM locks cleanup; $AIMEM lock status f";
            let mut command = env.command(way[0]);
            command.args(&way[1..]).args(["sh", "-c", look]);
            let ran = Ran::of(command.output().unwrap()).expect(1);
            assert!(ran.stdout.starts_with("75\nunknown: "), "{way:?}: {} {}", ran.stdout, ran.stderr);
            assert!(ran.stdout.contains("cannot be told"), "{way:?}: {}", ran.stdout);
        }
    }
    // From outside it can be told.
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
}

#[test]
fn in_a_container_that_is_named_by_its_id_a_dead_script_is_known() {
    let env = TestEnv::new();
    if !possible(&env) || !std::path::Path::new("/etc/hostname").exists() {
        return;
    }
    env.make_root();
    let id = "0123456789ab".repeat(5) + "0123";
    // As docker does it, or with something different.
    let container = |folder: &str, name: &str, written: &str, script: &str| {
        let file = env.root().join(folder).join("hostname");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, name).unwrap();
        let file = file.display();
        let touch = format!("touch -d '{written}' {file}; mount --bind {file} /etc/hostname");
        container(&env, name, &format!("{touch} || exit 99; {script}"))
    };
    let alive = "sleep 1000 & p=$!";
    let dead = "(exit 0) & p=$!; wait $p";
    let script = |state: &str, look: &str| {
        format!(
            "{state}; mkdir -p {lock}; printf 'PID: %s\\nACQUIRED: {time}\\nHOSTNAME: %s\\n' $p $(uname -n) \
             >{lock}/info; {look}",
            lock = env.lock_dir("f").display(),
            time = script_time(0),
        )
    };
    let take = "\"$AIMEM\" lock with f -n -- true";
    let run = |folder: &str, name: &str, written: &str, state: &str| {
        Ran::of(container(folder, name, written, &script(state, take)).output().unwrap())
    };
    let name = &id[..12];
    run(&id, name, "now", dead).ok();
    run(&format!("{id}/userdata"), name, "now", dead).ok();
    run(&id, name, "now", alive).expect(75);
    // Named by somebody, not by its id; not in such a folder; and a sandbox in a container that has
    // been there for long.
    run(&id, "a-pod", "now", dead).expect(75);
    run("some-folder", name, "now", dead).expect(75);
    run(&id, name, "1 hour ago", dead).expect(75);
}

#[test]
fn a_script_that_lives_in_a_sandbox_is_not_taken_for_dead() {
    let env = TestEnv::new();
    if !possible(&env) {
        return;
    }
    if !std::path::Path::new("/proc/sys/kernel/ns_last_pid").exists() {
        skip("PIDs cannot be chosen here");
        return;
    }
    env.make_root();
    for way in &sandboxes()[..2] {
        let lock = env.lock_dir("f");
        let script = format!(
            "mkdir {0} && printf 'PID: %s\nACQUIRED: %s\nHOSTNAME: %s\n' $$ {1} $(uname -n) >{0}/info\n{STAY}",
            lock.display(),
            script_time(0),
        );
        env.write("script.sh", script);
        // It has a number there that nobody has here any more.
        let dead = dead_pid();
        let inside = format!("echo {} >/proc/sys/kernel/ns_last_pid && sh script.sh; :", dead - 1);
        let mut command = env.command(way[0]);
        command.args(&way[1..]).args(["sh", "-c", &inside]);
        let holder = Holder::start(&mut command);
        let info = fs::read_to_string(env.lock_dir("f").join("info")).unwrap();
        assert!(info.starts_with(&format!("PID: {dead}\n")), "{info}");
        assert!(!aimem::sys::process::exists(dead));
        env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
        assert_eq!(env.verdict("f"), "unknown", "{way:?}");
        holder.end();
        env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
    }
}
