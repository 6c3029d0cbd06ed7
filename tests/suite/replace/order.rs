//! The order of system calls, read from a trace: synced, kept, renamed, synced.

use std::path::{Path, PathBuf};

use crate::common::strace::{Call, record};
use crate::common::{TestEnv, require};

/// A trace with what the descriptors stand for.
struct Trace {
    calls: Vec<Call>,
}

impl Trace {
    fn of(env: &TestEnv, args: &[&str]) -> Trace {
        let (ran, calls) = record(env, args);
        ran.ok();
        Trace { calls }
    }

    /// Where the first call after `from` is of which this holds.
    #[track_caller]
    fn find(&self, what: &str, from: usize, is_it: impl Fn(&Call) -> bool) -> usize {
        let found = self.calls.iter().skip(from).position(is_it);
        from + found.unwrap_or_else(|| panic!("no {what} behind call {from}"))
    }

    fn has(&self, is_it: impl Fn(&Call) -> bool) -> bool {
        self.calls.iter().any(is_it)
    }

    /// The temporary file that gets the name of `target`: its first path, where it gets that name,
    /// its descriptor.
    fn replacement(&self, target: &Path) -> (PathBuf, usize, i64) {
        let renamed = |to: &Path| {
            self.find("rename", 0, |call| {
                call.is_rename() && call.old_and_new_name().is_some_and(|(_, new)| new == to)
            })
        };
        let rename = renamed(target);
        let (mut from, _) = self.calls[rename].old_and_new_name().unwrap();
        if self.calls[rename].is_exchange() {
            (from, _) = self.calls[renamed(&from)].old_and_new_name().unwrap();
        }
        let created = self.find("temporary file", 0, |call| call.creates() && call.path(1) == from);
        (from, rename, self.calls[created].result)
    }
}

fn is(call: &Call, name: &str, fd: i64) -> bool {
    call.name == name && call.fd(0) == fd
}

fn is_on(call: &Call, name: &str, path: &Path) -> bool {
    call.name == name && call.on.as_deref() == Some(path)
}

/// Temporary file in the target's folder, written, given its mode, synced, renamed, folder synced.
fn check_order(env: &TestEnv, target: &str, args: &[&str]) -> (Trace, usize) {
    let target = env.path(target);
    let trace = Trace::of(env, args);
    let (temporary, rename, fd) = trace.replacement(&target);
    assert_eq!(temporary.parent(), target.parent());
    let created = trace.find("temporary file", 0, |call| call.creates() && call.path(1) == temporary);
    assert!(trace.calls[created].args[2].contains("O_EXCL"));
    let written = trace.find("write", created, |call| is(call, "write", fd));
    let synced = trace.find("sync", written, |call| is(call, "fsync", fd));
    assert!(synced < rename, "renamed before it was synced");
    let changes = ["write", "ftruncate", "fchmod", "fchown", "fsetxattr", "fremovexattr"];
    let after_sync = &trace.calls[synced + 1..rename];
    assert!(!after_sync.iter().any(|call| changes.contains(&call.name.as_str()) && call.fd(0) == fd));
    let folder = target.parent().unwrap();
    trace.find("sync of the folder", rename, |call| is_on(call, "fsync", folder));
    (trace, rename)
}

#[test]
fn an_existing_file_is_synced_then_renamed_then_its_folder_is_synced() {
    if require("strace") {
        let env = TestEnv::new();
        env.write("doc.json", "{}");
        let (trace, rename) = check_order(&env, "doc.json", &["update", "doc.json", ".a = 1"]);
        let (temporary, _, fd) = trace.replacement(&env.path("doc.json"));
        // Nobody else may read it before it has the old one's mode.
        let created = trace.find("temporary file", 0, |call| call.creates() && call.path(1) == temporary);
        assert_eq!(trace.calls[created].args[3], "0600");
        let mode = trace.find("mode", created, |call| is(call, "fchmod", fd));
        assert!(mode < trace.find("sync", created, |call| is(call, "fsync", fd)));
        assert_eq!(trace.calls.iter().filter(|call| call.name == "fsync").count(), 2);
        // The folder's lock, then the guard, then the last look: nobody waits for a folder under a
        // guard, and nothing slow is done under either: names only.
        let (document, work) = (env.path("doc.json"), env.path(""));
        let locks = |call: &Call| call.name == "flock" && call.args[1].contains("LOCK_EX");
        let guard = trace.calls[..rename].iter().rposition(locks).unwrap();
        assert_eq!(trace.calls[guard].on, Some(env.guard("doc.json")));
        let folder = trace.calls[..guard].iter().rposition(locks).unwrap();
        assert_eq!(trace.calls[folder].on.as_deref(), Some(&*work));
        let checked = trace.calls[..rename].iter().rposition(|call| call.path(1) == document);
        assert!(checked > Some(guard), "the target was not looked at under the guard");
        let given_back = |path: &Path| {
            trace.find("unlock", rename, |call| is_on(call, "flock", path) && call.args[1] == "LOCK_UN")
        };
        let end = given_back(&work).max(given_back(&env.guard("doc.json")));
        let under = &trace.calls[folder..end];
        let slow = ["fsync", "syncfs", "write", "ppoll"];
        assert!(!under.iter().any(|call| slow.contains(&call.name.as_str())), "{under:?}");
    }
}

#[test]
fn the_lock_is_given_back_before_the_folder_is_synced_and_behind_all_other_changes() {
    if require("strace") {
        let env = TestEnv::new();
        env.write("doc.json", "{}");
        env.write("doc.json.bak", "[]");
        let args = ["update", "--backup", "doc.json", ".a = 1"];
        let (trace, rename) = check_order(&env, "doc.json", &args);
        let work = env.path("");
        let release = trace.find("release", rename, |call| {
            call.old_and_new_name().is_some_and(|(from, _)| from == env.lock_dir("doc.json"))
        });
        let synced = trace.find("sync of the folder", rename, |call| is_on(call, "fsync", &work));
        assert!(release < synced, "the next writer has to wait for our sync");
        // The version that was replaced, and the backup beyond the number that is kept.
        let removes = |call: &Call| is_on(call, "unlinkat", &work) && call.result == 0;
        assert_eq!(trace.calls[rename..release].iter().filter(|call| removes(call)).count(), 2);
        let mut later = trace.calls[release..].iter();
        let changes =
            |call: &Call| call.changes_the_world() && (0..4).any(|at| call.path(at).starts_with(&work));
        assert!(!later.any(changes), "something is changed without the lock");
        assert_eq!(TestEnv::names_in(&work), ["doc.json", "doc.json.bak"]);
    }
}

/// What it saw may be another writer's, renamed or written and not synced yet.
#[test]
fn a_file_that_is_as_it_should_be_is_synced_with_its_folder_before_that_is_said() {
    if require("strace") {
        let env = TestEnv::new();
        env.write("doc.json", "{\n  \"a\": 1\n}\n");
        env.write("doc.json.bak", "{\n  \"a\": 1\n}\n");
        let (document, work) = (env.path("doc.json"), env.path(""));
        for args in [
            &["update", "doc.json", ".a = 1"][..],
            &["update", "--in-place", "doc.json", ".a = 1"],
            &["write", "doc.json", "--content", "{\n  \"a\": 1\n}\n"],
            &["restore", "doc.json"],
        ] {
            let trace = Trace::of(&env, args);
            let release = trace.find("release", 0, |call| {
                call.old_and_new_name().is_some_and(|(from, _)| from == env.lock_dir("doc.json"))
            });
            let content = trace.find("sync of the file", release, |call| is_on(call, "fsync", &document));
            trace.find("sync of the folder", content, |call| is_on(call, "fsync", &work));
            let hasty = Trace::of(&env, &[args, &["--no-sync"]].concat());
            assert!(!hasty.has(|call| call.name.contains("sync")), "{args:?}");
        }
        for args in [&["update", "--dry-run", "doc.json", ".a = 1"][..], &["read", "doc.json"]] {
            assert!(!Trace::of(&env, args).has(|call| call.name.contains("sync")), "{args:?}");
        }
    }
}

#[test]
fn a_new_file_is_synced_then_named_then_its_folder_is_synced() {
    if require("strace") {
        let env = TestEnv::new();
        let (trace, rename) = check_order(&env, "new.json", &["write", "new.json", "--content", "{}"]);
        // Whoever creates it at the same time is not overwritten.
        assert!(trace.calls[rename].args.iter().any(|flags| flags.contains("RENAME_NOREPLACE")));
    }
}

#[test]
fn the_backup_is_in_place_before_the_rename() {
    if require("strace") {
        let env = TestEnv::new();
        env.write("doc.json", "{}");
        env.write("doc.json.bak", "[]");
        let (trace, rename) = check_order(&env, "doc.json", &["update", "--backup=3", "doc.json", ".a = 1"]);
        let names = |from: &str, to: &str| {
            let (from, to) = (env.path(from), env.path(to));
            move |call: &Call| {
                call.old_and_new_name().is_some_and(|(a, b)| (from.is_dir() || a == from) && b == to)
            }
        };
        let moved = trace.find("older backup's move", 0, names("doc.json.bak", "doc.json.bak.1"));
        let kept = trace.find("backup's rename", moved, names("", "doc.json.bak"));
        assert!(kept < rename);
        let (link, _) = trace.calls[kept].old_and_new_name().unwrap();
        trace.find("link", 0, |call| {
            call.name.starts_with("link")
                && call.old_and_new_name() == Some((env.path("doc.json"), link.clone()))
        });
        assert!(
            !trace.has(|call| call.is_rename() && call.old_and_new_name().unwrap().0 == env.path("doc.json"))
        );
    }
}

#[test]
fn without_sync_the_new_file_is_synced_and_no_folder() {
    if require("strace") {
        let env = TestEnv::new();
        env.write("doc.json", "{}");
        let trace = Trace::of(&env, &["update", "--no-sync", "--backup=2", "doc.json", ".a = 1"]);
        let (temporary, rename, fd) = trace.replacement(&env.path("doc.json"));
        let created = trace.find("temporary file", 0, |call| call.creates() && call.path(1) == temporary);
        let synced = trace.find("sync", created, |call| is(call, "fsync", fd));
        assert!(synced < rename);
        assert_eq!(trace.calls.iter().filter(|call| call.name.contains("sync")).count(), 1);
    }
}

#[test]
fn an_unchanged_file_is_not_touched() {
    if require("strace") {
        let env = TestEnv::new();
        env.write("doc.json", "{\n  \"a\": 1\n}\n");
        for args in [
            &["update", "--backup=3", "doc.json", "."][..],
            &["write", "--backup=3", "doc.json", "--content", "{\n  \"a\": 1\n}\n"],
            &["update", "--backup=3", "--dry-run", "doc.json", ".a = 2"],
        ] {
            let trace = Trace::of(&env, args);
            let work = env.path("");
            let touches = |call: &Call| {
                call.changes_the_world() && (0..4).any(|index| call.path(index).starts_with(&work))
            };
            assert!(!trace.has(touches), "{args:?}");
            assert_eq!(TestEnv::names_in(&work), ["doc.json"]);
        }
    }
}
