//! Updates that do what was meant: what looks like a question is not stored, and conditions hold.

use crate::common::TestEnv;

#[test]
fn a_question_is_not_stored_as_the_document() {
    let env = TestEnv::new();
    let text = "{\"count\": 1, \"x\": 1}\n";
    env.write("s.json", text);
    for (filter, would, said) in [
        (".count", "a number", ".count is a question: aimem read s.json .count"),
        (
            ".x == 1",
            "a boolean",
            "'.x == 1' compares, and `=` would set; to ask: aimem read s.json '.x == 1'",
        ),
        ("keys", "an array", "keys is a question"),
        ("null", "null", "null is a question"),
    ] {
        for option in [&[][..], &["-e"], &["--dry-run"]] {
            let ran = env.run(["update", "s.json", filter].iter().chain(option)).expect(65);
            let would = format!("s.json is an object and would become {would}");
            assert!(ran.stderr.contains(&would), "{}", ran.stderr);
            assert!(ran.stderr.contains(said) && ran.stderr.contains("--any-kind"), "{}", ran.stderr);
            assert_eq!(env.read("s.json"), text);
        }
    }
    env.run(["update", "s.json", ".x == 2", "-e", "--any-kind"]).expect(1);
    assert_eq!(env.read("s.json"), "false\n");
    // The same for a command's output.
    env.write("s.json", text);
    let ran = env.run(["update", "s.json", "--pipe", "--", "echo", "[]"]).expect(65);
    assert!(ran.stderr.contains("would become an array"), "{}", ran.stderr);
    env.run(["update", "s.json", "--any-kind", "--pipe", "--", "echo", "[]"]).ok();
}

#[test]
fn from_nothing_and_between_scalars_any_kind_is_fine() {
    let env = TestEnv::new();
    for (old, filter, new) in [
        ("null", "{}", "{}"),
        ("null", "[1]", "[1]"),
        ("1", "\"one\"", "\"one\""),
        ("true", "null", "null"),
        ("[1]", "map(. + 1)", "[2]"),
    ] {
        env.write("f.json", old);
        env.run(["update", "f.json", filter]).ok();
        let value: serde_json::Value = serde_json::from_str(new).unwrap();
        assert_eq!(env.json("f.json"), value, "{old} | {filter}");
    }
    for (old, filter) in [("1", "[.]"), ("\"a\"", "{a: .}"), ("[]", "{}"), ("{}", "[]")] {
        env.write("f.json", old);
        env.run(["update", "f.json", filter]).expect(65);
    }
    // There was no document whose kind could change.
    env.run(["update", "new.json", "--create", "[1]"]).ok();
    assert_eq!(env.json("new.json"), serde_json::json!([1]));
}

#[test]
fn the_old_names_store_whatever_the_filter_makes() {
    let env = TestEnv::new();
    env.run(["scripts", "install", "scripts"]).ok();
    env.write("f.json", "{\"count\": 3}\n");
    let ran = env.sh("scripts/memory-update.sh f.json .count").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(env.read("f.json").trim(), "3");
    // And the old name that reads waits for the lock, as it did.
    env.run(["lock", "acquire", "f.json", "--ttl", "10m"]).ok();
    let ran = env.sh("LOCK_TIMEOUT=0.1 scripts/memory-read.sh f.json").output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("is held by"));
}

#[test]
fn an_update_can_be_bound_to_what_was_read() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 1}\n");
    let tag = env.run(["read", "--etag", "f.json"]).ok().stdout;
    env.run(["update", "f.json", ".n = 2", "--if-match", tag.trim()]).ok();
    let ran = env.run(["update", "f.json", ".n = 3", "--if-match", tag.trim()]).expect(76);
    assert!(ran.stderr.contains("is not what was read"), "{}", ran.stderr);
    assert_eq!(env.json("f.json")["n"], 2);
    env.run(["update", "f.json", ".n = 3", "--create", "--if-match", "none"]).expect(76);
    env.run(["update", "a/b/new.json", ".n = 3", "--create", "--if-match", "none"]).ok();
    // Missing folders were made, and the file ends with a newline.
    assert_eq!(env.read("a/b/new.json"), "{\n  \"n\": 3\n}\n");
}

#[test]
fn a_write_to_nothing_makes_a_file_once() {
    let env = TestEnv::new();
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let write = |number: usize| {
            let content = number.to_string();
            env.run(["write", "once.txt", "--if-match", "none", "--content", &content]).code
        };
        let writers: Vec<_> = (0..8).map(|number| scope.spawn(move || write(number))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|&&code| code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|&&code| code == 76).count(), 7, "{codes:?}");
    let ran = env.run(["write", "once.txt", "--if-match", "none", "--content", "x"]).expect(76);
    assert!(ran.stderr.contains("once.txt exists already"), "{}", ran.stderr);
}

#[test]
fn an_update_answers_with_what_a_filter_makes_of_the_new_document() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 1, \"list\": [\"a\"]}\n");
    let ran = env.run(["update", "f.json", ".n += 1", "--return", ".n, .list"]).ok();
    assert_eq!(ran.stdout, "2\n[\n  \"a\"\n]\n");
    let ran =
        env.run(["update", "f.json", "--arg", "x", "b", ".list += [$x]", "--return", ".list[1] == $x"]).ok();
    assert_eq!(ran.stdout, "true\n");
    // A filter that fails fails before anything is written.
    for filter in [".n.x", "{", "error(\"no\")"] {
        env.run(["update", "f.json", ".n = 9", "--return", filter]).expect(65);
        assert_eq!(env.json("f.json")["n"], 2, "{filter}");
    }
}
