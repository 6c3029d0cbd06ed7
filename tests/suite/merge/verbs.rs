//! `compare`, `merge` and `conflicts`, end to end.

use crate::common::TestEnv;

#[test]
fn two_versions_are_merged_under_the_lock_with_a_base_of_the_history() {
    let env = TestEnv::new();
    env.write("f.json", "{\"_version\": {}, \"s\": [{\"id\": 1}, {\"id\": 2}]}\n");
    env.run(["update", "f.json", ".s[0].a = 1", "--client", "here"]).ok();
    // A copy goes elsewhere, and both are changed.
    env.write("copy.json", env.read("f.json"));
    env.run(["update", "f.json", "del(.s[1]) | .s += [{\"id\": 3}]", "--client", "here"]).ok();
    env.run(["update", "copy.json", ".s[0].b = 2 | .s += [{\"id\": 4}]", "--client", "there"]).ok();
    let compared = env.run(["compare", "f.json", "copy.json"]).expect(1);
    assert_eq!((compared.stdout.as_str(), compared.stderr.as_str()), ("concurrent\n", ""));
    let ran = env.run(["merge", "f.json", "copy.json", "--write", "--json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report["relation"], &report["changed"]), (&"concurrent".into(), &true.into()));
    assert!(report["base"].as_str().unwrap().contains('-') && report["history"].is_string(), "{report}");
    let merged = "{\"_version\": {\"here\": 2, \"there\": 1}, \"s\": [{\"id\": 1, \"a\": 1, \"b\": 2}, {\"id\": 3}, {\"id\": 4}]}\n";
    assert_eq!(env.read("f.json"), merged);
    // What was deleted here stays deleted, also the next time.
    env.run(["merge", "f.json", "copy.json", "--write"]).ok();
    assert_eq!(env.read("f.json"), merged);
    assert_eq!(env.run(["compare", "copy.json", "f.json"]).expect(1).stdout, "before\n");
    assert_eq!(env.run(["compare", "f.json", "copy.json"]).expect(1).stdout, "after\n");
    // The one behind gets the other, byte for byte.
    env.run(["merge", "copy.json", "f.json", "--write"]).ok();
    assert_eq!(env.read("copy.json"), merged);
    assert_eq!(env.run(["compare", "copy.json", "f.json"]).ok().stdout, "equal\n");
    assert!(env.run(["history", "f.json"]).ok().stdout.contains("  merge  "));
    env.run(["undo", "f.json"]).ok();
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_side_that_is_behind_and_was_changed_without_its_vector_loses_nothing() {
    let env = TestEnv::new();
    env.write("f.json", "{\n  \"_version\": {\"here\": 1},\n  \"a\": 1\n}\n");
    env.write("copy.json", env.read("f.json"));
    env.run(["update", "copy.json", ".c = 1", "--client", "there"]).ok();
    // Lines are no update of a document, and raise nothing. The version before is in the history.
    env.run(["insert", "f.json", "--line", "2", "  \"b\": 2,"]).ok();
    assert_eq!(env.run(["compare", "f.json", "copy.json"]).expect(1).stdout, "before\n");
    env.write("by-hand.json", env.read("f.json"));
    env.run(["merge", "f.json", "copy.json", "--write"]).ok();
    let all = serde_json::json!({"_version": {"here": 1, "there": 1}, "a": 1, "b": 2, "c": 1});
    assert_eq!(env.json("f.json"), all);
    // Without it nobody can tell whether that is a change, or another client of the same name.
    let ran = env.run(["merge", "by-hand.json", "copy.json", "--write"]).expect(65);
    assert!(ran.stderr.contains("the same _version, and different content"), "{}", ran.stderr);
}

#[test]
fn equal_vectors_with_different_content_are_an_alarm() {
    let env = TestEnv::new();
    env.write("one.json", "{\"_version\": {\"c\": 1}, \"a\": 1}");
    env.write("two.json", "{\"_version\": {\"c\": 1}, \"a\": 2}");
    let ran = env.run(["compare", "one.json", "two.json"]).expect(1);
    assert_eq!(ran.stdout, "alarm\n");
    assert!(
        ran.stderr.starts_with("warning: both versions have the same _version, and different content"),
        "{}",
        ran.stderr
    );
    let ran = env.run(["merge", "one.json", "two.json", "--write"]).expect(65);
    assert!(ran.stderr.contains("hint: nothing was written; two clients have one name"), "{}", ran.stderr);
    assert_eq!(env.read("one.json"), "{\"_version\": {\"c\": 1}, \"a\": 1}");
    // Two laptops whose client has one name, seen from the one that is ahead.
    env.run(["update", "one.json", ".b = 1", "--client", "c"]).ok();
    env.run(["merge", "one.json", "two.json", "--write"]).expect(65);
    env.write("base.json", "{\"_version\": {}, \"a\": 1}");
    env.run(["merge", "one.json", "two.json", "--write", "--base", "base.json"]).ok();
    assert_eq!(env.json("one.json"), serde_json::json!({"_version": {"c": 2}, "a": 2, "b": 1}));
}

#[test]
fn conflicts_are_listed_shown_and_resolved() {
    let env = TestEnv::new();
    env.write("base.json", "{\n  \"d\": [\n    {\"id\": \"ADR-1\", \"status\": \"proposed\", \"n\": 1.50}\n  ],\n  \"f\": 1\n}\n");
    env.write(
        "f.json",
        env.read("base.json").replace("proposed", "accepted").replace("\"f\": 1", "\"f\": 2"),
    );
    env.write("t.json", env.read("base.json").replace("proposed", "superseded").replace(",\n  \"f\": 1", ""));
    let out = env.run(["merge", "f.json", "t.json", "--base", "base.json", "--write"]).expect(1);
    assert_eq!(
        out.stderr,
        "note: merged f.json, with the base given\nwarning: f.json: conflict at /d/id=ADR-1/status\nwarning: f.json: conflict at /f\n"
    );
    let list = env.run(["conflicts", "list", "f.json"]).expect(1).stdout;
    assert_eq!(
        list,
        "NO  PATH                  OURS        THEIRS\n1   /d/id=ADR-1/status    \"accepted\"  \"superseded\"\n2   /f                    2           (removed)\n".replace("  OURS", "OURS").replace("status    ", "status  ").replace("/f                    ", "/f                  ").replace("PATH                  ", "PATH                  ")
    );
    let shown: serde_json::Value =
        serde_json::from_str(&env.run(["conflicts", "show", "f.json", "1"]).expect(1).stdout).unwrap();
    assert_eq!(shown[0]["base"], "proposed");
    env.run(["conflicts", "resolve", "f.json", "9", "--ours"]).expect(65);
    env.run(["conflicts", "resolve", "f.json", "1"]).expect(2);
    env.run(["conflicts", "resolve", "f.json", "1", "--value", "{"]).expect(65);
    let diff = env.run(["conflicts", "resolve", "f.json", "1", "--theirs", "--dry-run"]).expect(1).stdout;
    assert!(diff.contains("+    {\"id\": \"ADR-1\", \"status\": \"superseded\", \"n\": 1.50}"), "{diff}");
    let tag = env.run(["read", "--etag", "f.json"]).ok().stdout;
    env.run(["conflicts", "resolve", "f.json", "1", "--theirs", "--if-match", "0"]).expect(76);
    env.run(["conflicts", "resolve", "f.json", "/d/id=ADR-1/status", "--theirs", "--if-match", tag.trim()])
        .expect(1);
    env.run(["conflicts", "resolve", "f.json", "--all", "--theirs"]).ok();
    assert_eq!(
        env.read("f.json"),
        "{\n  \"d\": [\n    {\"id\": \"ADR-1\", \"status\": \"superseded\", \"n\": 1.50}\n  ]\n}\n"
    );
    assert_eq!(env.run(["conflicts", "list", "f.json"]).ok().stdout, "");
}

/// A list, and lines, can't hold what they say of themselves.
#[test]
fn conflicts_of_what_is_no_object_stand_beside_it() {
    let env = TestEnv::new();
    for (file, base, ours, theirs, resolved) in [
        (
            "l.json",
            "[{\"id\":1,\"a\":1}]\n",
            "[{\"id\":1,\"a\":2}]\n",
            "[{\"id\":1,\"a\":3}]\n",
            "[{\"id\":1,\"a\":3}]\n",
        ),
        (
            "l.jsonl",
            "{\"id\":1,\"a\":1}\n",
            "{\"id\":1, \"a\":2}\n",
            "{\"id\":1,\"a\":3}\n",
            "{\"id\":1, \"a\":3}\n",
        ),
    ] {
        env.write("base.json", base);
        env.write(file, ours);
        env.write("theirs.json", theirs);
        env.run(["merge", file, "theirs.json", "--base", "base.json", "--write"]).expect(1);
        assert_eq!(env.read(file), ours);
        let beside = format!("{file}.conflicts.json");
        assert_eq!(env.json(&beside)[0]["theirs"], 3);
        // Once more: the list stays as it is.
        env.run(["merge", file, "theirs.json", "--base", "base.json", "--write"]).expect(1);
        assert_eq!(env.json(&beside).as_array().unwrap().len(), 1);
        env.run(["conflicts", "resolve", file, "1", "--theirs"]).ok();
        assert_eq!(env.read(file), resolved);
        assert_eq!(env.json(&beside), serde_json::json!([]));
        env.run(["conflicts", "list", file]).ok();
    }
}

#[test]
fn a_merge_may_go_elsewhere_or_nowhere() {
    let env = TestEnv::new();
    env.write("a.json", "{\"a\": 1}\n");
    env.write("b.json", "{\"b\": 2.50}\n");
    let merged = "{\"a\": 1, \"b\": 2.50}\n";
    assert_eq!(env.run(["merge", "a.json", "b.json"]).ok().stdout, merged);
    env.run(["merge", "a.json", "b.json", "-o", "c.json"]).ok();
    assert_eq!((env.read("c.json").as_str(), env.read("a.json").as_str()), (merged, "{\"a\": 1}\n"));
    let diff = env.run(["merge", "a.json", "b.json", "--write", "--dry-run"]).ok().stdout;
    assert!(diff.contains("+{\"a\": 1, \"b\": 2.50}"), "{diff}");
    env.run(["merge", "a.json", "b.json", "--write", "--if-match", "0"]).expect(76);
    assert_eq!(env.read("a.json"), "{\"a\": 1}\n");
    let holder = env.hold("a.json");
    env.run(["merge", "a.json", "b.json", "--write", "-n"]).expect(75);
    env.run(["merge", "a.json", "b.json", "--write", "-n", "-E", "9"]).expect(9);
    env.run(["merge", "a.json", "b.json"]).ok();
    holder.end().ok();
}
