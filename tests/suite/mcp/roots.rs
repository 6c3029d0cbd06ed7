//! Nothing but what lies beneath a root is read, written, made or locked.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use serde_json::json;

use crate::common::mcp::Mcp;
use crate::common::{Killed, TestEnv, long_tests, require};

/// A root with a way out of every kind, and what must not be reached.
fn trap(env: &TestEnv) {
    for folder in ["root/in", "outside"] {
        fs::create_dir_all(env.path(folder)).unwrap();
    }
    env.write("outside/secret.json", "{\"secret\": true}\n");
    env.write("root/in/a.json", "{\"n\": 1}\n");
    env.write("root/.env", "SECRET=1\n");
    symlink("../outside/secret.json", env.path("root/link.json")).unwrap();
    symlink(env.path("outside"), env.path("root/folder")).unwrap();
    symlink("/proc/self/cwd", env.path("root/magic")).unwrap();
    symlink("../outside/new.json", env.path("root/dangling.json")).unwrap();
    symlink("in/a.json", env.path("root/inner.json")).unwrap();
    fs::hard_link(env.path("root/in/a.json"), env.path("root/in/hard.json")).unwrap();
}

#[test]
fn no_path_leads_out_of_a_root() {
    let env = TestEnv::new();
    trap(&env);
    let mut mcp = Mcp::with(env.aimem(["mcp", "--root"]).arg(env.path("root")));
    let secret = env.path("outside/secret.json");
    let fd = format!("/proc/self/fd/../cwd/outside/{}", "secret.json");
    for path in [
        "../outside/secret.json",
        "in/../../outside/secret.json",
        secret.to_str().unwrap(),
        "link.json",
        "folder/secret.json",
        "folder/new.json",
        "magic/outside/secret.json",
        "dangling.json",
        "/proc/self/environ",
        "/proc/self/root/etc/passwd",
        &fd,
        "",
        "/",
        "in\0/a.json",
    ] {
        for (tool, arguments) in [
            ("memory_read", json!({"path": path})),
            ("memory_write", json!({"path": path, "content": "{}\n"})),
            ("memory_update", json!({"path": path, "filter": ".", "create": {}})),
            ("memory_edit", json!({"path": path, "old": "secret", "new": "x"})),
            ("memory_append", json!({"path": path, "content": "x"})),
            ("lock_acquire", json!({"path": path})),
        ] {
            mcp.call(tool, arguments).refused("is not beneath a folder that is served here");
        }
    }
    for path in [".env", "in/.x", ".git/config"] {
        mcp.call("memory_write", json!({"path": path, "content": "x\n"})).refused("is not served");
    }
    // A name may be as strange as it likes.
    for name in ["with\nnewline.md", "-rf", "ü\u{202e}.md", " "] {
        mcp.call("memory_write", json!({"path": name, "content": "x\n"})).ok();
        assert_eq!(fs::read_to_string(env.path("root").join(name)).unwrap(), "x\n");
    }
    mcp.call("memory_write", json!({"path": "x".repeat(300), "content": "x\n"}))
        .refused("the name is too long");
    // A link that stays inside is a name like any other.
    mcp.call("memory_update", json!({"path": "inner.json", "filter": ".n = 5"})).ok();
    assert_eq!(env.json("root/in/a.json")["n"], 5);
    assert!(env.path("root/inner.json").is_symlink());
    assert_eq!(TestEnv::names_in(&env.path("outside")), ["secret.json"]);
    assert_eq!(env.json("outside/secret.json"), json!({"secret": true}));
    assert_eq!(env.lock_names(), Vec::<String>::new());
    // The list follows no link.
    let list = mcp.call("memory_list", json!({})).ok().to_string();
    assert!(!list.contains("secret") && !list.contains("link.json") && !list.contains(".env"), "{list}");
}

#[test]
fn the_lock_folder_and_the_outbox_are_not_served() {
    let env = TestEnv::new();
    env.make_root();
    let locks = env.path("locks");
    fs::create_dir(&locks).unwrap();
    let mut command = env.aimem(["mcp", "--root"]);
    command.arg(env.path("")).env("AIMEM_LOCK_DIR", &locks).env("AIMEM_QUEUE", env.path("queue"));
    let mut mcp = Mcp::with(&mut command);
    mcp.call("lock_acquire", json!({"path": "a"})).ok();
    for path in ["locks/x", "queue/new/x.json"] {
        mcp.call("memory_write", json!({"path": path, "content": "{}\n"})).refused("is not served");
    }
    assert_eq!(mcp.call("memory_list", json!({})).ok()["count"], 0);
}

#[test]
fn a_root_that_is_not_there_is_an_error_and_the_memory_folder_may_come_later() {
    let env = TestEnv::new();
    let ran = env.run(["mcp", "--root", "nowhere"]).expect(66);
    assert!(ran.stderr.contains("cannot serve ") && ran.stderr.contains("nowhere"), "{}", ran.stderr);
    let mut mcp = Mcp::with(&mut env.aimem(["mcp"]));
    mcp.call("memory_list", json!({})).refused("make that folder, or start the server with --root DIR");
    assert_eq!(mcp.ask("resources/list", json!({}))["result"]["resources"], json!([]));
    fs::create_dir_all(env.home().join("aiconfig")).unwrap();
    mcp.call("memory_write", json!({"path": "a.md", "content": "x\n"})).ok();
    assert_eq!(fs::read_to_string(env.home().join("aiconfig/a.md")).unwrap(), "x\n");
}

/// A folder and a link to one outside change places as fast as a process can do it, while files in it
/// are read, written, updated and locked.
#[test]
fn a_folder_that_is_swapped_for_a_link_leads_nobody_out() {
    if !require("python3") {
        return;
    }
    let tries = if long_tests() { 250_000 } else { 150 };
    let env = TestEnv::new();
    trap(&env);
    env.write("outside/a.json", "{\"secret\": true}\n");
    symlink("../outside", env.path("root/swap")).unwrap();
    let script = "import ctypes, os, sys\n\
        c = ctypes.CDLL(None)\n\
        os.chdir(sys.argv[1])\n\
        print('goes', flush=True)\n\
        while True:\n    c.renameat2(-100, b'in', -100, b'swap', 2)\n";
    let mut swapper = env.command("python3");
    let swapper = swapper.args(["-c", script]).arg(env.path("root")).stdin(Stdio::null()).spawn().unwrap();
    let mut swapper = Killed(swapper);
    crate::common::queue::wait_for_line(&mut swapper.0);
    let mut mcp = Mcp::with(env.aimem(["mcp", "--root"]).arg(env.path("root")));
    let (mut inside, mut refused) = (0, 0);
    for _ in 0..tries {
        for (tool, arguments) in [
            ("memory_read", json!({"path": "in/a.json"})),
            ("memory_write", json!({"path": "in/b/new.json", "content": "{\"n\": 2}\n", "timeout": "1s"})),
            ("memory_update", json!({"path": "in/a.json", "filter": ".n += 1", "timeout": "1s"})),
            ("memory_append", json!({"path": "in/log.md", "content": "line", "timeout": "1s"})),
            ("memory_edit", json!({"path": "in/a.json", "old": "n", "new": "n", "timeout": "1s"})),
            ("memory_list", json!({})),
        ] {
            let called = mcp.call(tool, arguments);
            assert!(!called.text.contains("secret"), "{}", called.text);
            let counter = if called.is_error { &mut refused } else { &mut inside };
            *counter += 1;
        }
    }
    drop(swapper);
    println!("{inside} calls stayed inside, {refused} were refused");
    assert!(inside > 0);
    assert_eq!(TestEnv::names_in(&env.path("outside")), ["a.json", "secret.json"]);
    assert_eq!(env.json("outside/a.json"), json!({"secret": true}));
    mcp.call("locks_show", json!({})).ok();
}
