//! The moment in which a new version gets the file's name, and everybody who may be there then:
//! a stopped or killed writer, a writer with another lock root, a program that takes no lock, and
//! whoever keeps the folder.

use std::fs::{self, File};
use std::process::Stdio;

use aimem::sys::file::{Flock, try_flock};

use crate::common::strace::{Call, Stopped, place_of, record, traced};
use crate::common::{NOBODY, Ran, TestEnv, nobodys_env, require, set_mode};

const ADD: [&str; 3] = ["update", "doc.json", ".a = 1"];
const FOREIGN: &str = "{\"foreign\":true}\n";

fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", "{\"n\":1}\n");
    fs::write(env.root().join("foreign"), FOREIGN).unwrap();
    env
}

/// Another program saves its version, as most editors do.
fn save_foreign(env: &TestEnv) {
    fs::rename(env.root().join("foreign"), env.path("doc.json")).unwrap();
}

/// A writer whose locks are elsewhere.
fn other_root(env: &TestEnv, args: &[&str]) -> Ran {
    Ran::of(env.aimem(args).env("AIMEM_LOCK_DIR", env.root().join("other-locks")).output().unwrap())
}

fn exchange(args: &[&str]) -> usize {
    place_of(&env(), args, Call::is_exchange).1
}

/// The last call before the exchange: the last look at the file.
fn before_exchange(args: &[&str]) -> (String, usize) {
    let env = env();
    let (ran, calls) = record(&env, args);
    ran.ok();
    let look = &calls[calls.iter().position(Call::is_exchange).unwrap() - 1];
    assert_eq!(look.path(1), env.path("doc.json"));
    (look.name.clone(), look.nth)
}

fn stopped(env: &TestEnv, args: &[&str], later: Option<String>) -> Stopped {
    let (name, nth) = before_exchange(args);
    Stopped::behind_and_then(env, (&name, nth), later.as_deref(), args, Stdio::null())
}

fn displaced(env: &TestEnv) -> Vec<String> {
    TestEnv::names_in(&env.path("")).into_iter().filter(|name| name.contains("displaced")).collect()
}

#[test]
fn a_writer_stopped_before_its_exchange_destroys_no_update_of_another_lock_root() {
    if !require("strace") {
        return;
    }
    let env = env();
    let stopped = stopped(&env, &ADD, None);
    // The stopped one has the folder's lock: after a quarter of a second it goes without.
    other_root(&env, &["update", "doc.json", ".b = 2"]).ok();
    other_root(&env, &["update", "doc.json", ".c = 3"]).ok();
    stopped.go_on().0.ok();
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"b\":2,\"c\":3,\"a\":1}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
}

#[test]
fn a_version_saved_right_before_the_exchange_is_put_back_and_built_upon() {
    if !require("strace") {
        return;
    }
    for options in [&[][..], &["--backup=2"], &["--no-sync"]] {
        let env = env();
        let args = [&ADD[..], options].concat();
        let stopped = stopped(&env, &args, None);
        save_foreign(&env);
        stopped.go_on().0.ok();
        assert_eq!(env.read("doc.json"), "{\"foreign\":true,\"a\":1}\n");
        assert_eq!(displaced(&env), [""; 0]);
        if options.contains(&"--backup=2") {
            assert_eq!(env.read("doc.json.bak"), FOREIGN);
        }
    }
}

#[test]
fn a_file_deleted_right_before_the_exchange_is_not_made_again() {
    if !require("strace") {
        return;
    }
    let env = env();
    let stopped = stopped(&env, &ADD, None);
    fs::remove_file(env.path("doc.json")).unwrap();
    stopped.go_on().0.expect(66);
    assert_eq!(TestEnv::names_in(&env.path("")), [""; 0]);
}

#[test]
fn a_version_that_can_not_be_put_back_is_kept_and_told() {
    if !require("strace") {
        return;
    }
    let env = env();
    let back = exchange(&ADD) + 1;
    let stopped = stopped(&env, &ADD, Some(format!("renameat2:error=EIO:when={back}")));
    save_foreign(&env);
    let ran = stopped.go_on().0.expect(76);
    let displaced = displaced(&env);
    assert_eq!(displaced.len(), 1, "{displaced:?}");
    assert!(displaced[0].starts_with("doc.json.displaced-2"), "{displaced:?}");
    assert!(ran.stderr.contains(&displaced[0]) && ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert_eq!(env.read(&displaced[0]), FOREIGN);
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"a\":1}\n");
    assert_eq!(TestEnv::names_in(&env.path("")).len(), 2);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_version_displaced_by_a_killed_writer_is_kept_by_the_next_one() {
    if !require("strace") {
        return;
    }
    for next in [&["update", "doc.json", ".c = 3"][..], &["update", "doc.json", "."]] {
        let env = env();
        let back = exchange(&ADD) + 1;
        let stopped = stopped(&env, &ADD, Some(format!("renameat2:signal=KILL:when={back}")));
        save_foreign(&env);
        stopped.go_on().0.expect(137);
        let left = aimem::replace::leftovers_of(&env.path("doc.json")).unwrap();
        assert_eq!(fs::read_to_string(&left[0]).unwrap(), FOREIGN);
        let ran = env.run(next).ok();
        let displaced = displaced(&env);
        assert_eq!(displaced.len(), 1);
        assert!(ran.stderr.contains("warning: ") && ran.stderr.contains(&displaced[0]), "{}", ran.stderr);
        assert_eq!(env.read(&displaced[0]), FOREIGN);
        assert_eq!(TestEnv::names_in(&env.path("")).len(), 2, "nothing else is left");
        assert_eq!(env.run(["update", "doc.json", ".d = 4"]).ok().stderr, "");
        assert_eq!(self::displaced(&env), displaced);
    }
}

/// Somebody with another lock root comes by while the old version lies under the temporary name.
#[test]
fn a_sweep_between_the_exchange_and_its_end_takes_only_what_is_of_no_use() {
    if !require("strace") {
        return;
    }
    let nth = exchange(&ADD);
    // The version that was read.
    let env = env();
    let stopped = Stopped::behind(&env, ("renameat2", nth), ADD, Stdio::null());
    let swept = aimem::replace::sweep_leftovers_of(&env.path("doc.json"));
    assert_eq!((swept.deleted, swept.kept.len()), (1, 0));
    stopped.go_on().0.ok();
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"a\":1}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);

    // Another one: it is kept, and the writer finds it where the sweep has put it.
    let env = self::env();
    let (name, look) = before_exchange(&ADD);
    let stopped = Stopped::behind_and_then(
        &env,
        (&name, look),
        Some(&format!("renameat2:signal=STOP:when={nth}")),
        ADD,
        Stdio::null(),
    );
    save_foreign(&env);
    let stopped = stopped.go_on_to_the_next_stop();
    let swept = aimem::replace::sweep_leftovers_of(&env.path("doc.json"));
    assert_eq!((swept.deleted, swept.kept.len()), (0, 1));
    let ran = stopped.go_on().0.expect(76);
    assert!(ran.stderr.contains(swept.kept[0].to_str().unwrap()), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&swept.kept[0]).unwrap(), FOREIGN);
}

#[test]
fn a_temporary_file_that_another_lock_roots_writer_sweeps_is_made_again() {
    if !require("strace") {
        return;
    }
    let args = [&ADD[..], &["--backup"]].concat();
    let twin = env();
    let work = twin.path("");
    let of_temporary = |call: &Call| call.creates() && call.path(1).starts_with(&work);
    let created = place_of(&twin, &args, of_temporary);
    let linked = place_of(&env(), &args, |call| {
        call.old_and_new_name().is_some_and(|(from, to)| {
            call.name.starts_with("link")
                && from.ends_with("doc.json")
                && to.to_string_lossy().ends_with("aimem-tmp")
        })
    });
    for (name, nth) in [created, linked] {
        let env = env();
        let stopped = Stopped::behind(&env, (&name, nth), &args, Stdio::null());
        assert_eq!(aimem::replace::sweep_leftovers_of(&env.path("doc.json")).deleted, 1, "{name}");
        assert_eq!(stopped.go_on().0.ok().stderr, "", "{name}");
        assert_eq!(env.read("doc.json"), "{\"n\":1,\"a\":1}\n");
        assert_eq!(env.read("doc.json.bak"), "{\"n\":1}\n");
        assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "doc.json.bak"]);
    }
}

#[test]
fn under_a_flock_of_its_folder_or_of_itself_a_file_is_written_all_the_same() {
    if !require("flock") {
        return;
    }
    let env = env();
    for script in [
        "flock . \"$AIMEM\" update doc.json '.a = 1'",
        "flock . \"$AIMEM\" write doc.json --content '{\"b\":1}'",
        "flock doc.json \"$AIMEM\" update --in-place doc.json '.c = 1'",
        "flock . flock doc.json \"$AIMEM\" update --in-place --backup doc.json '.d = 1'",
    ] {
        let before = env.read("doc.json");
        assert_eq!(Ran::of(env.sh(script).output().unwrap()).ok().stderr, "", "{script}");
        assert_ne!(env.read("doc.json"), before, "{script}");
    }
    assert_eq!(env.read("doc.json"), "{\"b\":1,\"c\":1,\"d\":1}");
}

/// A file system as NFS or exFAT, which can't exchange two names.
fn without_exchange(env: &TestEnv, args: &[&str], more: &[&str]) -> Ran {
    let nth = exchange(args);
    // The renames between two exchanges give the next temporary file its name.
    let inject = format!("inject=renameat2:error=EINVAL:when={nth}+2");
    let options = [&["-o", "/dev/null", "-e", &inject], more].concat();
    Ran::of(traced(env, &options, args).output().unwrap())
}

#[test]
fn where_names_can_not_be_exchanged_the_folders_lock_makes_a_rename_safe() {
    if !require("strace") {
        return;
    }
    let env = env();
    without_exchange(&env, &ADD, &[]).ok();
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"a\":1}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
}

#[test]
fn where_names_can_not_be_exchanged_a_kept_folder_is_told_and_nothing_is_written() {
    if !require("strace") {
        return;
    }
    let env = env();
    let folder = File::open(env.path("")).unwrap();
    assert!(try_flock(&folder, Flock::Exclusive).unwrap());
    let args = [&ADD[..], &["-n"]].concat();
    let ran = without_exchange(&env, &args, &[]).expect(75);
    // Beside it perhaps a child of another test, between its fork and its exec.
    let me = std::process::id().to_string();
    assert!(ran.stderr.contains(&me) && ran.stderr.contains("hint: nothing was written"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), "{\"n\":1}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
    assert_eq!(env.lock_names(), [""; 0]);
    // A code of the user's own, as for every lock that was not free.
    without_exchange(&env, &["update", "-n", "doc.json", ".a = 1", "-E", "42"], &[]).expect(42);
    // Whoever waits long enough gets in.
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| without_exchange(&env, &ADD, &[]));
        crate::common::eventually("its lock is taken", || !env.lock_names().is_empty());
        drop(folder);
        waits.join().unwrap().ok();
    });
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"a\":1}\n");
}

/// As on sshfs: no rename that replaces nothing, and no hard link instead of it.
#[test]
fn where_nothing_is_promised_of_a_rename_a_new_file_can_be_made_all_the_same() {
    if !require("strace") {
        return;
    }
    let args = ["write", "new.json", "--content", "{}"];
    let twin = env();
    let new = twin.path("new.json");
    let (_, nth) = place_of(&twin, args, |call| {
        call.is_rename() && call.old_and_new_name().is_some_and(|(_, to)| to == new)
    });
    let links = record(&twin, ["lock", "with", "new.json", "--", "true"]).1;
    let links = links.iter().filter(|call| call.name == "linkat").count();
    let env = env();
    let options = [
        format!("inject=renameat2:error=EINVAL:when={nth}"),
        format!("inject=linkat:error=EPERM:when={}", links + 1),
    ];
    let options: Vec<&str> = options.iter().flat_map(|inject| ["-e", inject]).collect();
    Ran::of(traced(&env, &[&["-o", "/dev/null"], &options[..]].concat(), args).output().unwrap()).ok();
    assert_eq!(env.read("new.json"), "{}");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "new.json"]);
}

/// As on NFS: no folder can be locked there at all, by anybody.
#[test]
fn where_folders_have_no_locks_and_names_no_exchange_a_rename_has_to_do() {
    if !require("strace") {
        return;
    }
    let twin = env();
    let folder = twin.path("");
    let (_, nth) = place_of(&twin, ADD, |call| call.name == "flock" && call.on.as_deref() == Some(&folder));
    let env = env();
    let no_lock = format!("inject=flock:error=EBADF:when={nth}");
    without_exchange(&env, &ADD, &["-e", &no_lock]).ok();
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"a\":1}\n");
}

#[test]
fn where_names_can_not_be_exchanged_a_folder_that_may_not_be_read_is_told() {
    if !require("strace") {
        return;
    }
    let Some(env) = nobodys_env() else { return };
    env.write("doc.json", "{\"n\":1}\n");
    std::os::unix::fs::chown(env.path("doc.json"), Some(NOBODY), Some(NOBODY)).unwrap();
    Ran::of(env.as_nobody(["lock", "with", "doc.json", "--", "true"]).output().unwrap()).ok();
    set_mode(&env.path(""), 0o333);
    let mut command = env.command("setpriv");
    command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups", "strace"]);
    // Every exchange; the lock has none.
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=renameat2:error=EINVAL:when=1+"]);
    command.arg(env.root().join("aimem")).args(ADD);
    let ran = Ran::of(command.output().unwrap()).expect(77);
    assert!(ran.stderr.contains("cannot open the folder"), "{}", ran.stderr);
    set_mode(&env.path(""), 0o755);
    assert_eq!(env.read("doc.json"), "{\"n\":1}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
}

/// A folder that is moved away and replaced while an update runs: everything happens in one of
/// them, and the lock of the other means nothing.
#[test]
fn a_folder_swapped_for_another_does_not_get_the_new_version() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    let set_up = |env: &TestEnv| {
        for folder in ["folder", "decoy"] {
            fs::create_dir(env.path(folder)).unwrap();
            env.write(format!("{folder}/doc.json"), "{\"n\":1}\n");
        }
    };
    set_up(&env);
    let twin = TestEnv::new();
    set_up(&twin);
    let args = ["update", "folder/doc.json", ".a = 1"];
    let (sync, nth) = place_of(&twin, args, |call| call.name == "fsync");
    let stopped = Stopped::behind(&env, (&sync, nth), args, Stdio::null());
    fs::rename(env.path("folder"), env.path("moved")).unwrap();
    std::os::unix::fs::symlink("decoy", env.path("folder")).unwrap();
    stopped.go_on().0.ok();
    assert_eq!(env.read("decoy/doc.json"), "{\"n\":1}\n");
    assert_eq!(env.read("moved/doc.json"), "{\"n\":1,\"a\":1}\n");
    assert_eq!(TestEnv::names_in(&env.path("moved")), ["doc.json"]);
}

/// While somebody waits for the guard it does not keep the folder all the time.
#[test]
fn a_kept_guard_keeps_others_out_of_the_folder_only_by_turns() {
    let env = env();
    let script = "sed 's/1/2/'; : >../made; until [ -e ../go ]; do sleep 0.01; done";
    let waits = env.aimem(["update", "doc.json", "--pipe", "--", "sh", "-c", script]).spawn().unwrap();
    crate::common::eventually("the new version is made", || env.root().join("made").exists());
    let guard = File::open(env.guard("doc.json")).unwrap();
    crate::common::eventually("the guard is ours", || try_flock(&guard, Flock::Exclusive).unwrap());
    fs::write(env.root().join("go"), "").unwrap();
    let is_free = || try_flock(&File::open(env.path("")).unwrap(), Flock::Exclusive).unwrap();
    crate::common::eventually("the folder is kept", || !is_free());
    crate::common::eventually("the folder is free again", is_free);
    drop(guard);
    Ran::of(waits.wait_with_output().unwrap()).ok();
    assert_eq!(env.read("doc.json"), "{\"n\":2}\n");
}
