//! The tools of the Python server that came before, against servers of every kind.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::http::{Reply, Server, status};
use crate::common::long_tests;
use crate::common::mcp::Mcp;
use crate::common::queue::Outbox;

fn start(outbox: &Outbox, more: &[(&str, &str)]) -> Mcp {
    let mut mcp = outbox.env.aimem(["mcp", "--root"]);
    mcp.arg(outbox.env.path("")).envs(outbox.server().map(|url| ("AIMEM_MEM0_URL", url)));
    mcp.envs(more.iter().copied());
    Mcp::with(&mut mcp)
}

/// A server as the private one is.
fn private() -> Server {
    Server::start(|request| match request.what() {
        "GET /health" => status(
            200,
            r#"{"status":"healthy","version":"2.1","llm_provider":"ollama","llm_model":"qwen","vector_store":"qdrant","backup_enabled":true}"#,
        ),
        "POST /memory" => status(200, r#"{"success": true}"#),
        "GET /memory/web?limit=20" => status(
            200,
            r#"{"success":true,"memories":{"results":[{"id":"1","memory":"one"},{"memory":"two"}]}}"#,
        ),
        "GET /memory/none?limit=20" => status(200, r#"{"success":true,"memories":{"results":[]}}"#),
        "POST /memory/search" => {
            status(200, r#"{"success":true,"results":{"results":[{"memory":"one","score":0.4567}]}}"#)
        }
        other => status(404, other),
    })
}

#[test]
fn the_old_tools_answer_as_they_did() {
    let server = private();
    let outbox = Outbox::with(&server);
    let mut mcp = start(&outbox, &[]);
    let saved = mcp.call("mem0_save", json!({"project_id": "web", "content": "deploys go through CI"}));
    assert!(saved.text.starts_with("Saved: queued for delivery, for project web ("), "{}", saved.text);
    let saved = saved.ok();
    assert_eq!((&saved["success"], &saved["state"]), (&json!(true), &json!("queued")));
    assert_eq!(outbox.show(saved["id"].as_str().unwrap())["content"], "deploys go through CI");

    let recalled = mcp.call("mem0_recall", json!({"project_id": "web"}));
    assert_eq!(
        recalled.text,
        "3 memories of project web:\n1. deploys go through CI [waiting to be delivered]\n2. one\n3. two"
    );
    assert_eq!(recalled.ok()["memories"][1], json!({"memory": "one"}));
    assert_eq!(mcp.call("mem0_recall", json!({"project_id": "none"})).text, "No memories of project none");
    let found = mcp.call("mem0_search", json!({"project_id": "web", "query": "which"}));
    assert_eq!(found.text, "1 result for 'which':\n1. one (score: 0.46)");
    let asked = server.posts().pop().unwrap();
    assert_eq!(asked.body, r#"{"user_id":"web","query":"which","limit":10}"#);

    let health = mcp.call("mem0_health", json!({}));
    let url = server.url();
    assert_eq!(
        health.text,
        format!(
            "The memory server at {url} is up\nversion: 2.1\nllm_provider: ollama\nllm_model: qwen\n\
             vector_store: qdrant\nbackup_enabled: yes"
        )
    );
    assert_eq!(mcp.call("mem0_list_projects", json!({})).ok(), json!({"projects": ["web"], "count": 1}));
    let numbers = mcp.call("mem0_queue_status", json!({})).ok();
    let mut shell = outbox.status();
    shell["oldest_age_seconds"] = numbers["oldest_age_seconds"].clone();
    assert_eq!(numbers, shell);

    outbox.run(["work"]).ok();
    assert_eq!(mcp.call("mem0_recall", json!({"project_id": "web"})).ok()["count"], 2);
    mcp.call("mem0_save", json!({"project_id": "web", "content": " "})).refused("the content is empty");
    mcp.call("mem0_save", json!({"project_id": "", "content": "x"})).refused("project_id is empty");
    mcp.call("mem0_search", json!({"project_id": "web", "query": ""})).refused("query is empty");
    mcp.call("mem0_recall", json!({"project_id": "web", "limit": -1})).refused("invalid value");
}

#[test]
fn each_preset_is_asked_in_its_own_way() {
    let list = r#"{"results":[{"memory":"one","score":1}]}"#;
    for (preset, calls) in [
        ("mem0-oss", ["GET /memories?user_id=web", "POST /search", "GET /openapi.json"]),
        (
            "mem0-cloud",
            ["POST /v3/memories/?page=1&page_size=20", "POST /v3/memories/search/", "GET /v1/ping/"],
        ),
    ] {
        let server = Server::start(move |request| match request.what() {
            "GET /v1/entities/" => {
                status(200, r#"{"results":[{"name":"web","type":"user"},{"name":"bot","type":"agent"}]}"#)
            }
            _ => status(200, list),
        });
        let outbox = Outbox::with(&server);
        let mut mcp = start(&outbox, &[("AIMEM_MEM0_PRESET", preset), ("AIMEM_MEM0_TOKEN", "hunter2")]);
        assert_eq!(mcp.call("mem0_recall", json!({"project_id": "web"})).ok()["count"], 1, "{preset}");
        assert_eq!(mcp.call("mem0_search", json!({"project_id": "web", "query": "q"})).ok()["count"], 1);
        assert_eq!(mcp.call("mem0_health", json!({})).ok()["up"], true);
        let seen: Vec<String> = server.seen().iter().map(|request| request.what().to_owned()).collect();
        assert_eq!(seen, calls, "{preset}");
        let header = if preset == "mem0-oss" { "x-api-key" } else { "authorization" };
        assert!(server.seen().iter().all(|request| request.header(header).unwrap().ends_with("hunter2")));
        let known = mcp.call("mem0_list_projects", json!({})).ok();
        assert_eq!(known["projects"], if preset == "mem0-cloud" { json!(["web"]) } else { json!([]) });
    }
}

#[test]
fn a_custom_preset_can_say_how_to_ask_or_not() {
    let server = Server::start(|_| status(200, r#"{"found": ["one", "two"]}"#));
    let outbox = Outbox::with(&server);
    let folder = outbox.env.home().join(".config/aimem");
    std::fs::create_dir_all(&folder).unwrap();
    let table = "[mem0]\npreset = 'custom'\n[mem0.custom]\npath = '/p'\nhealth_path = '/up'\nbody = {}\n\
                 [mem0.custom.list]\npath = '/of/{project_id}?max={limit}'\nresults = '/found'\n";
    std::fs::write(folder.join("config.toml"), table).unwrap();
    let mut mcp = start(&outbox, &[]);
    assert_eq!(
        mcp.call("mem0_recall", json!({"project_id": "a/b", "limit": 1})).ok()["memories"],
        json!([{"memory": "one"}])
    );
    assert_eq!(server.seen()[0].what(), "GET /of/a%2Fb?max=1");
    let found = mcp.call("mem0_search", json!({"project_id": "a/b", "query": "x"}));
    assert!(found.text.contains("[mem0.custom.search]"), "{}", found.text);
}

/// Whatever the server does, there is an answer, and it has what is kept here.
#[test]
fn a_server_that_is_down_or_lies_does_not_keep_a_memory_back() {
    let replies: [(Reply, &str); 7] = [
        (status(500, "oops"), "500 Internal Server Error: oops"),
        (status(401, ""), "the server refuses the credential"),
        (status(200, "<html>"), "the answer is not JSON"),
        (status(200, r#"{"success": false}"#), "the answer says success: false"),
        (status(200, r#"{"memories": {"results": "many"}}"#), "the answer has no list of memories"),
        (Reply::Raw("what?\r\n\r\n".to_owned()), "the answer is not HTTP"),
        (Reply::Raw(String::new()), "the connection was cut"),
    ];
    let delivery = Server::fine();
    let mut delivered = Outbox::with(&delivery);
    delivered.add("delivered before");
    delivered.run(["work"]).ok();
    delivered.add("waits");
    for (reply, why) in replies {
        let server = Server::start(move |_| reply.clone());
        delivered.use_server(&server);
        let mut mcp = start(&delivered, &[]);
        let recalled = mcp.call("mem0_recall", json!({"project_id": "web"}));
        assert!(recalled.text.contains(why), "{}", recalled.text);
        let recalled = recalled.ok();
        assert_eq!(recalled["server_answered"], false);
        let found: Vec<(&Value, &Value)> =
            recalled["memories"].as_array().unwrap().iter().map(|m| (&m["memory"], &m["state"])).collect();
        assert_eq!(
            found,
            [(&json!("waits"), &json!("pending")), (&json!("delivered before"), &json!("delivered"))]
        );
        let found = mcp.call("mem0_search", json!({"project_id": "web", "query": "BEFORE delivered"})).ok();
        assert_eq!(found["memories"][0]["memory"], "delivered before");
        assert_eq!(found["count"], 1);
        mcp.call("mem0_list_projects", json!({})).ok();
        mcp.call("mem0_health", json!({})).ok();
    }
}

#[test]
fn a_save_never_waits_for_the_server_and_tells_what_is_wrong() {
    let server = Server::start(|_| Reply::Silence);
    let outbox = Outbox::with(&server);
    outbox.add_many(25);
    let mut mcp = start(&outbox, &[]);
    let save = json!({"project_id": "web", "content": "x"});
    // A question to the server hangs, and nothing else does.
    let asked = mcp.begin("mem0_recall", json!({"project_id": "web"}));
    crate::common::eventually("a question", || !server.seen().is_empty());
    mcp.call("mem0_save", save.clone()).ok();
    let mut text = String::new();
    crate::common::eventually("the alert", || {
        text = mcp.call("mem0_save", save.clone()).text;
        text.starts_with("WARNING: ")
    });
    assert!(text.contains(" memories wait, the oldest for ") && text.contains("\n\nSaved"), "{text}");
    assert!(mcp.left().iter().all(|message| message["id"] != asked));
    // It does not keep the server from ending either.
    mcp.close();
    assert_eq!(mcp.ends().0, 0);
}

/// Killed at any moment: what was answered is in the outbox, whole.
#[test]
fn after_a_kill_every_save_that_was_answered_is_there() {
    let rounds = if long_tests() { 200 } else { 5 };
    let outbox = Outbox::new();
    let mut answered = Vec::new();
    for round in 0..rounds {
        let mut mcp = start(&outbox, &[]);
        let content = format!("{round} ").repeat(1 + round % 7 * 1000);
        let ids: Vec<i64> = (0..40)
            .map(|_| mcp.begin("mem0_save", json!({"project_id": "web", "content": content})))
            .collect();
        let last = mcp.answer(ids[round % 20]);
        mcp.child.kill().unwrap();
        mcp.child.wait().unwrap();
        let mut answers = mcp.left();
        answers.push(last);
        answered.extend(answers.into_iter().filter_map(|answer| {
            Some((answer["result"]["structuredContent"]["id"].as_str()?.to_owned(), content.clone()))
        }));
    }
    assert!(answered.len() >= rounds);
    let there = outbox.ids("new");
    for (id, content) in answered {
        assert!(there.contains(&id), "{id}");
        assert_eq!(outbox.show(&id)["content"], content);
    }
    assert_eq!(outbox.status()["pending"], there.len());
}

/// What the page says of the time that a save takes: a measurement, for the long tests.
#[test]
fn saves_are_quick_beside_many_that_wait() {
    if !long_tests() {
        return;
    }
    let outbox = Outbox::new();
    outbox.add_many(100_000);
    let mut mcp = start(&outbox, &[]);
    let mut times: Vec<Duration> = (0..500)
        .map(|number| {
            let start = std::time::Instant::now();
            mcp.call("mem0_save", json!({"project_id": "web", "content": format!("m{number}")})).ok();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("a save beside 100,000: median {:?}, 99 of 100 within {:?}", times[250], times[495]);
    assert!(times[250] < Duration::from_millis(20), "{:?}", times[250]);
}
