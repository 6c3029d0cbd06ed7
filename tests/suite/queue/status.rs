//! What is told of the outbox: numbers, levels, and who is in the way.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aimem::queue::claim::Claims;
use aimem::queue::{Place, Spool, Ulid};

use crate::common::http::{Reply, Server, status};
use crate::common::queue::Outbox;
use crate::common::{Ran, TestEnv, require};

/// An entry that was saved that long ago.
fn plant(outbox: &Outbox, place: &str, age: Duration, number: u32) {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - age;
    let name = Ulid::derived(time, &number.to_le_bytes());
    let entry = serde_json::json!({
        "id": name.to_string(), "project_id": "web", "content": "x", "timestamp": "2026-02-03T04:05:06Z",
    });
    std::fs::write(outbox.folder().join(format!("{place}/{name}.json")), entry.to_string()).unwrap();
}

fn empty() -> Outbox {
    let outbox = Outbox::new();
    let id = outbox.add("planted");
    outbox.run(["cancel", &id]).ok();
    outbox
}

#[test]
fn levels_are_exit_codes() {
    let hour = Duration::from_secs(3600);
    let second = Duration::from_secs(1);
    for (pending, dead, age, code, level) in [
        (0, 0, second, 0, "ok"),
        (19, 0, second, 0, "ok"),
        (20, 0, second, 1, "warning"),
        (0, 5, second, 0, "ok"),
        (0, 6, second, 2, "critical"),
        (20, 6, second, 2, "critical"),
        (1, 0, hour - 60 * second, 0, "ok"),
        (1, 0, hour + second, 1, "warning"),
    ] {
        let outbox = empty();
        (0..pending).for_each(|number| plant(&outbox, "new", age, number));
        (0..dead).for_each(|number| plant(&outbox, "dead", age, number));
        let ran = outbox.run(["status", "--json"]).expect(code);
        let status: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(status["level"], level);
        assert_eq!((&status["pending"], &status["dead"]), (&pending.into(), &dead.into()));
        outbox.run(["status"]).expect(code);
        outbox.run(["status", "--prometheus"]).expect(code);
    }
}

#[test]
fn the_report_has_all_that_is_promised() {
    let server = Server::uploads(|request| {
        if request.body.contains("bad") { status(400, "no") } else { crate::common::http::fine() }
    });
    let outbox = Outbox::with(&server);
    outbox.add("good");
    outbox.add("bad");
    outbox.run(["work"]).expect(1);
    outbox.add("more");
    let report = outbox.status();
    let numbers =
        ["pending", "in_flight", "dead", "delivered", "total_queued", "total_synced", "total_failed"];
    assert_eq!(numbers.map(|key| report[key].as_u64().unwrap()), [1, 0, 1, 1, 3, 1, 1]);
    assert!(report["oldest_age_seconds"].is_u64() && report["last_success"].is_string());
    assert_eq!(report["last_error"]["message"], "400 Bad Request: no");
    assert_eq!((&report["server"]["up"], &report["lock"]["state"]), (&true.into(), &"free".into()));
    let export: serde_json::Value = serde_json::from_str(&outbox.run(["export"]).ok().stdout).unwrap();
    let lengths = ["queue", "failed", "last_100"].map(|list| export[list].as_array().unwrap().len());
    assert_eq!((lengths, &export["stats"]["total_queued"]), ([1, 1, 1], &3.into()));
}

/// The old alarm looked at the lock's file, and called the server down.
#[test]
fn a_lock_beside_a_server_that_is_up_is_called_a_lock() {
    if !require("python3") {
        return;
    }
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    // An orphan: the file is there, and nobody has it.
    std::fs::create_dir_all(outbox.old()).unwrap();
    std::fs::write(outbox.old().join("mem0_queue.lock"), "").unwrap();
    outbox.add("one");
    outbox.run(["work"]).ok();
    let report = outbox.status();
    assert_eq!((&report["server"]["up"], &report["lock"]["state"]), (&true.into(), &"free".into()));

    let holder = outbox.old_lock_held();
    outbox.run(["work"]).ok();
    let ran = outbox.run(["status"]).ok();
    assert!(ran.stdout.contains("server        up"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains(&format!("old lock      held by pid {} since 20", holder.0.id())),
        "{}",
        ran.stdout
    );
    let report = outbox.status();
    assert_eq!(report["lock"]["holders"], serde_json::json!([holder.0.id()]));
    assert_eq!((&report["server"]["up"], &report["level"]), (&true.into(), &"ok".into()));
}

#[test]
fn an_outbox_that_is_not_there_is_empty_and_stays_so() {
    let outbox = Outbox::new();
    let report = outbox.status();
    assert_eq!((&report["pending"], &report["level"]), (&0.into(), &"ok".into()));
    assert!(report["server"].is_null() && report["oldest_age_seconds"].is_null());
    outbox.run(["list"]).ok();
    outbox.run(["dead"]).ok();
    assert_eq!(TestEnv::names_in(&outbox.env.home()), [""; 0]);
}

/// The rules of `promtool check metrics` that can be broken here: each metric has a help and a
/// type, names are of the allowed letters, counters end in _total and nothing else does, units are
/// base units, and each line parses.
#[test]
fn prometheus_can_read_the_numbers() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    outbox.add("one");
    outbox.run(["work"]).ok();
    let text = outbox.run(["status", "--prometheus"]).ok().stdout;
    let mut lines = text.lines();
    let mut count = 0;
    while let Some(help) = lines.next() {
        let (name, words) = help.strip_prefix("# HELP ").unwrap().split_once(' ').unwrap();
        let (typed, kind) = lines.next().unwrap().strip_prefix("# TYPE ").unwrap().split_once(' ').unwrap();
        let (sample, value) = lines.next().unwrap().split_once(' ').unwrap();
        assert!(name == typed && name == sample && words.ends_with('.'));
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        assert!(kind == "counter" || kind == "gauge");
        assert!(
            !["_ms", "_milliseconds", "_minutes", "_hours", "_count", "_sum", "_bucket"]
                .iter()
                .any(|end| name.ends_with(end))
        );
        value.parse::<f64>().unwrap();
        count += 1;
    }
    assert!(count >= 10, "{text}");
    if require_promtool() {
        let ran =
            outbox.env.sh("\"$AIMEM\" queue status --prometheus | promtool check metrics").output().unwrap();
        Ran::of(ran).ok();
    }
}

/// The same rules are held above, so this one may be absent even where all tests are required.
fn require_promtool() -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("promtool").is_file()))
}

#[test]
fn lists_show_what_is_where() {
    let server = Server::uploads(|request| {
        if request.body.contains("bad") { status(400, "no") } else { crate::common::http::fine() }
    });
    let outbox = Outbox::with(&server);
    let done = outbox.add("good");
    let dead = outbox.add("bad\nthing");
    outbox.run(["work"]).expect(1);
    let new = outbox.run(["add", "-p", "other", "third"]).ok().stdout;
    let list = outbox.run(["list"]).ok().stdout;
    assert!(list.contains(&dead) && list.contains(new.trim_end()) && !list.contains(&done), "{list}");
    assert!(list.contains("bad\\nthing"), "{list}");
    let json = |args: &[&str]| -> Vec<serde_json::Value> {
        serde_json::from_str(&outbox.run(args).ok().stdout).unwrap()
    };
    assert_eq!(json(&["list", "--json"]).len(), 2);
    assert_eq!(json(&["list", "--json", "--project", "other"])[0]["id"], new.trim_end());
    assert_eq!(json(&["list", "--json", "--state", "delivered"])[0]["state"], "delivered");
    assert_eq!(json(&["list", "--json", "--limit", "1"])[0]["id"], dead.as_str());
    assert_eq!(json(&["dead", "--json"])[0]["last_error"], "400 Bad Request: no");
}

#[test]
fn what_is_left_after_a_run_is_all_that_waits() {
    let later = vec!["Retry-After: 3600".to_owned()];
    let server = Server::uploads(move |_| Reply::Answer(429, later.clone(), String::new()));
    let mut outbox = Outbox::with(&server);
    let work = |outbox: &Outbox, code| -> serde_json::Value {
        serde_json::from_str(&outbox.run(["work", "--json"]).expect(code).stdout).unwrap()
    };
    outbox.add("not due");
    assert_eq!(work(&outbox, 1)["left"], 1);
    // Another run finds nothing due, and says so.
    let second = Server::fine();
    outbox.use_server(&second);
    let report = work(&outbox, 1);
    assert_eq!((&report["left"], &report["parked"]), (&1.into(), &1.into()));

    let claimed = outbox.add("in another worker's hands");
    outbox.add("waiting");
    let claims = Claims::open(&Spool::open(&outbox.folder()).unwrap()).unwrap();
    claims.claim(&Place::New, claimed.parse().unwrap()).unwrap().unwrap();
    let down = Server::start(|_| status(500, ""));
    outbox.use_server(&down);
    let report = work(&outbox, 75);
    assert_eq!((&report["left"], &report["ended_early"]), (&3.into(), &"down".into()));
    outbox.use_server(&second);
    let report = work(&outbox, 1);
    assert_eq!((&report["left"], &report["delivered"]), (&2.into(), &1.into()));
    // What is in another worker's hands is not this one's to deliver.
    outbox.run(["retry", "--all"]).ok();
    assert_eq!(work(&outbox, 0)["left"], 1);
}

/// Somebody has to look: no run tries it again.
#[test]
fn one_memory_that_is_refused_for_good_is_a_warning_everywhere() {
    let server = Server::uploads(|_| status(400, "no"));
    let outbox = Outbox::with(&server);
    let id = outbox.add("bad");
    outbox.run(["work"]).expect(1);
    let text = outbox.run(["status"]).expect(1).stdout;
    assert!(text.contains("level         warning") && text.contains("aimem queue dead"), "{text}");
    assert_eq!(outbox.run(["status", "--json"]).expect(1).stdout.matches("\"warning\"").count(), 1);
    let numbers = outbox.run(["status", "--prometheus"]).expect(1).stdout;
    assert!(numbers.contains("\naimem_queue_level 1\n"), "{numbers}");
    // So is one that makes no sense.
    outbox.run(["cancel", &id]).ok();
    assert_eq!(outbox.status()["level"], "ok");
    std::fs::write(outbox.folder().join(format!("dead/{id}.json")), "{").unwrap();
    assert_eq!(outbox.status()["level"], "warning");
    // One that the next run tries again is none.
    std::fs::remove_file(outbox.folder().join(format!("dead/{id}.json"))).unwrap();
    plant(&outbox, "dead", Duration::from_secs(1), 1);
    assert_eq!(outbox.status()["level"], "ok");
}
