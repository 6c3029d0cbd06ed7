//! Against aimem's own verbs: one lock for both, and none that a session holds against itself.

use std::process::Command;

use super::Session;
use crate::common::{Holder, Ran, TestEnv, eventually};

fn aimem(env: &TestEnv, client: &str, args: &[&str]) -> Command {
    let mut command = env.aimem(args);
    command.env("AIMEM_CLIENT", client);
    command
}

#[test]
fn while_a_session_holds_an_update_waits_or_ends_with_75_naming_it() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let session = Session::claude(&env, "5f1c");
    session.before_edit("f.json").silent();
    let busy = env.run(["update", "f.json", ".a = 1", "-n"]).expect(75);
    assert!(
        busy.stderr.contains("claude-code:5f1c: Edit ") && busy.stderr.contains("ends in 14m"),
        "{busy:?}"
    );
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| env.run(["update", "f.json", ".a = 1", "-w", "50"]));
        eventually("it waits", || {
            env.locks().join(".guards").read_dir().is_ok_and(|names| {
                names.flatten().any(|name| name.file_name().to_string_lossy().ends_with(".turn"))
            })
        });
        session.stop();
        waiting.join().unwrap().ok();
    });
    assert_eq!(env.json("f.json")["a"], 1);
}

#[test]
fn while_a_command_runs_under_the_lock_the_edit_is_denied() {
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    let holder = Holder::start(&mut env.aimem(["lock", "with", "f", "--", "sh", "-c", crate::common::STAY]));
    let answer = session.before_edit("f");
    let why = answer.denied();
    assert!(
        why.contains(&format!("is held by pid {}", holder.pid)) && why.contains("until it has finished"),
        "{why}"
    );
    holder.end();
    session.before_edit("f").silent();
}

#[test]
fn a_command_of_the_same_session_is_a_guest_of_its_hooks_lease() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let session = Session::claude(&env, "1");
    session.before_edit("f.json").silent();
    // Each command of the agent is a shell of its own, which has the session's name.
    let shell = |script: &str| Ran::of(env.sh(script).env("AIMEM_CLIENT", "claude-code:1").output().unwrap());
    shell(r#""$AIMEM" update f.json '.a = 1' -n"#).ok();
    shell(r#""$AIMEM" lock with f.json -n -- "$AIMEM" update f.json '.b = 2' -n"#).ok();
    assert_eq!(env.json("f.json"), serde_json::json!({"a": 1, "b": 2}));
    // Guests keep each other out.
    let inside = Holder::start(
        aimem(&env, "claude-code:1", &["lock", "with", "f.json", "--", "sh", "-c", crate::common::STAY])
            .env("X", ""),
    );
    let busy = shell(r#""$AIMEM" update f.json '.c = 3' -n"#).expect(75);
    assert!(busy.stderr.contains("a guest of the same lock"), "{busy:?}");
    // While one is inside, the turn's end frees nothing under it.
    session.stop();
    aimem(&env, "codex:9", &["update", "f.json", ".d = 4", "-n"]).output().map(Ran::of).unwrap().expect(75);
    inside.end().ok();
    shell(r#""$AIMEM" update f.json '.c = 3' -n"#).ok();
    // Nobody else is one.
    for other in ["codex:1", "claude-code:2", "claude-code", "claude-code:1:a1", ""] {
        let mut update = env.aimem(["update", "f.json", ".d = 4", "-n"]);
        Ran::of(update.env("AIMEM_CLIENT", other).output().unwrap()).expect(75);
    }
    let mut update = env.aimem(["update", "f.json", ".d = 4", "-n"]);
    Ran::of(update.output().unwrap()).expect(75);
}

#[test]
fn nobody_is_a_guest_of_a_lease_that_its_session_has_taken_itself() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    let run = |args: &[&str]| Ran::of(aimem(&env, "claude-code:1", args).output().unwrap());
    run(&["lock", "acquire", "f.json", "--ttl", "10m"]).ok();
    run(&["update", "f.json", ".a = 1", "-n"]).expect(75);
}

#[test]
fn a_client_that_was_started_under_a_lock_edits_the_file_that_it_is_for() {
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    let other = Session::claude(&env, "2");
    let event = env.write("event", session.event("PreToolUse-Edit", "f").to_string());
    let script = format!(
        r#""$AIMEM" hook run --client claude-code <{}; AIMEM_CLIENT=claude-code:1 "$AIMEM" lock with f -n -- echo in; {}"#,
        event.display(),
        crate::common::STAY
    );
    let mut with = env.aimem(["lock", "with", "f", "--", "sh", "-c", &script]);
    let mut holder = Holder::launch(&mut with);
    assert_eq!([holder.line(), holder.line(), holder.line()], ["{}", "in", "in"]);
    other.before_edit("f").denied();
    holder.end().ok();
    other.before_edit("f").silent();
}
