//! Who may see what is kept, and who may use it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::{doc, env, update, versions};
use crate::common::{Ran, nobodys_env, require_root, set_mode};

#[test]
fn nobody_else_reads_old_versions() {
    let env = env();
    set_mode(&env.path("doc.json"), 0o644);
    update(&env, "c", 1);
    set_mode(&env.path("doc.json"), 0o600);
    update(&env, "c", 2);
    for folder in [env.locks(), env.locks().join(".history"), super::shelves(&env).pop().unwrap()] {
        let mode = fs::metadata(&folder).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{}", folder.display());
    }
    let log = super::shelves(&env).pop().unwrap().join("log.jsonl");
    assert_eq!(fs::metadata(log).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&versions(&env)[1]).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_copy_has_the_mode_of_the_original_or_is_its_owners_alone() {
    let env = env();
    set_mode(&env.path("doc.json"), 0o640);
    env.run(["update", "--in-place", "doc.json", ".n = 1"]).ok();
    assert_eq!(fs::metadata(&versions(&env)[0]).unwrap().mode() & 0o7777, 0o640);
}

#[test]
fn roots_update_of_a_users_file_leaves_a_history_that_the_user_can_use() {
    let Some(env) = nobodys_env() else { return };
    let as_nobody = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    env.write("doc.json", doc(0));
    let (user, group) =
        (fs::metadata(env.path("")).unwrap().uid(), fs::metadata(env.path("")).unwrap().gid());
    std::os::unix::fs::chown(env.path("doc.json"), Some(user), Some(group)).unwrap();
    // The superuser is the first, and makes everything.
    env.run(["update", "doc.json", ".n = 1", "--client", "root"]).ok();
    env.run(["update", "doc.json", "--in-place", ".n = 2", "--client", "root"]).ok();
    for path in crate::common::walk(&env.locks().join(".history")) {
        assert_eq!(fs::symlink_metadata(&path).unwrap().uid(), user, "{}", path.display());
    }
    let told = as_nobody(&["history", "doc.json"]).ok().stdout;
    assert_eq!(told.lines().filter(|line| line.contains("root")).count(), 2, "{told}");
    assert_eq!(as_nobody(&["history", "show", "doc.json", "@{-1}"]).ok().stdout, doc(1));
    as_nobody(&["undo", "doc.json"]).ok();
    as_nobody(&["update", "doc.json", ".n = 7"]).ok();
    assert_eq!(as_nobody(&["history", "show", "doc.json", "@{-4}"]).ok().stdout, doc(0));
    env.run(["update", "doc.json", ".n = 8"]).ok();
    as_nobody(&["history", "forget", "doc.json"]).ok();
    assert!(super::shelves(&env).is_empty());
}

/// A user's folder may hold anything: links and names of other files lead the superuser nowhere.
#[test]
fn what_a_user_has_planted_leads_the_superuser_nowhere() {
    let Some(env) = nobodys_env() else { return };
    env.write("doc.json", doc(0));
    let outside = env.root().join("outside");
    fs::write(&outside, "precious").unwrap();
    set_mode(&outside, 0o600);
    let as_nobody = |args: &[&str]| Ran::of(env.as_nobody(args).output().unwrap());
    as_nobody(&["update", "doc.json", ".n = 1"]).ok();
    let shelf = super::shelves(&env).pop().unwrap();
    let log = shelf.join("log.jsonl");
    let plants: [(&str, &dyn Fn()); 4] = [
        ("a link for the log", &|| {
            fs::remove_file(&log).unwrap();
            symlink(&outside, &log).unwrap();
        }),
        ("another name of a file for the log", &|| {
            fs::remove_file(&log).unwrap();
            fs::hard_link(&outside, &log).unwrap();
        }),
        ("a FIFO for the log", &|| {
            fs::remove_file(&log).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(&log).status().unwrap().success());
        }),
        ("a link for the folder", &|| {
            fs::rename(&shelf, env.root().join("moved")).unwrap();
            let _ = fs::create_dir(env.root().join("target"));
            symlink(env.root().join("target"), &shelf).unwrap();
        }),
    ];
    for (index, (what, plant)) in plants.into_iter().enumerate() {
        plant();
        let n = index as i64 + 10;
        env.run(["update", "doc.json", &format!(".n = {n}")]).ok();
        assert_eq!(env.read("doc.json"), doc(n), "{what}");
        assert_eq!(fs::read_to_string(&outside).unwrap(), "precious", "{what}");
        assert_eq!(fs::metadata(&outside).unwrap().uid(), 0, "{what}");
        let _ = env.run(["history", "doc.json"]);
    }
    assert_eq!(crate::common::TestEnv::names_in(&env.root().join("target")), [""; 0]);
}

#[test]
fn in_a_folder_for_everyone_each_user_adds_to_the_history() {
    if !require_root() {
        return;
    }
    let Some(env) = nobodys_env() else { return };
    set_mode(&env.path(""), 0o777);
    let locks = env.root().join("shared");
    fs::create_dir(&locks).unwrap();
    set_mode(&locks, 0o1777);
    set_mode(&env.write("doc.json", doc(0)), 0o666);
    let run = |mut command: std::process::Command| {
        Ran::of(command.env("AIMEM_LOCK_DIR", &locks).output().unwrap()).ok()
    };
    run(env.aimem(["update", "doc.json", ".n = 1", "--client", "first"]));
    let ran = run(env.as_nobody(["update", "doc.json", ".n = 2", "--client", "second"]));
    assert!(!ran.stderr.contains("version could not be kept"), "{}", ran.stderr);
    run(env.aimem(["update", "doc.json", ".n = 3", "--client", "first"]));
    let told = run(env.aimem(["history", "doc.json"])).stdout;
    let who: Vec<&str> = ["first", "second"].into_iter().filter(|who| told.contains(who)).collect();
    assert_eq!(who, ["first", "second"], "{told}");
    assert_eq!(run(env.aimem(["history", "show", "doc.json", "@{-3}"])).stdout, doc(0));
}
