//! The copies that Syncthing, Dropbox and iCloud leave.

use std::collections::BTreeSet;

use crate::common::TestEnv;

const COPIES: [&str; 3] = [
    "s.sync-conflict-20260102-101500-ABCDEF7.json",
    "s (Anna's conflicted copy 2026-01-02).json",
    "s 2.json",
];

#[test]
fn copies_are_merged_kept_in_the_history_and_removed() {
    let env = TestEnv::new();
    let document = |ids: &[u32]| {
        let ids: Vec<String> = ids.iter().map(|id| format!("{{\"id\": {id}}}")).collect();
        format!("{{\"project\": \"p\", \"s\": [{}]}}\n", ids.join(", "))
    };
    std::fs::create_dir(env.path("below")).unwrap();
    env.write("s.json", document(&[1]));
    env.run(["update", "s.json", "."]).ok();
    for (at, name) in COPIES.iter().enumerate() {
        env.write(name, document(&[1, 10 + at as u32]));
    }
    env.write("below/x.json", "{}");
    env.write("below/x (conflicted copy).json", "{\"a\": 1}");
    // No copies: a file of its own, one without an original, and one that is none.
    env.write("notes.json", "{\"project\": \"p\"}");
    env.write("notes 2.json", "{\"project\": \"q\"}");
    env.write("gone 2.json", "{}");
    env.write("broken.json", "{}");
    env.write("broken (conflicted copy).json", "{");
    let ran = env.run(["merge", "--sync-conflicts", "."]).expect(1);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines.iter().filter(|line| line.ends_with(": merged, and kept in its history")).count(),
        4,
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("./notes 2.json: left as it is: it may be a file of its own"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("their version is not valid"), "{}", ran.stdout);
    assert_eq!(env.read("s.json"), document(&[1, 11, 12, 10]));
    assert_eq!(env.json("below/x.json"), serde_json::json!({"a": 1}));
    let left = [
        "below",
        "broken (conflicted copy).json",
        "broken.json",
        "gone 2.json",
        "notes 2.json",
        "notes.json",
        "s.json",
    ];
    assert_eq!(TestEnv::names_in(&env.path("")), left);
    // Each can be had again, and the merge undone.
    let history = env.run(["history", "s.json", "--json"]).ok().stdout;
    let history: serde_json::Value = serde_json::from_str(&history).unwrap();
    let kept: Vec<&serde_json::Value> =
        history["versions"].as_array().unwrap().iter().filter(|one| one["verb"] == "copy").collect();
    assert_eq!(kept.len(), 3);
    assert!(history["versions"].as_array().unwrap().iter().all(|one| one["state"] == "valid"), "{history}");
    let texts: BTreeSet<String> = kept
        .iter()
        .map(|one| env.run(["history", "show", "s.json", one["which"].as_str().unwrap()]).ok().stdout)
        .collect();
    assert_eq!(texts, [10, 11, 12].map(|id| document(&[1, id])).into());
    env.run(["undo", "s.json"]).ok();
    assert_eq!(env.read("s.json"), document(&[1, 11, 12]));
}

#[test]
fn a_conflict_stays_in_the_list_and_without_a_history_the_copy_stays() {
    let env = TestEnv::new();
    env.write("s.json", "{\"a\": 1}\n");
    env.write(COPIES[0], "{\"a\": 2}\n");
    let mut command = env.aimem(["merge", "--sync-conflicts", "."]);
    let ran = crate::common::Ran::of(command.env("AIMEM_HISTORY", "off").output().unwrap()).expect(1);
    assert!(ran.stdout.contains("no history is kept"), "{}", ran.stdout);
    assert_eq!((env.read("s.json").as_str(), env.read(COPIES[0]).as_str()), ("{\"a\": 1}\n", "{\"a\": 2}\n"));
    let report = env.run(["merge", "--sync-conflicts", ".", "--json"]).expect(1).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report[0]["maker"], &report[0]["removed"]), (&"syncthing".into(), &true.into()));
    assert_eq!(report[0]["conflicts"][0]["theirs"], 2);
    assert!(!env.path(COPIES[0]).exists());
    env.run(["conflicts", "list", "s.json"]).expect(1);
    // Nothing to do is done.
    assert_eq!(env.run(["merge", "--sync-conflicts", "."]).ok().stdout, "");
    env.run(["merge", "--sync-conflicts", "missing"]).expect(66);
    env.run(["merge"]).expect(2);
    env.run(["merge", "--sync-conflicts", ".", "s.json"]).expect(2);
}

/// Writers at work all the while, and two that merge at once: nothing is lost.
#[test]
fn writers_and_copies_at_the_same_time_lose_nothing() {
    let env = TestEnv::new();
    env.write("s.json", "{\"project\": \"p\", \"s\": []}\n");
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let script = format!("for i in 1 2 3 4 5; do \"$AIMEM\" update s.json \".s += [{{\\\"id\\\": \\\"w{writer}-$i\\\"}}]\" || exit 1; done");
            env.sh(&script).spawn().unwrap()
        })
        .collect();
    for round in 0..6 {
        let name = format!("s.sync-conflict-20260102-10150{round}-ABCDEF7.json");
        env.write(name, format!("{{\"project\": \"p\", \"s\": [{{\"id\": \"c{round}\"}}]}}\n"));
        let mergers: Vec<_> =
            (0..2).map(|_| env.aimem(["merge", "--sync-conflicts", "."]).spawn().unwrap()).collect();
        mergers.into_iter().for_each(|merger| drop(merger.wait_with_output().unwrap()));
    }
    writers.into_iter().for_each(|mut writer| assert!(writer.wait().unwrap().success()));
    env.run(["merge", "--sync-conflicts", "."]).ok();
    let ids: BTreeSet<String> = env.json("s.json")["s"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 8 * 5 + 6, "{ids:?}");
    assert_eq!(TestEnv::names_in(&env.path("")), ["s.json"]);
}
