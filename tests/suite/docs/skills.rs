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

/// Where the sessions of the project are that is called like the working folder.
const SESSIONS: &str = "aiconfig/memory/projects/work/sessions.json";

fn sessions(env: &TestEnv) -> String {
    fs::read_to_string(env.home().join(SESSIONS)).unwrap()
}

#[test]
fn the_skills_work_together() {
    let env = TestEnv::new();
    let run = |name: &str| {
        let mut skill = bash(&env, &skill(name));
        skill.env("SUMMARY", "Moved the lock folder").env("DECISIONS", r#"["Locks stay off NFS"]"#);
        Ran::of(skill.env("AIMEM_CLIENT", "cursor:1").output().unwrap()).ok().stdout
    };
    assert_eq!(run("recall"), "", "nothing is known yet");
    assert_eq!(run("init-memory"), "0 sessions in memory\n");
    let logged = run("log-session");
    assert!(logged.starts_with("logged as session-2"), "{logged}");
    assert_eq!(run("init-memory"), "1 sessions in memory\n", "an existing memory is kept");
    let recalled = run("recall");
    assert!(
        recalled.contains("Moved the lock folder") && recalled.contains("decided: Locks stay off NFS"),
        "{recalled}"
    );
    assert!(sessions(&env).contains("\"client\": \"cursor\""), "{}", sessions(&env));
    // The other machine's version comes as a copy.
    let folder = env.home().join("aiconfig/memory/projects/work");
    let copy =
        sessions(&env).replace("Moved the lock folder", "Removed it").replace("session-2", "session-1");
    fs::write(
        folder.join("sessions.sync-conflict-20260102-101500-ABCDEF7.json"),
        copy.replace("\"cursor\": 2", "\"other\": 1"),
    )
    .unwrap();
    assert!(run("sync-memory").ends_with("merged, and kept in its history\nall is merged\n"));
    assert_eq!(run("init-memory"), "2 sessions in memory\n");
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
    told.dedup();
    assert_eq!(told.len(), 20, "each is told its own: {told:?}");
    assert!(told.iter().all(|told| told.starts_with("logged as session-2")), "{told:?}");
    let file = env.home().join(SESSIONS);
    let seen = env.run([
        "read",
        "-c",
        file.to_str().unwrap(),
        "[([.sessions[].id] | unique | length), ([.sessions[].summary] | unique | length)]",
    ]);
    assert_eq!(seen.ok().stdout, "[20,20]\n");
}

#[test]
fn what_was_not_stored_is_not_said_to_be_logged() {
    let env = TestEnv::new();
    Ran::of(bash(&env, &skill("init-memory")).output().unwrap()).ok();
    let before = sessions(&env);
    let log = |variables: &[(&str, &str)]| {
        let mut command = bash(&env, &skill("log-session"));
        Ran::of(command.envs(variables.iter().copied()).output().unwrap())
    };
    let refused = [
        (log(&[("SUMMARY", "done"), ("DECISIONS", "[\"no end")]), 65, "decisions"),
        (log(&[("SUMMARY", "done"), ("DECISIONS", "\"a text\"")]), 65, "DECISIONS is no array"),
        // Not as the schema has it.
        (log(&[("SUMMARY", "done"), ("DECISIONS", "[1]")]), 65, "/sessions/0/decisions_made/0/decision: 1"),
        // Nothing is invented.
        (log(&[]), 1, "SUMMARY"),
    ];
    let holder = env.hold(env.home().join(SESSIONS).to_str().unwrap());
    let busy = (log(&[("SUMMARY", "done"), ("LOCK_TIMEOUT", "0")]), 75, "pid");
    holder.end().ok();
    for (ran, code, says) in refused.into_iter().chain([busy]) {
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
        assert_eq!(sessions(&env), before);
    }
    assert!(log(&[("SUMMARY", "done")]).ok().stdout.starts_with("logged as session-2"));
    assert!(sessions(&env).contains("\"decisions_made\": []"), "{}", sessions(&env));
}
