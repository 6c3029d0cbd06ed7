//! `aimem edit`, end to end.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::common::{TestEnv, long_tests};

#[test]
fn one_place_is_replaced_and_everything_else_stays() {
    let env = TestEnv::new();
    for (old, from, to, new) in [
        ("a\r\n\tb\r\nc", "b", "x", "a\r\n\tx\r\nc"),
        ("a\r\nb\r\n", "b", "x\ny", "a\r\nx\r\ny\r\n"),
        ("a\tb\n", "\tb", "", "a\n"),
        ("\u{feff}a\nb", "a\nb", "c", "\u{feff}c"),
        ("- [ ] a\n", "- [ ] a", "- [x] a", "- [x] a\n"),
        ("no newline", "no", "still no", "still no newline"),
    ] {
        env.write("f", old);
        env.run(["edit", "f", "--old", from, "--new", to]).ok();
        assert_eq!(env.read("f"), new);
    }
    assert_eq!(TestEnv::names_in(&env.path("")), ["f"]);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn bytes_need_be_no_utf8() {
    let env = TestEnv::new();
    env.write("latin1.txt", b"caf\xe9\0 \xfc\n");
    let (old, new) = (OsStr::from_bytes(b"\xe9"), OsStr::from_bytes(b"\xe8s"));
    let words = ["edit", "latin1.txt", "--old"].map(OsStr::new);
    env.run(words.iter().copied().chain([old, OsStr::new("--new"), new])).ok();
    assert_eq!(fs::read(env.path("latin1.txt")).unwrap(), b"caf\xe8s\0 \xfc\n");
}

#[test]
fn nothing_or_two_places_write_nothing_and_name_the_lines() {
    let env = TestEnv::new();
    let text = "one\n\ttwo  words\nthree\none\n";
    env.write("f.md", text);
    let twice = env.run(["edit", "f.md", "--old", "one", "--new", "x", "--backup"]).expect(65);
    assert!(twice.stderr.contains("occurs 2 times, on lines 1 and 4"), "{}", twice.stderr);
    assert!(twice.stderr.contains("--all"), "{}", twice.stderr);
    let none = env.run(["edit", "f.md", "--old", "two words", "--new", "x"]).expect(65);
    assert!(none.stderr.contains("does not occur"), "{}", none.stderr);
    assert!(none.stderr.contains("line 2 differs in white space only: \\ttwo  words"), "{}", none.stderr);
    env.run(["edit", "f.md", "--old", "", "--new", "x"]).expect(65);
    env.run(["edit", "f.md", "--old", "four", "--new", "x", "--all"]).expect(65);
    assert_eq!(env.read("f.md"), text);
    assert_eq!(TestEnv::names_in(&env.path("")), ["f.md"]);
    let missing = env.run(["edit", "none.md", "--old", "a", "--new", "b"]).expect(66);
    assert!(missing.stderr.contains("none.md does not exist"), "{}", missing.stderr);
    assert!(!env.path("none.md").exists());
}

#[test]
fn all_says_how_many() {
    let env = TestEnv::new();
    env.write("f", "a b a b a");
    let ran = env.run(["edit", "f", "--old", "a", "--new", "c", "--all"]).ok();
    assert_eq!(ran.stdout, "replaced in 3 places\n");
    assert_eq!(env.read("f"), "c b c b c");
    let ran = env.run(["edit", "f", "--old", "b a", "--new", "", "--all"]).expect(65);
    assert_eq!(ran.stdout, "");
}

#[test]
fn long_texts_come_from_files_and_standard_input() {
    let env = TestEnv::new();
    env.write("f", "a\nold\nb\n");
    env.write("new", "new\nlines\n");
    env.run_with_input(["edit", "f", "--old-file", "-", "--new-file", "new"], b"old\n").ok();
    assert_eq!(env.read("f"), "a\nnew\nlines\nb\n");
    env.run(["edit", "f", "--old-file", "-", "--new-file", "-"]).expect(2);
    env.run(["edit", "f", "--old", "a"]).expect(2);
    env.run(["edit", "f", "--old", "a", "--new-file", "missing"]).expect(66);
    assert_eq!(env.read("f"), "a\nnew\nlines\nb\n");
}

/// A hundred edits as a script; this one looks for what is not there.
fn script(failing: Option<usize>) -> String {
    let edit = |n: usize| match failing {
        Some(failing) if failing == n => format!("{{\"old\": \"<nobody {n}>\", \"new\": \"x\"}}\n"),
        _ => format!("{{\"old\": \"<{n}>\", \"new\": \"[{n}\\u00e9]\"}}\n"),
    };
    (1..=100).map(edit).collect()
}

#[test]
fn a_hundred_edits_are_all_made_or_none_and_the_failing_one_is_named() {
    let env = TestEnv::new();
    let text: String = (1..=100).map(|n| format!("line <{n}>\n")).collect();
    env.write("f", &text);
    let args = ["edit", "f", "--script", "-"];
    let failed = env.run_with_input(args, script(Some(57)).as_bytes()).expect(65);
    assert!(
        failed.stderr.contains("edit 57 of 100: the text to look for does not occur"),
        "{}",
        failed.stderr
    );
    assert_eq!(env.read("f"), text);
    env.run_with_input(args, script(None).as_bytes()).ok();
    let changed: String = (1..=100).map(|n| format!("line [{n}é]\n")).collect();
    assert_eq!(env.read("f"), changed);
    for (script, said) in [
        ("{\"old\": \"a\"}\n", "line 1 of the script is not an edit: missing field `new`"),
        ("\n{\"old\": \"a\", \"new\": \"b\", \"al\": 1}", "line 2 of the script"),
        ("[\"a\", \"b\", 1, 2]", "line 1 of the script"),
        ("", "there is nothing"),
    ] {
        let failed = env.run_with_input(args, script.as_bytes()).expect(65);
        assert!(failed.stderr.contains(said), "{}", failed.stderr);
    }
    // A later edit sees what an earlier one has left.
    env.write("f", "a");
    let script = "{\"old\": \"a\", \"new\": \"bb\"}\n\n{\"old\": \"b\", \"new\": \"c\", \"all\": true}\n";
    env.run_with_input(args, script.as_bytes()).ok();
    assert_eq!(env.read("f"), "cc");
}

#[test]
fn a_tag_a_dry_run_and_a_report() {
    let env = TestEnv::new();
    env.write("f.md", "a\nb\n");
    let tag = env.run(["read", "f.md", "--etag"]).ok().stdout.trim().to_owned();
    let diff = env.run(["edit", "f.md", "--old", "b", "--new", "c", "--dry-run"]).ok().stdout;
    assert_eq!(diff, "--- f.md\n+++ f.md\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    assert_eq!(env.read("f.md"), "a\nb\n");
    let edit = ["edit", "f.md", "--old", "b", "--new", "c", "--if-match", &tag];
    let report = env.run(edit.iter().chain(&["--json"])).ok().stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["changed"], true);
    assert_eq!(report["replaced"], serde_json::json!([1]));
    assert_eq!(report["etag_before"], tag);
    assert_eq!(report["etag_after"], env.run(["read", "f.md", "--etag"]).ok().stdout.trim());
    let stale = env.run(edit).expect(76);
    assert!(stale.stderr.contains("is not what was read"), "{}", stale.stderr);
    assert_eq!(env.read("f.md"), "a\nc\n");
    env.run(["edit", "f.md", "--old", "c", "--new", "d", "--backup"]).ok();
    assert_eq!(env.read("f.md.bak"), "a\nc\n");
}

#[test]
fn the_holder_of_a_lease_edits_and_nobody_else() {
    let env = TestEnv::new();
    env.write("f.md", "a\n");
    let id = env.run(["lock", "acquire", "f.md", "--ttl", "10m"]).ok().stdout.trim().to_owned();
    for (verb, args) in
        [("edit", &["--old", "a", "--new", "b"][..]), ("insert", &["--end", "c"]), ("append", &["d"])]
    {
        let busy = env.run([&[verb, "f.md", "-n"][..], args].concat()).expect(75);
        assert!(busy.stderr.contains("f.md"), "{}", busy.stderr);
        env.run([&[verb, "f.md", "--client", "me", "--lock", &id][..], args].concat()).ok();
    }
    assert_eq!(env.read("f.md"), "b\nc\nd\n");
    env.run(["lock", "release", &id]).ok();
    env.run(["append", "f.md", "e", "--lock", &id]).expect(76);
    assert_eq!(env.read("f.md"), "b\nc\nd\n");
}

#[test]
fn what_was_replaced_is_in_the_history() {
    let env = TestEnv::new();
    env.write("f.md", "# A\n\none\n");
    env.write("f.jsonl", "1\n2\n");
    env.run(["edit", "f.md", "--old", "one", "--new", "two"]).ok();
    env.run(["insert", "f.md", "--under", "# A", "three"]).ok();
    env.run(["update", "f.jsonl", "select(. > 1)"]).ok();
    let shown = env.run(["history", "f.md"]).ok().stdout;
    assert!(shown.contains("edit") && shown.contains("insert"), "{shown}");
    assert_eq!(env.run(["history", "show", "f.jsonl", "@{-1}"]).ok().stdout, "1\n2\n");
    env.run(["undo", "f.jsonl"]).ok();
    assert_eq!(env.read("f.jsonl"), "1\n2\n");
    env.run(["undo", "f.md"]).ok();
    assert_eq!(env.read("f.md"), "# A\n\ntwo\n");
}

#[test]
fn a_json_document_that_is_valid_stays_so() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": 1}\n");
    let broken = env.run(["edit", "f.json", "--old", "}", "--new", ""]).expect(65);
    assert!(broken.stderr.contains("the new content of"), "{}", broken.stderr);
    env.run(["insert", "f.json", "--end", "more"]).expect(65);
    assert_eq!(env.read("f.json"), "{\"a\": 1}\n");
    env.run(["edit", "f.json", "--old", "1", "--new", "2"]).ok();
    assert_eq!(env.json("f.json"), serde_json::json!({"a": 2}));
    // One with comments, or one that is to be mended.
    env.write("f.json", "{\"a\": 1, // one\n}\n");
    env.run(["edit", "f.json", "--old", "1,", "--new", "2"]).ok();
    assert_eq!(env.read("f.json"), "{\"a\": 2 // one\n}\n");
}

#[test]
fn a_large_file_is_edited() {
    let env = TestEnv::new();
    let size = if long_tests() { 100 << 20 } else { 3 << 20 };
    let mut text = b"0123456789 abcdef\n".repeat(size / 18);
    let middle = text.len() / 2 - 7;
    text[middle..middle + 6].copy_from_slice(b"needle");
    env.write("f", &text);
    env.run(["edit", "f", "--old", "needle", "--new", "thread"]).ok();
    text[middle..middle + 6].copy_from_slice(b"thread");
    assert!(fs::read(env.path("f")).unwrap() == text);
}
