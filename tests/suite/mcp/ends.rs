//! The end of a server: by its input, by a signal, by force, and by a client that reads no more.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::mcp::{Called, Mcp};
use crate::common::{TestEnv, long_tests, signal};

/// What the server promises. A machine under load may take longer, so only the long tests look.
const WITHIN: Duration = Duration::from_secs(2);

#[test]
fn at_its_end_waits_are_given_up_writes_are_finished_and_leases_released() {
    for by_signal in [false, true] {
        let env = TestEnv::new();
        env.write("held.json", "{\"n\": 1}\n");
        env.write("free.json", "{\"n\": 1}\n");
        let mut holder = env.hold("held.json");
        let mut mcp = Mcp::start(&env);
        mcp.call("lock_acquire", json!({"path": "leased"})).ok();
        let call = json!({"path": "held.json", "filter": ".n += 1"});
        let token = json!({"progressToken": "t"});
        let params = json!({"name": "memory_update", "arguments": call, "_meta": token});
        let waiting = mcp.request("tools/call", params);
        mcp.wait("a wait", |message| message["method"] == "notifications/progress");
        // It has begun: a filter of some length.
        let slow = "[range(300000)] | length as $n | {n: $n}";
        let running = mcp.begin("memory_update", json!({"path": "free.json", "filter": slow}));
        mcp.ask("ping", json!({}));
        match by_signal {
            true => signal(mcp.pid(), "TERM"),
            false => mcp.close(),
        }
        Called::of(mcp.answer(waiting)).refused("the call was ended before it changed anything");
        Called::of(mcp.answer(running)).ok();
        let (code, took) = mcp.ends();
        assert_eq!(code, 0);
        assert!(!long_tests() || took < WITHIN, "{took:?}");
        assert_eq!(env.json("free.json")["n"], 300_000);
        assert_eq!(env.json("held.json")["n"], 1);
        holder.let_go();
        holder.end().ok();
        assert_eq!(env.lock_names(), Vec::<String>::new(), "{by_signal}");
    }
}

#[test]
fn what_was_sent_before_the_end_of_the_input_is_still_answered() {
    let env = TestEnv::new();
    let mut lines = String::new();
    let client = json!({"name": "t", "version": "1"});
    let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
    lines.push_str(&format!(
        "{}\n",
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello})
    ));
    for id in 1..=50 {
        let call = json!({"name": "memory_update", "arguments": {"path": "n.json", "create": {}, "filter": ".n += 1"}});
        lines.push_str(&format!(
            "{}\n",
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call})
        ));
    }
    let mut command = env.aimem(["mcp", "--root"]);
    let mut child = command.arg(env.path("")).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<Value> =
        output.stdout.split(|&b| b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(answers.len(), 51);
    let done = answers.iter().filter(|answer| answer["result"]["isError"] == false).count();
    // Those that met another at the lock were not waited for, and say so.
    let n = env.json("n.json")["n"].as_u64().unwrap();
    assert_eq!(n, done as u64);
    assert!(n >= 1);
}

#[test]
fn a_client_that_is_gone_ends_it() {
    let env = TestEnv::new();
    let mut command = env.aimem(["mcp", "--root"]);
    let mut child = command.arg(env.path("")).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    drop(child.stdout.take());
    // The input stays open, and nobody reads the answers.
    writeln!(input, "{}", json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})).unwrap();
    assert!(child.wait().unwrap().success());
}

/// Killed at any moment, what was answered is on disk, whole, and no lock is in anybody's way.
#[test]
fn after_a_kill_all_that_was_answered_is_there() {
    let rounds = if long_tests() { 100 } else { 4 };
    for round in 0..rounds {
        let env = TestEnv::new();
        env.write("n.json", "{\"n\": 0}\n");
        let mut mcp = Mcp::start(&env);
        let count = 4 + round % 13;
        let mut ids = Vec::new();
        for number in 0..count + 30 {
            let write =
                json!({"path": format!("f{number}.md"), "content": format!("{number}\n").repeat(1000)});
            ids.push(mcp.begin("memory_update", json!({"path": "n.json", "filter": ".n += 1"})));
            ids.push(mcp.begin("memory_write", write));
        }
        let answered = mcp.answer(ids[count]);
        mcp.child.kill().unwrap();
        mcp.child.wait().unwrap();
        let mut answers = mcp.left();
        answers.push(answered);
        let mut updates = 0;
        for answer in answers.into_iter().filter(|answer| answer["id"].is_i64()) {
            let at = ids.iter().position(|&id| answer["id"] == id);
            let Some(at) = at else { continue };
            Called::of(answer).ok();
            if at % 2 == 0 {
                updates += 1;
            } else {
                let number = at / 2;
                assert_eq!(env.read(format!("f{number}.md")), format!("{number}\n").repeat(1000));
            }
        }
        assert!(env.json("n.json")["n"].as_u64().unwrap() >= updates);
        // Whole, or not at all; and free at once.
        for name in TestEnv::names_in(&env.path("")).iter().filter(|name| name.starts_with('f')) {
            assert_eq!(env.read(name).lines().count(), 1000, "{name}");
        }
        env.run(["update", "n.json", ".n = 0", "--timeout", "5s"]).ok();
    }
}

#[test]
fn a_server_that_is_killed_while_it_waits_is_in_nobodys_way() {
    let env = TestEnv::new();
    env.write("n.json", "{\"n\": 0}\n");
    let mut holder = env.hold("n.json");
    let mut mcp = Mcp::start(&env);
    let call = json!({"path": "n.json", "filter": ".n += 1"});
    let params = json!({"name": "memory_update", "arguments": call, "_meta": {"progressToken": 1}});
    mcp.request("tools/call", params);
    mcp.wait("a wait", |message| message["method"] == "notifications/progress");
    mcp.child.kill().unwrap();
    mcp.child.wait().unwrap();
    holder.let_go();
    holder.end().ok();
    env.run(["update", "n.json", ".n = 7", "--timeout", "5s"]).ok();
    assert_eq!(env.json("n.json")["n"], 7);
}
