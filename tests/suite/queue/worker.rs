//! Workers: many at once, stopped ones, killed ones, and those that go on for ever.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aimem::sys::process::send_signal;

use crate::common::http::{Reply, Server, fine, status};
use crate::common::queue::Outbox;
use crate::common::{Killed, NOBODY, Ran, TestEnv, aimem_path, eventually, require_root};

const TERM: i32 = 15;
const CONTINUE: i32 = 18;
const STOP: i32 = 19;

fn slow(milliseconds: u64) -> Server {
    Server::uploads(move |_| Reply::After(Duration::from_millis(milliseconds), Box::new(fine())))
}

/// How many entries that worker has claimed.
fn claimed_by(outbox: &Outbox, child: &Child) -> usize {
    let workers = outbox.status()["workers"].as_array().unwrap().clone();
    let ours = workers.iter().filter(|worker| worker["pid"] == child.id());
    ours.map(|worker| worker["entries"].as_u64().unwrap() as usize).sum()
}

/// How many entries are delivered, while workers move them on.
fn delivered(outbox: &Outbox) -> usize {
    outbox.delivered().into_iter().collect::<BTreeSet<_>>().len()
}

/// Stops a worker while it has entries.
fn stop_with_entries(outbox: &Outbox, child: &Child) {
    eventually("a worker is stopped in the middle", || {
        eventually("a worker has entries", || claimed_by(outbox, child) > 0);
        send_signal(child.id(), STOP).unwrap();
        // It stops at its next system call, so look again.
        eventually("it is stopped", || aimem::sys::process::look_up(child.id()).unwrap().stopped);
        let has_some = claimed_by(outbox, child) > 0;
        if !has_some {
            send_signal(child.id(), CONTINUE).unwrap();
        }
        has_some
    });
}

#[test]
fn a_run_says_what_it_delivered_and_what_is_dead() {
    let server =
        Server::uploads(|request| if request.body.contains("bad") { status(400, "no") } else { fine() });
    let outbox = Outbox::with(&server);
    let last = |ran: &Ran| ran.stderr.lines().last().unwrap_or_default().to_owned();
    assert_eq!(last(&outbox.run(["work"]).ok()), "note: nothing to deliver");
    outbox.add_many(4);
    assert_eq!(outbox.run(["work"]).ok().stderr, "note: 4 delivered\n");
    outbox.add("bad one");
    outbox.add("bad two");
    outbox.add("good");
    let ran = outbox.run(["work"]).expect(1);
    assert_eq!(last(&ran), "note: 1 delivered, 2 dead; to see why: aimem queue dead", "{}", ran.stderr);
    // The dead stay dead, and the exit code is explained each time.
    let ran = outbox.run(["work"]).expect(1);
    assert_eq!(ran.stderr, "note: 0 delivered, 2 dead; to see why: aimem queue dead\n");
    // Who is quiet hears of a memory that is given up on all the same, and of nothing else.
    outbox.add("bad three");
    outbox.add("good too");
    let ran = outbox.run(["work", "-q"]).expect(1);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("is given up on"), "{}", ran.stderr);
}

#[test]
fn fifty_savers_a_worker_a_stopped_one_and_a_killed_one() {
    let server = slow(20);
    let outbox = Outbox::with(&server);
    let mut ids: BTreeSet<String> = outbox.add_many(60).into_iter().collect();

    let mut killed = outbox.queue(["work"]).spawn().unwrap();
    stop_with_entries(&outbox, &killed);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let stopped = Killed(outbox.queue(["work"]).spawn().unwrap());
    stop_with_entries(&outbox, &stopped.0);
    let status = outbox.run(["status"]);
    assert!(status.stdout.contains("is stopped; continue it"), "{}", status.stdout);

    let worker = Killed(outbox.queue(["work", "--watch", "--interval", "0.05"]).spawn().unwrap());
    let savers: Vec<_> = (0..50)
        .map(|number| outbox.queue(["add", "-p", "web", &format!("from saver {number}")]).spawn().unwrap())
        .collect();
    for saver in savers {
        let ran = Ran::of(saver.wait_with_output().unwrap()).ok();
        assert!(ids.insert(ran.stdout.trim_end().to_owned()));
    }
    let kept = claimed_by(&outbox, &stopped.0);
    eventually("all but the stopped worker's are delivered", || delivered(&outbox) == ids.len() - kept);
    drop(stopped);
    eventually("all are delivered", || delivered(&outbox) == ids.len());
    drop(worker);
    // It may have been killed between an archived line and the file that it was made of.
    outbox.run(["work"]).ok();
    assert_eq!(outbox.delivered(), ids.iter().cloned().collect::<Vec<_>>(), "each exactly once");
    assert_eq!(outbox.status()["delivered"], ids.len());
    let arrived: BTreeSet<String> = server.posts().iter().map(|post| post.key().to_owned()).collect();
    assert_eq!(arrived, ids);
}

#[test]
fn a_stopped_worker_that_goes_on_delivers_what_it_has() {
    let server = slow(20);
    let outbox = Outbox::with(&server);
    let ids = outbox.add_many(12);
    let mut stopped = outbox.queue(["work"]).spawn().unwrap();
    stop_with_entries(&outbox, &stopped);
    outbox.run(["work"]);
    send_signal(stopped.id(), CONTINUE).unwrap();
    assert!(stopped.wait().unwrap().success());
    assert_eq!(outbox.delivered(), ids);
}

#[test]
fn a_service_delivers_what_comes_and_stops_with_nothing_in_flight() {
    let server = slow(300);
    let outbox = Outbox::with(&server);
    let watch = || outbox.queue(["work", "--watch", "--interval", "0.02"]).spawn().unwrap();
    let service = watch();
    let first = outbox.add("one");
    eventually("it is delivered", || outbox.ids("done").contains(&first));
    let ids = outbox.add_many(30);
    eventually("it works", || !outbox.in_flight().is_empty());
    send_signal(service.id(), TERM).unwrap();
    Ran::of(service.wait_with_output().unwrap()).expect(128 + TERM);
    assert_eq!(outbox.in_flight(), [""; 0]);
    assert_eq!(TestEnv::names_in(&outbox.folder().join("inflight")), [""; 0]);
    assert!(!outbox.ids("new").is_empty(), "this test wants to stop in the middle");
    let again = Killed(watch());
    eventually("the next one goes on", || delivered(&outbox) == 31);
    drop(again);
    let mut all = ids;
    all.push(first);
    all.sort();
    assert_eq!(outbox.delivered(), all);
    // Nothing that was sent was sent again.
    assert_eq!(server.posts().len(), 31);
}

#[test]
fn a_signal_does_not_wait_for_pauses() {
    let server = Server::uploads(|_| Reply::Answer(503, vec!["Retry-After: 60".to_owned()], String::new()));
    let outbox = Outbox::with(&server);
    let id = outbox.add("one");
    let work = outbox.queue(["work"]).spawn().unwrap();
    eventually("it pauses", || outbox.log().contains(" again "));
    send_signal(work.id(), TERM).unwrap();
    Ran::of(work.wait_with_output().unwrap()).expect(128 + TERM);
    let entry = outbox.show(&id);
    assert_eq!((&entry["state"], &entry["retries"]), (&"pending".into(), &1.into()));
    assert_eq!(entry["last_error"], "503 Service Unavailable");
}

#[test]
fn a_service_waits_for_a_server_that_is_down() {
    let up = Arc::new(AtomicBool::new(false));
    let answer = up.clone();
    let server = Server::start(move |_| if answer.load(Ordering::SeqCst) { fine() } else { status(503, "") });
    let outbox = Outbox::with(&server);
    let id = outbox.add("one");
    let service = Killed(outbox.queue(["work", "--watch", "--interval", "0.02"]).spawn().unwrap());
    eventually("it asks again and again", || server.seen().len() > 3);
    assert_eq!(server.posts().len(), 0);
    let state = outbox.status();
    assert_eq!((&state["server"]["up"], &state["pending"]), (&false.into(), &1.into()));
    up.store(true, Ordering::SeqCst);
    eventually("it is delivered", || outbox.ids("done").contains(&id));
    drop(service);
}

#[test]
fn two_services_share_the_work() {
    let (active, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let server = Server::uploads(move |_| {
        seen.fetch_max(active.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        active.fetch_sub(1, Ordering::SeqCst);
        fine()
    });
    let outbox = Outbox::with(&server);
    let ids = outbox.add_many(60);
    let service = || {
        Killed(outbox.queue(["work", "--watch", "--interval", "0.02", "--concurrency", "2"]).spawn().unwrap())
    };
    let both = (service(), service());
    eventually("all are delivered", || delivered(&outbox) == 60);
    drop(both);
    assert_eq!(outbox.delivered(), ids);
    assert_eq!(server.posts().len(), 60);
    assert!(most.load(Ordering::SeqCst) > 2, "only one of them worked");
}

#[test]
fn the_oldest_goes_first_and_the_dead_go_last() {
    let bad = Arc::new(AtomicBool::new(true));
    let refuses = bad.clone();
    let server = Server::uploads(move |request| {
        if request.body.contains("\"bad\"") && refuses.load(Ordering::SeqCst) {
            status(500, "")
        } else {
            fine()
        }
    });
    let outbox = Outbox::with(&server);
    let dead = outbox.add("bad");
    outbox.run(["work", "--tries", "1"]).expect(1);
    assert_eq!(outbox.ids("dead"), [dead.clone()].into());
    let ids = outbox.add_many(5);
    bad.store(false, Ordering::SeqCst);
    outbox.run(["work", "--concurrency", "1"]).ok();
    let order: Vec<String> = server.posts().iter().map(|post| post.key().to_owned()).collect();
    let wanted: Vec<String> = [dead.clone()].into_iter().chain(ids).chain([dead]).collect();
    assert_eq!(order, wanted);
}

#[test]
fn the_dead_are_tried_by_the_next_run_and_then_rest() {
    let server = Server::uploads(|_| status(500, ""));
    let outbox = Outbox::with(&server);
    let id = outbox.add("one");
    let run = |more: &[&str]| {
        let args = ["work", "--tries", "1"].iter().chain(more);
        outbox.run(args).expect(1);
        server.posts().len()
    };
    assert_eq!(run(&[]), 1);
    assert_eq!(run(&["--no-revive"]), 1);
    assert_eq!(run(&[]), 2, "at once the first time");
    assert!(outbox.show(&id)["not_before"].is_string());
    assert_eq!(run(&[]), 2, "then after a pause");
    assert_eq!(outbox.show(&id)["retries"], 1, "with fresh retries");
    outbox.run(["retry", "--all"]).ok();
    assert_eq!(outbox.show(&id)["state"], "pending");
    assert_eq!(run(&[]), 3);
}

#[test]
fn an_entry_that_makes_no_sense_blocks_nobody() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let good = outbox.add("good");
    let broken = "00000000000000000000000001";
    std::fs::write(outbox.folder().join(format!("new/{broken}.json")), "{").unwrap();
    std::fs::write(outbox.folder().join("new/README"), "not an entry").unwrap();
    let ran = outbox.run(["work"]).expect(1);
    assert!(ran.stderr.contains("is put among the dead"), "{}", ran.stderr);
    assert!(outbox.ids("done").contains(&good));
    assert!(outbox.folder().join(format!("dead/{broken}.json")).exists());
    let list = outbox.run(["dead"]).ok().stdout;
    assert!(list.contains(broken) && list.contains("cannot make sense of"), "{list}");
}

#[test]
fn an_entry_that_may_not_be_read_blocks_nobody() {
    if !require_root() {
        return;
    }
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let good = outbox.add("good");
    outbox.env.give_to(NOBODY);
    let foreign = outbox.add("foreign");
    // As a copy made by root is.
    let path = outbox.folder().join(format!("new/{foreign}.json"));
    std::os::unix::fs::chown(path, Some(0), Some(0)).unwrap();
    let mut work = outbox.env.as_user(NOBODY, ["queue", "work"]);
    let ran = Ran::of(work.env("AIMEM_MEM0_URL", server.url()).output().unwrap()).expect(1);
    assert!(ran.stderr.contains(&foreign) && ran.stderr.contains("permission denied"), "{}", ran.stderr);
    assert_eq!(outbox.ids("done"), [good].into());
    assert_eq!(outbox.ids("dead"), [foreign].into());
}

#[test]
fn an_entry_that_is_no_file_blocks_nobody() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let good = outbox.add("good");
    let (pipe, folder) = ("00000000000000000000000001", "00000000000000000000000002");
    let new = |name: &str| outbox.folder().join(format!("new/{name}.json"));
    assert!(outbox.env.command("mkfifo").arg(new(pipe)).status().unwrap().success());
    std::fs::create_dir(new(folder)).unwrap();
    for verb in ["list", "export"] {
        let mut command = outbox.env.command("timeout");
        command.args(["10"]).arg(aimem_path()).args(["queue", verb]);
        assert!(Ran::of(command.output().unwrap()).ok().stdout.contains(&good), "{verb}");
    }
    let mut command = outbox.env.command("timeout");
    command.args(["-k", "1", "10"]).arg(aimem_path()).args(["queue", "work"]);
    let ran = Ran::of(command.env("AIMEM_MEM0_URL", server.url()).output().unwrap()).expect(1);
    assert!(ran.stderr.contains("it is not a regular file"), "{}", ran.stderr);
    assert_eq!(outbox.ids("done"), [good].into());
    let dead = TestEnv::names_in(&outbox.folder().join("dead"));
    assert_eq!(dead, [format!("{pipe}.json"), format!("{folder}.json")]);
}

#[test]
fn what_a_killed_process_left_beside_the_state_is_removed() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    outbox.add("one");
    std::fs::write(outbox.folder().join(".state.json.0123ab.aimem-tmp"), "{").unwrap();
    outbox.run(["work"]).ok();
    let names = TestEnv::names_in(&outbox.folder());
    assert!(names.iter().all(|name| !name.ends_with(".aimem-tmp")), "{names:?}");
}

#[test]
fn the_last_hundred_stay_as_files_and_the_rest_is_archived_once() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let mut ids = outbox.add_many(130);
    outbox.run(["work"]).ok();
    ids.extend(outbox.add_many(20));
    outbox.run(["work"]).ok();
    assert_eq!(outbox.ids("done").len(), 100);
    assert_eq!(outbox.archive().len(), 50);
    assert_eq!(outbox.delivered(), ids);
    assert_eq!(outbox.status()["delivered"], 150);
    let line = &outbox.archive()[0];
    assert!(line["content"].is_string() && line["delivered_at"].is_string(), "{line}");
}

#[test]
fn what_is_cancelled_is_not_sent_and_not_thrown_away() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    let ids = outbox.add_many(2);
    outbox.run(["cancel", &ids[0]]).ok();
    outbox.run(["work"]).ok();
    assert_eq!(outbox.delivered(), [ids[1].clone()]);
    assert_eq!(server.posts().len(), 1);
    assert_eq!((&outbox.archive()[0]["id"], outbox.archive().len()), (&ids[0].as_str().into(), 1));
    assert!(outbox.archive()[0]["cancelled_at"].is_string());
    assert_eq!(outbox.status()["total_queued"], 2);
    for (args, why) in [
        (["cancel", &ids[1]], "this one is delivered"),
        (["retry", &ids[1]], "this one is delivered"),
        (["cancel", &ids[0]], "there is no such entry"),
        (["show", "nonsense"], "there is no such entry"),
    ] {
        let ran = outbox.run(args).expect(66);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
}

#[test]
fn the_log_is_one_line_an_event_in_both_forms() {
    let server =
        Server::uploads(|request| if request.body.contains("bad") { status(400, "n\no") } else { fine() });
    let outbox = Outbox::with(&server);
    outbox.add("bad");
    outbox.add("good");
    outbox.run(["work", "--log-format", "json"]).expect(1);
    let text = outbox.log();
    let events: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["begun", "dead", "delivered"]);
    assert!(!text.contains("content"), "{text}");
    assert!(Path::new(&outbox.old().join("logs/mem0_worker.log")).exists());
}
