//! Saving: never waits, is on disk when it returns, and refuses loudly.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use crate::common::disk::{Disk, Found};
use crate::common::http::{Reply, Server, fine};
use crate::common::queue::{Outbox, wait_for_line};
use crate::common::strace::record;
use crate::common::{Killed, Ran, TestEnv, require};

/// The incident that the outbox is there for: the last saves of a row met the old lock, held by a
/// worker that uploaded, waited for it in vain, and were lost.
#[test]
fn eighty_saves_beside_a_held_lock_and_an_upload_all_arrive() {
    if !require("python3") {
        return;
    }
    let server = Server::start(|request| match request.what() {
        "GET /health" => fine(),
        _ => Reply::After(Duration::from_millis(20), Box::new(fine())),
    });
    let outbox = Outbox::with(&server);
    let mut ids: Vec<String> = (0..60).map(|number| outbox.add(&format!("memory {number}"))).collect();
    let lock = outbox.old_lock_held();
    let worker = Killed(outbox.queue(["work"]).spawn().unwrap());
    ids.extend((60..80).map(|number| outbox.add(&format!("memory {number}"))));
    drop(worker);
    drop(lock);
    outbox.run(["work"]).ok();
    assert_eq!(outbox.delivered(), ids);
    let arrived: BTreeSet<String> = server.posts().iter().map(|post| post.key().to_owned()).collect();
    assert_eq!(arrived, ids.into_iter().collect());
}

#[test]
fn a_memory_keeps_all_that_was_given_and_only_its_owner_may_read_it() {
    let outbox = Outbox::new();
    let ran =
        outbox.run(["add", "-p", "web", "--meta", "kind=note", "--meta", "a=b=c", " two\nlines\n"]).ok();
    let id = ran.stdout.trim_end();
    let entry = outbox.show(id);
    assert_eq!(entry["content"], " two\nlines\n");
    assert_eq!(entry["project_id"], "web");
    assert_eq!(entry["metadata"], serde_json::json!({"kind": "note", "a": "b=c"}));
    assert_eq!((&entry["state"], &entry["retries"]), (&"pending".into(), &0.into()));
    assert_eq!(outbox.run(["show", "--content", id]).ok().stdout, " two\nlines\n");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(outbox.folder()), 0o700);
    assert_eq!(mode(outbox.folder().join(format!("new/{id}.json"))), 0o600);
    assert_eq!(TestEnv::names_in(&outbox.folder().join("tmp")), [""; 0]);
}

#[test]
fn standard_input_is_one_memory_or_one_a_line() {
    let outbox = Outbox::new();
    let input = |args: &[&str], input: &str| {
        let args = ["queue", "add", "-p", "web"].iter().chain(args);
        outbox.env.run_with_input(args, input.as_bytes())
    };
    let id = input(&[], "one\ntwo\n").ok().stdout;
    assert_eq!(outbox.show(id.trim_end())["content"], "one\ntwo");
    let ids = input(&["--lines"], "three\n\n  \nfour").ok().stdout;
    let contents: Vec<_> = ids.lines().map(|id| outbox.show(id)["content"].clone()).collect();
    assert_eq!(contents, ["three", "four"]);
    let json = input(&["--json"], "five").ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(outbox.show(json["ids"][0].as_str().unwrap())["content"], "five");
}

#[test]
fn nothing_and_nonsense_are_refused() {
    let outbox = Outbox::new();
    for (args, input, code) in [
        (&["add", "-p", "web", ""][..], "", 65),
        (&["add", "-p", "web"], " \n", 65),
        (&["add", "-p", "web", "--lines"], "\n\n", 65),
        (&["add", "-p", " ", "x"], "", 2),
        (&["add", "x"], "", 2),
        (&["add", "-p", "web", "--meta", "x", "x"], "", 2),
        (&["add", "-p", "web", "--meta", "aimem_id=1", "x"], "", 2),
    ] {
        let args = ["queue"].iter().chain(args);
        let ran = outbox.env.run_with_input(args, input.as_bytes()).expect(code);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains("error: "), "{}", ran.stderr);
    }
    let ran =
        outbox.env.run_with_input(["queue", "add", "-p", "web", "--lines"], b"one\n\xff\ntwo\n").expect(65);
    assert!(ran.stderr.contains("line 2"), "{}", ran.stderr);
    // What was told to be saved is saved.
    assert_eq!(outbox.ids("new"), ran.stdout.lines().map(str::to_owned).collect());
    assert_eq!(ran.stdout.lines().count(), 1);
}

/// It would be another outbox in every folder: a worker would not find what was saved.
#[test]
fn a_relative_outbox_is_refused() {
    let outbox = Outbox::new();
    for name in ["AIMEM_QUEUE", "HOME", "XDG_CONFIG_HOME"] {
        let mut command = outbox.queue(["add", "-p", "web", "one"]);
        let ran = Ran::of(command.env_remove("AIMEM_QUEUE").env(name, "here").output().unwrap()).expect(2);
        assert!(ran.stderr.contains(name) && ran.stderr.contains("absolute"), "{name}: {}", ran.stderr);
    }
    assert_eq!(TestEnv::names_in(&outbox.env.path("")), [""; 0]);
}

#[test]
fn limits_refuse_and_nothing_is_dropped_for_them() {
    let outbox = Outbox::new();
    let first = outbox.add("one");
    outbox.run(["add", "-p", "web", "--max-entries", "2", "two"]).ok();
    let ran = outbox.run(["add", "-p", "web", "--max-entries", "2", "three"]).expect(73);
    assert!(ran.stderr.contains("the outbox is full: this would make 3 entries, and the limit is 2"));
    let ran = outbox.run(["add", "-p", "web", "--max-bytes", "300", "three"]).expect(73);
    assert!(ran.stderr.contains("the limit is 300"), "{}", ran.stderr);
    assert_eq!(outbox.ids("new").len(), 2);
    assert!(outbox.ids("new").contains(&first));
}

#[test]
fn a_slow_producers_lines_are_saved_as_they_come() {
    let outbox = Outbox::new();
    let mut child = outbox.queue(["add", "-p", "web", "--lines"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for number in 0..3 {
        std::io::Write::write_all(&mut input, format!("line {number}\n").as_bytes()).unwrap();
        let id = wait_for_line(&mut child);
        assert_eq!(outbox.show(id.trim_end())["content"], format!("line {number}"));
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_was_printed_survives_a_kill_right_after_it() {
    let outbox = Outbox::new();
    let mut child = outbox.queue(["add", "-p", "web", "--lines"]).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"kept\n").unwrap();
    let id = wait_for_line(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(outbox.show(id.trim_end())["content"], "kept");
}

/// A power cut after the id was printed finds the memory whole; one before finds nothing torn.
fn cut_the_power(outbox: &Outbox) {
    let mut disk = Disk::of(&outbox.env.home());
    let (ran, calls) = record(&outbox.env, ["queue", "add", "-p", "web", "a memory"]);
    let id = ran.ok().stdout.trim_end().to_owned();
    let path = outbox.folder().join(format!("new/{id}.json"));
    let content = fs::read(&path).unwrap();
    let mut look = |found: &Found| {
        let is_whole = found.get(&path).is_none_or(|contents| contents.iter().all(|kept| *kept == content));
        assert!(is_whole, "a torn memory in new/");
    };
    disk.crashes(&mut look);
    let mut steps = 0;
    let mut printed = false;
    for call in &calls {
        if call.name == "write" && call.fd(0) == 1 {
            printed = true;
            disk.crashes(|found| {
                let there =
                    found.get(&path).is_some_and(|contents| contents.iter().all(|kept| *kept == content));
                assert!(there, "the id was printed, and a power cut takes the memory");
            });
        }
        if disk.apply(call) {
            steps += 1;
            disk.crashes(&mut look);
        }
    }
    assert!(printed && steps > 4, "the trace shows no save");
}

#[test]
fn a_saved_memory_survives_a_power_cut() {
    if require("strace") {
        let outbox = Outbox::new();
        cut_the_power(&outbox);
        cut_the_power(&outbox);
    }
}
