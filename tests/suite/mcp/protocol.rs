//! The protocol: both eras, the list, errors, cancellation, progress, many calls at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::TestEnv;
use crate::common::mcp::{Called, Mcp};

/// What a request of the newer era says of itself.
fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

#[test]
fn every_version_is_answered_and_an_unknown_one_too() {
    let env = TestEnv::new();
    for (asked, answered) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let mut mcp = Mcp::raw(env.aimem(["mcp", "--root"]).arg(env.path("")));
        let said = mcp.initialize(asked);
        assert_eq!(said["protocolVersion"], answered);
        assert_eq!(said["serverInfo"]["name"], "aimem");
        assert_eq!(said["capabilities"], json!({"resources": {"subscribe": true}, "tools": {}}));
        assert_eq!(mcp.ask("ping", json!({}))["result"], json!({}));
    }
}

#[test]
fn the_newer_era_needs_no_handshake() {
    let env = TestEnv::new();
    env.write("a.md", "hello\n");
    let mut mcp = Mcp::raw(env.aimem(["mcp", "--root"]).arg(env.path("")));
    let found = mcp.ask("server/discover", json!({"_meta": meta()}));
    assert!(
        found["result"]["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")),
        "{found}"
    );
    let arguments = json!({"path": "a.md"});
    let call = json!({"name": "memory_read", "arguments": arguments, "_meta": meta()});
    let answer = mcp.ask("tools/call", call);
    assert_eq!(Called::of(answer).ok()["content"], "hello\n");
    // Without what the era asks for there is an answer all the same.
    let bare = mcp.ask("tools/list", json!({}));
    assert_eq!(bare["error"]["code"], -32602, "{bare}");
}

#[test]
fn the_list_describes_every_tool_and_the_manual_page_names_it() {
    let env = TestEnv::new();
    let mut mcp = Mcp::start(&env);
    let list = mcp.ask("tools/list", json!({}));
    let tools = list["result"]["tools"].as_array().unwrap();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/mcp.md")).unwrap();
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        assert!(page.contains(&format!("`{name}")), "docs/mcp.md does not know {name}");
        for hint in ["title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(!tool["annotations"][hint].is_null(), "{name} {hint}");
        }
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{name} {schema}");
            let text = tool[schema].to_string();
            assert!(!text.contains("\"format\":\""), "{name} {schema}: {text}");
        }
        assert!(tool["description"].as_str().unwrap().len() > 40, "{name}");
    }
    let names: BTreeSet<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), tools.len());
    let mut writing = BTreeSet::from([
        "memory_update",
        "memory_write",
        "memory_edit",
        "memory_append",
        "lock_acquire",
        "lock_renew",
        "lock_release",
    ]);
    assert!(writing.is_subset(&names));
    // A server that only reads has those that change nothing.
    let mut mcp = Mcp::with(env.aimem(["mcp", "--read-only", "--root"]).arg(env.path("")));
    let list = mcp.ask("tools/list", json!({}));
    writing.retain(|name| list["result"]["tools"].to_string().contains(&format!("\"{name}\"")));
    assert!(writing.is_empty(), "{writing:?}");
    let refused = mcp.ask("tools/call", json!({"name": "memory_write", "arguments": {}}));
    assert_eq!(refused["error"]["message"], "memory_write changes files, and this server only reads");
}

#[test]
fn what_is_asked_wrongly_is_answered_in_words() {
    let env = TestEnv::new();
    env.write("a.json", "{");
    let mut mcp = Mcp::start(&env);
    let unknown = mcp.ask("tools/call", json!({"name": "no\nsuch"}));
    assert_eq!(unknown["error"]["code"], -32602);
    assert_eq!(unknown["error"]["message"], "no\\nsuch is no tool of this server");
    assert_eq!(mcp.ask("no/such", json!({}))["error"]["code"], -32601);
    assert_eq!(mcp.ask("prompts/list", json!({}))["result"]["prompts"], json!([]));
    for (arguments, wanted) in [
        (json!({}), "missing field `path`"),
        (json!({"path": 5}), "invalid type: integer `5`, expected a string"),
        (json!({"path": "a.json", "fliter": "."}), "unknown field `fliter`"),
        (json!({"path": "b.json"}), "b.json does not exist\nsee what there is with memory_list"),
        (json!({"path": "a.json", "filter": "."}), "is not valid JSON"),
    ] {
        mcp.call("memory_read", arguments).refused(wanted);
    }
    mcp.call("memory_read", json!({"path": "a.json"})).ok();
    mcp.call("memory_update", json!({"path": "n.json", "create": {}, "filter": ".a ="})).refused("^");
    mcp.call("memory_update", json!({"path": "n.json", "create": {}, "filter": ".", "timeout": "soon"}))
        .refused("timeout: soon: ");
    assert!(!env.path("n.json").exists());
}

#[test]
fn a_wait_for_a_lock_is_told_and_can_be_cancelled() {
    let env = TestEnv::new();
    env.write("a.json", "{\"n\": 1}\n");
    let mut holder = env.hold("a.json");
    let mut mcp = Mcp::start(&env);
    let arguments = json!({"path": "a.json", "filter": ".n += 1"});
    let wait = |mcp: &mut Mcp, token: &str| {
        let call =
            json!({"name": "memory_update", "arguments": arguments, "_meta": {"progressToken": token}});
        let id = mcp.request("tools/call", call);
        let told = mcp.wait("progress", |message| message["params"]["progressToken"] == token);
        let told = &told["params"];
        assert!(told["message"].as_str().unwrap().contains("a.json held by pid"), "{told}");
        assert!(told["progress"].as_f64().unwrap() < told["total"].as_f64().unwrap(), "{told}");
        id
    };
    let cancelled = wait(&mut mcp, "one");
    mcp.notify("notifications/cancelled", json!({"requestId": cancelled, "reason": "changed my mind"}));
    let second = wait(&mut mcp, "two");
    assert_eq!(mcp.ask("ping", json!({}))["result"], json!({}));
    holder.let_go();
    Called::of(mcp.answer(second)).ok();
    // The one that was cancelled has neither changed anything nor been answered.
    assert_eq!(env.json("a.json")["n"], 2);
    assert!(mcp.left().iter().all(|message| message["id"] != cancelled));
    mcp.call("memory_update", arguments).ok();
    assert_eq!(env.json("a.json")["n"], 3);
}

#[test]
fn twenty_calls_at_once_are_all_done() {
    let env = TestEnv::new();
    env.write("a.json", "{\"n\": 0}\n");
    let mut mcp = Mcp::start(&env);
    let ids: Vec<i64> =
        (0..20).map(|_| mcp.begin("memory_update", json!({"path": "a.json", "filter": ".n += 1"}))).collect();
    for id in ids.into_iter().rev() {
        Called::of(mcp.answer(id)).ok();
    }
    assert_eq!(env.json("a.json")["n"], 20);
}

#[test]
fn nothing_but_the_protocol_is_on_standard_output() {
    let env = TestEnv::new();
    // The client of these tests fails at any other line.
    let mut command = env.aimem(["mcp", "--root"]);
    command.arg(env.path("")).env("LOCK_DEBUG", "1").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
    let mut mcp = Mcp::with(&mut command);
    let create = json!({"path": "a.json", "create": {}, "filter": ".n = 1 | debug | stderr"});
    mcp.call("memory_update", create).ok();
    mcp.call(
        "memory_read",
        json!({"path": "a.json", "filter": "debug(\"x\"), input_line_number, $ENV, env"}),
    )
    .ok();
    mcp.close();
    assert_eq!(mcp.ends().0, 0);
    assert_eq!(mcp.left(), Vec::<Value>::new());
}
