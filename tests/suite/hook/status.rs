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
    env.run(["hook", "install", "--client", "claude-code"]).ok();
    let file = env.home().join(".claude/settings.json");
    let good = fs::read_to_string(&file).unwrap();
    let ours = format!("{} hook run", crate::common::aimem_path().display());
    for (command, wanted) in [
        ("/no/such/aimem hook run", "ends with exit status: 127"),
        ("echo no; true aimem hook run", "its answer is no JSON object"),
        ("echo '{}'; true aimem hook run", "it let a second session in"),
        ("kill -9 $$; aimem hook run", "ends with signal: 9"),
        ("HOME= aimem hook run", "it said: aimem does not protect"),
    ] {
        let command = serde_json::to_string(command).unwrap();
        fs::write(&file, good.replace(&ours, command.trim_matches('"'))).unwrap();
        let said = status(&env, &[]).expect(1).stdout;
        assert!(said.contains(wanted), "{command}: {said}");
    }
    let without_stop = good.replace("\"Stop\"", "\"Other\"");
    fs::write(&file, without_stop).unwrap();
    let said = status(&env, &[]).expect(1).stdout;
    assert!(said.contains("incomplete, without Stop; installed; tried"), "{said}");
    fs::write(&file, "{").unwrap();
    assert!(status(&env, &[]).ok().stdout.contains("cannot be read"));
    // Patterns of one's own may cover no folder in which to try it.
    fs::write(&file, good).unwrap();
    super::settings(&env, "[hook]\npaths = [\"/nowhere/**\"]\n");
    assert!(status(&env, &[]).ok().stdout.contains("whether it denies was not tried"));
}
