//! `aimem append`, end to end.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Stdio;

use crate::common::{TestEnv, eventually, small_disk};

#[test]
fn whole_lines_are_added_in_place() {
    let env = TestEnv::new();
    env.run(["append", "logs/new/f.log", "one"]).ok();
    let inode = fs::metadata(env.path("logs/new/f.log")).unwrap().ino();
    env.run(["append", "logs/new/f.log", "- two\nthree\n"]).ok();
    env.run_with_input(["append", "logs/new/f.log"], b"four\nfive").ok();
    env.run_with_input(["append", "logs/new/f.log", "-"], b"").ok();
    env.run(["append", "logs/new/f.log", ""]).ok();
    assert_eq!(env.read("logs/new/f.log"), "one\n- two\nthree\nfour\nfive\n\n");
    assert_eq!(fs::metadata(env.path("logs/new/f.log")).unwrap().ino(), inode);
    assert_eq!(TestEnv::names_in(&env.path("logs/new")), ["f.log"]);
    assert_eq!(env.lock_names(), [""; 0]);
    env.run_with_input(["append", "nothing.log"], b"").ok();
    assert!(!env.path("nothing.log").exists());
}

#[test]
fn a_torn_last_line_is_closed_and_not_merged() {
    let env = TestEnv::new();
    env.write("f.jsonl", "{\"a\": 1}\n{\"a\": ");
    env.run(["append", "f.jsonl", "{}"]).ok();
    assert_eq!(env.read("f.jsonl"), "{\"a\": 1}\n{\"a\": \n{}\n");
    env.write("crlf", "a\r\nb");
    env.run(["append", "crlf", "c\nd"]).ok();
    assert_eq!(env.read("crlf"), "a\r\nb\r\nc\r\nd\r\n");
    env.write("only", "torn");
    env.run(["append", "only", "x"]).ok();
    assert_eq!(env.read("only"), "torn\nx\n");
}

#[test]
fn lines_of_json_are_valid() {
    let env = TestEnv::new();
    env.run(["append", "f.jsonl", "{\"a\": 1}\n[2]"]).ok();
    for broken in ["{", "{}\n\n{}", "{} {}", "", "{\n}"] {
        let refused = env.run(["append", "f.jsonl", broken]).expect(65);
        assert!(refused.stderr.contains("is not valid JSON"), "{}", refused.stderr);
    }
    symlink("f.jsonl", env.path("link")).unwrap();
    env.run(["append", "link", "{"]).expect(65);
    env.run(["append", "link", "3"]).ok();
    assert_eq!(env.read("f.jsonl"), "{\"a\": 1}\n[2]\n3\n");
    let stopped = env.run_with_input(["append", "g.ndjson", "-"], b"{}\n[]\nno\n{}\n").expect(65);
    assert!(stopped.stderr.contains("line 3 of what was to be added to g.ndjson"), "{}", stopped.stderr);
    assert!(stopped.stderr.contains("the 2 lines before that are in the file"), "{}", stopped.stderr);
    assert_eq!(env.read("g.ndjson"), "{}\n[]\n");
}

#[test]
fn each_line_is_written_as_it_comes_and_nobody_is_kept_waiting() {
    let env = TestEnv::new();
    let mut child = env.aimem(["append", "f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"one\ntw").unwrap();
    eventually("the first line is there", || fs::read(env.path("f")).is_ok_and(|text| text == b"one\n"));
    env.run(["append", "f", "between", "--nonblock"]).ok();
    input.write_all(b"o\nthree").unwrap();
    eventually("the second line is there", || env.read("f") == "one\nbetween\ntwo\n");
    drop(input);
    assert!(child.wait().unwrap().success());
    assert_eq!(env.read("f"), "one\nbetween\ntwo\nthree\n");
}

#[test]
fn a_signal_ends_a_stream_that_waits() {
    let env = TestEnv::new();
    let mut child = env.aimem(["append", "f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"one\nunfinished").unwrap();
    eventually("the first line is there", || fs::read(env.path("f")).is_ok_and(|text| text == b"one\n"));
    aimem::sys::process::send_signal(child.id(), 15).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
    assert_eq!(env.read("f"), "one\n");
}

#[test]
fn a_file_that_grows_too_large_is_set_aside_at_a_lines_end() {
    let env = TestEnv::new();
    env.write("f", "torn");
    fs::set_permissions(env.path("f"), fs::Permissions::from_mode(0o640)).unwrap();
    let append = |lines: &str| env.run(["append", "f", lines, "--max-size", "20", "--keep", "2"]).ok();
    append("0123456789abc");
    assert_eq!(env.read("f"), "torn\n0123456789abc\n");
    append("second");
    assert_eq!((env.read("f"), env.read("f.1")), ("second\n".into(), "torn\n0123456789abc\n".into()));
    assert_eq!(fs::metadata(env.path("f")).unwrap().mode() & 0o777, 0o640);
    // Several files in one go, and a line that is too long for any.
    append("third\nfourth\nfifth\na line that is too long for any file\nlast");
    assert_eq!(env.read("f"), "last\n");
    assert_eq!(env.read("f.1"), "a line that is too long for any file\n");
    assert_eq!(env.read("f.2"), "fourth\nfifth\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["f", "f.1", "f.2"]);
    // A gap is filled before anything goes.
    fs::remove_file(env.path("f.1")).unwrap();
    append("another line that is long");
    assert_eq!((env.read("f.1"), env.read("f.2")), ("last\n".into(), "fourth\nfifth\n".into()));
    env.run(["append", "f", "x", "--keep", "2"]).expect(2);
    env.run(["append", "f", "x", "--max-size", "no"]).expect(2);
    env.run(["append", "f", "x", "--max-size", "1m", "--keep", "0"]).expect(2);
}

#[test]
fn what_can_not_be_set_aside_is_not_written_to() {
    let env = TestEnv::new();
    env.write("f", "0123456789\n");
    fs::create_dir_all(env.path("f.1/full")).unwrap();
    let refused = env.run(["append", "f", "line", "--max-size", "12", "--keep", "1"]);
    assert_ne!(refused.code, 0);
    assert_eq!(env.read("f"), "0123456789\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["f", "f.1"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let env = TestEnv::new();
    fs::create_dir(env.path("folder")).unwrap();
    for path in ["folder", "/dev/null", "-"] {
        env.run(["append", path, "x"]).expect(66);
    }
    let fifo = env.path("fifo");
    assert!(env.command("mkfifo").arg(&fifo).status().unwrap().success());
    env.run(["append", "fifo", "x"]).expect(66);
}

#[test]
fn a_report_says_how_large_it_was() {
    let env = TestEnv::new();
    env.write("f", "0123\n");
    let report = env.run(["append", "f", "a\nb", "--json"]).ok().stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let file = fs::canonicalize(env.path("f")).unwrap();
    let wanted = serde_json::json!({
        "file": file, "lines": 2, "size_before": 5, "size_after": 9, "set_aside": 0,
        "waited_ms": report["waited_ms"], "taken_over": null, "warnings": []
    });
    assert_eq!(report, wanted);
    let report = env.run_with_input(["append", "f", "-", "--json"], b"c\nd\n").ok().stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["lines"], &report["size_after"]), (&2.into(), &13.into()));
}

#[test]
fn a_sparse_file_of_five_gigabytes_is_not_read() {
    let env = TestEnv::new();
    let file = fs::File::create(env.path("huge")).unwrap();
    let size = 5 << 30;
    if file.set_len(size).is_err() {
        crate::common::skip("no file of 5 GB can be made here");
        return;
    }
    // It does not end in a newline.
    env.run(["append", "huge", "x"]).ok();
    let meta = fs::metadata(env.path("huge")).unwrap();
    assert_eq!(meta.len(), size + 3);
    assert!(meta.blocks() * 512 < 1 << 20, "it is sparse still");
}

#[test]
fn on_a_full_disk_no_line_is_torn() {
    let Some(disk) = small_disk("256k") else { return };
    let env = TestEnv::new();
    let file = disk.path().join("f");
    // One line that does not fit, and many of which some do.
    for lines in ["x".repeat(300 << 10), "0123456789\n".repeat(40 << 10)] {
        fs::write(&file, "before\ntorn").unwrap();
        let failed = env.run_with_input(["append", file.to_str().unwrap(), "-"], lines.as_bytes()).expect(74);
        assert!(failed.stderr.contains("the disk is full"), "{}", failed.stderr);
        let left = fs::read_to_string(&file).unwrap();
        let added = left.strip_prefix("before\ntorn").unwrap();
        assert!(added.lines().skip(1).all(|line| line == "0123456789"), "a line is torn");
        assert!(added.is_empty() || added.starts_with('\n') && added.ends_with('\n'), "a line is torn");
    }
}
