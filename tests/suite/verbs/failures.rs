//! Every failure of `update` before its rename leaves file, folder and lock root as they were:
//! names, bytes, modes, owners, times and inodes.

use std::fs;

use crate::common::{Ran, Snapshot, TestEnv, dead_pid, nobodys_env, script_info, set_mode};

/// Runs one update that must fail with this code, and compares everything before and after.
#[track_caller]
fn assert_leaves_no_trace(env: &TestEnv, code: i32, run: impl Fn() -> Ran) {
    env.make_root();
    // A lock of another file: none of our business, and to be left alone like all else.
    env.forge("bystander", Some(b"PID: 1\n"));
    let (files, locks) = (Snapshot::of(&env.path("")), Snapshot::of_locks(&env.locks()));
    let ran = run();
    assert_eq!(ran.code, code, "stdout: {}\nstderr: {}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "", "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    assert_eq!(Snapshot::of(&env.path("")), files, "{}", ran.stderr);
    assert_eq!(Snapshot::of_locks(&env.locks()), locks, "{}", ran.stderr);
}

#[track_caller]
fn assert_content_fails(content: &[u8]) {
    let env = TestEnv::new();
    env.write("f.json", content);
    env.write("f.json.bak", "an old backup");
    assert_leaves_no_trace(&env, 65, || env.run(["update", "f.json", "--backup", ".a = 1"]));
    assert_leaves_no_trace(&env, 65, || env.run(["update", "f.json", "--pipe", "--", "cat"]));
}

#[track_caller]
fn assert_filter_fails(filter: &str) {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": 1, \"list\": [1, 2]}\n");
    env.write("f.json.bak", "an old backup");
    assert_leaves_no_trace(&env, 65, || env.run(["update", "f.json", "--backup=3", filter]));
}

#[test]
fn not_json() {
    for content in ["{", "hello", "{'a': 1}", "{\"a\": 1,}", "[1 2]", "{\"a\": 01}", "\"\\x\"", "nul"] {
        assert_content_fails(content.as_bytes());
    }
}

#[test]
fn not_strict_json() {
    for content in ["// comment\n{}", "{a: 1}", "[1, .5]", "[+1]", "\"tab\t\"", "'a'", "[Infinity]"] {
        assert_content_fails(content.as_bytes());
    }
}

#[test]
fn two_documents() {
    assert_content_fails(b"{} {}");
    assert_content_fails(b"{}\n[]\n");
}

#[test]
fn an_empty_file() {
    assert_content_fails(b"");
    assert_content_fails(b" \n");
}

#[test]
fn nan_in_the_file() {
    assert_content_fails(b"{\"a\": NaN}");
    assert_content_fails(b"nan");
}

#[test]
fn not_utf_8() {
    assert_content_fails(b"{\"a\": \"\xff\"}");
    assert_content_fails(b"\xff\xfe{\0}\0");
}

#[test]
fn nested_two_hundred_thousand_deep() {
    assert_content_fails("[".repeat(200_000).as_bytes());
    assert_content_fails(format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)).as_bytes());
    assert_content_fails(format!("{}1{}", "{\"a\":".repeat(10_001), "}".repeat(10_001)).as_bytes());
}

#[test]
fn ten_thousand_deep_is_still_read_and_written() {
    let env = TestEnv::new();
    let deep = format!("{}{}\n", "[".repeat(9_999), "]".repeat(9_999));
    env.write("f.json", &deep);
    env.run(["update", "f.json", "-c", "[.]"]).ok();
    assert_eq!(env.read("f.json"), format!("[{}]\n", deep.trim_end()));
}

#[test]
fn a_filter_that_is_not_one() {
    for filter in [".a = ", "no_such_function", "$undefined", "{", ""] {
        // The empty filter is jq's identity, and changes nothing.
        if !filter.is_empty() {
            assert_filter_fails(filter);
        }
    }
}

#[test]
fn a_filter_that_errors() {
    for filter in ["error(\"no\")", ".a.b.c = 1", ".list.a", "\"a\" - 1", "halt_error", "error(null)"] {
        assert_filter_fails(filter);
    }
}

#[test]
fn a_filter_that_yields_nothing() {
    assert_filter_fails("empty");
    assert_filter_fails(".list[] | select(. > 9)");
}

#[test]
fn a_filter_that_yields_two_results() {
    assert_filter_fails(".list[]");
    assert_filter_fails("., .");
    assert_filter_fails("(., error(\"late\"))");
}

#[test]
fn a_filter_that_yields_no_number() {
    for filter in [".a = nan", ".a = infinite", ".a = -infinite", "[nan]", "nan"] {
        assert_filter_fails(filter);
    }
}

#[test]
fn a_filter_that_runs_away() {
    assert_filter_fails("def f: 1 + f; f");
    assert_filter_fails("[limit(1000000; repeat([.]))] | error(\"came back\")");
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    assert_leaves_no_trace(&env, 65, || {
        env.run(["update", "f.json", "--max-time", "50ms", "last(repeat(1))"])
    });
}

#[test]
fn a_command_that_fails_or_prints_no_document() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": 1}\n");
    for script in ["cat; exit 1", "cat; kill -9 $$", "echo '{'", "true", "echo 1; echo 2", "printf '\\377'"] {
        assert_leaves_no_trace(&env, 65, || {
            env.run(["update", "f.json", "--pipe", "--", "sh", "-c", script])
        });
    }
    assert_leaves_no_trace(&env, 127, || env.run(["update", "f.json", "--pipe", "--", "no-such-command"]));
    assert_leaves_no_trace(&env, 126, || env.run(["update", "f.json", "--pipe", "--", "/"]));
    assert_leaves_no_trace(&env, 65, || {
        env.run(["update", "f.json", "--max-time", "50ms", "--pipe", "--", "sleep", "1000"])
    });
}

#[test]
fn a_missing_file() {
    let env = TestEnv::new();
    env.write("other.json", "{}\n");
    assert_leaves_no_trace(&env, 66, || env.run(["update", "f.json", "."]));
    assert_leaves_no_trace(&env, 66, || env.run(["update", "no/such/folder/f.json", "."]));
    assert_leaves_no_trace(&env, 65, || env.run(["update", "f.json", "--create", "error(\"no\")"]));
    assert_leaves_no_trace(&env, 65, || env.run(["update", "f.json", "--create={", "."]));
}

#[test]
fn no_regular_file() {
    let env = TestEnv::new();
    fs::create_dir(env.path("folder")).unwrap();
    assert_leaves_no_trace(&env, 66, || env.run(["update", "folder", "."]));
    assert_leaves_no_trace(&env, 66, || env.run(["update", "folder/", "."]));
    assert_leaves_no_trace(&env, 66, || env.run(["update", "/dev/null", "."]));
    let made = env.command("mkfifo").arg("fifo").status().unwrap();
    assert!(made.success());
    assert_leaves_no_trace(&env, 66, || env.run(["update", "fifo", "."]));
    let _socket = std::os::unix::net::UnixListener::bind(env.path("socket")).unwrap();
    assert_leaves_no_trace(&env, 66, || env.run(["update", "socket", "."]));
}

#[test]
fn a_file_without_permission() {
    let Some(env) = nobodys_env() else { return };
    set_mode(&env.write("f.json", "{}\n"), 0o600);
    set_mode(&env.write("unreadable.json", "{}\n"), 0o222);
    let home = env.home();
    let run = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    run(&["lock", "with", "root-maker", "--", "true"]).ok();
    for file in ["f.json", "unreadable.json"] {
        assert_leaves_no_trace(&env, 77, || run(&["update", file, "."]));
    }
    fs::create_dir(env.path("closed")).unwrap();
    env.write("closed/f.json", "{}\n");
    set_mode(&env.path("closed"), 0o700);
    assert_leaves_no_trace(&env, 77, || run(&["update", "closed/f.json", "."]));
    // Readable, but its folder is not ours to write to.
    set_mode(&env.path("closed"), 0o755);
    assert_leaves_no_trace(&env, 77, || run(&["update", "closed/f.json", ".a = 1"]));
    assert!(home.exists());
}

#[test]
fn a_backups_name_that_is_too_long() {
    let env = TestEnv::new();
    let name = "x".repeat(252);
    env.write(&name, "{}\n");
    assert_leaves_no_trace(&env, 73, || env.run(["update", &name, ".a = 1", "--backup"]));
}

#[test]
fn a_backups_name_that_is_too_long_stops_a_write_before_it_makes_folders_or_runs_a_command() {
    let env = TestEnv::new();
    let name = "x".repeat(252);
    let path = format!("deep/er/{name}");
    assert_leaves_no_trace(&env, 73, || env.run(["write", &path, "--content", "{}", "--backup"]));
    env.write(&name, "{}\n");
    assert_leaves_no_trace(&env, 73, || {
        env.run(["update", &name, "--backup", "--pipe", "--", "sh", "-c", ": >ran; cat"])
    });
}

#[test]
fn a_disk_that_is_full() {
    let Some(disk) = crate::common::small_disk("64k") else { return };
    let env = TestEnv::new();
    fs::write(disk.path().join("f.json"), "{\"a\": 1}\n").unwrap();
    fs::write(disk.path().join("f.json.bak"), "an old backup").unwrap();
    let file = disk.path().join("f.json").to_str().unwrap().to_owned();
    let before = Snapshot::of_locks(disk.path());
    for options in [["--backup=2", "--print"], ["--no-sync", "--print"]] {
        let args = ["update", &file, options[0], options[1], ".a = (\"x\" * 100000)"];
        assert_leaves_no_trace(&env, 74, || env.run(args));
        assert_eq!(Snapshot::of_locks(disk.path()), before);
    }
}

#[test]
fn an_unchanged_document_is_left_alone() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\":   1.0, \"b\": [1e3]}");
    env.make_root();
    let before = (Snapshot::of(&env.path("")), Snapshot::of_locks(&env.locks()));
    env.run(["write", "f.json", "--backup", "--content", "{\"a\":   1.0, \"b\": [1e3]}"]).ok();
    env.run(["update", "f.json", "--pipe", "--backup", "--", "cat"]).ok();
    env.run(["update", "f.json", "--dry-run", ".a = 2"]).ok();
    assert_eq!((Snapshot::of(&env.path("")), Snapshot::of_locks(&env.locks())), before);
}

/// With ever more descriptors until there are enough: whoever lacks them is told so, and learns
/// nothing wrong about the lock.
#[test]
fn a_lack_of_descriptors_is_an_error_at_once_and_no_verdict() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let id = env.run(["lock", "acquire", "g.json", "--ttl", "1h"]).ok().stdout;
    let id = id.trim_end();
    env.write("g.json", "{}\n");
    let _holder = env.hold("h.json");
    let owner = std::process::id().to_string();
    env.run(["lock", "acquire", "k.json", "--pid", &owner]).ok();
    let stale = || {
        let lock = env.lock_dir("f.json");
        if !lock.exists() {
            env.forge("f.json", Some(script_info(dead_pid()).as_bytes()));
        }
    };
    let cases = [
        ("update f.json '.n = 1'", "update f.json '.n = 1'", 0),
        (&format!("update g.json --lock {id} '.n = 1'"), "update g.json", 0),
        ("lock with f.json -- \"$AIMEM\" update f.json '.n = 1'", "lock with f.json", 0),
        ("lock status f.json", "lock status f.json", 0),
        ("update h.json '.n = 1'", "update h.json", 75),
        ("update k.json '.n = 1'", "update k.json", 75),
    ];
    for (command, what, end) in cases {
        let mut least = 4;
        loop {
            assert!(least < 40, "{what}: never enough");
            stale();
            let script = format!("ulimit -n {least}; LOCK_TIMEOUT=1s \"$AIMEM\" {command}");
            let ran = Ran::of(env.sh(&script).output().unwrap());
            if ran.code == end && !ran.stderr.contains("too many files open") {
                assert!(!ran.stderr.contains("cannot be told"), "{what} with {least}: {}", ran.stderr);
                break;
            }
            let own = if command.starts_with("lock with") { [74, 125] } else { [74, 74] };
            // The file is more important than what is kept of it.
            let is_done = ran.code == end && ran.stderr.contains("the replaced version could not be kept");
            assert!(is_done || own.contains(&ran.code), "{what} with {least}: {} {}", ran.code, ran.stderr);
            assert!(ran.stderr.contains("this process has too many files open"), "{what}: {}", ran.stderr);
            assert!(!ran.stderr.contains("holder"), "{what} with {least}: {}", ran.stderr);
            least += 1;
        }
        assert!(least > 4, "{what}: nothing was tried");
    }
}
