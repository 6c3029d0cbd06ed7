//! The four bash scripts' names: what their own suite tested, and what it never got to work.
//!
//! Each test runs twice: against the wrappers, and against the links.

use std::fs;
use std::path::PathBuf;

use crate::common::{Holder, Ran, TestEnv, eventually, require, script_info};

/// Runs a test against both kinds of stand-in, in `scripts/` of the working folder.
fn with_both(test: impl Fn(&TestEnv)) {
    if !require("bash") {
        return;
    }
    for kind in [&["scripts", "install", "scripts"][..], &["scripts", "install", "scripts", "--link"]] {
        let env = TestEnv::new();
        env.run(kind).ok();
        test(&env);
    }
}

/// A bash script that calls the stand-ins as `scripts/…`.
fn bash(env: &TestEnv, script: &str) -> Ran {
    let mut command = env.command("bash");
    Ran::of(command.args(["-c", script]).output().unwrap())
}

fn lock_dirs(env: &TestEnv) -> Vec<String> {
    env.lock_names().into_iter().filter(|name| name.ends_with(".lock")).collect()
}

fn count_to(env: &TestEnv, file: &str, expected: usize) {
    let text = env.read(file);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["count"], expected, "{text}");
}

#[test]
fn basic_acquire_and_release() {
    with_both(|env| {
        env.write("f.json", "{}");
        let ran = bash(
            env,
            "DIR=$(scripts/file-lock.sh acquire f.json) || exit 10
             test -d \"$DIR\" || exit 11
             test \"$(sed -n 's/^PID: //p' \"$DIR/info\")\" = $$ || exit 12
             scripts/file-lock.sh release \"$DIR\" || exit 13
             test ! -e \"$DIR\" || exit 14
             echo \"$DIR\"",
        )
        .ok();
        assert_eq!(ran.stdout, format!("{}\n", env.lock_dir("f.json").display()));
        assert_eq!(ran.stderr, "");
        assert_eq!(env.lock_names(), [""; 0]);
    });
}

#[test]
fn the_manual_lock_holds_until_it_is_released() {
    with_both(|env| {
        env.write("f.json", "{\"count\": 0}");
        let mut shell = Holder::start(env.command("bash").args([
            "-c",
            "DIR=$(scripts/file-lock.sh acquire f.json) && echo in && cat >/dev/null
             scripts/file-lock.sh release \"$DIR\"",
        ]));
        assert_eq!(env.status("f.json")["pid"], shell.pid);
        env.run(["update", "f.json", ".count += 1", "-n"]).expect(75);
        let busy = bash(env, "LOCK_TIMEOUT=0 scripts/memory-update.sh f.json '.count += 1'").expect(1);
        assert_eq!(busy.stdout, "");
        assert!(busy.stderr.contains(&format!("pid {}", shell.pid)), "{}", busy.stderr);
        let foreign = bash(env, "scripts/file-lock.sh release f.json").expect(1);
        assert!(foreign.stderr.contains("not a lock that this shell took"), "{}", foreign.stderr);
        let show = bash(env, "scripts/file-lock.sh show").ok();
        assert!(show.stdout.contains(&shell.pid.to_string()), "{}", show.stdout);
        shell.let_go();
        assert_eq!(shell.wait().ok().stderr, "");
        assert_eq!(env.lock_names(), [""; 0]);
        count_to(env, "f.json", 0);
    });
}

#[test]
fn the_other_scripts_work_under_their_shells_manual_lock() {
    with_both(|env| {
        env.write("f.json", "{\"count\": 0}");
        // The scripts' own manual lock was stale at once, so that callers came to rely on this.
        let ran = bash(
            env,
            "export LOCK_TIMEOUT=0
             DIR=$(scripts/file-lock.sh acquire f.json) || exit 10
             scripts/memory-update.sh f.json '.count += 1' || exit 11
             (scripts/memory-update.sh f.json '.count += 1') || exit 12
             scripts/memory-read.sh f.json --raw || exit 13
             scripts/atomic-write.sh f.json --content '{\"count\": 7}' || exit 14
             test -d \"$DIR\" || exit 15
             bash -c 'scripts/memory-update.sh f.json .count=0; exit' 2>/dev/null && exit 16
             scripts/file-lock.sh release \"$DIR\"",
        )
        .ok();
        assert_eq!(ran.stdout, "{\"count\": 2}");
        count_to(env, "f.json", 7);
        assert_eq!(env.lock_names(), [""; 0]);
    });
}

#[test]
fn concurrent_writes() {
    with_both(|env| {
        env.write("f.json", "{\"count\": 0, \"by\": []}");
        bash(
            env,
            "for i in 1 2 3 4 5 6 7 8 9 10; do
                 scripts/memory-update.sh f.json \".count += 1 | .by += [$i]\" &
             done; wait",
        )
        .ok();
        count_to(env, "f.json", 10);
        assert_eq!(env.lock_names(), [""; 0]);
    });
}

#[test]
fn time_out() {
    with_both(|env| {
        env.write("f.json", "{\"count\": 0}");
        let holder = env.hold("f.json");
        for script in [
            "scripts/file-lock.sh with f.json -- touch ran",
            "scripts/file-lock.sh acquire f.json",
            "scripts/memory-update.sh f.json '.count += 1'",
            "scripts/memory-read.sh f.json",
            "scripts/atomic-write.sh f.json --content '{}'",
        ] {
            let ran = bash(env, &format!("LOCK_TIMEOUT=0.1 {script}")).expect(1);
            assert_eq!(ran.stdout, "", "{script}");
            assert!(ran.stderr.contains(&format!("pid {}", holder.pid)), "{script}: {}", ran.stderr);
            assert!(ran.stderr.contains("LOCK_TIMEOUT"), "{script}: {}", ran.stderr);
            assert!(!ran.stderr.contains("--timeout"), "{script} has no such option: {}", ran.stderr);
        }
        assert!(!env.path("ran").exists());
        let wrong = bash(env, "LOCK_TIMEOUT=soon scripts/memory-read.sh f.json").expect(1);
        assert!(wrong.stderr.contains("LOCK_TIMEOUT"), "{}", wrong.stderr);
        holder.end().ok();
        count_to(env, "f.json", 0);
    });
}

#[test]
fn atomic_write_with_lock() {
    with_both(|env| {
        env.write("f.json", "{\"old\": true}");
        let holder = env.hold("f.json");
        let mut writer = env.command("bash");
        writer.args([
            "-c",
            "printf '{\"new\": true}\\n\\n' | scripts/atomic-write.sh f.json --validate --backup 2>said",
        ]);
        let writer = Holder::launch(&mut writer);
        eventually("the writer waits", || {
            fs::read_to_string(env.path("said")).is_ok_and(|said| said.contains("waiting for lock"))
        });
        assert_eq!(env.read("f.json"), "{\"old\": true}");
        // Without the lock it does not wait.
        bash(env, "scripts/atomic-write.sh g.txt --no-lock --content hello").ok();
        let refused = bash(env, "scripts/atomic-write.sh new.json --no-lock --content '{'").expect(1);
        assert!(refused.stderr.contains("not valid JSON"), "{}", refused.stderr);
        assert!(!env.path("new.json").exists());
        assert_eq!(env.read("g.txt"), "hello\n");
        holder.end().ok();
        writer.wait().ok();
        assert_eq!(env.read("f.json"), "{\"new\": true}\n");
        assert_eq!(env.read("f.json.bak"), "{\"old\": true}");
        for (script, says) in [
            ("echo '{' | scripts/atomic-write.sh f.json --validate", "not valid JSON"),
            ("echo '{' | scripts/atomic-write.sh f.json", "not valid JSON"),
            ("scripts/atomic-write.sh f.json --no-lock --content '{\"a\": 1} {'", "not valid JSON"),
            ("scripts/atomic-write.sh f.json </dev/null", "No content provided"),
            ("scripts/atomic-write.sh", "Usage: atomic-write.sh FILE"),
            ("scripts/atomic-write.sh f.json g.json", "Unexpected argument: g.json"),
            ("scripts/atomic-write.sh f.json --verbose", "Unknown option: --verbose"),
        ] {
            let refused = bash(env, script).expect(1);
            assert!(refused.stderr.contains(says), "{script}: {}", refused.stderr);
            assert_eq!(refused.stdout, "");
            assert_eq!(env.read("f.json"), "{\"new\": true}\n", "{script}");
        }
    });
}

#[test]
fn stale_clean_up() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    with_both(|env| {
        env.write("f.json", "{\"count\": 0}");
        env.make_root();
        let info = script_info(crate::common::dead_pid());
        let stale = env.forge("f.json", Some(info.as_bytes()));
        let held = env.forge("g.json", Some(script_info(std::process::id()).as_bytes()));
        bash(env, "scripts/file-lock.sh cleanup").ok();
        assert!(!stale.exists() && held.exists());
        // A stale lock is no obstacle without clean-up either.
        env.forge("f.json", Some(info.as_bytes()));
        bash(env, "LOCK_TIMEOUT=5 scripts/memory-update.sh f.json '.count += 1'").ok();
        count_to(env, "f.json", 1);
        fs::remove_dir_all(&held).unwrap();
        let none = bash(env, "scripts/file-lock.sh show").ok();
        assert!(none.stdout.ends_with("\n\nNo locks found\n"), "{}", none.stdout);
    });
}

#[test]
fn read_during_write() {
    with_both(|env| {
        let big: String = "x".repeat(50_000);
        env.write("f.json", format!("{{\"count\": 0, \"pad\": \"{big}\"}}"));
        let ran = bash(
            env,
            "(for i in 1 2 3 4 5 6 7 8 9 10; do scripts/memory-update.sh f.json '.count += 1'; done) &
             last=0
             for i in 1 2 3 4 5 6 7 8 9 10; do
                 for how in --raw --no-lock ''; do
                     text=$(scripts/memory-read.sh f.json $how) || exit 10
                     printf '%s' \"$text\" >seen.json
                     now=$(\"$AIMEM\" read seen.json .count) || exit 11
                     [ \"$now\" -ge \"$last\" ] || exit 12
                     last=$now
                 done
             done; wait",
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        count_to(env, "f.json", 10);
    });
}

#[test]
fn lock_management() {
    with_both(|env| {
        env.write("f.json", "{}");
        let ran = bash(env, "scripts/file-lock.sh with f.json -- sh -c 'scripts/file-lock.sh show; exit 7'");
        assert_eq!(ran.code, 7, "the command's own status: {}", ran.stderr);
        assert!(ran.stdout.contains("f.json"), "{}", ran.stdout);
        // The old form without two dashes, options of the command included.
        let ran = bash(env, "scripts/file-lock.sh with f.json sh -c 'echo \"$1\"' - --backup").ok();
        assert_eq!(ran.stdout, "--backup\n");
        assert_eq!(bash(env, "scripts/file-lock.sh with f.json -- ./no-such-command").code, 127);
        for script in ["scripts/file-lock.sh", "scripts/file-lock.sh help", "scripts/file-lock.sh nonsense"] {
            let usage = bash(env, script).expect(1);
            assert!(usage.stderr.contains("Usage: file-lock.sh"), "{script}: {}", usage.stderr);
            assert_eq!(usage.stdout, "");
        }
        for script in [
            "scripts/file-lock.sh acquire",
            "scripts/file-lock.sh with",
            "scripts/file-lock.sh with f.json --",
            "scripts/file-lock.sh release",
            "scripts/file-lock.sh release /no/such.lock",
        ] {
            let refused = bash(env, script).expect(1);
            assert!(refused.stderr.starts_with("[LOCK ERROR] "), "{script}: {}", refused.stderr);
            assert_eq!(refused.stdout, "");
        }
        // A command inside may use the other scripts on the same file.
        env.write("f.json", "{\"count\": 0}");
        bash(
            env,
            "LOCK_TIMEOUT=0 scripts/file-lock.sh with f.json -- scripts/memory-update.sh f.json .count=3",
        )
        .ok();
        count_to(env, "f.json", 3);
        assert_eq!(lock_dirs(env), [""; 0]);
    });
}

#[test]
fn session_logging() {
    with_both(|env| {
        env.write("sessions.json", "{\"sessions\": [], \"count\": 0}");
        bash(
            env,
            "log() {
                 scripts/memory-update.sh sessions.json --backup \\
                     \".sessions += [{id: \\\"s$1\\\", when: now | todate}] | .count = (.sessions | length)\"
             }
             for i in 1 2 3 4 5; do log $i & done; wait",
        )
        .ok();
        count_to(env, "sessions.json", 5);
        let ids = env.run(["read", "sessions.json", "[.sessions[].id] | sort | join(\" \")", "--raw"]).ok();
        assert_eq!(ids.stdout, "s1 s2 s3 s4 s5\n");
        let before: serde_json::Value = serde_json::from_str(&env.read("sessions.json.bak")).unwrap();
        assert_eq!(before["count"], 4, "the version before the last");
    });
}

#[test]
fn an_exported_function_is_the_filter() {
    with_both(|env| {
        env.write("f.json", "{\"count\": 41}");
        let ran = bash(
            env,
            "add_one() { local text; text=$(cat); echo \"${text/41/42}\"; }
             broken() { echo '{'; }
             mine() { cat; }
             export -f add_one broken
             scripts/memory-update.sh f.json --function add_one --backup || exit 10
             bash scripts/memory-update.sh --backup f.json --function add_one || exit 11
             scripts/memory-update.sh f.json --function broken && exit 12
             scripts/memory-update.sh f.json --function mine && exit 13
             scripts/memory-update.sh f.json --function 'touch pwned' && exit 14
             exit 0",
        );
        // `bash FILE` reads a script, not a program: with links there is none.
        let expected = if fs::symlink_metadata(env.path("scripts/memory-update.sh")).unwrap().is_symlink() {
            11
        } else {
            0
        };
        assert_eq!(ran.code, expected, "{}", ran.stderr);
        if expected == 0 {
            assert!(ran.stderr.contains("export -f mine"), "{}", ran.stderr);
        }
        count_to(env, "f.json", 42);
        assert!(!env.path("pwned").exists());
    });
}

#[test]
fn bash_runs_the_wrappers_by_path() {
    if !require("bash") {
        return;
    }
    let env = TestEnv::new();
    env.run(["scripts", "install", "dir with space"]).ok();
    env.write("f.json", "{\"count\": 0}");
    let ran = bash(
        &env,
        "D='dir with space'
         DIR=$(bash \"$D/file-lock.sh\" acquire f.json) || exit 10
         bash \"$D/memory-update.sh\" f.json '.count += 1' || exit 11
         bash \"$D/file-lock.sh\" release \"$DIR\" || exit 12
         bash \"$D/file-lock.sh\" with f.json -- true || exit 13
         bash \"$D/memory-read.sh\" f.json",
    )
    .ok();
    assert_eq!(ran.stdout, "{\n  \"count\": 1\n}\n");
    assert_eq!(ran.stderr, "[OK] Wrote: f.json\n[OK] Updated: f.json\n");
}

#[test]
fn reading_tells_what_is_wrong() {
    with_both(|env| {
        env.write("f.json", "{\"b\": [1,2]}");
        assert_eq!(
            bash(env, "scripts/memory-read.sh f.json").ok().stdout,
            "{\n  \"b\": [\n    1,\n    2\n  ]\n}\n"
        );
        assert_eq!(bash(env, "scripts/memory-read.sh --raw f.json").ok().stdout, "{\"b\": [1,2]}");
        for (script, says) in [
            ("scripts/memory-read.sh", "Usage: memory-read.sh FILE"),
            ("scripts/memory-read.sh none.json", "File not found: none.json"),
            ("scripts/memory-read.sh --help", "memory-read.sh FILE [--no-lock] [--raw]"),
            ("scripts/memory-update.sh f.json", "Must provide either"),
            ("scripts/memory-update.sh f.json .b --function x", "exclude each other"),
            ("scripts/memory-update.sh f.json .b .c", "Unexpected argument: .c"),
            ("scripts/memory-update.sh none.json .b", "atomic-write.sh FILE --content"),
            ("scripts/memory-update.sh f.json '.b['", "[ERROR] "),
        ] {
            let refused = bash(env, script).expect(1);
            assert_eq!(refused.stdout, "", "{script}");
            assert!(refused.stderr.contains(says), "{script}: {}", refused.stderr);
            for option in ["--create", "--default", "--timeout"] {
                assert!(!refused.stderr.contains(option), "{script} has no {option}: {}", refused.stderr);
            }
        }
    });
}

/// A skill of old, copied as it would stand in a skill's folder: not one line is for aimem.
const SKILL: &str = r#"#!/usr/bin/env bash
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
MEMORY="$1"; ID="$2"
"$HERE/scripts/memory-update.sh" "$MEMORY" ".sessions += [{\"id\": \"$ID\"}] | .count += 1" --backup
"$HERE/scripts/memory-read.sh" "$MEMORY" > /dev/null
"#;

#[test]
fn a_skill_runs_unchanged_beside_the_new_client() {
    with_both(|env| {
        let skill: PathBuf = env.path("log-session.sh");
        fs::write(&skill, SKILL).unwrap();
        env.write("sessions.json", "{\"sessions\": [], \"count\": 0}");
        let old = "for i in 1 2 3 4 5; do bash log-session.sh sessions.json old-$W-$i; done";
        let new = "for i in 1 2 3 4 5; do \"$AIMEM\" update sessions.json --arg id new-$W-$i \
                   '.sessions += [{$id}] | .count += 1' --backup; done";
        let children: Vec<Holder> = (0..8)
            .map(|number| {
                let script = if number % 2 == 0 { old } else { new };
                let mut command = env.command("bash");
                Holder::launch(command.args(["-ec", script]).env("W", number.to_string()))
            })
            .collect();
        for child in children {
            child.wait().ok();
        }
        count_to(env, "sessions.json", 40);
        let ids = env.run(["read", "sessions.json", "[.sessions[].id] | unique | length"]).ok();
        assert_eq!(ids.stdout, "40\n");
        assert_eq!(
            TestEnv::names_in(&env.path("")),
            ["log-session.sh", "scripts", "sessions.json", "sessions.json.bak"]
        );
    });
}
