//! What others see of a holder: its verb, its files and its command's name, and nothing that may be
//! a secret.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{Killed, Ran, TestEnv, eventually};

const SECRET: &str = "Bearer-s3cr3t";

/// Every file in the lock root, and what others are told.
fn everything_said(env: &TestEnv) -> String {
    fn files(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => files(&entry.path(), text),
                _ => text.push_str(&fs::read_to_string(entry.path()).unwrap_or_default()),
            }
        }
    }
    let mut text = String::new();
    for args in [
        &["lock", "with", "f.json", "-w", "300ms", "--", "true"][..],
        &["lock", "status", "f.json"],
        &["lock", "status", "f.json", "--json"],
        &["locks", "show", "--json"],
    ] {
        let ran = env.run(args);
        text.push_str(&(ran.stdout + &ran.stderr));
    }
    files(&env.locks(), &mut text);
    text
}

#[track_caller]
fn assert_described(env: &TestEnv, description: &str) {
    let said = everything_said(env);
    assert!(!said.contains(SECRET), "{said}");
    let command = format!("COMMAND: {description}\n");
    assert!(said.contains(&command), "{description}: {said}");
    assert!(said.contains(&format!("({description}) for")), "{description}: {said}");
}

/// The same while this command runs, which ends as soon as there is a file `go`.
#[track_caller]
fn assert_described_while(env: &TestEnv, command: &mut Command, description: &str) {
    let holder = Killed(command.spawn().unwrap());
    eventually("it has the lock", || env.lock_dir("f.json").join("info").exists());
    assert_described(env, description);
    env.write("go", "");
    eventually("it has ended", || !env.lock_dir("f.json").exists());
    fs::remove_file(env.path("go")).unwrap();
    drop(holder);
}

#[test]
fn nobody_sees_the_arguments_of_a_holders_command() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let stay = format!(": {SECRET}; until [ -e go ]; do sleep 0.01; done");
    let lock_script = env.path("file-lock.sh");
    std::os::unix::fs::symlink(crate::common::aimem_path(), &lock_script).unwrap();
    let cases: [(&[&str], &str); 3] = [
        (&["lock", "with", "f.json", "--on-reclaimed", SECRET, "--", "sh"], "aimem lock with f.json -- sh"),
        (
            &["lock", "with", "f.json", "./g h.json", "--", "/bin/sh"],
            "aimem lock with f.json './g h.json' -- sh",
        ),
        (&["update", "f.json", "--arg", "token", SECRET, "--pipe", "--", "sh"], "aimem update f.json -- sh"),
    ];
    for (args, described) in cases {
        let mut command = env.aimem(args);
        assert_described_while(&env, command.args(["-c", &stay, SECRET]), described);
    }
    let mut command = env.command(lock_script);
    let command = command.args(["with", "f.json", "--", "sh", "-c", &stay]);
    assert_described_while(&env, command, "file-lock.sh with f.json -- sh");
}

#[test]
fn nobody_sees_a_holders_filter() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let filter = format!(".token = \"{SECRET}\" | .n = last(range(1e12))");
    let mut command = env.aimem(["update", "f.json", "--client", "editor", &filter]);
    let _update = Killed(command.spawn().unwrap());
    eventually("it has the lock", || env.lock_dir("f.json").join("info").exists());
    let said = everything_said(&env);
    assert!(!said.contains(SECRET), "{said}");
    assert!(said.contains("COMMAND: aimem update f.json\n"), "{said}");
    assert!(said.contains("(editor: aimem update f.json) for"), "{said}");
}

#[test]
fn nobody_sees_the_content_that_is_written_under_a_lease() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let id = env.run(["lock", "acquire", "f.json", "--ttl", "1m"]).ok().stdout;
    Ran::of(env.aimem(["write", "f.json", "--content", SECRET, "--lock", id.trim()]).output().unwrap());
    assert_described(&env, "aimem lock acquire f.json");
}
