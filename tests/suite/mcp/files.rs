//! The tools for files.

use std::process::Stdio;

use serde_json::json;

use crate::common::mcp::{Called, Mcp};
use crate::common::{Ran, TestEnv, long_tests};

#[test]
fn a_file_is_written_read_updated_and_listed() {
    let env = TestEnv::new();
    let mut mcp = Mcp::start(&env);
    let made =
        mcp.call("memory_write", json!({"path": "deep/er/n.md", "content": "hi\n", "if_match": "none"})).ok();
    assert_eq!(made["changed"], true);
    assert_eq!(made["path"], env.path("deep/er/n.md").to_str().unwrap());
    // Whoever has not read it does not overwrite it.
    mcp.call("memory_write", json!({"path": "deep/er/n.md", "content": "ho\n", "if_match": "none"}))
        .refused("exists already");
    let read = mcp.call("memory_read", json!({"path": "deep/er/n.md"})).ok();
    assert_eq!((&read["content"], &read["size"], &read["etag"]), (&json!("hi\n"), &json!(3), &made["etag"]));
    let shell = env.run(["read", "deep/er/n.md", "--etag"]).ok().stdout;
    assert_eq!(made["etag"], shell.trim_end());
    let etag = read["etag"].clone();
    mcp.call("memory_write", json!({"path": "deep/er/n.md", "content": "ho\n", "if_match": etag})).ok();
    assert_eq!(env.read("deep/er/n.md"), "ho\n");

    let update = json!({"path": "s.json", "filter": ".s += [$new]", "create": {"s": []}, "args": {"new": {"id": "é\"\n"}}});
    mcp.call("memory_update", update).ok();
    let filtered = mcp.call("memory_read", json!({"path": "s.json", "filter": ".s[] | .id"})).ok();
    assert_eq!(filtered["content"], "\"é\\\"\\n\"\n");
    mcp.call("memory_write", json!({"path": "t.json", "content": "{"})).refused("is not valid JSON");
    let commented = json!({"path": "t", "content": "{\n  // why\n  \"n\": 1,\n}\n", "format": "jsonc"});
    mcp.call("memory_write", commented).ok();
    let update =
        json!({"path": "t", "filter": ".n += 1", "format": "jsonc", "returns": ".n, $x", "args": {"x": "é"}});
    assert_eq!(mcp.call("memory_update", update).ok()["returned"], json!([2, "é"]));
    assert_eq!(env.read("t"), "{\n  // why\n  \"n\": 2,\n}\n");
    std::fs::remove_file(env.path("t")).unwrap();
    mcp.call("memory_write", json!({"path": "t.md", "content": ""})).refused("the content is empty");

    env.write(".hidden", "");
    let list = mcp.call("memory_list", json!({})).ok();
    let names: Vec<&str> =
        list["files"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["deep/er/n.md", "s.json"]);
    let list = mcp.call("memory_list", json!({"prefix": "deep/"})).ok();
    assert_eq!((&list["count"], &list["complete"]), (&json!(1), &json!(true)));
    let list = mcp.call("memory_list", json!({"limit": 1})).ok();
    assert_eq!((&list["count"], &list["complete"]), (&json!(2), &json!(false)));
}

#[test]
fn a_text_is_edited_in_one_place_and_lines_are_added() {
    let env = TestEnv::new();
    env.write("n.md", "one two two\n");
    let mut mcp = Mcp::start(&env);
    let edit = |old: &str, all: bool| json!({"path": "n.md", "old": old, "new": "2", "all": all});
    mcp.call("memory_edit", edit("two", false)).refused("n.md");
    mcp.call("memory_edit", edit("three", false)).refused("n.md");
    assert_eq!(env.read("n.md"), "one two two\n");
    mcp.call("memory_edit", edit("two", true)).ok();
    assert_eq!(env.read("n.md"), "one 2 2\n");
    let added = mcp.call("memory_append", json!({"path": "n.md", "content": "three\nfour"})).ok();
    assert_eq!((&added["lines"], &added["size"]), (&json!(2), &json!(19)));
    assert_eq!(env.read("n.md"), "one 2 2\nthree\nfour\n");
    mcp.call("memory_append", json!({"path": "new/log.jsonl", "content": "{\"n\": 1}"})).ok();
    mcp.call("memory_append", json!({"path": "new/log.jsonl", "content": "{"})).refused("log.jsonl");
    assert_eq!(env.read("new/log.jsonl"), "{\"n\": 1}\n");
}

#[test]
fn what_a_file_was_is_known_and_can_be_put_back() {
    let env = TestEnv::new();
    let mut mcp = Mcp::start(&env);
    for content in ["one\n", "two\n", "three\n"] {
        mcp.call("memory_write", json!({"path": "n.md", "content": content})).ok();
    }
    let known = mcp.call("memory_history", json!({"path": "n.md", "limit": 2})).ok();
    let shell: serde_json::Value =
        serde_json::from_str(&env.run(["history", "n.md", "--json"]).ok().stdout).unwrap();
    assert_eq!(known["versions"].as_array().unwrap()[..], shell["versions"].as_array().unwrap()[..2]);
    assert_eq!(known["versions"][0]["who"], "test", "{known}");
    let undone = mcp.call("memory_undo", json!({"path": "n.md"}));
    assert_eq!(env.read("n.md"), "two\n", "{}", undone.text);
    mcp.call("memory_undo", json!({"path": "n.md", "client": "another"})).refused("another");
    env.run(["undo", "n.md"]).ok();
    assert_eq!(env.read("n.md"), "three\n");
    assert_eq!(mcp.call("memory_history", json!({"path": "new.md"})).ok()["count"], 0);
}

#[test]
fn what_is_too_long_or_no_text_is_refused_in_words() {
    let env = TestEnv::new();
    env.write("big.json", format!("[{}1]", "1,".repeat(1 << 20)));
    env.write("bytes", b"\xff\xfe");
    std::fs::create_dir(env.path("folder")).unwrap();
    let mut mcp = Mcp::start(&env);
    mcp.call("memory_read", json!({"path": "big.json"})).refused("read a part of it with a filter");
    mcp.call("memory_read", json!({"path": "big.json", "filter": ".[]"})).refused("too long for one answer");
    assert_eq!(
        mcp.call("memory_read", json!({"path": "big.json", "filter": "length"})).ok()["content"],
        "1048577\n"
    );
    mcp.call("memory_read", json!({"path": "bytes"})).refused("it is not UTF-8");
    mcp.call("memory_read", json!({"path": "folder"})).refused("is a directory");
}

/// Two servers, three shells and the leases of a third party change one file at once.
#[test]
fn no_update_is_lost_between_servers_shells_and_leases() {
    let each = if long_tests() { 100 } else { 12 };
    let env = TestEnv::new();
    env.write("n.json", "{\"n\": 0, \"who\": []}\n");
    let mut servers = [Mcp::start(&env), Mcp::start(&env)];
    let loop_of = |body: &str| {
        let script = format!("i=0; while [ $i -lt {each} ]; do {body} || exit 1; i=$((i+1)); done");
        env.sh(&script).stdin(Stdio::null()).spawn().unwrap()
    };
    let mut shells: Vec<_> =
        (0..3).map(|_| loop_of("\"$AIMEM\" update n.json '.n += 1' --timeout 60s")).collect();
    // As a hook does: a lease, a change by a tool of the agent's own, and the lease back.
    shells.push(loop_of(
        "id=$(\"$AIMEM\" lock acquire n.json --ttl 1m --client hook:1 --timeout 60s) && \
         n=$(\"$AIMEM\" read n.json '.n + 1' --lock \"$id\") && \
         \"$AIMEM\" update n.json --argjson n \"$n\" '.n = $n' --lock \"$id\" && \"$AIMEM\" lock release \"$id\"",
    ));
    let call = json!({"path": "n.json", "filter": ".n += 1", "timeout": "60s"});
    let ids: Vec<Vec<i64>> = servers
        .iter_mut()
        .map(|server| (0..each).map(|_| server.begin("memory_update", call.clone())).collect())
        .collect();
    for (server, ids) in servers.iter_mut().zip(ids) {
        for id in ids {
            Called::of(server.answer(id)).ok();
        }
    }
    for shell in shells {
        Ran::of(shell.wait_with_output().unwrap()).ok();
    }
    assert_eq!(env.json("n.json")["n"], 6 * each);
}

/// The resident memory of a process in KiB.
#[cfg(target_os = "linux")]
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_calls() {
    let (warm, most) = if long_tests() { (500, 50_000) } else { (200, 1000) };
    let env = TestEnv::new();
    env.write("n.json", "{\"n\": 0}\n");
    let mut mcp = Mcp::start(&env);
    let mut at = [0, 0];
    for number in 0..most {
        match number % 4 {
            0 => mcp.call("memory_update", json!({"path": "n.json", "filter": ".n += 1"})),
            1 => mcp.call("memory_read", json!({"path": "n.json", "filter": ".n"})),
            2 => mcp.call("memory_list", json!({})),
            _ => mcp.call("locks_show", json!({})),
        }
        .ok();
        if number == warm {
            at[0] = resident(mcp.pid());
        }
    }
    at[1] = resident(mcp.pid());
    println!("after {warm} calls {} KiB, after {most} calls {} KiB", at[0], at[1]);
    assert!(at[1] < at[0] + 4096, "{at:?} KiB");
}
