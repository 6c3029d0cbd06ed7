//! Clocks that stand elsewhere, and servers that name times far ahead: nothing is put off by more
//! than an hour, and nothing is lost.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::common::http::{Reply, Server};
use crate::common::queue::Outbox;
use crate::common::{FAKETIME, Ran, aimem_path, require};

fn later(text: &str) -> Server {
    let header = vec![format!("Retry-After: {text}")];
    Server::uploads(move |_| Reply::Answer(503, header.clone(), String::new()))
}

/// `aimem queue …` under a clock that is so far off.
fn at(outbox: &Outbox, offset: &str, server: &Server, args: &[&str]) -> Ran {
    let mut command = outbox.env.command(FAKETIME[0]);
    command.args(&FAKETIME[1..]).arg(offset).arg(aimem_path()).arg("queue").args(args);
    Ran::of(command.env("AIMEM_MEM0_URL", server.url()).output().unwrap())
}

#[test]
fn no_server_parks_a_memory_for_more_than_an_hour() {
    for text in [
        "18446744073709551615",
        "184467440737095516150",
        "3601",
        "Thu, 30 Dec 9999 12:00:00 GMT",
        "Sun, 01 Jan 2090 00:00:00 GMT",
    ] {
        let server = later(text);
        let mut outbox = Outbox::with(&server);
        let id = outbox.add("kept");
        outbox.run(["work"]).expect(1);
        let until: Timestamp = outbox.show(&id)["not_before"].as_str().unwrap().parse().unwrap();
        let ahead = until.duration_since(Timestamp::now());
        assert!(ahead > SignedDuration::ZERO && ahead <= SignedDuration::from_hours(1), "{text}: {until}");
        // The next run leaves it alone, says so, and is not content.
        let ran = outbox.run(["work"]).expect(1);
        let wanted = format!("note: 1 entry waits for a later time, the first until {until:.0};");
        assert!(ran.stderr.contains(&wanted), "{}", ran.stderr);
        assert_eq!(server.posts().len(), 1);
        let ran = outbox.run(["retry", "--all"]).ok();
        assert!(ran.stderr.contains("1 to be tried by the next run"), "{}", ran.stderr);
        let fine = Server::fine();
        outbox.use_server(&fine);
        outbox.run(["work"]).ok();
        assert_eq!(outbox.delivered(), [id]);
    }
}

#[test]
fn what_was_parked_under_another_clock_is_due() {
    if !require("faketime") {
        return;
    }
    for (offset, back) in [("+14y", true), ("-20y", false)] {
        let server = later("1800");
        let mut outbox = Outbox::with(&server);
        let ids = outbox.add_many(2);
        at(&outbox, offset, &server, &["work"]).expect(1);
        // Saved while the clock stood elsewhere.
        let odd = at(&outbox, offset, &server, &["add", "-p", "web", "odd"]).ok().stdout;
        let fine = Server::fine();
        outbox.use_server(&fine);
        outbox.run(["work"]).ok();
        let mut wanted = ids;
        wanted.push(odd.trim_end().to_owned());
        wanted.sort();
        assert_eq!(outbox.delivered(), wanted);
        // What is told does not come from the future either.
        let text = outbox.run(["status"]).stdout;
        assert!(!back || !text.contains("since 204"), "{text}");
    }
}

#[test]
fn the_dead_of_another_clock_are_tried_again() {
    if !require("faketime") {
        return;
    }
    let server = Server::uploads(|_| crate::common::http::status(500, ""));
    let mut outbox = Outbox::with(&server);
    let id = outbox.add("kept");
    for _ in 0..2 {
        at(&outbox, "+14y", &server, &["work", "--tries", "1"]).expect(1);
    }
    assert!(outbox.show(&id)["not_before"].as_str().unwrap().starts_with("20"), "it rests");
    let fine = Server::fine();
    outbox.use_server(&fine);
    outbox.run(["work"]).ok();
    assert_eq!(outbox.delivered(), [id]);
}

/// A state that a clock in 2040 has left.
#[test]
fn times_of_the_state_count_for_an_hour_ahead_at_most() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    outbox.add("one");
    let far = "2040-01-01T00:00:00Z";
    let state = json!({
        "last_success": far,
        "last_error": {"at": far, "id": null, "message": "old"},
        "health": {"up": true, "at": far, "since": far, "problem": null},
    });
    fs::write(outbox.folder().join("state.json"), state.to_string()).unwrap();
    let report = outbox.status();
    let limit = Timestamp::now() + SignedDuration::from_hours(1);
    for time in [&report["last_success"], &report["last_error"]["at"], &report["server"]["since"]] {
        assert!(time.as_str().unwrap().parse::<Timestamp>().unwrap() <= limit, "{report}");
    }
    assert_eq!(report["server"]["age_seconds"], 0);
    outbox.run(["work"]).ok();
    let since: Timestamp = outbox.status()["server"]["since"].as_str().unwrap().parse().unwrap();
    assert!(since <= Timestamp::now(), "{since}");
    let numbers = outbox.run(["status", "--prometheus"]).ok().stdout;
    assert!(!numbers.contains("2208988800"), "{numbers}");
}

/// Of a worker that was killed, too.
#[test]
fn retry_all_reaches_all_that_waits() {
    let server = later("3600");
    let outbox = Outbox::with(&server);
    let (parked, claimed) = (outbox.add("parked"), outbox.add("claimed"));
    outbox.run(["work"]).expect(1);
    let folder = outbox.folder().join("inflight/01KA0000000000000000000007");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("worker"), "").unwrap();
    let name = format!("{claimed}.json");
    fs::rename(outbox.folder().join("new").join(&name), folder.join(&name)).unwrap();
    let ran = outbox.run(["retry", "--all"]).ok();
    assert!(ran.stderr.contains("2 to be tried"), "{}", ran.stderr);
    for id in [parked, claimed] {
        let entry: Value = outbox.show(&id);
        assert_eq!((&entry["state"], &entry["not_before"]), (&"pending".into(), &Value::Null));
    }
}
