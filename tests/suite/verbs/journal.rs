//! The journal of locks, and what reads it: `locks log` and `locks check`.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::common::{Holder, Ran, STAY, TestEnv, eventually};

fn journal(env: &TestEnv) -> PathBuf {
    env.locks().join("journal.jsonl")
}

fn log(env: &TestEnv) -> Vec<Value> {
    serde_json::from_str(&env.run(["locks", "log", "--json"]).ok().stdout).unwrap()
}

fn line(time: &str, event: &str, target: &str, client: &str, waited: f64) -> String {
    let record = serde_json::json!({
        "time": time, "event": event, "target": target, "pid": 1, "client": client, "waited_seconds": waited,
    });
    format!("{record}\n")
}

fn ago(seconds: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds)).to_string()
}

#[test]
fn the_ordinary_path_writes_nothing() {
    let env = TestEnv::new();
    env.write("f.json", "{}");
    env.run(["lock", "with", "f.json", "--", "true"]).ok();
    env.run(["update", "f.json", ".a = 1"]).ok();
    let id = env.run(["lock", "acquire", "f.json", "--ttl", "1m"]).ok().stdout;
    env.run(["lock", "renew", id.trim(), "--ttl", "1m"]).ok();
    env.run(["lock", "with", "f.json", "-n", "--", "true"]).expect(75);
    env.run(["lock", "release", id.trim()]).ok();
    assert!(!journal(&env).exists());
    assert!(env.run(["locks", "log"]).ok().stderr.contains("nothing on record"));
}

#[test]
fn a_timeout_says_who_waited_for_whom_and_how_long() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    let args = ["lock", "with", "f", "-w", "120ms", "--client", "editor", "--", "true"];
    env.run(args).expect(75);
    let log = log(&env);
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!((&log[0]["event"], &log[0]["client"]), (&"timeout".into(), &"editor".into()));
    assert!(log[0]["holder"].as_str().unwrap().starts_with(&format!("pid {} (", holder.pid)), "{log:?}");
    assert!(log[0]["waited_seconds"].as_f64().unwrap() >= 0.12, "{log:?}");
    assert!(log[0]["target"].as_str().unwrap().ends_with("/work/f"), "{log:?}");
    assert_ne!(log[0]["pid"], 0);
    let text = env.run(["locks", "log"]).ok().stdout;
    assert!(text.contains("timeout") && text.contains("(editor)") && text.contains("held by pid"), "{text}");
}

#[test]
fn a_takeover_says_of_whom_and_why_and_so_does_a_cleanup() {
    let env = TestEnv::new();
    env.write("f", "");
    for reap in [&["lock", "with", "f", "--", "true"][..], &["locks", "cleanup"]] {
        let before = log(&env).len();
        let args = ["lock", "with", "f", "--close", "--client", "doomed", "--", "sh", "-c", STAY];
        let mut holder = Holder::start(&mut env.aimem(args));
        let pid = holder.pid;
        holder.kill();
        env.run(reap).ok();
        let log = log(&env);
        assert_eq!(log.len(), before + 1, "{log:?}");
        let record = log.last().unwrap();
        assert_eq!(record["event"], "takeover");
        let holder = record["holder"].as_str().unwrap();
        assert!(holder.starts_with(&format!("pid {pid} (doomed")), "{holder}");
        assert!(record["why"].as_str().unwrap().contains("gone"), "{record}");
    }
}

#[test]
fn a_lost_lock_is_on_record() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    env.run(["lock", "break", "f"]).ok();
    holder.end().expect(76);
    let events: Vec<Value> = log(&env).iter().map(|record| record["event"].clone()).collect();
    assert_eq!(events, ["break", "lost"]);
}

#[test]
fn a_wait_of_more_than_a_second_is_on_record_and_a_shorter_one_is_not() {
    let env = TestEnv::new();
    env.write("f", "");
    for (stay, records) in [("300ms", 0), ("3s", 1)] {
        // The lease ends the holding at a known time, whatever the load.
        env.run(["lock", "acquire", "f", "--ttl", stay]).ok();
        env.run(["lock", "with", "f", "--", "true"]).ok();
        let waited: Vec<Value> = log(&env).into_iter().filter(|record| record["event"] == "waited").collect();
        assert_eq!(waited.len(), records, "{waited:?}");
        if records == 1 {
            assert!(waited[0]["waited_seconds"].as_f64().unwrap() >= 1.0);
        }
    }
}

#[test]
fn since_leaves_out_what_is_older_and_a_torn_line_hurts_nobody() {
    let env = TestEnv::new();
    env.make_root();
    let text = [
        line(&ago(7200), "timeout", "/old", "a", 1.0),
        "{\"time\":\"2026-01-01T00:00:00Z\",\"event\":\"time\n".to_owned(),
        line(&ago(60), "timeout", "/new", "a", 1.0),
        "{\"half".to_owned(),
    ];
    fs::write(journal(&env), text.concat()).unwrap();
    assert_eq!(log(&env).len(), 2);
    let recent = env.run(["locks", "log", "--since", "1h", "--json"]).ok().stdout;
    let recent: Vec<Value> = serde_json::from_str(&recent).unwrap();
    assert_eq!(recent.len(), 1);
    assert_eq!(recent[0]["target"], "/new");
}

#[test]
fn the_summary_counts_by_target_and_client_with_percentiles() {
    let env = TestEnv::new();
    env.make_root();
    let mut text = String::new();
    for waited in 1..=100 {
        text += &line(&ago(60), "timeout", "/f", "a", f64::from(waited));
    }
    text += &line(&ago(60), "waited", "/f", "b", 3.0);
    text += &serde_json::json!({"time": ago(60), "event": "break", "target": "/f", "pid": 1}).to_string();
    fs::write(journal(&env), text).unwrap();
    let summary = env.run(["locks", "log", "--summary", "--json"]).ok().stdout;
    let summary: Vec<Value> = serde_json::from_str(&summary).unwrap();
    let of = |client: Value| summary.iter().find(|line| line["client"] == client).unwrap();
    let a = of("a".into());
    assert_eq!((&a["target"], &a["counts"]["timeout"]), (&"/f".into(), &100.into()));
    assert_eq!((&a["wait_p50_seconds"], &a["wait_p99_seconds"]), (&50.0.into(), &99.0.into()));
    assert_eq!(of("b".into())["counts"]["waited"], 1);
    assert_eq!(of(Value::Null)["counts"]["break"], 1);
    let table = env.run(["locks", "log", "--summary"]).ok().stdout;
    assert!(table.starts_with("FILE") && table.contains("P99"), "{table}");
}

#[test]
fn many_writers_mix_no_lines_and_a_full_file_is_put_aside_without_loss() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    // Nearly full, so that the writers below fill it at about the same time.
    let old = line(&ago(9), "timeout", "/old", "a", 1.0);
    let count = (1 << 20) / old.len() - 4;
    fs::write(journal(&env), old.repeat(count)).unwrap();
    let waiters: Vec<_> = (0..24)
        .map(|at| {
            let client = format!("client-{at}");
            env.aimem(["lock", "with", "f", "-w", "100ms", "--client", &client, "--", "true"])
                .spawn()
                .unwrap()
        })
        .collect();
    for waiter in waiters {
        Ran::of(waiter.wait_with_output().unwrap()).expect(75);
    }
    holder.end().ok();
    let log = log(&env);
    let mut clients: Vec<&str> = log.iter().filter_map(|record| record["client"].as_str()).collect();
    clients.retain(|client| client.starts_with("client-"));
    clients.sort_unstable();
    clients.dedup();
    assert_eq!((log.len(), clients.len()), (count + 24, 24));
    let aside = TestEnv::names_in(&env.locks());
    let aside = aside.iter().filter(|name| name.starts_with("journal.") && *name != "journal.jsonl");
    assert_eq!(aside.count(), 1, "one file is full");
    assert!(fs::metadata(journal(&env)).map_or(0, |meta| meta.len()) < 1 << 19);
}

#[test]
fn the_oldest_files_go_when_there_are_many() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    for at in 0..6 {
        fs::write(
            env.locks().join(format!("journal.{at:015}-1.jsonl")),
            line(&ago(9), "lost", "/f", "a", 1.0),
        )
        .unwrap();
    }
    fs::write(journal(&env), line(&ago(9), "timeout", "/old", "a", 1.0).repeat(12_000)).unwrap();
    env.run(["lock", "with", "f", "-w", "10ms", "--", "true"]).expect(75);
    holder.end().ok();
    let names = TestEnv::names_in(&env.locks());
    let is_aside = |name: &&String| name.starts_with("journal.") && *name != "journal.jsonl";
    let kept: Vec<&String> = names.iter().filter(is_aside).collect();
    assert_eq!(kept.len(), 4, "{kept:?}");
    assert!(!names.contains(&"journal.000000000000000-1.jsonl".to_owned()), "{kept:?}");
}

#[test]
fn check_fails_for_stale_and_old_locks_and_for_many_timeouts() {
    let env = TestEnv::new();
    env.write("f", "");
    env.run(["locks", "check"]).ok();
    let mut holder = Holder::start(&mut env.aimem(["lock", "with", "f", "--close", "--", "sh", "-c", STAY]));
    env.run(["locks", "check"]).ok();
    eventually("it is older than that", || {
        let ran = env.run(["locks", "check", "--max-age", "50ms", "--json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["ok"], ran.code == 0);
        ran.code == 1 && report["old"].as_array().unwrap().len() == 1
    });
    env.run(["lock", "with", "f", "-w", "10ms", "--", "true"]).expect(75);
    env.run(["lock", "with", "f", "-w", "10ms", "--", "true"]).expect(75);
    env.run(["locks", "check", "--max-timeouts", "2"]).ok();
    let ran = env.run(["locks", "check", "--max-timeouts", "1"]).expect(1);
    assert!(ran.stderr.contains("2 waits timed out"), "{}", ran.stderr);
    holder.kill();
    eventually("its lock is stale", || env.verdict("f") == "stale");
    let ran = env.run(["locks", "check"]).expect(1);
    assert!(ran.stdout.contains("stale"), "{}", ran.stdout);
}

#[test]
fn only_the_timeouts_of_the_last_hour_count() {
    let env = TestEnv::new();
    env.make_root();
    let text =
        line(&ago(3700), "timeout", "/f", "a", 1.0).repeat(9) + &line(&ago(3500), "timeout", "/f", "a", 1.0);
    fs::write(journal(&env), text).unwrap();
    env.run(["locks", "check", "--max-timeouts", "1"]).ok();
    env.run(["locks", "check", "--max-timeouts", "0"]).expect(1);
}

#[test]
fn no_number_in_the_journal_is_too_large_or_too_small() {
    let env = TestEnv::new();
    env.make_root();
    let times = ["-1", "-1e308", "1e308", "1e9", "1.5", "1e-300", "0", "null", "18446744073709551616"];
    let text: String = times
        .iter()
        .map(|waited| {
            format!(
                "{{\"time\":\"{}\",\"event\":\"waited\",\"pid\":1,\"waited_seconds\":{waited}}}\n",
                ago(9)
            )
        })
        .collect();
    let ends = "{\"time\":\"9999-12-30T22:00:00.999999999Z\",\"event\":\"waited\",\"pid\":1,\"waited_seconds\":9}\n\
                {\"time\":\"-009999-01-02T01:59:59Z\",\"event\":\"lost\",\"pid\":4294967295,\"expired\":\"-009999-01-02T01:59:59Z\"}\n";
    let long = format!("{{\"why\":\"{}\"}}\n", "x".repeat(1 << 20));
    fs::write(journal(&env), text + ends + &long).unwrap();
    assert_eq!(log(&env).len(), times.len() + 2);
    let shown = env.run(["locks", "log"]).ok().stdout;
    assert_eq!(shown.matches(" after ").count(), 5, "{shown}");
    for args in
        [&["locks", "log", "--summary"][..], &["locks", "log", "--since", "365d"], &["locks", "check"]]
    {
        env.run(args).ok();
    }
}
