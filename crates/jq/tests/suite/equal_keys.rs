//! Which keys of an object are equal, and where they stand.

use aimem_jq::{Original, find_equal_keys};

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
