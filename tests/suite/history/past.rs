//! What is known of a file's past, and naming a version.

use std::fs::{self, File};
use std::io::Write;

use super::{doc, env, history, update, versions};
use crate::common::{FAKETIME, Ran, TestEnv, require};

#[test]
fn all_that_three_clients_did_is_told_and_the_gap_of_a_program_that_takes_no_lock() {
    let env = env();
    for n in 1..=25 {
        update(&env, &format!("client-{}", n % 3), n);
    }
    // An editor saves.
    env.write("doc.json", doc(100));
    for n in 26..=50 {
        update(&env, &format!("client-{}", n % 3), n);
    }
    env.run(["history", "prune"]).ok();
    let told = history(&env, "doc.json");
    // 50 versions before a change, what is there now, and the one that nobody could keep.
    assert_eq!(told.len(), 52);
    let by = |who: &str| told.iter().filter(|entry| entry["who"] == who).count();
    assert_eq!([by("client-0"), by("client-1"), by("client-2")], [16, 17, 17]);
    assert_eq!(told[0]["which"], "now");
    assert_eq!(told[0]["who"], "client-2");
    assert_eq!(told[1]["which"], "@{-1}");
    let unknown: Vec<_> = told.iter().filter(|entry| entry["who"].is_null()).collect();
    assert_eq!(unknown.len(), 2, "the first version, and the editor's");
    let lost: Vec<_> = told.iter().filter(|entry| entry["state"] == "lost").collect();
    assert_eq!((lost.len(), &lost[0]["who"]), (1, &"client-1".into()));
    // The newest are kept, the others are named still.
    let kept = versions(&env).len();
    // One an hour besides, if the hour has changed meanwhile.
    assert!((20..23).contains(&kept), "{kept}");
    let gone = told.iter().filter(|entry| entry["state"] == "gone").count();
    assert_eq!(gone, 50 - kept);
    let pids =
        told.iter().filter(|entry| entry["pid"].is_u64() && entry["command"] == "aimem update doc.json");
    assert_eq!(pids.count(), 50);
    // For people, too.
    let table = env.run(["history", "doc.json"]).ok().stdout;
    assert_eq!(table.lines().count(), 53);
    assert!(table.lines().nth(1).unwrap().contains("client-2"), "{table}");
}

#[test]
fn a_version_is_named_by_its_place_its_tag_or_its_id() {
    let env = env();
    for n in 1..=5 {
        update(&env, "c", n);
    }
    let show = |which: &str| env.run(["history", "show", "doc.json", which]);
    assert_eq!(show("@{-1}").ok().stdout, doc(4));
    assert_eq!(show("@{-5}").ok().stdout, doc(0));
    assert_eq!(show("@{now}").ok().stdout, doc(5));
    let told = history(&env, "doc.json");
    for n in 0..5 {
        let entry = &told[5 - n];
        let tag = entry["etag"].as_str().unwrap();
        assert_eq!(show(&tag[..10]).ok().stdout, doc(n as i64));
        assert_eq!(show(entry["id"].as_str().unwrap()).ok().stdout, doc(n as i64));
    }
    let ran = show("@{-6}").expect(66);
    assert!(ran.stderr.contains("has no version @{-6}; the oldest one is @{-5}"), "{}", ran.stderr);
    show("ffffffffffff").expect(66);
    for text in ["HEAD", "@{", "abc", "../x"] {
        let ran = show(text).expect(2);
        assert!(ran.stderr.contains("names no version"), "{}", ran.stderr);
    }
    let diff = |from: &str, to: &str| env.run(["history", "diff", "doc.json", from, to]).ok().stdout;
    assert!(diff("@{-5}", "@{-1}").ends_with("-{\"n\": 0}\n+{\"n\": 4}\n"));
    assert!(env.run(["history", "diff", "doc.json"]).ok().stdout.ends_with("-{\"n\": 4}\n+{\"n\": 5}\n"));
}

#[test]
fn yesterdays_version_is_that_of_yesterday_by_a_clock_that_was_moved() {
    if !require("faketime") {
        return;
    }
    let env = env();
    let at = |offset: &str, args: &[&str]| {
        let [sh, c, script, name] = FAKETIME;
        let mut command = env.command(sh);
        command.args([c, script, name, offset]).arg(crate::common::aimem_path()).args(args);
        Ran::of(command.output().unwrap())
    };
    let update = |offset: &str, n: i64| at(offset, &["update", "doc.json", &format!(".n = {n}")]).ok();
    update("+0", 1);
    update("+3h", 2);
    update("+25h", 3);
    update("+26h", 4);
    let show = |offset: &str, which: &str| at(offset, &["history", "show", "doc.json", which]);
    assert_eq!(show("+27h", "@{yesterday}").ok().stdout, doc(2));
    assert_eq!(show("+27h", "@{90m}").ok().stdout, doc(3));
    assert_eq!(show("+27h", "@{25h}").ok().stdout, doc(1));
    assert_eq!(show("+30h", "@{1h}").ok().stdout, doc(4), "what is there now was there then");
    let ran = show("+27h", "@{2w}").expect(66);
    assert!(ran.stderr.contains("the oldest one is"), "{}", ran.stderr);
    let ran = at("+27h", &["restore", "doc.json", "--from", "@{yesterday}"]).ok();
    assert!(ran.stderr.contains("put back the version"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), doc(2));
    // A clock that goes back does not mix up the order.
    update("-48h", 7);
    update("-47h", 8);
    assert_eq!(show("-46h", "@{-1}").ok().stdout, doc(7));
    assert_eq!(show("-46h", "@{-2}").ok().stdout, doc(2));
}

#[test]
fn a_version_that_another_program_has_written_into_is_not_believed() {
    let env = env();
    // An editor has the file open, and saves into it when it has been replaced.
    let mut editor = File::options().write(true).open(env.path("doc.json")).unwrap();
    update(&env, "c", 1);
    editor.write_all(b"{\"n\": 9}\n").unwrap();
    let told = history(&env, "doc.json");
    assert_eq!(told[1]["state"], "altered");
    for args in [
        vec!["history", "show", "doc.json", "@{-1}"],
        vec!["restore", "doc.json", "--from", "@{-1}"],
        vec!["undo", "doc.json"],
    ] {
        let ran = env.run(&args).expect(65);
        assert!(ran.stderr.contains("was altered since it was kept") && ran.stderr.contains("--force"));
    }
    assert_eq!(env.read("doc.json"), doc(1));
    env.run(["restore", "doc.json", "--from", "@{-1}", "--force"]).ok();
    assert_eq!(env.read("doc.json"), doc(9));
}

#[test]
fn a_file_that_was_deleted_comes_back_with_its_mode() {
    let env = env();
    crate::common::set_mode(&env.path("doc.json"), 0o640);
    update(&env, "c", 1);
    fs::remove_file(env.path("doc.json")).unwrap();
    assert_eq!(history(&env, "doc.json")[1]["which"], "@{-1}");
    env.run(["restore", "doc.json", "--from", "@{-1}"]).ok();
    assert_eq!(env.read("doc.json"), doc(0));
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(env.path("doc.json")).unwrap();
    assert_eq!(meta.mode() & 0o7777, 0o640);
    // What is kept is another file than the one that came back.
    for version in versions(&env) {
        assert_ne!(fs::metadata(&version).unwrap().ino(), meta.ino());
    }
}

#[test]
fn every_verb_that_writes_keeps_what_it_replaces() {
    let env = env();
    env.run(["scripts", "install", "scripts"]).ok();
    env.run(["write", "doc.json", "--content", &doc(1)]).ok();
    env.run(["write", "doc.json", "--no-lock", "--content", &doc(2)]).ok();
    env.run(["update", "doc.json", "--in-place", ".n = 3"]).ok();
    env.run(["update", "doc.json", "--pipe", "--", "echo", "{\"n\": 4}"]).ok();
    Ran::of(env.sh("scripts/memory-update.sh doc.json '.n = 5'").output().unwrap()).ok();
    Ran::of(env.sh("scripts/atomic-write.sh doc.json --content '{\"n\": 6}'").output().unwrap()).ok();
    let told = history(&env, "doc.json");
    let verbs: Vec<&str> = told.iter().filter_map(|entry| entry["verb"].as_str()).collect();
    assert_eq!(verbs, ["write", "update", "update", "update", "write", "write"]);
    for n in 0..6 {
        let kept: serde_json::Value = serde_json::from_str(
            &env.run(["history", "show", "doc.json", &format!("@{{-{}}}", 6 - n)]).ok().stdout,
        )
        .unwrap();
        assert_eq!(kept["n"], n);
    }
    // What changes nothing is no change.
    env.run(["update", "doc.json", "."]).ok();
    assert_eq!(history(&env, "doc.json").len(), told.len());
}

#[test]
fn nothing_is_left_of_what_is_forgotten() {
    let env = env();
    env.run(["update", "doc.json", ".secret = \"k-123\"", "--client", "client-x"]).ok();
    env.run(["update", "doc.json", "del(.secret)", "--client", "client-x"]).ok();
    let before = crate::common::walk(&env.home())
        .into_iter()
        .any(|path| path.is_file() && String::from_utf8_lossy(&fs::read(path).unwrap()).contains("k-123"));
    assert!(before, "this test finds what is kept");
    // Somebody else's lock keeps us out, as it does everybody.
    let holder = env.hold("doc.json");
    env.run(["history", "forget", "doc.json", "-n"]).expect(75);
    holder.end().ok();
    let report: serde_json::Value =
        serde_json::from_str(&env.run(["history", "forget", "doc.json", "--json"]).ok().stdout).unwrap();
    assert_eq!(report["versions"], 2);
    let shelves = env.locks().join(".history");
    assert_eq!(TestEnv::names_in(&shelves), [""; 0]);
    for path in crate::common::walk(&env.home()) {
        if path.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains("k-123") && !text.contains("client-x"), "{}: {text}", path.display());
        }
    }
    env.run(["history", "doc.json"]).expect(66);
    env.run(["history", "forget", "doc.json"]).ok();
    // It begins anew.
    update(&env, "c", 1);
    assert_eq!(history(&env, "doc.json").len(), 2);
}

#[test]
fn what_is_excluded_or_switched_off_is_not_kept() {
    let env = env();
    let config = env.home().join(".config/aimem");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "[history]\nexclude = [\"**/secrets*\"]\nkeep = 2\n").unwrap();
    env.write("secrets.json", "{}\n");
    env.run(["update", "secrets.json", ".a = 1"]).ok();
    assert!(super::shelves(&env).is_empty());
    let off = |value: &str, n: i64| {
        let mut command = env.aimem(["update", "doc.json", &format!(".n = {n}")]);
        Ran::of(command.env("AIMEM_HISTORY", value).output().unwrap())
    };
    off("off", 1).ok();
    off("0", 2).ok();
    assert!(super::shelves(&env).is_empty());
    let ran = off("some", 3).expect(2);
    assert!(ran.stderr.contains("AIMEM_HISTORY"), "{}", ran.stderr);
    for n in 4..10 {
        update(&env, "c", n);
    }
    // One an hour besides.
    env.run(["history", "prune"]).ok();
    assert_eq!(versions(&env).len(), 2);
    for text in ["[history]\nkeep = \"x\"\n", "[history]\nunknown = 1\n", "[history"] {
        fs::write(config.join("config.toml"), text).unwrap();
        let ran = env.run(["update", "doc.json", ".n = 3"]).expect(2);
        assert!(ran.stderr.contains("config.toml"), "{}", ran.stderr);
    }
}

/// A hook stands by while an agent's own tool writes the file.
#[test]
fn a_change_of_another_program_is_told_by_one_who_stands_by() {
    use aimem::history::Limits;
    use aimem::lock::{LockRoot, Roots};
    use aimem::place::Keeping;
    let env = env();
    update(&env, "c", 1);
    let keeping = Keeping {
        limits: Limits::default(),
        roots: Roots::fixed(LockRoot::open(&env.locks()).unwrap()),
        client: Some("agent:s1".to_owned()),
        command: "hook".to_owned(),
        verb: "edit",
    };
    let path = env.path("doc.json");
    let id = keeping.keep_before(&path).unwrap();
    fs::write(&path, doc(2)).unwrap();
    keeping.record_after(&path, id.as_deref()).unwrap();
    let told = history(&env, "doc.json");
    assert_eq!((&told[0]["who"], &told[0]["verb"]), (&"agent:s1".into(), &"edit".into()));
    assert_eq!((told.len(), &told[1]["who"]), (3, &"c".into()));
    // It was no link: what was written in place did not change what is kept.
    assert_eq!(told[1]["state"], "valid");
    env.run(["undo", "doc.json", "--client", "agent:s1"]).ok();
    assert_eq!(env.read("doc.json"), doc(1));
    // An edit that came to nothing leaves nothing.
    let before = versions(&env).len();
    let id = keeping.keep_before(&path).unwrap();
    keeping.record_after(&path, id.as_deref()).unwrap();
    assert_eq!(versions(&env).len(), before);
    // A file that was not there.
    let new = env.path("new.json");
    assert_eq!(keeping.keep_before(&new).unwrap(), None);
    fs::write(&new, "{}").unwrap();
    keeping.record_after(&new, None).unwrap();
    assert_eq!(history(&env, "new.json")[0]["who"], "agent:s1");
}
