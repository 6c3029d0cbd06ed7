//! What can't be kept is no reason to refuse an update; and whoever dies in the middle leaves a file
//! and a history that are each one of two whole states.

use std::fs;

use super::{doc, env, history, update, versions};
use crate::common::strace::{Call, in_parallel, long, place_of, record_all, traced};
use crate::common::{Mounted, Ran, TestEnv, require, require_root};

/// All that is kept is a whole version, under its tag.
fn check(env: &TestEnv, contents: &[String], at: &str) {
    for version in versions(env) {
        let content = fs::read_to_string(&version).unwrap();
        assert!(contents.contains(&content), "{at}: {content:?}");
        use sha2::{Digest, Sha256};
        let tag = hex::encode(Sha256::digest(content.as_bytes()));
        assert!(version.to_str().unwrap().ends_with(&tag), "{at}: {}", version.display());
    }
    let ran = env.run(["history", "doc.json", "--json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    for entry in report["versions"].as_array().unwrap() {
        // Of one whose writer was killed before it was kept only the tag is known.
        assert!(["valid", "lost"].contains(&entry["state"].as_str().unwrap()), "{at}: {entry}");
    }
}

#[test]
fn an_update_killed_anywhere_leaves_a_history_that_reads() {
    if !require("strace") {
        return;
    }
    let set_up = || {
        let env = env();
        update(&env, "c", 1);
        env
    };
    for args in [&["update", "doc.json", ".n = 2"][..], &["update", "--in-place", "doc.json", ".n = 2"]] {
        let in_place = args.contains(&"--in-place");
        let env = set_up();
        let (ran, calls) = record_all(&env, args);
        ran.ok();
        let wanted = |call: &&Call| match call.name.as_str() {
            "futex" | "ppoll" | "recvfrom" | "brk" | "mmap" | "munmap" | "mprotect" | "madvise"
            | "execve" => false,
            "exit_group" => true,
            _ => long() || call.changes_the_world() || call.name == "copy_file_range",
        };
        let places: Vec<String> = calls
            .iter()
            .filter(wanted)
            .map(|call| format!("{}:signal=KILL:when={}", call.name, call.nth))
            .collect();
        assert!(places.len() > 15, "{places:?}");
        in_parallel(places, |place| {
            let env = set_up();
            let inject = format!("inject={place}");
            let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", &inject], args).output().unwrap());
            assert_eq!(ran.code, 128 + 9, "{place}: {}", ran.stderr);
            let now = env.read("doc.json");
            if !in_place {
                check(&env, &[doc(0), doc(1)], &place);
                assert!(now == doc(1) || now == doc(2), "{place}: {now:?}");
                if now == doc(2) {
                    // The version that was replaced is there, or it was not to be had.
                    assert!(versions(&env).len() <= 2, "{place}");
                }
            }
            env.write("doc.json", doc(5));
            let next = env.run(["update", "-w", "2.5", "doc.json", ".n = 6"]).ok();
            // A name that a dead writer has left is none that somebody has given it.
            assert!(!next.stderr.contains("warning"), "{place}: {}", next.stderr);
            use std::os::unix::fs::MetadataExt;
            assert_eq!(fs::metadata(env.path("doc.json")).unwrap().nlink(), 1, "{place}");
            env.run(["undo", "doc.json"]).ok();
            assert_eq!(env.read("doc.json"), doc(5), "{place}");
        });
    }
}

/// A link that a dead writer has left to the file itself is no other name of it, and goes.
#[test]
fn a_name_that_a_dead_writer_has_left_is_removed_by_the_next() {
    if !require("strace") {
        return;
    }
    let set_up = || {
        let env = env();
        update(&env, "c", 1);
        env
    };
    let args = ["update", "doc.json", ".n = 2"];
    let (ran, calls) = record_all(&set_up(), args);
    ran.ok();
    let is_link = |call: &Call| {
        call.name == "linkat"
            && (0..4).any(|index| {
                call.args[index].starts_with('"') && call.path(index).to_string_lossy().contains("/.tmp.")
            })
    };
    // A call is killed before it is done: so the one behind the link.
    let behind = &calls[calls.iter().position(is_link).unwrap() + 1];
    let env = set_up();
    let inject = format!("inject={}:signal=KILL:when={}", behind.name, behind.nth);
    let mut command = traced(&env, &["-o", "/dev/null", "-e", &inject], args);
    assert_eq!(Ran::of(command.output().unwrap()).code, 128 + 9);
    let shelf = super::shelves(&env).pop().unwrap();
    let left = || TestEnv::names_in(&shelf).into_iter().filter(|name| name.starts_with(".tmp.")).count();
    use std::os::unix::fs::MetadataExt;
    assert_eq!((left(), fs::metadata(env.path("doc.json")).unwrap().nlink()), (1, 2));
    let ran = env.run(["update", "doc.json", ".n = 4"]).ok();
    assert_eq!((ran.stderr.as_str(), left()), ("", 0));
    assert_eq!(fs::metadata(env.path("doc.json")).unwrap().nlink(), 1);
    assert_eq!(history(&env, "doc.json").len(), 3);
}

/// Runs updates, and all ways back. Everywhere the answers are the same.
fn scenario(env: &TestEnv, file: &str, locks: Option<&std::path::Path>) {
    let run = |args: &[&str]| {
        let mut command = env.aimem(args);
        if let Some(locks) = locks {
            command.env("AIMEM_LOCK_DIR", locks);
        }
        Ran::of(command.output().unwrap()).ok()
    };
    for n in 1..=4 {
        let ran = run(&["update", file, "--client", "c", &format!(".n = {n}")]);
        assert_eq!(ran.stderr, "");
    }
    for n in 0..=3 {
        assert_eq!(run(&["history", "show", file, &format!("@{{-{}}}", 4 - n)]).stdout, doc(n));
    }
    let table = run(&["history", file]).stdout;
    assert_eq!(table.lines().filter(|line| line.contains("valid")).count(), 5, "{table}");
    run(&["undo", file, "--client", "c"]);
    run(&["restore", file, "--from", "@{-4}"]);
    assert_eq!(env.read(file), doc(1));
    run(&["history", "forget", file]);
}

#[test]
fn on_another_file_system_versions_are_copied_and_the_answers_are_the_same() {
    let env = env();
    scenario(&env, "doc.json", None);
    let locks = env.root().join("locks");
    fs::create_dir(&locks).unwrap();
    let Some(_mounted) = Mounted::tmpfs(&locks, "4m") else { return };
    env.write("doc.json", doc(0));
    scenario(&env, "doc.json", Some(&locks.join("root")));
}

#[test]
fn without_hard_links_versions_are_copied_and_the_answers_are_the_same() {
    if !require_root() {
        return;
    }
    let env = TestEnv::new();
    let image = env.root().join("image");
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    fs::create_dir(env.path("fat")).unwrap();
    let Some(_mounted) = Mounted::image(&image, "vfat", &[], &env.path("fat")) else {
        // Not every kernel knows it. What refuses a second name by injection is tested everywhere.
        return;
    };
    env.write("fat/doc.json", doc(0));
    scenario(&env, "fat/doc.json", None);
    env.write("fat/doc.json", doc(0));
    scenario(&env, "fat/doc.json", Some(&env.path("fat/locks")));
}

/// Where blocks can be shared they are, and an overlay's files are never linked.
#[test]
fn on_file_systems_that_share_blocks_and_on_overlays_the_answers_are_the_same() {
    if !require_root() {
        return;
    }
    let mut tried = 0;
    for (kind, megabytes) in [("btrfs", 256), ("xfs", 512)] {
        let env = TestEnv::new();
        let (image, at) = (env.root().join("image"), env.path("at"));
        fs::File::create(&image).unwrap().set_len(megabytes << 20).unwrap();
        fs::create_dir(&at).unwrap();
        let Some(_mounted) = long().then(|| Mounted::image(&image, kind, &[], &at)).flatten() else {
            continue;
        };
        env.write("at/doc.json", doc(0));
        scenario(&env, "at/doc.json", Some(&at.join("locks")));
        // The old file is gone: what is kept is another one, with the same blocks.
        use std::os::unix::fs::MetadataExt;
        let before = fs::metadata(env.path("at/doc.json")).unwrap().ino();
        let mut update = env.aimem(["update", "at/doc.json", ".n = 9"]);
        Ran::of(update.env("AIMEM_LOCK_DIR", at.join("locks")).output().unwrap()).ok();
        let kept = crate::common::walk(&at.join("locks/.history"));
        let kept: Vec<u64> =
            kept.iter().filter(|path| path.is_file()).map(|path| fs::metadata(path).unwrap().ino()).collect();
        assert!(!kept.contains(&before), "{kind}");
        tried += 1;
    }
    let env = TestEnv::new();
    let at = env.path("at");
    fs::create_dir(&at).unwrap();
    let Some(_below) = Mounted::tmpfs(&at, "8m") else { return };
    for name in ["lower", "upper", "work", "merged"] {
        fs::create_dir(at.join(name)).unwrap();
    }
    fs::write(at.join("lower/doc.json"), doc(0)).unwrap();
    let options = format!("lowerdir={0}/lower,upperdir={0}/upper,workdir={0}/work", at.display());
    let mut mount = std::process::Command::new("mount");
    mount.args(["-t", "overlay", "-o", &options, "overlay"]).arg(at.join("merged"));
    if let Some(_mounted) = Mounted::run(&at.join("merged"), &mut mount) {
        scenario(&env, "at/merged/doc.json", Some(&at.join("merged/locks")));
        tried += 1;
    }
    assert!(tried > 0 || !require_root());
}

#[test]
fn a_link_that_is_refused_becomes_a_copy() {
    if !require("strace") {
        return;
    }
    for errno in ["EPERM", "EXDEV", "EMLINK", "EOPNOTSUPP"] {
        let env = env();
        update(&env, "c", 1);
        let is_link = |call: &Call| {
            call.name == "linkat" && (0..4).any(|index| call.path(index).to_string_lossy().contains("/.tmp."))
        };
        let (name, nth) = place_of(&env, ["update", "doc.json", ".n = 2"], is_link);
        let inject = format!("inject={name}:error={errno}:when={nth}");
        let args = ["update", "doc.json", ".n = 3"];
        let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", &inject], args).output().unwrap()).ok();
        assert_eq!(ran.stderr, "", "{errno}");
        let told = history(&env, "doc.json");
        assert_eq!((told.len(), &told[1]["state"]), (4, &"valid".into()), "{errno}");
    }
}

#[test]
fn what_cannot_be_kept_is_a_warning_once_a_minute_and_the_update_is_done() {
    if !require_root() {
        return;
    }
    for (option, words) in [("ro,size=1m", "read-only"), ("size=4k,nr_inodes=2", "the disk is full")] {
        let env = env();
        // Its folder is there, and the file system that it is on says no.
        let all = env.locks().join(".history");
        env.run(["lock", "with", "doc.json", "--", "true"]).ok();
        fs::create_dir(&all).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", option, "tmpfs"]).arg(&all);
        let Some(_mounted) = Mounted::run(&all, &mut mount) else { return };
        let mut warned = 0;
        for n in 1..=5 {
            let ran = env.run(["update", "doc.json", &format!(".n = {n}")]).ok();
            assert_eq!(env.read("doc.json"), doc(n));
            if !ran.stderr.is_empty() {
                assert!(
                    ran.stderr.contains("warning: ") && ran.stderr.contains("could not be kept"),
                    "{}",
                    ran.stderr
                );
                assert!(ran.stderr.contains(words), "{}", ran.stderr);
                assert_eq!(ran.stderr.lines().count(), 1);
                warned += 1;
            }
        }
        assert_eq!(warned, 1, "{option}");
        // A minute later it is said again.
        let marker = fs::File::options().write(true).open(env.locks().join(".history-warned")).unwrap();
        marker.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(61)).unwrap();
        assert!(env.run(["update", "doc.json", ".n = 9"]).ok().stderr.contains("could not be kept"));
    }
}

/// Every call on the history may fail, with every error: the update is done.
#[test]
fn every_call_on_the_history_may_fail() {
    if !require("strace") {
        return;
    }
    let set_up = || {
        let env = env();
        update(&env, "c", 1);
        env
    };
    let env = set_up();
    let args = ["update", "doc.json", ".n = 2"];
    let (ran, calls) = record_all(&env, args);
    ran.ok();
    let is_ours = |call: &&Call| {
        let names = (0..4).any(|index| {
            call.args.get(index).is_some_and(|arg| arg.starts_with('"'))
                && call.path(index).to_string_lossy().contains("/.history")
        });
        names
            || call.name == "write"
                && call.on.as_ref().is_some_and(|on| on.to_string_lossy().contains("/.history"))
    };
    let cases: Vec<(Call, &str)> = calls
        .iter()
        .filter(is_ours)
        .flat_map(|call| ["ENOSPC", "EROFS", "EPERM", "EIO", "EACCES"].map(|errno| (call.clone(), errno)))
        .collect();
    assert!(cases.len() >= 25, "{}", cases.len());
    in_parallel(cases, |(call, errno)| {
        let env = set_up();
        let at = format!("{}:error={errno}:when={}", call.name, call.nth);
        let inject = format!("inject={at}");
        let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", &inject], args).output().unwrap());
        assert_eq!((ran.code, env.read("doc.json")), (0, doc(2)), "{at}: {}", ran.stderr);
        for line in ran.stderr.lines() {
            assert!(line.starts_with("warning: ") && line.contains("could not be kept"), "{at}: {line}");
        }
        let told = env.run(["history", "doc.json", "--json"]).ok().stdout;
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        for entry in told["versions"].as_array().unwrap() {
            assert!(["valid", "gone", "lost"].contains(&entry["state"].as_str().unwrap()), "{at}: {entry}");
        }
    });
}
