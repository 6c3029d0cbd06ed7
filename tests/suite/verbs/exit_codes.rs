//! The exit code of every row of the table, end to end.

use std::os::unix::fs::PermissionsExt;

use crate::common::{Ran, TestEnv, dead_pid, nobodys_env, script_info, set_mode};

#[test]
fn code_0_done_a_change_of_nothing_included() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    env.run(["update", "f.json", "."]).ok();
    env.run(["read", "f.json"]).ok();
    env.run(["lock", "status", "f.json"]).ok();
    env.run(["lock", "wait", "f.json"]).ok();
    env.run(["lock", "break", "f.json"]).ok();
    env.run(["locks", "show"]).ok();
    env.run(["locks", "check"]).ok();
    env.run(["--help"]).ok();
}

#[test]
fn code_1_a_check_failed() {
    if !crate::common::require_dead_scripts() {
        return;
    }
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": null}\n");
    env.run(["read", "f.json", ".a", "-e"]).expect(1);
    env.run(["read", "f.json", "empty", "-e"]).expect(1);
    env.run(["read", "f.json", ".a"]).expect(0);
    env.write("null.json", "{}\n");
    env.run(["update", "null.json", "null", "-e"]).expect(65);
    env.run(["update", "null.json", "null", "-e", "--any-kind"]).expect(1);
    assert_eq!(env.read("null.json").trim_end(), "null", "it is written all the same");
    let holder = env.hold("f.json");
    env.run(["lock", "status", "f.json"]).expect(1);
    env.run(["locks", "check"]).expect(0);
    env.run(["locks", "check", "--max-age", "0"]).expect(1);
    holder.end().ok();
    env.forge("f.json", Some(script_info(dead_pid()).as_bytes()));
    env.run(["lock", "status", "f.json"]).expect(0);
    env.run(["locks", "check"]).expect(1);
}

#[test]
fn code_2_usage() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    for args in [
        vec!["no-such-verb"],
        vec!["update"],
        vec!["update", "f.json"],
        vec!["update", "f.json", ".", "too many"],
        vec!["update", "f.json", ".", "--timeout", "soon"],
        vec!["update", "f.json", ".", "--backup=many"],
        vec!["update", "f.json", "--pipe"],
        vec!["read"],
        vec!["read", "f.json", "--raw", "--pretty"],
        vec!["write"],
        vec!["lock", "with", "f.json"],
        vec!["lock", "with", "--", "true"],
        vec!["lock", "with", "f.json", "--timeout", "1", "-n", "--", "true"],
        vec!["lock", "release", "no-id"],
        vec!["lock", "acquire", "f.json", "--ttl", "0"],
        vec!["lock", "acquire", "f.json", "--pid", "1", "--ttl", "1s"],
        vec!["locks", "check", "--max-age", "old"],
    ] {
        let ran = env.run(&args).expect(2);
        assert_eq!(ran.stdout, "", "{args:?}");
        assert!(ran.stderr.contains("error: "), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn an_unusable_variable_is_a_usage_error_that_names_it() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    for (name, value) in [
        ("LOCK_TIMEOUT", "soon"),
        ("LOCK_TIMEOUT", "-1"),
        ("LOCK_RETRY", "0"),
        ("LOCK_RETRY", "often"),
        ("LOCK_DEBUG", "maybe"),
        ("AIMEM_BACKUP", "some"),
        ("AIMEM_LOCK_ID", "nonsense"),
        ("AIMEM_LOCK_FS", "far"),
    ] {
        let run = |value| Ran::of(env.aimem(["update", "f.json", "."]).env(name, value).output().unwrap());
        let ran = run(value).expect(2);
        assert!(ran.stderr.contains(name), "{name}={value}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
        // An empty one counts as unset.
        run("").ok();
    }
    for args in [
        vec!["lock", "with", "f.json", "--", "true"],
        vec!["lock", "acquire", "f.json"],
        vec!["lock", "release", &format!("{}:{}", "0".repeat(64), "0".repeat(32))],
        vec!["read", "f.json"],
        vec!["write", "f.json", "--content", "{}"],
    ] {
        let ran = Ran::of(env.aimem(&args).env("LOCK_DEBUG", "maybe").output().unwrap()).expect(2);
        assert!(ran.stderr.contains("LOCK_DEBUG"), "{args:?}: {}", ran.stderr);
    }
    // A flag beats the environment, but does not excuse it.
    let holder = env.hold("f.json");
    let mut command = env.aimem(["update", "f.json", ".", "--timeout", "0"]);
    Ran::of(command.env("LOCK_TIMEOUT", "1h").output().unwrap()).expect(75);
    holder.end().ok();
}

/// A folder that depends on where a command was started is another one for each, and two would
/// hold the same lock.
#[test]
fn a_relative_lock_folder_is_refused() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    for name in ["AIMEM_LOCK_DIR", "AICONFIG_PATH", "HOME"] {
        let mut command = env.aimem(["update", "f.json", ".a = 1"]);
        command.env_remove("AIMEM_LOCK_DIR").env_remove("AICONFIG_PATH").env(name, "here");
        let ran = Ran::of(command.output().unwrap()).expect(2);
        assert!(ran.stderr.contains(name) && ran.stderr.contains("absolute"), "{name}: {}", ran.stderr);
    }
    assert_eq!(TestEnv::names_in(&env.path("")), ["f.json"]);
}

#[test]
fn an_acquire_that_fails_leaves_no_lock_behind() {
    let env = TestEnv::new();
    let mut command = env.aimem(["lock", "acquire", "f", "--ttl", "1h"]);
    let ran = Ran::of(command.env("LOCK_DEBUG", "maybe").output().unwrap()).expect(2);
    assert_eq!(ran.stdout, "");
    env.run(["lock", "status", "f"]).ok();
}

#[test]
fn an_empty_word_is_no_file() {
    let env = TestEnv::new();
    for args in [["update", "", ".a = 1"], ["read", "", "."], ["update", "", "--create"]] {
        let ran = env.run(args).expect(2);
        assert!(ran.stderr.contains("which file?"), "{}", ran.stderr);
    }
}

#[test]
fn code_65_data() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": 1}\n");
    env.write("broken.json", "{");
    for args in [
        vec!["read", "broken.json"],
        vec!["read", "f.json", ".a.b"],
        vec!["read", "f.json", "{"],
        vec!["update", "broken.json", "."],
        vec!["update", "f.json", "empty"],
        vec!["update", "f.json", "1, 2"],
        vec!["update", "f.json", "error(\"no\")"],
        vec!["update", "f.json", "def f: f; f", "--max-time", "50ms"],
        vec!["update", "f.json", "--argjson", "x", "{", "."],
        vec!["update", "f.json", "--pipe", "--", "false"],
        vec!["update", "f.json", "--pipe", "--", "echo", "no json"],
        vec!["update", "new.json", "--create={", "."],
        vec!["write", "f.json", "--content", "{"],
        vec!["write", "f.txt", "--validate", "--content", "{"],
        vec!["write", "f.json", "--content", ""],
        vec!["read", "missing.json", "--default", "{"],
    ] {
        let ran = env.run(&args).expect(65);
        assert!(ran.stderr.starts_with("error: "), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
    assert_eq!(env.read("f.json"), "{\"a\": 1}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["broken.json", "f.json"]);
}

#[test]
fn code_66_no_input() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("folder")).unwrap();
    env.write("file", "{}");
    for file in ["missing.json", "folder", "file/below"] {
        env.run(["update", file, "."]).expect(66);
        let ran = env.run(["read", file]).expect(66);
        assert!(ran.stderr.contains(file), "{}", ran.stderr);
    }
    env.run(["write", "folder", "--content", "x"]).expect(66);
    env.run(["write", "file/below", "--content", "x"]).expect(66);
    env.run(["restore", "file"]).expect(66);
    std::os::unix::fs::symlink("two", env.path("one")).unwrap();
    std::os::unix::fs::symlink("one", env.path("two")).unwrap();
    for (file, why) in [("one", "a loop"), ("one/below", "a loop"), (&*"n".repeat(300), "too long")] {
        for args in [
            vec!["read", file],
            vec!["read", "--no-lock", file],
            vec!["update", file, "."],
            vec!["update", file, ".", "--create"],
            vec!["write", file, "--content", "x"],
            vec!["restore", file],
            vec!["lock", "acquire", file],
            vec!["lock", "status", file],
            vec!["read", "file", ".", "--rawfile", "x", file],
        ] {
            let ran = env.run(&args).expect(66);
            assert!(ran.stderr.contains(why), "{args:?}: {}", ran.stderr);
        }
    }
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn code_73_cannot_create() {
    let env = TestEnv::new();
    let name = "n".repeat(253);
    env.write(&name, "{\"a\": 1}\n");
    let ran = env.run(["update", &name, ".a = 2", "--backup"]).expect(73);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert_eq!(env.read(&name), "{\"a\": 1}\n");
    env.write("no-folder", "");
    let mut command = env.aimem(["update", &name, ".a = 2"]);
    let locks = env.path("no-folder/locks");
    Ran::of(command.env("AIMEM_LOCK_DIR", locks).output().unwrap()).expect(73);
}

#[test]
fn code_74_input_or_output_failed() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": 1}\n");
    for args in [
        vec!["read", "f.json"],
        vec!["read", "f.json", "--raw"],
        vec!["read", "f.json", ".a"],
        vec!["read", "f.json", "--etag"],
        vec!["lock", "status", "f.json"],
        vec!["locks", "show", "--json"],
        vec!["--help"],
        vec!["update", "--help"],
        vec!["--version"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let child = env.aimem(&args).stdout(full).spawn().unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 74, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("the disk is full"), "{args:?}: {}", ran.stderr);
    }
    // A reader that has gone away has seen enough.
    env.write("large.json", format!("[{}0]", "0,\n".repeat(200_000)));
    let ran = Ran::of(env.sh("{ \"$AIMEM\" read large.json; echo $? >code; } | head -1").output().unwrap());
    assert_eq!((ran.stderr.as_str(), env.read("code").as_str()), ("", "0\n"));
}

#[test]
fn code_74_when_the_file_would_be_larger_than_allowed() {
    let env = TestEnv::new();
    env.write("f.json", "{\"a\": 1}\n");
    let script = "ulimit -f 8; exec \"$AIMEM\" update f.json '.a = (\"x\" * 100000)'";
    let ran = Ran::of(env.sh(script).output().unwrap()).expect(74);
    assert!(ran.stderr.contains("too large"), "{}", ran.stderr);
    assert_eq!(env.read("f.json"), "{\"a\": 1}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["f.json"]);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn code_75_not_free_in_time_or_what_the_user_chose() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let holder = env.hold("f.json");
    for args in [
        vec!["lock", "with", "f.json", "-n", "--", "true"],
        vec!["lock", "acquire", "f.json", "-n"],
        vec!["lock", "wait", "f.json", "-n"],
        vec!["read", "f.json", "--locked", "-n"],
        vec!["update", "f.json", ".", "-n"],
        vec!["write", "f.json", "--content", "{}", "-n"],
        vec!["restore", "f.json", "-n"],
    ] {
        let ran = env.run(&args).expect(75);
        assert!(ran.stderr.contains(&format!("held by pid {}", holder.pid)), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("\nhint: "), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
        let at = args.iter().position(|word| *word == "-n").unwrap();
        let mut chosen = args.clone();
        chosen.splice(at..at, ["-E", "42"]);
        env.run(&chosen).expect(42);
        chosen[at] = "--conflict-exit-code";
        chosen[at + 1] = "0";
        env.run(&chosen).expect(0);
    }
    let start = std::time::Instant::now();
    let ran = env.run(["lock", "with", "f.json", "-w", "300ms", "--", "true"]).expect(75);
    assert!(start.elapsed() >= std::time::Duration::from_millis(300), "it gave up early");
    assert!(ran.stderr.starts_with("waiting for lock on "), "{}", ran.stderr);
    holder.end().ok();
}

#[test]
fn code_76_lost_or_not_what_was_read() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 1}\n");
    let tag = env.run(["read", "f.json", "--etag"]).ok().stdout;
    let tag = tag.trim_end();
    env.run(["write", "f.json", "--if-match", tag, "--content", "{\"n\": 2}\n"]).ok();
    let ran = env.run(["write", "f.json", "--if-match", tag, "--content", "{\"n\": 3}\n"]).expect(76);
    assert!(ran.stderr.contains("hint: nothing was written"), "{}", ran.stderr);
    assert_eq!(env.read("f.json"), "{\"n\": 2}\n");
    env.run(["write", "new.json", "--if-match", tag, "--content", "{}"]).expect(76);
    assert!(!env.path("new.json").exists());

    let id = env.run(["lock", "acquire", "f.json", "--ttl", "1h"]).ok().stdout;
    env.run(["lock", "release", id.trim_end()]).ok();
    env.run(["lock", "release", id.trim_end()]).expect(76);
    env.run(["lock", "renew", id.trim_end(), "--ttl", "1h"]).expect(76);
    env.run(["read", "f.json", "--lock", id.trim_end()]).expect(76);
    // A command's success is worth nothing without its lock; its failure is its own.
    let break_it = "\"$AIMEM\" lock break f.json 2>/dev/null; exit";
    env.run(["lock", "with", "f.json", "--", "sh", "-c", &format!("{break_it} 0")]).expect(76);
    env.run(["lock", "with", "f.json", "--", "sh", "-c", &format!("{break_it} 9")]).expect(9);
}

#[test]
fn code_77_permission_denied() {
    let Some(env) = nobodys_env() else { return };
    let run = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    set_mode(&env.write("secret.json", "{}\n"), 0o600);
    run(&["read", "secret.json"]).expect(77);
    run(&["update", "secret.json", "."]).expect(77);
    set_mode(&env.path(""), 0o755);
    std::os::unix::fs::chown(env.path(""), Some(0), Some(0)).unwrap();
    set_mode(&env.write("open.json", "{}\n"), 0o666);
    run(&["update", "open.json", ".a = 1"]).expect(77);
    run(&["write", "new.json", "--content", "{}"]).expect(77);
    // No room for locks.
    set_mode(&env.home(), 0o555);
    std::fs::remove_dir_all(env.home().join("aiconfig")).unwrap();
    let refused = run(&["read", "open.json", "--locked"]).expect(77);
    assert!(refused.stderr.contains("AIMEM_LOCK_DIR"), "{}", refused.stderr);
    run(&["read", "open.json"]).ok();
}

/// Whoever repeats a command after 74 must not change the file a second time.
#[test]
fn code_79_when_the_file_was_changed_and_the_answer_could_not_be_written() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\":1}\n");
    let run = |args: &[&str]| {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        Ran::of(env.aimem(args).stdout(full).spawn().unwrap().wait_with_output().unwrap())
    };
    let ran = run(&["update", "f.json", ".n += 1", "--print"]).expect(79);
    assert!(
        ran.stderr.contains("the disk is full") && ran.stderr.contains("do not repeat"),
        "{}",
        ran.stderr
    );
    assert_eq!(env.read("f.json"), "{\"n\":2}\n");
    // Nothing was changed here, and a repetition does no harm.
    run(&["update", "f.json", ".n = 2", "--print"]).expect(74);
    run(&["update", "f.json", ".n += 1", "--dry-run"]).expect(74);
    assert_eq!(env.read("f.json"), "{\"n\":2}\n");
    // A reader that has gone away has seen enough.
    let script = "\"$AIMEM\" update f.json '.n += 1' --print | true; exec \"$AIMEM\" read f.json .n";
    assert_eq!(Ran::of(env.sh(script).output().unwrap()).ok().stdout, "3\n");
}

/// Every error of a transaction: 74 is never one behind a change, and behind a change it is 79, or
/// 76 where others may have had a hand in it.
#[test]
fn errors_behind_a_change_have_codes_of_their_own() {
    use aimem::cli::error::CliError;
    use aimem::cli::exit::Exit;
    use aimem::lock::LockError;
    use aimem::memory::MemoryError;
    use aimem::place::PlaceError;
    use aimem::replace::ReplaceError as E;
    use aimem::sys::failure::Kind;
    use aimem::sys::failure::{Op, PathError};
    use std::io::{Error, ErrorKind};
    use std::path::PathBuf;
    let path = || PathBuf::from("f");
    for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::NotFound, ErrorKind::Other] {
        let source = || Error::from(kind);
        let lost = || LockError::Lost { target: None, why: "gone".to_owned() };
        let replace = |error| MemoryError::from(PlaceError::from(error));
        let errors: [MemoryError; 18] = [
            replace(E::IsDirectory(path())),
            replace(E::NotAFile(path())),
            replace(E::BackupName { path: path(), length: 300 }),
            replace(E::Folder { folder: path(), source: source() }),
            replace(E::MountPoint(path())),
            replace(E::FolderKept { folder: path(), holders: Vec::new() }),
            replace(E::NoBackup { path: path(), index: 0 }),
            replace(E::Path(PathError { op: Op::Write, path: path(), source: source() })),
            replace(E::Unsettled { path: path(), source: source() }),
            MemoryError::Missing { path: path() },
            MemoryError::Empty { path: path() },
            MemoryError::Changing { path: path() },
            lost().into(),
            replace(E::Displaced { path: path(), kept: path() }),
            replace(E::Overtaken { path: path() }),
            replace(E::NotDurable { path: path(), source: source() }),
            replace(E::Damaged { path: path(), backup: None, source: source() }),
            PlaceError::Unlocked { path: path(), source: Box::new(lost()) }.into(),
        ];
        for (index, error) in errors.into_iter().enumerate() {
            let (changed, shown) = (error.document_may_have_changed(), format!("{error:?}"));
            assert_eq!(changed, index >= 13, "{shown}");
            let exit = CliError::from(error).exit;
            let behind = [Exit::Failed(Kind::Unfinished), Exit::Failed(Kind::Lost)].contains(&exit);
            assert!(
                if changed { behind } else { exit != Exit::Failed(Kind::Unfinished) },
                "{shown}: {exit:?}"
            );
        }
    }
}

#[test]
fn codes_125_126_127_of_lock_with() {
    let env = TestEnv::new();
    env.write("not-executable", "echo");
    env.write("bad-interpreter", "#!/no/such/program\n");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(env.path("bad-interpreter"), mode).unwrap();
    let with = |command: &str| env.run(["lock", "with", "f", "--", command]);
    with("no-such-command").expect(127);
    with("./no-such-command").expect(127);
    with("./not-executable").expect(126);
    with("/").expect(126);
    with("./bad-interpreter").expect(127);
    assert_eq!(env.lock_names(), [""; 0]);
    // Our own failure: the lock root is a file.
    env.write("no-folder", "");
    let mut command = env.aimem(["lock", "with", "f", "--", "true"]);
    let ran = Ran::of(command.env("AIMEM_LOCK_DIR", env.path("no-folder")).output().unwrap());
    assert_eq!(ran.code, 125, "{}", ran.stderr);
    // A usage error stays one.
    env.run(["lock", "with", "f", "--no-such-option", "--", "true"]).expect(2);
    let mut command = env.aimem(["update", "f", "."]);
    Ran::of(command.env_remove("HOME").output().unwrap()).expect(2);
}

#[test]
fn every_status_of_a_command_is_passed_through() {
    let env = TestEnv::new();
    for code in [0, 1, 2, 65, 75, 76, 99, 125, 126, 127, 128, 130, 143, 200, 255] {
        let ran = env.run(["lock", "with", "f", "--", "sh", "-c", &format!("exit {code}")]);
        assert_eq!((ran.code, ran.stderr.as_str()), (code, ""));
    }
    // 128 + N, by an exit and not by the signal.
    for (signal, code) in [("KILL", 137), ("TERM", 143), ("SEGV", 139)] {
        let mut command = env.aimem(["lock", "with", "f", "--", "sh", "-c", &format!("kill -{signal} $$")]);
        assert_eq!(command.output().unwrap().status.code(), Some(code), "{signal}");
    }
    assert_eq!(env.lock_names(), [""; 0]);
}
