//! Root at work in a user's outbox, as after `sudo` with the user's HOME.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use crate::common::http::{Reply, Server, fine, status};
use crate::common::queue::Outbox;
use crate::common::strace::Stopped;
use crate::common::{
    Killed, NOBODY, Ran, Snapshot, TestEnv, aimem_path, eventually, nobodys_env, require, set_mode, skip,
    walk,
};

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
    // One at a time: another thread's file is root's for a moment.
    outbox.run(["work", "--concurrency", "1"]).expect(1);
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
    for link in ["tmp", "new", ".lock", "archive"] {
        let Some(env) = nobodys_env() else { return };
        let mut outbox = Outbox::new();
        outbox.env = env;
        let id = as_nobody(&outbox, None, &["add", "-p", "web", "x"]).ok().stdout.trim_end().to_owned();
        // Where it leads to looks like the user's own: only the link itself is wrong.
        let elsewhere = outbox.env.root().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        chown(&elsewhere, Some(NOBODY), Some(NOBODY)).unwrap();
        let path = outbox.folder().join(link);
        fs::rename(&path, outbox.folder().join("moved")).unwrap();
        symlink(if link == ".lock" { elsewhere.join("lock") } else { elsewhere.clone() }, &path).unwrap();
        // A save does not need the archive.
        let verb: &[&str] = if link == "archive" { &["cancel", &id] } else { &["add", "-p", "web", "y"] };
        let refused = outbox.run(verb).expect(77);
        assert!(refused.stderr.contains(&format!("{link} is not to be trusted")), "{}", refused.stderr);
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

#[test]
fn root_is_led_nowhere_by_a_link_above_a_users_outbox() {
    for (link, code) in [(".claude", 77), (".claude/mem0_queue.d", 77), (".claude/logs", 0), (".config", 77)]
    {
        let Some(env) = nobodys_env() else { return };
        let server = Server::fine();
        let mut outbox = Outbox::new();
        outbox.env = env;
        outbox.use_server(&server);
        as_nobody(&outbox, Some(&server), &["add", "-p", "web", "x"]).ok();
        let victim = outbox.env.root().join("victim");
        fs::create_dir_all(victim.join("aimem")).unwrap();
        fs::write(victim.join("aimem/config.toml"), "[mem0]\npreset = 'secret'\n").unwrap();
        let path = outbox.env.home().join(link);
        let _ = fs::rename(&path, outbox.env.home().join("moved"));
        symlink(&victim, &path).unwrap();
        lchown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        let before = Snapshot::of(&victim);
        let ran = outbox.run(["work"]).expect(code);
        let wanted =
            format!("{} is not to be trusted: it is a symbolic link of user {NOBODY}", path.display());
        assert!(ran.stderr.contains(&wanted) && !ran.stderr.contains("secret"), "{}", ran.stderr);
        if code == 0 {
            assert_eq!(ran.stderr.matches(&wanted).count(), 1, "told once: {}", ran.stderr);
            assert_eq!(server.posts().len(), 1, "a log that can't be written keeps nothing back");
        } else if link != ".config" {
            for args in
                [&["add", "-p", "web", "y"][..], &["status"], &["list"], &["retry", "--all"], &["export"]]
            {
                assert!(outbox.run(args).expect(77).stderr.contains(&wanted), "{args:?}");
            }
        }
        assert_eq!(before, Snapshot::of(&victim), "{link}");
        // For the user it is a link as any other: whether it leads somewhere is the user's affair.
        let ran = as_nobody(&outbox, Some(&server), &["status"]);
        assert!(!ran.stderr.contains("not to be trusted"), "{}", ran.stderr);
    }
}

#[test]
fn a_users_own_links_lead_to_the_users_own_folders() {
    let Some(env) = nobodys_env() else { return };
    let server = Server::fine();
    let mut outbox = Outbox::new();
    outbox.env = env;
    let home = outbox.env.home();
    let files = outbox.env.path("dotfiles");
    for folder in ["claude", "logs", "aimem"] {
        fs::create_dir_all(files.join(folder)).unwrap();
    }
    fs::create_dir(home.join(".config")).unwrap();
    symlink(files.join("claude"), home.join(".claude")).unwrap();
    symlink("../logs", files.join("claude/logs")).unwrap();
    symlink(files.join("aimem"), home.join(".config/aimem")).unwrap();
    symlink("settings", files.join("aimem/config.toml")).unwrap();
    symlink("real-token", files.join("aimem/token")).unwrap();
    fs::write(files.join("aimem/real-token"), "a-token").unwrap();
    let token = home.join(".config/aimem/token");
    let settings = format!("[mem0]\nurl = '{}'\ntoken_file = '{}'\n", server.url(), token.display());
    fs::write(files.join("aimem/settings"), settings).unwrap();
    for path in walk(&home).into_iter().chain(walk(&files)) {
        lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    as_nobody(&outbox, None, &["add", "-p", "web", "x"]).ok();
    as_nobody(&outbox, None, &["work"]).ok();
    assert_eq!(TestEnv::names_in(&files.join("claude")), ["logs", "mem0_queue.d"]);
    assert_eq!(TestEnv::names_in(&files.join("logs")), ["mem0_worker.log"]);
    assert_eq!(server.posts()[0].header("authorization"), Some("Bearer a-token"));
}

#[test]
fn root_sends_nothing_of_its_own_to_a_users_server() {
    let Some(env) = nobodys_env() else { return };
    let server = Server::fine();
    let mut outbox = Outbox::new();
    outbox.env = env;
    let secret = outbox.env.root().join("secret");
    fs::write(&secret, "roots-secret").unwrap();
    let config = outbox.env.home().join(".config/aimem/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let settings = |more: String| {
        fs::write(&config, format!("[mem0]\nurl = '{}'\n{more}", server.url())).unwrap();
        for path in walk(&outbox.env.home()) {
            lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    };
    settings(format!("token_file = '{}'\n", secret.display()));
    outbox.add("x");
    let ran = outbox.run(["work"]).expect(77);
    assert!(ran.stderr.contains("it belongs to user 0, and not to the one who names it"), "{}", ran.stderr);
    settings(String::new());
    for (name, value) in
        [("AIMEM_MEM0_TOKEN", "roots-secret"), ("AIMEM_MEM0_TOKEN_FILE", secret.to_str().unwrap())]
    {
        let ran = Ran::of(outbox.queue(["work"]).env(name, value).output().unwrap()).expect(2);
        assert!(ran.stderr.contains(&format!("{name}: user {NOBODY} wrote the settings")), "{}", ran.stderr);
    }
    assert_eq!(server.seen().len(), 0);
    // The user's own is another matter.
    chown(&secret, Some(NOBODY), Some(NOBODY)).unwrap();
    settings(format!("token_file = '{}'\n", secret.display()));
    outbox.run(["work"]).ok();
    assert_eq!(server.posts()[0].header("authorization"), Some("Bearer roots-secret"));
}

/// As in some containers, and on NFS: what root makes stays root's, and the user must be able to
/// go on.
#[test]
fn a_superuser_who_may_not_give_things_away_works_with_the_user() {
    let Some(env) = nobodys_env() else { return };
    let server =
        Server::uploads(|request| if request.body.contains("bad") { status(400, "no") } else { fine() });
    let mut outbox = Outbox::new();
    outbox.env = env;
    let bound = |args: &[&str]| {
        let mut command = outbox.env.command("setpriv");
        command
            .args(["--bounding-set", "-chown", "--inh-caps", "-all"])
            .arg(aimem_path())
            .arg("queue")
            .args(args);
        command.env("AIMEM_MEM0_URL", server.url()).env("AIMEM_LOCK_DIR", outbox.env.root().join("locks"));
        Ran::of(command.output().unwrap())
    };
    as_nobody(&outbox, Some(&server), &["add", "-p", "web", "nobody's"]).ok();
    let root = bound(&["add", "-p", "web", "root's"]).ok().stdout;
    let file = outbox.folder().join(format!("new/{}.json", root.trim_end()));
    assert_eq!(fs::metadata(&file).unwrap().uid(), 0, "this test wants a file that stays root's");
    as_nobody(&outbox, Some(&server), &["work"]).ok();
    assert_eq!((outbox.ids("done").len(), server.posts().len()), (2, 2), "the user delivers root's");
    // Root works, and leaves a state, a log, an archive and a claim behind.
    let ids = ["bad", "parked", "one"]
        .map(|text| bound(&["add", "-p", "web", text]).ok().stdout.trim_end().to_owned());
    fs::remove_file(outbox.folder().join("state.json")).unwrap();
    fs::remove_dir_all(outbox.old().join("logs")).unwrap();
    let queue = r#"{"queue": [{"id": "q", "project_id": "web", "content": "old", "timestamp": 1764400000}]}"#;
    let old = outbox.old().join("mem0_queue.json");
    fs::write(&old, queue).unwrap();
    chown(&old, Some(NOBODY), Some(NOBODY)).unwrap();
    bound(&["cancel", &ids[1]]).ok();
    // What nobody could read afterwards is not replaced.
    set_mode(&old, 0o600);
    let ran = bound(&["import"]).expect(77);
    assert!(ran.stderr.contains("let that user import it"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&old).unwrap(), queue);
    set_mode(&old, 0o644);
    let ran = bound(&["work"]).expect(1);
    assert!(!ran.stderr.contains("cannot"), "{}", ran.stderr);
    assert_eq!((outbox.ids("done").len(), outbox.ids("dead").len(), outbox.archive().len()), (4, 1, 1));
    bound(&["status"]).expect(1);
    // And so does the user afterwards.
    as_nobody(&outbox, None, &["status"]).expect(1);
    as_nobody(&outbox, None, &["retry", "--all"]).ok();
    as_nobody(&outbox, None, &["cancel", &ids[0]]).ok();
    as_nobody(&outbox, None, &["add", "-p", "web", "more"]).ok();
    as_nobody(&outbox, Some(&server), &["work"]).ok();
    assert_eq!((outbox.ids("done").len(), outbox.archive().len()), (5, 2));
}

/// A worker of root's that was killed: its folder could not be given away either.
#[test]
fn what_a_killed_superuser_had_claimed_goes_back_all_the_same() {
    let Some(env) = nobodys_env() else { return };
    let mut outbox = Outbox::new();
    outbox.env = env;
    as_nobody(&outbox, None, &["add", "-p", "web", "one"]).ok();
    let hanging = Server::uploads(|_| Reply::Silence);
    let mut command = outbox.env.command("setpriv");
    command
        .args(["--bounding-set", "-chown", "--inh-caps", "-all"])
        .arg(aimem_path())
        .args(["queue", "work"]);
    let worker = command.env("AIMEM_MEM0_URL", hanging.url()).spawn().unwrap();
    let worker = Killed(worker);
    eventually("it has claimed the entry", || hanging.posts().len() == 1);
    drop(worker);
    assert_eq!(outbox.in_flight().len(), 1);
    let server = Server::fine();
    as_nobody(&outbox, Some(&server), &["work"]).ok();
    assert_eq!(outbox.ids("done").len(), 1);
    assert_eq!(TestEnv::names_in(&outbox.folder().join("inflight")), [""; 0]);
}

/// A folder of root's is given the name of the one that root has just made.
#[test]
fn a_user_gets_no_folder_of_roots_by_a_swap() {
    if !require("strace") {
        return;
    }
    for nth in [1, 3] {
        let Some(env) = nobodys_env() else { return };
        let home = env.home();
        let path = home.join([".claude", ".claude/mem0_queue.d", ".claude/mem0_queue.d/tmp"][nth - 1]);
        let args = ["queue", "add", "-p", "web", "x"];
        let stopped = Stopped::behind(&env, ("mkdirat", nth), args, Stdio::null());
        let roots = path.with_file_name("roots");
        fs::create_dir(&roots).unwrap();
        fs::write(roots.join("f"), "").unwrap();
        set_mode(&roots, 0o711);
        fs::rename(&path, path.with_file_name("away")).unwrap();
        fs::rename(&roots, &path).unwrap();
        stopped.go_on();
        let meta = fs::metadata(&path).unwrap();
        assert_eq!((meta.uid(), meta.mode() & 0o777), (0, 0o711), "{}", path.display());
        assert_eq!(fs::metadata(path.join("f")).unwrap().uid(), 0);
    }
}

#[test]
fn many_of_roots_make_a_users_outbox_together() {
    let Some(env) = nobodys_env() else { return };
    let mut outbox = Outbox::new();
    outbox.env = env;
    let savers: Vec<_> = (0..12)
        .map(|number| outbox.queue(["add", "-p", "web", &number.to_string()]).spawn().unwrap())
        .collect();
    for saver in savers {
        Ran::of(saver.wait_with_output().unwrap()).ok();
    }
    assert_eq!(outbox.ids("new").len(), 12);
    assert_eq!(of_others(&outbox.env.home()), Vec::<PathBuf>::new());
}

#[test]
fn an_outbox_is_its_owners_under_any_umask() {
    let Some(env) = nobodys_env() else { return };
    let mut outbox = Outbox::new();
    outbox.env = env;
    fs::create_dir(outbox.old()).unwrap();
    chown(outbox.old(), Some(NOBODY), Some(NOBODY)).unwrap();
    for umask in ["777", "000"] {
        let script =
            format!("umask {umask}; exec setpriv --reuid={NOBODY} --clear-groups \"$0\" queue add -p web x");
        let mut command = outbox.env.command("sh");
        Ran::of(command.args(["-c", &script]).arg(outbox.env.root().join("aimem")).output().unwrap()).ok();
        for path in walk(&outbox.folder()) {
            let wanted = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, wanted, "{}", path.display());
        }
        fs::remove_dir_all(outbox.folder()).unwrap();
    }
}

/// There the superuser's links belong to a user without a number.
#[test]
fn the_systems_own_links_are_followed_in_a_user_namespace() {
    let Some(env) = nobodys_env() else { return };
    if !require("unshare") {
        return;
    }
    let home = env.home();
    let linked = env.root().join("linked");
    symlink(&home, &linked).unwrap();
    let unshare = |args: &[&str]| {
        let mut command = env.command("setpriv");
        command.args([
            &format!("--reuid={NOBODY}"),
            &format!("--regid={NOBODY}"),
            "--clear-groups",
            "unshare",
            "-U",
        ]);
        command.args(["--map-root-user"]).args(args).env("HOME", &linked);
        Ran::of(command.output().unwrap())
    };
    if unshare(&["true"]).code != 0 {
        skip("there are no user namespaces here");
        return;
    }
    let binary = env.root().join("aimem");
    unshare(&[binary.to_str().unwrap(), "queue", "add", "-p", "web", "x"]).ok();
    assert_eq!(TestEnv::names_in(&home.join(".claude/mem0_queue.d/new")).len(), 1);
}
