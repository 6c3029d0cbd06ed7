//! SIGKILL at every system call of a save, of a worker and of an import: nothing is lost, nothing
//! is counted twice, and what is sent twice is sent under the same key.
//!
//! The short form kills before each call that changes something outside the process.
//! `AIMEM_LONG_TESTS=1` kills at every call.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::common::http::{Server, fine, status};
use crate::common::queue::Outbox;
use crate::common::strace::{Call, in_parallel, long, record_all, traced};
use crate::common::{Ran, TestEnv, require};

/// A file tree, to be put down again for every kill.
type Tree = BTreeMap<std::path::PathBuf, Vec<u8>>;

fn tree(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for name in TestEnv::names_in(&next) {
            let path = next.join(name);
            if path.is_dir() {
                folders.push(path);
            } else {
                tree.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(path).unwrap());
            }
        }
    }
    tree
}

fn put(folder: &Path, tree: &Tree) {
    for (path, bytes) in tree {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    for name in ["tmp", "new", "inflight", "done", "archive", "dead"] {
        if folder.join(".claude/mem0_queue.d").exists() {
            fs::create_dir_all(folder.join(".claude/mem0_queue.d").join(name)).unwrap();
        }
    }
}

/// The places at which a command is killed.
fn places(env: &TestEnv, args: &[&str]) -> (Ran, Vec<String>) {
    let (ran, calls) = record_all(env, args);
    let wanted = |call: &&Call| match call.name.as_str() {
        // How often one is called depends on the other threads.
        "futex" | "execve" => false,
        "exit_group" | "connect" | "sendto" | "recvfrom" => true,
        _ => long() || call.changes_the_world(),
    };
    let places = calls.iter().filter(wanted);
    (ran, places.map(|call| format!("{}:signal=KILL:when={}", call.name, call.nth)).collect())
}

fn kill(outbox: &Outbox, args: &[&str], place: &str) -> Ran {
    let option = format!("inject={place}");
    let mut command = traced(&outbox.env, &["-o", "/dev/null", "-e", &option], args);
    let ran = Ran::of(command.output().unwrap());
    // Another thread or a shorter answer may change how often a call is made.
    let killed = ran.code == 128 + 9;
    assert!(killed || ran.code < 2, "{place}: {} {}", ran.code, ran.stderr);
    ran
}

fn set_server(outbox: &Outbox, server: &Server) {
    let folder = outbox.env.home().join(".config/aimem");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), format!("[mem0]\nurl = '{}'\n", server.url())).unwrap();
}

#[test]
fn a_save_killed_anywhere_keeps_what_it_printed_and_tears_nothing() {
    if !require("strace") {
        return;
    }
    for first in [true, false] {
        let set_up = || {
            let outbox = Outbox::new();
            if !first {
                outbox.add("earlier");
            }
            outbox
        };
        let args = ["queue", "add", "-p", "web", "a memory"];
        let (ran, places) = places(&set_up().env, &args);
        ran.ok();
        assert!(places.len() > 7, "too few places: {places:?}");
        in_parallel(places, |place| {
            let outbox = set_up();
            let ran = kill(&outbox, &args, &place);
            // It reads whatever is there, so a torn one would be seen.
            let ids = outbox.ids("new");
            for id in ran.stdout.lines() {
                assert!(ids.contains(id), "killed at {place}, a printed id is lost");
            }
            let next = outbox.add("the next");
            assert!(outbox.ids("new").contains(&next), "after a kill at {place}");
            assert!(ids.len() <= 2);
        });
    }
}

/// An outbox with deliveries that are about to be archived, two entries to be delivered, and one
/// that the server refuses.
fn busy_outbox() -> (Tree, BTreeSet<String>) {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let mut ids: BTreeSet<String> = outbox.add_many(100).into_iter().collect();
    outbox.run(["work"]).ok();
    ids.extend(outbox.add_many(2));
    ids.insert(outbox.add("bad"));
    (tree(&outbox.env.home()), ids)
}

fn picky_server() -> Server {
    Server::uploads(|request| if request.body.contains("\"bad\"") { status(400, "no") } else { fine() })
}

#[test]
fn a_worker_killed_anywhere_loses_nothing_and_repeats_only_with_the_same_key() {
    if !require("strace") {
        return;
    }
    let (before, ids) = busy_outbox();
    let set_up = |server: &Server| {
        let outbox = Outbox::new();
        put(&outbox.env.home(), &before);
        set_server(&outbox, server);
        outbox
    };
    let args = ["queue", "work", "--concurrency", "1"];
    let server = picky_server();
    let (ran, places) = places(&set_up(&server).env, &args);
    ran.expect(1);
    assert_eq!(server.posts().len(), 3, "this test wants to kill it between uploads");
    assert!(places.len() > 40, "too few places: {places:?}");
    in_parallel(places, |place| {
        let server = picky_server();
        let outbox = set_up(&server);
        kill(&outbox, &args, &place);
        let done = outbox.ids("done");
        let sent: BTreeSet<String> = server.posts().iter().map(|post| post.key().to_owned()).collect();
        let fresh: Vec<&String> = ids.iter().skip(100).collect();
        for id in &fresh {
            let delivered = done.contains(*id);
            assert!(!delivered || sent.contains(*id), "killed at {place}: in done/, but never sent");
        }
        let ran = outbox.run(["work"]).expect(1);
        let (done, dead) = (outbox.delivered(), outbox.ids("dead"));
        let all: Vec<String> =
            done.iter().chain(&dead).cloned().collect::<BTreeSet<_>>().into_iter().collect();
        assert_eq!(all.len(), done.len() + dead.len(), "killed at {place}: twice: {}", ran.stderr);
        assert_eq!(all, ids.iter().cloned().collect::<Vec<_>>(), "killed at {place}");
        let report = outbox.status();
        assert_eq!((&report["delivered"], &report["dead"]), (&102.into(), &1.into()), "killed at {place}");
        assert_eq!(
            (&report["in_flight"], &report["total_queued"]),
            (&0.into(), &103.into()),
            "killed at {place}"
        );
        // Each memory at least once, and always under its own key.
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for post in server.posts() {
            keys.entry(post.body.clone()).or_default().insert(post.key().to_owned());
        }
        assert_eq!(keys.len(), 3, "killed at {place}");
        assert!(keys.values().all(|keys| keys.len() == 1), "killed at {place}: {keys:?}");
    });
}

/// The old programs' files: five waiting, two failed, three delivered, and two in the emergency
/// file.
fn old_files() -> Tree {
    let entry = |id: String| {
        serde_json::json!({"id": id, "project_id": "web", "content": format!("content of {id}"),
            "timestamp": 1_764_400_000, "retries": 0})
    };
    let list = |prefix: &str, count: usize| -> Vec<_> {
        (0..count).map(|number| entry(format!("{prefix}{number}"))).collect()
    };
    let queue = serde_json::json!({
        "queue": list("q", 5), "last_100": list("l", 3), "failed": list("f", 2),
        "stats": {"total_queued": 243, "total_synced": 216, "total_failed": 2, "last_sync": null},
    });
    let lines: String = list("e", 2).iter().map(|entry| format!("{entry}\n")).collect();
    Tree::from([
        (".claude/mem0_queue.json".into(), serde_json::to_vec_pretty(&queue).unwrap()),
        (".claude/mem0_emergency.json".into(), lines.into_bytes()),
    ])
}

fn killed_import(before: &Tree, ids: &[&str], totals: (u64, u64), archived: usize) {
    let args = ["queue", "import"];
    let set_up = || {
        let outbox = Outbox::new();
        put(&outbox.env.home(), before);
        outbox
    };
    let (ran, places) = places(&set_up().env, &args);
    ran.ok();
    assert!(places.len() > 40, "too few places: {places:?}");
    in_parallel(places, |place| {
        let mut outbox = set_up();
        kill(&outbox, &args, &place);
        let server = Server::fine();
        outbox.use_server(&server);
        outbox.run(["work"]).ok();
        assert_eq!(outbox.delivered(), ids, "killed at {place}");
        assert_eq!(server.posts().len(), ids.len(), "killed at {place}: sent twice");
        let report = outbox.status();
        let found = (report["total_queued"].as_u64().unwrap(), report["total_synced"].as_u64().unwrap());
        assert_eq!(found, totals, "killed at {place}");
        let lines = outbox.archive();
        let old = lines.iter().filter(|line| line["archive_key"].as_str().unwrap().starts_with("last_100"));
        assert_eq!(old.count(), archived, "killed at {place}");
    });
}

#[test]
fn an_import_killed_anywhere_takes_everything_once() {
    if require("strace") {
        let ids = ["e0", "e1", "f0", "f1", "q0", "q1", "q2", "q3", "q4"];
        killed_import(&old_files(), &ids, (245, 225), 3);
    }
}

#[test]
fn an_import_of_a_truncated_file_killed_anywhere_takes_everything_once() {
    if require("strace") {
        let mut files = old_files();
        let queue = files.get_mut(Path::new(".claude/mem0_queue.json")).unwrap();
        let cut = queue.windows(4).position(|part| part == b"\"q3\"").unwrap();
        queue.truncate(cut);
        files.remove(Path::new(".claude/mem0_emergency.json"));
        killed_import(&files, &["q0", "q1", "q2"], (3, 3), 0);
    }
}
