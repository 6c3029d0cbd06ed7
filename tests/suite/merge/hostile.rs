//! Documents that nobody sane would write.

use crate::common::TestEnv;

#[test]
fn equal_keys_and_broken_documents_are_refused_by_side() {
    let env = TestEnv::new();
    env.write("good.json", "{\"a\": 1}");
    for (text, says) in [
        ("{\"a\": 1, \"a\": 2}", "two equal keys in one object"),
        ("{\"a\": ", "is not valid: line 1"),
        ("", "is not valid: line 1"),
        ("{\"_version\": 1}", "_version is not an object of whole numbers, but number"),
        ("{\"_conflicts\": {}}", "_conflicts is not a list of conflicts"),
    ] {
        env.write("bad.json", text);
        let ran = env.run(["merge", "good.json", "bad.json", "--write"]).expect(65);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("their version"), "{}", ran.stderr);
        let ran = env.run(["merge", "bad.json", "good.json", "--write"]).expect(65);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("our version"), "{}", ran.stderr);
        let ran = env.run(["merge", "good.json", "good.json", "--base", "bad.json"]).expect(65);
        assert!(ran.stderr.contains("the base"), "{}", ran.stderr);
        assert_eq!((env.read("good.json").as_str(), env.read("bad.json").as_str()), ("{\"a\": 1}", text));
    }
    env.write("f.yaml", "a: 1\n");
    assert!(env.run(["merge", "f.yaml", "good.json"]).expect(65).stderr.contains("is YAML"));
    env.run(["merge", "missing.json", "good.json"]).expect(66);
    env.run(["compare", "good.json", "missing.json"]).expect(66);
}

/// As deep as a document may be, with a difference at the bottom, and much that is equal beside it.
#[test]
fn deep_documents_are_merged() {
    let env = TestEnv::new();
    let deep = |open: &str, close: &str, inside: &str, wide: usize| {
        let wide = vec!["{\"x\": [1, 2, 3]}"; wide].join(",");
        let depth = 9_990;
        format!("{{\"wide\": [{wide}], \"d\": {}{inside}{}}}", open.repeat(depth), close.repeat(depth))
    };
    for (open, close) in [("{\"a\":", "}"), ("[", "]"), ("[{\"id\":1,\"a\":", "}]")] {
        let halved = open.len() > 10;
        let deep = |inside: &str| {
            if halved {
                let depth = 4_990;
                format!("{{\"d\": {}{inside}{}}}", open.repeat(depth), close.repeat(depth))
            } else {
                deep(open, close, inside, 1000)
            }
        };
        env.write("base.json", deep("1"));
        env.write("ours.json", deep("1"));
        env.write("theirs.json", deep("2"));
        env.run(["merge", "ours.json", "theirs.json", "--base", "base.json", "--write"]).ok();
        assert_eq!(env.read("ours.json"), deep("2"));
        env.write("ours.json", deep("3"));
        let ran = env.run(["merge", "ours.json", "theirs.json", "--base", "base.json", "--write"]).expect(1);
        assert!(ran.stderr.contains("conflict at /d"), "{}", ran.stderr);
        env.run(["compare", "ours.json", "theirs.json"]).expect(1);
    }
    env.write("deeper.json", format!("{}1{}", "[".repeat(10_001), "]".repeat(10_001)));
    assert!(env.run(["merge", "deeper.json", "ours.json"]).expect(65).stderr.contains("nested deeper"));
}

/// So many ids, all of them in conflict, of mixed kinds; and a list of conflicts as long.
#[test]
fn many_ids_and_many_conflicts_end_soon() {
    let env = TestEnv::new();
    let document = |value: usize| {
        let each = (0..20_000).map(|id| match id % 2 {
            0 => format!("{{\"id\": {id}, \"v\": {value}}}"),
            _ => format!("{{\"id\": \"{id}\", \"v\": {value}}}"),
        });
        format!("{{\"s\": [\n{}\n]}}\n", each.collect::<Vec<_>>().join(",\n"))
    };
    env.write("ours.json", document(1));
    env.write("theirs.json", document(2));
    let ran = env.run(["merge", "ours.json", "theirs.json", "--write"]).expect(1);
    assert!(ran.stderr.contains("20000 conflicts in all"), "{}", ran.stderr);
    // Again: nothing is listed twice.
    env.run(["merge", "ours.json", "theirs.json", "--write"]).expect(1);
    assert_eq!(env.json("ours.json")["_conflicts"].as_array().unwrap().len(), 20_000);
    env.run(["conflicts", "list", "ours.json"]).expect(1);
}
