//! Leftovers of dead writers: known by their name and by their maker's death, removed by the next
//! writer of that file, and by nobody else.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::common::strace::{Call, Stopped, place_of, traced};
use crate::common::{Ran, TestEnv, require};
use aimem::replace::{leftovers_in, leftovers_of, sweep_leftovers_of};

fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", "{}\n");
    env.write("other.json", "{}\n");
    env
}

/// Kills an update of this file right before its rename.
fn leave_one(env: &TestEnv, name: &str) {
    let twin = TestEnv::new();
    twin.write(name, "{}\n");
    let args = ["update", name, ".a = 1"];
    let (call, nth) = place_of(&twin, args, Call::is_exchange);
    let inject = format!("inject={call}:signal=KILL:when={nth}");
    Ran::of(traced(env, &["-o", "/dev/null", "-e", &inject], args).output().unwrap()).expect(137);
}

fn temporaries(env: &TestEnv) -> Vec<String> {
    let names = TestEnv::names_in(&env.path(""));
    let ours = |name: &String| name.ends_with(".aimem-tmp") || name.ends_with(".aimem-swap");
    names.into_iter().filter(ours).collect()
}

#[test]
fn the_next_writer_of_the_same_file_removes_a_leftover() {
    if !require("strace") {
        return;
    }
    for next in [
        &["update", "doc.json", ".b = 1"][..],
        &["write", "doc.json", "--content", "[]"],
        &["update", "doc.json", "."],
    ] {
        let env = env();
        leave_one(&env, "doc.json");
        assert_eq!(temporaries(&env).len(), 1);
        env.run(["update", "other.json", ".b = 1"]).ok();
        env.run(["read", "doc.json"]).ok();
        assert_eq!(temporaries(&env).len(), 1, "another file's, and no writer");
        env.run(next).ok();
        assert_eq!(temporaries(&env), [""; 0], "{next:?}");
    }
}

#[test]
fn leftovers_are_found_for_a_file_and_for_a_folder() {
    if !require("strace") {
        return;
    }
    let env = env();
    leave_one(&env, "doc.json");
    leave_one(&env, "other.json");
    assert_eq!(leftovers_in(&env.path("")).unwrap().len(), 2);
    assert_eq!(leftovers_of(&env.path("doc.json")).unwrap().len(), 1);
    assert_eq!(sweep_leftovers_of(&env.path("doc.json")).deleted, 1);
    assert_eq!(leftovers_in(&env.path("")).unwrap(), leftovers_of(&env.path("other.json")).unwrap());
}

#[test]
fn a_living_writers_temporary_file_is_left_alone() {
    if !require("strace") {
        return;
    }
    let env = env();
    // A writer without the lock, so that another one gets past it.
    let args = ["write", "--no-lock", "doc.json", "--content", "{\"a\": 1}"];
    let stopped = Stopped::behind(&env, ("fsync", 1), args, Stdio::null());
    assert_eq!(temporaries(&env).len(), 1);
    assert_eq!(leftovers_in(&env.path("")).unwrap(), [""; 0].map(std::path::PathBuf::from));
    env.run(["update", "doc.json", ".b = 1"]).ok();
    assert_eq!(temporaries(&env).len(), 1);
    stopped.go_on().0.ok();
    assert_eq!(env.read("doc.json"), "{\"a\": 1}");
    assert_eq!(temporaries(&env), [""; 0]);
}

#[test]
fn files_that_only_look_like_leftovers_are_left_alone() {
    let env = env();
    let names = [
        ".doc.json.aimem-tmp",
        ".doc.json.12345.aimem-tmp",
        ".doc.json.1234567.aimem-tmp",
        ".doc.json.12345g.aimem-tmp",
        ".doc.json.x.123456.aimem-tmp",
        "doc.json.123456.aimem-tmp",
        ".doc.json.123456.aimem-tmp.txt",
        ".adoc.json.123456.aimem-tmp",
    ];
    for name in names {
        env.write(name, "mine");
    }
    fs::create_dir(env.path(".doc.json.abcdef.aimem-tmp")).unwrap();
    env.run(["update", "doc.json", ".a = 1"]).ok();
    for name in names {
        assert_eq!(env.read(name), "mine");
    }
}

#[test]
fn long_names_that_begin_alike_do_not_share_their_leftovers() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    let (one, other) = (format!("{}a", "n".repeat(254)), format!("{}b", "n".repeat(254)));
    env.write(&one, "{}");
    env.write(&other, "{}");
    leave_one(&env, &one);
    env.run(["update", &other, ".a = 1"]).ok();
    assert_eq!(temporaries(&env).len(), 1);
    env.run(["update", &one, ".a = 1"]).ok();
    assert_eq!(temporaries(&env), [""; 0]);
}

#[test]
fn a_leftover_link_of_the_file_is_no_hard_link_to_warn_of() {
    let env = env();
    fs::hard_link(env.path("doc.json"), env.path(".doc.json.abcdef.aimem-tmp")).unwrap();
    let ran = env.run(["update", "doc.json", ".a = 1"]).ok();
    assert_eq!(ran.stderr, "");
    assert_eq!(temporaries(&env), [""; 0]);
}

#[test]
fn a_signal_that_can_be_caught_leaves_nothing() {
    if !require("strace") {
        return;
    }
    for signal in ["INT", "TERM", "HUP", "QUIT"] {
        let env = env();
        let inject = format!("inject=fsync:signal={signal}:when=1");
        let args = ["update", "--backup=2", "doc.json", ".a = 1"];
        let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", &inject], args).output().unwrap());
        let number = match signal {
            "INT" => 2,
            "TERM" => 15,
            "HUP" => 1,
            _ => 3,
        };
        assert_eq!(ran.code, 128 + number, "{signal}: {}", ran.stderr);
        assert_eq!(env.read("doc.json"), "{}\n", "{signal}");
        assert_eq!(temporaries(&env), [""; 0], "{signal}");
        assert_eq!(env.lock_names(), [""; 0], "{signal}");
    }
}

/// A writer that the kernel's lock can't be asked about is given the benefit of the doubt.
#[test]
fn a_leftover_held_by_somebody_stays() {
    let env = env();
    let path = env.write(".doc.json.abcdef.aimem-tmp", "half");
    let file = fs::File::open(&path).unwrap();
    assert!(aimem::sys::file::try_flock(&file, aimem::sys::file::Flock::Exclusive).unwrap());
    env.run(["update", "doc.json", ".a = 1"]).ok();
    assert_eq!(temporaries(&env).len(), 1);
    drop(file);
    // A child of another test may have copied the descriptor for the moment before its exec.
    crate::common::eventually("the leftover goes", || {
        env.run(["update", "doc.json", ".a += 1"]).ok();
        std::thread::sleep(Duration::from_millis(1));
        temporaries(&env).is_empty()
    });
}
