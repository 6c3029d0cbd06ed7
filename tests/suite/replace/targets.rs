//! What a path may stand for: links of all kinds, mounts, folders and files that refuse.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::common::{Mounted, Ran, TestEnv, require, require_root, skip};

const USER: u32 = 1234;

fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("doc.json", "{}\n");
    env
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_symlink_stays_and_the_file_behind_it_is_replaced() {
    let env = env();
    fs::create_dir(env.path("links")).unwrap();
    symlink("../doc.json", env.path("links/one")).unwrap();
    symlink("one", env.path("links/two")).unwrap();
    symlink(env.path("links"), env.path("folder")).unwrap();
    for (number, name) in ["links/one", "links/two", "folder/two"].iter().enumerate() {
        env.run(["update", "--backup=9", name, ".n += 1"]).ok();
        assert_eq!(env.run(["read", "doc.json", ".n"]).ok().stdout, format!("{}\n", number + 1));
    }
    assert!(env.path("links/one").is_symlink() && env.path("links/two").is_symlink());
    // Temporary files and backups are where the file is.
    assert_eq!(TestEnv::names_in(&env.path("links")), ["one", "two"]);
    assert!(env.path("doc.json.bak.2").exists());
}

#[test]
fn a_dangling_symlink_makes_the_file_that_it_names() {
    let env = TestEnv::new();
    fs::create_dir(env.path("real")).unwrap();
    symlink("real/new.json", env.path("link")).unwrap();
    env.run(["update", "link", ".a = 1"]).expect(66);
    env.run(["write", "link", "--content", "{}"]).ok();
    assert!(env.path("link").is_symlink());
    assert_eq!(env.read("real/new.json"), "{}");
    assert_eq!(TestEnv::names_in(&env.path("real")), ["new.json"]);
    // In folders that are not there yet, either.
    symlink("nowhere/yet/new.json", env.path("far")).unwrap();
    env.run(["write", "far", "--content", "{}"]).ok();
    assert!(env.path("nowhere/yet/new.json").is_file() && env.path("far").is_symlink());
}

#[test]
fn a_loop_of_symlinks_is_an_error() {
    let env = TestEnv::new();
    symlink("b", env.path("a")).unwrap();
    symlink("a", env.path("b")).unwrap();
    for args in [&["update", "a", "."][..], &["write", "a", "--content", "x"], &["restore", "a"]] {
        let ran = env.run(args).expect(66);
        assert!(ran.stderr.contains("a loop of them"), "{}", ran.stderr);
    }
    assert_eq!(TestEnv::names_in(&env.path("")), ["a", "b"]);
}

#[test]
fn other_names_of_the_file_keep_the_old_content_and_are_told() {
    let env = env();
    fs::hard_link(env.path("doc.json"), env.path("other")).unwrap();
    let ran = env.run(["update", "--backup", "doc.json", ".a = 1"]).ok();
    assert!(ran.stderr.contains("its 1 other name keeps the old content"), "{}", ran.stderr);
    assert_eq!(env.read("other"), "{}\n");
    // Its own backup is no name to warn of, and in place they all have the new content.
    assert_eq!(env.run(["update", "--backup", "doc.json", ".a = 2"]).ok().stderr, "");
    fs::hard_link(env.path("doc.json"), env.path("third")).unwrap();
    assert_eq!(env.run(["update", "--in-place", "doc.json", ".a = 3"]).ok().stderr, "");
    assert_eq!(env.read("third"), env.read("doc.json"));
}

#[test]
fn a_bind_mounted_file_is_told_and_can_be_written_in_place() {
    let env = env();
    let real = env.write("real.json", "{\n  \"n\": 1\n}\n");
    let Some(_mounted) = Mounted::bind(&real, &env.path("doc.json")) else { return };
    for args in [&["update", "doc.json", ".n = 2"][..], &["write", "doc.json", "--content", "{}"]] {
        let ran = env.run(args).expect(73);
        assert!(ran.stderr.contains("is a mount point"), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: ") && ran.stderr.contains("--in-place"), "{}", ran.stderr);
        assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "real.json"]);
        assert_eq!(fs::read_to_string(&real).unwrap(), "{\n  \"n\": 1\n}\n");
    }
    env.run(["update", "--in-place", "--backup=2", "doc.json", ".n = 2"]).ok();
    assert_eq!(fs::read_to_string(&real).unwrap(), "{\n  \"n\": 2\n}\n");
    // A copy: a link would have been overwritten with the file.
    assert_eq!(env.read("doc.json.bak"), "{\n  \"n\": 1\n}\n");
    env.run(["restore", "--in-place", "doc.json"]).ok();
    assert_eq!(fs::read_to_string(&real).unwrap(), "{\n  \"n\": 1\n}\n");
}

#[test]
fn a_mount_point_that_cannot_be_replaced_does_not_pile_up_backups() {
    let env = env();
    let real = env.write("real.json", "{\n  \"n\": 1\n}\n");
    let Some(_mounted) = Mounted::bind(&real, &env.path("doc.json")) else { return };
    env.write("doc.json.bak", "{}\n");
    for _ in 0..4 {
        env.run(["update", "--backup=2", "doc.json", ".n = 2"]).expect(73);
    }
    let names = TestEnv::names_in(&env.path(""));
    assert_eq!(names, ["doc.json", "doc.json.bak", "doc.json.bak.1", "real.json"]);
    assert_eq!(env.read("doc.json.bak.1"), "{}\n");
}

#[test]
fn a_folder_that_may_not_be_written_to_is_told() {
    if !require_root() {
        return;
    }
    let env = env();
    env.give_to(USER);
    let update = |options: &[&str]| {
        let args = ["update", "doc.json", ".a += 1"].iter().chain(options);
        Ran::of(env.as_user(USER, args).output().unwrap())
    };
    update(&[]).ok();
    set_mode(&env.path(""), 0o555);
    let ran = update(&[]).expect(77);
    assert!(
        ran.stderr.contains("cannot create a file in") && ran.stderr.contains("permission denied"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("needs write permission on its folder"), "{}", ran.stderr);
    update(&["--in-place"]).ok();
    // Writable but not readable: there is no lock of the folder and no sync of it alone, and the
    // work is done without the one and with a sync of everything.
    for mode in [0o333, 0o300] {
        set_mode(&env.path(""), mode);
        for options in [&[][..], &["--no-sync"], &["--backup=2"], &["--in-place"]] {
            let before = env.read("doc.json");
            assert_eq!(update(options).ok().stderr, "", "{options:?}");
            assert_ne!(env.read("doc.json"), before, "{options:?}");
        }
        let args = ["write", "deep/er/new.json", "--content", "{}"];
        Ran::of(env.as_user(USER, args).output().unwrap()).ok();
        fs::remove_dir_all(env.path("deep")).unwrap();
    }
    set_mode(&env.path(""), 0o755);
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "doc.json.bak", "doc.json.bak.1"]);
}

#[test]
fn a_sticky_folder_protects_another_users_file() {
    if !require_root() {
        return;
    }
    let env = env();
    env.give_to(USER);
    let update = |options: &[&str]| {
        let args = ["update", "doc.json", ".a += 1"].iter().chain(options);
        Ran::of(env.as_user(USER, args).output().unwrap())
    };
    for path in [env.path("doc.json"), env.path("")] {
        std::os::unix::fs::chown(path, Some(0), Some(0)).unwrap();
    }
    set_mode(&env.path("doc.json"), 0o666);
    set_mode(&env.path(""), 0o1777);
    let ran = update(&[]).expect(77);
    assert!(ran.stderr.contains("not permitted") && ran.stderr.contains("another user's"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), "{}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
    // Its mode allows to write into it.
    update(&["--in-place"]).ok();
    assert_eq!(env.read("doc.json"), "{\n  \"a\": 1\n}\n");
}

/// A hard link to another's file can't be removed again in such a folder.
#[test]
fn a_backup_in_a_sticky_folder_leaves_nothing_when_it_is_refused() {
    if !require_root() {
        return;
    }
    let env = env();
    env.write("doc.json.bak", "[]\n");
    env.give_to(USER);
    for path in ["doc.json", "doc.json.bak", ""] {
        std::os::unix::fs::chown(env.path(path), Some(0), Some(0)).unwrap();
    }
    set_mode(&env.path("doc.json"), 0o666);
    set_mode(&env.path(""), 0o1777);
    for args in [
        &["update", "--backup", "doc.json", ".a = 1"][..],
        &["write", "--backup=3", "doc.json", "--content", "{}"],
        &["restore", "doc.json"],
    ] {
        let ran = Ran::of(env.as_user(USER, args).output().unwrap()).expect(77);
        assert!(ran.stderr.contains("another user's"), "{}", ran.stderr);
        assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "doc.json.bak"], "{args:?}");
        assert_eq!((env.read("doc.json"), env.read("doc.json.bak")), ("{}\n".into(), "[]\n".into()));
    }
    // The superuser may, whose ever it is; so may the file's owner.
    std::os::unix::fs::chown(env.path("doc.json"), Some(USER), Some(USER)).unwrap();
    env.run(["update", "--backup", "doc.json", ".a = 1"]).ok();
    Ran::of(env.as_user(USER, ["update", "doc.json", ".b = 1"]).output().unwrap()).ok();
    assert_eq!(env.json("doc.json"), serde_json::json!({"a": 1, "b": 1}));
}

#[test]
fn a_superuser_without_its_powers_leaves_nothing_in_a_sticky_folder_either() {
    if !require("capsh") || !require_root() {
        return;
    }
    let env = env();
    for path in ["doc.json", ""] {
        std::os::unix::fs::chown(env.path(path), Some(USER), Some(USER)).unwrap();
    }
    set_mode(&env.path("doc.json"), 0o666);
    set_mode(&env.path(""), 0o1777);
    let mut command = env.command("capsh");
    command.args(["--drop=cap_fowner", "--", "-c", "\"$AIMEM\" update --backup doc.json '.a = 1'"]);
    let ran = Ran::of(command.output().unwrap()).expect(77);
    assert!(ran.stderr.contains("another user's"), "{}", ran.stderr);
    assert_eq!(env.read("doc.json"), "{}\n");
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json"]);
}

#[test]
fn an_immutable_file_is_told() {
    if !require_root() || !require("chattr") {
        return;
    }
    let env = env();
    let chattr = |flag: &str| Ran::of(env.command("chattr").args([flag, "doc.json"]).output().unwrap());
    if chattr("+i").code != 0 {
        skip("this file system has no immutable files");
        return;
    }
    let plain = env.run(["update", "doc.json", ".a = 1"]);
    let kept = env.run(["update", "--backup=2", "doc.json", ".a = 1"]);
    let again = env.run(["update", "--backup=2", "doc.json", ".a = 1"]);
    let in_place = env.run(["update", "--in-place", "doc.json", ".a = 1"]);
    chattr("-i").ok();
    for ran in [plain, kept, again, in_place] {
        assert!(ran.stderr.contains("an immutable file"), "{}", ran.stderr);
        ran.expect(77);
    }
    assert_eq!(env.read("doc.json"), "{}\n");
    // A link is refused, so the backup is a copy, and made only once.
    assert_eq!(TestEnv::names_in(&env.path("")), ["doc.json", "doc.json.bak"]);
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let env = env();
    fs::create_dir(env.path("folder")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(env.path("socket")).unwrap();
    if require("mkfifo") {
        Ran::of(env.command("mkfifo").arg("fifo").output().unwrap()).ok();
        let ran = env.run(["update", "fifo", "."]).expect(66);
        assert!(ran.stderr.contains("not a regular file"), "{}", ran.stderr);
    }
    for name in ["folder", "socket", "/dev/null"] {
        for args in [&["update", name, "."][..], &["write", name, "--content", "x"]] {
            env.run(args).expect(66);
        }
    }
    // A file that is used as a folder.
    let ran = env.run(["write", "doc.json/x", "--content", "x"]).expect(66);
    assert!(ran.stderr.contains("not a directory"), "{}", ran.stderr);
}

#[test]
fn a_name_of_any_bytes_is_a_name() {
    use std::os::unix::ffi::OsStrExt;
    let env = TestEnv::new();
    for bytes in [&b"\xff\xfe"[..], b"a\nb", b" ", b"-n", b"caf\xc3\xa9"] {
        let name = std::ffi::OsStr::from_bytes(bytes);
        let option = |text: &str| std::ffi::OsString::from(text);
        let args = [option("write"), option("--content"), option("x"), option("--"), name.to_owned()];
        env.run(args).ok();
        env.run([
            option("write"),
            option("--backup"),
            option("--content"),
            option("y"),
            option("--"),
            name.to_owned(),
        ])
        .ok();
        assert_eq!(env.read(name), "y");
    }
    assert_eq!(TestEnv::names_in(&env.path("")).len(), 10);
}

/// What `/dev/fd/3` and the like show is a text; the file that they lead to may be another.
#[test]
fn a_link_of_proc_that_leads_to_another_file_than_it_says_is_refused() {
    let run = |env: &TestEnv, script: &str, words: &str| {
        Ran::of(env.sh(&format!("{script}; exec \"$AIMEM\" {words}")).output().unwrap())
    };
    for words in [
        "read /dev/fd/3",
        "read --no-lock --raw /proc/self/fd/3",
        "update /dev/fd/3 '.a = 1'",
        "update --create /dev/fd/3 '.a = 1'",
        "update --in-place /dev/fd/3 '.a = 1'",
        "write /dev/fd/3 --content '{}'",
        "write --no-lock /dev/fd/3 --content '{}'",
        "write link --content '{}'",
        "restore /dev/fd/3",
        "lock acquire --ttl 1h /dev/fd/3",
        "lock status /dev/fd/3",
    ] {
        let env = env();
        symlink("/dev/fd/3", env.path("link")).unwrap();
        let ran = run(&env, "exec 3<doc.json; rm doc.json", words).expect(66);
        assert!(ran.stderr.contains("leads to a file that is deleted"), "{words}: {}", ran.stderr);
        assert_eq!(TestEnv::names_in(&env.path("")), ["link"], "{words}");
        // Not even where there is a file of the name that is shown.
        env.write("doc.json", "{}\n");
        env.write("doc.json (deleted)", "decoy");
        run(&env, "exec 3<doc.json; rm doc.json", words).expect(66);
        assert_eq!(env.read("doc.json (deleted)"), "decoy");
        assert_eq!(env.lock_names(), [""; 0]);
    }
    // One that is where it says is a name as any other.
    let env = env();
    run(&env, "exec 3<doc.json", "update /dev/fd/3 '.a = 1'").ok();
    assert_eq!(env.json("doc.json")["a"], 1);
    run(&env, "exec 3<.", "write /dev/fd/3/new.json --content '{}'").ok();
    assert_eq!(env.read("new.json"), "{}");
    let ran =
        run(&env, "exec 3<.; mkdir d; cd d; rmdir ../d", "write /proc/self/cwd/new.json --content '{}'");
    assert!(ran.expect(66).stderr.contains("deleted"));
}

/// A container's file was asked for, and the host's of the same name was changed.
#[test]
fn a_file_in_another_mount_namespace_is_not_taken_for_ours() {
    if !require("unshare") || !require_root() {
        return;
    }
    let env = env();
    fs::create_dir(env.path("data")).unwrap();
    env.write("data/doc.json", "{\"whose\":\"ours\"}\n");
    let script =
        "mount -t tmpfs tmpfs data && echo '{\"whose\":\"theirs\"}' >data/doc.json && echo $$ && exec cat";
    let mut inside = env.command("unshare");
    inside.args(["-m", "sh", "-c", script]).stdin(std::process::Stdio::piped());
    let mut inside = crate::common::Holder::launch(&mut inside);
    let pid: u32 = inside.line().parse().unwrap();
    let root = format!("/proc/{pid}/root{}", env.path("data").display());
    for file in ["doc.json", "new.json"].map(|name| format!("{root}/{name}")) {
        for args in [
            &["read", &file][..],
            &["update", "--create", &file, ".a = 1"],
            &["write", &file, "--content", "{}"],
            &["lock", "wait", &file],
        ] {
            let ran = env.run(args).expect(66);
            assert!(ran.stderr.contains("another name here"), "{args:?}: {}", ran.stderr);
        }
    }
    assert_eq!(TestEnv::names_in(&env.path("data")), ["doc.json"]);
    assert_eq!(env.read("data/doc.json"), "{\"whose\":\"ours\"}\n");
    // What both have is one file under one name.
    let shared = format!("/proc/{pid}/root{}", env.path("doc.json").display());
    env.run(["update", &shared, ".a = 1"]).ok();
    assert_eq!(env.json("doc.json")["a"], 1);
    inside.let_go();
}
