//! The old bash scripts on the same files: they wait for us and we for them.

use crate::common::{
    Holder, Mounted, Ran, TestEnv, aimem_path, dead_pid, eventually, require, require_root, script_info,
};

/// A minimal `mkdir` lock as the scripts had it: the file's absolute path is hashed as typed,
/// the info has three lines, and a dead PID's lock is removed without a second look.
const SCRIPT: &str = r#"
    locks=$HOME/aiconfig/.locks
    mkdir -p "$locks"
    lock=$locks/$(printf %s "$1" | sha256sum | cut -d' ' -f1).lock
    until mkdir "$lock" 2>/dev/null; do
        pid=$(sed -n 's/^PID: //p' "$lock/info" 2>/dev/null)
        [ -n "$pid" ] && echo "waiting for $pid" >>"$1.waits"
        if [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null; then rm -rf "$lock"; fi
        sleep 0.01
    done
    printf 'PID: %s\nACQUIRED: %s\nHOSTNAME: %s\n' $$ "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(uname -n)" >"$lock/info"
    echo in
    cat >/dev/null
    rm -rf "$lock"
"#;

fn script(env: &TestEnv, file: &str) -> std::process::Command {
    let absolute = env.path("").canonicalize().unwrap().join(file);
    let mut command = env.command("bash");
    command.args(["-c", SCRIPT, "lock"]).arg(absolute);
    command
}

#[test]
fn we_wait_for_a_script_and_name_it() {
    if !require("bash") {
        return;
    }
    let env = TestEnv::new();
    env.write("f", "");
    let script = Holder::start(&mut script(&env, "f"));
    let status = env.status("f");
    assert_eq!((&status["verdict"], &status["pid"]), (&"held".into(), &script.pid.into()), "{status}");
    let busy = env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    assert!(busy.stderr.contains(&format!("pid {}", script.pid)), "{}", busy.stderr);
    assert_eq!(env.run(["locks", "cleanup"]).ok().stdout, "");

    let mut waiter = Holder::launch(&mut env.aimem(["lock", "with", "f", "--", "sh", "-c", "echo in"]));
    script.end().ok();
    assert_eq!(waiter.line(), "in");
    waiter.wait().ok();
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_dead_scripts_lock_is_reaped() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    if !require("bash") {
        return;
    }
    let env = TestEnv::new();
    env.write("f", "");
    let mut script = Holder::start(&mut script(&env, "f"));
    let pid = script.pid;
    script.kill();
    assert_eq!(env.verdict("f"), "stale");
    assert!(env.run(["locks", "show"]).ok().stdout.contains(&pid.to_string()));
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_script_waits_for_ours() {
    if !require("bash") {
        return;
    }
    let env = TestEnv::new();
    env.write("f", "");
    let ours = env.hold("f");
    let mut script = Holder::launch(&mut script(&env, "f"));
    let waits = format!("waiting for {}\n", ours.pid);
    eventually("the script waits for our PID", || {
        std::fs::read_to_string(env.path("f.waits")).is_ok_and(|text| text.contains(&waits))
    });
    assert_eq!(env.status("f")["pid"], ours.pid);
    ours.end().ok();
    assert_eq!(script.line(), "in");
    assert_eq!(env.status("f")["pid"], script.pid);
    script.end().ok();
}

#[test]
fn a_script_waits_for_a_lease_and_for_an_owner() {
    if !require("bash") {
        return;
    }
    let env = TestEnv::new();
    env.write("f", "");
    let me = std::process::id().to_string();
    for how in [["--ttl", "10m"], ["--pid", &me]] {
        let id = env.run(["lock", "acquire", "f", how[0], how[1]]).ok().stdout;
        let mut script = Holder::launch(&mut script(&env, "f"));
        eventually("the script waits", || env.path("f.waits").exists());
        assert_eq!(env.verdict("f"), "held");
        env.run(["lock", "release", id.trim_end()]).ok();
        assert_eq!(script.line(), "in");
        script.end().ok();
        std::fs::remove_file(env.path("f.waits")).unwrap();
    }
}

#[test]
fn a_script_that_locks_as_soon_as_it_starts_is_alive() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let env = TestEnv::new();
    env.make_root();
    for _ in 0..20 {
        // ACQUIRED has whole seconds, so it lies before the start of a process this young.
        let mut young = Holder::start(&mut env.sh("echo in; exec cat >/dev/null"));
        env.forge("f", Some(script_info(young.pid).as_bytes()));
        assert_eq!(env.verdict("f"), "held");
        young.kill();
        assert_eq!(env.verdict("f"), "stale");
    }
    env.forge("f", Some(script_info(dead_pid()).as_bytes()));
    assert_eq!(env.verdict("f"), "stale");
}

#[test]
fn a_script_that_removes_a_living_lock_lets_no_second_aimem_in() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    std::fs::remove_dir_all(env.lock_dir("f")).unwrap();
    let report = env.status("f");
    assert_eq!((&report["verdict"], &report["pid"]), (&"held".into(), &holder.pid.into()), "{report}");
    assert!(report["why"].as_str().unwrap().contains("directory was removed"), "{report}");
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    assert!(env.run(["locks", "show"]).ok().stdout.contains("held"));
    // The script itself may come in, and its lock counts.
    env.forge("f", Some(script_info(std::process::id()).as_bytes()));
    assert_eq!(env.status("f")["pid"], std::process::id());
    std::fs::remove_dir_all(env.lock_dir("f")).unwrap();
    // The holder learns of it, and then the lock is free.
    holder.end().expect(76);
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn an_anchor_keeps_nobody_out_after_its_holders_death_or_a_break() {
    let env = TestEnv::new();
    env.write("f", "");
    let anchors = || {
        let names = TestEnv::names_in(&env.locks().join(".guards"));
        names.into_iter().filter(|name| name.len() > 2).count()
    };
    let mut holder = env.hold("f");
    std::fs::remove_dir_all(env.lock_dir("f")).unwrap();
    assert_eq!(anchors(), 1);
    holder.kill();
    holder.let_go();
    eventually("the command ends too", || env.verdict("f") == "free");
    env.run(["locks", "cleanup"]).ok();
    assert_eq!(anchors(), 0, "a dead one's is swept");

    let holder = env.hold("f");
    std::fs::remove_dir_all(env.lock_dir("f")).unwrap();
    env.run(["lock", "break", "f"]).ok();
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
    holder.end().expect(76);
    assert_eq!(anchors(), 0);
}

/// A lock root on a disk of its own, with a lock directory in it that has been empty since 2020:
/// only a debugger of file systems can set that time.
fn old_half_a_lock(env: &TestEnv) -> Option<(Mounted, std::path::PathBuf)> {
    if !require_root() || !require("debugfs") || !require("mkfs.ext4") {
        return None;
    }
    let (image, at) = (env.root().join("image"), env.root().join("disk"));
    let key = env.lock_dir("f").file_name().unwrap().to_owned();
    let run = |program: &str, args: &[&std::ffi::OsStr]| {
        let ran = env.command(program).args(args).output().unwrap();
        assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    std::fs::create_dir(&at).unwrap();
    run("truncate", &["-s".as_ref(), "4M".as_ref(), image.as_ref()]);
    run("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), image.as_ref()]);
    let lock = format!("/locks/{}", key.to_str().unwrap());
    for request in ["mkdir /locks".to_owned(), format!("mkdir {lock}"), format!("sif {lock} ctime 20200101")]
    {
        run("debugfs", &["-w".as_ref(), "-R".as_ref(), request.as_ref(), image.as_ref()]);
    }
    let mounted = Mounted::run(&at, env.command("mount").args(["-o", "loop"]).arg(&image).arg(&at))?;
    Some((mounted, at.join("locks")))
}

#[test]
fn half_a_scripts_lock_that_is_old_is_nobodys_at_once() {
    let env = TestEnv::new();
    env.write("f", "");
    let Some((_mounted, locks)) = old_half_a_lock(&env) else { return };
    let mut command = env.aimem(["lock", "with", "f", "--nonblock", "--", "true"]);
    Ran::of(command.env("AIMEM_LOCK_DIR", &locks).output().unwrap()).ok();
}

#[test]
fn a_script_that_writes_its_info_at_the_last_moment_gets_its_lock_back() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    env.write("f", "");
    let Some((_mounted, locks)) = old_half_a_lock(&env) else { return };
    // Held up between the judgement and the rename that sets the lock aside.
    let mut command = env.command("strace");
    command.args(["-f", "-qq", "-o", "trace", "-e", "inject=renameat2:delay_enter=2000000:when=2"]);
    command.arg(aimem_path()).args(["lock", "with", "f", "-n", "--", "true"]);
    let taker = command.env("AIMEM_LOCK_DIR", &locks).spawn().unwrap();
    // Judging it again under the guard ends with a look at the root's clock, by a file that is removed.
    eventually("it is about to set it aside", || {
        let trace = std::fs::read_to_string(env.path("trace")).unwrap_or_default();
        trace.split_once("EEXIST").is_some_and(|(_, after)| after.contains("unlinkat("))
    });
    let lock = locks.join(env.lock_dir("f").file_name().unwrap());
    let info = script_info(std::process::id());
    std::fs::write(lock.join("info"), &info).unwrap();
    Ran::of(taker.wait_with_output().unwrap()).expect(75);
    let trace = env.read("trace");
    assert!(trace.contains("\".gone."), "it was set aside:\n{trace}");
    assert_eq!(std::fs::read_to_string(lock.join("info")).unwrap(), info);
}
