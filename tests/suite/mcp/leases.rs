//! The tools for locks: leases that end with the connection.

use serde_json::json;

use crate::common::mcp::{Called, Mcp};
use crate::common::{TestEnv, eventually};

#[test]
fn a_lease_is_taken_worked_under_prolonged_shown_and_released() {
    let env = TestEnv::new();
    env.write("a.json", "{\"n\": 1}\n");
    let (mut mine, mut other) = (Mcp::start(&env), Mcp::start(&env));
    let lease = mine.call("lock_acquire", json!({"path": "a.json", "ttl": "1m"})).ok();
    let id = lease["id"].as_str().unwrap().to_owned();
    // The connection itself works under it, and others do not get in.
    mine.call("memory_update", json!({"path": "a.json", "filter": ".n += 1"})).ok();
    let tried = json!({"path": "a.json", "filter": ".n += 1", "timeout": "0"});
    other.call("memory_update", tried.clone()).refused("is held by a lease (test: aimem mcp: lock_acquire)");
    assert_eq!(env.run(["update", "a.json", ".n += 1", "--nonblock"]).code, 75);
    // To read nobody waits.
    assert_eq!(other.call("memory_read", json!({"path": "a.json", "filter": ".n"})).ok()["content"], "2\n");
    mine.call("lock_acquire", json!({"path": "./a.json"})).refused("this connection holds the lock");
    other.call("lock_acquire", json!({"path": "a.json", "timeout": "0"})).refused("is held by a lease");

    let shown = other.call("locks_show", json!({})).ok();
    assert_eq!(shown["locks"][0]["target"], env.path("a.json").to_str().unwrap());
    assert_eq!(shown["locks"][0]["client"], "test");
    let renewed = mine.call("lock_renew", json!({"lock": "a.json", "ttl": "1h"})).ok();
    assert!(renewed["ends"].as_str() > lease["ends"].as_str(), "{renewed}");
    assert_eq!(renewed["id"], id.as_str());

    other.call("lock_release", json!({"lock": "a.json"})).refused("this connection holds no lock of a.json");
    mine.call("lock_release", json!({"lock": id})).ok();
    mine.call("lock_release", json!({"lock": id})).refused("there is no such lock");
    other.call("memory_update", tried).ok();
    assert_eq!(other.call("locks_show", json!({})).ok()["locks"], json!([]));
    assert_eq!(env.lock_names(), Vec::<String>::new());
}

#[test]
fn a_lease_needs_a_time_that_makes_sense() {
    let env = TestEnv::new();
    let mut mcp = Mcp::start(&env);
    for (ttl, wanted) in [("0", "needs some time"), ("25h", "a day at most"), ("x", "ttl: x: ")] {
        mcp.call("lock_acquire", json!({"path": "a.json", "ttl": ttl})).refused(wanted);
    }
    mcp.call("lock_renew", json!({"lock": "a.json"})).refused("holds no lock of a.json");
    assert_eq!(env.lock_names(), Vec::<String>::new());
}

#[test]
fn a_lease_ends_with_its_connection_and_one_that_is_not_renewed_by_its_time() {
    let env = TestEnv::new();
    let mut mcp = Mcp::start(&env);
    for file in ["a", "b", "c"] {
        mcp.call("lock_acquire", json!({"path": file})).ok();
    }
    assert_eq!(env.lock_names().len(), 3);
    mcp.close();
    assert_eq!(mcp.ends().0, 0);
    assert_eq!(env.lock_names(), Vec::<String>::new());

    let mut mcp = Mcp::start(&env);
    mcp.call("lock_acquire", json!({"path": "a", "ttl": "50ms"})).ok();
    // It is not this connection's any more as soon as it is over.
    eventually("the end of the lease", || {
        !mcp.call("lock_acquire", json!({"path": "a", "ttl": "1m", "timeout": "0"})).is_error
    });
}

#[test]
fn waiting_for_many_locks_does_not_keep_their_release_waiting() {
    let env = TestEnv::new();
    let (mut mine, mut other) = (Mcp::start(&env), Mcp::start(&env));
    mine.call("lock_acquire", json!({"path": "a"})).ok();
    // More waits than there are threads.
    let ids: Vec<i64> =
        (0..300).map(|_| other.begin("memory_write", json!({"path": "a", "content": "x\n"}))).collect();
    other.call("lock_release", json!({"lock": "b"})).refused("holds no lock of b");
    mine.call("lock_release", json!({"lock": "a"})).ok();
    for id in ids {
        Called::of(other.answer(id)).ok();
    }
}

#[test]
fn whatever_a_client_calls_itself_its_locks_can_be_read() {
    let env = TestEnv::new();
    for name in
        ["a\nPID: 1\nTOKEN: x".to_owned(), "x".repeat(1 << 20), String::new(), "\u{1b}[31mred".to_owned()]
    {
        let mut mcp = Mcp::raw(env.aimem(["mcp", "--root"]).arg(env.path("")));
        let client = json!({"name": name, "version": "1"});
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        mcp.ask("initialize", hello);
        mcp.call("lock_acquire", json!({"path": "a"})).ok();
        let status = env.status("a");
        assert_eq!(status["verdict"], "held", "{status}");
        assert!(status["client"].as_str().unwrap_or_default().len() <= 400, "{status}");
        let said = env.run(["lock", "status", "a"]).expect(1).stdout;
        assert!(
            said.starts_with("held: a lease (") && !said.trim_end().contains(['\n', '\u{1b}']),
            "{said:?}"
        );
        mcp.call("lock_release", json!({"lock": "a"})).ok();
    }
}
