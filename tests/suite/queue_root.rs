//! Root at work in a user's outbox, as after `sudo` with the user's HOME.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::common::http::{Server, fine, status};
use super::common::queue::Outbox;
use super::common::{NOBODY, Ran, TestEnv, nobodys_env};

/// What is in a folder, itself included, and not nobody's.
fn of_others(path: &Path) -> Vec<PathBuf> {
    let Ok(meta) = fs::symlink_metadata(path) else { return Vec::new() };
    let mut found = Vec::new();
    if (meta.uid(), meta.gid()) != (NOBODY, NOBODY) {
        found.push(path.to_owned());
    }
    if meta.is_dir() {
        found.extend(TestEnv::names_in(path).iter().flat_map(|name| of_others(&path.join(name))));
    }
    found
}

fn as_nobody(outbox: &Outbox, server: Option<&Server>, args: &[&str]) -> Ran {
    let mut command = outbox.env.as_nobody(["queue"]);
    command.args(args);
    if let Some(server) = server {
        command.env("AIMEM_MEM0_URL", server.url());
    }
    Ran::of(command.output().unwrap())
}

#[test]
fn what_root_makes_in_a_users_outbox_is_the_users() {
    let Some(env) = nobodys_env() else { return };
    let (home, seen) = (env.home(), Arc::new(Mutex::new(Vec::new())));
    let (folder, sink) = (home.clone(), seen.clone());
    // While it uploads, a worker's own folder is there too.
    let server = Server::uploads(move |request| {
        sink.lock().unwrap().push(of_others(&folder));
        if request.body.contains("bad") { status(400, "no") } else { fine() }
    });
    let mut outbox = Outbox::new();
    outbox.env = env;
    outbox.use_server(&server);

    let first = outbox.add("root's first");
    assert_eq!(of_others(&home), Vec::<PathBuf>::new(), "after a save that makes the outbox");
    let mode = |name: &str| fs::metadata(outbox.folder().join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(""), mode("new"), mode(".lock")), (0o700, 0o700, 0o600));
    assert_eq!(mode(&format!("new/{first}.json")), 0o600);
    as_nobody(&outbox, None, &["show", &first]).ok();
    as_nobody(&outbox, None, &["add", "-p", "web", "nobody's"]).ok();
    as_nobody(&outbox, Some(&server), &["work"]).ok();
    assert_eq!(outbox.ids("done").len(), 2, "root's entry is delivered by its owner");

    outbox.add("bad");
    outbox.add("good");
    let old = outbox.old().join("mem0_queue.json");
    let queue = r#"{"queue": [{"id": "q", "project_id": "web", "content": "old", "timestamp": 1764400000}]}"#;
    fs::write(&old, queue).unwrap();
    chown(&old, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::remove_dir_all(outbox.old().join("logs")).unwrap();
    fs::remove_file(outbox.folder().join("state.json")).unwrap();
    outbox.run(["work"]).expect(1);
    let cancelled = outbox.add("never mind");
    outbox.run(["cancel", &cancelled]).ok();
    assert_eq!(outbox.archive().len(), 1);
    assert_eq!(of_others(&home), Vec::<PathBuf>::new(), "after root's run");
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!((seen.len(), seen.concat()), (5, Vec::new()), "while root's worker uploads");
    as_nobody(&outbox, None, &["retry", "--all"]).ok();
    let ran = as_nobody(&outbox, Some(&server), &["work"]).expect(1);
    assert!(!ran.stderr.contains("cannot"), "{}", ran.stderr);
}

#[test]
fn root_follows_no_link_out_of_a_users_outbox() {
    for link in ["tmp", "new", "archive", ".lock"] {
        let Some(env) = nobodys_env() else { return };
        let mut outbox = Outbox::new();
        outbox.env = env;
        as_nobody(&outbox, None, &["add", "-p", "web", "x"]).ok();
        // Where it leads to looks like the user's own: only the link itself is wrong.
        let elsewhere = outbox.env.root().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        chown(&elsewhere, Some(NOBODY), Some(NOBODY)).unwrap();
        let path = outbox.folder().join(link);
        fs::rename(&path, outbox.folder().join("moved")).unwrap();
        symlink(if link == ".lock" { elsewhere.join("lock") } else { elsewhere.clone() }, &path).unwrap();
        let refused = outbox.run(["add", "-p", "web", "y"]);
        assert_ne!(refused.code, 0, "{link}");
        assert!(refused.stderr.contains(link), "{}", refused.stderr);
        assert!(TestEnv::names_in(&elsewhere).is_empty(), "{link}");
    }
}

#[test]
fn what_the_state_says_cuts_no_file_outside_the_archive() {
    for linked in [false, true] {
        let outbox = Outbox::new();
        let id = outbox.add("never mind");
        let victim = outbox.env.root().join("victim");
        fs::write(&victim, "a line\nand no end").unwrap();
        let name = if linked { "2001-01.jsonl" } else { victim.to_str().unwrap() };
        if linked {
            symlink(&victim, outbox.folder().join("archive").join(name)).unwrap();
        }
        let state = format!(r#"{{"archive": {{"file": "{name}", "from": 0, "end": 0}}}}"#);
        fs::write(outbox.folder().join("state.json"), state).unwrap();
        outbox.run(["cancel", &id]).expect(if linked { 77 } else { 0 });
        assert_eq!(fs::read_to_string(&victim).unwrap(), "a line\nand no end");
    }
}
