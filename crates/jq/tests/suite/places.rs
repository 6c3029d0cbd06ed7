//! An error that a filter ends in names the place in the document, where that can be known.

use super::cases::results;

const DOCUMENT: &str = r#"{"users": [{"name": "ann", "age": 3, "tags": ["x"]}, {"name": "bob", "age": "four", "tags": {}}],
    "a": {"b": 5}, "odd key": [1, [2]]}"#;

/// The place that the error names.
fn place(filter: &str) -> Option<String> {
    let error = results(filter, DOCUMENT).1.unwrap_or_else(|| panic!("{filter} did not fail"));
    error.split_once(", at ").map(|(_, place)| place.to_owned())
}

#[test]
fn an_update_that_fails_names_its_path() {
    for (filter, wanted) in [
        (".users[].age += 1", ".users[1].age"),
        (".users[].age |= . + 1", ".users[1].age"),
        ("(.users[] | select(.name == \"bob\") | .age) += 1", ".users[1].age"),
        ("(.users[] | select(.name == \"bob\") | .age) |= . + 1", ".users[1].age"),
        (".users[] |= (.age |= . + 1)", ".users[1].age"),
        (".users[].tags |= sort", ".users[1].tags"),
        ("map_values(.x = 1)", ".users"),
        (".a.b.c = 1", ".a.b"),
        (".a[\"b\"].c.d |= 1", ".a.b"),
        (".\"odd key\"[1][0].x = 1", ".\"odd key\"[1][0]"),
        (".[\"odd key\"][0:1] = 5", ".\"odd key\"[0:1]"),
        (".users[1].age |= error(\"mine\")", ".users[1].age"),
    ] {
        assert_eq!(place(filter).as_deref(), Some(wanted), "{filter}");
    }
}

#[test]
fn the_document_is_followed_through_updates_before() {
    for (filter, wanted) in [
        (".a = 1 | .a.b = 2", ".a"),
        (".a |= 1 | .a.b |= 2", ".a"),
        ("map_values(.) | del(.x) | setpath([\"q\"]; 1) | delpaths([[\"q\"]]) | .a.b.c = 1", ".a.b"),
    ] {
        assert_eq!(place(filter).as_deref(), Some(wanted), "{filter}");
    }
}

#[test]
fn what_lies_between_two_updates_is_not_guessed() {
    // The inner path is that of an element, nobody knows which.
    assert_eq!(place(".users |= map(.age += 1)").as_deref(), Some(".users"));
    for filter in ["with_entries(.value += 1)", "to_entries | .[0].value.x = 1", ".users | map(.age += 1)"] {
        assert_eq!(place(filter), None, "{filter}");
    }
}

#[test]
fn a_path_that_is_read_names_where_it_ended() {
    for (filter, wanted) in [
        (".a.b.c", ".a.b"),
        (".a.b[]", ".a.b"),
        (".users[].tags[0]", ".users[1].tags"),
        (".users[] | .tags | .[0] | .foo", ".users[0].tags[0]"),
        (".x?.y.z, .a.b.c", ""),
        (".a?.b.c | length", ".a.b"),
        (".users.name | length", ".users"),
        (".\"odd key\" | .[1][0].x", ".\"odd key\"[1][0]"),
    ] {
        assert_eq!(place(filter).unwrap_or_default(), wanted, "{filter}");
    }
}

#[test]
fn other_errors_name_none() {
    for filter in ["error(\"mine\")", ".users + 1", "try (.users[1].age += 1) catch error(\"again\")"] {
        assert_eq!(place(filter), None, "{filter}");
    }
    // What is caught is jq's words alone.
    assert_eq!(
        results("try (.users[1].age += 1) catch .", DOCUMENT).0,
        ["\"string (\\\"four\\\") and number (1) cannot be added\""]
    );
}
