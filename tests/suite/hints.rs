//! What somebody is told who has mistaken one thing for another.

use super::common::{Ran, TestEnv, nobodys_env, set_mode};

#[test]
fn whoever_names_the_filter_first_is_told_the_order() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    for args in [vec!["update", ".a=1", "f.json"], vec!["read", ".a=1", "f.json"]] {
        let ran = env.run(&args).expect(66);
        assert!(ran.stderr.contains("the file comes first: f.json '.a=1'"), "{args:?}: {}", ran.stderr);
    }
    let ran = env.run(["update", ".a=1", "f.json", "--create"]).expect(65);
    assert!(ran.stderr.contains("the file comes first: f.json '.a=1'"), "{}", ran.stderr);
    // Here nothing was mixed up.
    let ran = env.run(["update", "missing.json", ".a=1"]).expect(66);
    assert!(ran.stderr.contains("--create") && !ran.stderr.contains("first"), "{}", ran.stderr);
    env.write("g.json", "{}\n");
    let ran = env.run(["update", "g.json", "f.json"]).expect(65);
    assert!(!ran.stderr.contains("first"), "{}", ran.stderr);
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
    for args in [
        vec!["read", "missing", "--default", "{"],
        vec!["update", "f.json", ".a = $x", "--argjson", "x", "{"],
        vec!["update", "missing", "--create={", "."],
    ] {
        let ran = env.run(&args).expect(65);
        assert!(ran.stderr.ends_with("hint: nothing was written\n"), "{args:?}: {}", ran.stderr);
    }
    let ran = env.run(["update", "the default", "."]).expect(65);
    assert!(
        ran.stderr.contains("aimem restore '") && ran.stderr.ends_with("/the default'\n"),
        "{}",
        ran.stderr
    );
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
fn whoever_only_reads_is_told_that_it_goes_without_the_lock() {
    let Some(env) = nobodys_env() else { return };
    env.write("f.json", "{}\n");
    let run = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    run(&["read", "f.json"]).ok();
    // Once with a root that is there, and once without one.
    std::os::unix::fs::chown(env.locks(), Some(0), Some(0)).unwrap();
    std::fs::remove_dir_all(env.locks().join(".guards")).unwrap();
    set_mode(&env.locks(), 0o555);
    let told = || {
        let ran = run(&["read", "f.json"]).expect(77);
        assert!(ran.stderr.contains("--no-lock") && ran.stderr.contains("AIMEM_LOCK_DIR"), "{}", ran.stderr);
    };
    told();
    std::fs::remove_dir_all(env.locks()).unwrap();
    set_mode(env.locks().parent().unwrap(), 0o555);
    std::os::unix::fs::chown(env.locks().parent().unwrap(), Some(0), Some(0)).unwrap();
    told();
    let ran = run(&["update", "f.json", "."]).expect(77);
    assert!(!ran.stderr.contains("--no-lock"), "{}", ran.stderr);
    run(&["read", "f.json", "--no-lock"]).ok();
}

#[test]
fn a_held_lock_is_held_for_a_time() {
    let env = TestEnv::new();
    let holder = env.hold("f");
    let said = env.run(["lock", "status", "f"]).expect(1).stdout;
    assert!(said.contains(") for ") && !said.contains("since"), "{said}");
    holder.end().ok();
}
