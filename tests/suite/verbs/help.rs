//! What a newcomer types first: `--help`, and the examples in it.

use std::path::Path;

use clap::CommandFactory;

use crate::common::http::Server;
use crate::common::{Ran, TestEnv, aimem_path, require};

/// Every verb that does something, with the words that lead to it.
fn verbs() -> Vec<(Vec<String>, clap::Command)> {
    fn below(command: &clap::Command, words: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let words = [words, &[verb.get_name().to_owned()]].concat();
            below(verb, &words, found);
            if !verb.has_subcommands() {
                found.push((words, verb.clone()));
            }
        }
    }
    let mut found = Vec::new();
    let mut tree = aimem::cli::Cli::command();
    tree.build();
    below(&tree, &[], &mut found);
    assert!(found.len() > 10);
    found
}

fn examples(verb: &clap::Command) -> Vec<String> {
    let text = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples =
        text.split_once("Examples:\n").map(|(_, examples)| examples.to_owned()).unwrap_or_default();
    examples.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn help_fits_on_one_screen() {
    let env = TestEnv::new();
    let help = env.run(["--help"]).ok().stdout;
    assert!(help.lines().count() <= 24, "{} lines:\n{help}", help.lines().count());
    let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 100, "{widest} columns:\n{help}");
}

/// What examples find: files with something in them, and programs that they name.
const PREPARED: &str = r#"
printf '{"sessions": [{"id": "s0"}], "count": 0}\n' > sessions.json
printf '{}\n' > a.json; printf '{}\n' > b.json; printf '{"n": [1]}\n' > big.json; printf 'text\n' > notes.txt
printf '{"monday": 1}\n' > notes.json
printf '# Plan\n\n- [ ] ship it\n- buy milk\n' > TODO.md
printf '# Project\n\nTest with npm test.\n\n## Notes\n\n- none\n' > CLAUDE.md
printf '#!/bin/sh\nexit 0\n' > rebuild-sessions.sh; chmod +x rebuild-sessions.sh
printf 'import sys\nprint(sys.stdin.read())\n' > rewrite.py
mkdir -p bin aiconfig "$HOME/.config/systemd/user" prom
printf '#!/bin/sh\nexit 0\n' > bin/vi; chmod +x bin/vi
aimem update sessions.json '.count += 1' --backup=2 && aimem update sessions.json '.count += 1' --backup=2
git init -q . 2>/dev/null && git -c user.email=me@here -c user.name=me commit -q --allow-empty -m first
ID=$(aimem lock acquire held.json --ttl 1h) || exit 99
if [ -n "$AIMEM_MEM0_URL" ]; then ENTRY=$(aimem queue add --project web 'first') || exit 98; fi
PATH=$PWD/bin:$PATH
"#;

#[test]
fn every_verb_has_two_examples_and_they_run() {
    if !["bash", "python3", "git", "jq", "man"].iter().all(|tool| require(tool)) {
        return;
    }
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let running: Vec<_> = verbs()
            .into_iter()
            .map(|(words, verb)| scope.spawn(move || examples_of(&words, &verb)))
            .collect();
        wrong.extend(running.into_iter().flat_map(|verb| verb.join().unwrap()));
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong with a verb's examples.
fn examples_of(words: &[String], verb: &clap::Command) -> Vec<String> {
    let name = words.join(" ");
    let server = Server::fine();
    let examples = examples(verb);
    let mut wrong = Vec::new();
    if examples.len() < 2 {
        wrong.push(format!("{name} has {} examples", examples.len()));
    }
    for example in examples {
        let env = TestEnv::new();
        let mut path = aimem_path().parent().unwrap().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let script = format!("{PREPARED}\n{}", in_the_test(&example));
        let mut command = env.command("bash");
        if words[0] == "queue" {
            command.env("AIMEM_MEM0_URL", server.url());
        }
        let ran =
            Ran::of(command.args(["-c", &script]).env("PATH", path).env("MANPAGER", "cat").output().unwrap());
        // A check may well find something: that is an answer.
        let is_check =
            matches!(name.as_str(), "lock status" | "locks check" | "queue status" | "queue health");
        if ran.code != 0 && !(is_check && ran.code == 1) {
            wrong.push(format!("$ {example}\nexit {}\n{}{}", ran.code, ran.stdout, ran.stderr));
        }
    }
    wrong
}

/// The same, with the places of the test, and with a race that is over soon.
fn in_the_test(example: &str) -> String {
    let example = example
        .replace("~/", "$HOME/")
        .replace("/var/lib/node_exporter", "prom")
        .replace("01JDXQ5R4W3K1M6Z9T0V2B8C7E", "$ENTRY");
    if example.ends_with("locks show --watch") {
        return format!(
            "{example} >seen & until [ -s seen ]; do sleep 0.02; done; kill $!; wait $!; [ $? -eq 143 ]"
        );
    }
    if example.contains("--watch") {
        let delivered = "aimem queue list --state delivered 2>/dev/null | grep -q first";
        return format!(
            "{example} & until {delivered}; do sleep 0.02; done; kill $!; wait $!; [ $? -eq 143 ]"
        );
    }
    if !example.contains("locks selftest") {
        return example;
    }
    let example = example.replace("/mnt/shared", ".").replace("--contenders 8 --takeovers 200", "");
    format!("{example} --contenders 2 --takeovers 1")
}

#[test]
fn every_option_stands_in_its_manual_page() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    for (words, verb) in verbs() {
        let page = std::fs::read_to_string(pages.join(format!("aimem-{}.1", words.join("-")))).unwrap();
        let page = page.replace("\\-", "-");
        for option in verb.get_arguments().filter(|argument| !argument.is_hide_set()) {
            if let Some(long) = option.get_long() {
                assert!(
                    page.contains(&format!("--{long}")),
                    "--{long} is not in the page of {}",
                    words.join(" ")
                );
                let help = option.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty(), "--{long} of {} says nothing", words.join(" "));
            }
        }
        assert!(
            page.contains("EXIT STATUS") && page.contains("ENVIRONMENT") && page.contains("EXAMPLES"),
            "{words:?}"
        );
    }
}
