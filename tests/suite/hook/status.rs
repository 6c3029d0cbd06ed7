//! `aimem hook status`: a real event through what is installed.

use std::fs;

use serde_json::Value;

use crate::common::{Ran, TestEnv};

fn status(env: &TestEnv, words: &[&str]) -> Ran {
    let mut command = env.aimem(["hook", "status"].iter().chain(words));
    // Where `aimem` is found by its name.
    let path = format!("{}:/usr/bin:/bin", crate::common::aimem_path().parent().unwrap().display());
    command.env("PATH", path).env_remove("CLAUDE_PROJECT_DIR");
    Ran::of(command.output().unwrap())
}

#[test]
fn it_says_what_is_installed_and_that_it_works() {
    let env = TestEnv::new();
    let said = status(&env, &[]).ok().stdout;
    assert_eq!((said.lines().count(), said.matches(": not installed").count()), (6, 6), "{said}");
    for client in super::CLIENTS {
        env.run(["hook", "install", "--client", client]).ok();
        env.run(["hook", "install", "--client", client, "--scope", "project"]).ok();
        let said = status(&env, &["--client", client]).ok().stdout;
        assert_eq!(said.matches("and lets one session in at a time").count(), 2, "{said}");
        let reports: Vec<Value> =
            serde_json::from_str(&status(&env, &["--client", client, "--json"]).ok().stdout).unwrap();
        assert!(
            reports.iter().all(|report| report["works"] == true && report["installed"] == true),
            "{reports:?}"
        );
    }
    // Nothing is left of the try.
    assert_eq!(env.lock_names(), [""; 0]);
    assert_eq!(TestEnv::names_in(&env.home().join(".local/state/aimem/sessions")), [""; 0]);
}

#[test]
fn it_says_what_is_wrong() {
    let env = TestEnv::new();
    env.run(["hook", "install", "--client", "claude-code", "--scope", "project"]).ok();
    let good = env.read(".claude/settings.json");
    // Another `aimem` is found before ours.
    fs::create_dir(env.path("bin")).unwrap();
    let other = |script: &str| {
        // By a child: a descriptor of ours, open for writing, could reach another test's child.
        let mut write = env.sh(r#"printf '#!/bin/sh\n%s\n' "$SCRIPT" >bin/aimem && chmod 755 bin/aimem"#);
        Ran::of(write.env("SCRIPT", script).output().unwrap()).ok();
        let mut command = env.aimem(["hook", "status", "--client", "claude-code"]);
        command.env("PATH", format!("{}:/usr/bin:/bin", env.path("bin").display()));
        Ran::of(command.output().unwrap())
    };
    let ours = crate::common::aimem_path().display();
    for (script, wanted) in [
        ("exit 127", "ends with exit status: 127"),
        ("echo no", "its answer is no JSON object"),
        ("echo '{}'", "it let a second session in"),
        ("kill -9 $$", "it ends with "),
        (&format!("HOME= exec {ours} \"$@\""), "it said: aimem does not protect"),
    ] {
        let said = other(script).expect(1).stdout;
        assert!(said.contains(wanted), "{script}: {said}");
    }
    let exec = format!("exec {ours} \"$@\"");
    env.write(".claude/settings.json", good.replace("\"Stop\"", "\"Other\""));
    let said = other(&exec).expect(1).stdout;
    assert!(said.contains("incomplete, without Stop; installed; tried"), "{said}");
    env.write(".claude/settings.json", "{");
    assert!(other(&exec).ok().stdout.contains("cannot be read"));
    // Patterns of one's own may cover no folder in which to try it.
    env.write(".claude/settings.json", good);
    super::settings(&env, "[hook]\npaths = [\"/nowhere/**\"]\n");
    assert!(other(&exec).ok().stdout.contains("whether it denies was not tried"));
}

#[test]
fn a_command_that_is_not_this_programs_is_never_run() {
    let env = TestEnv::new();
    env.run(["hook", "install", "--client", "codex", "--scope", "project"]).ok();
    let good = env.read(".codex/hooks.json");
    let strangers = env.write("aimem", "#!/bin/sh\necho >ran\n");
    crate::common::set_mode(&strangers, 0o755);
    for command in [
        "echo >ran; aimem hook run --client codex",
        "./aimem hook run --client codex",
        &format!("{} hook run --client codex", strangers.display()),
        "'$(echo >ran)'aimem hook run --client codex",
        "aimem hook run --client codex; echo >ran",
        "X=1 aimem hook run --client codex",
        "\u{1b}[2J aimem hook run --client codex",
    ] {
        let escaped = serde_json::to_string(command).unwrap();
        let text = good.replace("aimem hook run --client codex", escaped.trim_matches('"'));
        env.write(".codex/hooks.json", text);
        let said = status(&env, &["--client", "codex"]).ok().stdout;
        assert!(said.contains("not this program's, and was not tried"), "{command}: {said}");
        assert!(!said.contains('\u{1b}') && !env.path("ran").exists(), "{command}: {said}");
    }
    // With `--strict` it is.
    env.write(".codex/hooks.json", good.replace("--client codex", "--client codex --strict"));
    assert!(status(&env, &["--client", "codex"]).ok().stdout.contains("lets one session in at a time"));
}
