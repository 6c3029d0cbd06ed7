//! Parts of a value, and values made of the parts of others.

use aimem_jq::{Original, Value};

fn value(text: &str) -> Value {
    Value::parse(text.as_bytes()).unwrap()
}

#[test]
fn parts_are_what_was_read() {
    let document = value("{\"a\": [1, \"x\"], \"a key that is longer than others\": null}");
    let keys: Vec<&str> = document.entries().unwrap().map(|(key, _)| key).collect();
    assert_eq!(keys, ["a", "a key that is longer than others"]);
    assert_eq!(document.get("a key that is longer than others"), Some(&Value::null()));
    assert_eq!(document.get("b"), None);
    assert_eq!(document.get("a").unwrap().elements().unwrap().len(), 2);
    assert!(document.elements().is_none() && value("1").entries().is_none());
}

#[test]
fn whole_numbers_are_told_from_others() {
    for (text, wanted) in [
        ("0", Some(0)),
        ("9007199254740991", Some(9_007_199_254_740_991)),
        ("1.0", Some(1)),
        ("1e2", Some(100)),
        ("9007199254740993", None),
        ("-1", None),
        ("1.5", None),
        ("\"1\"", None),
        ("null", None),
    ] {
        assert_eq!(value(text).whole(), wanted, "{text}");
    }
    assert!(value("1.50").is_spelled_as(&value("1.50")) && !value("1.50").is_spelled_as(&value("1.5")));
    assert_eq!(
        (value("1.50").spelling_text().as_str(), value("\"1\"").spelling_text().as_str()),
        ("1.50", "")
    );
}

/// What is made from a part of a document is written where that stood, and as it stood.
#[test]
fn what_is_made_from_a_part_keeps_what_stands_around_it() {
    let text = "{ \"a\": [ 1.50,  {\"x\":1} ] }\n";
    let (original, document) = Original::read(text.as_bytes()).unwrap();
    let list = document.get("a").unwrap();
    let elements = list.elements().unwrap();
    let element = elements[1].with_entries([("x", value("2")), ("y", value("3"))]);
    let list = list.with_elements(vec![elements[0].clone(), element]);
    let new = original.replaced_by(&document.with_entries([("a", list)])).unwrap();
    assert_eq!(String::from_utf8(new).unwrap(), "{ \"a\": [ 1.50,  {\"x\":2, \"y\":3} ] }\n");
    // Of another kind: made from nothing.
    let odd = document.with_elements(vec![value("1")]);
    assert_eq!(Value::parse(&original.replaced_by(&odd).unwrap()).unwrap(), value("[1]"));
}
