//! Writing in place may take long: it keeps the file's lock, and nothing that others need.

use std::fs::{self, File};
use std::process::Stdio;

use aimem::sys::file::{Flock, try_flock};

use crate::common::strace::{Call, Stopped, place_of, record};
use crate::common::{NOBODY, Ran, TestEnv, nobodys_env, require, set_mode};

const ADD: [&str; 4] = ["update", "--in-place", "doc.json", ".a = 1"];

fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", "{\"n\":1}\n");
    env
}

/// A writer that has just emptied the file, and not written a byte so far.
fn stopped_in_the_middle(env: &TestEnv) -> Stopped {
    let (cut, nth) = place_of(&self::env(), ADD, |call| call.name == "ftruncate");
    Stopped::behind(env, (&cut, nth), ADD, Stdio::null())
}

/// A name whose lock shares its guard with another file's.
fn with_the_same_guard(env: &TestEnv, file: &str) -> String {
    let mut names = (0..).map(|number| format!("other-{number}.json"));
    names.find(|name| env.guard(name) == env.guard(file)).unwrap()
}

#[test]
fn nobody_waits_for_a_slow_write_but_who_wants_this_file() {
    if !require("strace") {
        return;
    }
    let env = env();
    let other = with_the_same_guard(&env, "doc.json");
    env.write(&other, "{}\n");
    let stopped = stopped_in_the_middle(&env);
    env.run(["update", "-n", &other, ".a = 1"]).ok();
    let folder = File::open(env.path("")).unwrap();
    assert!(try_flock(&folder, Flock::Exclusive).unwrap(), "the folder is kept");
    drop(folder);
    env.run(["update", "-n", "doc.json", ".b = 1"]).expect(75);
    // Who writes in place with another lock root is kept out by the kernel.
    let document = File::open(env.path("doc.json")).unwrap();
    assert!(!try_flock(&document, Flock::Exclusive).unwrap(), "the file itself is not locked");
    drop(document);
    stopped.go_on().0.ok();
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"a\":1}\n");
    assert_eq!(env.lock_names(), [""; 0], "a lock was left behind");
}

#[test]
fn a_lock_lost_during_the_write_is_told() {
    if !require("strace") {
        return;
    }
    let env = env();
    let stopped = stopped_in_the_middle(&env);
    env.run(["lock", "break", "doc.json"]).ok();
    let ran = stopped.go_on().0.expect(76);
    assert!(ran.stderr.contains("was written in place, but the lock"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: ") && !ran.stderr.contains("nothing was written"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"a\":1}\n");
}

#[test]
fn a_lock_lost_before_the_write_leaves_the_file_alone() {
    let env = env();
    let script = "sed 's/1/7/'; : >../made; until [ -e ../go ]; do sleep 0.01; done";
    let args = ["update", "--in-place", "doc.json", "--pipe", "--", "sh", "-c", script];
    let writer = env.aimem(args).spawn().unwrap();
    crate::common::eventually("the command runs", || env.root().join("made").exists());
    env.run(["lock", "break", "doc.json"]).ok();
    env.run(["update", "doc.json", ".b = 2"]).ok();
    fs::write(env.root().join("go"), "").unwrap();
    let ran = Ran::of(writer.wait_with_output().unwrap()).expect(76);
    assert!(ran.stderr.contains("nothing was written"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), "{\"n\":1,\"b\":2}\n");
}

/// Several lock roots, and only some of their users may replace the file.
#[test]
fn writers_in_place_and_writers_who_replace_lose_nothing_to_each_other() {
    let Some(env) = nobodys_env() else { return };
    env.write("doc.json", "{\"ids\":{}}\n");
    set_mode(&env.path("doc.json"), 0o666);
    let (rounds, workers) = if crate::common::long_tests() { (2_000, 3) } else { (15, 3) };
    let confirmed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..2 * workers {
            let (env, confirmed) = (&env, &confirmed);
            scope.spawn(move || {
                for round in 0..rounds {
                    let id = format!("{worker}-{round}");
                    let mut args =
                        vec!["update", "--no-sync", "doc.json", "--arg", "id", &id, ".ids[$id] = 0"];
                    if worker % 2 == 0 {
                        args.push("--in-place");
                    }
                    let locks = env.root().join(format!("locks-{}", worker % 3));
                    let mut command = env.aimem(args);
                    let ran = Ran::of(command.env("AIMEM_LOCK_DIR", locks).output().unwrap());
                    match ran.code {
                        0 => confirmed.lock().unwrap().push(id),
                        // Told that the write did not, or may not have, come to anything; or half
                        // of what another writes was seen.
                        65 | 76 => {}
                        code => panic!("{code}: {}", ran.stderr),
                    }
                }
            });
        }
    });
    let ids = env.json("doc.json")["ids"].clone();
    let confirmed = confirmed.into_inner().unwrap();
    let lost: Vec<_> = confirmed.iter().filter(|id| ids.get(id.as_str()).is_none()).collect();
    eprintln!("{} confirmed, {} lost", confirmed.len(), lost.len());
    assert!(lost.is_empty(), "{lost:?} of {}", confirmed.len());
    assert!(confirmed.len() > rounds, "only {} came to something", confirmed.len());
}

/// The name may be another writer's, who has renamed and not synced yet.
#[test]
fn file_and_folder_are_synced_when_the_lock_is_given_back() {
    if !require("strace") {
        return;
    }
    let env = env();
    let (ran, calls) = record(&env, ADD);
    ran.ok();
    let (document, folder) = (env.path("doc.json"), env.path(""));
    let at = |what: &str, is_it: &dyn Fn(&Call) -> bool| {
        calls.iter().rposition(is_it).unwrap_or_else(|| panic!("no {what}"))
    };
    let released = at("release", &|call| {
        call.old_and_new_name().is_some_and(|(from, _)| from == env.lock_dir("doc.json"))
    });
    let file = at("sync of the file", &|call| call.name == "fsync" && call.on.as_ref() == Some(&document));
    let names = at("sync of the folder", &|call| call.name == "fsync" && call.on.as_ref() == Some(&folder));
    assert!(released < file && file < names);
}

#[test]
fn who_may_write_the_file_alone_can_write_it() {
    let Some(env) = nobodys_env() else { return };
    env.write("doc.json", "{}\n");
    std::os::unix::fs::chown(env.path("doc.json"), Some(NOBODY), Some(NOBODY)).unwrap();
    std::os::unix::fs::chown(env.path(""), Some(0), Some(0)).unwrap();
    set_mode(&env.path(""), 0o755);
    Ran::of(env.as_nobody(ADD).output().unwrap()).ok();
    assert_eq!(env.json("doc.json")["a"], 1);
}
