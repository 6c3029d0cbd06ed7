//! Random bytes, documents and filters: nothing panics or aborts, and what is accepted is what
//! `serde_json` without its recursion limit accepts.

use super::common::fuzz;
use aimem_jq::{Bindings, Filter, Limits, MAX_DEPTH, Style, Value, print, serialise, validate, within};
use proptest::prelude::*;
use serde::de::{Deserialize, IgnoredAny};
use std::ops::ControlFlow;
use std::time::Duration;

/// Whether serde_json takes `bytes`, and how deep they nest.
fn serde_accepts(bytes: &[u8]) -> bool {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    reader.disable_recursion_limit();
    // It skips strings without looking at their encoding.
    std::str::from_utf8(bytes).is_ok() && IgnoredAny::deserialize(&mut reader).is_ok() && reader.end().is_ok()
}

/// Bytes that are nearly JSON.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"k\":",
        "1",
        "-",
        "0",
        ".5",
        "1.0",
        "1e5",
        "E+",
        "true",
        "false",
        "null",
        "nul",
        "NaN",
        "\\",
        "\\u",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        " ",
        "\n",
        "\r\n",
        "\t",
        "é",
        "\u{0}",
        "#",
        "//",
        "\u{FEFF}",
        "\"x\\n\"",
        "[1,2]",
        "{\"a\":1}",
        "1234567890123456789012",
        "-0",
        "+1",
        "007",
        "\u{7F}",
        "'",
        "Infinity",
    ]);
    prop_oneof![
        3 => prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..24),
        2 => json().prop_map(String::into_bytes),
        1 => (json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(json, place, byte)| {
            let mut bytes = json.into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            bytes
        }),
        1 => (0..3000usize).prop_map(|n| [b"[".repeat(n), b"]".repeat(n)].concat()),
    ]
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "1", "-0", "1.10", "1e400", "\"\"", "\"aé\\n\""])
            .prop_map(str::to_owned),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(|n| format!("{n:?}")),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let space = prop::sample::select(vec!["", " ", "\n  ", "\t"]);
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let space = space.clone();
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), space.clone())
                .prop_map(|(all, space)| format!("[{space}{}]", all.join(&format!(",{space}")))),
            (prop::collection::vec(("[a-d]{0,2}", inner), 0..5), space).prop_map(|(all, space)| {
                let all: Vec<_> =
                    all.iter().map(|(key, value)| format!("{space}\"{key}\":{space}{value}")).collect();
                format!("{{{}}}", all.join(","))
            }),
        ]
    })
}

#[test]
fn fuzz_reader_accepts_what_serde_json_accepts() {
    fuzz(3000, nearly_json(), |bytes| {
        let ours = validate(&bytes);
        let parsed = within(&Limits::default(), || false, {
            let bytes = bytes.clone();
            move || Value::parse(&bytes).map(drop).map_err(|error| error.to_string())
        })
        .unwrap();
        prop_assert_eq!(parsed.is_ok(), ours.is_ok());
        let deep = bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > MAX_DEPTH;
        // serde_json skips over a string without looking at its surrogates, unless it is asked for
        // the text.
        let surrogate = ours.as_ref().is_err_and(|error| error.reason.contains("surrogate"));
        if !deep && !surrogate {
            prop_assert_eq!(ours.is_ok(), serde_accepts(&bytes), "{:?}", ours);
        }
        Ok(())
    });
}

#[test]
fn fuzz_style_and_writing_come_back() {
    fuzz(1500, json(), |text| {
        let bytes = text.as_bytes();
        let style = Style::detect(bytes);
        let value = Value::parse(bytes).unwrap();
        let written = serialise(&value, &style).unwrap();
        let again = Value::parse(&written).unwrap();
        prop_assert!(value == again);
        // What was written is in a style of its own: writing it again changes nothing.
        prop_assert_eq!(&serialise(&again, &style).unwrap(), &written);
        Ok(())
    });
    fuzz(1000, nearly_json(), |bytes| {
        let _ = Style::detect(&bytes);
        Ok(())
    });
}

/// Filters that are nearly filters.
fn nearly_filter() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        ".",
        "..",
        ".a",
        ".[0]",
        ".[]",
        ".[1:]",
        "?",
        "|",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "=",
        "|=",
        "+=",
        "//",
        "//=",
        "==",
        "<",
        "and",
        "or",
        "not",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ";",
        "if",
        "then",
        "else",
        "end",
        "try",
        "catch",
        "reduce",
        "foreach",
        "as",
        "$x",
        "label",
        "break",
        "def f:",
        "f",
        "def g(h):",
        "g(",
        "1",
        "0",
        "1.5",
        "1e1000",
        "\"a\"",
        "\"\\(",
        "map(",
        "select(",
        "path(",
        "del(",
        "limit(2;",
        "first(",
        "recurse",
        "range(3)",
        "empty",
        "error",
        "length",
        "keys",
        "add",
        "tojson",
        "fromjson",
        "sort",
        "group_by(",
        "test(\"a\")",
        "gsub(\"a\";\"b\")",
        "strftime(\"%Y\")",
        "todate",
        "@base64d",
        "@csv",
        "@sh",
        "$__loc__",
        "input",
        "halt",
        "halt_error",
        "walk(",
        "paths",
        "tostream",
        "implode",
        "explode",
        "é",
        "{a:1}",
        "[1,2]",
        "null",
        "true",
        "infinite",
        "nan",
        "splits(\"a\")",
        "ltrimstr(\"a\")",
        "setpath([\"a\"];1)",
        "getpath([\"a\",0])",
        "to_entries",
        "from_entries",
        "min_by(.a)",
        "until(true;.)",
        "env",
        "$ENV",
        "@json \"x\\(.)\"",
        "indices(1)",
        "flatten",
        "#c\n",
        "#c\\\n",
        "?//",
        "as [$x] ?// $x |",
        "as {$a, $b: [$c]} |",
        "{(\"a\"): $x}",
        ".5",
        "5.",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        ".\"a\"",
        "reduce .[] as $x (0;",
        "foreach .[] as [$x] ?// $x (.; .;",
        "|= empty",
        "del(.[nan])",
        "elif",
        "import",
        "::",
    ]);
    prop_oneof![
        4 => prop::collection::vec(word, 1..10).prop_map(|words| words.join(" ")),
        1 => any::<String>(),
    ]
}

#[test]
fn fuzz_filters_end_in_a_result_or_an_error() {
    fuzz(1500, (nearly_filter(), json()), |(source, input)| {
        let limits = Limits { max_time: Some(Duration::from_secs(5)) };
        let what = source.clone();
        let ended = within(
            &limits,
            || false,
            move || {
                let Ok(filter) = Filter::compile(&source, &Bindings::default()) else {
                    return;
                };
                let mut left = 200;
                let ended = filter.run_each(Value::parse(input.as_bytes()).unwrap(), |value| {
                    let mut out = Vec::new();
                    let _ = print(&value, &Style::pretty(), false, &mut out);
                    if let Ok(bytes) = serialise(&value, &Style::pretty()) {
                        assert!(validate(&bytes).is_ok(), "wrote what it would not read");
                    }
                    left -= 1;
                    if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                if let Err(error) = ended {
                    assert!(!error.to_string().contains('\n'));
                }
            },
        );
        match ended {
            Ok(()) | Err(aimem_jq::Stopped::TimeLimit(_)) => Ok(()),
            Err(error) => Err(TestCaseError::fail(format!("{what}: {error}"))),
        }
    });
}
