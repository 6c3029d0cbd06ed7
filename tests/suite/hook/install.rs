//! `aimem hook install` and `uninstall`: the hooks of others stay, in their order, and each byte.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::CLIENTS;
use crate::common::{Ran, TestEnv};

/// Settings as people have them: those of `tests/suite/clients`, with hooks of others among them.
const SETTINGS: [&str; 12] = [
    "",
    "\n",
    "{}",
    "{}\n",
    "{ }",
    "{\n  // nothing yet\n}\n",
    "{\"a\":1}",
    "{\n  \"theme\": \"dark\", // mine\n  \"hooks\": {}\n}\n",
    "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      // first\n      { \"matcher\": \"Bash\", \"hooks\": [{ \"type\": \"command\", \"command\": \"guard\" }] }, // guard\n    ],\n    \"BeforeTool\": [{\"hooks\":[]}], \"Stop\": []\n  },\n}\n",
    "{\r\n\t\"hooks\": { \"Notification\": [{\"hooks\":[{\"type\":\"command\",\"command\":\"aimem hook runs\"}]}] } // all\r\n}\r\n",
    "{\"hooks\":{\"SessionEnd\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"x\"}]},{\"hooks\":[{\"type\":\"command\",\"command\":\"y\"}]}]},\"n\":1}",
    "\u{feff}{\n  \"projects\": { \"/home/é\": { \"history\": [\"\\u00fc\"] } }\n}\n",
];

fn file_of(env: &TestEnv, client: &str) -> PathBuf {
    env.home().join(match client {
        "claude-code" => ".claude/settings.json",
        "codex" => ".codex/hooks.json",
        _ => ".gemini/settings.json",
    })
}

fn hook(env: &TestEnv, words: &[&str]) -> Ran {
    let mut command = env.aimem(["hook"].iter().chain(words));
    command.env("PATH", env.path("no-programs"));
    Ran::of(command.output().unwrap())
}

fn parsed(env: &TestEnv, file: &Path) -> Value {
    let text = env.run(["read", "--format", "jsonc", "-c", file.to_str().unwrap(), "."]).ok().stdout;
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_is_put_in_stands_behind_others_and_goes_without_a_trace() {
    for (client, events) in CLIENTS.into_iter().zip([8, 7, 6]) {
        for text in SETTINGS {
            let env = TestEnv::new();
            let file = file_of(&env, client);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            let said = hook(&env, &["install", "--client", client]).ok().stderr;
            assert!(said.contains("has the hooks now"), "{said}");
            let installed = fs::read_to_string(&file).unwrap();
            let ours = format!(" hook run --client {client}\"");
            assert_eq!(installed.matches(&ours).count(), events, "{installed}");
            for line in text.lines().filter(|line| line.contains("//")) {
                let comment = line.split("//").nth(1).unwrap();
                assert!(installed.contains(comment), "{installed}");
            }
            if !text.trim_start_matches('\u{feff}').trim().is_empty() {
                fs::write(env.path("before"), text).unwrap();
                let (before, after) = (parsed(&env, &env.path("before")), parsed(&env, &file));
                for (event, groups) in before["hooks"].as_object().into_iter().flatten() {
                    let groups = groups.as_array().unwrap();
                    assert_eq!(
                        &after["hooks"][event].as_array().unwrap()[..groups.len()],
                        groups,
                        "{installed}"
                    );
                }
            }
            // Twice is once.
            let said = hook(&env, &["install", "--client", client]).ok().stderr;
            assert!(said.contains("has the hooks already"), "{said}");
            assert_eq!(fs::read_to_string(&file).unwrap(), installed);
            hook(&env, &["uninstall", "--client", client]).ok();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            assert!(
                hook(&env, &["uninstall", "--client", client])
                    .ok()
                    .stderr
                    .contains("does not have the hooks")
            );
        }
    }
}

#[test]
fn hooks_that_name_the_program_otherwise_are_ours_and_those_of_others_never() {
    let env = TestEnv::new();
    let file = file_of(&env, "claude-code");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let others = r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "/opt/aimem hook run --client claude-code"}, {"type": "command", "command": "x"}]},
        {"hooks": [{"type": "command", "command": "/opt/aimem hook run --client claude-code"}]},
        {"hooks": [{"type": "command", "command": "echo aimem hook run --client claude-code --strict"}]}]}}"#;
    fs::write(&file, others).unwrap();
    hook(&env, &["install", "--client", "claude-code"]).ok();
    let stop = parsed(&env, &file)["hooks"]["Stop"].clone();
    assert_eq!(stop.as_array().unwrap().len(), 3, "{stop}");
    // What was put in goes, and nothing else; after that, what is ours by its words.
    hook(&env, &["uninstall", "--client", "claude-code"]).ok();
    assert_eq!(fs::read_to_string(&file).unwrap(), others);
    hook(&env, &["uninstall", "--client", "claude-code"]).ok();
    let stop = parsed(&env, &file)["hooks"]["Stop"].clone();
    // One that stands in a group with another's is that one's business.
    assert_eq!(stop.as_array().unwrap().len(), 2, "{stop}");
}

#[test]
fn for_a_project_for_a_moved_folder_and_only_to_look() {
    let env = TestEnv::new();
    let said = hook(&env, &["install", "--client", "claude-code", "--scope", "project", "--dry-run"]).ok();
    assert!(said.stdout.contains("+") && said.stdout.contains("PreToolUse"), "{said:?}");
    assert!(!env.path(".claude/settings.json").exists());
    for (client, file) in [
        ("claude-code", ".claude/settings.json"),
        ("codex", ".codex/hooks.json"),
        ("gemini", ".gemini/settings.json"),
    ] {
        hook(&env, &["install", "--client", client, "--scope", "project"]).ok();
        // For every user's has its own path.
        assert!(
            env.read(file).contains(&format!("\"aimem hook run --client {client}\"")),
            "{}",
            env.read(file)
        );
        let printed = hook(&env, &["install", "--client", client, "--scope", "project", "--print"]).ok();
        assert_eq!(serde_json::from_str::<Value>(&printed.stdout).unwrap(), env.json(file));
    }
    for (client, variable, file) in
        [("claude-code", "CLAUDE_CONFIG_DIR", "settings.json"), ("codex", "CODEX_HOME", "hooks.json")]
    {
        let mut command = env.aimem(["hook", "install", "--client", client]);
        command.env(variable, env.path("moved"));
        Ran::of(command.output().unwrap()).ok();
        assert!(env.read(format!("moved/{file}")).contains("hook run"));
    }
    // A program whose path a shell would take apart.
    fs::create_dir(env.path("it's here")).unwrap();
    // By a child: a descriptor of ours, open for writing, could reach another test's child.
    let mut copy = std::process::Command::new("cp");
    copy.arg(crate::common::aimem_path()).arg(env.path("it's here/aimem"));
    assert!(copy.status().unwrap().success());
    let mut command = env.command(env.path("it's here/aimem"));
    command.args(["hook", "install", "--client", "gemini"]).env("PATH", "");
    Ran::of(command.output().unwrap()).ok();
    let settings = fs::read_to_string(file_of(&env, "gemini")).unwrap();
    let settings: Value = serde_json::from_str(&settings).unwrap();
    let command = settings["hooks"]["BeforeTool"][0]["hooks"][0]["command"].as_str().unwrap();
    let ran = super::run(env.sh(command), b"{}");
    assert!(ran.ok().stdout.contains("the event names no event"));
}

#[test]
fn a_file_that_does_not_parse_is_left_alone_and_the_hooks_are_printed() {
    let env = TestEnv::new();
    let file = file_of(&env, "codex");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    for text in ["{ \"hooks\": ", "{\"hooks\": 1}", "{\"hooks\": {\"Stop\": {}}}"] {
        fs::write(&file, text).unwrap();
        let ran = hook(&env, &["install", "--client", "codex"]).expect(65);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
        assert!(ran.stdout.contains("hook run --client codex") && ran.stderr.contains("by hand"), "{ran:?}");
    }
    assert!(hook(&env, &["uninstall", "--client", "gemini"]).ok().stderr.contains("does not exist"));
}

#[test]
fn the_events_that_are_asked_for_are_those_that_are_understood() {
    for client in CLIENTS {
        let env = TestEnv::new();
        hook(&env, &["install", "--client", client]).ok();
        let settings = parsed(&env, &file_of(&env, client));
        let asked: Vec<String> = settings["hooks"].as_object().unwrap().keys().cloned().collect();
        let mut recorded: Vec<String> = TestEnv::names_in(&super::data().join(client))
            .iter()
            .map(|name| name.trim_end_matches(".json").split('-').next().unwrap().to_owned())
            .collect();
        recorded.dedup();
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        assert_eq!(sorted(asked), sorted(recorded), "{client}");
        // The line stays the same from version to version: Codex trusts a hook by its hash.
        let text = settings["hooks"]["SessionEnd"][0].to_string();
        let timeout = if client == "gemini" { 30_000 } else { 30 };
        let program = crate::common::aimem_path().display();
        assert_eq!(
            text,
            format!(
                r#"{{"hooks":[{{"type":"command","command":"{program} hook run --client {client}","timeout":{timeout}}}]}}"#
            )
        );
    }
}
