//! Two sessions and one file: who is let in, who is denied, and what they are told.

use serde_json::json;

use super::{CLIENTS, Session};
use crate::common::TestEnv;

#[test]
fn the_second_session_is_denied_and_told_who_since_when_and_until_when() {
    for client in CLIENTS {
        let env = TestEnv::new();
        env.write("notes.md", "one\n");
        let first = Session::new(&env, client, "first");
        for (other, is_whole) in CLIENTS.into_iter().zip([false, true, false]) {
            first.before_edit("notes.md").silent();
            let second = Session::new(&env, other, "second");
            let answer =
                if is_whole { second.before_write("notes.md") } else { second.before_edit("notes.md") };
            let why = answer.denied();
            let file = env.path("notes.md");
            let who = format!("{} is held by {client}:first (", file.display());
            assert!(why.starts_with(&who), "{why}");
            for part in [" since ", ", until ", "at the latest (in 14m ", "Do something else first"] {
                assert!(why.contains(part), "{part}: {why}");
            }
            // Nothing is left of who was denied, and the first one goes on.
            second.stop();
            first.before_edit("notes.md").silent();
        }
        first.stop();
        Session::new(&env, client, "second").before_edit("notes.md").silent();
    }
}

#[test]
fn parallel_calls_of_one_session_pass_and_hold_the_file_until_the_last_has_ended() {
    let env = TestEnv::new();
    env.write("f", "1");
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    let call = |name: &str, id: &str| {
        let mut event = one.event(name, "f");
        event["tool_use_id"] = id.into();
        one.ask(&event)
    };
    call("PreToolUse-Edit", "a").silent();
    call("PreToolUse-Edit", "b").silent();
    // Also of a whole file, which is not what it last was when the first one has written.
    one.read("f");
    call("PreToolUse-Write", "c").silent();
    env.write("f", "2");
    call("PreToolUse-Write", "d").silent();
    call("PostToolUse-Edit", "a").silent();
    // A lease with a call in progress is not cut.
    let why = other.before_edit("f");
    assert!(why.denied().contains("(in 14m "), "{why:?}");
    for (name, id) in [("PostToolUse-Edit", "b"), ("PostToolUse-Write", "c"), ("PostToolUse-Write", "d")] {
        call(name, id).silent();
    }
    assert!(other.before_edit("f").denied().contains("at the latest (in 1m "));
}

#[test]
fn a_subagent_is_a_holder_of_its_own() {
    let env = TestEnv::new();
    env.write("f", "1");
    let main = Session::claude(&env, "1");
    let (one, two) = (main.subagent("a1"), main.subagent("a2"));
    main.before_edit("f").silent();
    assert!(one.before_edit("f").denied().contains("claude-code:1 (Edit"));
    main.stop();
    one.before_edit("f").silent();
    assert!(main.before_edit("f").denied().contains("claude-code:1:a1 (Edit"));
    assert!(two.before_edit("f").denied().contains("claude-code:1:a1 (Edit"));
    // The main agent's end is not the subagent's.
    main.stop();
    main.prompt();
    two.before_edit("f").denied();
    one.tell("SubagentStop", "x").silent();
    two.before_edit("f").silent();
    // Tags are each one's own too: what one has read, the other has not.
    one.read("g");
}

#[test]
fn what_a_subagent_has_written_another_agent_of_the_session_has_not_seen() {
    let env = TestEnv::new();
    env.write("f", "1");
    let main = Session::claude(&env, "1");
    let sub = main.subagent("a1");
    main.read("f");
    sub.read("f");
    sub.writes("f", "2").silent();
    sub.tell("SubagentStop", "x").silent();
    let why = main.before_write("f");
    assert!(why.denied().contains("changed by claude-code:1:a1 at "), "{why:?}");
}

#[test]
fn all_files_of_a_patch_are_had_or_none() {
    let env = TestEnv::new();
    let (one, other) = (Session::new(&env, "codex", "1"), Session::claude(&env, "2"));
    for file in ["a", "b", "c"] {
        env.write(file, "1\n");
    }
    let patch = |name: &str, files: &[&str]| {
        let mut event = one.event(name, "x");
        let parts: String =
            files.iter().map(|file| format!("*** Update File: {file}\n@@\n-1\n+2\n")).collect();
        event["tool_input"]["command"] = format!("*** Begin Patch\n{parts}*** End Patch\n").into();
        one.ask(&event)
    };
    other.before_edit("b").silent();
    assert!(
        patch("PreToolUse-apply_patch", &["a", "b", "c"]).denied().contains("/b is held by claude-code:2")
    );
    // Not one of them is kept.
    for file in ["a", "c"] {
        other.before_edit(file).silent();
    }
    other.stop();
    patch("PreToolUse-apply_patch", &["a", "b", "a"]).silent();
    for file in ["a", "b"] {
        other.before_edit(file).denied();
    }
    other.before_edit("c").silent();
    patch("PostToolUse-apply_patch", &["a", "b", "a"]).silent();
}

#[test]
fn however_the_path_is_spelled_it_is_the_same_file() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("sub")).unwrap();
    env.write("f", "1");
    std::os::unix::fs::symlink("../f", env.path("sub/link")).unwrap();
    std::os::unix::fs::symlink(env.path("sub"), env.path("folder")).unwrap();
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    one.before_edit("f").silent();
    for spelling in ["./f", "sub/../f", "sub/link", "folder/link", "folder/../f", "//f"] {
        let spelling =
            if spelling == "//f" { format!("{}//f", env.path("").display()) } else { spelling.into() };
        other.before_edit(&spelling).denied();
    }
    // Relative to where the event says that the tool runs.
    let mut event = other.event("PreToolUse-Edit", "f");
    event["tool_input"]["file_path"] = "../f".into();
    event["cwd"] = env.path("sub").to_str().unwrap().into();
    // The project is then that folder, unless a repository begins above.
    other.ask(&event).silent();
    std::fs::create_dir(env.path(".git")).unwrap();
    other.ask(&event).denied();
}

#[test]
fn files_outside_the_project_are_not_watched_unless_the_settings_say_so() {
    let env = TestEnv::new();
    let outside = env.root().join("outside.md");
    std::fs::write(&outside, "1").unwrap();
    for folder in ["node_modules/x", "target", ".git", "src"] {
        std::fs::create_dir_all(env.path(folder)).unwrap();
    }
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    let both = |file: &str| {
        one.before_edit(file).silent();
        let denied = other.before_edit(file).denial().is_some();
        one.stop();
        other.stop();
        denied
    };
    let outside = outside.to_str().unwrap();
    assert_eq!(
        [outside, "node_modules/x/y", "target/z", ".git/config", "src/a", "b"].map(both),
        [false, false, false, false, true, true]
    );
    super::settings(&env, "[hook]\npaths = [\"**/outside.md\", \"~/notes/**\"]\nexclude = [\"b\"]\n");
    std::fs::create_dir_all(env.home().join("notes")).unwrap();
    let note = env.home().join("notes/n");
    assert_eq!([outside, "src/a", note.to_str().unwrap(), "~/notes/n"].map(both), [true, false, true, true]);
    super::settings(&env, "[hook]\nexclude = [\"src/**\"]\n");
    assert_eq!(["src/a", "target/z"].map(both), [false, true]);
    // The client says best where the project is.
    super::settings(&env, "");
    let mut command = other.command();
    command.env("CLAUDE_PROJECT_DIR", env.path("src"));
    one.before_edit("b").silent();
    super::ask(command, "claude-code", &other.event("PreToolUse-Edit", "b")).silent();
}

#[test]
fn a_settings_file_that_makes_no_sense_is_told_and_stops_nobody_but_the_strict() {
    let env = TestEnv::new();
    env.write("f", "1");
    for text in
        ["[hook]\nlinger = \"soon\"\n", "[hook]\nlinge = \"1s\"\n", "[hook]\npaths = 3\n", "hook = 1\n"]
    {
        super::settings(&env, text);
        let session = Session::claude(&env, "1");
        let answer = session.before_edit("f");
        assert_eq!(answer.denial(), None, "{text}");
        assert!(answer.message().contains("config.toml"), "{text}: {answer:?}");
        Session { options: &["--strict"], ..session }.before_edit("f").denied();
        // No other verb minds a table of the hook's.
        if text.starts_with('[') {
            env.run_with_input(["write", "g"], b"x").ok();
        }
    }
}

#[test]
fn a_wait_that_is_wanted_ends_with_the_file_or_with_the_denial() {
    let env = TestEnv::new();
    env.write("f", "1");
    super::settings(&env, "[hook]\nwait = \"30s\"\n");
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    one.before_edit("f").silent();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| other.before_edit("f"));
        // Who waits keeps the other calls of its own session out of nothing.
        other.read("f");
        other.shell("true").silent();
        one.stop();
        waiting.join().unwrap().silent();
    });
    super::settings(&env, "[hook]\nwait = \"30ms\"\n");
    one.before_edit("f").denied();
}

#[test]
fn a_command_line_that_writes_what_another_has_is_warned_of_and_never_denied() {
    for client in CLIENTS {
        let env = TestEnv::new();
        env.write("f", "1");
        let (one, other) = (Session::claude(&env, "1"), Session::new(&env, client, "2"));
        one.before_edit("f").silent();
        for command in ["echo x > f", "echo x | tee -a f", "sed -i s/a/b/ f", "cp /etc/hosts f", "mv f g"] {
            let answer = other.shell(command);
            let said = format!("{}{}", answer.context(), answer.message());
            assert!(
                said.contains("/f, which is held by") && said.contains("claude-code:1"),
                "{command}: {answer:?}"
            );
            assert_eq!(answer.denial(), None);
        }
        for command in ["cat f", "echo f > g", "aimem update f .", ""] {
            other.shell(command).silent();
        }
        // One's own is none to warn of.
        one.shell("echo x > f").silent();
    }
}

#[test]
fn a_session_is_named_to_its_commands_where_the_client_has_a_file_for_that() {
    let env = TestEnv::new();
    for (client, variable) in [("claude-code", "CLAUDE_ENV_FILE"), ("codex", "CODEX_ENV_FILE")] {
        let session = Session::new(&env, client, "5f1c");
        let file = env.write(format!("{client}.sh"), "export OTHER=1\n");
        let mut command = session.command();
        command.env(variable, &file);
        super::ask(command, client, &session.event("SessionStart", "x")).silent();
        let told = std::fs::read_to_string(&file).unwrap();
        assert_eq!(told, format!("export OTHER=1\nexport AIMEM_CLIENT='{client}:5f1c'\n"));
    }
    // One that is not there yet is made, and what can't be written is told.
    let session = Session::claude(&env, "no'quotes\n");
    let start = |file: std::path::PathBuf| {
        let mut command = session.command();
        command.env("CLAUDE_ENV_FILE", &file);
        super::ask(command, "claude-code", &session.event("SessionStart", "x"))
    };
    start(env.path("new.sh")).silent();
    let told = env.read("new.sh");
    assert!(told.starts_with("export AIMEM_CLIENT='claude-code:x") && told.lines().count() == 1, "{told}");
    assert!(start(env.path("no/such/file")).message().contains("cannot name this session"));
    session.tell("SessionStart", "x").silent();
}

#[test]
fn every_recorded_event_is_answered_and_what_is_not_asked_for_changes_nothing() {
    for client in CLIENTS {
        let env = TestEnv::new();
        let session = Session::new(&env, client, "1");
        for (number, name) in TestEnv::names_in(&super::data().join(client)).iter().enumerate() {
            // Subagents are among them.
            let answer = session.tell(name.trim_end_matches(".json"), &format!("f{number}"));
            assert_eq!(answer.0, json!({}), "{client} {name}");
        }
        for name in ["Notification", "PreCompact", "PostToolBatch", "FileChanged", "FutureEvent"] {
            let mut event = session.event("SessionEnd", "x");
            event["hook_event_name"] = name.into();
            session.ask(&event).silent();
        }
    }
}
