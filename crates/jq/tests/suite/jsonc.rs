//! JSON with comments and trailing commas: what is read, and what an update leaves of it.

use super::common::written::{Random, Written};
use super::common::{fuzz, long_tests};
use aimem_jq::{
    Bindings, Dialect, Filter, InvalidJson, Original, Style, Value, find_equal_keys_as, serialise,
    validate_as, within,
};
use proptest::prelude::*;

fn read(text: &str) -> Result<Value, InvalidJson> {
    Value::parse_as(Dialect::Jsonc, text.as_bytes())
}

fn compact(value: &Value) -> String {
    String::from_utf8(serialise(value, &Style::compact().final_newline(false)).unwrap()).unwrap()
}

/// What becomes of a document. The new bytes must be read as the new value.
fn update(text: &str, filter: &str) -> String {
    let (original, input) = Original::read_as(Dialect::Jsonc, text.as_bytes()).unwrap();
    let new = Filter::compile(filter, &Bindings::default()).unwrap().run_one(input).unwrap();
    let bytes = String::from_utf8(original.replaced_by(&new).unwrap()).unwrap();
    let again = read(&bytes).unwrap_or_else(|wrong| panic!("{wrong}: {filter} made\n{bytes}\nof\n{text}"));
    assert_eq!(compact(&again), compact(&new), "{filter} made\n{bytes}\nof\n{text}");
    bytes
}

#[test]
fn comments_and_trailing_commas_are_white_space() {
    let cases = [
        ("// a\n{\"a\":1}", r#"{"a":1}"#),
        ("/* a */{/**/\"a\"/*b*/:/*c*/1/*d*/,/*e*/}// f", r#"{"a":1}"#),
        ("[1,2,]", "[1,2]"),
        ("[ // one\r 1 // two\r\n , // three\n ]", "[1]"),
        ("\u{feff}{ } /***/", "{}"),
        ("[\"// no comment\", \"/* none */\"]", r#"["// no comment","/* none */"]"#),
        ("-1//", "-1"),
        ("true/**/", "true"),
        ("[{},{},]", "[{},{}]"),
    ];
    for (text, expected) in cases {
        assert_eq!(compact(&read(text).unwrap()), expected, "{text}");
        assert_eq!(update(text, "."), text);
    }
}

#[test]
fn what_is_neither_is_refused_with_its_place() {
    let cases = [
        ("[1 /* 2\n]", "line 1, column 4: expected `,` or `]`, found a comment that does not end"),
        ("/*/", "line 1, column 1: expected a value, found a comment that does not end"),
        ("[,]", "line 1, column 2: expected a value, found `,`"),
        ("[1,,]", "line 1, column 4: expected a value, found `,`"),
        ("{,}", "line 1, column 2: expected a key in double quotes, found `,`"),
        ("{\"a\":1,,}", "line 1, column 8: expected a key in double quotes, found `,`"),
        ("# a\n{}", "line 1, column 1: expected a value, found `#`"),
        ("{} /", "line 1, column 4: expected the end of the file, found `/`"),
        ("{a: 1}", "line 1, column 2: expected a key in double quotes, found `a`"),
        ("['a']", "line 1, column 2: strings are in double quotes"),
        ("// nothing", "line 1, column 11: expected a value, found the end of the file"),
    ];
    for (text, expected) in cases {
        assert_eq!(validate_as(Dialect::Jsonc, text.as_bytes()).unwrap_err().to_string(), expected, "{text}");
    }
    assert!(validate_as(Dialect::Json, b"[1,]").is_err());
    assert!(validate_as(Dialect::Json, b"[1] // a").is_err());
}

/// A document, a filter, and what becomes of the document.
const UPDATES: &[(&str, &str, &str)] = &[
    // A leaf.
    (
        "{\n  // one\n  \"a\": 1, // two\n  \"b\": [1, /* x */ 2,],\n}\n",
        ".b[1] = 3",
        "{\n  // one\n  \"a\": 1, // two\n  \"b\": [1, /* x */ 3,],\n}\n",
    ),
    ("{ \"a\": /* why */ 1 /* so */ }", ".a = {}", "{ \"a\": /* why */ {} /* so */ }"),
    // A member more.
    ("{\n  \"a\": 1 // about a\n}\n", ".b = 2", "{\n  \"a\": 1, // about a\n  \"b\": 2\n}\n"),
    ("{\n  \"a\": 1, // about a\n}\n", ".b = 2", "{\n  \"a\": 1, // about a\n  \"b\": 2,\n}\n"),
    ("{\n  \"a\": 1,\n  // \"old\": 3\n}\n", ".b = 2", "{\n  \"a\": 1,\n  \"b\": 2,\n  // \"old\": 3\n}\n"),
    ("{\n  \"a\": 1\n  // \"old\": 3\n}\n", ".b = 2", "{\n  \"a\": 1,\n  \"b\": 2\n  // \"old\": 3\n}\n"),
    ("[\n  1, // one\n  2  // two\n]", ". += [3, 4]", "[\n  1, // one\n  2,  // two\n  3,\n  4\n]"),
    ("[1, /* two */ 2 /* end */]", ". += [3]", "[1, /* two */ 2, /* end */ 3]"),
    (
        "[\r\n\t1, // one\r\n\t2 // two\r\n]\r\n",
        ". += [3]",
        "[\r\n\t1, // one\r\n\t2, // two\r\n\t3\r\n]\r\n",
    ),
    (
        "{\n  \"s\": {\n    // about x\n    \"x\": 1, // x\n    \"y\": 2 // y\n  }\n}",
        ".t = {\"p\": 1, \"q\": 2}",
        "{\n  \"s\": {\n    // about x\n    \"x\": 1, // x\n    \"y\": 2 // y\n  },\n  \"t\": {\n    \"p\": 1,\n    \"q\": 2\n  }\n}",
    ),
    (
        "{\n  \"s\": [\n    1, // x\n  ],\n}",
        ".t = [1, 2]",
        "{\n  \"s\": [\n    1, // x\n  ],\n  \"t\": [\n    1,\n    2,\n  ],\n}",
    ),
    // A member less: its own comments go with it.
    (
        "{\n  \"a\": 1, // about a\n  // about b\n  \"b\": 2, // b\n  // about c\n  \"c\": 3 // c\n}",
        "del(.b)",
        "{\n  \"a\": 1, // about a\n  // about c\n  \"c\": 3 // c\n}",
    ),
    ("{\n  \"a\": 1, // about a\n  // about b\n  \"b\": 2 // b\n}", "del(.b)", "{\n  \"a\": 1 // about a\n}"),
    ("{\n  \"a\": 1, // about a\n  \"b\": 2, // b\n}", "del(.b)", "{\n  \"a\": 1, // about a\n}"),
    (
        "{\n  \"a\": 1, // about a\n  // about b\n  \"b\": 2, // b\n}",
        "del(.a)",
        "{\n  // about b\n  \"b\": 2, // b\n}",
    ),
    (
        "{\n  // The settings of all.\n  \"a\": 1,\n  \"b\": 2\n}",
        "del(.a)",
        "{\n  // The settings of all.\n  \"b\": 2\n}",
    ),
    (
        "{\n  \"a\": 1,\n\n  // --- more ---\n\n  // about b\n  \"b\": 2,\n  \"c\": 3\n}",
        "del(.b)",
        "{\n  \"a\": 1,\n\n  // --- more ---\n  \"c\": 3\n}",
    ),
    ("{ \"a\": 1, // a\n  \"b\": 2, \"c\": 3 }", "del(.b)", "{ \"a\": 1, // a\n  \"c\": 3 }"),
    ("[/*1*/1,/*2*/2,/*3*/3]", "del(.[1])", "[/*1*/1,/*3*/3]"),
    ("[\n  1 // one\n  , 2 // two\n  , 3\n]", "del(.[1])", "[\n  1 // one\n  , 3\n]"),
    // None left, and the first one.
    ("{\n  // Put your settings here.\n}\n", ".a = 1", "{\n  // Put your settings here.\n  \"a\": 1\n}\n"),
    ("{\n  // Put your settings here.\n  \"a\": 1\n}\n", "del(.a)", "{\n  // Put your settings here.\n}\n"),
    ("{ /* none */ }", ".a = 1", "{ /* none */\n  \"a\": 1\n}"),
    ("{ \"a\": [ /* none */ ] }", ".a = [1]", "{ \"a\": [ /* none */ 1 ] }"),
    ("{ \"a\": [ // none\n] }", ".a = [1]", "{ \"a\": [ // none\n1\n] }"),
    ("{\n  \"a\": 1 // about a\n}\n", "del(.a)", "{}\n"),
    // Members that moved take their comments along.
    (
        "[\n  3, // three\n  // the first\n  1, // one\n  2  // two\n]",
        "sort",
        "[\n  // the first\n  1, // one\n  2,  // two\n  3 // three\n]",
    ),
    (
        "{\n  \"b\": 1, // b\n  \"a\": 2 // a\n}",
        "to_entries | sort_by(.key) | from_entries",
        "{\n  \"a\": 2, // a\n  \"b\": 1 // b\n}",
    ),
    (
        "{\n  \"a\": 1, // a\n  \"b\": 2 // b\n}",
        "with_entries(if .key == \"a\" then .key = \"z\" else . end)",
        "{\n  \"z\": 1, // a\n  \"b\": 2 // b\n}",
    ),
];

#[test]
fn a_comment_stays_with_what_it_is_about() {
    let mut wrong = Vec::new();
    for (text, filter, expected) in UPDATES {
        let made = update(text, filter);
        if made != *expected {
            wrong.push(format!("{filter}\n--- of\n{text}\n--- made\n{made}\n--- not\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Comments and trailing commas strewn over a document, wherever they may stand.
fn commented(text: &str, random: &mut Random) -> String {
    let comments =
        ["", "", "", " ", "\n\n", "/* c */", "/*, ]} \" */", "// d\n", " // , \" ] }\r\n", "/**/// e\n  "];
    let mut made = String::new();
    let (mut in_string, mut escaped, mut last) = (false, false, '[');
    for letter in text.chars() {
        let structural = !in_string && "{}[],:".contains(letter);
        if structural {
            made.push_str(random.pick(&comments));
            let has_member = !"{[,:".contains(last);
            if "}]".contains(letter) && has_member && random.below(3) == 0 {
                made.push(',');
                made.push_str(random.pick(&comments));
            }
        }
        made.push(letter);
        if structural {
            made.push_str(random.pick(&comments));
        }
        in_string ^= letter == '"' && !escaped;
        escaped = in_string && letter == '\\' && !escaped;
        if !letter.is_whitespace() {
            last = letter;
        }
    }
    made
}

#[test]
fn fuzz_whatever_a_filter_does_to_comments_the_file_holds_its_result() {
    let filters = [
        ".",
        "if type == \"object\" then del(.[keys_unsorted[0:2][]]) elif type == \"array\" then del(.[0, 2]) else . end",
        "if type == \"object\" then .new = {\"a\": [1]} elif type == \"array\" then . + [[1], {\"b\": 2}] else . end",
        "if type == \"array\" then [1] + . elif type == \"object\" then {\"first\": 1} + . else [.] end",
        "if type == \"array\" then reverse elif type == \"object\" then to_entries | reverse | from_entries else . end",
        "[.. | scalars]",
        "walk(if type == \"array\" then sort else . end)",
        "walk(if type == \"object\" then with_entries(.value |= .) | to_entries | sort_by(.key) | from_entries else . end)",
        "walk(if type == \"object\" then del(.[keys_unsorted[1]?]) else . end)",
        "walk(if type == \"array\" then .[1:] else . end)",
        "walk(if type == \"array\" then . + [{}] elif type == \"object\" then .z = [] else . end)",
        "[., .]",
        "{\"deep\": {\"er\": .}}",
        "walk(if type == \"array\" or type == \"object\" then (if length > 1 then first(.[]) else . end) else . end)",
        "map(.)?",
        "del(..)?",
        "walk(if type == \"object\" then map_values(empty) elif type == \"array\" then [] else . end)",
    ];
    let test = move || {
        fuzz(if long_tests() { 10_000 } else { 400 }, any::<u64>().no_shrink(), |seed| {
            let mut random = Random::new(seed);
            let text = commented(&Written::random(&mut random).text, &mut random);
            if find_equal_keys_as(Dialect::Jsonc, text.as_bytes()).unwrap().is_none() {
                prop_assert_eq!(&update(&text, "."), &text);
            }
            let filter = random.pick(&filters);
            let input = read(&text).unwrap();
            if Filter::compile(filter, &Bindings::default()).unwrap().run_one(input).is_ok() {
                update(&text, filter);
            }
            Ok(())
        });
    };
    within(&Default::default(), || false, test).unwrap();
}
