//! The rules, one case each: base, ours, theirs, what comes out, and where conflicts are.

use std::sync::Arc;

use aimem::document::Format;
use aimem::merge::{Kind, MergeError, Rules, Texts, merge_texts};

fn merge(
    kind: Kind,
    base: Option<&str>,
    ours: &str,
    theirs: &str,
) -> Result<(String, Vec<String>), MergeError> {
    let bytes = |text: &str| Arc::new(text.as_bytes().to_vec());
    let texts = Texts { kind, base: base.map(bytes), ours: bytes(ours), theirs: bytes(theirs), beside: None };
    let written = merge_texts(&texts, &Rules::default())?;
    let text = String::from_utf8(written.bytes).unwrap();
    let mut text = text;
    if text.starts_with('{') && text.contains("_conflicts") {
        let mut data: serde_json::Value = serde_json::from_str(&text).unwrap();
        data.as_object_mut().unwrap().remove("_conflicts").unwrap();
        text = data.to_string();
    }
    Ok((text, written.conflicts.into_iter().map(|one| one.path).collect()))
}

#[track_caller]
fn check(kind: Kind, rows: &[(&str, &str, &str, &str, &[&str])]) {
    for (base, ours, theirs, wanted, conflicts) in rows {
        let base = Some(*base).filter(|base| !base.is_empty());
        let (text, paths) = merge(kind, base, ours, theirs).unwrap();
        assert_eq!(
            (text.as_str(), paths),
            (*wanted, conflicts.iter().map(|path| path.to_string()).collect()),
            "{base:?} {ours} {theirs}"
        );
    }
}

const JSON: Kind = Kind::Document(Format::Json);

#[test]
fn objects_and_scalars() {
    check(
        JSON,
        &[
            ("{\"a\":1,\"b\":1}", "{\"a\":2,\"b\":1}", "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":2}", &[]),
            ("{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":2}", &["/a"]),
            ("{\"a\":1}", "{\"a\":2}", "{\"a\":2}", "{\"a\":2}", &[]),
            ("{\"a\":1,\"b\":1}", "{\"b\":1}", "{\"a\":1,\"b\":2}", "{\"b\":2}", &[]),
            ("{\"a\":1}", "{}", "{\"a\":2}", "{}", &["/a"]),
            ("{\"a\":1}", "{\"a\":2}", "{}", "{\"a\":2}", &["/a"]),
            ("{\"a\":1}", "{}", "{}", "{}", &[]),
            ("{}", "{\"a\":1}", "{\"a\":1}", "{\"a\":1}", &[]),
            ("{}", "{\"a\":{\"x\":1}}", "{\"a\":{\"y\":1}}", "{\"a\":{\"x\":1,\"y\":1}}", &[]),
            ("{\"a\":1}", "{\"a\":{\"x\":1}}", "{\"a\":[1]}", "{\"a\":{\"x\":1}}", &["/a"]),
            ("{\"a\":{\"x\":1}}", "{\"a\":{\"x\":1}}", "{\"a\":null}", "{\"a\":null}", &[]),
            // A number is the same however it is spelled, and who respells it has changed nothing else.
            ("{\"a\":1.0}", "{\"a\":1.00}", "{\"a\":1.0}", "{\"a\":1.00}", &[]),
            ("{\"a\":1.0}", "{\"a\":1.0}", "{\"a\":1.00}", "{\"a\":1.00}", &[]),
            ("{\"a\":1.0}", "{\"a\":1.00}", "{\"a\":2}", "{\"a\":2}", &[]),
            ("", "{\"a\":1,\"b\":1}", "{\"b\":2,\"c\":1}", "{\"a\":1,\"b\":1,\"c\":1}", &["/b"]),
            ("{\"a\":1}", "{\"a/b~\":1}", "{\"a/b~\":2,\"a\":1}", "{\"a/b~\":1}", &["/a~1b~0"]),
        ],
    );
}

#[test]
fn arrays_of_elements_with_ids_are_maps_in_order() {
    check(
        JSON,
        &[
            // New ones come behind, by date where all have one.
            (
                "{\"s\":[{\"id\":1}]}",
                "{\"s\":[{\"id\":1},{\"id\":3,\"date\":\"2026-02-01\"}]}",
                "{\"s\":[{\"id\":1},{\"id\":2,\"date\":\"2026-01-01\"}]}",
                "{\"s\":[{\"id\":1},{\"id\":2,\"date\":\"2026-01-01\"},{\"id\":3,\"date\":\"2026-02-01\"}]}",
                &[],
            ),
            (
                "{\"s\":[]}",
                "{\"s\":[{\"id\":\"b\"}]}",
                "{\"s\":[{\"id\":\"a\",\"date\":\"1\"}]}",
                "{\"s\":[{\"id\":\"b\"},{\"id\":\"a\",\"date\":\"1\"}]}",
                &[],
            ),
            // Field by field.
            (
                "{\"s\":[{\"id\":1,\"a\":1,\"b\":1}]}",
                "{\"s\":[{\"id\":1,\"a\":2,\"b\":1}]}",
                "{\"s\":[{\"id\":1,\"a\":1,\"b\":2}]}",
                "{\"s\":[{\"id\":1,\"a\":2,\"b\":2}]}",
                &[],
            ),
            (
                "{\"s\":[{\"id\":\"1\",\"a\":1},{\"id\":1,\"a\":1}]}",
                "{\"s\":[{\"id\":\"1\",\"a\":2},{\"id\":1,\"a\":2}]}",
                "{\"s\":[{\"id\":\"1\",\"a\":3},{\"id\":1,\"a\":3}]}",
                "{\"s\":[{\"id\":\"1\",\"a\":2},{\"id\":1,\"a\":2}]}",
                &["/s/id=\"1\"/a", "/s/id=1/a"],
            ),
            // Removed here, unchanged or changed there.
            (
                "{\"s\":[{\"id\":1},{\"id\":2}]}",
                "{\"s\":[{\"id\":2}]}",
                "{\"s\":[{\"id\":1},{\"id\":2,\"x\":1}]}",
                "{\"s\":[{\"id\":2,\"x\":1}]}",
                &[],
            ),
            (
                "{\"s\":[{\"id\":1}]}",
                "{\"s\":[]}",
                "{\"s\":[{\"id\":1,\"x\":1}]}",
                "{\"s\":[]}",
                &["/s/id=1"],
            ),
            (
                "{\"s\":[{\"id\":1}]}",
                "{\"s\":[{\"id\":1,\"x\":1}]}",
                "{\"s\":[]}",
                "{\"s\":[{\"id\":1,\"x\":1}]}",
                &["/s/id=1"],
            ),
            // The order is that of the one side which has changed it.
            (
                "{\"s\":[{\"id\":1},{\"id\":2}]}",
                "{\"s\":[{\"id\":2},{\"id\":1}]}",
                "{\"s\":[{\"id\":1},{\"id\":2,\"x\":1}]}",
                "{\"s\":[{\"id\":2,\"x\":1},{\"id\":1}]}",
                &[],
            ),
            // By `key` and `name` too; without a base by id, and never two of one.
            (
                "",
                "{\"s\":[{\"name\":\"a\",\"x\":1}]}",
                "{\"s\":[{\"name\":\"b\"},{\"name\":\"a\",\"y\":1}]}",
                "{\"s\":[{\"name\":\"a\",\"x\":1,\"y\":1},{\"name\":\"b\"}]}",
                &[],
            ),
            (
                "",
                "{\"s\":[{\"key\":1,\"x\":1}]}",
                "{\"s\":[{\"key\":1,\"x\":2}]}",
                "{\"s\":[{\"key\":1,\"x\":1}]}",
                &["/s/key=1/x"],
            ),
        ],
    );
}

#[test]
fn other_arrays_are_one_value_but_for_what_is_added_at_the_end() {
    check(
        JSON,
        &[
            ("{\"t\":[1]}", "{\"t\":[1,2]}", "{\"t\":[1,3]}", "{\"t\":[1,2,3]}", &[]),
            ("{\"t\":[1]}", "{\"t\":[1,2]}", "{\"t\":[1,3,2]}", "{\"t\":[1,2,3]}", &[]),
            ("{\"t\":[1,2]}", "{\"t\":[1,2,3]}", "{\"t\":[2]}", "{\"t\":[2,3]}", &[]),
            ("{\"t\":[1,2]}", "{\"t\":[2]}", "{\"t\":[1,2,3]}", "{\"t\":[2,3]}", &[]),
            ("{\"t\":[1,2]}", "{\"t\":[2]}", "{\"t\":[1]}", "{\"t\":[2]}", &["/t"]),
            ("{\"t\":[1,2]}", "{\"t\":[1,2]}", "{\"t\":[9]}", "{\"t\":[9]}", &[]),
            // Created on both sides, it may be a point as well as a list.
            ("{}", "{\"t\":[1,2]}", "{\"t\":[3,4]}", "{\"t\":[1,2]}", &["/t"]),
            ("", "{\"t\":[1,3]}", "{\"t\":[1,2,3]}", "{\"t\":[1,2,3]}", &[]),
            ("", "{\"t\":[1,2]}", "{\"t\":[2,1]}", "{\"t\":[1,2]}", &["/t"]),
            // Two elements of one id on a side: no map; and two of one id are never made.
            (
                "{\"t\":[{\"id\":1},{\"id\":1}]}",
                "{\"t\":[{\"id\":1},{\"id\":1},{\"id\":2,\"a\":1}]}",
                "{\"t\":[{\"id\":1},{\"id\":1},{\"id\":2,\"b\":1}]}",
                "{\"t\":[{\"id\":1},{\"id\":1},{\"id\":2,\"a\":1}]}",
                &["/t"],
            ),
        ],
    );
}

#[test]
fn lines_are_elements_where_they_have_ids_and_else_both_sides_are_kept() {
    check(
        Kind::Lines,
        &[
            (
                "{\"id\":1}\n",
                "{\"id\":1}\n{\"id\":2, \"a\":1.0}\n",
                "{\"id\":1,\"x\":1}\n{\"id\":3}\n",
                "{\"id\":1,\"x\":1}\n{\"id\":2, \"a\":1.0}\n{\"id\":3}\n",
                &[],
            ),
            (
                "{\"id\":1, \"a\":1,\"b\":1.50}\n",
                "{\"id\":1, \"a\":2,\"b\":1.50}\n",
                "{\"id\":1, \"a\":1,\"b\":1.50,\"c\":3}\n",
                "{\"id\":1, \"a\":2,\"b\":1.50,\"c\":3}\n",
                &[],
            ),
            (
                "{\"id\":1,\"a\":1}\n",
                "{\"id\":1,\"a\":2}\n",
                "{\"id\":1,\"a\":3}",
                "{\"id\":1,\"a\":2}\n",
                &["/id=1/a"],
            ),
            ("1\n2\n3\n", "1\n3\n4\n", "0\n1\n2\n3\n5\n", "0\n1\n3\n4\n5\n", &[]),
            ("1\n", "1\n2\n", "1\n2\n3\n", "1\n2\n3\n", &[]),
            ("", "1\n2\n", "2\n3\n", "1\n2\n3\n", &[]),
            // A line that is no JSON is a line.
            ("1\n", "1\nnot json\n", "1\n{}\n", "1\nnot json\n{}\n", &[]),
            (
                "{\"id\":1}\r\n",
                "{\"id\":1}\r\n{\"id\":2}\r\n",
                "{\"id\":1}\n{\"id\":3}\n",
                "{\"id\":1}\r\n{\"id\":2}\r\n{\"id\":3}\r\n",
                &[],
            ),
        ],
    );
}

#[test]
fn comments_dates_and_spellings_stay() {
    check(
        Kind::Document(Format::Jsonc),
        &[(
            "{\n  // size\n  \"a\": 1.50,\n  \"b\": 1, // b\n}\n",
            "{\n  // the size\n  \"a\": 1.50,\n  \"b\": 2, // b\n}\n",
            "{\n  // size\n  \"a\": 1.50,\n  \"b\": 1, // b\n  \"c\": 0x\n}\n".replace("0x", "3e0").leak(),
            "{\n  // the size\n  \"a\": 1.50,\n  \"b\": 2, // b\n  \"c\": 3e0\n}\n",
            &[],
        )],
    );
    check(
        Kind::Document(Format::Toml),
        &[(
            "# top\nd = 2024-05-01\nn = 1_000\n\n[t]\nx = 1\n",
            "# our top\nd = 2024-05-01\nn = 1_000\n\n[t]\nx = 2 # two\n",
            "# top\nd = 2025-05-01\nn = 1_000\n\n[t]\nx = 1\ny = 0xFF\n",
            "# our top\nd = 2025-05-01\nn = 1_000\n\n[t]\nx = 2 # two\ny = 0xFF\n",
            &[],
        )],
    );
}

#[test]
fn what_a_document_says_of_itself_is_merged_by_rules_of_its_own() {
    check(
        JSON,
        &[
            (
                "",
                "{\"_version\":{\"a\":2,\"b\":1},\"x\":1}",
                "{\"y\":1,\"_version\":{\"c\":1,\"b\":3}}",
                "{\"_version\":{\"a\":2,\"b\":3,\"c\":1},\"x\":1,\"y\":1}",
                &[],
            ),
            ("{\"_version\":{}}", "{}", "{\"_version\":{\"a\":1}}", "{}", &[]),
        ],
    );
    let one = "{\"a\":1,\"_conflicts\":[{\"path\":\"/a\",\"ours\":1,\"theirs\":2}]}";
    let mirrored = "{\"a\":2,\"_conflicts\":[{\"path\":\"/a\",\"ours\":2,\"theirs\":1}]}";
    let resolved = "{\"a\":2}";
    // Both have met before: nothing new. And what one has resolved is resolved.
    let (_, paths) = merge(JSON, None, one, mirrored).unwrap();
    assert_eq!(paths, ["/a"]);
    assert_eq!(merge(JSON, Some(one), one, resolved).unwrap(), (resolved.to_owned(), vec![]));
    assert_eq!(merge(JSON, Some(one), resolved, one).unwrap(), (resolved.to_owned(), vec![]));
    for wrong in ["[1]", "{\"a\":1.5}", "{\"a\":-1}", "\"1.0\"", "{\"a\":\"1\"}", "{\"a\":1e300}"] {
        let text = format!("{{\"_version\":{wrong}}}");
        let error = merge(JSON, None, "{}", &text).unwrap_err().to_string();
        assert!(error.starts_with("their version: _version is not an object of whole numbers"), "{error}");
    }
    for wrong in ["{}", "[1]", "[{}]", "[{\"path\":1}]", "null"] {
        let text = format!("{{\"_conflicts\":{wrong}}}");
        let error = merge(JSON, Some("{}"), &text, "{}").unwrap_err().to_string();
        assert!(error.starts_with("our version: _conflicts is not a list of conflicts"), "{error}");
    }
}
