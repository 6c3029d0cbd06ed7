//! `--json`: what a verb did, and what went wrong, for programs.

use serde_json::Value;

use crate::common::{Ran, TestEnv, dead_pid, require_dead_scripts, script_info};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_change_is_reported_with_both_tags() {
    let env = TestEnv::new();
    let tag = |name: &str| env.run(["read", "--etag", name]).ok().stdout.trim().to_owned();
    env.run(["write", "f.json", "--content", "{\"n\": 1}\n"]).ok();
    let before = tag("f.json");
    let report = parsed(&env.run(["update", "f.json", ".n = 2.50", "--json", "--return", ".n"]).ok().stdout);
    assert_eq!(report["changed"], true);
    assert_eq!(report["etag_before"], before);
    assert_eq!(report["etag_after"], tag("f.json"));
    assert!(report["file"].as_str().unwrap().ends_with("/f.json"));
    assert!(report["waited_ms"].is_u64() && report["taken_over"].is_null(), "{report}");
    assert_eq!(report["returned"], parsed("[2.50]"));
    let report = parsed(&env.run(["write", "new.txt", "--content", "x", "--json"]).ok().stdout);
    assert_eq!((&report["etag_before"], &report["changed"]), (&Value::Null, &Value::Bool(true)));
    let report = parsed(&env.run(["write", "new.txt", "--content", "x", "--json"]).ok().stdout);
    assert_eq!((&report["etag_before"], &report["changed"]), (&report["etag_after"], &Value::Bool(false)));
}

#[test]
fn an_error_is_one_line_of_json_that_names_the_holder() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    env.run(["lock", "acquire", "f.json", "--ttl", "10m", "--client", "agent-7"]).ok();
    for args in [
        vec!["update", "f.json", ".a = 1", "--json", "-n"],
        vec!["write", "f.json", "--content", "{}", "--json", "-n"],
        vec!["read", "f.json", "--json", "--locked", "-n"],
        vec!["lock", "acquire", "f.json", "--json", "-n"],
        vec!["lock", "wait", "f.json", "--json", "-n"],
        vec!["lock", "with", "f.json", "--json", "-n", "--", "true"],
    ] {
        let ran = env.run(&args).expect(75);
        assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1), "{args:?}: {}", ran.stderr);
        let error = parsed(&ran.stderr);
        assert_eq!((&error["kind"], &error["exit"]), (&"busy".into(), &75.into()), "{args:?}");
        assert!(error["file"].as_str().unwrap().ends_with("f.json"), "{error}");
        assert!(error["holder"].as_str().unwrap().contains("agent-7"), "{error}");
        assert!(error["expires"].as_str().unwrap().contains('T'), "{error}");
        assert!(error["hint"].is_string(), "{error}");
    }
    // The kind stays, whatever exit code was chosen for it.
    let error = parsed(&env.run(["update", "f.json", ".", "--json", "-n", "-E", "9"]).expect(9).stderr);
    assert_eq!((&error["kind"], &error["exit"]), (&"busy".into(), &9.into()));
    let error = parsed(&env.run(["update", "none.json", ".", "--json"]).expect(66).stderr);
    assert_eq!((&error["kind"], &error["file"]), (&"no_input".into(), &"none.json".into()));
}

#[test]
fn the_verbs_of_one_lock_report_too() {
    let env = TestEnv::new();
    let report = parsed(&env.run(["lock", "acquire", "f", "--ttl", "10m", "--json"]).ok().stdout);
    let id = report["id"].as_str().unwrap().to_owned();
    assert!(report["expires"].is_string() && report["file"].as_str().unwrap().ends_with("/f"), "{report}");
    let renewed = parsed(&env.run(["lock", "renew", &id, "--ttl", "20m", "--json"]).ok().stdout);
    assert!(renewed["expires"].as_str() > report["expires"].as_str(), "{renewed}");
    assert_eq!(parsed(&env.run(["lock", "release", &id, "--json"]).ok().stdout)["id"], id.as_str());
    let error = parsed(&env.run(["lock", "release", &id, "--json"]).expect(76).stderr);
    assert_eq!(error["kind"], "lost");
    assert!(parsed(&env.run(["lock", "wait", "f", "--json"]).ok().stdout)["waited_ms"].is_u64());
    // Standard output is the command's; the last line of standard error is ours.
    let script = "echo out; echo err >&2; exit 3";
    let ran = env.run(["lock", "with", "f", "g", "--json", "--", "sh", "-c", script]).expect(3);
    assert_eq!(ran.stdout, "out\n");
    let report = parsed(ran.stderr.lines().last().unwrap());
    assert_eq!((&report["exit"], &report["lost"]), (&3.into(), &false.into()));
    assert_eq!(report["locks"].as_array().unwrap().len(), 2);
}

#[test]
fn a_filter_on_lines_reports_all_results() {
    let env = TestEnv::new();
    env.write("l.jsonl", "{\"a\": 1}\n\n{\"a\": \"é\"}\n");
    let report = parsed(&env.run(["read", "l.jsonl", ".a", "--json"]).ok().stdout);
    assert_eq!(report["results"], serde_json::json!([1, "é"]), "{report}");
    assert!(report["etag"].is_string(), "{report}");
    let all = parsed(&env.run(["read", "l.jsonl", "length", "--json", "-s"]).ok().stdout);
    assert_eq!(all["results"], serde_json::json!([2]), "{all}");
    // What is left out is an error, and the rest is there.
    env.write("l.jsonl", "{\"a\": 1}\n{\n");
    let ran = env.run(["read", "l.jsonl", ".a", "--json", "-q"]).expect(65);
    assert_eq!(parsed(&ran.stdout)["results"], serde_json::json!([1]), "{}", ran.stdout);
    assert_eq!(parsed(&ran.stderr)["kind"], "data");
}

/// Node's children have a socket there, which cannot be opened by its name.
#[test]
fn a_document_may_come_on_a_socket() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let mut update = env.aimem(["update", "f.json", "$new[0]", "--slurpfile", "new", "/dev/stdin"]);
    let child = update.stdin(std::os::fd::OwnedFd::from(theirs)).spawn().unwrap();
    drop(update);
    std::io::Write::write_all(&mut &ours, b"{\"n\": 1}").unwrap();
    drop(ours);
    Ran::of(child.wait_with_output().unwrap()).ok();
    assert_eq!(env.json("f.json"), serde_json::json!({"n": 1}));
}

#[test]
fn whose_lock_was_taken_over_is_reported() {
    if !require_dead_scripts() {
        return;
    }
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    env.forge("f.json", Some(script_info(dead_pid()).as_bytes()));
    let ran = Ran::of(env.aimem(["update", "f.json", ".a = 1", "--json"]).output().unwrap()).ok();
    assert!(parsed(&ran.stdout)["taken_over"].as_str().unwrap().contains("pid"), "{}", ran.stdout);
}
