//! Reading strictly, keeping numbers, keeping the layout.

use aimem_jq::{Bindings, Filter, MAX_DEPTH, NotJson, Original, Style, Value, print, serialise, validate};

fn wrong(bytes: &[u8]) -> String {
    let error = validate(bytes).unwrap_err();
    assert_eq!(Value::parse(bytes).unwrap_err(), error, "both readers say the same");
    error.to_string()
}

#[test]
fn wrong_json_is_named_with_its_place() {
    let table: [(&[u8], &str); 27] = [
        (b"", "line 1, column 1: the file is empty, JSON needs a value"),
        (b" \n", "line 2, column 1: the file holds only blanks, JSON needs a value"),
        (b"{\n  \"a\": 1\n  \"b\": 2}", "line 3, column 3: expected `,` or `}`, found `\"`"),
        (b"{\"a\" 1}", "line 1, column 6: expected `:`, found `1`"),
        (b"[1 2]", "line 1, column 4: expected `,` or `]`, found `2`"),
        (b"[1,]", "line 1, column 4: a comma before `]`"),
        (b"{\"a\":1,}", "line 1, column 8: a comma before `}`"),
        (b"{a: 1}", "line 1, column 2: expected a key in double quotes, found `a`"),
        (b"{} {}", "line 1, column 4: a second JSON document starts here, a file holds exactly one"),
        (b"{} x", "line 1, column 4: expected the end of the file, found `x`"),
        (b"[1", "line 1, column 3: expected `,` or `]`, found the end of the file"),
        (b"\"a", "line 1, column 1: a string that does not end"),
        (b"\"a\nb\"", "line 1, column 3: U+000A in a string has to be escaped"),
        (b"\"\\x\"", "line 1, column 2: an escape that JSON does not have"),
        (b"\"\\u12\"", "line 1, column 2: `\\u` needs four hexadecimal digits"),
        (b"\"\\ud800\"", "line 1, column 2: half of a surrogate pair"),
        (b"\"\\ud800\\u0041\"", "line 1, column 2: half of a surrogate pair"),
        (b"[NaN]", "line 1, column 2: JSON has no NaN and no infinity"),
        (b"-Infinity", "line 1, column 2: a number needs a digit here"),
        (b"+1", "line 1, column 1: a number can't start with `+`"),
        (b".5", "line 1, column 1: a number can't start with `.`"),
        (b"007", "line 1, column 1: a number can't start with `0`"),
        (b"1.", "line 1, column 3: a number needs a digit here"),
        (b"1e", "line 1, column 3: a number needs a digit here"),
        (b"[1, // c\n2]", "line 1, column 5: expected a value, found a comment, which JSON does not allow"),
        (b"{'a': 1}", "line 1, column 2: expected a key in double quotes, found `'`"),
        ("\"é\" \u{1F600}".as_bytes(), "line 1, column 5: expected the end of the file, found `😀`"),
    ];
    for (bytes, message) in table {
        assert_eq!(wrong(bytes), message);
    }
    assert!(wrong(b"\xEF\xBB\xBF{}").contains("byte-order mark"));
    assert!(wrong(b"\xFF\xFE{\0}\0").contains("UTF-16"));
    assert_eq!(wrong(b"[\"a\xFF\"]"), "line 1, column 4: not UTF-8");
}

#[test]
fn depth_is_bounded_both_ways() {
    let nest = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    validate(&nest(MAX_DEPTH)).unwrap();
    assert!(wrong(&nest(MAX_DEPTH + 1)).contains("nested deeper than 10000 levels"));
    assert!(wrong(&b"[".repeat(3_000_000)).contains("nested deeper"));
    let objects = [b"{\"a\":".repeat(MAX_DEPTH), b"1".to_vec(), b"}".repeat(MAX_DEPTH)].concat();
    let value = in_large_stack(move || {
        let value = Value::parse(&objects).unwrap();
        let copy = value.clone();
        assert!(value == copy);
        let filter = Filter::compile("[.]", &Bindings::default()).unwrap();
        let deeper = filter.run_one(copy).unwrap();
        assert_eq!(serialise(&deeper, &Style::compact()), Err(NotJson::TooDeep));
        serialise(&value, &Style::compact().final_newline(false)).unwrap() == objects
    });
    assert!(value);
    let arrays = nest(MAX_DEPTH);
    let value = in_large_stack(move || {
        let run = |filter: &str| {
            let (original, value) = Original::read(&arrays).unwrap();
            let filter = Filter::compile(filter, &Bindings::default()).unwrap();
            original.replaced_by(&filter.run_one(value).unwrap())
        };
        assert_eq!(run("[.]"), Err(NotJson::TooDeep));
        assert_eq!(run(".[0][0] |= [.]"), Err(NotJson::TooDeep));
        assert_eq!(run("setpath([range(9999) | 0]; [[]])"), Err(NotJson::TooDeep));
        let changed = run("setpath([range(9999) | 0]; [1])").unwrap();
        assert!(changed.len() == arrays.len() + 1 && changed[MAX_DEPTH] == b'1');
        run("tojson | fromjson").unwrap() == arrays
    });
    assert!(value);
}

fn in_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    aimem_jq::within(&Default::default(), || false, work).unwrap()
}

/// What an update of `.x` to 1 makes of `text`.
fn updated(text: &str) -> String {
    let filter = Filter::compile(".x = 1", &Bindings::default()).unwrap();
    let (original, value) = Original::read(text.as_bytes()).unwrap();
    let value = filter.run_one(value).unwrap();
    let bytes = original.replaced_by(&value).unwrap();
    // These are laid out evenly: written as a whole, they look the same.
    assert_eq!(serialise(&value, &Style::detect(text.as_bytes())).unwrap(), bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn untouched_numbers_keep_their_spelling() {
    let spellings = [
        "1.0",
        "1.10",
        "1E5",
        "1e+5",
        "1e1000",
        "-0",
        "-0.0",
        "9007199254740993",
        "0.1",
        "1e-400",
        "1234567890123456789012345678901234567890",
        "123456789012345",
        "1234567890123456",
        "-7",
        "3.141592653589793238462643383279",
        "100000000000000000000",
        "0",
        "0.0",
        "5e-324",
    ];
    for spelling in spellings {
        let text = format!("{{\"x\":0,\"n\":[{spelling},{{\"m\":{spelling}}}]}}\n");
        assert_eq!(updated(&text), text.replace("\"x\":0", "\"x\":1"));
    }
}

#[test]
fn the_layout_is_kept() {
    let layouts = [
        "{\n  \"x\": 0,\n  \"a\": [\n    1\n  ]\n}\n",
        "{\n    \"x\": 0,\n    \"a\": {}\n}",
        "{\n\t\"x\": 0,\n\t\"a\": []\n}\n",
        "{\r\n  \"x\": 0,\r\n  \"a\": 2\r\n}\r\n",
        "{\"x\":0,\"a\":[1,2]}",
        "{\"x\": 0, \"a\": [1, 2]}\n",
        "{\"x\":0, \"a\":[1, 2]}",
        "{\n   \"x\": 0\n}\n",
        "{\"b\":1,\"x\":0,\"a\":\"\\u00e9\\ud83d\\ude00\"}",
        "{\"b\":1,\"x\":0,\"a\":\"é😀\\u0001\"}",
        "{\n \"a/b\": \"\\\"\\\\\\n\",\n \"x\": 0\n}\n",
    ];
    for layout in layouts {
        assert_eq!(updated(layout), layout.replace("\"x\": 0", "\"x\": 1").replace("\"x\":0", "\"x\":1"));
    }
    assert_eq!(updated("{}"), "{\n  \"x\": 1\n}");
    assert_eq!(updated("{}\n"), "{\n  \"x\": 1\n}\n");
    assert_eq!(updated("null"), "{\n  \"x\": 1\n}");
    assert_eq!(Style::detect(b""), Style::pretty());
}

#[test]
fn a_style_can_be_asked_for() {
    let value = Value::parse(b"{\"b\":[1,{}],\"a\":\"\xC3\xA9\"}").unwrap();
    let text = |style: Style| String::from_utf8(serialise(&value, &style).unwrap()).unwrap();
    assert_eq!(text(Style::compact()), "{\"b\":[1,{}],\"a\":\"é\"}\n");
    assert_eq!(text(Style::compact().sort_keys(true).final_newline(false)), "{\"a\":\"é\",\"b\":[1,{}]}");
    assert_eq!(text(Style::pretty().indent(1)), "{\n \"b\": [\n  1,\n  {}\n ],\n \"a\": \"é\"\n}\n");
    assert_eq!(text(Style::pretty().tab()), "{\n\t\"b\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"a\": \"é\"\n}\n");
    assert_eq!(text(Style::pretty().indent(0)), text(Style::compact()));
}

#[test]
fn what_json_cannot_spell_is_refused_in_files_and_shown_to_people() {
    for (filter, shown) in [
        ("[nan]", "[null]"),
        ("infinite", "1.7976931348623157e+308"),
        ("[-infinite, 1e1000 + 1]", "[-1.7976931348623157e+308,1.7976931348623157e+308]"),
    ] {
        let filter = Filter::compile(filter, &Bindings::default()).unwrap();
        let value = filter.run_one(Value::null()).unwrap();
        assert!(matches!(serialise(&value, &Style::compact()), Err(NotJson::NotFinite(_))));
        let mut out = Vec::new();
        print(&value, &Style::compact(), false, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("{shown}\n"));
    }
    let mut out = Vec::new();
    print(&Value::from_str("a\"b"), &Style::compact(), true, &mut out).unwrap();
    assert_eq!(out, b"a\"b\n");
}

#[test]
fn the_last_of_equal_keys_wins_at_the_first_place() {
    let value = Value::parse(b"{\"a\":1,\"b\":2,\"a\":3}").unwrap();
    assert_eq!(serialise(&value, &Style::compact()).unwrap(), b"{\"a\":3,\"b\":2}\n");
    let many: Vec<String> = (0..200).map(|n| format!("\"k{}\":{n}", n % 100)).collect();
    let value = Value::parse(format!("{{{}}}", many.join(",")).as_bytes()).unwrap();
    let length = Filter::compile("length, .k7", &Bindings::default()).unwrap();
    let mut results = Vec::new();
    length
        .run_each(value, |value| {
            results.push(value);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(results, [Value::parse(b"100").unwrap(), Value::parse(b"107").unwrap()]);
}
