//! `--schema`, and the schemas that are shipped.

use std::cell::Cell;
use std::path::Path;

use aimem::document::Format;
use aimem::document::schema::{SchemaError, check};
use serde_json::{Value, json};

use crate::common::{Ran, TestEnv};

fn shipped(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/schemas");
    std::fs::read(path.join(format!("{name}.schema.json"))).unwrap()
}

/// The rules that a document breaks, with the places.
fn broken(schema: &[u8], document: &Value) -> Vec<(String, String)> {
    match check(schema, Format::Json, document.to_string().as_bytes()) {
        Ok(()) => Vec::new(),
        Err(SchemaError::Violated { violations, .. }) => {
            violations.into_iter().map(|one| (one.pointer, one.rule)).collect()
        }
        Err(error) => panic!("{error}"),
    }
}

fn good(name: &str) -> Value {
    let own = json!({"$schema": "x", "_version": {"a": 1}, "_conflicts": [{"path": "/a", "base": 1, "ours": 2, "theirs": 3, "versions": {}}]});
    let more = match name {
        "sessions" => json!({"project": "p", "sessions": [{
            "id": "session-20260102-101500", "date": "2026-01-02T10:15:00Z", "summary": "s", "client": "cursor",
            "duration_estimate": "1h", "files_modified": ["a"], "decisions_made": [{"decision": "d", "rationale": "r"}],
            "follow_up": ["f"], "tags": ["t"], "context_for_next_session": "c"}]}),
        "decisions" => json!({"project": "p", "decisions": [{
            "id": "ADR-001", "date": "2026-01-02", "title": "t", "decision": "d", "status": "accepted", "context": "c",
            "rationale": "r", "alternatives_considered": ["a"], "consequences": ["c"], "superseded_by": "ADR-1002",
            "related_sessions": ["session-20260102-101500"], "tags": ["t"]}]}),
        "context" => json!({"project": "p", "created": "2026-01-02", "description": "d", "repository": "r",
            "tech_stack": {"languages": ["rust"], "frameworks": [], "databases": [], "infrastructure": []},
            "architecture": {"pattern": "p", "key_directories": {"src": "all"}}, "current_focus": "f",
            "active_branches": ["main"], "known_issues": ["i"], "team_conventions": {"x": [1]}}),
        _ => json!({"coding_preferences": {"x": 1}, "tool_preferences": {},
            "learned_preferences": [{"id": "1", "preference": "p", "learned": "2026-01-02", "source": "s"}]}),
    };
    let mut all = own.as_object().unwrap().clone();
    all.extend(more.as_object().unwrap().clone());
    Value::Object(all)
}

/// Every rule of every shipped schema is broken once, by itself, by a document made from a good one.
#[test]
fn every_rule_of_every_shipped_schema_is_kept() {
    let count = Cell::new(0);
    for name in ["sessions", "decisions", "context", "preferences"] {
        let (schema, good) = (shipped(name), good(name));
        assert_eq!(broken(&schema, &good), [], "{name}");
        let rules: Value = serde_json::from_slice(&schema).unwrap();
        breach(&rules, "", &good, "", &schema, &count);
    }
    assert!(count.get() > 150, "this test no longer breaks the rules: {}", count.get());
}

/// Breaks each rule of a part of a schema, which stands at `place` in the document.
fn breach(rules: &Value, rule: &str, good: &Value, place: &str, schema: &[u8], count: &Cell<usize>) {
    let refuse = |bad: Value, place: &str, keyword: &str| {
        let mut document = good.clone();
        match place {
            "" => document = bad,
            place => *document.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = bad,
        }
        let wanted = format!("{rule}/{keyword}");
        let found = broken(schema, &document);
        assert!(
            found.iter().any(|(at, rule)| at == place && *rule == wanted),
            "{wanted} at {place}: {found:?}"
        );
        count.set(count.get() + 1);
    };
    let here = if place.is_empty() { Some(good) } else { good.pointer(place) };
    let Some(here) = here.cloned() else { panic!("the good document has nothing at {place}") };
    for (keyword, value) in rules.as_object().unwrap() {
        match keyword.as_str() {
            "type" => refuse(if value == "string" { json!(1) } else { json!("x") }, place, keyword),
            "enum" => refuse(json!("other than these"), place, keyword),
            "pattern" => refuse(json!("-"), place, keyword),
            "minLength" => refuse(json!(""), place, keyword),
            "minimum" => refuse(json!(-1), place, keyword),
            "additionalProperties" if value == false => {
                let mut more = here.clone();
                more["foreign"] = json!(1);
                refuse(more, place, keyword);
            }
            "additionalProperties" => {
                for key in here.as_object().unwrap().keys() {
                    let (rule, place) = (format!("{rule}/{keyword}"), format!("{place}/{key}"));
                    breach(value, &rule, good, &place, schema, count);
                }
                continue;
            }
            "required" => {
                for key in value.as_array().unwrap() {
                    let mut less = here.clone();
                    less.as_object_mut().unwrap().remove(key.as_str().unwrap()).unwrap();
                    refuse(less, place, keyword);
                }
            }
            "properties" => {
                for (key, inner) in value.as_object().unwrap() {
                    let escaped = key.replace('~', "~0").replace('/', "~1");
                    let (rule, place) = (format!("{rule}/{keyword}/{escaped}"), format!("{place}/{escaped}"));
                    breach(inner, &rule, good, &place, schema, count);
                }
            }
            "items" => {
                if here.as_array().is_some_and(|all| !all.is_empty()) {
                    breach(value, &format!("{rule}/{keyword}"), good, &format!("{place}/0"), schema, count);
                }
            }
            "$schema" | "title" | "description" => {}
            other => panic!("{other} is not broken by this test"),
        }
    }
}

#[test]
fn what_breaks_its_schema_is_refused_with_every_place_and_rule() {
    let env = TestEnv::new();
    env.run(["init", "shop"]).ok();
    let file = env.home().join("aiconfig/memory/projects/shop/sessions.json");
    let file = file.to_str().unwrap();
    let before = std::fs::read_to_string(file).unwrap();
    let bad = ".sessions += [{\"id\": \"1\", \"date\": \"2026-01-02\", \"extra\": 1}]";
    let ran = env.run(["update", file, bad, "--schema", "auto"]).expect(65);
    let said = &ran.stderr;
    assert!(said.contains("3 rules of the schema are broken"), "{said}");
    for part in [
        "/sessions/0/id: \"1\"",
        "/sessions/0: {",
        "(rule /properties/sessions/items/properties/id/pattern)",
        "(rule /properties/sessions/items/required)",
        "(rule /properties/sessions/items/additionalProperties)",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let mut command = env.aimem(["update", file, bad]);
    Ran::of(command.env("AIMEM_SCHEMA", "auto").output().unwrap()).expect(65);
    let mut command =
        env.aimem(["write", file, "--content", "{\"$schema\": \"../../schemas/sessions.schema.json\"}"]);
    Ran::of(command.env("AIMEM_SCHEMA", "auto").output().unwrap()).expect(65);
    assert_eq!(std::fs::read_to_string(file).unwrap(), before, "the file stays");
    env.run([
        "update",
        file,
        ".sessions += [{\"id\": \"session-20260102-101500\", \"date\": \"2026-01-02\", \"summary\": \"s\"}]",
        "--schema",
        "auto",
    ])
    .ok();
    // Without the flag nobody asks.
    env.run(["update", file, ".x = 1"]).ok();
    env.write("t.toml", "a = 1\n");
    env.write("s.json", "{\"properties\": {\"a\": {\"type\": \"integer\"}}}");
    env.run(["update", "t.toml", ".a = 2", "--schema", "s.json"]).ok();
    let ran = env.run(["update", "t.toml", ".a = \"x\"", "--schema", "s.json"]).expect(65);
    assert!(
        ran.stderr.contains("/a: \"x\"") && ran.stderr.contains("1 rule of the schema is broken"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_schema_is_never_fetched_and_what_is_none_is_named() {
    let env = TestEnv::new();
    env.write("f.json", "{\"$schema\": \"https://example.invalid/s.json\"}");
    let update = |schema: &str| env.run(["update", "f.json", ".a = 1", "--schema", schema]);
    // A remote one of the document's own is not asked for.
    update("auto").ok();
    for (schema, says) in [
        (
            "{\"$ref\": \"https://example.invalid/other.json\"}",
            "refers to https://example.invalid/other.json",
        ),
        ("{\"properties\": {\"a\": {\"$ref\": \"file:///etc/passwd\"}}}", "refers to file:///etc/passwd"),
        ("{\"type\": 1}", "the schema cannot be used"),
        ("{\"type\": ", "the schema is not valid JSON"),
        ("{\"properties\": {\"a\": {\"pattern\": \"(\"}}}", "the schema cannot be used"),
    ] {
        env.write("s.json", schema);
        let ran = update("s.json").expect(65);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("s.json"), "{}", ran.stderr);
    }
    assert!(update("missing.json").expect(65).stderr.contains("the schema does not exist"));
    env.write("f.json", "{\"$schema\": \"gone.json\"}");
    assert!(update("auto").expect(65).stderr.contains("the schema does not exist"));
    // What refers to itself, and a document that is deeper than the stack of any validator.
    env.write("s.json", "{\"additionalProperties\": {\"$ref\": \"#\"}, \"items\": {\"$ref\": \"#\"}}");
    env.write("f.json", format!("{{\"d\": {}{}}}", "[".repeat(9_000), "]".repeat(9_000)));
    assert!(update("s.json").expect(65).stderr.contains("too deep for a schema"));
    env.write("f.json", format!("{{\"d\": {}1e400{}}}", "[".repeat(100), "]".repeat(100)));
    update("s.json").ok();
    env.write("l.jsonl", "{}\n");
    env.run(["update", "l.jsonl", ".", "--schema", "s.json"]).expect(2);
}
