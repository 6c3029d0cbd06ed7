//! `aimem check`.

use crate::common::TestEnv;

/// A folder with one of everything that is wrong.
fn folder() -> TestEnv {
    let env = TestEnv::new();
    for folder in ["m", "m/below", "m/.hidden", "m/node_modules"] {
        std::fs::create_dir(env.path(folder)).unwrap();
    }
    env.write("m/good.json", "{\"a\": 1}\n");
    env.write("m/good.toml", "a = 1\n");
    env.write("m/good.jsonl", "{}\n\n[]\n");
    env.write("m/notes.md", "no document");
    env.write("m/broken.json", "{\"a\": \n");
    env.write("m/below/broken.toml", "a = \n");
    env.write("m/lines.jsonl", "{}\nno\n");
    env.write("m/twice.json", "{\"a\": 1, \"a\": 2}\n");
    env.write("m/vector.json", "{\"_version\": {\"a\": \"x\"}}\n");
    env.write(
        "m/conflict.json",
        "{\"a\": 1, \"_conflicts\": [{\"path\": \"/a\", \"ours\": 1, \"theirs\": 2}]}\n",
    );
    env.write("m/list.json", "[1]\n");
    env.write("m/list.json.conflicts.json", "[{\"path\": \"\", \"ours\": [1], \"theirs\": [2]}]\n");
    env.write("m/schema.json", "{\"$schema\": \"gone.json\"}\n");
    env.write("m/good.json.bak", "{}\n");
    env.write("m/good.sync-conflict-20260102-101500-ABCDEF7.json", "{}\n");
    env.write("m/.good.json.abc123.aimem-tmp", "{");
    env.write("m/.hidden/broken.json", "{");
    env.write("m/node_modules/broken.json", "{");
    // Hours ago: nobody is in the middle of writing these.
    let past = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    for path in crate::common::walk(&env.path("m")) {
        std::fs::File::open(path).unwrap().set_modified(past).unwrap();
    }
    env
}

#[test]
fn one_of_everything_wrong_is_named_in_a_line_each() {
    let env = folder();
    let ran = env.run(["check", "m"]).expect(1);
    let schema = if cfg!(feature = "schema") {
        "m/schema.json: schema: m/schema.json: the schema does not exist (m/gone.json)\n"
    } else {
        ""
    };
    let wanted = format!(
        "m/broken.json: invalid: line 2, column 1: expected a value, found the end of the file\n\
         m/conflict.json: conflict: at /a: aimem conflicts resolve\n\
         m/good.json.bak: backup: a backup of good.json\n\
         m/good.sync-conflict-20260102-101500-ABCDEF7.json: copy: a copy of good.json, by Syncthing: aimem merge --sync-conflicts\n\
         m/lines.jsonl: invalid: line 2: line 1, column 1: expected a value, found `n`\n\
         m/list.json: conflict: at : aimem conflicts resolve\n\
         {schema}\
         m/twice.json: invalid: two equal keys in one object: \"a\" at line 1, column 2 and at line 1, column 10\n\
         m/vector.json: invalid: _version is not an object of whole numbers, but an object with \"a\" of another kind\n\
         m/.good.json.abc123.aimem-tmp: leftover: left by a writer that died [--fix mends it]\n\
         m/below/broken.toml: invalid: …\n"
    );
    let lines: Vec<&str> = ran.stdout.lines().collect();
    for (line, wanted) in lines.iter().zip(wanted.lines()) {
        match wanted.strip_suffix('…') {
            Some(start) => assert!(line.starts_with(start), "{line}"),
            None => assert_eq!(*line, wanted, "{}", ran.stdout),
        }
    }
    assert_eq!(lines.len(), wanted.lines().count(), "{}", ran.stdout);
    let open = lines.len() - 1;
    assert_eq!(ran.stderr, format!("note: 11 documents, {open} to look after\n"));
}

#[test]
fn only_what_is_safe_to_mend_is_mended() {
    let env = folder();
    let before = crate::common::Snapshot::of(&env.path("m/below"));
    // A stale lock: its owner was killed.
    let mut owner = env.command("sleep").arg("1000").spawn().unwrap();
    let pid = owner.id().to_string();
    env.run(["lock", "acquire", "m/good.toml", "--pid", &pid]).ok();
    owner.kill().unwrap();
    owner.wait().unwrap();
    let report = env.run(["check", "m", "--fix", "--json"]).expect(1).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let with = |problem: &str| {
        let all = report["findings"].as_array().unwrap().iter();
        all.filter(|one| one["problem"] == problem)
            .map(|one| one["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!((report["ok"].as_bool(), report["documents"].as_u64()), (Some(false), Some(11)));
    assert_eq!((with("leftover"), with("lock")), (vec!["fixed".to_owned()], vec!["fixed".to_owned()]));
    assert_eq!(env.lock_names(), [""; 0]);
    assert_eq!(with("backup"), ["fine"]);
    assert_eq!(with("copy"), ["open"]);
    assert!(!env.path("m/.good.json.abc123.aimem-tmp").exists());
    assert!(env.path("m/good.json.bak").exists());
    assert_eq!(crate::common::Snapshot::of(&env.path("m/below")), before);
    assert_eq!(env.read("m/broken.json"), "{\"a\": \n");
    // One file, and what is nothing at all.
    env.run(["check", "m/good.json"]).ok();
    env.run(["check", "m/missing.json"]).expect(66);
    env.run(["check"]).expect(2);
}

#[cfg(feature = "outbox")]
#[test]
fn the_outbox_is_looked_at_too() {
    let env = TestEnv::new();
    env.write("good.json", "{}\n");
    for number in 0..25 {
        env.run(["queue", "add", "--project", "p", &format!("memory {number}")]).ok();
    }
    let ran = env.run(["check", "good.json"]).expect(1);
    assert!(ran.stdout.contains(": outbox: 25 wait, 0 are dead: aimem queue status\n"), "{}", ran.stdout);
}

#[test]
fn many_files_are_soon_looked_at() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("m")).unwrap();
    for number in 0..1000 {
        env.write(format!("m/{number}.json"), "{\"sessions\": [{\"id\": 1}]}\n");
    }
    let ran = env.run(["check", "m"]).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "note: 1000 documents, 0 to look after\n"));
}
