//! The skills in `docs/examples/skills/`: their commands run, also by many agents at once.

use std::fs;
use std::path::Path;

use crate::common::{Holder, Ran, TestEnv, aimem_path};
use crate::docs::pages::blocks;

fn skill(name: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/skills").join(name).join("SKILL.md");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with(&format!("---\nname: {name}\ndescription: ")), "an agent finds a skill by this");
    let front = page.split("---\n").nth(1).unwrap();
    assert!(front.contains("\nallowed-tools: Bash(aimem:*)"), "{name}: no question for each of its commands");
    assert!(page.contains("$ARGUMENTS"), "{name}: what the user has typed behind its name");
    let blocks = blocks(&page, "bash");
    // What is put in as text would be run by the shell.
    assert!(!blocks[0].contains("ARGUMENTS"), "{name}");
    assert_eq!(blocks.len(), 1, "{name}");
    format!("set -eu\n{}", blocks[0])
}

fn bash(env: &TestEnv, script: &str) -> std::process::Command {
    let mut path = aimem_path().parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = env.command("bash");
    command.args(["-c", script]).env("PATH", path);
    command
}

#[test]
fn the_three_skills_work_together() {
    let env = TestEnv::new();
    let run = |name: &str| {
        let mut skill = bash(&env, &skill(name));
        skill.env("SUMMARY", "Moved the lock folder").env("DECISIONS", r#"["Locks stay off NFS"]"#);
        Ran::of(skill.output().unwrap()).ok().stdout
    };
    assert_eq!(run("recall"), "", "nothing is known yet");
    assert_eq!(run("init-memory"), "0 sessions in memory\n");
    assert_eq!(run("log-session"), "logged as 1\n");
    assert_eq!(run("init-memory"), "1 sessions in memory\n", "an existing memory is kept");
    let recalled = run("recall");
    assert!(
        recalled.contains("Moved the lock folder") && recalled.contains("decided: Locks stay off NFS"),
        "{recalled}"
    );
}

#[test]
fn many_agents_log_at_once() {
    let env = TestEnv::new();
    Ran::of(bash(&env, &skill("init-memory")).output().unwrap()).ok();
    let script = skill("log-session");
    let agents: Vec<Holder> = (0..20)
        .map(|number| Holder::launch(bash(&env, &script).env("SUMMARY", format!("it's \"{number}\" $(id)"))))
        .collect();
    let mut told: Vec<String> = agents.into_iter().map(|agent| agent.wait().ok().stdout).collect();
    told.sort();
    let mut each: Vec<String> = (1..=20).map(|id| format!("logged as {id}\n")).collect();
    each.sort();
    assert_eq!(told, each, "each is told its own");
    let seen = env.run([
        "read",
        "-c",
        ".memory/sessions.json",
        "[.count, ([.sessions[].summary] | unique | length)]",
    ]);
    assert_eq!(seen.ok().stdout, "[20,20]\n");
}

#[test]
fn what_was_not_stored_is_not_said_to_be_logged() {
    let env = TestEnv::new();
    Ran::of(bash(&env, &skill("init-memory")).output().unwrap()).ok();
    let before = env.read(".memory/sessions.json");
    let log = |variables: &[(&str, &str)]| {
        let mut command = bash(&env, &skill("log-session"));
        Ran::of(command.envs(variables.iter().copied()).output().unwrap())
    };
    let refused = [
        (log(&[("SUMMARY", "done"), ("DECISIONS", "[\"no end")]), 65, "decisions"),
        (log(&[("SUMMARY", "done"), ("DECISIONS", "\"a text\"")]), 65, "DECISIONS is no array"),
        // Nothing is invented.
        (log(&[]), 1, "SUMMARY"),
    ];
    let holder = env.hold(".memory/sessions.json");
    let busy = (log(&[("SUMMARY", "done"), ("LOCK_TIMEOUT", "0")]), 75, "pid");
    holder.end().ok();
    for (ran, code, says) in refused.into_iter().chain([busy]) {
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
        assert_eq!(env.read(".memory/sessions.json"), before);
    }
    assert_eq!(log(&[("SUMMARY", "done")]).ok().stdout, "logged as 1\n");
    assert_eq!(
        env.run(["read", "-c", ".memory/sessions.json", ".sessions[0].decisions"]).ok().stdout,
        "[]\n"
    );
}
