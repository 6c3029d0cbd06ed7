//! `aimem read`, end to end.

use crate::common::{Holder, TestEnv};

#[test]
fn json_is_pretty_by_default_and_raw_is_the_exact_bytes() {
    let env = TestEnv::new();
    let text = "{\"b\":1.50,  \"a\":[1,2]}";
    env.write("f.json", text);
    env.write("f.txt", text);
    let pretty = "{\n  \"b\": 1.50,\n  \"a\": [\n    1,\n    2\n  ]\n}\n";
    assert_eq!(env.run(["read", "f.json"]).ok().stdout, pretty);
    assert_eq!(env.run(["read", "--pretty", "f.txt"]).ok().stdout, pretty);
    assert_eq!(env.run(["read", "f.json", "--raw"]).ok().stdout, text);
    assert_eq!(env.run(["read", "f.txt"]).ok().stdout, text);
    assert_eq!(env.run(["read", "f.json", "-c"]).ok().stdout, "{\"b\":1.50,\"a\":[1,2]}\n");
    // No document of any kind, and exactly its bytes.
    std::fs::write(env.path("bytes"), b"\xff\0\n\n").unwrap();
    let output = env.aimem(["read", "bytes"]).output().unwrap();
    assert_eq!(output.stdout, b"\xff\0\n\n");
}

#[test]
fn a_filters_results_come_one_after_another() {
    let env = TestEnv::new();
    env.write("f.json", "{\"list\": [\"a b\", null, {\"x\": 1}]}");
    let run = |args: &[&str]| env.run(["read", "f.json"].iter().chain(args)).ok().stdout;
    assert_eq!(run(&[".list[]", "-c"]), "\"a b\"\nnull\n{\"x\":1}\n");
    assert_eq!(run(&[".list[0]", "--raw"]), "a b\n");
    assert_eq!(run(&["empty"]), "");
    assert_eq!(run(&["--arg", "k", "list", ".[$k] | length"]), "3\n");
    assert_eq!(run(&["$ARGS.positional", "-c", "--args", "x", "1", "--jsonargs", "1"]), "[\"x\",\"1\",1]\n");
    // What came before an error has been printed.
    let ran = env.run(["read", "f.json", ".list[] | if . == null then error(\"no\") else 1 end"]).expect(65);
    assert_eq!(ran.stdout, "1\n");
}

#[test]
fn a_tag_changes_with_the_bytes_and_with_nothing_else() {
    use sha2::{Digest, Sha256};
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 1}\n");
    let tag = || env.run(["read", "f.json", "--etag"]).ok().stdout;
    let first = tag();
    assert_eq!(first.trim_end(), hex::encode(Sha256::digest(b"{\"n\": 1}\n")));
    env.write("f.json", "{\"n\": 1}\n");
    assert_eq!(tag(), first);
    env.write("f.json", "{\"n\":  1}\n");
    assert_ne!(tag(), first);
}

#[test]
fn a_missing_file_has_a_default_and_is_not_made() {
    let env = TestEnv::new();
    assert_eq!(env.run(["read", "f.json", "--default", "{\"list\": []}", ".list", "-c"]).ok().stdout, "[]\n");
    let missing = env.run(["read", "f.json"]).expect(66);
    assert!(
        missing.stderr.contains("f.json does not exist") && missing.stderr.contains("--default"),
        "{missing:?}"
    );
    assert!(!env.path("f.json").exists());
    env.write("f.json", "{\"list\": [1]}");
    assert_eq!(env.run(["read", "f.json", "--default", "null", ".list", "-c"]).ok().stdout, "[1]\n");
}

#[test]
fn a_reading_waits_for_no_holder_and_makes_no_root_and_locked_does() {
    let env = TestEnv::new();
    env.write("f.json", "1\n");
    for option in [&[][..], &["--no-lock"]] {
        env.run(["read", "f.json"].iter().chain(option)).ok();
        assert!(!env.locks().exists());
    }
    let holder = env.hold("f.json");
    let ran = env.run(["read", "f.json", "--locked", "-n"]).expect(75);
    assert!(ran.stderr.contains("held by pid"), "{}", ran.stderr);
    assert_eq!(env.run(["read", "f.json"]).ok().stdout, "1\n");
    holder.end().ok();
    env.run(["lock", "acquire", "f.json", "--ttl", "10m"]).ok();
    assert_eq!(env.run(["read", "f.json"]).ok().stdout, "1\n", "a lease delays nobody");
}

#[test]
fn the_lock_is_free_again_while_results_are_printed() {
    let env = TestEnv::new();
    // More than a pipe takes: the reader is stuck in the middle of its printing.
    env.write("f.json", format!("[{}0]", "0,".repeat(500_000)));
    let mut reader = Holder::launch(&mut env.aimem(["read", "f.json"]));
    assert_eq!(reader.line(), "[");
    env.run(["update", "f.json", "-n", "[1]"]).ok();
    let ran = reader.wait().ok();
    assert_eq!(ran.stdout.lines().count(), 500_002, "and it prints what it has read");
}

#[test]
fn one_answer_has_the_path_the_tag_and_the_document_of_one_moment() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 1.50, \"big\": 123456789012345678901}\n");
    std::os::unix::fs::symlink("f.json", env.path("link")).unwrap();
    let report = |args: &[&str]| env.run(["read", "--json"].iter().chain(args)).ok().stdout;
    let tag = env.run(["read", "--etag", "f.json"]).ok().stdout;
    let text = report(&["link"]);
    // Numbers as they are spelled.
    assert!(text.contains("1.50") && text.contains("123456789012345678901"), "{text}");
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["etag"], tag.trim_end());
    assert!(value["path"].as_str().unwrap().ends_with("/work/f.json"), "{text}");
    let value: serde_json::Value = serde_json::from_str(&report(&["f.json", ".n, .big"])).unwrap();
    assert_eq!(value["results"].as_array().unwrap().len(), 2);
    env.write("notes.txt", "a \"b\"\n");
    let value: serde_json::Value = serde_json::from_str(&report(&["notes.txt"])).unwrap();
    assert_eq!(value["content"], "a \"b\"\n");
    let value: serde_json::Value = serde_json::from_str(&report(&["none.json", "--default", "{}"])).unwrap();
    assert_eq!((&value["etag"], &value["document"]), (&serde_json::Value::Null, &serde_json::json!({})));
    std::fs::write(env.path("bytes"), b"\xff").unwrap();
    let ran = env.run(["read", "--json", "bytes"]).expect(65);
    let error: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(
        (&error["kind"], &error["exit"], &error["file"]),
        (&"data".into(), &65.into(), &"bytes".into())
    );
}
