//! The skills in `docs/examples/skills/`: their commands run, also by many agents at once.

use std::fs;
use std::path::Path;

use crate::common::{Holder, Ran, TestEnv, aimem_path};
use crate::docs::pages::blocks;

fn skill(name: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/skills").join(name).join("SKILL.md");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with(&format!("---\nname: {name}\ndescription: ")), "an agent finds a skill by this");
    let blocks = blocks(&page, "bash");
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
    let run = |name: &str| Ran::of(bash(&env, &skill(name)).output().unwrap()).ok().stdout;
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
    let agents: Vec<Holder> = (0..8)
        .map(|number| Holder::launch(bash(&env, &script).env("SUMMARY", format!("it's \"{number}\" $(id)"))))
        .collect();
    for agent in agents {
        agent.wait().ok();
    }
    let seen = env.run([
        "read",
        "-c",
        ".memory/sessions.json",
        "[.count, ([.sessions[].summary] | unique | length)]",
    ]);
    assert_eq!(seen.ok().stdout, "[8,8]\n");
}
