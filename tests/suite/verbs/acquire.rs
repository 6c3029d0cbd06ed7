//! `lock acquire`: a lock that outlives the command, and whose it is.

use crate::common::{Holder, TestEnv, eventually, require, require_root};

/// Takes, looks, releases twice, and takes again to the end of the shell.
const LIFE: &str = r#"
    ID=$("$AIMEM" lock acquire f) || exit 10
    "$AIMEM" lock status f --json >held.json; [ $? -eq 1 ] || exit 11
    echo $$ >shell
    "$AIMEM" lock release "$ID" || exit 12
    "$AIMEM" lock status f || exit 13
    "$AIMEM" lock release "$ID" 2>second; [ $? -eq 76 ] || exit 14
    ID=$("$AIMEM" lock acquire f) || exit 15
    echo "$ID"
"#;

#[test]
fn the_lock_belongs_to_the_shell_whichever_it_is() {
    for shell in ["bash", "dash", "zsh"] {
        if !require(shell) {
            continue;
        }
        let env = TestEnv::new();
        let ran = crate::common::Ran::of(env.command(shell).args(["-c", LIFE]).output().unwrap());
        assert_eq!(ran.code, 0, "{shell}: {}", ran.stderr);
        let pid: u64 = env.read("shell").trim().parse().unwrap();
        let held: serde_json::Value = serde_json::from_str(&env.read("held.json")).unwrap();
        assert_eq!((&held["verdict"], held["pid"].as_u64()), (&"held".into(), Some(pid)), "{shell}: {held}");
        assert!(env.read("second").contains("lost"), "{shell}: {}", env.read("second"));
        // The shell has ended without a release: the lock is there, and free for the taking.
        assert!(env.lock_dir("f").exists(), "{shell}");
        assert_eq!(env.verdict("f"), "stale", "{shell}");
        env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
        // And the old id does not reach whoever came next.
        let next = env.hold("f");
        env.run(["lock", "release", ran.stdout.lines().last().unwrap()]).expect(76);
        assert_eq!(env.verdict("f"), "held", "{shell}");
        next.end().ok();
    }
}

/// The owner that `lock status` names after this way of taking the lock, and the shell's PID.
#[track_caller]
fn owner(shell: &str, take: &str) -> (u64, u64) {
    owner_in(&TestEnv::new(), shell, take)
}

#[track_caller]
fn owner_in(env: &TestEnv, shell: &str, take: &str) -> (u64, u64) {
    let script =
        format!("{take}\n[ -n \"$ID\" ] || exit 10\necho $$; exec 3>&1; echo in; exec cat >/dev/null");
    let mut holder = Holder::launch(env.command(shell).args(["-c", &script]));
    let pid = holder.line().parse().unwrap_or_default();
    assert_eq!(holder.line(), "in", "{shell}: {take}");
    let status = env.status("f");
    assert_eq!(status["verdict"], "held", "{shell}: {take}: {status}");
    (status["pid"].as_u64().unwrap(), pid)
}

#[test]
fn subshells_and_passers_on_never_own_it() {
    for shell in ["bash", "dash", "zsh"] {
        if !require(shell) {
            continue;
        }
        for take in [
            r#"ID=$("$AIMEM" lock acquire f)"#,
            r#"ID=$("$AIMEM" lock acquire f | cat)"#,
            r#"ID=$("$AIMEM" lock acquire f 2>&1 | tail -1)"#,
            r#"ID=$( ( ( "$AIMEM" lock acquire f; : ); : ); : )"#,
            r#"ID=$(timeout 60 "$AIMEM" lock acquire f)"#,
            r#"ID=$(env A=b nohup "$AIMEM" lock acquire f 2>/dev/null)"#,
            r#""$AIMEM" lock acquire f >id; ID=$(cat id)"#,
        ] {
            let (owner, pid) = owner(shell, take);
            assert_eq!(owner, pid, "{shell}: {take}");
        }
    }
}

#[test]
fn who_only_runs_another_program_never_owns_it() {
    let sudo = r#"ID=$(sudo -n env HOME="$HOME" "$AIMEM" lock acquire f)"#;
    for (tool, take) in [
        ("sudo", sudo),
        ("flock", r#"ID=$(flock x "$AIMEM" lock acquire f)"#),
        ("flock", r#"ID=$(flock x -c "$AIMEM lock acquire f")"#),
        ("xargs", r#"ID=$(echo f | xargs "$AIMEM" lock acquire)"#),
        ("find", r#"ID=$(find . -name f -exec "$AIMEM" lock acquire {} \;)"#),
        ("make", r#"ID=$(make -s id)"#),
        ("strace", r#"ID=$(strace -o trace "$AIMEM" lock acquire f)"#),
        ("script", r#"ID=$(script -qc "$AIMEM lock acquire f" /dev/null)"#),
        ("setpriv", r#"ID=$(setpriv --no-new-privs nice -n 1 stdbuf -o0 "$AIMEM" lock acquire f)"#),
        // One that nobody has heard of.
        ("bash", r#"ID=$(bash wrapper "$AIMEM" lock acquire f)"#),
        ("time", r#"ID=$(command time -o times "$AIMEM" lock acquire f)"#),
    ] {
        if !require(tool) {
            continue;
        }
        for shell in ["bash", "dash"].into_iter().filter(|shell| require(shell)) {
            let env = TestEnv::new();
            env.write("f", "");
            env.write("wrapper", "echo >&2; \"$@\"; exit $?");
            env.write("Makefile", "id:\n\t@$(AIMEM) lock acquire f\n");
            let (owner, pid) = owner_in(&env, shell, take);
            assert_eq!(owner, pid, "{shell}: {take}");
        }
    }
}

#[test]
fn whoever_may_be_gone_at_once_is_told_that_the_lock_goes_with_it() {
    let env = TestEnv::new();
    env.write("f", "");
    env.write("quiet.sh", "ID=$(\"$AIMEM\" lock acquire f) && \"$AIMEM\" lock release $ID");
    env.write("passes-on.sh", "\"$AIMEM\" lock acquire f; :");
    env.write("Makefile", "id:\n\t@ID=$$($(AIMEM) lock acquire f); echo $$ID\n");
    let note = |script: &str| {
        let ran = crate::common::Ran::of(env.command("sh").args(["-c", script]).output().unwrap());
        assert_eq!((ran.code, env.verdict("f") == "held"), (0, false), "{script}: {}", ran.stderr);
        let _ = env.run(["locks", "cleanup"]);
        ran.stderr
    };
    for script in [
        r#"bash -c 'ID=$("$AIMEM" lock acquire f); echo $ID'"#,
        r#"bash -euo pipefail -c 'ID=$("$AIMEM" lock acquire f); echo $ID'"#,
        r#"sh passes-on.sh"#,
        r#"ID=$(sh passes-on.sh)"#,
        r#"make -s id"#,
    ] {
        let said = note(script);
        assert!(said.starts_with("note: this lock ends with the shell that asked (pid "), "{script}: {said}");
        assert!(said.ends_with("; for a lock that outlives it: --ttl\n"), "{script}: {said}");
    }
    if require("python3") {
        let said = note(r#"python3 -c 'import os; os.system(os.environ["AIMEM"] + " lock acquire f")'"#);
        assert!(said.contains("ends with python3"), "{said}");
    }
    // Shells that go on, or that know what they do.
    for script in [
        "sh quiet.sh",
        r#"sh -c 'ID=$("$AIMEM" lock acquire f) && "$AIMEM" lock release $ID'"#,
        r#"sh -c '"$AIMEM" lock acquire f --ttl 1ms; :'"#,
        r#""$AIMEM" lock acquire f --pid $$"#,
    ] {
        assert_eq!(note(script), "", "{script}");
    }
}

#[test]
fn a_named_owner_keeps_it_until_it_ends() {
    let env = TestEnv::new();
    let mut owner = Holder::start(&mut env.sh("echo in; exec cat >/dev/null"));
    let pid = owner.pid.to_string();
    let id = env.run(["lock", "acquire", "f", "--pid", &pid]).ok().stdout;
    assert_eq!(id.lines().count(), 1, "one word and nothing else: {id:?}");
    assert_eq!(env.status("f")["pid"], owner.pid);
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    owner.kill();
    eventually("its owner is known to be gone", || env.verdict("f") == "stale");
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
    let refused = env.run(["lock", "acquire", "f", "--pid", &pid]).expect(2);
    assert!(refused.stderr.contains(&pid), "{}", refused.stderr);
    assert_eq!(refused.stdout, "");
}

#[test]
fn an_owner_that_ended_and_was_not_reaped_is_gone() {
    let env = TestEnv::new();
    let mut child = env.command("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
    env.run(["lock", "acquire", "f", "--pid", &child.id().to_string()]).ok();
    assert_eq!(env.verdict("f"), "held");
    child.kill().unwrap();
    // We do not wait for it: it is a zombie now, whose PID exists.
    eventually("a zombie owns nothing", || env.verdict("f") == "stale");
    assert!(aimem::sys::process::exists(child.id()));
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
    child.wait().unwrap();
}

#[test]
fn without_an_owner_it_is_a_usage_error_that_names_the_ways_out() {
    if !require_root() || !require("unshare") {
        return;
    }
    let env = TestEnv::new();
    // PID 1 of its own namespace: its parent is outside.
    let mut command = env.command("unshare");
    command.args(["-pf", "--mount-proc"]).arg(crate::common::aimem_path()).args(["lock", "acquire", "f"]);
    let ran = crate::common::Ran::of(command.output().unwrap()).expect(2);
    assert!(ran.stderr.contains("--pid") && ran.stderr.contains("--ttl"), "{}", ran.stderr);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn an_id_that_cannot_be_told_is_not_left_behind() {
    let env = TestEnv::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = env.aimem(["lock", "acquire", "f", "--ttl", "10m"]);
    let ran = crate::common::Ran::of(command.stdout(full).spawn().unwrap().wait_with_output().unwrap());
    assert_eq!(ran.code, 74, "{}", ran.stderr);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_lease_outlives_every_shell_and_works_by_its_id() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let id = env.run(["lock", "acquire", "f.json", "--ttl", "10m", "--client", "agent 7"]).ok().stdout;
    let id = id.trim_end();
    let status = env.status("f.json");
    assert_eq!(
        (&status["verdict"], &status["pid"], &status["client"]),
        (&"held".into(), &().into(), &"agent 7".into())
    );
    let busy = env.run(["update", "f.json", ".n += 1", "-n"]).expect(75);
    assert!(busy.stderr.contains("a lease (agent 7"), "{}", busy.stderr);
    env.run(["update", "f.json", ".n += 1", "--lock", id]).ok();
    assert_eq!(env.run(["read", "f.json", ".n", "--lock", id]).ok().stdout, "1\n");
    env.run(["write", "f.json", "--content", "{\"n\": 5}", "--lock", id]).ok();
    assert_eq!(env.run(["lock", "release", id]).ok().stdout, "");
    env.run(["update", "f.json", ".n += 1", "--lock", id]).expect(76);
    env.run(["update", "f.json", ".n += 1"]).ok();
    assert_eq!(env.run(["read", "f.json", ".n"]).ok().stdout, "6\n");
}

#[test]
fn an_expired_lease_is_free_for_the_next_one_and_lost_for_the_first() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let id = env.run(["lock", "acquire", "f.json", "--ttl", "20ms"]).ok().stdout;
    eventually("it runs out", || env.verdict("f.json") == "stale");
    for args in [
        vec!["update", "f.json", ".n = 9", "--lock", id.trim_end()],
        vec!["lock", "renew", id.trim_end(), "--ttl", "1m"],
        vec!["lock", "release", id.trim_end()],
    ] {
        env.run(&args).expect(76);
    }
    env.run(["update", "f.json", ".n += 1", "-n"]).ok();
    assert_eq!(env.json("f.json")["n"], 1);
}

#[test]
fn a_running_commands_lock_is_not_released_by_id() {
    let env = TestEnv::new();
    let script = "echo $AIMEM_LOCK_ID; exec cat >/dev/null";
    let mut holder = Holder::launch(&mut env.aimem(["lock", "with", "f", "--", "sh", "-c", script]));
    let id = holder.line();
    let refused = env.run(["lock", "release", &id]).expect(2);
    assert!(refused.stderr.contains("running command"), "{}", refused.stderr);
    assert_eq!(env.verdict("f"), "held");
    holder.end().ok();
}

#[test]
fn a_broken_lock_is_lost_to_its_holder() {
    let env = TestEnv::new();
    let holder = env.hold("f");
    let broken = env.run(["lock", "break", "f"]).ok();
    assert!(broken.stderr.contains(&format!("pid {}", holder.pid)), "{}", broken.stderr);
    let next = env.hold("f");
    // Its command ended well, but another was inside meanwhile.
    let lost = holder.end().expect(76);
    assert!(lost.stderr.contains("lost"), "{}", lost.stderr);
    assert_eq!(env.status("f")["pid"], next.pid, "and it removed nothing that is not its own");
    next.end().ok();
    env.run(["lock", "break", "f"]).ok();
}
