//! Two equal keys in one object: an update refuses them, a read warns.

use crate::common::TestEnv;

#[test]
fn an_update_refuses_them_and_names_both_places() {
    let env = TestEnv::new();
    let text = "{\n  \"a\": 1,\n  \"é\": {\"k\": 1, \"x\": [2], \"k\": 3}\n}\n";
    env.write("f.json", text);
    let said = "f.json: two equal keys in one object: \"k\" at line 3, column 9 and at line 3, column 27";
    for args in [vec![".a = 2"], vec!["--dry-run", "."], vec!["-c", "."], vec!["--pipe", "--", "cat"]] {
        let ran = env.run(["update", "f.json"].iter().chain(&args)).expect(65);
        assert!(ran.stderr.contains(said) && ran.stdout.is_empty(), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("--duplicate-keys last"), "{ran:?}");
        assert_eq!(env.read("f.json"), text);
    }
    env.run(["update", "new.json", "--create={\"a\": 1, \"a\": 2}", "."]).expect(65);
    assert!(!env.path("new.json").exists());
}

#[test]
fn the_last_one_counts_where_that_is_asked_for() {
    let env = TestEnv::new();
    let text = "{ \"a\": 1, \"b\":[1,2], \"\\u0061\": \"\\/\", \"c\": {\"x\":1, \"x\": 2 } }\n";
    let update = |args: &[&str]| {
        env.write("f.json", text);
        env.run(["update", "f.json", "--duplicate-keys", "last"].iter().chain(args)).ok();
        env.read("f.json")
    };
    // The others go, so that the next update need not ask.
    let repaired = "{ \"\\u0061\": \"\\/\", \"b\":[1,2], \"c\": {\"x\": 2 } }\n";
    assert_eq!(update(&["."]), repaired);
    assert_eq!(update(&[".b[0] = 9"]), repaired.replace("[1,2]", "[9,2]"));
    assert_eq!(update(&["del(.a)"]), "{ \"b\":[1,2], \"c\": {\"x\": 2 } }\n");
    assert_eq!(update(&[".a = 5"]), repaired.replace("\"\\/\"", "5"));
    assert_eq!(update(&["-c", "."]), "{\"a\":\"/\",\"b\":[1,2],\"c\":{\"x\":2}}\n");
    env.run(["update", "f.json", "."]).ok();
    env.write("f.json", "[0, { \"in\": [ {\"a\":1,\"a\":2} ] }]");
    env.run(["update", "f.json", ".[0] = 1", "--duplicate-keys", "last"]).ok();
    assert_eq!(env.read("f.json"), "[1, { \"in\": [ {\"a\":2} ] }]");
    // A command is given the document as it is, and what it gives is stored.
    assert_eq!(update(&["--pipe", "--", "cat"]), text);
}

#[test]
fn a_read_warns_once_and_prints_the_last_one() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": 1, \"a\": 2, \"a\": 3, \"b\": {\"c\": 1, \"c\": 2}}");
    let ran = env.run(["read", "f.json", ".a, .a", "-c"]).ok();
    assert_eq!(ran.stdout, "3\n3\n");
    assert_eq!(ran.stderr.matches("warning: f.json: two equal keys in one object: ").count(), 1, "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1);
    assert!(env.run(["read", "f.json"]).ok().stderr.contains("the last one counts"));
    assert_eq!(env.run(["read", "f.json", "--duplicate-keys", "last", ".a"]).ok().stderr, "");
    // The exact bytes need no reading.
    assert_eq!(env.run(["read", "f.json", "--raw"]).ok().stderr, "");
    // What is written is checked for being JSON, which it is.
    env.run(["write", "f.json", "--validate", "--content", "{\"a\": 1, \"a\": 2}"]).ok();
}
