//! The attacks that broke simpler forms of the protocol, and how this one stands them.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Stdio;
use std::time::{Duration, Instant};

use aimem::sys::file::{Flock, try_flock};

use crate::common::strace::{Call, Stopped, place_of};
use crate::common::{
    Holder, NOBODY, PATIENCE, Ran, TestEnv, aimem_path, dead_pid, eventually, nobodys_env, require,
    script_info, set_mode,
};

fn counter(env: &TestEnv) {
    env.write("f.json", "{\"n\": 0}\n");
}

const ADD: [&str; 3] = ["update", "f.json", ".n += 1"];

#[test]
fn a_waiter_stopped_with_the_probe_in_its_hand_stalls_nobody() {
    let env = TestEnv::new();
    counter(&env);
    // A probe that never ends, on a live lock: its holder must be able to go, and the next ones
    // to come, although the probed inode stays locked.
    let holder = env.hold("f.json");
    let live = File::open(env.lock_dir("f.json").join("info")).unwrap();
    assert!(!try_flock(&live, Flock::Shared).unwrap(), "a probe tells that it is held");
    holder.end().ok();
    assert!(try_flock(&live, Flock::Shared).unwrap());
    env.run(ADD).ok();

    // And on a dead one: the takers' own probes are not refused by it.
    let mut victim = Holder::start(&mut env.aimem([
        "lock",
        "with",
        "f.json",
        "--close",
        "--",
        "sh",
        "-c",
        crate::common::STAY,
    ]));
    victim.kill();
    let dead = File::open(env.lock_dir("f.json").join("info")).unwrap();
    assert!(try_flock(&dead, Flock::Shared).unwrap());
    assert_eq!(env.verdict("f.json"), "stale");
    env.run([&ADD[..], &["-n"]].concat()).ok();
    assert_eq!(env.json("f.json")["n"], 2);
}

#[test]
fn a_lock_has_its_kernel_lock_before_it_has_its_name() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    counter(&env);
    let mut command = env.command("strace");
    command.args(["-f", "-o", "trace", "-e", "trace=flock,renameat2,mkdirat,openat"]);
    Ran::of(command.arg(aimem_path()).args(ADD).output().unwrap()).ok();
    let trace = env.read("trace");
    let at = |what: &str, line: &dyn Fn(&str) -> bool| {
        trace.lines().position(line).unwrap_or_else(|| panic!("no {what} in\n{trace}"))
    };
    let folder = at("unborn lock", &|line| line.contains("mkdirat") && line.contains("\".new."));
    let unborn = at("unborn info", &|line| line.contains("\"info\"") && line.contains("O_CREAT"));
    let descriptor = trace.lines().nth(unborn).unwrap().rsplit("= ").next().unwrap().to_owned();
    let locked = unborn
        + trace
            .lines()
            .skip(unborn)
            .position(|line| line.contains(&format!("flock({descriptor}, LOCK_EX")))
            .unwrap();
    let named = at("lock", &|line| line.contains("renameat2") && line.contains("\".new."));
    let order = folder < unborn && unborn < locked && locked < named;
    assert!(order && trace.contains("RENAME_NOREPLACE"), "made, created, locked, named:\n{trace}");
}

#[test]
fn a_writer_whose_lock_was_lost_does_not_undo_later_updates() {
    let env = TestEnv::new();
    counter(&env);
    // The command of a pipe runs between reading and publishing, for as long as we like.
    let pipe = |lock: &[&str]| {
        let mut command = env.aimem(["update", "f.json"]);
        command.args(lock).args([
            "--pipe",
            "--",
            "sh",
            "-c",
            "cat >doc; : >read; until [ -e go ]; do sleep 0.01; done; echo '{\"n\": -1}'",
        ]);
        command
    };
    for lease in [false, true] {
        let id = if lease {
            env.run(["lock", "acquire", "f.json", "--ttl", "1h"]).ok().stdout
        } else {
            String::new()
        };
        let lock = if lease { vec!["--lock", id.trim_end()] } else { vec![] };
        let writer = pipe(&lock).spawn().unwrap();
        eventually("the writer has read the file", || env.path("read").exists());
        env.run(["lock", "break", "f.json"]).ok();
        let before = env.json("f.json")["n"].as_i64().unwrap();
        for _ in 0..5 {
            env.run(ADD).ok();
        }
        env.write("go", "");
        let ran = Ran::of(writer.wait_with_output().unwrap()).expect(76);
        assert!(ran.stderr.contains("lost"), "{}", ran.stderr);
        assert_eq!(env.json("f.json")["n"], before + 5);
        for name in ["go", "read", "doc"] {
            fs::remove_file(env.path(name)).unwrap();
        }
        assert_eq!(TestEnv::names_in(&env.path("")), ["f.json"]);
        assert_eq!(env.lock_names(), [""; 0]);
    }
}

/// Starts aimem under strace, which holds it up on entry of its first system call of a kind.
fn held_up(env: &TestEnv, syscalls: &str, args: &[&str]) -> std::process::Child {
    held_up_at(env, syscalls, 1, args)
}

/// The same for a later one.
fn held_up_at(env: &TestEnv, syscalls: &str, nth: usize, args: &[&str]) -> std::process::Child {
    let mut command = env.command("strace");
    let inject = format!("inject={syscalls}:delay_enter=1500000:when={nth}");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={syscalls}"), "-e", &inject]);
    command.arg(aimem_path()).args(args).spawn().unwrap()
}

/// Waits until somebody keeps the guard of a file: not for the microseconds of a take, but over
/// many looks in a row.
fn guard_is_kept(env: &TestEnv, file: &str) {
    let mut kept = 0;
    eventually("somebody keeps the guard", || {
        let guard = File::open(env.guard(file));
        kept = if guard.is_ok_and(|guard| !try_flock(&guard, Flock::Shared).unwrap()) { kept + 1 } else { 0 };
        kept > 20
    });
}

#[test]
fn nobody_gets_in_between_the_last_check_and_the_rename() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    counter(&env);
    // Held up in the middle of its publication, the writer has the guard.
    let twin = TestEnv::new();
    counter(&twin);
    let (call, nth) = place_of(&twin, ADD, Call::is_exchange);
    let writer = held_up_at(&env, &call, nth, &ADD);
    guard_is_kept(&env, "f.json");
    // Not even by force: this waits for the guard, and so for the rename.
    env.run(["lock", "break", "f.json"]).ok();
    assert_eq!(env.json("f.json")["n"], 1, "broken only after the rename");
    for _ in 0..5 {
        env.run(ADD).ok();
    }
    // Its update is in; it hears of the loss, if at all, after that.
    Ran::of(writer.wait_with_output().unwrap());
    assert_eq!(env.json("f.json")["n"], 6);
    assert_eq!(TestEnv::names_in(&env.path("")), ["f.json"]);
}

#[test]
fn a_program_without_a_lock_in_between_is_not_overwritten() {
    let env = TestEnv::new();
    counter(&env);
    // The pipe's command is run again on what the other program wrote.
    let script = "cat >doc; if [ ! -e read ]; then : >read; until [ -e go ]; do sleep 0.01; done; fi; sed s/old/new/ doc";
    env.write("f.json", "{\"who\": \"old\"}\n");
    let writer = env.aimem(["update", "f.json", "--pipe", "--", "sh", "-c", script]).spawn().unwrap();
    eventually("the writer has read the file", || env.path("read").exists());
    env.write("editor", "{\"who\": \"old\", \"edited\": true}\n");
    fs::rename(env.path("editor"), env.path("f.json")).unwrap();
    env.write("go", "");
    Ran::of(writer.wait_with_output().unwrap()).ok();
    assert_eq!(env.read("f.json"), "{\"who\": \"new\", \"edited\": true}\n");
}

#[test]
fn the_guard_deleted_under_two_takers_lets_one_in_at_a_time() {
    if !require("flock") {
        return;
    }
    let env = TestEnv::new();
    counter(&env);
    env.run(ADD).ok();
    // Two takers queue for a guard that we keep; then its name goes, and ours means nothing.
    let guard = File::open(env.guard("f.json")).unwrap();
    assert!(try_flock(&guard, Flock::Exclusive).unwrap());
    let script = "echo $$ >>pids; flock -n -E 99 detector sleep 0.05";
    let takers: Vec<_> = (0..8)
        .map(|_| env.aimem(["lock", "with", "f.json", "--", "sh", "-c", script]).spawn().unwrap())
        .collect();
    let waits_for_it = |pid| aimem::sys::process::who_has_open(&env.guard("f.json")).contains(&pid);
    eventually("two are waiting for the guard", || {
        takers.iter().filter(|taker| waits_for_it(taker.id())).count() >= 2
    });
    assert!(!env.path("pids").exists(), "nobody gets past the guard");
    fs::remove_file(env.guard("f.json")).unwrap();
    for taker in takers {
        Ran::of(taker.wait_with_output().unwrap()).ok();
    }
    drop(guard);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_taker_who_was_overtaken_under_another_guard_gives_back_what_it_caught() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    counter(&env);
    env.make_root();
    env.forge("f.json", Some(script_info(dead_pid()).as_bytes()));
    // Held up as it is about to remove the dead lock …
    let slow = held_up(&env, "renameat2", &["lock", "with", "f.json", "-w", "10", "--", "true"]);
    guard_is_kept(&env, "f.json");
    // … its guard is deleted, and another takes the lock over under a new one.
    fs::remove_file(env.guard("f.json")).unwrap();
    let fast = env.hold("f.json");
    let inode = fs::metadata(env.lock_dir("f.json")).unwrap().ino();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        // For an instant it may be away; it must come back, and as ours.
        let status = env.run(["lock", "status", "f.json"]);
        assert!(status.code == 1 || status.stdout.starts_with("free"), "{}", status.stdout);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(env.status("f.json")["pid"], fast.pid);
    assert_eq!(fs::metadata(env.lock_dir("f.json")).unwrap().ino(), inode);
    fast.end().ok();
    // The slow one says that its guard was deleted, or gets the lock now.
    let ran = Ran::of(slow.wait_with_output().unwrap());
    assert!(ran.code == 0 || ran.stderr.contains("guard"), "{} {}", ran.code, ran.stderr);
}

#[test]
fn foreign_files_in_a_lock_directory_stop_nobody() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let env = TestEnv::new();
    counter(&env);
    let litter = |lock: &std::path::Path| {
        fs::create_dir_all(lock.join("folder/in/folder")).unwrap();
        fs::write(lock.join("folder/in/file"), "x").unwrap();
        fs::write(lock.join(".nfs000012"), "x").unwrap();
    };
    env.make_root();
    // In a dead one, to be taken over.
    litter(&env.forge("f.json", Some(script_info(dead_pid()).as_bytes())));
    env.run([&ADD[..], &["-n"]].concat()).ok();
    assert_eq!(env.lock_names(), [""; 0]);
    // In a live one, to be released.
    let holder = env.hold("f.json");
    litter(&env.lock_dir("f.json"));
    holder.end().ok();
    assert_eq!(env.lock_names(), [""; 0]);
    // In one without an info, to be watched and then removed.
    litter(&env.forge("f.json", None));
    env.run(ADD).ok();
    litter(&env.forge("f.json", Some(script_info(dead_pid()).as_bytes())));
    env.run(["locks", "cleanup"]).ok();
    assert_eq!(env.lock_names(), [""; 0]);
    assert_eq!(env.json("f.json")["n"], 2);
}

#[test]
fn a_removal_that_fails_is_an_error_at_once() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let Some(env) = nobodys_env() else { return };
    // Another user's dead lock in a sticky root: nobody may judge it, but not remove it.
    let root = env.root().join("locks");
    fs::create_dir(&root).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o1777)).unwrap();
    let mine =
        |command: &mut std::process::Command| Ran::of(command.env("AIMEM_LOCK_DIR", &root).output().unwrap());
    mine(&mut env.as_nobody(["lock", "with", "other", "--", "true"])).ok();
    env.write("f.json", "{}\n");
    let lock = root.join(env.lock_dir("f.json").file_name().unwrap());
    fs::create_dir(&lock).unwrap();
    fs::write(lock.join("info"), script_info(dead_pid())).unwrap();
    let start = Instant::now();
    let limit = (PATIENCE * 2).as_secs().to_string();
    let refused = mine(&mut env.as_nobody(["update", "f.json", "-w", &limit, "."])).expect(77);
    assert!(start.elapsed() < PATIENCE, "it went on trying");
    assert!(refused.stderr.contains("cannot remove the stale lock"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: "), "{}", refused.stderr);
    let refused = mine(&mut env.as_nobody(["lock", "with", "f.json", "-w", &limit, "--", "true"]));
    assert_eq!(refused.code, 125, "{}", refused.stderr);
    mine(&mut env.as_nobody(["locks", "cleanup"])).expect(77);
    assert!(lock.join("info").exists());
}

#[test]
fn a_lock_taken_through_a_pipe_is_the_shells() {
    for shell in ["bash", "dash", "zsh"] {
        if !require(shell) {
            continue;
        }
        let env = TestEnv::new();
        let script = "ID=$(\"$AIMEM\" lock acquire f | cat); echo $$; echo in; exec cat >/dev/null";
        let mut holder = Holder::launch(env.command(shell).args(["-c", script]));
        let pid: u32 = holder.line().parse().unwrap();
        assert_eq!(holder.line(), "in");
        assert_eq!(env.status("f")["pid"], pid, "{shell}");
        env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
        holder.end().ok();
        env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
    }
}

#[test]
fn another_users_info_is_read_and_its_lock_kept_or_taken_over() {
    let Some(env) = nobodys_env() else { return };
    let run = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    // Nobody's lock, seen by root.
    let stay = ["lock", "with", "f.json", "--", "sh", "-c", crate::common::STAY];
    let mut theirs = Holder::start(&mut env.as_nobody(stay));
    env.run(["lock", "with", "f.json", "-n", "--", "true"]).expect(75);
    theirs.kill();
    theirs.let_go();
    env.run(["lock", "with", "f.json", "--", "true"]).ok();
    // Root's in nobody's folder, where everything root makes belongs to the folder's owner.
    let ours = env.hold("f.json");
    let lock = env.lock_dir("f.json");
    for path in [lock.clone(), lock.join("info"), env.guard("f.json")] {
        let meta = fs::metadata(&path).unwrap();
        assert_eq!((meta.uid(), meta.gid()), (NOBODY, NOBODY), "{}", path.display());
    }
    run(&["lock", "with", "f.json", "-n", "--", "true"]).expect(75);
    ours.end().ok();
    run(&["lock", "with", "f.json", "-n", "--", "true"]).ok();
    // A guard that root alone has used serves everybody.
    let mut other = 0;
    let fresh = loop {
        let name = format!("fresh-{other}");
        if !env.guard(&name).exists() {
            break name;
        }
        other += 1;
    };
    env.run(["lock", "with", &fresh, "--", "true"]).ok();
    run(&["lock", "with", &fresh, "-n", "--", "true"]).ok();
}

#[test]
fn a_command_line_of_100_kb_is_cut_in_the_info_and_never_in_the_way() {
    let env = TestEnv::new();
    counter(&env);
    let long = "x".repeat(100_000);
    let args = ["lock", "with", "f.json", "--", "sh", "-c", crate::common::STAY, &long];
    let holder = Holder::start(&mut env.aimem(args));
    let info = fs::read(env.lock_dir("f.json").join("info")).unwrap();
    assert!(info.len() < 4096, "{} bytes of info", info.len());
    let busy = env.run(["update", "f.json", "-n", "."]).expect(75);
    assert!(
        busy.stderr.len() < 2048 && busy.stderr.contains(&format!("pid {}", holder.pid)),
        "{}",
        busy.stderr
    );
    holder.end().ok();
    // One that somebody else has written, in front of what counts and behind it.
    let here = script_info(std::process::id());
    env.forge("f.json", Some(format!("{here}COMMAND: {long}\n").as_bytes()));
    assert_eq!(env.verdict("f.json"), "held");
    assert!(env.run(["locks", "show"]).ok().stdout.len() < 20_000);
    env.forge("f.json", Some(format!("COMMAND: {long}\n{here}").as_bytes()));
    // Its PID lies beyond what is read: corrupt, and so watched before it is stale.
    assert_eq!(env.verdict("f.json"), "held");
    env.run(ADD).ok();
    assert_eq!(env.json("f.json")["n"], 1);
}

#[test]
fn a_root_that_others_could_tamper_with_is_refused() {
    let Some(env) = nobodys_env() else { return };
    let root = env.root().join("locks");
    let with_root = |path: &std::path::Path, args: &[&str]| {
        Ran::of(env.as_nobody(args).env("AIMEM_LOCK_DIR", path).output().unwrap())
    };
    let update: &[&str] = &["write", "f.json", "--content", "{}"];
    // Open to all without the sticky bit, and the same with it.
    fs::create_dir(&root).unwrap();
    set_mode(&root, 0o777);
    let refused = with_root(&root, update).expect(77);
    assert!(
        refused.stderr.contains("sticky") && refused.stderr.contains("AIMEM_LOCK_DIR"),
        "{}",
        refused.stderr
    );
    with_root(&root, &["lock", "with", "f.json", "--", "true"]).expect(125);
    with_root(&root, &["lock", "status", "f.json"]).expect(77);
    with_root(&root, &["locks", "show"]).expect(77);
    with_root(&root, &["locks", "cleanup"]).expect(77);
    assert!(TestEnv::names_in(&root).is_empty());
    assert!(!env.path("f.json").exists());
    set_mode(&root, 0o1777);
    with_root(&root, update).ok();

    // A link to a folder of somebody else, whoever made the link; and one to our own.
    for folder in ["roots", "own"] {
        fs::create_dir(env.root().join(folder)).unwrap();
        set_mode(&env.root().join(folder), 0o755);
    }
    std::os::unix::fs::chown(env.root().join("own"), Some(NOBODY), Some(NOBODY)).unwrap();
    let link = env.path("link");
    std::os::unix::fs::symlink(env.root().join("roots"), &link).unwrap();
    let refused = with_root(&link, update).expect(77);
    assert!(refused.stderr.contains("symbolic link"), "{}", refused.stderr);
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(env.root().join("own"), &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(NOBODY), Some(NOBODY)).unwrap();
    with_root(&link, update).ok();
    // Root refuses a link that a user has made to a folder of a third one.
    let third = env.root().join("third");
    fs::create_dir(&third).unwrap();
    std::os::unix::fs::chown(&third, Some(4711), Some(4711)).unwrap();
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&third, &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut command = env.aimem(update);
    Ran::of(command.env("AIMEM_LOCK_DIR", &link).output().unwrap()).expect(77);
    // A file is no root.
    let mut command = env.aimem(update);
    Ran::of(command.env("AIMEM_LOCK_DIR", env.path("f.json")).output().unwrap()).expect(77);
}

#[test]
fn a_new_root_and_all_in_it_is_private_and_ignored_by_git() {
    let env = TestEnv::new();
    let script = "umask 027; exec \"$AIMEM\" lock with f -- sh -c 'echo in; exec cat >/dev/null'";
    let holder = Holder::start(&mut env.sh(script));
    let mode = |path: std::path::PathBuf| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(env.locks()), 0o700);
    assert_eq!(mode(env.lock_dir("f")), 0o700);
    assert_eq!(mode(env.lock_dir("f").join("info")), 0o600);
    assert_eq!(mode(env.locks().join(".guards")), 0o700);
    assert_eq!(mode(env.guard("f")), 0o600);
    assert_eq!(fs::read_to_string(env.locks().join(".gitignore")).unwrap(), "*\n");
    assert!(TestEnv::names_in(&env.lock_dir("f")) == ["info"], "no temporary name stays");
    holder.end().ok();
}

/// By a script that takes the new lock for the dead one that it has just judged. Half of it may be gone.
#[test]
fn a_lock_that_is_removed_as_soon_as_it_has_its_name_is_taken_again() {
    if !require("strace") {
        return;
    }
    for half in [false, true] {
        let env = TestEnv::new();
        env.write("f.json", "{}\n");
        env.run(["update", "f.json", ".n = 0"]).ok();
        let stopped = Stopped::behind(&env, ("renameat2", 1), ["update", "f.json", ".n = 1"], Stdio::null());
        let lock = env.lock_dir("f.json");
        fs::remove_file(lock.join("info")).unwrap();
        if !half {
            fs::remove_dir(&lock).unwrap();
        }
        let (ran, _) = stopped.go_on();
        // An empty lock may be a script's, and is watched before it is taken for dead.
        assert!(ran.code == 0, "{half}: {}", ran.stderr);
        assert_eq!(env.json("f.json")["n"], 1);
    }
}
