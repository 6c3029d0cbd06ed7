//! Two equal keys in one object: an update refuses them, a read warns.

use super::common::TestEnv;
use aimem::document::{Original, find_equal_keys};

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

#[test]
fn equal_is_what_is_equal_without_escapes_and_in_one_object() {
    let found = |text: &str| {
        let found = find_equal_keys(text.as_bytes()).unwrap();
        let (original, _) = Original::read(text.as_bytes()).unwrap();
        assert_eq!(original.equal_keys(), found.as_ref(), "both readers say the same");
        found.map(|keys| (keys.key, keys.first, keys.second))
    };
    let at = |key: &str, first, second| Some((key.to_owned(), first, second));
    assert_eq!(found("{\"a\":1,\"\\u0061\":1}"), at("\"a\"", (1, 2), (1, 8)));
    assert_eq!(found("{\"\\/\":1,\r\n\"/\":1}"), at("\"/\"", (1, 2), (2, 1)));
    assert_eq!(found("{\"ü\":0,\"\":1, \"\":{}}"), at("\"\"", (1, 8), (1, 14)));
    assert_eq!(found("[1,{\"x\":{\"y\":{},\"y\":1}}]"), at("\"y\"", (1, 10), (1, 17)));
    assert_eq!(found("{\"a\":{\"b\":1},\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":1}]}"), None);
    assert_eq!(found("{\"a\":1,\"A\":1,\"á\":1,\"a\u{301}\":1}"), None);
    let many: Vec<String> = (0..200).map(|n| format!("\"k{}\":[]", n % 199)).collect();
    assert_eq!(found(&format!("{{{}}}", many.join(","))), at("\"k0\"", (1, 2), (1, 1882)));
    let long = "x".repeat(100);
    let (key, ..) = found(&format!("{{\"{long}\":1,\"{long}\":1}}")).unwrap();
    assert!(key.len() < 40 && key.starts_with("\"xxx"), "{key}");
}
