//! A file system that is full, and writes that are cut short.

use std::fs;
use std::process::Stdio;

use crate::common::strace::{Stopped, record, traced};
use crate::common::{Mounted, Ran, TestEnv, require};

/// A document of `size` bytes.
fn document(size: usize) -> String {
    format!("{{\n  \"text\": \"{}\"\n}}\n", "x".repeat(size - 18))
}

/// A file system of 1 MB at `small` in the working folder.
fn with_small_disk(test: impl FnOnce(&TestEnv)) {
    let env = TestEnv::new();
    fs::create_dir(env.path("small")).unwrap();
    // The lock root is elsewhere, and is there already.
    env.run(["lock", "with", "x", "--", "true"]).ok();
    if let Some(_mounted) = Mounted::tmpfs(&env.path("small"), "1m") {
        test(&env);
    }
}

#[test]
fn a_full_disk_is_told_and_the_file_is_as_it_was() {
    with_small_disk(|env| {
        let old = document(300 << 10);
        env.write("small/doc.json", &old);
        env.write("small/doc.json.bak", "{}");
        env.write("small/filler", vec![0; 600 << 10]);
        for args in [
            &["update", "small/doc.json", ".more = 1"][..],
            &["update", "--backup=3", "small/doc.json", ".more = 1"],
            &["update", "--no-sync", "small/doc.json", ".more = 1"],
        ] {
            let ran = env.run(args).expect(74);
            assert!(ran.stderr.contains("the disk is full"), "{}", ran.stderr);
            assert!(!ran.stderr.contains("os error"), "{}", ran.stderr);
            assert_eq!(env.read("small/doc.json"), old);
            assert_eq!(TestEnv::names_in(&env.path("small")), ["doc.json", "doc.json.bak", "filler"]);
            assert_eq!(env.lock_names(), [""; 0]);
        }
        let ran = env.run_with_input(["write", "small/new.txt"], &vec![b'x'; 500 << 10]).expect(74);
        assert!(ran.stderr.contains("the disk is full"), "{}", ran.stderr);
        assert!(!env.path("small/new.txt").exists());

        fs::remove_file(env.path("small/filler")).unwrap();
        env.run(["update", "--backup", "small/doc.json", ".more = 1"]).ok();
        assert_eq!(env.run(["read", "small/doc.json", ".more"]).ok().stdout, "1\n");
        assert_eq!(env.read("small/doc.json.bak"), old);
    });
}

#[test]
fn a_write_that_is_cut_short_goes_on() {
    if !require("strace") {
        return;
    }
    with_small_disk(|env| {
        let new = document(600 << 10);
        fs::write(env.root().join("new"), &new).unwrap();
        // The write to the temporary file is the last one of a recorded run.
        let (ran, calls) = record(env, ["write", "record.txt", "--content", "x"]);
        ran.ok();
        let write = calls.iter().rfind(|call| call.name == "write" && !is_log(call)).unwrap();
        env.write("small/filler", vec![0; 700 << 10]);

        let input = Stdio::from(fs::File::open(env.root().join("new")).unwrap());
        let stopped = Stopped::behind(env, ("write", write.nth), ["write", "small/doc.txt"], input);
        fs::remove_file(env.path("small/filler")).unwrap();
        let (ran, writes) = stopped.go_on();
        ran.ok();
        let whole = format!(", {}) = ", new.len());
        assert!(writes.contains(&whole), "{writes}");
        assert!(!writes.contains(&format!("{whole}{}\n", new.len())), "nothing was cut short: {writes}");
        assert_eq!(env.read("small/doc.txt"), new);
    });
}

/// The line in the file's history comes behind everything.
fn is_log(call: &crate::common::strace::Call) -> bool {
    call.on.as_ref().is_some_and(|path| path.to_string_lossy().contains("/.history"))
}

#[test]
fn a_file_that_cannot_grow_in_place_gets_its_old_content_back() {
    with_small_disk(|env| {
        let old = document(300 << 10);
        env.write("small/doc.json", &old);
        env.write("small/filler", vec![0; 600 << 10]);
        let ran = env.run(["update", "--in-place", "small/doc.json", ".more = .text + .text"]).expect(74);
        assert!(ran.stderr.contains("the disk is full") && !ran.stderr.contains("damaged"), "{}", ran.stderr);
        assert_eq!(env.read("small/doc.json"), old);
    });
}

#[test]
fn a_file_damaged_in_place_is_told_with_its_backup() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    env.write("doc.json", "{\n  \"n\": 1\n}\n");
    let args = ["update", "--in-place", "--backup", "doc.json", ".n = 2"];
    env.run(["lock", "with", "doc.json", "--", "true"]).ok();
    let (ran, calls) = record(&env, ["update", "--in-place", "--backup", "doc.json", ".n = 1.5"]);
    ran.ok();
    // The last write is the document's; the one behind it puts the old content back.
    let write = calls.iter().rfind(|call| call.name == "write" && !is_log(call)).unwrap().nth;
    let inject = format!("inject=write:error=EIO:when={write}..{}", write + 1);
    let ran = Ran::of(traced(&env, &["-o", "/dev/null", "-e", &inject], args).output().unwrap()).expect(79);
    assert!(ran.stderr.contains("is damaged now: the device reports an error"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the old content is in") && ran.stderr.contains("doc.json.bak"),
        "{}",
        ran.stderr
    );
    env.run(["restore", "doc.json"]).ok();
    assert_eq!(env.run(["read", "doc.json", ".n"]).ok().stdout, "1.5\n");
}

#[test]
fn a_file_that_may_not_grow_so_large_is_told() {
    let env = TestEnv::new();
    env.write("doc.json", "{\n  \"n\": 1\n}\n");
    env.run(["lock", "with", "doc.json", "--", "true"]).ok();
    // 8 blocks of 512 bytes: the first write is cut short, the second one refused.
    let script = "ulimit -f 8; trap '' XFSZ; \"$AIMEM\" update doc.json '.text = \"x\" * 10000'";
    let ran = Ran::of(env.sh(script).output().unwrap());
    assert!(ran.stderr.contains("the file would be too large"), "{}", ran.stderr);
    assert_eq!(ran.code, 74);
    assert_eq!(env.read("doc.json"), "{\n  \"n\": 1\n}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
}

#[test]
fn no_verb_dies_of_a_file_size_limit_without_a_word() {
    let env = TestEnv::new();
    env.write("doc.json", "{}\n");
    env.run(["update", "doc.json", "--backup", ".n = 1"]).ok();
    let limited = |words: &str| {
        let script = format!("ulimit -f 0; printf 'l\\n' | \"$AIMEM\" {words}");
        Ran::of(env.sh(&script).output().unwrap())
    };
    let told = |words: &str| {
        let ran = limited(words).expect(74);
        assert!(ran.stderr.contains("the file would be too large"), "{words}: {}", ran.stderr);
    };
    for words in ["update doc.json .n=2", "write doc.json --content {}", "restore doc.json"] {
        told(words);
    }
    for words in ["lock acquire f", "scripts install s"] {
        told(words);
    }
    #[cfg(feature = "outbox")]
    {
        told("queue add -p web x");
        let id = env.run(["queue", "add", "-p", "web", "y"]).ok().stdout.trim_end().to_owned();
        let lines = "queue add -p web --lines";
        for words in [lines, &format!("queue retry {id}"), &format!("queue cancel {id}")] {
            told(words);
        }
        let list = env.run(["queue", "list", "--json"]).ok().stdout;
        assert!(list.contains(&id) && list.matches("\"id\"").count() == 1, "{list}");
    }
}
