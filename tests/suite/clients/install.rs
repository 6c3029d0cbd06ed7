//! One client after the other.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use super::{CLIENTS, get, mcp, put, run};
use crate::common::{Ran, TestEnv, long_tests};

/// Settings as people have them, in JSON; `SERVERS` is the client's key.
const JSON: [&str; 16] = [
    "{}",
    "{}\n",
    "{\n}\n",
    "{ }",
    "",
    "\n",
    "{\n  // nothing yet\n}\n",
    "{\"a\":1}",
    "{\n  \"theme\": \"dark\", // mine\n  \"SERVERS\": {}\n}\n",
    "{\n  \"SERVERS\": {\n    // none\n  },\n}\n",
    "{\n\t\"SERVERS\": {\n\t\t\"other\": { \"command\": \"x\", \"args\": [], }, // first\n\t},\n\t\"z\": [1, /* two */ 2],\n}",
    "// settings\r\n{\r\n    \"SERVERS\": {\r\n        \"other\": {\r\n            \"command\": \"x\" // it\r\n        }\r\n        // \"old\": {}\r\n    }\r\n}\r\n",
    "{\"SERVERS\":{\"other\":{\"command\":\"x\",\"args\":[\"y\"]}},\"n\":1}",
    "\u{feff}{\n  \"numStartups\": 12,\n  \"projects\": { \"/home/é\": { \"history\": [\"\\u00fc\"] } }\n}\n",
    "/* a */ { \"SERVERS\" /* b */ : /* c */ { \"other\": null, } /* d */ , } // e\n",
    "{\n  \"SERVERS\":\n  {\n    \"other\":\n    {\n      \"command\": \"x\"\n    }\n  }\n}\n",
];

/// The same in TOML.
const TOML: [&str; 12] = [
    "",
    "\n",
    "# nothing yet\n",
    "model = \"o5\"",
    "model = \"o5\"\n\n\n",
    "# mine\nmodel = \"o5\" # fast\n\n[mcp_servers.other]\ncommand = \"x\"\nargs = [\n  \"y\", # why\n]\n\n[projects.\"/home/é\"]\ntrust_level = \"trusted\"\n",
    "[mcp_servers]\n",
    "[mcp_servers]\nother = { command = \"x\" }\n",
    "mcp_servers = { other = { command = \"x\", args = [] } } # all\n",
    "mcp_servers.other.command = \"x\"\r\nmodel = 'm'\r\n",
    "# top\r\n[mcp_servers.other]\r\ncommand = 'x'\r\n\r\n[mcp_servers.other.env]\r\nA = \"b\"\r\n# end\r\n",
    "\u{feff}a = 1\n[b]\nwhen = 1979-05-27\n",
];

/// The samples for one client. The clients of JSON share them out between them, unless time is given.
fn samples(client: &str, servers: &str) -> Vec<String> {
    if client == "codex" {
        return TOML.map(str::to_owned).to_vec();
    }
    let turn = CLIENTS.iter().position(|(known, ..)| *known == client).unwrap() % 5;
    let is_its = |(place, _): &(usize, &&str)| long_tests() || place % 5 == turn;
    JSON.iter().enumerate().filter(is_its).map(|(_, text)| text.replace("SERVERS", servers)).collect()
}

/// The bytes that a change has taken away and put in, in one span.
fn span<'t>(old: &'t str, new: &'t str) -> (&'t str, &'t str) {
    let (old_bytes, new_bytes) = (old.as_bytes(), new.as_bytes());
    let front = old_bytes.iter().zip(new_bytes).take_while(|(old, new)| old == new).count();
    let rest = old_bytes[front..].iter().rev().zip(new_bytes[front..].iter().rev());
    let back = rest.take_while(|(old, new)| old == new).count();
    (&old[front..old.len() - back], &new[front..new.len() - back])
}

#[test]
fn one_span_changes_and_the_first_bytes_come_back() {
    for (client, file, _, servers) in CLIENTS {
        let env = TestEnv::new();
        for text in samples(client, servers) {
            put(&env, file, &text);
            run(&env, &["install", "--client", client]).ok();
            let installed = get(&env, file);
            let (gone, added) = span(&text, &installed);
            assert!(gone.trim().is_empty(), "{client} took {gone:?} from\n{text}\nto make\n{installed}");
            assert_eq!(added.matches("aimem").count(), 2, "{client}: {added}");

            let twice = run(&env, &["install", "--client", client]).ok();
            assert!(twice.stderr.contains("has the server already"), "{}", twice.stderr);
            assert_eq!(get(&env, file), installed);

            let format = if client == "codex" { "toml" } else { "jsonc" };
            let path = env.home().join(file);
            let filter = format!(".{servers}.aimem | [(.command | endswith(\"aimem\")), .args]");
            let read = ["read", "--format", format, "-c", path.to_str().unwrap(), &filter];
            assert_eq!(env.run(read).ok().stdout, "[true,[\"mcp\"]]\n", "{installed}");

            run(&env, &["uninstall", "--client", client]).ok();
            assert_eq!(get(&env, file), text, "{client}: after\n{installed}");
            run(&env, &["uninstall", "--client", client]).ok();
            assert_eq!(get(&env, file), text, "{client}");
        }
    }
}

#[test]
fn what_was_changed_elsewhere_since_stays() {
    for (client, file, _, servers) in CLIENTS {
        let env = TestEnv::new();
        let (text, change, changed) = match client {
            "codex" => (
                "# mine\nmodel = \"o5\" # fast\n\n[mcp_servers.other]\ncommand = \"x\"\n",
                ["model = \"o5\"", "model = \"o6\"\nlonger = 1979-05-27"],
                "# mine\nmodel = \"o6\"\nlonger = 1979-05-27 # fast\n\n[mcp_servers.other]\ncommand = \"x\"\n",
            ),
            _ => (
                "{\n  \"a\": 1, // mine\n  \"SERVERS\": {\n    \"other\": {} // other\n  }\n}",
                ["\"a\": 1", "\"longer\": [1],\n  \"a\": 2"],
                "{\n  \"longer\": [1],\n  \"a\": 2, // mine\n  \"SERVERS\": {\n    \"other\": {} // other\n  }\n}",
            ),
        };
        put(&env, file, text.replace("SERVERS", servers));
        run(&env, &["install", "--client", client]).ok();
        let installed = get(&env, file);
        put(&env, file, installed.replace(change[0], change[1]));
        run(&env, &["uninstall", "--client", client]).ok();
        assert_eq!(get(&env, file), changed.replace("SERVERS", servers), "{client}");

        // Without the note too.
        put(&env, file, &installed);
        fs::remove_dir_all(env.home().join(".local")).unwrap();
        run(&env, &["uninstall", "--client", client]).ok();
        assert_eq!(get(&env, file), text.replace("SERVERS", servers), "{client}");
    }
}

#[test]
fn without_a_note_the_entry_goes_all_the_same() {
    for (client, file, _, servers) in CLIENTS {
        let env = TestEnv::new();
        for text in samples(client, servers) {
            put(&env, file, &text);
            run(&env, &["install", "--client", client]).ok();
            fs::remove_dir_all(env.home().join(".local")).unwrap();
            run(&env, &["uninstall", "--client", client]).ok();
            let left = get(&env, file);
            assert!(!left.contains("aimem"), "{client}: {left}");
            // Nothing of the user's went: at most brackets and blanks have come.
            let mut left = left.chars().filter(|letter| !letter.is_whitespace());
            let stays = |letter: char| left.any(|other| other == letter);
            assert!(text.chars().filter(|letter| !letter.is_whitespace()).all(stays), "{client}: {text}");
        }
    }
}

#[test]
fn an_entry_that_somebody_has_changed_stays_and_a_strangers_too() {
    for (client, file, _, servers) in CLIENTS {
        let env = TestEnv::new();
        run(&env, &["install", "--client", client]).ok();
        let ours = get(&env, file).replace("\"mcp\"", "\"mcp\", \"--root\", \"/x\"");
        put(&env, file, &ours);
        run(&env, &["install", "--client", client]).ok();
        assert_eq!(get(&env, file), ours);
        run(&env, &["uninstall", "--client", client]).ok();
        assert!(!get(&env, file).contains("aimem"), "{}", get(&env, file));

        let strange = ours.replace("\"mcp\"", "\"serve\"");
        put(&env, file, &strange);
        for verb in ["install", "uninstall"] {
            let refused = run(&env, &[verb, "--client", client]).expect(73);
            assert!(
                refused.stderr.contains(&format!("has an entry {servers}.aimem that is not ours")),
                "{}",
                refused.stderr
            );
            assert_eq!(get(&env, file), strange);
        }
    }
}

#[test]
fn a_broken_file_is_left_alone_and_the_entry_is_printed() {
    for (client, file, _, servers) in CLIENTS {
        let env = TestEnv::new();
        let wrong_kinds =
            [format!("{{\"{servers}\": [1]}}"), "[1]".to_owned(), format!("{{\"{servers}\": \"x\"}}")];
        let json = ["{ \"a\": 1 /* x", "{ \"a\": 1, \"a\": 2 }", "not JSON", "{\n"].map(str::to_owned);
        let toml = ["a = \n", "[a\n", "a = 1\na = 2\n", "mcp_servers = 5\n", "[[mcp_servers]]\nx = 1\n"]
            .map(str::to_owned);
        let mut texts = if client == "codex" { toml.to_vec() } else { [&json[..], &wrong_kinds].concat() };
        if !long_tests() && !["codex", "zed"].contains(&client) {
            texts.truncate(2);
        }
        for text in texts {
            put(&env, file, &text);
            let refused = run(&env, &["install", "--client", client]).expect(65);
            assert_eq!(get(&env, file), text, "{client}");
            assert!(
                refused.stdout.contains("aimem") && refused.stdout.contains(servers),
                "{}",
                refused.stdout
            );
            assert!(refused.stderr.contains("to add it by hand, this belongs into"), "{}", refused.stderr);
            run(&env, &["uninstall", "--client", client]);
            assert_eq!(get(&env, file), text, "{client}");
        }
        // What is printed is what would be there.
        let printed = run(&env, &["install", "--client", client, "--print"]).ok().stdout;
        fs::remove_file(env.home().join(file)).unwrap();
        run(&env, &["install", "--client", client]).ok();
        assert_eq!(get(&env, file), printed);
    }
}

#[test]
fn a_read_only_file_is_left_alone_by_everybody() {
    let env = TestEnv::new();
    for (client, file, ..) in CLIENTS {
        let path = put(&env, file, "");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let refused = run(&env, &["install", "--client", client]).expect(77);
        assert!(refused.stderr.contains("is read-only"), "{}", refused.stderr);
        assert!(refused.stdout.contains("aimem"), "{}", refused.stdout);
        assert_eq!(get(&env, file), "");
    }
}

#[test]
fn a_link_stays_one_and_its_file_keeps_its_permissions() {
    for (client, file, ..) in CLIENTS {
        let env = TestEnv::new();
        let real = put(&env, "dotfiles/settings", "");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        let link = put(&env, file, "");
        fs::remove_file(&link).unwrap();
        symlink(&real, &link).unwrap();
        run(&env, &["install", "--client", client]).ok();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{client}");
        assert!(get(&env, "dotfiles/settings").contains("aimem"), "{client}");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
        run(&env, &["uninstall", "--client", client]).ok();
        assert_eq!(get(&env, "dotfiles/settings"), "", "{client}");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{client}");
    }
}

#[test]
fn a_projects_settings_are_in_the_working_folder() {
    for (client, user, project, servers) in CLIENTS {
        let env = TestEnv::new();
        run(&env, &["install", "--client", client, "--scope", "project"]).ok();
        let text = env.read(project);
        assert!(text.contains(servers) && text.contains("\"aimem\""), "{text}");
        assert!(!env.home().join(user).exists(), "{client}");
        run(&env, &["uninstall", "--client", client, "--scope", "project"]).ok();
        assert!(!env.read(project).contains("aimem"), "{client}");
    }
}

#[test]
fn a_dry_run_shows_the_lines_and_writes_nothing() {
    let env = TestEnv::new();
    let path = put(&env, ".codex/config.toml", "a = 1\n");
    let shown = run(&env, &["install", "--client", "codex", "--dry-run"]).ok();
    assert!(shown.stdout.contains("+[mcp_servers.aimem]\n"), "{}", shown.stdout);
    assert_eq!(get(&env, ".codex/config.toml"), "a = 1\n");
    assert!(!env.home().join(".local").exists());
    run(&env, &["install", "--client", "codex"]).ok();
    let installed = fs::read(&path).unwrap();
    let shown = run(&env, &["uninstall", "--client", "codex", "--dry-run"]).ok();
    assert!(shown.stdout.contains("-[mcp_servers.aimem]\n"), "{}", shown.stdout);
    assert_eq!(fs::read(&path).unwrap(), installed);
    run(&env, &["uninstall", "--client", "codex"]).ok();
    assert_eq!(get(&env, ".codex/config.toml"), "a = 1\n");
}

#[test]
fn moved_settings_are_found_by_their_variables() {
    let env = TestEnv::new();
    let set = |client: &str, variable: &str| {
        let mut command = mcp(&env, &["install", "--client", client]);
        Ran::of(command.env(variable, env.path("moved")).output().unwrap()).ok();
    };
    set("claude-code", "CLAUDE_CONFIG_DIR");
    set("codex", "CODEX_HOME");
    set("zed", "XDG_CONFIG_HOME");
    for file in ["moved/.claude.json", "moved/config.toml", "moved/zed/settings.json"] {
        assert!(env.read(file).contains("aimem"), "{file}");
    }
    let mut relative = mcp(&env, &["install", "--client", "codex"]);
    let refused = Ran::of(relative.env("CODEX_HOME", "here").output().unwrap()).expect(2);
    assert!(refused.stderr.contains("CODEX_HOME"), "{}", refused.stderr);
}

#[test]
fn the_name_is_started_where_it_is_found_and_else_the_path() {
    let env = TestEnv::new();
    run(&env, &["install", "--client", "cursor"]).ok();
    let program = env!("CARGO_BIN_EXE_aimem");
    assert!(get(&env, ".cursor/mcp.json").contains(&format!("\"command\": \"{program}\"")));
    run(&env, &["uninstall", "--client", "cursor"]).ok();
    let folder = std::path::Path::new(program).parent().unwrap();
    let mut found = mcp(&env, &["install", "--client", "cursor"]);
    Ran::of(found.env("PATH", folder).output().unwrap()).ok();
    assert!(get(&env, ".cursor/mcp.json").contains("\"command\": \"aimem\""));
    run(&env, &["install", "--client", "gemini", "--scope", "project"]).ok();
    assert!(env.read(".gemini/settings.json").contains("\"command\": \"aimem\""));
}

#[test]
fn claude_codes_own_lock_keeps_us_out_until_nobody_touches_it() {
    let env = TestEnv::new();
    put(&env, ".claude.json", "{}\n");
    let lock = env.home().join(".claude.json.lock");
    fs::create_dir(&lock).unwrap();
    let busy = run(&env, &["install", "--client", "claude-code", "--nonblock"]).expect(75);
    assert!(busy.stderr.contains("the client holds its own lock"), "{}", busy.stderr);
    assert_eq!(get(&env, ".claude.json"), "{}\n");
    // Other clients have none.
    put(&env, ".cursor/mcp.json", "{}\n");
    fs::create_dir(env.home().join(".cursor/mcp.json.lock")).unwrap();
    run(&env, &["install", "--client", "cursor", "--nonblock"]).ok();

    let long_ago = SystemTime::now() - Duration::from_secs(60);
    fs::File::open(&lock).unwrap().set_modified(long_ago).unwrap();
    run(&env, &["install", "--client", "claude-code", "--nonblock"]).ok();
    assert!(get(&env, ".claude.json").contains("aimem"));
    assert!(!lock.exists());

    // What is no such lock is nobody's to remove.
    fs::write(&lock, "a file").unwrap();
    fs::File::options().write(true).open(&lock).unwrap().set_modified(long_ago).unwrap();
    run(&env, &["uninstall", "--client", "claude-code", "--nonblock"]).expect(75);
    assert_eq!(fs::read_to_string(&lock).unwrap(), "a file");
}

#[test]
fn claude_code_adds_the_server_itself_where_it_is_there() {
    let env = TestEnv::new();
    put(&env, ".claude.json", "{}\n");
    let bin = env.path("bin");
    fs::create_dir(&bin).unwrap();
    let install = |script: &str| {
        fs::write(bin.join("claude"), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(bin.join("claude"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = mcp(&env, &["install", "--client", "claude-code"]);
        Ran::of(command.env("PATH", &bin).output().unwrap()).ok()
    };
    let written = "{\"mcpServers\":{\"aimem\":{\"type\":\"stdio\",\"command\":\"aimem\",\"args\":[\"mcp\"],\"env\":{}}}}";
    let ran = install(&format!("echo \"$@\" > \"$HOME/called\"; echo '{written}' > \"$HOME/.claude.json\""));
    assert!(ran.stderr.contains("Claude Code has added the server"), "{}", ran.stderr);
    let program = env!("CARGO_BIN_EXE_aimem");
    assert_eq!(get(&env, "called"), format!("mcp add --scope user aimem -- {program} mcp\n"));
    assert_eq!(get(&env, ".claude.json"), format!("{written}\n"));
    // Not a second time.
    fs::remove_file(env.home().join("called")).unwrap();
    install("echo again > \"$HOME/called\"");
    assert!(!env.home().join("called").exists());
    run(&env, &["uninstall", "--client", "claude-code"]).ok();
    assert_eq!(get(&env, ".claude.json"), "{\"mcpServers\":{}}\n");

    // One that fails, and one that says it was done.
    let ran = install("exit 3");
    assert!(ran.stderr.contains("`claude mcp add` failed with exit status: 3"), "{}", ran.stderr);
    assert!(get(&env, ".claude.json").contains("aimem"));
    run(&env, &["uninstall", "--client", "claude-code"]).ok();
    install("exit 0");
    assert!(get(&env, ".claude.json").contains("aimem"));
}

#[test]
fn a_note_that_cannot_be_kept_is_told_and_costs_nothing() {
    let env = TestEnv::new();
    put(&env, ".local", "a file where a folder should be");
    put(&env, ".cursor/mcp.json", "{}\n");
    let told = run(&env, &["install", "--client", "cursor"]).ok();
    assert!(told.stderr.contains("could not be noted"), "{}", told.stderr);
    run(&env, &["uninstall", "--client", "cursor"]).ok();
    assert!(!get(&env, ".cursor/mcp.json").contains("aimem"));
}

#[test]
fn an_unknown_client_or_none_is_a_usage_error() {
    let env = TestEnv::new();
    run(&env, &["install"]).expect(2);
    let refused = run(&env, &["install", "--client", "emacs"]).expect(2);
    assert!(refused.stderr.contains("claude-code, cursor, vscode, codex, zed, gemini"), "{}", refused.stderr);
    let missing = run(&env, &["uninstall", "--client", "zed"]).ok();
    assert!(missing.stderr.contains("does not exist"), "{}", missing.stderr);
}
