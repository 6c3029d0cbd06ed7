//! Elements of lists, beside others': what hooks are. By the library, as a later verb would do it.

use std::fs;

use aimem::clients::note::Notes;
use aimem::clients::{ClientError, Entry, Room, Task};
use aimem::document::Format;
use aimem::lock::wait::Silent;
use aimem::lock::{Locker, Roots};
use aimem::memory::MemoryError;
use aimem::place::Keeping;
use serde_json::json;

use crate::common::TestEnv;

fn hooks() -> [Entry; 2] {
    let hook = |event: &str, matcher: &str| Entry {
        path: vec!["hooks".into(), event.into()],
        value: json!({"matcher": matcher, "hooks": [{"type": "command", "command": "aimem hook run"}]}),
        is_element: true,
        ending: None,
    };
    [hook("PreToolUse", "Edit|Write"), hook("Stop", "*")]
}

/// Puts both hooks in, or takes them out.
fn change(env: &TestEnv, name: &str, format: Format, task: Task) -> Result<String, ClientError> {
    let locker = Locker { roots: Roots::new(Some(env.locks()), None), ..Locker::default() };
    let room = Room {
        file: env.path(name),
        format,
        has_lock: false,
        locker: &locker,
        keeping: Keeping {
            limits: Default::default(),
            roots: locker.roots.clone(),
            client: None,
            command: String::new(),
            verb: "hook",
        },
        label: "hook",
        notes: Notes { folder: env.path("notes") },
        dry_run: false,
    };
    room.change(task, &hooks(), &mut Silent)?;
    Ok(env.read(name))
}

#[test]
fn elements_come_beside_others_and_go_exactly() {
    let texts = [
        "{}\n",
        "{\n  // mine\n  \"hooks\": {\n    \"PreToolUse\": [\n      { \"matcher\": \"Bash\", \"hooks\": [] }, // check\n    ],\n    \"Stop\": [],\n  },\n}\n",
        "{\"hooks\":{\"Stop\":[{\"matcher\":\"x\"}]},\"model\":\"o\"}",
        "{\r\n\t\"hooks\": { \"Other\": [1] } // all\r\n}\r\n",
    ];
    for text in texts {
        let env = TestEnv::new();
        env.write("settings.json", text);
        let installed = change(&env, "settings.json", Format::Jsonc, Task::Install).unwrap();
        assert_eq!(installed.matches("aimem hook run").count(), 2, "{installed}");
        assert_eq!(change(&env, "settings.json", Format::Jsonc, Task::Install).unwrap(), installed);
        assert_eq!(
            change(&env, "settings.json", Format::Jsonc, Task::Uninstall).unwrap(),
            text,
            "{installed}"
        );
        assert_eq!(change(&env, "settings.json", Format::Jsonc, Task::Uninstall).unwrap(), text);

        // With another element added since, and with no note.
        fs::write(env.path("settings.json"), installed.replacen("[", "[ {\"new\": 1},", 1)).unwrap();
        fs::remove_dir_all(env.path("notes")).ok();
        let left = change(&env, "settings.json", Format::Jsonc, Task::Uninstall).unwrap();
        assert!(left.contains("{\"new\": 1}") && !left.contains("aimem"), "{left}");
    }
    let env = TestEnv::new();
    let text = "# mine\n[[hooks.Stop]]\nmatcher = \"x\" # it\n\n[tail]\n";
    env.write("config.toml", text);
    let installed = change(&env, "config.toml", Format::Toml, Task::Install).unwrap();
    assert_eq!(installed.matches("aimem hook run").count(), 2, "{installed}");
    assert_eq!(change(&env, "config.toml", Format::Toml, Task::Uninstall).unwrap(), text, "{installed}");
}

#[test]
fn what_is_no_list_is_left_alone() {
    let env = TestEnv::new();
    for text in ["{\"hooks\": []}", "{\"hooks\": {\"Stop\": {}}}", "{\"hooks\": \"off\"}"] {
        env.write("settings.json", text);
        let refused = change(&env, "settings.json", Format::Jsonc, Task::Install).unwrap_err();
        assert!(matches!(refused, ClientError::Memory(MemoryError::Filter { .. })), "{refused}");
        assert_eq!(env.read("settings.json"), text);
    }
}
