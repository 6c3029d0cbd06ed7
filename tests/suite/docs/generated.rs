//! What is generated from the command tree and checked in is what the tree says now.

#[cfg(feature = "outbox")]
use std::fs;
use std::path::Path;

use crate::common::{TestEnv, require};

#[cfg(feature = "outbox")]
#[track_caller]
fn compare(name: &str, verb: &str) {
    let env = TestEnv::new();
    env.run([verb, "--out", "out"]).ok();
    let checked_in = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let again = format!("run: cargo run -- {verb} --out {name}");
    let names = TestEnv::names_in(&env.path("out"));
    assert_eq!(TestEnv::names_in(&checked_in), names, "{again}, and remove what is no longer made");
    for file in names {
        let is = fs::read_to_string(checked_in.join(&file)).unwrap();
        assert!(is == env.read(format!("out/{file}")), "{name}/{file} is old; {again}");
    }
}

#[cfg(feature = "outbox")]
#[test]
fn completions_are_those_of_the_command_tree() {
    compare("completions", "completions");
}

#[cfg(feature = "outbox")]
#[test]
fn manual_pages_are_those_of_the_command_tree() {
    compare("man", "man");
}

#[test]
fn shells_can_read_their_completions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let env = TestEnv::new();
    for (shell, option, file) in
        [("bash", "-n", "aimem.bash"), ("zsh", "-n", "_aimem"), ("fish", "-n", "aimem.fish")]
    {
        if require(shell) {
            let output = env.command(shell).arg(option).arg(folder.join(file)).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
