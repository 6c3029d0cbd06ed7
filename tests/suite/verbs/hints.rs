//! What somebody is told who has mistaken one thing for another.

use predicates::prelude::*;
use predicates::str::{contains, ends_with};

use crate::common::{Ran, TestEnv, nobodys_env, set_mode};

#[test]
fn whoever_names_the_filter_first_is_told_the_order() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let order = || contains("the file comes first: f.json '.a=1'");
    env.assert(["update", ".a=1", "f.json"]).code(66).stderr(order());
    env.assert(["read", ".a=1", "f.json"]).code(66).stderr(order());
    env.assert(["update", ".a=1", "f.json", "--create"]).code(65).stderr(order());
    // Here nothing was mixed up.
    let other = contains("--create").and(contains("first").not());
    env.assert(["update", "missing.json", ".a=1"]).code(66).stderr(other);
    env.write("g.json", "{}\n");
    env.assert(["update", "g.json", "f.json"]).code(65).stderr(contains("first").not());
    assert_eq!(TestEnv::names_in(&env.path("")), ["f.json", "g.json"]);
}

/// Which hint is given hangs on what went wrong, not on what the message's words happen to name.
#[test]
fn a_file_with_the_name_of_a_phrase_changes_no_hint() {
    let env = TestEnv::new();
    for name in ["the default", "the value of $x", "the start given with --create"] {
        env.write(name, "{");
    }
    env.write("f.json", "{}");
    let nothing = || ends_with("hint: nothing was written; a text in JSON stands in double quotes\n");
    env.assert(["read", "missing", "--default", "{"]).code(65).stderr(nothing());
    env.assert(["update", "f.json", ".a = $x", "--argjson", "x", "{"]).code(65).stderr(nothing());
    env.assert(["update", "missing", "--create={", "."]).code(65).stderr(nothing());
    let as_text = contains("/the default' --pipe --text -- COMMAND\n");
    env.assert(["update", "the default", "."]).code(65).stderr(as_text);
    env.write("the default.json", "{");
    let restore = contains("aimem restore '").and(ends_with("/the default.json'\n"));
    env.assert(["update", "the default.json", "."]).code(65).stderr(restore);
}

#[test]
fn a_dash_is_no_standard_input_and_makes_no_file() {
    let env = TestEnv::new();
    for args in [
        vec!["read", "-"],
        vec!["read", "-", "."],
        vec!["update", "-", "."],
        vec!["update", "-", ".", "--create"],
        vec!["write", "-"],
        vec!["write", "-", "--content", "x"],
    ] {
        let ran = env.run_with_input(&args, b"{}").expect(66);
        assert!(ran.stderr.contains("aimem write FILE"), "{args:?}: {}", ran.stderr);
        assert_eq!(TestEnv::names_in(&env.path("")), [""; 0], "{args:?}");
    }
    env.run(["write", "./-", "--content", "[]"]).ok();
    assert_eq!(env.run(["read", "-", "--raw"]).ok().stdout, "[]");
    env.run(["update", "-", ". + [1]"]).ok();
}

#[test]
fn whoever_only_reads_needs_no_place_for_a_lock() {
    let Some(env) = nobodys_env() else { return };
    env.write("f.json", "{}\n");
    let run = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    run(&["read", "f.json", "--locked"]).ok();
    // Once with a root that is there, and once without one.
    std::os::unix::fs::chown(env.locks(), Some(0), Some(0)).unwrap();
    std::fs::remove_dir_all(env.locks().join(".guards")).unwrap();
    set_mode(&env.locks(), 0o555);
    let check = || {
        let ran = run(&["read", "f.json", "--locked"]).expect(77);
        assert!(ran.stderr.contains("AIMEM_LOCK_DIR"), "{}", ran.stderr);
        run(&["read", "f.json"]).ok();
    };
    check();
    std::fs::remove_dir_all(env.locks()).unwrap();
    set_mode(env.locks().parent().unwrap(), 0o555);
    std::os::unix::fs::chown(env.locks().parent().unwrap(), Some(0), Some(0)).unwrap();
    check();
}

#[test]
fn a_held_lock_is_held_for_a_time() {
    let env = TestEnv::new();
    let holder = env.hold("f");
    let said = env.run(["lock", "status", "f"]).expect(1).stdout;
    assert!(said.contains(") for ") && !said.contains("since"), "{said}");
    holder.end().ok();
}

#[test]
fn words_that_people_try_name_the_verb_that_is_meant() {
    let env = TestEnv::new();
    for (line, meant) in [
        ("with f.json -- true", "aimem lock with FILE -- COMMAND"),
        ("acquire f.json --ttl 5s", "aimem lock acquire FILE"),
        ("release f.json", "aimem lock release ID"),
        ("status f.json", "aimem lock status FILE"),
        ("status", "aimem queue status"),
        ("get f.json .a", "aimem read FILE [FILTER]"),
        ("set f.json .a=1", "aimem update FILE"),
        ("lock show", "aimem locks show"),
        ("lock list", "aimem locks show"),
        ("locks list", "aimem locks show"),
        ("locks shwo", "did you mean aimem locks show?"),
        ("updaet f.json .", "did you mean aimem update?"),
        ("man lock show", "aimem locks show"),
        ("man foo", "aimem --help lists them"),
        ("help zzz", "aimem --help lists them"),
        ("queue zzz", "aimem queue --help lists them"),
    ] {
        let ran = env.run(line.split(' ')).expect(2);
        assert_eq!(ran.stdout, "", "{line}");
        let mut said = ran.stderr.lines();
        assert!(said.next().unwrap().starts_with("error: there is no verb "), "{line}: {}", ran.stderr);
        let hint = said.next().unwrap();
        assert!(hint.starts_with("hint: ") && hint.contains(meant), "{line}: {}", ran.stderr);
        assert_eq!(said.next(), None, "{line}");
    }
}

#[test]
fn help_may_stand_first() {
    let env = TestEnv::new();
    for verb in [&[][..], &["update"], &["lock", "with"], &["queue"]] {
        let asked = env.run([&["help"], verb].concat()).ok();
        assert_eq!(asked.stdout, env.run([verb, &["--help"]].concat()).ok().stdout);
        assert_eq!(asked.stderr, "");
    }
}

/// Whoever updates ten files in a loop wants to know which one.
#[test]
fn a_filter_that_fails_names_the_file() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": [1]}\n");
    env.write("f.jsonl", "1\n{}\n");
    for (line, file) in [
        ("update f.json .a.b=1", "f.json"),
        ("read f.json .a.b", "f.json"),
        ("update f.json empty", "f.json"),
        ("read -s f.jsonl .a", "f.jsonl"),
        ("update f.jsonl .a=1", "f.jsonl"),
    ] {
        let ran = env.run(line.split(' ')).expect(65);
        assert!(ran.stderr.lines().next().unwrap().contains(file), "{line}: {}", ran.stderr);
    }
    // A filter that is wrong in itself has nothing to do with the file.
    let ran = env.run(["update", "f.json", ".a["]).expect(65);
    assert!(!ran.stderr.lines().next().unwrap().contains("f.json"), "{}", ran.stderr);
}
