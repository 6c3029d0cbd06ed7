//! Every call that may fail does, with every error that it may have: where a step can be done
//! without, the work goes on; elsewhere the file is as it was, the message says in words what is
//! wrong, the exit code is right, and nothing is left behind.
//!
//! The short form gives each call one error, in turn; `AIMEM_LONG_TESTS=1` gives each call every
//! error (about 700 runs).

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use crate::common::strace::{Call, in_parallel, long, record, traced};
use crate::common::{Ran, TestEnv, require, require_root};

const OLD: &str = "{\n  \"n\": 1\n}\n";
const NEW: &str = "{\n  \"n\": 2\n}\n";
const KEPT: &str = "{\"n\": 0}\n";

/// An error, what the message says of it, and the exit code that it leads to.
struct Fault {
    errno: &'static str,
    words: &'static str,
    code: i32,
}

const FAULTS: [Fault; 6] = [
    Fault { errno: "EIO", words: "the device reports an error", code: 74 },
    Fault { errno: "ENOSPC", words: "the disk is full", code: 74 },
    Fault { errno: "EDQUOT", words: "the disk quota is used up", code: 74 },
    Fault { errno: "EACCES", words: "permission denied", code: 77 },
    Fault { errno: "EROFS", words: "the file system is read-only", code: 73 },
    Fault { errno: "EINTR", words: "interrupted", code: 74 },
];

const FAILING: [&str; 14] = [
    "openat",
    "write",
    "fsync",
    "link",
    "linkat",
    "rename",
    "renameat",
    "renameat2",
    "fchmod",
    "fchown",
    "fsetxattr",
    "fgetxattr",
    "flistxattr",
    "ftruncate",
];

fn set_up() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", OLD);
    env.write("doc.json.bak", KEPT);
    env.write("doc.json.bak.1", NEW);
    // The lock root is there already: making it is not what is tested.
    env.run(["lock", "with", "doc.json", "--", "true"]).ok();
    env
}

fn run_with(env: &TestEnv, args: &[&str], call: &Call, errno: &str) -> Ran {
    let inject = format!("inject={}:error={errno}:when={}", call.name, call.nth);
    Ran::of(traced(env, &["-o", "/dev/null", "-e", &inject], args).output().unwrap())
}

fn check(args: &[&str], call: &Call, fault: &Fault) {
    let at = format!("{} of {} ({}:when={})", fault.errno, args[0], call.name, call.nth);
    let env = set_up();
    let ran = run_with(&env, args, call, fault.errno);
    let now = env.read("doc.json");
    let said = &ran.stderr;
    if ran.code == 0 || said.contains("was replaced, but") {
        assert_eq!(now, NEW, "{at}: {said}");
    } else {
        assert_eq!(now, OLD, "{at}: {said}");
    }
    if ran.code != 0 {
        let codes = match fault.code {
            _ if said.contains("was replaced, but") => vec![79],
            // What can't be read of a lock may be somebody's.
            _ if said.contains("is held by") => vec![75],
            // What is only opened to be read is not said to be created.
            73 if said.contains("cannot open") => vec![73, 74],
            code => vec![code],
        };
        assert!(codes.contains(&ran.code), "{at}: {} instead of {codes:?}: {said}", ran.code);
        assert!(said.contains(fault.words), "{at}: {said}");
        assert!(said.starts_with("error: "), "{at}: {said}");
    }
    assert!(!said.contains("os error") && !said.contains("panicked"), "{at}: {said}");
    assert_eq!(ran.stdout, "", "{at}");
    let names = TestEnv::names_in(&env.path(""));
    assert!(!names.iter().any(|name| name.contains("aimem-tmp")), "{at}: {names:?}");
    let kept: Vec<String> = names.iter().skip(1).map(|name| env.read(name)).collect();
    assert!(kept.contains(&KEPT.to_owned()), "{at}: {names:?}");

    let next = env.run(["update", "-w", "2.5", "--backup=3", "doc.json", ".after = true"]);
    assert_eq!(next.code, 0, "after {at}: {}", next.stderr);
    let names = TestEnv::names_in(&env.path(""));
    assert!(names.iter().all(|name| name.starts_with("doc.json")), "after {at}: {names:?}");
}

fn fail_everywhere(args: &[&str], wanted: usize) {
    if !require("strace") {
        return;
    }
    let env = set_up();
    let (ran, calls) = record(&env, args);
    ran.ok();
    let calls = calls.iter().filter(|call| FAILING.contains(&call.name.as_str()));
    let cases: Vec<(Call, &Fault)> = calls
        .enumerate()
        .flat_map(|(index, call)| {
            let faults = FAULTS.iter().enumerate();
            let wanted = faults.filter(move |(number, _)| long() || *number == index % FAULTS.len());
            wanted.map(|(_, fault)| (call.clone(), fault))
        })
        .collect();
    assert!(cases.len() >= wanted, "only {} calls to fail", cases.len());
    in_parallel(cases, |(call, fault)| check(args, &call, fault));
}

#[test]
fn every_call_of_an_update_may_fail() {
    fail_everywhere(&["update", "-n", "doc.json", ".n = 2"], 15);
}

#[test]
fn every_call_of_an_update_with_backups_may_fail() {
    fail_everywhere(&["update", "-n", "--backup=3", "doc.json", ".n = 2"], 18);
}

#[test]
fn every_call_of_a_write_may_fail() {
    fail_everywhere(&["write", "-n", "doc.json", "--content", NEW], 15);
}

#[test]
fn every_call_of_a_restoration_may_fail() {
    fail_everywhere(&["restore", "-n", "doc.json", "--from", "1"], 18);
}

/// The calls on the target's folder get every error also in the short form.
#[test]
fn each_error_of_each_step_has_its_words_and_its_code() {
    if !require("strace") {
        return;
    }
    let env = set_up();
    let args = ["update", "-n", "--backup=3", "doc.json", ".n = 2"];
    let (ran, calls) = record(&env, args);
    ran.ok();
    let work = env.path("");
    let mut temporary = -1;
    let mut steps = Vec::new();
    for call in &calls {
        if call.creates() && call.path(1).starts_with(&work) {
            temporary = call.result;
        }
        let on_temporary = ["write", "fsync"].contains(&call.name.as_str()) && call.fd(0) == temporary;
        let on_names = call.old_and_new_name().is_some_and(|(_, to)| to.starts_with(&work));
        let on_folder = call.creates() && call.path(1).starts_with(&work);
        if on_temporary || on_names || on_folder {
            steps.push(call.clone());
        }
    }
    // Create, write, sync, link, move up, backup, replace.
    assert!(steps.len() >= 7, "{steps:?}");
    let cases = steps.iter().flat_map(|call| FAULTS.iter().map(move |fault| (call.clone(), fault))).collect();
    in_parallel(cases, |(call, fault)| check(&args, &call, fault));
}

#[test]
fn a_refused_owner_or_attribute_is_told_and_the_work_goes_on() {
    if !require("strace") || !require_root() || !require("setfattr") {
        return;
    }
    let set_up = || {
        let env = set_up();
        let path = env.path("doc.json");
        Ran::of(env.command("setfattr").args(["-n", "user.k", "-v", "v", "doc.json"]).output().unwrap()).ok();
        chown(&path, Some(1234), Some(1235)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o6750)).unwrap();
        env
    };
    let args = ["update", "doc.json", ".n = 2"];
    let inject = |what: &str| {
        let env = set_up();
        let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", what], args).output().unwrap()).ok();
        assert_eq!(env.read("doc.json"), NEW);
        assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "doc.json.bak", "doc.json.bak.1"]);
        let meta = fs::metadata(env.path("doc.json")).unwrap();
        (ran.stderr, (meta.uid(), meta.gid(), meta.mode() & 0o7777))
    };
    // Refused altogether: no set-id bits for another owner, no rights for another group.
    let (said, now) = inject("inject=fchown:error=EPERM");
    assert!(said.contains("warning: ") && said.contains("the owner 1234:1235 could not be kept"), "{said}");
    assert_eq!(now, (0, 0, 0o700));
    // Refused for the user alone: the group is kept, and so are its rights.
    let (said, now) = inject("inject=fchown:error=EPERM:when=1");
    assert!(said.contains("could not be kept"), "{said}");
    assert_eq!(now, (0, 1235, 0o750));
    let (said, now) = inject("inject=fsetxattr:error=EOPNOTSUPP");
    assert!(said.contains("the extended attribute user.k could not be kept"), "{said}");
    assert_eq!(now, (1234, 1235, 0o6750));
}

#[test]
fn a_replaced_file_whose_folder_cannot_be_synced_is_told_apart() {
    if !require("strace") {
        return;
    }
    let env = set_up();
    let args = ["update", "doc.json", ".n = 2"];
    let inject = "inject=fsync:error=EIO:when=2";
    let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", inject], args).output().unwrap()).expect(79);
    assert!(
        ran.stderr.contains("was replaced, but whether that survives a power cut is unknown"),
        "{}",
        ran.stderr
    );
    assert_eq!(env.read("doc.json"), NEW);
    // The lock is not held for the sync, and not left behind by one that fails.
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_failed_sync_is_never_tried_again() {
    if !require("strace") {
        return;
    }
    let env = set_up();
    let args = ["update", "doc.json", ".n = 2"];
    let trace = env.root().join("syncs");
    let options = ["-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1", "-o", trace.to_str().unwrap()];
    Ran::of(traced(&env, &options, args).output().unwrap()).expect(74);
    let calls = fs::read_to_string(&trace).unwrap();
    assert_eq!(calls.lines().filter(|line| line.contains("fsync(")).count(), 1, "{calls}");
    assert_eq!(env.read("doc.json"), OLD);
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "doc.json.bak", "doc.json.bak.1"]);
}

/// What can't be looked at may be there: it must not be overwritten.
#[test]
fn a_backup_that_can_not_be_looked_at_ends_the_work_before_anything_is_touched() {
    if !require("strace") {
        return;
    }
    let args = ["update", "--backup=3", "doc.json", ".n = 2"];
    let twin = set_up();
    let (ran, calls) = record(&twin, args);
    ran.ok();
    let is_look = |call: &Call| ["newfstatat", "statx"].contains(&call.name.as_str());
    let looks = calls.iter().filter(|call| is_look(call));
    let looks: Vec<Call> =
        looks.filter(|call| call.path(1).to_string_lossy().contains("doc.json.bak")).cloned().collect();
    // Three names before anything is made, and again when the backup gets its name.
    assert!(looks.len() >= 6, "{looks:?}");
    let cases = looks.iter().flat_map(|call| ["EIO", "EACCES"].map(|errno| (call.clone(), errno))).collect();
    in_parallel(cases, |(call, errno)| {
        let env = set_up();
        let before = crate::common::Snapshot::of(&env.path(""));
        let ran = run_with(&env, &args, &call, errno);
        assert_eq!(ran.code, if errno == "EIO" { 74 } else { 77 }, "{}", ran.stderr);
        assert!(ran.stderr.contains("doc.json.bak"), "{}", ran.stderr);
        let names = TestEnv::names_in(&env.path(""));
        assert_eq!(names, ["doc.json", "doc.json.bak", "doc.json.bak.1"], "{}", call.nth);
        if call.nth == looks[0].nth {
            assert_eq!(crate::common::Snapshot::of(&env.path("")), before);
        }
        assert_eq!((env.read("doc.json"), env.read("doc.json.bak")), (OLD.into(), KEPT.into()));
        assert_eq!(env.read("doc.json.bak.1"), NEW);
    });
}

#[test]
fn a_file_that_is_as_it_should_be_and_can_not_be_synced_is_told() {
    if !require("strace") {
        return;
    }
    let env = set_up();
    for nth in [1, 2] {
        let inject = format!("inject=fsync:error=EIO:when={nth}");
        let args = ["update", "doc.json", ".n = 1"];
        let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", &inject], args).output().unwrap());
        let ran = ran.expect(74);
        assert!(ran.stderr.contains("is as it should be, but"), "{}", ran.stderr);
        assert_eq!(env.read("doc.json"), OLD);
        assert_eq!(env.lock_names(), [""; 0]);
    }
}
