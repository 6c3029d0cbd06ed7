//! One file, one lock, however it is spelled; and names that hurt.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::common::{Holder, NOBODY, Ran, STAY, TestEnv, nobodys_env, set_mode};

#[test]
fn every_spelling_of_a_file_is_one_lock() {
    let env = TestEnv::new();
    fs::create_dir(env.path("sub")).unwrap();
    env.write("f", "");
    symlink("f", env.path("link")).unwrap();
    symlink("link", env.path("link-to-link")).unwrap();
    symlink(env.path(""), env.root().join("folder-link")).unwrap();
    let absolute = env.path("f").to_str().unwrap().to_owned();
    let through_folder = env.root().join("folder-link/f").to_str().unwrap().to_owned();
    let spellings =
        ["f", "./f", &absolute, "sub/../f", "link", "link-to-link", &through_folder, ".//sub/.././f"];
    for taken in spellings {
        let holder = env.hold(taken);
        for wanted in spellings {
            env.run(["lock", "with", wanted, "-n", "--", "true"]).expect(75);
            assert_eq!(env.status(wanted)["pid"], holder.pid, "{taken} is {wanted}");
        }
        env.run(["lock", "with", "other", "-n", "--", "true"]).ok();
        assert_eq!(TestEnv::names_in(&env.locks()).iter().filter(|name| name.ends_with(".lock")).count(), 1);
        assert!(env.lock_dir("f").exists(), "the key is that of the resolved absolute path");
        holder.end().ok();
    }
}

#[test]
fn a_file_that_is_yet_to_be_made_has_its_lock_already() {
    let env = TestEnv::new();
    fs::create_dir(env.path("real")).unwrap();
    symlink("real", env.path("folder")).unwrap();
    symlink("folder/new.json", env.path("dangling")).unwrap();
    let holder = env.hold("dangling");
    for name in ["real/new.json", "folder/new.json", "real/../folder/new.json"] {
        env.run(["lock", "with", name, "-n", "--", "true"]).expect(75);
    }
    holder.end().ok();
    env.run(["write", "dangling", "--content", "{}"]).ok();
    assert_eq!(env.read("real/new.json"), "{}");
    assert!(fs::symlink_metadata(env.path("dangling")).unwrap().is_symlink(), "the link stays a link");
}

#[test]
fn a_link_turned_during_the_wait_is_followed_again() {
    let env = TestEnv::new();
    env.write("old", "{\"n\": 0}\n");
    env.write("new", "{\"n\": 0}\n");
    symlink("old", env.path("link")).unwrap();
    let holder = env.hold("old");
    let mut waiter = env.aimem(["update", "link", ".n += 1"]).spawn().unwrap();
    let mut line = String::new();
    let mut stderr = std::io::BufReader::new(waiter.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    assert!(line.starts_with("waiting"), "{line}");
    fs::remove_file(env.path("link")).unwrap();
    symlink("new", env.path("link")).unwrap();
    let other = env.hold("new");
    holder.end().ok();
    line.clear();
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    assert!(line.contains(&format!("pid {}", other.pid)), "it waits for the new target's holder: {line}");
    assert_eq!(env.read("new"), "{\"n\": 0}\n");
    other.end().ok();
    assert!(waiter.wait().unwrap().success());
    assert_eq!((&env.json("old")["n"], &env.json("new")["n"]), (&0.into(), &1.into()));
}

fn hurtful_names() -> Vec<OsString> {
    let mut names: Vec<OsString> = [
        "with space",
        " ",
        "new\nline",
        "\n",
        "quote'and\"double",
        "-f",
        "--help",
        "--",
        "$(touch pwned)`id`;*?[a]",
        "back\\slash",
        "esc\x1b[31m",
        "ünïcödé",
        "\u{202e}gpj",
        ".hidden",
        "PID: 1",
    ]
    .map(OsString::from)
    .to_vec();
    names.push(OsString::from_vec(b"latin1-\xe9\xff.json".to_vec()));
    names.push(OsString::from("x".repeat(255)));
    names.push(OsString::from_vec([b"y".repeat(100), b"\xc3\xa4".repeat(77), b"z".to_vec()].concat()));
    names
}

#[test]
fn hurtful_names_are_locked_written_updated_and_read() {
    for name in hurtful_names() {
        let env = TestEnv::new();
        let with = |verb: &[&str], options: &[&str], rest: &[&str]| {
            let mut words: Vec<OsString> = verb.iter().chain(options).map(OsString::from).collect();
            words.push("--".into());
            words.push(name.clone());
            words.extend(rest.iter().map(OsString::from));
            env.run(words)
        };
        with(&["write"], &["--content", "{\"n\": 1}\n"], &[]).ok();
        with(&["update"], &["--backup=0"], &[".n += 1"]).ok();
        assert_eq!(with(&["read"], &["-c"], &["."]).ok().stdout, "{\"n\":2}\n", "{name:?}");
        assert_eq!(env.json(&name)["n"], 2, "{name:?}");
        let names: Vec<OsString> =
            fs::read_dir(env.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, std::slice::from_ref(&name));
        assert_eq!(env.lock_names(), [""; 0], "{name:?}");
    }
}

#[test]
fn hurtful_names_are_held_and_shown_without_control_characters() {
    for name in hurtful_names() {
        let env = TestEnv::new();
        let dotted = PathBuf::from(".").join(&name);
        let mut command = env.aimem(["lock", "with"]);
        let holder = Holder::start(command.arg(&dotted).args(["--", "sh", "-c", STAY]));
        let mut words: Vec<OsString> = ["lock", "with", "-n"].map(OsString::from).to_vec();
        words.extend([dotted.clone().into(), "--".into(), "true".into()]);
        let busy = env.run(words).expect(75);
        let info = fs::read_to_string(env.lock_dir(&name).join("info")).unwrap();
        for shown in [&busy.stderr, &env.run(["locks", "show"]).ok().stdout, &info] {
            assert_printable(shown);
        }
        assert_eq!(env.run(["locks", "show"]).ok().stdout.lines().count(), 2, "{name:?}");
        let json = env.run(["locks", "show", "--json"]).ok().stdout;
        assert_printable(&json);
        let shown: serde_json::Value = serde_json::from_str(&json).unwrap();
        let target = env.path(&name);
        assert_eq!(shown[0]["target"], target.to_string_lossy().into_owned(), "{name:?}");
        holder.end().ok();
    }
}

/// Nothing that moves a terminal's cursor, colours it, or turns a line's direction around.
#[track_caller]
fn assert_printable(text: &str) {
    let bad = text.chars().find(|&letter| {
        letter != '\n' && letter.is_control()
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(bad, None, "{text:?}");
}

#[test]
fn whatever_an_info_file_holds_no_control_character_is_shown() {
    let env = TestEnv::new();
    env.make_root();
    let evil = "\x1b]0;owned\x07\x1b[2J\r\u{9b}31m\x7f\u{202e}\x08";
    let here = aimem::sys::machine::host_name();
    let infos = [
        format!("PID: 1\nACQUIRED: {evil}\nHOSTNAME: {evil}\n"),
        format!(
            "PID: 1\nHOSTNAME: {here}\nCLIENT: {evil}\nTARGET: {evil}\\x1b[1m\\n\nCOMMAND: {evil} {evil}\n"
        ),
        format!(
            "PID: 1\nTOKEN: ab12\nLIVENESS: lease\nBOOT: {evil}\nMACHINE: {evil}\nCLIENT: {evil}\nCOMMAND: {evil}\n"
        ),
        format!("PID: 1\nTOKEN: {evil}\nLIVENESS: {evil}\nTARGET: {evil}\n"),
        evil.repeat(4000),
    ];
    for (number, info) in infos.iter().enumerate() {
        env.forge(format!("f{number}"), Some(info.as_bytes()));
    }
    for (number, _) in infos.iter().enumerate() {
        let file = format!("f{number}");
        for args in [
            vec!["lock", "status", &file],
            vec!["lock", "status", &file, "--json"],
            vec!["lock", "with", &file, "-n", "--", "true"],
            vec!["lock", "with", &file, "-w", "0.4", "--", "true"],
            vec!["locks", "show"],
            vec!["locks", "show", "--json"],
            vec!["locks", "check", "--max-age", "0"],
            vec!["locks", "check", "--max-age", "0", "--json"],
            vec!["locks", "cleanup", "--dry-run"],
        ] {
            // The watch of two seconds over the last one need not be paid for each.
            if args[1] == "cleanup" && number > 0 {
                continue;
            }
            let ran = env.run(&args);
            assert_printable(&ran.stdout);
            assert_printable(&ran.stderr);
        }
    }
    for number in 0..infos.len() {
        let broken = env.run(["lock", "break", &format!("f{number}")]).ok();
        assert_printable(&broken.stderr);
    }
}

#[test]
fn a_folder_that_may_not_be_written_to_can_be_locked_but_not_updated() {
    let Some(env) = nobodys_env() else { return };
    fs::create_dir(env.path("closed")).unwrap();
    env.write("closed/f.json", "{\"n\": 1}\n");
    std::os::unix::fs::chown(env.path("closed/f.json"), Some(NOBODY), Some(NOBODY)).unwrap();
    set_mode(&env.path("closed"), 0o555);
    let run = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    run(&["lock", "with", "closed/f.json", "-n", "--", "true"]).ok();
    assert_eq!(run(&["read", "closed/f.json", ".n"]).ok().stdout, "1\n");
    let refused = run(&["update", "closed/f.json", ".n += 1"]).expect(77);
    assert!(refused.stderr.contains("hint: ") && refused.stderr.contains("closed"), "{}", refused.stderr);
    run(&["write", "closed/new.json", "--content", "{}"]).expect(77);
    run(&["update", "closed/f.json", ".n += 1", "--in-place"]).ok();
    assert_eq!(env.json("closed/f.json")["n"], 2);
    assert_eq!(TestEnv::names_in(&env.path("closed")), ["f.json"]);
}
