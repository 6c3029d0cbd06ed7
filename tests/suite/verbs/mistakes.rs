//! A hundred mistakes that people make, each with all that is said: to be read from top to bottom, in
//! `snapshots/mistakes.snap`.

use super::screens::Session;

/// What there is before each of them.
const FILES: [(&str, &str); 6] = [
    ("s.json", "{\"n\": 1, \"sessions\": [{\"id\": \"a\"}]}\n"),
    ("t.json", "{}\n"),
    ("notes.txt", "a line\nanother line\n"),
    ("broken.json", "{\n"),
    ("c.yaml", "a: 1\n"),
    ("l.jsonl", "{\"a\": 1}\n"),
];

const MISTAKES: &[(&str, &[&str])] = &[
    (
        "Verbs and options that there are not",
        &[
            "aimem --jsn",
            "aimem updaet s.json .",
            "aimem with s.json -- true",
            "aimem acquire s.json",
            "aimem unlock s.json",
            "aimem status s.json",
            "aimem get s.json .n",
            "aimem set s.json .n=1",
            "aimem cat s.json",
            "aimem show",
            "aimem list",
            "aimem rm s.json",
            "aimem mv s.json t.json",
            "aimem lock s.json",
            "aimem lock show",
            "aimem locks clean",
        ],
    ),
    (
        "Locks",
        &[
            "aimem lock with",
            "aimem lock with s.json",
            "aimem lock with s.json echo hi",
            "aimem lock with s.json --",
            "aimem lock with s.json -- 'echo hi'",
            r#"aimem lock with s.json -- "echo hi && ls""#,
            "aimem lock with -- echo hi",
            "aimem lock with s.json -- no-such-command",
            "aimem lock with s.json -- ./s.json",
            "aimem lock with s.json -- cd /tmp",
            "aimem lock with s.json --timeout -- true",
            "aimem lock with s.json --timeout=soon -- true",
            "aimem lock with s.json --timeout 5sec -- true",
            "aimem lock with s.json --timeout -5 -- true",
            "aimem lock with s.json --wait 5 -- true",
            "aimem lock with s.json -x -- true",
            "aimem lock with s.json -s -- true",
            "aimem lock acquire",
            "aimem lock acquire s.json --ttl",
            "aimem lock acquire s.json --ttl 0",
            "aimem lock acquire s.json --ttl 10 minutes",
            "aimem lock acquire s.json --pid 99999999",
            "aimem lock acquire s.json --pid me",
            "aimem lock release",
            "aimem lock release s.json",
            "aimem lock release 1234",
            "aimem lock renew s.json",
            "aimem lock status",
            "aimem locks show s.json",
            "aimem lock acquire s.json --ttl 1h30",
            "aimem lock with s.json -w 30m1h -- true",
        ],
    ),
    (
        "Reading",
        &[
            "aimem read",
            "aimem read none.json",
            "aimem read folder",
            "aimem read s.json n",
            "aimem read s.json .sessions[0",
            "aimem read s.json .n.x",
            "aimem read s.json .n .id",
            "aimem read .n s.json",
            r#"aimem read s.json '.id = "a"' -i"#,
            "aimem read s.json --raw --pretty",
            "aimem read broken.json",
            "aimem read s.json 'map(.id)'",
            "aimem read s.json '.n == $n'",
            "aimem read s.json '.n | foo'",
            "aimem read s.json '.n | tostring)'",
            "aimem read none.json --default nothing",
        ],
    ),
    (
        "Updating",
        &[
            "aimem update",
            "aimem update s.json",
            "aimem update s.json .n",
            "aimem update s.json '.n == 2'",
            "aimem update s.json '.name = foo'",
            "aimem update s.json .name = foo",
            "aimem update s.json name=foo",
            "aimem update s.json '.n++'",
            "aimem update s.json '.n = 2;'",
            "aimem update s.json '.n := 2'",
            r#"aimem update s.json '.sessions.push({"id": "b"})'"#,
            r#"aimem update s.json ".sessions += {id: 'b'}""#,
            r#"aimem update s.json '.sessions += {"id": "b"}'"#,
            r#"aimem update s.json '.sessions += ["b"'"#,
            "aimem update s.json '.n = None'",
            "aimem update s.json '.n = True'",
            r#"aimem update s.json '.n += "1"'"#,
            "aimem update s.json '.a-b = 1'",
            "aimem update s.json '.n = ${N}'",
            "aimem update s.json '.n = $n' --arg n",
            "aimem update s.json --arg n=2 '.n = $n'",
            "aimem update s.json --argjson n two '.n = $n'",
            "aimem update none.json '.n = 1'",
            "aimem update none.json --create '{}' '.n = 1'",
            "aimem update s.json --backup 3 '.n = 1'",
            "aimem update s.json --backup=many '.n = 1'",
            "aimem update s.json --no-lock '.n = 1'",
            "aimem update s.json --indent 9 '.n = 1'",
            "aimem update s.json -f missing.jq",
            "aimem update s.json --pipe '.n = 1'",
            "aimem update s.json --pipe -- false",
            "aimem update s.json --pipe -- echo hi",
            "aimem update notes.txt '.n = 1'",
            "aimem update c.yaml '.n = 1'",
            "aimem update broken.json '.n = 1'",
            "aimem update s.json '.n = 1' --if-match 123",
            "aimem update s.json '.n = 1' --lock 123",
            "aimem update '.n = 1' s.json",
            "aimem update s.json t.json '.n = 1'",
        ],
    ),
    (
        "Writing",
        &[
            "aimem write",
            r#"aimem write s.json '{"n": 2}'"#,
            "aimem write s.json --content {n:2}",
            r#"aimem write s.json --content '{"n": 2} {"n": 3}'"#,
            "aimem write s.json --content ''",
            "aimem write s.json < /dev/null",
            "aimem write folder --content x",
            r#"aimem write s.json --validate --content "{'n': 2}""#,
            "aimem edit notes.txt foo bar",
            "aimem edit notes.txt --old nothing --new x",
            "aimem edit notes.txt --old line --new row",
            "aimem edit notes.txt --new x",
            "aimem edit none.txt --old a --new b",
            "aimem insert notes.txt new",
            "aimem insert notes.txt --after nothing new",
            "aimem insert notes.txt --line 99 new",
            "aimem append",
            "aimem append l.jsonl 'not json'",
            "aimem append folder x",
        ],
    ),
    (
        "Going back",
        &[
            "aimem restore s.json",
            "aimem undo s.json",
            "aimem history none.json",
            "aimem restore s.json --from yesterday",
        ],
    ),
    (
        "The rest",
        &[
            "aimem queue add hello",
            "aimem queue add --project web",
            "aimem queue show nothing",
            "aimem queue retry",
            "aimem queue run",
            "aimem scripts install",
            "aimem completions",
            "aimem completions powersh",
            "aimem man updat",
            "aimem mcp install",
            "aimem mcp install --client emacs",
        ],
    ),
    (
        "The environment",
        &[
            "LOCK_TIMEOUT=soon aimem update s.json .n=2",
            "AIMEM_BACKUP=lots aimem update s.json .n=2",
            "AIMEM_LOCK_DIR=locks aimem update s.json .n=2",
        ],
    ),
];

#[test]
fn every_mistake_is_told_with_what_was_meant() {
    let mut session = Session::new();
    let mut count = 0;
    for (group, mistakes) in MISTAKES {
        session.say(&format!("{group}."));
        for mistake in *mistakes {
            for (name, content) in FILES {
                session.env.write(name, content);
            }
            std::fs::create_dir_all(session.env.path("folder")).unwrap();
            session.run(mistake);
            assert!(!session.env.path("none.json").exists(), "{mistake}");
            count += 1;
        }
    }
    assert!(count >= 100, "{count}");
    session.is_as_in("mistakes");
}

/// Nothing of what was typed wrongly is told in another form than all else.
#[test]
fn a_mistake_on_the_command_line_is_an_error_and_a_hint() {
    let env = crate::common::TestEnv::new();
    for line in [
        "lock with",
        "read f --nope",
        "write",
        "update f . --indent x",
        "lock wait f -w",
        "read f -r --pretty",
    ] {
        let ran = env.run(line.split(' ')).expect(2);
        let said: Vec<&str> = ran.stderr.lines().collect();
        assert!(ran.stdout.is_empty() && said.len() == 2, "{line}: {}", ran.stderr);
        assert!(said[0].starts_with("error: ") && said[1].starts_with("hint: "), "{line}: {}", ran.stderr);
    }
    // A program that has asked for JSON is told in JSON.
    let ran = env.run(["read", "f", "--json", "--nope"]).expect(2);
    let told: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!((&told["kind"], &told["exit"]), (&"usage".into(), &2.into()), "{told}");
}
