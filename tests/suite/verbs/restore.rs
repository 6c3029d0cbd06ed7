//! Backups: how many are kept, what they hold, and how they come back.

use std::fs;

use crate::common::{Ran, TestEnv};

fn doc(n: i32) -> String {
    format!("{{\n  \"n\": {n}\n}}\n")
}

fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", doc(0));
    env
}

fn update(env: &TestEnv, options: &[&str]) {
    env.run(["update", "doc.json", ".n += 1"].iter().chain(options)).ok();
}

/// What the backups hold, the latest first.
fn kept(env: &TestEnv) -> Vec<String> {
    let names = TestEnv::names_in(&env.path(""));
    let backups = names.iter().filter(|name| name.starts_with("doc.json.bak"));
    backups.map(|name| env.read(name)).collect()
}

#[test]
fn the_last_versions_are_kept_and_older_ones_go() {
    let env = env();
    for _ in 0..5 {
        update(&env, &["--backup=3"]);
    }
    assert_eq!(env.read("doc.json"), doc(5));
    assert_eq!(kept(&env), [doc(4), doc(3), doc(2)]);
    assert_eq!(
        TestEnv::names_in(&env.path("")),
        ["doc.json", "doc.json.bak", "doc.json.bak.1", "doc.json.bak.2"]
    );
    // Without the option they stay as they are; without a number as many are kept as are there; with a
    // smaller number they are pruned.
    update(&env, &[]);
    assert_eq!(kept(&env), [doc(4), doc(3), doc(2)]);
    update(&env, &["--backup"]);
    assert_eq!(kept(&env), [doc(6), doc(4), doc(3)]);
    update(&env, &["--backup=2"]);
    assert_eq!(kept(&env), [doc(7), doc(6)]);
}

#[test]
fn the_environment_sets_a_default_and_the_option_beats_it() {
    let env = env();
    let update = |value: &str, option: &[&str]| {
        let args = ["update", "doc.json", ".n += 1"].iter().chain(option);
        Ran::of(env.aimem(args).env("AIMEM_BACKUP", value).output().unwrap())
    };
    for _ in 0..4 {
        update("2", &[]).ok();
    }
    assert_eq!(kept(&env), [doc(3), doc(2)]);
    update("2", &["--backup=3"]).ok();
    assert_eq!(kept(&env), [doc(4), doc(3), doc(2)]);
    // --backup without a number: as many as the environment says.
    update("2", &["--backup"]).ok();
    assert_eq!(kept(&env), [doc(5), doc(4)]);
    update("0", &["--backup"]).ok();
    assert_eq!(kept(&env), [doc(6), doc(5)]);
    let ran = update("many", &[]).expect(2);
    assert!(ran.stderr.contains("AIMEM_BACKUP"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), doc(7));
}

#[test]
fn an_unchanged_file_gets_no_backup() {
    let env = env();
    env.run(["update", "--backup=3", "doc.json", "."]).ok();
    env.run(["write", "--backup=3", "doc.json", "--content", &doc(0)]).ok();
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
}

#[test]
fn a_name_too_long_for_a_backup_is_refused_before_anything_is_touched() {
    let env = TestEnv::new();
    let name = "n".repeat(250);
    env.write(&name, "{}\n");
    let ran = env.run(["update", "--backup", &name, ".a = 1"]).expect(73);
    assert!(ran.stderr.contains("backup"), "{}", ran.stderr);
    assert_eq!(env.read(&name), "{}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), [name.as_str()]);
    // Without a backup a name as long as can be is no problem, nor for the temporary file.
    env.run(["update", &name, ".a = 1"]).ok();
    let longest = "n".repeat(255);
    env.run(["write", &longest, "--content", "x"]).ok();
    env.run(["write", &longest, "--content", "y"]).ok();
    assert_eq!(env.read(&longest), "y");
}

#[test]
fn a_restored_version_is_back_and_a_second_restore_undoes_the_first() {
    let env = env();
    for _ in 0..3 {
        update(&env, &["--backup=3"]);
    }
    env.run(["restore", "doc.json", "--from", "1"]).ok();
    assert_eq!(env.read("doc.json"), doc(1));
    // The version that was replaced is the latest backup, and nothing was pruned.
    assert_eq!(kept(&env), [doc(3), doc(2), doc(1), doc(0)]);
    env.run(["restore", "doc.json"]).ok();
    assert_eq!(env.read("doc.json"), doc(3));
    assert_eq!(kept(&env)[0], doc(1));
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let env = env();
    update(&env, &["--backup=3"]);
    let ran = env.run(["restore", "doc.json", "--dry-run"]).ok();
    assert!(ran.stdout.contains("-  \"n\": 1") && ran.stdout.contains("+  \"n\": 0"), "{}", ran.stdout);
    assert_eq!(env.read("doc.json"), doc(1));
    assert_eq!(kept(&env), [doc(0)]);
}

#[test]
fn what_is_kept_can_be_listed_for_people_and_for_programs() {
    let env = env();
    for _ in 0..2 {
        update(&env, &["--backup=3"]);
    }
    let table = env.run(["restore", "--list", "doc.json"]).ok().stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.contains("doc.json.bak.1"), "{table}");
    let json = env.run(["restore", "--list", "--json", "doc.json"]).ok().stdout;
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[1]["version"], 1);
    assert_eq!(rows[1]["bytes"], doc(0).len());
}

#[test]
fn what_is_not_there_cannot_be_restored() {
    let env = env();
    let ran = env.run(["restore", "doc.json"]).expect(66);
    assert!(ran.stderr.contains("has no backup 0"), "{}", ran.stderr);
    env.run(["restore", "--list", "doc.json"]).expect(66);
    update(&env, &["--backup"]);
    env.run(["restore", "doc.json", "--from", "1"]).expect(66);
    assert_eq!(env.read("doc.json"), doc(1));
}

#[test]
fn a_file_that_was_deleted_comes_back() {
    let env = env();
    update(&env, &["--backup"]);
    fs::remove_file(env.path("doc.json")).unwrap();
    env.run(["restore", "doc.json"]).ok();
    assert_eq!(env.read("doc.json"), doc(0));
}

#[test]
fn a_gap_that_a_crash_left_hides_nothing_and_is_closed() {
    let env = env();
    env.write("doc.json.bak", doc(-1));
    env.write("doc.json.bak.2", doc(-2));
    let json = env.run(["restore", "--list", "--json", "doc.json"]).ok().stdout;
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 2, "{json}");
    update(&env, &["--backup=3"]);
    assert_eq!(kept(&env), [doc(0), doc(-1), doc(-2)]);
    update(&env, &["--backup=3"]);
    assert_eq!(kept(&env), [doc(1), doc(0), doc(-1)]);
}

#[test]
fn a_restoration_waits_for_the_lock_and_takes_it() {
    let env = env();
    update(&env, &["--backup"]);
    let script = "\"$AIMEM\" lock with doc.json -- env -u AIMEM_LOCK_ID \"$AIMEM\" restore -n doc.json";
    let ran = Ran::of(env.sh(script).output().unwrap()).expect(75);
    assert!(ran.stderr.contains("is held by pid"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), doc(1));
}

#[test]
fn a_writer_that_died_after_its_backup_has_its_backup_counted_once() {
    let env = env();
    env.write("doc.json.bak.1", doc(-1));
    fs::hard_link(env.path("doc.json"), env.path("doc.json.bak")).unwrap();
    update(&env, &["--backup=3"]);
    assert_eq!(kept(&env), [doc(0), doc(-1)]);
    assert_eq!(env.read("doc.json"), doc(1));
}

#[test]
fn writing_in_place_spares_a_dead_writers_backup() {
    let env = env();
    fs::hard_link(env.path("doc.json"), env.path("doc.json.bak")).unwrap();
    update(&env, &["--in-place"]);
    assert_eq!(env.read("doc.json"), doc(1));
    assert_eq!(kept(&env), [doc(0)]);
    update(&env, &["--in-place", "--backup=2"]);
    assert_eq!(kept(&env), [doc(1), doc(0)]);
}
