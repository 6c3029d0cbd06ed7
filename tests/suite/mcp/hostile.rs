//! Input that is meant to do harm, or that nobody has thought about.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::mcp::Mcp;
use crate::common::{Killed, TestEnv, long_tests};

#[track_caller]
fn refused(mcp: &mut Mcp, code: i64, id: Value, words: &str) {
    let answer = mcp.wait("a refusal", |message| message.get("error").is_some());
    assert_eq!(answer["error"]["code"], code, "{answer}");
    assert_eq!(answer.get("id").cloned().unwrap_or_default(), id, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{answer}");
    // And it lives.
    assert_eq!(mcp.ask("ping", json!({}))["result"], json!({}));
}

#[test]
fn lines_that_are_too_long_too_deep_or_no_text_are_answered() {
    let env = TestEnv::new();
    let mut mcp = Mcp::start(&env);
    let length = if long_tests() { 100 << 20 } else { (16 << 20) + 1 };
    let long = format!(
        r#"{{"method":"tools/call","params":{{"x":"{}"}},"jsonrpc":"2.0","id":77}}"#,
        "y".repeat(length)
    );
    mcp.send_bytes(long.as_bytes());
    mcp.send_bytes(b"\n");
    refused(&mut mcp, -32600, json!(77), "is longer than 16777216 bytes");
    for deep in ["[", "{\"a\":"] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":"d","method":"ping","params":{}"#, deep.repeat(1 << 20));
        mcp.send_bytes(line.as_bytes());
        mcp.send_bytes(b"\n");
        refused(&mut mcp, -32600, json!("d"), "nested too deeply");
    }
    mcp.send_bytes(b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"\xc3\x28\"}\n");
    refused(&mut mcp, -32700, json!(5), "not UTF-8");
    mcp.send_bytes(b"\0\0\0\n");
    refused(&mut mcp, -32700, Value::Null, "not JSON");
    mcp.send_bytes(b"GET / HTTP/1.1\n");
    refused(&mut mcp, -32700, Value::Null, "not JSON");
    mcp.send_bytes(b"\n\r\n   \n");
    assert_eq!(mcp.ask("ping", json!({}))["result"], json!({}));
    // Half a line is no message.
    mcp.send_bytes(b"{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"ping\"}");
    mcp.close();
    assert_eq!(mcp.ends().0, 0);
    assert!(mcp.left().is_empty());
}

#[test]
fn ids_of_every_kind_come_back_or_are_refused() {
    let env = TestEnv::new();
    let mut mcp = Mcp::start(&env);
    let long = "x".repeat(1 << 20);
    for id in [json!(0), json!(-1), json!(i64::MAX), json!(""), json!("a\n\u{0}"), json!(long), json!("1")] {
        mcp.send(&json!({"jsonrpc": "2.0", "id": id, "method": "ping"}));
        let answer = mcp.wait("an answer", |message| message["id"] == id);
        assert_eq!(answer["result"], json!({}));
    }
    for id in [json!(1.5), json!(u64::MAX), json!(null), json!(true), json!([1]), json!({"id": 1})] {
        mcp.send(&json!({"jsonrpc": "2.0", "id": id, "method": "ping"}));
        refused(&mut mcp, -32600, Value::Null, "an id is a text or a whole number");
    }
}

#[test]
fn before_the_handshake_anything_may_come() {
    let env = TestEnv::new();
    let mut mcp = Mcp::raw(env.aimem(["mcp", "--root"]).arg(env.path("")));
    mcp.notify("notifications/initialized", json!({}));
    mcp.notify("$/cancelRequest", json!({"id": 1}));
    mcp.send(&json!({"jsonrpc": "2.0", "id": 9, "result": {}}));
    assert_eq!(mcp.ask("ping", json!({}))["result"], json!({}));
    assert_eq!(mcp.ask("tools/list", json!({}))["error"]["code"], -32602);
    mcp.send(&json!({"jsonrpc": "2.0", "id": 10, "method": "initialize", "params": 5}));
    assert_eq!(mcp.answer(10)["error"]["code"], -32602);
    mcp.initialize("2025-06-18");
    mcp.call("memory_list", json!({})).ok();
}

#[test]
fn requests_whose_answers_nobody_reads_are_all_answered_in_the_end() {
    let env = TestEnv::new();
    env.write("a.md", "x".repeat(100));
    let many = 10_000;
    let mut command = env.aimem(["mcp", "--root"]);
    let mut child = Killed(command.arg(env.path("")).stdin(Stdio::piped()).spawn().unwrap());
    let mut input = child.0.stdin.take().unwrap();
    let client = json!({"name": "t", "version": "1"});
    let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
    writeln!(input, "{}", json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}))
        .unwrap();
    let call = json!({"name": "memory_read", "arguments": {"path": "a.md"}});
    for id in 1..=many {
        writeln!(input, "{}", json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call}))
            .unwrap();
    }
    let mut seen = vec![false; many + 1];
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    for _ in 0..=many {
        let answer: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        seen[answer["id"].as_u64().unwrap() as usize] = true;
    }
    assert!(seen.into_iter().all(|seen| seen));
    drop(input);
    assert!(child.0.wait().unwrap().success());
}
