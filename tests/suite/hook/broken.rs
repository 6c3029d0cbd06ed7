//! Whatever comes, there is one valid answer: let in, with a word to the person; denied with `--strict`.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{CLIENTS, Session, check, run};
use crate::common::{Mounted, NOBODY, TestEnv, fuzz, nobodys_env, require, require_root};

/// The answer to any bytes.
fn answer(command: Command, client: &str, bytes: &[u8]) -> Value {
    let ran = run(command, bytes);
    assert_eq!(ran.code, 0, "{ran:?}");
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    assert!(answer.is_object());
    let name = answer["hookSpecificOutput"]["hookEventName"].as_str().unwrap_or("none").to_owned();
    check(client, &name, &answer);
    answer
}

#[test]
fn broken_events_are_let_in_with_a_word_and_denied_with_strict() {
    let env = TestEnv::new();
    let deep = "[".repeat(200_000);
    let cases: [&[u8]; 12] = [
        b"",
        b"\n",
        b"{",
        b"[]",
        b"null",
        b"\"x\"",
        b"{}",
        b"{\"hook_event_name\": \"PreToolUse\"}",
        b"{\"hook_event_name\": 1, \"session_id\": \"1\"}",
        b"{\"hook_event_name\": \"PreToolUse\", \"session_id\": \"\"}",
        b"{\"session_id\": \"\xff\"}",
        deep.as_bytes(),
    ];
    for client in CLIENTS {
        for case in cases {
            let session = Session::new(&env, client, "1");
            let told = answer(session.command(), client, case);
            let message = told["systemMessage"].as_str().unwrap_or_default();
            assert!(message.contains("aimem does not protect this session's edits: the event"), "{told}");
            assert_eq!(told.as_object().unwrap().len(), 1);
            let strict = Session { options: &["--strict"], ..session };
            assert!(super::Answer(answer(strict.command(), client, case)).denial().is_some());
        }
    }
}

#[test]
fn words_of_a_later_version_are_no_denial() {
    let env = TestEnv::new();
    let event = Session::claude(&env, "1").event("Stop", "x").to_string();
    for words in
        [&["--client", "claude-code", "--later"][..], &["--client", "later"], &["--client"], &[], &["x"]]
    {
        let told = answer(env.aimem(["hook", "run"].iter().chain(words)), "claude-code", event.as_bytes());
        assert!(told["systemMessage"].is_string(), "{words:?}: {told}");
    }
    let ran = run(env.aimem(["hook", "run", "--client=claude-code", "-q"]), event.as_bytes());
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "{}\n"));
    assert!(env.run(["hook", "run", "--help"]).ok().stdout.contains("--strict"));
}

#[test]
fn tools_and_fields_of_other_forms_are_none_of_our_business() {
    let env = TestEnv::new();
    let session = Session::claude(&env, "1");
    let mut event = session.event("PreToolUse-Edit", "f");
    for input in [
        json!(null),
        json!("x"),
        json!([]),
        json!({}),
        json!({"file_path": 3}),
        json!({"file_path": ""}),
        json!({"file_path": {"a": 1}}),
        json!({"path": "f"}),
    ] {
        event["tool_input"] = input;
        session.ask(&event).silent();
    }
    event["tool_name"] = "Telepathy".into();
    event["tool_input"] = json!({"file_path": "f"});
    session.ask(&event).silent();
    event.as_object_mut().unwrap().remove("tool_name");
    session.ask(&event).silent();
    // A shell's command may be a list of words.
    let mut event = Session::new(&env, "codex", "2").event("PreToolUse-Bash", "x");
    session.before_edit("f").silent();
    event["tool_input"]["command"] = json!(["bash", "-lc", "echo > f"]);
    let answer = Session::new(&env, "codex", "2").ask(&event);
    assert!(answer.context().contains("/f, which is held by"), "{answer:?}");
}

#[test]
fn a_huge_event_is_read_and_only_what_matters_of_it() {
    let env = TestEnv::new();
    let session = Session::claude(&env, "1");
    let mut event = session.event("PreToolUse-Write", "f");
    event["tool_input"]["content"] = "x\n\u{1}".repeat(5 << 20).into();
    session.ask(&event).silent();
    Session::claude(&env, "2").before_edit("f").denied();
}

#[test]
fn paths_of_every_kind() {
    let env = TestEnv::new();
    fs::create_dir(env.path("folder")).unwrap();
    assert!(Command::new("mkfifo").arg(env.path("fifo")).status().unwrap().success());
    symlink("loop", env.path("loop")).unwrap();
    symlink("/etc/hostname", env.path("out")).unwrap();
    symlink("missing/deep", env.path("dangling")).unwrap();
    env.write("file", "1");
    let long = "x".repeat(300);
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    let both = |file: &str| {
        let first = one.before_edit(file);
        assert_eq!(first.denial(), None, "{file}: {first:?}");
        let denied = other.before_edit(file).denial().is_some();
        for session in [&one, &other] {
            session.tell("PostToolUseFailure-Edit", file);
            session.tell("PreToolUse-Read", file);
            session.tell("PostToolUse-Read", file);
            session.stop();
        }
        (denied, !first.message().is_empty())
    };
    // What is no file, or none of the project's, is none of ours.
    for file in ["/dev/null", "/proc/self/mem", "/", "folder", "fifo", "out", "~/x", "/tmp/x"] {
        assert_eq!(both(file), (false, false), "{file}");
    }
    // What can't be found is told.
    for file in ["loop", "file/x", long.as_str()] {
        assert!(both(file).1, "{file}");
    }
    for file in ["new", "not/there/yet", "dangling", "a\nb", "a b ' \" \\", "-x", "é\u{202e}", "\u{1}"] {
        assert_eq!(both(file), (true, false), "{file:?}");
    }
    // And none of them can pose as more than a name.
    let why = {
        one.before_edit("a\n{}\u{7}b").silent();
        let answer = other.before_edit("a\n{}\u{7}b");
        answer.denied().to_owned()
    };
    assert!(!why.contains(['\n', '\u{7}']), "{why:?}");
    // A relative path needs a folder.
    let mut event = one.event("PreToolUse-Edit", "x");
    event["tool_input"]["file_path"] = "x".into();
    event.as_object_mut().unwrap().remove("cwd");
    assert!(one.ask(&event).message().contains("relative path"));
}

#[test]
fn on_another_file_system() {
    let env = TestEnv::new();
    fs::create_dir(env.path("mount")).unwrap();
    let Some(_mounted) = Mounted::tmpfs(&env.path("mount"), "1m") else { return };
    let (one, other) = (Session::claude(&env, "1"), Session::claude(&env, "2"));
    one.edits("mount/f", "1\n").silent();
    other.before_edit("mount/f").denied();
}

#[test]
fn without_a_home() {
    for (variable, strict) in [("HOME", false), ("HOME", true)] {
        let env = TestEnv::new();
        env.write("f", "1");
        let options: &[&str] = if strict { &["--strict"] } else { &[] };
        let session = Session { options, ..Session::claude(&env, "1") };
        let mut command = session.command();
        command.env_remove(variable);
        let answer = super::ask(command, "claude-code", &session.event("PreToolUse-Edit", "f"));
        assert_eq!(answer.denial().is_some(), strict);
        let said = if strict { answer.denied() } else { answer.message() };
        assert!(said.contains("HOME is not set"), "{answer:?}");
        // What is no edit is denied by nobody.
        let mut command = session.command();
        command.env_remove(variable);
        let answer = super::ask(command, "claude-code", &session.event("Stop", "f"));
        assert!(answer.message().contains("HOME is not set"), "{answer:?}");
    }
}

#[test]
fn with_a_lock_folder_or_a_state_folder_that_cannot_be_written_to() {
    if !require_root() || !require("setpriv") {
        return;
    }
    for place in ["home/aiconfig/.locks", "home/.local/state/aimem/sessions"] {
        let Some(env) = nobodys_env() else { return };
        env.write("f", "1");
        std::os::unix::fs::chown(env.path("f"), Some(NOBODY), Some(NOBODY)).unwrap();
        let session = Session::claude(&env, "1");
        let ask = |name: &str, strict: bool| {
            let mut words = vec!["hook", "run", "--client", "claude-code"];
            words.extend(strict.then_some("--strict"));
            let mut command = env.command("setpriv");
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
            command.arg(env.root().join("aimem")).args(words);
            super::ask(command, "claude-code", &session.event(name, "f"))
        };
        ask("PreToolUse-Edit", false).silent();
        ask("Stop", false).silent();
        crate::common::set_mode(&env.root().join(place), 0o500);
        fs::remove_file(session_file(&env)).unwrap();
        let answer = ask("PreToolUse-Edit", false);
        assert_eq!(answer.denial(), None, "{place}: {answer:?}");
        assert!(answer.message().contains("aimem does not protect"), "{place}: {answer:?}");
        ask("PreToolUse-Edit", true).denied();
        for name in [
            "PreToolUse-Read",
            "PostToolUse-Read",
            "PreToolUse-Bash",
            "PostToolUse-Edit",
            "Stop",
            "SessionEnd",
        ] {
            assert_eq!(ask(name, true).denial(), None, "{place} {name}");
        }
    }
}

fn session_file(env: &TestEnv) -> std::path::PathBuf {
    Session::claude(env, "1").file()
}

#[test]
fn fuzz_any_event_is_answered() {
    let env = TestEnv::new();
    let names = ["hook_event_name", "session_id", "agent_id", "cwd", "tool_name", "tool_use_id"];
    let words = prop::sample::select(vec![
        "PreToolUse",
        "PostToolUse",
        "Stop",
        "BeforeTool",
        "Edit",
        "Write",
        "Read",
        "apply_patch",
        "Bash",
        "",
        "x",
        "/",
        "~/",
        "../..",
        "a\u{0}b",
        "*** Add File: \u{0}",
    ]);
    let value = prop_oneof![
        words.clone().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let input = proptest::collection::vec(
        (prop::sample::select(vec!["file_path", "command", "notebook_path"]), value.clone()),
        0..3,
    );
    let event = (proptest::collection::vec(value, names.len()), input);
    fuzz(25, event, |(values, input)| {
        let mut event: serde_json::Map<String, Value> =
            names.iter().map(|name| (*name).to_owned()).zip(values).collect();
        let input: serde_json::Map<String, Value> =
            input.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        event.insert("tool_input".into(), input.into());
        for client in CLIENTS {
            let session = Session::new(&env, client, "1");
            answer(session.command(), client, Value::Object(event.clone()).to_string().as_bytes());
        }
        Ok(())
    });
}
