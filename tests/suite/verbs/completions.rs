//! Completion in the real shells, typed at a terminal.

use std::path::Path;

use crate::common::{Ran, TestEnv, aimem_path, require};

const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/common/terminal.py");
/// Forgets the line that was typed.
const CTRL_U: &str = "\u{15}";

/// Types at a shell: first the setting up, then each line, after which a tab is pressed and the
/// text must appear.
fn at_terminal(env: &TestEnv, shell: &[&str], setup: &str, completions: &[(&str, &str)]) {
    // The word is written so that the echo of what is typed does not have it.
    let mut steps = vec![(format!("{setup}\necho rea\"\"dy\n"), "ready".to_owned())];
    for (typed, shown) in completions {
        steps.push((format!("{CTRL_U}{typed}\t"), (*shown).to_owned()));
    }
    let steps = serde_json::to_string(&steps).unwrap();
    let mut path = aimem_path().parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = env.command("python3");
    command.arg(DRIVER).arg(steps).args(shell).env("PATH", path).env("TERM", "xterm");
    Ran::of(command.output().unwrap()).ok();
}

fn completions(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name).to_str().unwrap().to_owned()
}

fn lease(env: &TestEnv) -> String {
    env.run(["lock", "acquire", "f.json", "--ttl", "1h"]).ok().stdout.trim_end().to_owned()
}

/// Saves a memory and returns its id.
#[cfg(feature = "outbox")]
fn memory(env: &TestEnv) -> String {
    env.run(["queue", "add", "--project", "web", "a memory"]).ok().stdout.trim_end().to_owned()
}

#[cfg(feature = "outbox")]
#[test]
fn ids_of_memories_are_completed() {
    let setups: [(&[&str], String); 3] = [
        (&["bash", "--noprofile", "--norc", "-i"], format!("source '{}'", completions("aimem.bash"))),
        (&["zsh", "-f", "-i"], in_zsh()),
        (&["fish", "--no-config", "-i"], format!("source '{}'", completions("aimem.fish"))),
    ];
    for (shell, setup) in setups {
        if !require(shell[0]) || !require("python3") {
            continue;
        }
        let env = TestEnv::new();
        let id = memory(&env);
        at_terminal(&env, shell, &setup, &[("aimem queue show ", &id), ("aimem queue retry 0", &id[1..])]);
    }
}

fn in_zsh() -> String {
    let folder = Path::new(&completions("_aimem")).parent().unwrap().display().to_string();
    format!("bindkey -e; fpath=('{folder}' $fpath); autoload -U compinit; compinit -u -D")
}

#[test]
fn bash_completes_verbs_options_files_and_ids() {
    if !require("bash") || !require("python3") {
        return;
    }
    let env = TestEnv::new();
    env.write("the-only-document.json", "{}");
    let id = lease(&env);
    at_terminal(
        &env,
        &["bash", "--noprofile", "--norc", "-i"],
        &format!("source '{}'", completions("aimem.bash")),
        &[
            ("aimem upd", "update "),
            ("aimem lock rel", "release "),
            ("aimem update --exit", "--exit-status "),
            ("aimem update the-on", "the-only-document.json "),
            ("aimem man upd", "update "),
            ("aimem man lock ren", "renew "),
            ("aimem help his", "history "),
            ("aimem lock release ", &id),
            ("aimem update f.json --lock ", &id),
        ],
    );
}

#[test]
fn zsh_completes_verbs_options_files_and_ids() {
    if !require("zsh") || !require("python3") {
        return;
    }
    let env = TestEnv::new();
    env.write("the-only-document.json", "{}");
    let id = lease(&env);
    at_terminal(
        &env,
        &["zsh", "-f", "-i"],
        &in_zsh(),
        &[
            ("aimem upd", "update "),
            ("aimem lock rel", "release "),
            ("aimem update --exit", "--exit-status "),
            ("aimem write the-on", "the-only-document.json "),
            ("aimem man upd", "update "),
            ("aimem man lock ren", "renew "),
            // zsh writes it with its colon quoted or not, as it needs.
            ("aimem lock release ", &id[..64]),
            ("aimem write f.json --lock ", &id[..64]),
        ],
    );
}

#[test]
fn fish_completes_verbs_options_files_and_ids() {
    if !require("fish") || !require("python3") {
        return;
    }
    let env = TestEnv::new();
    env.write("the-only-document.json", "{}");
    let id = lease(&env);
    at_terminal(
        &env,
        &["fish", "--no-config", "-i"],
        &format!("source '{}'", completions("aimem.fish")),
        &[
            ("aimem upd", "update "),
            ("aimem lock rel", "release "),
            ("aimem update --exit", "--exit-status "),
            ("aimem update the-on", "the-only-document.json "),
            ("aimem man upd", "update "),
            ("aimem man lock ren", "renew "),
            ("aimem lock release ", &id[..64]),
            ("aimem write f.json --lock ", &id[..64]),
        ],
    );
}

/// What a shell would offer, asked of its function without a terminal.
fn offered_by_bash(env: &TestEnv, line: &str) -> Vec<String> {
    let script = format!(
        "source '{}'; COMP_WORDS=({line} ''); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
         _aimem_or_ids aimem '' \"${{COMP_WORDS[COMP_CWORD-1]}}\"
         for word in \"${{COMPREPLY[@]}}\"; do echo \"$word\"; done",
        completions("aimem.bash")
    );
    let ran = Ran::of(env.command("bash").args(["-c", &script]).output().unwrap()).ok();
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_no_option_where_a_file_or_a_verb_stands() {
    if !require("bash") {
        return;
    }
    let env = TestEnv::new();
    for verb in ["update", "read", "write", "edit", "append", "history", "lock status", "lock with"] {
        let offered = offered_by_bash(&env, &format!("aimem {verb}"));
        let refused: Vec<_> = offered.iter().filter(|word| word.starts_with(['-', '<', '['])).collect();
        assert!(refused.is_empty(), "{verb}: {refused:?} keep bash from offering files");
    }
    assert!(offered_by_bash(&env, "aimem lock").contains(&"acquire".to_owned()));
    assert!(offered_by_bash(&env, "aimem").contains(&"update".to_owned()));
    assert_eq!(offered_by_bash(&env, "aimem man lock"), offered_by_bash(&env, "aimem lock"));
}

/// `--arg=NAME` is refused: both words stand behind the option.
#[test]
fn zsh_offers_no_option_of_two_words_with_a_sign() {
    let script = std::fs::read_to_string(completions("_aimem")).unwrap();
    let env = TestEnv::new();
    env.write("f.json", "{}");
    for option in ["--arg", "--argjson", "--slurpfile", "--rawfile"] {
        env.run(["update", "f.json", &format!("{option}=n"), "1", "."]).expect(2);
        assert!(script.contains(&format!("'*{option}[")), "{option}");
        assert!(!script.contains(&format!("'*{option}=")), "{option}");
    }
    assert!(script.contains("'*:verb -- "), "another command line begins behind `man`");
}

#[test]
fn only_what_can_be_released_is_offered() {
    let env = TestEnv::new();
    let id = lease(&env);
    let holder = env.hold("g.json");
    let offered = env.run(["locks", "show", "--ids"]).ok().stdout;
    assert_eq!(offered, format!("{id}\t{}\n", env.path("").canonicalize().unwrap().join("f.json").display()));
    holder.end().ok();
    assert!(!env.run(["locks", "show", "--help"]).ok().stdout.contains("--ids"), "it is for completions");
}
