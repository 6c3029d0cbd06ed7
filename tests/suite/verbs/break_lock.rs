//! `aimem lock break`: a person knows more than the judge.

use crate::common::{TestEnv, lives};

fn records(env: &TestEnv) -> Vec<serde_json::Value> {
    let log = env.run(["locks", "log", "--json"]).ok().stdout;
    serde_json::from_str(&log).unwrap()
}

#[test]
fn a_broken_lock_is_free_and_the_break_is_on_record() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    let ran = env.run(["lock", "break", "f"]).ok();
    let pid = format!("pid {}", holder.pid);
    assert!(ran.stderr.contains(&pid) && ran.stderr.contains("alive"), "{}", ran.stderr);
    assert_eq!(env.verdict("f"), "free");
    let records = records(&env);
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["event"], "break");
    assert!(records[0]["holder"].as_str().unwrap().starts_with(&pid), "{records:?}");
    assert!(records[0]["why"].as_str().unwrap().starts_with("held: "), "{records:?}");
    assert!(records[0]["target"].as_str().unwrap().ends_with("/work/f"), "{records:?}");
    assert!(lives(holder.pid), "nobody is killed by it");
    holder.end().expect(76);
}

#[test]
fn breaking_what_is_free_says_so_and_records_nothing() {
    let env = TestEnv::new();
    env.write("f", "");
    let ran = env.run(["lock", "break", "f"]).ok();
    assert_eq!(ran.stdout, "");
    env.make_root();
    let ran = env.run(["lock", "break", "f"]).ok();
    assert!(ran.stderr.contains("there was no lock"), "{}", ran.stderr);
    assert_eq!(records(&env).len(), 0);
}

#[test]
fn even_a_lock_of_unknown_kind_is_broken() {
    let env = TestEnv::new();
    env.write("f", "");
    env.make_root();
    let strange = "PID: 1\nTOKEN: ab\nLIVENESS: oracle\nTARGET: /x\n";
    env.forge("f", Some(strange.as_bytes()));
    assert_eq!(env.verdict("f"), "unknown");
    env.run(["lock", "with", "f", "-n", "--", "true"]).expect(75);
    env.run(["lock", "break", "f"]).ok();
    env.run(["lock", "with", "f", "-n", "--", "true"]).ok();
    assert!(records(&env)[0]["why"].as_str().unwrap().starts_with("unknown: "));
    // Not even a directory.
    std::fs::write(env.lock_dir("f"), "what is this").unwrap();
    env.run(["lock", "break", "f"]).ok();
    assert_eq!(env.verdict("f"), "free");
}
