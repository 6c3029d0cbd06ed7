//! How a hold ends: by the agent's turn, by the next prompt, by time, with the session, and badly.

use std::fs;
use std::process::Stdio;

use super::{CLIENTS, Session, settings};
use crate::common::{Killed, TestEnv, eventually, lives};

#[test]
fn stop_the_next_prompt_and_the_sessions_end_let_others_in() {
    for client in CLIENTS {
        let ends: [fn(&Session<'_>); 3] =
            [|session| session.stop(), |session| session.prompt(), |session| session.end()];
        for end in ends {
            let env = TestEnv::new();
            env.write("f", "1");
            let (one, other) = (Session::new(&env, client, "1"), Session::claude(&env, "2"));
            // In progress, and done.
            one.before_edit("f").silent();
            one.edits("g", "1").silent();
            other.before_edit("f").denied();
            other.before_edit("g").denied();
            end(&one);
            other.before_edit("f").silent();
            other.before_edit("g").silent();
        }
    }
}

#[test]
fn a_run_of_edits_is_one_hold_and_ends_by_itself() {
    let env = TestEnv::new();
    env.write("f", "1");
    settings(&env, "[hook]\nlinger = \"200ms\"\n");
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    one.before_edit("f").silent();
    assert!(other.before_edit("f").denied().contains("(in 14m "));
    one.after_edit("f").silent();
    eventually("the lease runs out", || other.before_edit("f").denial().is_none());
    other.stop();
    // A failed call lets go as well.
    one.before_edit("f").silent();
    one.tell("PostToolUseFailure-Edit", "f").silent();
    eventually("the lease runs out", || other.before_edit("f").denial().is_none());
}

#[test]
fn other_tools_let_go_of_what_is_not_in_progress() {
    for client in CLIENTS {
        let env = TestEnv::new();
        env.write("f", "1");
        let (one, other) = (Session::new(&env, client, "1"), Session::claude(&env, "2"));
        let mcp = if client == "gemini" { "BeforeTool-mcp" } else { "PreToolUse-mcp" };
        let tools: [&dyn Fn(); 2] = [&|| one.shell("true").silent(), &|| one.tell(mcp, "x").silent()];
        for tool in tools {
            one.edits("f", "2").silent();
            other.before_edit("f").denied();
            tool();
            other.before_edit("f").silent();
            other.stop();
            // What is in progress stays.
            one.before_edit("f").silent();
            tool();
            other.before_edit("f").denied();
            one.stop();
        }
    }
}

#[test]
fn a_subagents_stop_without_its_name_ends_nothing() {
    for client in ["claude-code", "codex"] {
        let env = TestEnv::new();
        env.write("f", "1");
        let (one, other) = (Session::new(&env, client, "1"), Session::claude(&env, "2"));
        let sub = one.subagent("a1");
        one.before_edit("f").silent();
        let mut stop = one.event("SubagentStop", "x");
        stop.as_object_mut().unwrap().remove("agent_id");
        one.ask(&stop).silent();
        other.before_edit("f").denied();
        // Nor does another subagent's.
        sub.tell("SubagentStop", "x").silent();
        other.before_edit("f").denied();
        // The session's end is everybody's.
        sub.before_edit("g").silent();
        one.end();
        other.before_edit("f").silent();
        other.before_edit("g").silent();
        assert!(!one.file().exists());
    }
}

#[test]
fn an_edit_that_nobody_permits_ends_with_the_turn_and_leaves_no_version() {
    let env = TestEnv::new();
    env.write("f", "1");
    let one = Session::claude(&env, "1");
    // Another hook has denied it, or a person: nothing comes after it.
    one.before_edit("f").silent();
    one.prompt();
    assert_eq!(env.lock_names(), [""; 0]);
    let entries = env.run(["history", "f", "--json"]).ok().stdout;
    let entries: serde_json::Value = serde_json::from_str(&entries).unwrap();
    assert_eq!(entries["versions"].as_array().unwrap().len(), 1, "{entries}");
    // Interrupted in the middle, it is this session's change all the same.
    one.before_edit("f").silent();
    env.write("f", "2");
    one.prompt();
    let entries = env.run(["history", "f"]).ok().stdout;
    assert!(entries.contains("claude-code:1"), "{entries}");
}

#[test]
fn what_a_client_holds_whose_process_is_gone_is_ended_by_the_next_one() {
    let env = TestEnv::new();
    env.write("f", "1");
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    // A client: a process that starts hooks, and lives on.
    let event = env.write("event", one.event("PreToolUse-Edit", "f").to_string());
    let script = r#"
        for i in 1 2; do "$AIMEM" hook run --client claude-code <"$1" || exit; done
        exec cat"#;
    let mut client = env.command("sh");
    client.args(["-c", script, "client"]).arg(&event).stdin(Stdio::piped());
    let mut client = Killed(client.spawn().unwrap());
    let pid = client.0.id();
    let registered = || fs::read_to_string(one.file()).is_ok_and(|text| text.contains("confirmed"));
    eventually("it has been seen twice", registered);
    assert!(lives(pid));
    other.before_edit("f").denied();
    client.0.kill().unwrap();
    client.0.wait().unwrap();
    other.before_edit("f").silent();
}

#[test]
fn a_hook_that_somebody_wraps_does_not_pass_for_a_client_that_is_gone() {
    let env = TestEnv::new();
    env.write("f", "1");
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    let event = env.write("event", one.event("PreToolUse-Edit", "f").to_string());
    for _ in 0..3 {
        // Each time another shell, which ends with the hook.
        let script = format!(r#""$AIMEM" hook run --client claude-code <{}; true"#, event.display());
        assert_eq!(super::run(env.sh(&script), b"").ok().stdout, "{}\n");
    }
    other.before_edit("f").denied();
}

#[test]
fn sessions_that_nobody_uses_are_swept_after_a_week() {
    let env = TestEnv::new();
    env.write("f", "1");
    let (old, new) = (Session::claude(&env, "old"), Session::claude(&env, "new"));
    old.before_edit("f").silent();
    new.read("f");
    let aged = std::process::Command::new("touch").args(["-d", "8 days ago"]).arg(old.file()).status();
    assert!(aged.unwrap().success());
    Session::claude(&env, "third").tell("SessionStart", "x").silent();
    assert!(!old.file().exists() && new.file().exists());
    // With it goes what it had.
    new.before_edit("f").silent();
}

#[test]
fn a_lease_that_the_agent_has_taken_itself_is_neither_cut_nor_ended() {
    let env = TestEnv::new();
    env.write("f", "1");
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    let acquire = |ttl: &str| {
        let mut command = env.aimem(["lock", "acquire", "f", "--ttl", ttl]);
        crate::common::Ran::of(command.env("AIMEM_CLIENT", "claude-code:1").output().unwrap()).ok().stdout
    };
    let id = acquire("20m");
    one.edits("f", "2").silent();
    one.stop();
    assert!(other.before_edit("f").denied().contains("(in 19m "));
    env.run(["lock", "release", id.trim()]).ok();
    // One that the hook has taken becomes the agent's own as soon as it asks for it.
    one.before_edit("f").silent();
    let id = acquire("10m");
    assert_eq!(acquire("20m"), id);
    one.after_edit("f").silent();
    one.stop();
    assert!(other.before_edit("f").denied().contains("(in 19m "));
    env.run(["lock", "release", id.trim()]).ok();
    other.before_edit("f").silent();
}
