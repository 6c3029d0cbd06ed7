//! The lock on file systems that differ in what they promise: each is raced, with deaths.
//!
//! Short form: those that have fooled it, for a few takeovers. Long form (`AIMEM_LONG_TESTS=1`): all
//! that can be mounted here, 2,000 takeovers each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Ran, TestEnv, aimem_path, long_tests, require, require_root};

/// Something mounted, unmounted when it is dropped.
struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        // A process that was killed a moment ago may still have something open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn succeed(command: &mut Command) {
    let ran = Ran::of(command.output().unwrap());
    assert_eq!(ran.code, 0, "{command:?}: {}", ran.stderr);
}

/// Mounts a file system of this kind at a folder in `base`.
fn mount(kind: &str, base: &Path) -> (Mount, PathBuf) {
    let folder = |name: &str| {
        let path = base.join(name);
        fs::create_dir(&path).unwrap();
        path
    };
    let at = folder("mounted");
    let image = |size: &str, make: &[&str]| {
        let image = base.join("image");
        succeed(Command::new("truncate").args(["-s", size]).arg(&image));
        succeed(Command::new(make[0]).args(&make[1..]).arg(&image));
        image
    };
    match kind {
        "bindfs" => succeed(Command::new("bindfs").arg(folder("below")).arg(&at)),
        "ntfs-3g" => {
            let image = image("32M", &["mkfs.ntfs", "-q", "-F"]);
            succeed(Command::new("ntfs-3g").args(["-o", "umask=077"]).arg(image).arg(&at));
        }
        "overlay" => {
            // Of tmpfs: an overlay of an overlay may be refused.
            succeed(Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(&at));
            let inner = |name: &str| {
                fs::create_dir(at.join(name)).unwrap();
                at.join(name).display().to_string()
            };
            let options = format!("lowerdir={},upperdir={},workdir={}", inner("l"), inner("u"), inner("w"));
            let merged = at.join("merged");
            fs::create_dir(&merged).unwrap();
            succeed(Command::new("mount").args(["-t", "overlay", "-o", &options, "overlay"]).arg(&merged));
            return (Mount(at), merged);
        }
        "tmpfs" => succeed(Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(&at)),
        "btrfs" => {
            let image = image("256M", &["mkfs.btrfs", "-q"]);
            succeed(Command::new("mount").args(["-o", "loop"]).arg(image).arg(&at));
        }
        "xfs" => {
            let image = image("512M", &["mkfs.xfs", "-q"]);
            succeed(Command::new("mount").args(["-o", "loop"]).arg(image).arg(&at));
        }
        kind => panic!("{kind}"),
    }
    (Mount(at.clone()), at)
}

/// Races the lock there: no two may be inside, or the lock must refuse and name the file system.
fn race(kind: &str, tools: &[&str]) {
    if !require_root() || !tools.iter().all(|tool| require(tool)) {
        return;
    }
    let env = TestEnv::new();
    let (mounted, at) = mount(kind, env.root());
    let (takeovers, time) = if long_tests() { ("2000", "10m") } else { ("15", "1m") };
    let mut command = env.aimem(["locks", "selftest", "--contenders", "8", "--json"]);
    command.args(["--takeovers", takeovers, "--time", time]).arg(&at);
    let ran = Ran::of(command.output().unwrap());
    if ran.code == 0 {
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let race = &report["races"][0];
        eprintln!("{kind}: {race}");
        assert_eq!(race["overlaps"], 0, "{kind}: {report}");
        let wanted: u64 = takeovers.parse().unwrap();
        assert!(race["takeovers"].as_u64().unwrap() >= wanted, "{kind}: {report}");
    } else {
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("has no working flock"), "{kind}: {said}");
    }
    // Nothing of ours sticks, as a folder does that had an open file in it when it was removed.
    let mut command = env.aimem(["lock", "with", "f", "--", "true"]);
    Ran::of(command.env("AIMEM_LOCK_DIR", at.join("locks")).output().unwrap()).ok();
    let names = TestEnv::names_in(&at.join("locks"));
    assert_eq!(names, [".gitignore", ".guards"], "{kind}");
    drop(mounted);
}

#[test]
fn bindfs_whose_second_names_are_other_files() {
    race("bindfs", &["bindfs"]);
}

#[test]
fn ntfs_3g_which_has_no_exclusive_rename() {
    race("ntfs-3g", &["ntfs-3g", "mkfs.ntfs"]);
}

#[test]
fn an_overlay() {
    race("overlay", &["mount"]);
}

#[test]
fn others_on_this_machine() {
    if !long_tests() {
        return;
    }
    race("tmpfs", &["mount"]);
    race("btrfs", &["mkfs.btrfs"]);
    race("xfs", &["mkfs.xfs"]);
}

#[test]
fn a_file_system_whose_locks_do_not_hold_is_refused_by_name() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    for (locks, said) in [("retval=0", "second opening"), ("error=ENOLCK", "no working flock")] {
        let mut command = env.command("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject=flock:{locks}")]);
        command.arg(aimem_path()).args(["update", "f.json", "--create", ".n = 1"]);
        // A local one is trusted, and its locks are the kernel's own.
        let ran = Ran::of(command.env("AIMEM_LOCK_FS", "network").output().unwrap()).expect(73);
        assert!(ran.stderr.contains(said) && ran.stderr.contains("AIMEM_LOCK_DIR"), "{}", ran.stderr);
        assert_eq!(TestEnv::names_in(&env.path("")), [""; 0]);
        assert_eq!(env.lock_names(), [""; 0], "{locks}");
    }
}

/// Where neither an exclusive rename nor permissions tell whose an empty lock is, its dead maker's
/// prepared lock does.
#[test]
fn an_empty_lock_is_soon_taken_where_its_maker_lies_dead_beside_it() {
    let env = TestEnv::new();
    env.write("f", "");
    env.make_root();
    let take = |patience: &str| {
        let mut command = env.aimem(["lock", "with", "f", "-w", patience, "--", "true"]);
        Ran::of(command.env("AIMEM_LOCK_FS", "network").output().unwrap())
    };
    env.forge("f", None);
    take("3").expect(75);
    let unborn = env.locks().join(".new.00112233445566778899aabbccddeeff");
    std::fs::create_dir(&unborn).unwrap();
    let target = env.path("f").canonicalize().unwrap();
    std::fs::write(unborn.join("info"), format!("PID: 1\nTARGET: {}\n", target.display())).unwrap();
    take("30").ok();
}
