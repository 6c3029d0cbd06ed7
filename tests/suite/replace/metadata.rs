//! What a file keeps: mode, owner, group, set-id bits, ACLs, extended attributes.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use crate::common::{Ran, TestEnv, require, require_root, skip};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn tool(env: &TestEnv, line: &str) -> Ran {
    Ran::of(env.sh(line).output().unwrap())
}

/// The three verbs that write, in an order in which each has something to do.
const VERBS: [&[&str]; 4] = [
    &["update", "--backup=2", "doc.json", ".n = 2"],
    &["write", "doc.json", "--content", "{\n  \"n\": 3\n}\n"],
    &["restore", "doc.json"],
    &["update", "--in-place", "doc.json", ".n = 4"],
];

#[test]
fn the_mode_is_kept() {
    let env = TestEnv::new();
    let path = env.write("doc.json", "{\n  \"n\": 1\n}\n");
    for kept in [0o640, 0o600, 0o444, 0o1755, 0o777] {
        set_mode(&path, kept);
        let n = env.run(["read", "doc.json", ".n"]).ok().stdout;
        env.run(["update", "doc.json", ".n += 1"]).ok();
        assert_ne!(env.run(["read", "doc.json", ".n"]).ok().stdout, n);
        assert_eq!(mode(&path), kept, "{kept:o}");
    }
}

#[test]
fn owner_group_set_id_acl_and_attributes_are_kept_by_every_verb() {
    if !require_root() || !require("setfacl") || !require("setfattr") {
        return;
    }
    let env = TestEnv::new();
    let path = env.write("doc.json", "{\n  \"n\": 1\n}\n");
    chown(&path, Some(1234), Some(1235)).unwrap();
    set_mode(&path, 0o2640);
    let made = tool(&env, "setfattr -n user.origin -v here doc.json && setfacl -m u:4321:rw doc.json");
    if made.code != 0 {
        skip("this file system has no ACLs or no attributes");
        return;
    }
    let seen = || {
        let meta = fs::metadata(&path).unwrap();
        let more = tool(&env, "getfacl -n doc.json; getfattr -d doc.json").ok().stdout;
        (meta.uid(), meta.gid(), meta.mode(), more)
    };
    let before = seen();
    assert!(before.3.contains("user:4321:rw-") && before.3.contains("user.origin=\"here\""), "{}", before.3);
    for args in VERBS {
        let content = env.read("doc.json");
        let ran = env.run(args).ok();
        assert!(
            ran.stderr.is_empty() || ran.stderr.starts_with("note: put back "),
            "{args:?}: {}",
            ran.stderr
        );
        assert_ne!(env.read("doc.json"), content, "{args:?}");
        assert_eq!(seen(), before, "{args:?}");
    }
    // The file is gone: what comes back from a backup has all that the backup has.
    fs::remove_file(&path).unwrap();
    env.run(["restore", "doc.json"]).ok();
    assert_eq!(seen(), before);
}

#[test]
fn a_backup_that_has_to_be_a_copy_has_everything_too() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    let path = env.write("doc.json", "{\n  \"n\": 1\n}\n");
    set_mode(&path, 0o640);
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    let mut command = crate::common::strace::traced(
        &env,
        // The first two links are the lock's.
        &["-o", "/dev/null", "-e", "inject=linkat:error=EPERM:when=2+"],
        ["update", "--backup=2", "doc.json", ".n = 2"],
    );
    Ran::of(command.output().unwrap()).ok();
    let backup = fs::metadata(env.path("doc.json.bak")).unwrap();
    assert_eq!(env.read("doc.json.bak"), "{\n  \"n\": 1\n}\n");
    assert_eq!(backup.mode() & 0o7777, 0o640);
    assert_eq!(backup.modified().unwrap(), written);
    assert_eq!(backup.nlink(), 1);
}

#[test]
fn a_new_file_follows_the_umask() {
    let env = TestEnv::new();
    for (umask, wanted) in [("022", 0o644), ("027", 0o640), ("077", 0o600), ("000", 0o666)] {
        for (name, command) in [
            ("written", "write written.json --content '{}'"),
            ("updated", "update updated.json --create '.a = 1'"),
        ] {
            let path = env.path(format!("{name}.json"));
            tool(&env, &format!("umask {umask}; \"$AIMEM\" {command}")).ok();
            assert_eq!(mode(&path), wanted, "{name} {umask}");
            fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_new_file_takes_a_folders_default_acl() {
    if !require("setfacl") {
        return;
    }
    let env = TestEnv::new();
    if tool(&env, "setfacl -d -m u:4321:rw,m::rw .").code != 0 {
        skip("this file system has no ACLs");
        return;
    }
    env.run(["write", "new.json", "--content", "{}"]).ok();
    let acl = tool(&env, "getfacl -n new.json").ok().stdout;
    assert!(acl.contains("user:4321:rw-"), "{acl}");
    // An old file without an ACL does not get one from the folder.
    env.write("plain.json", "{}");
    tool(&env, "setfacl -b plain.json").ok();
    env.run(["update", "plain.json", ".a = 1"]).ok();
    let acl = tool(&env, "getfacl -n plain.json").ok().stdout;
    assert!(!acl.contains("4321"), "{acl}");
}

#[test]
fn an_ordinary_user_who_cannot_keep_the_owner_is_told() {
    if !require_root() {
        return;
    }
    const USER: u32 = 1234;
    let env = TestEnv::new();
    let path = env.write("doc.json", "{}\n");
    env.give_to(USER);
    chown(&path, Some(4321), Some(4321)).unwrap();
    set_mode(&path, 0o6664);
    let ran = Ran::of(env.as_user(USER, ["update", "doc.json", ".a = 1"]).output().unwrap()).ok();
    assert!(ran.stderr.contains("the owner 4321:4321 could not be kept"), "{}", ran.stderr);
    let meta = fs::metadata(&path).unwrap();
    // Readable by all before, so by the new group too; writable by its own group only.
    assert_eq!((meta.uid(), meta.mode() & 0o7777), (USER, 0o644));
}
