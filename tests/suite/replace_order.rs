//! The order of system calls, read from a trace: synced, kept, renamed, synced.

use std::path::{Path, PathBuf};

use super::common::strace::{Call, record};
use super::common::{TestEnv, require};

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
        // Between the check and the rename nobody can take the lock over, and nothing else is done.
        let guard = trace.calls[..rename].iter().rposition(|call| call.name == "flock").unwrap();
        assert!(trace.calls[guard].args[1].contains("LOCK_EX"));
        let checked = trace.calls[..rename].iter().rposition(|call| call.path(1) == env.path("doc.json"));
        assert!(
            checked.is_some_and(|checked| checked > guard),
            "the target was not looked at under the guard"
        );
        assert!(
            !trace.calls[guard..rename].iter().any(|call| ["fsync", "write"].contains(&call.name.as_str()))
        );
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
