//! Files as resources, and whoever wants to know of their changes.

use serde_json::{Value, json};

use crate::common::TestEnv;
use crate::common::mcp::Mcp;

fn uri(env: &TestEnv, name: &str) -> String {
    format!("file://{}", env.path(name).to_str().unwrap())
}

#[test]
fn files_are_listed_page_by_page_and_read() {
    let env = TestEnv::new();
    for number in 0..1203 {
        env.write(format!("n{number:04}.md"), "x");
    }
    env.write("a b.json", "{}");
    let mut mcp = Mcp::start(&env);
    let mut names = Vec::new();
    let mut params = json!({});
    loop {
        let page = mcp.ask("resources/list", params)["result"].clone();
        names.extend(
            page["resources"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()),
        );
        match page.get("nextCursor") {
            Some(cursor) => params = json!({"cursor": cursor}),
            None => break,
        }
    }
    assert_eq!(names.len(), 1204);
    assert_eq!(names[0], "a b.json");
    assert!(names.is_sorted());
    let named = uri(&env, "a%20b.json");
    let read = mcp.ask("resources/read", json!({"uri": named}));
    assert_eq!(
        read["result"]["contents"],
        json!([{"uri": named, "mimeType": "application/json", "text": "{}"}])
    );
    for (uri, wanted) in [
        (uri(&env, "none.md"), "does not exist"),
        ("file:///etc/passwd".to_owned(), "is not beneath a folder that is served here"),
        ("http://example.org/".to_owned(), "is no file that is served here"),
    ] {
        let error = mcp.ask("resources/read", json!({"uri": uri}))["error"].clone();
        assert_eq!(error["code"], -32002, "{error}");
        assert!(error["message"].as_str().unwrap().contains(wanted), "{error}");
    }
    assert_eq!(mcp.ask("resources/templates/list", json!({}))["result"]["resourceTemplates"], json!([]));
}

#[track_caller]
fn told(mcp: &mut Mcp, uri: &str) -> Value {
    mcp.wait("an update", |message| {
        message["method"] == "notifications/resources/updated" && message["params"]["uri"] == uri
    })
}

#[test]
fn whoever_has_subscribed_is_told_of_every_writer() {
    let env = TestEnv::new();
    env.write("a.json", "{\"n\": 0}\n");
    env.write("b.json", "{}\n");
    let (a, new) = (uri(&env, "a.json"), uri(&env, "new.md"));
    let mut mcp = Mcp::start(&env);
    for uri in [&a, &new] {
        assert_eq!(mcp.ask("resources/subscribe", json!({"uri": uri}))["result"], json!({}));
    }
    // Our own tool, another process that replaces the file, one that writes into it, and its removal.
    mcp.call("memory_update", json!({"path": "a.json", "filter": ".n += 1"})).ok();
    told(&mut mcp, &a);
    env.run(["update", "a.json", ".n += 1"]).ok();
    told(&mut mcp, &a);
    env.write("a.json", "{\"n\": 7}\n");
    told(&mut mcp, &a);
    env.write("new.md", "now\n");
    told(&mut mcp, &new);
    std::fs::remove_file(env.path("new.md")).unwrap();
    told(&mut mcp, &new);
    // Nothing of other files, and nothing where nothing has changed.
    env.write("b.json", "{\"n\": 1}\n");
    env.run(["update", "a.json", "."]).ok();
    assert_eq!(mcp.ask("resources/unsubscribe", json!({"uri": a}))["result"], json!({}));
    env.run(["update", "a.json", ".n = 100"]).ok();
    env.write("new.md", "again\n");
    told(&mut mcp, &new);
    let others: Vec<Value> =
        mcp.left().into_iter().filter(|m| m["method"] == "notifications/resources/updated").collect();
    assert!(others.iter().all(|other| other["params"]["uri"] == new.as_str()), "{others:?}");
    let refused = mcp.ask("resources/subscribe", json!({"uri": "file:///etc/passwd"}));
    assert_eq!(refused["error"]["code"], -32002);
}

#[test]
fn the_newer_era_listens() {
    let env = TestEnv::new();
    env.write("a.json", "{\"n\": 0}\n");
    let a = uri(&env, "a.json");
    let mut mcp = Mcp::raw(env.aimem(["mcp", "--root"]).arg(env.path("")));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let wish = json!({"resourceSubscriptions": [a, "http://x/"], "toolsListChanged": true});
    let id = mcp.request("subscriptions/listen", json!({"notifications": wish, "_meta": meta}));
    let accepted = mcp.wait("an acknowledgement", |message| {
        message["method"] == "notifications/subscriptions/acknowledged"
    });
    assert_eq!(accepted["params"]["notifications"], json!({"resourceSubscriptions": [a]}));
    env.run(["update", "a.json", ".n += 1"]).ok();
    let update = told(&mut mcp, &a);
    assert_eq!(update["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id, "{update}");
    mcp.notify("notifications/cancelled", json!({"requestId": id}));
    mcp.close();
    assert_eq!(mcp.ends().0, 0);
}
