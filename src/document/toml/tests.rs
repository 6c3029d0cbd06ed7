//! What an update leaves of a document.

use aimem_jq::{Bindings, Filter, Value};

use super::{Original, parse, same};

/// What becomes of a document. The new text must be read as the new value.
fn update(text: &str, filter: &str) -> String {
    let (original, input) = Original::read(text.as_bytes()).unwrap();
    let new = Filter::compile(filter, &Bindings::default()).unwrap().run_one(input).unwrap();
    let bytes = original.replaced_by(&new).unwrap_or_else(|why| panic!("{filter}: {why}"));
    let made = String::from_utf8(bytes).unwrap();
    let again =
        parse(made.as_bytes()).unwrap_or_else(|why| panic!("{why}: {filter} made\n{made}\nof\n{text}"));
    assert!(same(&again, &new), "{filter} made\n{made}\nof\n{text}\nwhich is {again}\nnot {new}");
    made
}

fn refused(text: &str, filter: &str) -> String {
    let (original, input) = Original::read(text.as_bytes()).unwrap();
    let new = Filter::compile(filter, &Bindings::default()).unwrap().run_one(input).unwrap();
    original.replaced_by(&new).unwrap_err().to_string()
}

#[test]
fn the_table_of_bytes_is_what_updates_give() {
    let table = include_str!("../../../tests/data/toml-updates.txt");
    let real = |text: &str| text.replace('␍', "\r").replace("␄\n", "").replace('→', "\t");
    let cases: Vec<&str> = table.split("=== ").skip(1).collect();
    assert!(cases.len() > 50, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let (title, case) = case.split_once('\n').unwrap();
        let (before, case) = case.split_once("--- ").unwrap();
        let (filter, after) = case.split_once('\n').unwrap();
        let found = update(&real(before), filter);
        if found != real(after) {
            wrong.push(format!("{title}\n--- {filter}\n{found}"));
        }
        assert_eq!(update(&found, "."), found, "{title}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_toml_cannot_hold_is_refused_with_its_path() {
    assert_eq!(
        refused("[a]\nb = [1]\n", ".a.b[1] = null"),
        "TOML has no null, and the result has one at .a.b[1]; leave the key out, or delete it"
    );
    assert_eq!(refused("a = 1", "[.]"), "a TOML document is a table, and the result is of the type array");
    assert_eq!(
        refused("a = 1", ".a = 18446744073709551617"),
        "TOML has no number as large or as exact as 18446744073709551617, which the result has at .a"
    );
    assert!(refused("a = 1", ".a = 1e400").contains("1e400"));
}

#[test]
fn a_filter_sees_plain_data() {
    let text = "\u{feff}a.b = 0x1F\r\nt = 1979-05-27T07:32:00Z\r\nd = 07:32:00\r\nf = +1_000.50\r\ni = -inf\r\n[[x]]\r\ny = 'z'\r\n[x.q]\r\n";
    let value = parse(text.as_bytes()).unwrap();
    let filter = Filter::compile(". | tojson", &Bindings::default()).unwrap();
    assert_eq!(
        filter.run_one(value).unwrap().as_str().unwrap(),
        r#"{"a":{"b":31},"t":"1979-05-27T07:32:00Z","d":"07:32:00","f":1000.50,"i":-1.7976931348623157e+308,"x":[{"y":"z","q":{}}]}"#
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases = [
        ("a = 1\na = 2\n", "line 2, column 1: duplicate key"),
        ("a = 'é' 2", "line 1, column 9: unexpected key or value, expected newline, `#`"),
        ("[a", "line 1, column 3: unclosed table, expected `]`"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected);
    }
    assert_eq!(parse(b"a = '\xff'").unwrap_err().to_string(), "line 1, column 6: not UTF-8");
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(parse(deep.as_bytes()).is_err());
}

#[test]
fn a_date_stays_a_date_wherever_it_goes() {
    let text = "d = 1979-05-27\ns = \"1979-05-27\"\nl = [2000-01-01, 1999-12-31]\n";
    assert_eq!(update(text, ".copy = .d"), format!("{text}copy = 1979-05-27\n"));
    assert_eq!(update(text, ".copy = .s"), format!("{text}copy = \"1979-05-27\"\n"));
    assert_eq!(update(text, ".s = .d"), text.replace('"', ""));
    assert_eq!(
        update(text, ".l |= sort"),
        text.replace("[2000-01-01, 1999-12-31]", "[1999-12-31, 2000-01-01]")
    );
    assert_eq!(update(text, ".d = \"2024-02-29\""), text.replacen("1979-05-27", "2024-02-29", 1));
    assert_eq!(update(text, ".d |= sub(\"1979\"; \"1980\")"), text.replacen("1979", "1980", 1));
    assert_eq!(update(text, ".d = \"soon\""), text.replacen("1979-05-27", "\"soon\"", 1));
    let equal = Filter::compile(
        ".d == .s and .d == \"1979-05-27\" and ({(.d): 1} | .[\"1979-05-27\"] == 1)",
        &Bindings::default(),
    );
    assert!(equal.unwrap().run_one(parse(text.as_bytes()).unwrap()).unwrap().is_truthy());
}

#[test]
fn the_same_data_is_told_from_other_data() {
    let value = |text: &str| Value::parse(text.as_bytes()).unwrap();
    assert!(same(&value(r#"{"a":1,"b":[1.0]}"#), &value(r#"{"b":[1],"a":1}"#)));
    assert!(!same(&value(r#"{"a":1}"#), &value(r#"{"a":"1"}"#)));
    assert!(!same(&value("[1,2]"), &value("[2,1]")));
    assert!(!same(&value("9007199254740993"), &value("9007199254740992")));
}
